import { splitList } from '../cell-text.js';
import { asteriskBecomes, asteriskLost, asteriskRows, isDisposition, isTime } from './asterisk-rows.js';
import type { Preset } from './preset.js';

const first = splitList(`
  accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer, end,
  duration, billsec, disposition, amaflags
`);
const last = ['peeraccount', 'linkedid', 'sequence'];

/** Whether a row is one of cdr_csv.c: its three times stand at 9, 10, 11, one place after those of cdr_custom. */
function isRow(cells: readonly string[]): boolean {
  const fits = cells.length >= 16 && cells.length <= 21;
  return fits && isTime(cells[9]) && !isTime(cells[8]) && isDisposition(cells[14]);
}

/** loguniqueid, loguserfield and newcdrcolumns of cdr.conf add columns, each on its own. */
function nameColumns(rows: readonly (readonly string[])[]): readonly string[] | undefined {
  const own = rows.filter(isRow);
  const [row] = own;
  if (row === undefined) return undefined;
  const isId = own.every((cells) => /^(?:[\w.-]+-)?\d{10}\.\d+$/.test(cells[16] ?? ''));
  const one = isId ? ['uniqueid'] : ['userfield'];
  const both = ['uniqueid', 'userfield'];
  const behind: Readonly<Record<number, readonly string[]>> = {
    16: [],
    17: one,
    18: both,
    19: last,
    20: [...one, ...last],
    21: [...both, ...last],
  };
  return [...first, ...(behind[row.length] ?? [])];
}

/** Asterisk's own Master.csv (cdr/cdr_csv.c). */
export const asterisk: Preset = {
  title: 'Asterisk: Master.csv of cdr_csv',
  versions: 'all; 16 to 21 columns by the switches in cdr.conf',
  looks: 'CSV without a header, texts in quotes, three times in the columns 10 to 12',
  certainty: 'file',
  zone: 'asked',
  clock: 'UTC where cdr.conf says usegmtime=yes (as shipped), else server local time',
  guide: {
    steps: [
      'Copy /var/log/asterisk/cdr-csv/Master.csv, or read it where it is.',
      'Do not import <accountcode>.csv as well: with accountlogs=yes each row is written there again.',
    ],
    becomes: [...asteriskBecomes, ['date', 'start']],
    lost: [
      ...asteriskLost,
      'No recordings.',
      'Without loguniqueid=yes there is no id: the uuid is built of start, numbers and talk time, and every row is a call.',
    ],
    example: 'amocalls check Master.csv --preset asterisk --timezone Etc/UTC',
  },
  needs: [['start', 'calldate'], ['src'], ['dst'], ['dstchannel'], ['billsec'], ['disposition']],
  nameColumns,
  recognise: ({ columns, fileName, isTabular }) => {
    if (!isTabular || !isRow(columns)) return 0;
    return fileName.startsWith('Master.csv') ? 0.98 : 0.95;
  },
  ...asteriskRows,
};
