import { asteriskBecomes, asteriskLost, asteriskRows } from './asterisk-rows.js';
import { isCdrTableRow, nameCdrTable } from './cdr-table.js';
import { ifAll, type Preset } from './preset.js';

/** FreePBX's CDR report as CSV (release branches 2.11 to 17 of FreePBX/cdr), and its MySQL table. */
export const freepbx: Preset = {
  title: 'FreePBX, Issabel, Elastix: CDR report as CSV, or the table cdr of MySQL',
  versions: 'FreePBX 2.11 to 14 (16 columns), 15 to 17 (26 columns)',
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
    becomes: [...asteriskBecomes, ['date', 'calldate'], ['link', 'recordingfile, by a template (see below)']],
    lost: [
      ...asteriskLost,
      "recordingfile is a bare file name: give the address with --map link='https://pbx.example/rec/{date:YYYY}/{date:MM}/{date:DD}/{recordingfile}'.",
    ],
    example: 'amocalls check cdr__1700000000pbx.csv --preset freepbx --timezone Europe/Moscow',
  },
  needs: [['calldate', 'start'], ['src'], ['dst'], ['dstchannel'], ['billsec'], ['disposition']],
  // Up to FreePBX 11 quotes were not escaped: a caller "Smith, John" makes two cells.
  unquoted: 'clid',
  nameColumns: nameCdrTable,
  recognise: (look) => {
    if (look.columns[3] === 'did') return 0;
    if (look.isTabular && isCdrTableRow(look.columns)) return 0.9;
    const own = ifAll(look, ['calldate', 'clid', 'dcontext', 'dstchannel', 'lastapp', 'uniqueid'], 0.9);
    if (own > 0) return look.fileName.startsWith('cdr__') ? 0.98 : own;
    return look.isTabular
      ? ifAll(look, ['start', 'clid', 'dcontext', 'dstchannel', 'lastapp', 'uniqueid'], 0.7)
      : 0;
  },
  ...asteriskRows,
};
