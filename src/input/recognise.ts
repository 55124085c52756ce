// The first look at a file, a pipe or a file that grows: encoding, format, dialect, columns.

import { shellQuoted } from '../core/display.js';
import { UserError } from '../core/errors.js';
import { isJson } from '../core/json.js';
import { linesOf } from '../core/text.js';
import { type CsvLayout, detectLayout, titleNotes } from './csv/layout.js';
import { detectEncoding, type Encoding } from './encoding.js';
import { displayName } from './errors.js';
import type { FieldsIn, FileHead, FileNote, InputOptions, RecordsAt, TextFormat } from './format.js';
import { locateRecords } from './json/locate.js';
import { jsonpStart, objectStart } from './json/scanner.js';
import { fixedWidth, listOfLists, type NoTable, noTable, noText, xmlExport } from './no-table.js';
import { headBytes } from './source.js';

/** What the start of a file tells about all of it. */
export type Recognised =
  /** A ZIP archive that is to be opened as a workbook. */
  | { readonly kind: 'workbook' }
  /** There is no whole line with text in it, or none yet. */
  | { readonly kind: 'blank' }
  | RecognisedText;

/** A text with records, and how it is written. */
export type RecognisedText =
  | RecognisedLines
  | (TextFacts & { readonly format: 'json'; readonly records: RecordsAt });

/** A text each of whose lines is a record. */
export type RecognisedLines = TextFacts &
  (
    | { readonly format: 'csv'; readonly layout: CsvLayout }
    | { readonly format: 'ndjson' | 'log'; readonly records: RecordsAt }
  );

interface TextFacts {
  readonly kind: 'text';
  readonly encoding: Encoding;
  /** What was found that the user may want to know. */
  readonly notes: readonly FileNote[];
}

/**
 * The first look at a file, and the only one: what it is, its encoding, format, dialect and columns, by its first bytes
 * and what the user said. For files that are read once, for pipes, and for files that grow.
 * Throws UserError for what is no file of records (a web page, binary data), and where an option contradicts the file.
 */
export async function recognise(head: FileHead, options: InputOptions): Promise<Recognised> {
  const isZip = /^504b(0304|0506)/.test(head.bytes.toString('hex', 0, 4));
  if (isZip && (options.format === undefined || options.format === 'xlsx')) return { kind: 'workbook' };
  refuse(head.file, xmlExport(head.bytes.toString('utf8')));
  refuse(head.file, noText(head.bytes, options.encoding !== undefined));
  const encoding = detectEncoding(head, options.encoding);
  const text = new TextDecoder(encoding.name).decode(head.bytes);
  const whole = head.isAll ? text : text.slice(0, wholeLines(text));
  const isShort = head.isAll || head.bytes.length < headBytes;
  if (isShort && whole.trim() === '') return { kind: 'blank' };
  const facts: TextFacts = { kind: 'text', encoding, notes: encoding.notes };
  const seen = whole === '' ? text : whole;
  const format = detectFormat(head, seen, options);
  if (format !== 'csv') return { ...facts, format, records: recordsAt(head.file, format, text, options) };
  refuse(head.file, noTable(seen));
  if (whole === '')
    throw new UserError(`${displayName(head.file)}, line 1: is longer than 256 KiB`, {
      hint: 'Is it a CSV file? If its records are JSON, give --format json.',
    });
  const layout = await detectLayout(whole, options);
  const isSplit = layout.fullWidth > 1 || options.delimiter !== undefined || options.columns !== undefined;
  if (!isSplit) refuse(head.file, fixedWidth(head.file, whole));
  return { ...facts, format, layout, notes: [...encoding.notes, ...titleNotes(head.file, layout)] };
}

/** Throws a UserError for what is no table. */
function refuse(file: string, found: NoTable | undefined): void {
  if (found !== undefined)
    throw new UserError(`${displayName(file)}: is ${found.what}`, { hint: found.hint });
}

/** Where the records of a JSON text stand: at `--path`, else where its first values show them. Throws UserError where they show several lists. */
function recordsAt(
  file: string,
  format: 'json' | 'ndjson' | 'log',
  text: string,
  { path, fieldsIn = () => 0 }: InputOptions,
): RecordsAt {
  const asked = path?.split('.').filter((part) => part !== '') ?? [];
  if (asked.length > 0) return { path: asked, by: 'asked' };
  const found = locateRecords(format === 'log' ? objectsInLog(text) : text, fieldsIn);
  if ('by' in found && found.by === 'top' && format === 'json') refuse(file, listOfLists(file, text));
  if (!('paths' in found)) return found;
  const [first = '', ...others] = found.paths;
  if (found.areLegs)
    throw new UserError(`${displayName(file)}: what it lists has lists of calls of its own: "${first}"`, {
      hint: `If each of these is a call: --path ${shellQuoted(first)}. If they are legs of one call: export whole calls, one record each.`,
    });
  throw new UserError(
    `${displayName(file)}: has several lists of calls: ${found.paths.map((one) => `"${one}"`).join(', ')}`,
    {
      hint: `Read one at a time: ${[first, ...others].map((one) => `--path ${shellQuoted(one)}`).join(', then ')}.`,
    },
  );
}

function objectsInLog(text: string): string {
  return linesOf(text, logLines)
    .map((line) => line.slice(Math.max(0, objectStart(line))))
    .filter((line) => line.startsWith('{') && isJson(line))
    .join('\n');
}

/** How many characters of a text are whole lines; a CR at its end may be half of a CRLF. */
function wholeLines(text: string): number {
  return Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2)) + 1;
}

const extensions: Readonly<Record<string, TextFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

/** How JSON with records starts; Mango's CSV has rows that start with `[]` or `[id,id]`. */
const json = /^(?:\[\s*(?:[[{]|\]\s*$)|\{\s*["}])/;

/**
 * Decides what a text is read as: what was asked for, else by its extension (before .gz and .zst), else by its first text.
 * Throws UserError where a workbook was asked for.
 */
function detectFormat(
  { file, isAll }: FileHead,
  head: string,
  { format: asked, fieldsIn = () => 0 }: InputOptions,
): TextFormat {
  if (asked === 'xlsx')
    throw new UserError(`${displayName(file)}: is not an Excel workbook (.xlsx)`, {
      hint: 'Leave out --format, then the format is detected.',
    });
  if (asked === 'csv' || asked === 'json') return asked;
  const extension = /\.([a-z]+)$/i.exec(file.replace(/\.(gz|zst)$/i, ''))?.[1]?.toLowerCase() ?? '';
  const named = Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
  if (named === 'csv' && asked === undefined) return named;
  if (isLogOfJson(head)) return 'log';
  if (asked !== undefined) return asked;
  const text = head.trimStart();
  if (named === 'ndjson') return /^\[|^\{\s*[\r\n]/.test(text) ? 'json' : named;
  if (named === undefined && !json.test(text) && !jsonpStart.test(text)) return 'csv';
  return hasRecordPerLine(text, isAll, fieldsIn) ? 'ndjson' : 'json';
}

/** What programs write before an object in their log: a time of day, and a space or a mark before the object. */
const logPrefix = /^[^{\t;]*\d\d:\d\d[^{\t;]*[ :=>-]\{\s*"/;
/** So many lines of a file are looked at, and so many characters of each for the prefix. */
const logLines = 200;
const longestPrefix = 300;

/**
 * Whether a text is the log of a program that writes records as JSON, each behind a prefix and on a line of its own:
 * `[2024-02-08T22:18:11] [INFO] default - New CDR: {"uuid":"1"}`. Its first line with an object decides.
 */
function isLogOfJson(head: string): boolean {
  if (/^\s*(?:\{|\[\s*[[{])/.test(head)) return false;
  const lines = linesOf(head, logLines);
  const first = lines.find((line) => logPrefix.test(line.slice(0, longestPrefix)));
  return first !== undefined && isJson(first.slice(objectStart(first)));
}

/**
 * Whether a text is an object a line, and not a document or the pages of one. One line is enough where more may follow:
 * the second of a file that grows is still to come.
 */
function hasRecordPerLine(text: string, isAll: boolean, fieldsIn: FieldsIn): boolean {
  const [first = '', second = ''] = text.split(/\s*[\r\n]+\s*/, 2);
  if (!first.startsWith('{') || !isJson(first)) return false;
  if (second === '' ? isAll : !/^\{\s*\S/.test(second)) return false;
  const records = locateRecords(first, fieldsIn);
  return 'by' in records && records.by === 'top';
}
