// Asterisk: Master.csv of cdr_csv, cdr_custom; FreePBX; CDR Viewer.

import { nameCsvColumns, nameCustomColumns, nameTableColumns } from './asterisk-columns.js';
import { asteriskColumns, asteriskRows } from './asterisk-rows.js';
import { ifAll, ifMost, type Preset } from './preset.js';
import * as is from './shapes.js';

/** What becomes what, for the guides of this family. */
export const asteriskBecomes = {
  uuid: 'linkedid, else uniqueid: rows that share it are one call',
  type: 'did, outbound_cnum, dcontext of FreePBX; else from which side is an extension (--internal)',
  caller: 'inbound: src; outbound: the extension in channel, cnum or src',
  to: 'inbound: the extension in dstchannel, else dst, else did; outbound: dst',
  billsec: 'billsec, where disposition is ANSWERED and somebody was connected; else 0',
  call_status:
    'a message was left where voicemail took the call; disposition BUSY is busy; else by talk time',
};

/** What is lost, for the guides of this family. */
const lost = [
  'Announcements, menus and voicemail are no talk: such a call is a missed one.',
  'Time in a queue before somebody answers is part of billsec where no row of its own holds the talk.',
  'Without linkedid (Asterisk up to 11, FreePBX up to 14) the parts of a transfer are calls of their own.',
];

/** Where rows always have an id of their own: in the table, and what is made of it. */
const ofTable = { ...asteriskColumns, uniqueid: is.filled(asteriskColumns.uniqueid) };

/** Asterisk's own Master.csv (cdr/cdr_csv.c). */
export const asterisk: Preset = {
  name: 'asterisk',
  title: 'Asterisk: Master.csv of cdr_csv',
  versions: 'all; 16 to 21 columns by the switches in cdr.conf, and columns of your own behind them',
  looks: 'CSV without a header, texts in quotes, three times in the columns 10 to 12',
  certainty: 'file',
  clock: 'UTC where cdr.conf says usegmtime=yes (as shipped), else server local time',
  guide: {
    steps: [
      'Copy /var/log/asterisk/cdr-csv/Master.csv, or read it where it is.',
      'Do not import <accountcode>.csv as well: with accountlogs=yes each row is written there again.',
    ],
    becomes: { ...asteriskBecomes, date: 'start' },
    lost: [
      ...lost,
      'No recordings.',
      'Without loguniqueid=yes there is no id: the uuid is built of start, numbers and talk time, and every row is a call.',
    ],
    example: 'amocalls check Master.csv --preset asterisk --timezone Etc/UTC',
  },
  nameColumns: nameCsvColumns,
  recognise: ({ rows, fileName, isTabular }) => {
    if (!isTabular || nameCsvColumns(rows) === undefined) return 0;
    return fileName.startsWith('Master.csv') ? 0.98 : 0.95;
  },
  ...asteriskRows,
};

/** The file of Asterisk's cdr_custom in the order of its sample configuration, or its JSON form. */
export const asteriskCustom: Preset = {
  name: 'asterisk-custom',
  title: 'Asterisk: Master.csv of cdr_custom, in the stock order or as JSON',
  versions: 'all with the sample cdr_custom.conf (19 columns); JSON since format=json is there',
  looks:
    'CSV without a header, the caller with name first, three times in the columns 9 to 11; or a JSON object a line',
  certainty: 'file',
  clock: "the server's local time, unless cdr.conf says usegmtime=yes",
  guide: {
    steps: [
      'Copy /var/log/asterisk/cdr-custom/Master.csv, or read it where it is.',
      'Where cdr_custom.conf was changed, name the columns: --columns clid,src,dst,…',
    ],
    becomes: { ...asteriskBecomes, date: 'start' },
    lost: [...lost, 'No recordings.'],
    example: 'amocalls check Master.csv --preset asterisk-custom --timezone Europe/Moscow',
  },
  nameColumns: nameCustomColumns,
  recognise: (look) => {
    if (!look.isTabular)
      return Math.max(
        ifAll(look, 'clid, src, dst, dstchannel, lastapp, start, billsec, disposition', 0.8),
        ifAll(look, 'start, src, dst, billsec, disposition, uniqueid', 0.7),
      );
    const names = nameCustomColumns(look.rows) ?? [];
    if (names[0] === 'clid' && names.includes('dcontext')) return 0.95;
    const isOther = nameCsvColumns(look.rows) !== undefined || nameTableColumns(look.rows) !== undefined;
    return names.length > 0 && !isOther ? 0.6 : 0;
  },
  ...asteriskRows,
};

/** FreePBX's CDR report as CSV (release branches 2.11 to 17 of FreePBX/cdr), and its MySQL table. */
export const freepbx: Preset = {
  name: 'freepbx',
  title: 'FreePBX: CDR report as CSV; Asterisk: the table cdr of MySQL or SQLite',
  versions:
    'FreePBX 2.11 to 14 (16 columns), 15 to 17 (26 columns); the table of any version, all of its columns or some',
  looks:
    'CSV with the header calldate,clid,src,dst,…, named cdr__<time><server>.csv; or the table without it',
  certainty: 'file',
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
      ...lost,
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
    const own = isTable ? ifMost(look, 'calldate, clid, dcontext, dstchannel, lastapp, uniqueid', 0.9) : 0;
    if (own > 0) return look.fileName.startsWith('cdr__') ? 0.98 : own;
    const some = 'src, dst, billsec, disposition, uniqueid';
    return Math.max(
      isTable ? ifMost(look, `${some}, dstchannel, channel`, 0.8) : 0,
      ifAll(look, `calldate, ${some}`, 0.8),
      look.isTabular ? ifAll(look, `start, ${some}`, 0.7) : 0,
    );
  },
  ...asteriskRows,
  forms: [ofTable],
};

/** The export of Asterisk CDR Viewer Mod (prog-it/Asterisk-CDR-Viewer-Mod). */
export const cdrViewer: Preset = {
  name: 'cdr-viewer',
  title: 'Asterisk CDR Viewer Mod: CSV report',
  versions: 'all that write did as the fourth column',
  looks: 'CSV with ; and the header calldate;clid;src;did;dst;…; named report__<date>_<time>_<hash>.csv',
  certainty: 'code',
  clock: "the server's local time",
  guide: {
    steps: [
      'Open the viewer, choose the period and what to show.',
      'Tick the CSV report, then Search; the file is offered under the table.',
    ],
    becomes: { ...asteriskBecomes, date: 'calldate' },
    lost: [...lost, 'The report holds no recordings.'],
    example: 'amocalls check report__2024-10-05_12-00-00.csv --preset cdr-viewer --timezone Europe/Moscow',
  },
  recognise: (look) =>
    look.columns[3] === 'did'
      ? ifMost(look, 'calldate, clid, dcontext, dstchannel, lastapp, uniqueid, linkedid', 0.98)
      : 0,
  ...asteriskRows,
  forms: [ofTable],
};
