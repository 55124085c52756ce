// Asterisk: cdr_custom.

import { nameCsvColumns, nameCustomColumns, nameTableColumns } from './asterisk-columns.js';
import { asteriskBecomes, asteriskLost, asteriskRows } from './asterisk-rows.js';
import { ifAll, type Preset } from './preset.js';

/** The file of Asterisk's cdr_custom in the order of its sample configuration, or its JSON form. */
export const asteriskCustom: Preset = {
  name: 'asterisk-custom',
  recordingFolders: '{date:YYYY}/{date:MM}/{date:DD}/',
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
    becomes: {
      ...asteriskBecomes,
      date: 'start',
    },
    lost: [...asteriskLost, 'No recordings.'],
    example: 'amocalls check Master.csv --preset asterisk-custom --timezone Europe/Moscow',
  },
  nameColumns: nameCustomColumns,
  recognise: (look) => {
    if (!look.isTabular)
      return Math.max(
        ifAll(look, ['clid', 'src', 'dst', 'dstchannel', 'lastapp', 'start', 'billsec', 'disposition'], 0.8),
        ifAll(look, ['start', 'src', 'dst', 'billsec', 'disposition', 'uniqueid'], 0.7),
      );
    const names = nameCustomColumns(look.rows) ?? [];
    if (names[0] === 'clid' && names.includes('dcontext')) return 0.95;
    const isOther = nameCsvColumns(look.rows) !== undefined || nameTableColumns(look.rows) !== undefined;
    return names.length > 0 && !isOther ? 0.6 : 0;
  },
  ...asteriskRows,
};
