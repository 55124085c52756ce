import { splitList } from '../cell-text.js';
import { asteriskBecomes, asteriskLost, asteriskRows, isDisposition, isTime } from './asterisk-rows.js';
import { ifAll, type Preset } from './preset.js';

const names = splitList(`
  clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, start, answer, end, duration, billsec,
  disposition, amaflags, accountcode, uniqueid, userfield, sequence
`);

/** Whether a row has the stock order: its three times stand at 8, 9, 10. */
function isRow(cells: readonly string[]): boolean {
  return cells.length >= 17 && cells.length <= names.length && isTime(cells[8]) && isDisposition(cells[13]);
}

/** The file of Asterisk's cdr_custom in the order of its sample configuration, or its JSON form. */
export const asteriskCustom: Preset = {
  title: 'Asterisk: Master.csv of cdr_custom, in the stock order or as JSON',
  versions: 'all with the sample cdr_custom.conf (19 columns); JSON since format=json is there',
  looks:
    'CSV without a header, the caller with name first, three times in the columns 9 to 11; or a JSON object a line',
  certainty: 'file',
  zone: 'asked',
  clock: "the server's local time, unless cdr.conf says usegmtime=yes",
  guide: {
    steps: [
      'Copy /var/log/asterisk/cdr-custom/Master.csv, or read it where it is.',
      'Where cdr_custom.conf was changed, name the columns: --columns clid,src,dst,…',
    ],
    becomes: [...asteriskBecomes, ['date', 'start']],
    lost: [...asteriskLost, 'No recordings.'],
    example: 'amocalls check Master.csv --preset asterisk-custom --timezone Europe/Moscow',
  },
  needs: [['start', 'calldate'], ['src'], ['dst'], ['dstchannel'], ['billsec'], ['disposition']],
  nameColumns: (rows) => {
    const row = rows.find(isRow);
    return row && names.slice(0, row.length);
  },
  recognise: (look) => {
    if (look.isTabular) return isRow(look.columns) ? 0.95 : 0;
    return ifAll(
      look,
      ['clid', 'src', 'dst', 'dstchannel', 'lastapp', 'start', 'billsec', 'disposition'],
      0.8,
    );
  },
  ...asteriskRows,
};
