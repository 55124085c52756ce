import { splitList } from '../cell-text.js';
import {
  asteriskBecomes,
  asteriskLost,
  asteriskRows,
  isDisposition,
  isTimeOfAnyOrder,
} from './asterisk-rows.js';
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

/** What every table `cdr` begins with, whatever the version. */
const first = splitList(`
  calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec, disposition,
  amaflags, accountcode, uniqueid, userfield
`);
/** What FreePBX adds: in its table, and in its report. */
const inTable = splitList(`
  did, recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, linkedid, peeraccount, sequence
`);
const inReport = splitList(`
  did, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, recordingfile, linkedid, peeraccount, sequence
`);

const id = /^(?:[\w.-]+-)?\d{9,10}\.\d+$/;
const number = /^\+?\d+$/;
/** What texts of these columns look like; names may look like anything. */
const looks: Readonly<Record<string, RegExp>> = {
  did: number,
  recordingfile: /\.(?:wav|mp3|gsm|ogg|opus)$/i,
  cnum: number,
  outbound_cnum: number,
  linkedid: id,
  sequence: /^\d{1,9}$/,
};

type Rows = readonly (readonly string[])[];

/**
 * Names the columns of a table `cdr` that was dumped without its header, by its rows; undefined where they are none of it.
 * Versions differ by a column or two behind the sixteenth: the values tell which ones are there.
 */
function nameCdrTable(rows: Rows): readonly string[] | undefined {
  if (rows.some((cells) => cells.some((cell) => /^(?:calldate|disposition)$/i.test(cell.trim()))))
    return undefined;
  const own = rows.filter(isCdrTableRow);
  const width = own[0]?.length ?? 0;
  const same = own.filter(({ length }) => length === width);
  let best: { readonly names: readonly string[]; readonly score: number } | undefined;
  for (const names of layouts(width - first.length)) {
    const score = scoreOf(names, same);
    if (best === undefined || score > best.score) best = { names, score };
  }
  return best === undefined ? undefined : [...first, ...best.names];
}

/** Whether a row without header is one of the table: a date, two durations, a disposition and a unique id at their places. */
function isCdrTableRow(cells: readonly string[]): boolean {
  const [date = '', duration = '', billsec = '', uniqueid = ''] = [0, 9, 10, 14].map(
    (at) => cells[at]?.trim() ?? '',
  );
  return (
    cells.length >= first.length &&
    isDisposition(cells[11]) &&
    /^\d+$/.test(duration) &&
    /^\d+$/.test(billsec) &&
    id.test(uniqueid) &&
    isTimeOfAnyOrder(date)
  );
}

/** The columns that may stand behind the sixteenth, for so many of them: all in order, some at the end or one missing. */
function* layouts(count: number): Generator<readonly string[]> {
  for (const all of [inTable, inReport]) {
    if (count >= 0 && count <= all.length) yield all.slice(0, count);
    if (count === all.length - 1) for (const left of all) yield all.filter((name) => name !== left);
  }
}

/** How well columns fit the rows: a text that looks like its column speaks for them, any other against. */
function scoreOf(names: readonly string[], rows: Rows): number {
  let score = 0;
  for (const [index, name] of names.entries()) {
    const look = looks[name];
    if (look === undefined) continue;
    for (const cells of rows) {
      const text = (cells[first.length + index] ?? '').trim();
      if (text === '' || text === 'NULL' || text === '\\N') continue;
      score += look.test(text) ? 1 : -2;
    }
  }
  return score;
}
