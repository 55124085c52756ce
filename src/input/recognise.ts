import { UserError } from '../core/errors.js';
import { isJson, isObject } from '../core/json.js';
import { type CsvLayout, detectLayout } from './csv/layout.js';
import { detectEncoding, type Encoding } from './encoding.js';
import { displayName } from './errors.js';
import type { FileHead, FileNote, InputOptions, TextFormat } from './format.js';
import { isListAt } from './json/records.js';
import { jsonpStart, objectStart } from './json/scanner.js';
import { headBytes } from './source.js';
import { isZip, refuseUnsupported } from './unsupported.js';

/** What the start of a file tells about all of it. */
export type Recognised =
  /** A ZIP archive that is to be opened as a workbook. */
  | { readonly kind: 'workbook' }
  /** There is no whole line with text in it, or none yet. */
  | { readonly kind: 'blank' }
  | RecognisedText;

/** A text with records, and how it is written. */
export type RecognisedText = {
  readonly kind: 'text';
  readonly encoding: Encoding;
  /** What was found that the user may want to know. */
  readonly notes: readonly FileNote[];
} & (
  | { readonly format: 'csv'; readonly layout: CsvLayout }
  | { readonly format: Exclude<TextFormat, 'csv'> }
);

/**
 * The first look at a file, and the only one: what it is, its encoding, format, dialect and columns, by its first bytes
 * and what the user said. For files that are read once, for pipes, and for files that grow.
 * Throws UserError for what is no file of records (a web page, binary data), and where an option contradicts the file.
 */
export async function recognise(head: FileHead, options: InputOptions): Promise<Recognised> {
  if (isZip(head.bytes) && (options.format === undefined || options.format === 'xlsx'))
    return { kind: 'workbook' };
  refuseUnsupported(head.file, head.bytes, options.encoding !== undefined);
  const { encoding, notes } = detectEncoding(head, options.encoding);
  const text = new TextDecoder(encoding.name).decode(head.bytes);
  const whole = head.isAll ? text : text.slice(0, wholeLines(text));
  const isShort = head.isAll || head.bytes.length < headBytes;
  if (isShort && whole.trim() === '') return { kind: 'blank' };
  const format = detectFormat(head, whole === '' ? text : whole, options.format);
  if (format !== 'csv') return { kind: 'text', format, encoding, notes };
  if (whole === '')
    throw new UserError(`${displayName(head.file)}, line 1: a line of more than 256 KiB`, {
      hint: 'Is it a CSV file? If its records are JSON, give --format json.',
    });
  const layout = await detectLayout(whole, options);
  const titles =
    layout.titles > 0
      ? [
          {
            text: `${displayName(head.file)}: the header is on line ${layout.headerLine}; the lines above it were skipped`,
          },
        ]
      : [];
  return { kind: 'text', format, layout, encoding, notes: [...notes, ...titles] };
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
function detectFormat({ file, isAll }: FileHead, head: string, asked: InputOptions['format']): TextFormat {
  if (asked === 'xlsx')
    throw new UserError(`${displayName(file)}: this is not an Excel workbook (.xlsx)`, {
      hint: 'Leave out --format: it is detected.',
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
  return hasRecordPerLine(text, isAll) ? 'ndjson' : 'json';
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
  const lines = head.split(/\r\n|[\r\n]/, logLines);
  const first = lines.find((line) => logPrefix.test(line.slice(0, longestPrefix)));
  return first !== undefined && isJson(first.slice(objectStart(first)));
}

/**
 * Whether a text is an object a line, and not a document or the pages of one. One line is enough where more may follow:
 * the second of a file that grows is still to come.
 */
function hasRecordPerLine(text: string, isAll: boolean): boolean {
  const [first = '', second = ''] = text.split(/\s*[\r\n]+\s*/, 2);
  return (second === '' ? !isAll : /^\{\s*\S/.test(second)) && isRecord(first);
}

/** Whether a text is one JSON object that is a record, and not an envelope around records. */
function isRecord(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Object.keys(value).some((key) => isListAt([key]));
  } catch {
    return false;
  }
}
