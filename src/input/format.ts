import { UserError } from '../core/errors.js';
import { isJson, isObject } from '../core/json.js';
import type { Batch, Format } from '../core/row.js';
import { displayName } from './errors.js';
import { isListAt } from './json/records.js';
import { jsonpStart, objectStart } from './json/scanner.js';
import type { LineFormat } from './lines.js';
import type { FilePart } from './source.js';

/** What the caller knows about a file before it is opened. Everything left out is found out from the file. */
export interface InputOptions {
  readonly format?: Format;
  /** A `TextDecoder` label. */
  readonly encoding?: string;
  readonly delimiter?: string;
  /** Names of the columns of a CSV file that has no header. */
  readonly columns?: readonly string[];
  /** Where the records are in a JSON document: `data.records`. */
  readonly path?: string;
  /** The sheet of a workbook: its name, or its number from 1; by default the first one that is not hidden. */
  readonly sheet?: string;
  /** Column names for a headerless file, by its first rows (a preset knows them); undefined: a header is expected. */
  readonly nameColumns?: (rows: readonly (readonly string[])[]) => readonly string[] | undefined;
  /** How many of these cells are known column names: finds the header below title lines. */
  readonly knownNames?: (cells: readonly string[]) => number;
  /**
   * Unfolds one JSON value into the records it holds (nested legs).
   * Numbers that JavaScript would not write back as they stood are texts in it.
   */
  readonly unfold?: (value: unknown) => readonly unknown[];
  /**
   * Reads only these parts of a plain file, in order, each from the start of a row; the last one may have no end.
   * Header and dialect come from the start of the file.
   */
  readonly parts?: readonly FilePart[];
}

/** A file whose format is known and whose rows can be read. */
export interface OpenedFormat {
  readonly format: Format;
  readonly delimiter?: string;
  readonly headerLine?: number;
  readonly columns: readonly string[];
  /** Reads the rows: of all the file, or of the parts that were asked for. */
  readonly read: (parts: 'all' | 'asked') => AsyncGenerator<Batch>;
  /** A new parser of its lines, for a file that is followed; absent where records are not lines (JSON documents). */
  readonly lines?: () => LineFormat;
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

/** What a text file is read as: a format, or a log, where the records of NDJSON stand behind a prefix. */
export type TextFormat = Exclude<Format, 'xlsx'> | 'log';

/**
 * Decides what a text file is read as: what was asked for, else by its extension (before .gz and .zst), else by its first text.
 * Throws UserError where a workbook was asked for.
 */
export function detectFormat(file: string, head: string, asked: InputOptions['format']): TextFormat {
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
  return hasRecordPerLine(text) ? 'ndjson' : 'json';
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

/** Whether a text is an object a line, and not a document or the pages of one. */
function hasRecordPerLine(text: string): boolean {
  const [first = '', second = ''] = text.split(/\s*[\r\n]+\s*/, 2);
  return /^\{\s*\S/.test(second) && isRecord(first);
}

/** Whether a text is one JSON object that is a record, and not an envelope around records. */
export function isRecord(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Object.keys(value).some((key) => isListAt([key]));
  } catch {
    return false;
  }
}

/** Whether a file is opened as a workbook: its first bytes are those of a ZIP archive, and no other format was asked for. */
export function isWorkbook(head: Buffer, asked: InputOptions['format']): boolean {
  const isZip = /^504b(0304|0506)/.test(head.toString('hex', 0, 4));
  return isZip && (asked === undefined || asked === 'xlsx');
}

const asCsv =
  'Open it in Excel or LibreOffice, save it as "CSV UTF-8 (Comma delimited)", and import that file.';
const asText =
  'Export the calls as CSV or JSON, and import that file; a text in UTF-16 needs --encoding utf-16le.';

/**
 * Throws a UserError where the decompressed first bytes are a spreadsheet or a web page, which phone systems call "Excel"
 * or "CSV", or binary data.
 *
 * @param isText the user named the encoding, so it is text whatever it looks like
 */
export function refuseUnsupported(file: string, head: Buffer, isText: boolean): void {
  const document = officeOrWeb(head);
  const found = document ?? (isText ? undefined : binaryData(head));
  if (found === undefined) return;
  throw new UserError(`${displayName(file)}: this is ${found}, not a text file with records`, {
    hint: document === undefined ? asText : asCsv,
  });
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
  if (/^(fffe|feff)/.test(start.toString('hex', 0, 2))) return undefined; // UTF-16, whose bytes may be anything
  // NUL does not count: a power cut leaves runs of it in a log. Nor do tab, line ends, page breaks, Ctrl-Z and escape.
  const controls = start.filter((byte) => byte < 32 && ![0, 9, 10, 11, 12, 13, 26, 27].includes(byte));
  const isBinary = new Set(controls).size >= binary.kinds && controls.length >= start.length * binary.share;
  return isBinary ? 'binary data (an image, a program)' : undefined;
}
