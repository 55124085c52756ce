// Finds the delimiter, the number of columns, and the header below titles.

import { UserError } from '../../core/errors.js';
import type { Row } from '../../core/row.js';
import { linesOf } from '../../core/text.js';
import { displayName } from '../errors.js';
import type { FileNote, InputOptions } from '../format.js';
import { drawnLayout } from './drawn.js';
import { escapedLayout } from './escapes.js';
import { type CsvReader, csvReader, type RowLayout } from './reader.js';
import { isNumeric } from './relaxed.js';

/** So many first rows are enough to find a header, and for a preset to name the columns of a file that has none. */
export const headerRows = 100;

/** The columns of a table, and which of its first lines are no records. */
export interface Header {
  readonly columns: readonly string[];
  readonly headerLine?: number;
  /** Lines up to this one are header, titles above it, or what belongs to it. */
  readonly lastHeaderLine: number;
  /** What stands in the rows above the header, which were skipped. */
  readonly titles: readonly string[];
}

/** What the start of a CSV file tells about all of it. */
export interface CsvLayout extends Header {
  readonly delimiter: string;
  readonly read: CsvReader;
  /** Columns of a complete row. */
  readonly fullWidth: number;
}

/** Finds the dialect and the header of a CSV file in its first lines, whole ones. Throws UserError for a wrong `--delimiter`. */
export async function detectLayout(text: string, options: InputOptions): Promise<CsvLayout> {
  const separator = separatorLine(text);
  const before = separator === undefined ? 0 : 1;
  const body = before === 0 ? text : text.replace(/^[^\r\n]*(?:\r\n|\r|\n)?/, '');
  const line = 1 + before;
  const asked = options.delimiter === undefined ? separator : parseDelimiter(options.delimiter);
  const { delimiter, read, usual } =
    (asked === undefined ? drawnLayout(body) : undefined) ??
    (await dumpLayout(body, line, asked)) ??
    (await plainLayout(body, line, asked));
  const { rows } = await read(body, { line, final: true, limit: headerRows });
  const header = findHeader(rows, before, options);
  const width = header.columns.length;
  return { ...header, delimiter, read, fullWidth: usual > 0 ? Math.min(width, usual) : width };
}

/** The layout of a dump whose backslashes are escapes: of the delimiters that can be, the one with most columns. */
async function dumpLayout(
  text: string,
  line: number,
  asked: string | undefined,
): Promise<RowLayout | undefined> {
  if (!text.includes('\\')) return undefined;
  let best: RowLayout | undefined;
  for (const delimiter of asked === undefined ? candidates : [asked]) {
    const { steady, regular } = await sniffWidths(text, line, { delimiter });
    const layout = escapedLayout(text, delimiter, Math.min(steady, regular));
    if (layout !== undefined && layout.usual > (best?.usual ?? 1)) best = layout;
  }
  return best;
}

async function plainLayout(text: string, line: number, asked: string | undefined): Promise<RowLayout> {
  const delimiter = asked ?? (await sniffDelimiter(text, line));
  const { all: widths, usual } = await sniffWidths(text, line, { delimiter });
  const numeric = numericColumns(text, delimiter, usual);
  return { delimiter, read: csvReader({ delimiter, widths, numeric }), usual };
}

/** How far down a header is looked for: cabinets write a few title lines above it. */
const titleLines = 10;
const sqlType =
  /^(?:tiny|small|medium|big)?int(?:eger)?(?:\(\d+\))?$|^(?:n?(?:var)?char|text|uniqueidentifier|(?:date)?time(?:stamp)?|date|float|double|real|decimal|numeric|bit|boolean)(?:\([\d, ]+\))?$/i;

/**
 * Finds the columns of a file: `--columns`, else what a preset names, else the header.
 * `rows` are its first rows, `before` the lines above them that are no records (`sep=;`).
 */
export function findHeader(rows: readonly Row[], before: number, options: InputOptions): Header {
  const given = options.columns ?? options.nameColumns?.(rows.map((row) => row.cells));
  if (given !== undefined) return { columns: given, lastHeaderLine: before, titles: [] };
  const index = headerIndex(rows, options.knownNames);
  const header = rows[index];
  if (header === undefined) return { columns: [], lastHeaderLine: before, titles: [] };
  const types = rows[index + 1];
  // Cisco CUCM writes the SQL type of each column below its name.
  const hasTypes = types?.cells.every((cell) => sqlType.test(cell.trim())) === true;
  return {
    columns: distinct(header.cells.map((name) => name.trim())),
    headerLine: header.line,
    lastHeaderLine: hasTypes ? types.line : header.line,
    titles: rows.slice(0, index).map(({ cells }) => cells.join(' ').trim()),
  };
}

/** Tells that lines above a header were skipped. */
export function titleNotes(file: string, { titles, headerLine }: Header): readonly FileNote[] {
  if (titles.length === 0) return [];
  const text = `${displayName(file)}: the header is on line ${headerLine}; the lines above it were skipped`;
  return [{ text }];
}

/** Names of columns, of which each can be asked for: the second `Number` is `Number (2)`. */
function distinct(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 || name === '' ? name : `${name} (${count})`;
  });
}

/** The row that holds most known names, the first of them; the first row where none is known. */
function headerIndex(rows: readonly Row[], knownNames: InputOptions['knownNames']): number {
  let best = 0;
  let most = 0;
  for (const [index, row] of rows.entries()) {
    if (row.line > titleLines) break;
    const known = knownNames?.(row.cells) ?? 0;
    if (known > most) {
      best = index;
      most = known;
    }
  }
  return best;
}

/** A blank behind it counts where quotes are right with it only: `1, "Ivanov, Ivan"`. */
const candidates = [',', ';', '\t', '|', ', ', '; '] as const;
/** Rows that show how steady the number of columns is. */
const sniffedRows = 50;
/** Lines that show which columns hold numbers. */
const sniffedLines = 200;
/** Share of the sample's rows that a number of columns must have to be more than an exception. */
const usualShare = 0.1;

/** Reads what was given as `--delimiter`. Throws UserError for what cannot be one. */
function parseDelimiter(given: string): string {
  const delimiter = given === '\\t' || given === 'tab' ? '\t' : given;
  if (delimiter !== '' && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new UserError(`--delimiter ${JSON.stringify(given)}: cannot separate columns`, {
    hint: 'Use a character such as , or ; or |, or the word tab.',
  });
}

/** Excel's own first line `sep=;`: the delimiter it names. */
function separatorLine(text: string): string | undefined {
  return /^"?sep=([^"\r\n])"?(?:[\r\n]|$)/i.exec(text)?.[1];
}

/**
 * The delimiter under which the records of a text have the steadiest number of columns; ',' if none divides them.
 * Many columns that are nearly steady beat two columns that are; quotes that are not well-formed speak against a delimiter.
 */
async function sniffDelimiter(text: string, line: number): Promise<string> {
  // Quotes that are wrong under one delimiter are mostly right under another, and csv-parse need not be loaded.
  const strict = await bestDelimiter(text, line, true);
  return strict.isPerfect ? strict.delimiter : (await bestDelimiter(text, line, false)).delimiter;
}

async function bestDelimiter(text: string, line: number, strict: boolean) {
  let best = { delimiter: ',', score: 0, isPerfect: false };
  for (const delimiter of candidates) {
    const { usual, steady, regular } = await sniffWidths(text, line, { delimiter, strict });
    const score = steady * Math.log2(Math.max(1, usual)) * (1 + regular);
    const isPerfect = steady === 1 && regular === 1 && usual >= 3;
    if (score > best.score) best = { delimiter, score, isPerfect };
  }
  return best;
}

/** How the rows of a file are made, as far as the start of it tells. */
interface Widths {
  /** Every number of columns that is no exception; none under three, which would prove nothing. */
  readonly all: ReadonlySet<number>;
  /** The most frequent one, the larger of two; 0 where there are no rows. */
  readonly usual: number;
  /** Share of the rows that have it. */
  readonly steady: number;
  /** Share of the rows whose quotes are well-formed. */
  readonly regular: number;
}

/** The numbers of columns that the first records of a text have under a delimiter; none where `strict` and a quote is wrong. */
async function sniffWidths(
  text: string,
  line: number,
  { delimiter, strict = false }: { readonly delimiter: string; readonly strict?: boolean },
): Promise<Widths> {
  const read = csvReader({ delimiter, widths: new Set(), numeric: [] });
  const parsed = await read(text, { line, final: true, limit: sniffedRows, strict });
  const rows = strict && parsed.irregular > 0 ? [] : parsed.rows;
  const counts = new Map<number, number>();
  // Rows over several lines may be several rows: they prove nothing.
  const plain = rows.filter(
    (row) => row.problem === undefined && !row.cells.some((cell) => /[\r\n]/.test(cell)),
  );
  for (const { cells } of plain) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const byCount = [...counts].sort(([width, count], [other, others]) => others - count || other - width);
  const [usual, most] = byCount[0] ?? [0, 0];
  const usuals = [...counts].filter(([width, count]) => width >= 3 && count >= plain.length * usualShare);
  const share = (part: number) => (rows.length === 0 ? 0 : part / rows.length);
  return {
    all: new Set(usuals.map(([width]) => width)),
    usual,
    steady: share(most),
    regular: share(Math.max(0, rows.length - parsed.irregular)),
  };
}

/** Rows that must hold a number in a column, and the share of them that need not. */
const numericRows = { fewest: 2, others: 0.1 };

/** The columns in which the lines of a text that have so many columns, all but the header and few others, hold a number or a date. */
function numericColumns(text: string, delimiter: string, width: number): readonly number[] {
  const lines = linesOf(text, sniffedLines)
    .map((line) => line.split(delimiter))
    .filter((cells) => cells.length === width);
  return Array.from({ length: width }, (_, at) => at).filter((at) => {
    const filled = lines.flatMap((cells) => cells[at] || []);
    const numbers = filled.filter(isNumeric).length;
    const others = filled.length - numbers;
    return numbers >= numericRows.fewest && others <= Math.max(1, filled.length * numericRows.others);
  });
}
