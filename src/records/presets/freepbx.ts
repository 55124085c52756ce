// FreePBX: report, and the table cdr.

import { nameTableColumns } from './asterisk-columns.js';
import { asteriskBecomes, asteriskLost, asteriskRows, ofTable } from './asterisk-rows.js';
import { ifAll, ifMost, type Preset } from './preset.js';

/** FreePBX's CDR report as CSV (release branches 2.11 to 17 of FreePBX/cdr), and its MySQL table. */
export const freepbx: Preset = {
  name: 'freepbx',
  recordingFolders: '{date:YYYY}/{date:MM}/{date:DD}/',
  title: 'FreePBX: CDR report as CSV; Asterisk: the table cdr of MySQL or SQLite',
  versions:
    'FreePBX 2.11 to 14 (16 columns), 15 to 17 (26 columns); the table of any version, all of its columns or some',
  looks:
    'CSV with the header calldate,clid,src,dst,…, named cdr__<time><server>.csv; or the table without it',
  certainty: 'file',
  zone: 'asked',
  clock: "the server's local time",
  guide: {
    steps: [
      'Open Reports > CDR Reports.',
      'Choose the period, and raise the limit of 100 rows: the report is cut there.',
      'Click Search, then "CSV file".',
      'Or dump the table: mysql --batch -e "SELECT * FROM cdr" asteriskcdrdb > cdr.tsv',
    ],
    becomes: {
      ...asteriskBecomes,
      date: 'calldate',
      link: 'recordingfile, by a template (see below)',
    },
    lost: [
      ...asteriskLost,
      "recordingfile is a bare file name: give the address with --map link='https://pbx.example/rec/{date:YYYY}/{date:MM}/{date:DD}/{recordingfile}'.",
    ],
    example: 'amocalls check cdr__1700000000pbx.csv --preset freepbx --timezone Europe/Moscow',
  },
  // Up to FreePBX 11 quotes were not escaped: a caller "Smith, John" makes two cells.
  unquoted: 'clid',
  nameColumns: nameTableColumns,
  recognise: (look) => {
    if (look.columns[3] === 'did') return 0;
    if (look.isTabular && nameTableColumns(look.rows) !== undefined) return 0.9;
    const isTable = look.has('calldate');
    const own = isTable
      ? ifMost(look, ['calldate', 'clid', 'dcontext', 'dstchannel', 'lastapp', 'uniqueid'], 0.9)
      : 0;
    if (own > 0) return look.fileName.startsWith('cdr__') ? 0.98 : own;
    const some = ['src', 'dst', 'billsec', 'disposition', 'uniqueid'];
    return Math.max(
      isTable ? ifMost(look, [...some, 'dstchannel', 'channel'], 0.8) : 0,
      ifAll(look, ['calldate', ...some], 0.8),
      look.isTabular ? ifAll(look, ['start', ...some], 0.7) : 0,
    );
  },
  ...asteriskRows,
  ...ofTable,
};
