// Files that hold no table of calls: what they are, how the same calls come as one.

import { fileQuoted, shellQuoted } from '../core/display.js';
import { linesOf } from '../core/text.js';
import { unmarkedUtf16 } from './encoding.js';

/** A file that is no table of calls, and how the same calls come as one. */
export interface NoTable {
  /** What it is, in words that go on after "is". */
  readonly what: string;
  /** The one command that exports the same as a table, or what to do where there is none. */
  readonly hint: string;
}

const asCsv =
  'Open it in Excel or LibreOffice, save it as "CSV UTF-8 (Comma delimited)", and import that file.';
const asText =
  'Export the calls as CSV or JSON, and import that file. For text in UTF-16 give --encoding utf-16le.';

/**
 * Tells spreadsheets and web pages, which phone systems call "Excel" or "CSV", and binary data by their decompressed first bytes;
 * undefined for text.
 *
 * @param isText the user named the encoding, so it is text whatever it looks like
 */
export function noText(head: Buffer, isText: boolean): NoTable | undefined {
  const document = officeOrWeb(head);
  const found = document ?? (isText ? undefined : binaryData(head));
  if (found === undefined) return undefined;
  const hint = document === undefined ? asText : asCsv;
  return { what: `${found}, not a text file with records`, hint };
}

const markup = /^\s*<(!doctype|html|head|body|table|meta|style|div|\?xml)\b/i;

function officeOrWeb(head: Buffer): string | undefined {
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (magic === 0x504b0304) return 'an Excel workbook (.xlsx) or another ZIP archive';
  if (magic === 0xd0cf11e0) {
    const isProtected = head.includes(Buffer.from('EncryptedPackage', 'utf16le'));
    return isProtected ? 'an Excel workbook with a password' : 'an old Excel workbook (.xls)';
  }
  const text = head.toString('latin1', 0, 512).replace(/^ï»¿/, '');
  return markup.test(text) ? 'a web page (HTML or XML)' : undefined;
}

/** So many bytes are looked at; of control characters that no text has, so many kinds and this share make it binary. */
const binary = { bytes: 4096, kinds: 4, share: 0.02 };

function binaryData(head: Buffer): string | undefined {
  if (head.toString('latin1', 0, 5) === '%PDF-') return 'a PDF';
  const start = head.subarray(0, binary.bytes);
  // UTF-16, whose bytes may be anything.
  if (/^(fffe|feff)/.test(start.toString('hex', 0, 2)) || unmarkedUtf16(start) !== undefined)
    return undefined;
  // NUL does not count: a power cut leaves runs of it in a log. Nor do tab, line ends, page breaks, Ctrl-Z and escape.
  const controls = start.filter((byte) => byte < 32 && ![0, 9, 10, 11, 12, 13, 26, 27].includes(byte));
  const isBinary = new Set(controls).size >= binary.kinds && controls.length >= start.length * binary.share;
  return isBinary ? 'binary data (an image, a program)' : undefined;
}

/** So many first lines are looked at. */
const seenLines = 200;

/** Tells texts that are no table, whatever divides their lines: SQL dumps, XML, a line a field, logs. undefined for all others. */
export function noTable(text: string): NoTable | undefined {
  const lines = linesOf(text, seenLines).filter((line) => line.trim() !== '');
  return sqlDump(text, lines) ?? xmlExport(text) ?? kindByLines(lines);
}

/** The hint to export what a statement selects from a database. */
function fromDatabase(
  client: 'mysql' | 'psql' | 'sqlite3',
  database: string,
  table: string,
  select = `SELECT * FROM ${table}`,
): string {
  const [from, query] = [database, select].map(shellQuoted);
  const commands = {
    mysql: `mysql --batch -e ${query} ${from} >${table}.tsv`,
    psql: `psql --csv -c ${query} ${from} >${table}.csv`,
    sqlite3: `sqlite3 -header -csv '<file>.db' ${query} >${table}.csv`,
  };
  return `Export the same as a table: ${commands[client]}`;
}

const insert =
  /^\s*(?:INSERT\s+(?:IGNORE\s+)?INTO|REPLACE\s+INTO)\s+(?:[`"[]?[\w$]+[`"\]]?\.)?[`"[]?([\w$]+)[`"\]]?[\s(]/i;
const copy = /^\s*COPY\s+(?:[\w$"]+\.)?"?([\w$]+)"?\s*(?:\([^)]*\)\s*)?FROM\s+stdin/i;
const create =
  /^\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:[`"[]?[\w$]+[`"\]]?\.)?[`"[]?([\w$]+)[`"\]]?[\s(]/i;

function sqlDump(text: string, lines: readonly string[]): NoTable | undefined {
  const table = [copy, insert, create].flatMap((rule) =>
    lines.flatMap((line) => rule.exec(line)?.[1] ?? []),
  )[0];
  if (table === undefined) return undefined;
  const database =
    /Database:\s*[`"]?([\w$]+)|^\s*(?:USE|\\connect)\s+[`"]?([\w$]+)/im.exec(text)?.slice(1).find(Boolean) ??
    (/^cdr$/i.test(table) ? 'asteriskcdrdb' : '<database>');
  const isPostgres =
    lines.some((line) => copy.test(line)) || /PostgreSQL database dump|pg_catalog/.test(text);
  const isSqlite = /^\s*(?:PRAGMA |BEGIN TRANSACTION)/im.test(text);
  const client = isPostgres ? 'psql' : isSqlite ? 'sqlite3' : 'mysql';
  return { what: 'an SQL dump, which cannot be read', hint: fromDatabase(client, database, table) };
}

const entities: Readonly<Record<string, string>> = { quot: '"', lt: '<', gt: '>', amp: '&' };

/** XML that another command of the same program gives as a table; undefined for all others. */
export function xmlExport(text: string): NoTable | undefined {
  const start = text.trimStart().slice(0, 2000);
  if (!/^<(?:\?xml|[a-z])/i.test(start)) return undefined;
  const statement = /<resultset\s+statement="([^"]*)"/i.exec(start)?.[1];
  if (statement !== undefined) {
    const select = statement.replace(/&(quot|lt|gt|amp);/g, (_, name: string) => entities[name] ?? '').trim();
    return {
      what: 'XML of mysql (--xml), which cannot be read',
      hint: fromDatabase('mysql', 'asteriskcdrdb', 'calls', select || 'SELECT * FROM cdr'),
    };
  }
  const dumped =
    /<mysqldump\b[\s\S]*?<database name="([^"]*)"[\s\S]*?<table_(?:structure|data) name="([^"]*)"/i.exec(
      text,
    );
  if (dumped !== null) {
    const [, database = '', table = ''] = dumped;
    return {
      what: 'XML of mysqldump, which cannot be read',
      hint: fromDatabase('mysql', database, table),
    };
  }
  if (/urn:schemas-microsoft-com:office:spreadsheet/i.test(start))
    return {
      what: 'an Excel workbook saved as XML',
      hint: 'Open it in Excel or LibreOffice, save it as .xlsx, and import that file.',
    };
  return /<cdr\b[^>]*core-uuid=/i.test(start)
    ? { what: 'XML of FreeSWITCH (mod_xml_cdr), which cannot be read', hint: freeswitchRecords }
    : undefined;
}

/** Texts that are known by their lines: of each rule, a line has to be there. */
interface LineKind extends NoTable {
  readonly holds: readonly RegExp[];
  /** How many of the lines fit one of the rules at least, as a share; and how many there are. */
  readonly share: number;
  readonly fewest?: number;
}

const asteriskRecords =
  'Asterisk writes one record a call into Master.csv and into its table cdr: amocalls check /var/log/asterisk/cdr-csv/Master.csv --preset asterisk';

const freeswitchRecords = 'Load mod_json_cdr or mod_cdr_csv in FreeSWITCH, and import what it writes.';

/** A record over several lines, a line a field; and logs that phone systems write beside their call records. */
const kinds: readonly LineKind[] = [
  {
    what: 'vertical output of mysql (\\G), one field per line, which cannot be read',
    hint: fromDatabase('mysql', 'asteriskcdrdb', 'cdr'),
    holds: [/^\*{10,} 1\. row \*{10,}$/],
    share: 0,
  },
  {
    what: 'vertical output of psql (\\x), one field per line, which cannot be read',
    hint: fromDatabase('psql', '<database>', 'cdr'),
    holds: [/^-\[ RECORD 1 \]/],
    share: 0,
  },
  {
    what: 'vertical output of sqlite3 (.mode line), one field per line, which cannot be read',
    hint: fromDatabase('sqlite3', '', 'cdr'),
    holds: [/^ *\w+ = /],
    share: 1,
    fewest: 5,
  },
  {
    what: 'the log of Asterisk (full, messages), which holds no call records',
    hint: asteriskRecords,
    holds: [
      /^\[[^\]]+\] *(?:VERBOSE|NOTICE|WARNING|ERROR|DEBUG|DTMF|SECURITY)\[\d+\](?:\[C-[\da-f]+\])? +\S+:/,
    ],
    share: 0.5,
  },
  {
    what: 'the queue_log of Asterisk, a log of events',
    hint: asteriskRecords,
    holds: [/^\d{9,10}(?:\.\d+)?\|[^|]*\|[^|]*\|[^|]*\|[A-Z]{3,}(?:\||$)/],
    share: 0.8,
  },
  {
    what: 'a list of events of the manager of Asterisk (AMI)',
    hint: asteriskRecords,
    holds: [/^Event: \w+/, /^(?:Uniqueid|Linkedid|Channel): /i],
    share: 0.1,
  },
  {
    what: 'a trace of SIP messages, which holds no call records',
    hint: `Export the call records (CDR) of the phone system. ${asteriskRecords}`,
    holds: [
      /(?:^|\s)(?:INVITE|BYE|REGISTER|ACK|OPTIONS) sips?:\S+ SIP\/2\.0|(?:^|\s)SIP\/2\.0 \d{3} /,
      /^\s*(?:Call-ID|i): \S+/i,
    ],
    share: 0.02,
  },
  {
    what: 'the log of FreeSWITCH, which holds no call records',
    hint: freeswitchRecords,
    holds: [
      /^(?:[\da-f-]{36} )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ (?:[\d.]+% )?\[(?:DEBUG|INFO|NOTICE|WARNING|ERR|CRIT|CONSOLE)\] \S+:\d+/,
    ],
    share: 0.5,
  },
];

function kindByLines(lines: readonly string[]): NoTable | undefined {
  return kinds.find(({ holds, share, fewest = 1 }) => {
    const fitting = lines.filter((line) => holds.some((rule) => rule.test(line))).length;
    const isEnough = lines.length >= fewest && fitting >= lines.length * share;
    return isEnough && holds.every((rule) => lines.some((line) => rule.test(line)));
  });
}

const rowLists = 'rows|data|records|items|values|result|results';

/** JSON whose records are lists of values, `[["id","from"],["1","101"]]`, with their names in the first of them or in a list beside them. */
export function listOfLists(file: string, text: string): NoTable | undefined {
  const isTop = /^\s*\[\s*\[\s*[^[{\s]/.test(text);
  const rows = new RegExp(`"(${rowLists})"\\s*:\\s*\\[\\s*\\[\\s*[^[{\\s]`).exec(text)?.[1];
  if (!isTop && rows === undefined) return undefined;
  const names = /"(\w+)"\s*:\s*\[\s*"/.exec(text)?.[1];
  const lists = names === undefined ? `.${rows}` : `([.${names}] + .${rows})`;
  const records = isTop ? '.' : `.. | objects | select(has("${rows}")) | ${lists}`;
  const command = `jq -r '${records}[] | @csv' ${fileQuoted(file)} >calls.csv`;
  return {
    what: 'JSON whose records are lists, not objects with names',
    hint: `Turn it into a table, and import that: ${command}`,
  };
}

/** Lines that are needed to see where the columns of a text stand. */
const fewestLines = 3;

/**
 * Tells columns that stand at fixed places, as the serial port of a PBX writes them (SMDR), in a text whose lines no
 * delimiter divides; undefined for all others.
 *
 * @param file its name, for the command
 */
export function fixedWidth(file: string, text: string): NoTable | undefined {
  const filled = linesOf(text).filter((line) => line.trim() !== '');
  const spaced = filled.filter((line) => /\S {2,}\S/.test(line));
  const calls = filled.filter((line) => /\d{2}[:/.-]?\d{2}/.test(line) && / /.test(line.trim()));
  if (filled.length < fewestLines || spaced.length * 2 < filled.length || calls.length * 2 < filled.length)
    return undefined;
  const what = 'text in columns of a fixed width (SMDR), which cannot be read';
  const cuts = columnsOf(spaced.filter((line) => /\d/.test(line)));
  const pieces = cuts.map(([from, to]) =>
    to === undefined ? `substr($0,${from})` : `substr($0,${from},${to - from})`,
  );
  const name = file === '-' ? 'calls.txt' : file;
  // Another name than that of the file, whatever it is: the shell empties it first.
  const target = `${name}.table.csv`;
  const command = `awk '{ print ${pieces.join(' ";" ')} }' ${shellQuoted(name)} >${shellQuoted(target)}`;
  return { what, hint: `Turn it into a table, cut where the columns of these lines begin: ${command}` };
}

/** Where the columns of aligned lines begin and end, counted from 1 as awk does: at the places that are blank in all lines. */
function columnsOf(lines: readonly string[]): readonly (readonly [from: number, to?: number])[] {
  const width = Math.max(0, ...lines.map((line) => line.length));
  const isBlank = (at: number) => lines.every((line) => (line[at] ?? ' ') === ' ');
  const starts = Array.from({ length: width }, (_, at) => at).filter(
    (at) => !isBlank(at) && (at === 0 || isBlank(at - 1)),
  );
  return starts.map((start, index) => {
    const next = starts[index + 1];
    return next === undefined ? [start + 1] : [start + 1, next + 1];
  });
}
