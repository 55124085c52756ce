import type { CsvError, parse } from 'csv-parse/sync';
import type { Row } from '../../core/row.js';
import type { ParsedRows, Position } from '../lines.js';
import { type SplitOptions, splitCsv } from './splitter.js';

/** The line on which a text starts, whether the file ends with it, how many rows are enough. */
interface CsvReadOptions {
  readonly line: number;
  readonly final: boolean;
  readonly limit?: number;
  /** Stop before the first record whose quotes are not well-formed, and count it as irregular. */
  readonly strict?: boolean;
}

/** The rows of a text, blank ones left out. */
interface CsvRows extends ParsedRows {
  /** How many of them had quotes that are not well-formed. */
  readonly irregular: number;
  /** First line with a quote that was read as a character, because it would have swallowed rows. */
  readonly ignoredQuote?: number;
}

export type CsvReader = (text: string, options: CsvReadOptions) => Promise<CsvRows>;

/** Lines that csv-parse is given at most before well-formed text is looked for again. */
const longestRun = 256;

/** A reader for texts of one dialect: strict as long as the quotes are well-formed, relaxed where they are not. */
export function csvReader(dialect: CsvDialect): CsvReader {
  const { delimiter, widths } = dialect;
  const options: SplitOptions =
    widths.size === 0
      ? { delimiter }
      : { delimiter, isOneRecord: (cells, text) => isOneRecord(cells, text, dialect) };
  return async (text, { line, final, limit = Number.POSITIVE_INFINITY, strict = false }) => {
    const rows: Row[] = [];
    let at: Position = { index: 0, line };
    let run = 1;
    let irregular = 0;
    let ignoredQuote: number | undefined;
    while (at.index < text.length && rows.length < limit) {
      const split = splitCsv(text, at, { ...options, limit: limit - rows.length }, rows);
      if (split.index > at.index) run = 1;
      at = split;
      if (split.reason === 'end') continue;
      if (strict) irregular++;
      if (strict) break;
      const relaxed = readRelaxed(await loadCsvParse(), text, at, { dialect, run, final });
      if (relaxed.isOpen) break;
      if (relaxed.isQuoteIgnored) ignoredQuote ??= at.line;
      rows.push(...relaxed.rows);
      irregular += relaxed.rows.length;
      run = relaxed.rows.length < run ? 1 : Math.min(run * 2, longestRun);
      at = relaxed;
    }
    const parsed = { rows: cleanRows(rows, delimiter), index: at.index, line: at.line, irregular };
    return ignoredQuote === undefined ? parsed : { ...parsed, ignoredQuote };
  };
}

let csvParse: CsvParse | undefined;

async function loadCsvParse(): Promise<CsvParse> {
  csvParse ??= (await import('csv-parse/sync')).parse;
  return csvParse;
}

/** Drops blank rows, and splits rows that are quoted as a whole: one cell that holds the delimiter. */
function cleanRows(rows: readonly Row[], delimiter: string): Row[] {
  const kept: Row[] = [];
  for (const row of rows) {
    const first = row.cells[0] ?? '';
    if (row.cells.length === 1 && first.includes(delimiter))
      kept.push({ ...row, cells: unwrapRow(first, delimiter) });
    else if (row.cells.some(isNotBlank)) kept.push(row);
  }
  return kept;
}

function isNotBlank(cell: string): boolean {
  return cell !== '' && cell.trim() !== '';
}

function unwrapRow(text: string, delimiter: string): readonly string[] {
  const rows: Row[] = [];
  const { reason } = splitCsv(text, { index: 0, line: 1 }, { delimiter }, rows);
  const [row] = rows;
  return reason === 'end' && row !== undefined && rows.length === 1
    ? row.cells
    : unquotedCells(text, delimiter);
}

/** csv-parse's synchronous parser, loaded only when a file needs it. */
type CsvParse = typeof parse;

/** How the rows of a file are written. */
interface CsvDialect {
  readonly delimiter: string;
  /** How many columns its rows have. Counts under three are left out: they prove nothing. */
  readonly widths: ReadonlySet<number>;
}

interface RelaxedRows extends Position {
  readonly rows: readonly Row[];
  /** The text ends inside quotes: nothing was parsed, more text may close them. */
  readonly isOpen: boolean;
  /** Whether a quote was read as a character, and its line was read alone. */
  readonly isQuoteIgnored: boolean;
}

interface Line {
  readonly text: string;
  /** Index after its line end. */
  readonly end: number;
}

/** Characters after which a quote is held to be never closed. */
const maxQuoted = 1024 * 1024;
/** Lines in which most quotes are closed, if they are at all. */
const nearLines = 16;

/**
 * Whether a record over several lines is one record, and not rows glued together by a stray quote.
 * The lines of glued rows have the columns of a row each; the lines of a text with line breaks do not.
 */
function isOneRecord(cells: readonly string[], text: string, dialect: CsvDialect): boolean {
  const lines = text.replace(/(?:\r\n?|\n)$/, '').split(/\r\n|\r|\n/);
  const fitting = lines.filter((line) => dialect.widths.has(line.split(dialect.delimiter).length)).length;
  return dialect.widths.has(cells.length) ? fitting < lines.length : fitting === 0;
}

/**
 * Reads records whose quotes are not well-formed, at most `run` lines of them, from the start of a record on.
 * csv-parse (`relax_quotes`) decides what they say, and is compared with the lines: one line is one record unless
 * there is evidence otherwise, so that a stray quote never swallows rows.
 */
function readRelaxed(
  parse: CsvParse,
  text: string,
  start: Position,
  { dialect, run, final }: { dialect: CsvDialect; run: number; final: boolean },
): RelaxedRows {
  if (run === 1) return readOne(parse, text, start, { dialect, final });
  const lines = linesFrom(text, start.index, run);
  const end = lines.at(-1)?.end ?? text.length;
  const rows: Row[] = [];
  let { index, line } = start;
  for (const cells of parseRelaxed(parse, text.slice(index, end), dialect.delimiter)) {
    const own = lines[rows.length];
    if (own === undefined || cells.some(hasBreak)) break;
    rows.push({ line, cells: likelierCells(cells, own.text, dialect) });
    index = own.end;
    line++;
  }
  if (rows.length > 0) return { rows, index, line, isOpen: false, isQuoteIgnored: false };
  return readOne(parse, text, start, { dialect, final });
}

/** Where csv-parse finds other columns than the rows have, and the bare line has them, a quote swallowed delimiters. */
function likelierCells(cells: string[], line: string, { widths, delimiter }: CsvDialect): string[] {
  if (widths.has(cells.length) || widths.size === 0) return cells;
  const unquoted = unquotedCells(line, delimiter);
  return widths.has(unquoted.length) ? unquoted : cells;
}

/** Reads one record, which csv-parse may see go over several lines, or never end. */
function readOne(
  parse: CsvParse,
  text: string,
  { index, line }: Position,
  { dialect, final }: { dialect: CsvDialect; final: boolean },
): RelaxedRows {
  const cells = firstRecord(parse, text, index, dialect);
  if (cells === undefined && !final && text.length - index < maxQuoted)
    return { rows: [], index, line, isOpen: true, isQuoteIgnored: false };
  const lines = linesFrom(text, index, cells === undefined ? 1 : breaksIn(cells) + 1);
  const end = lines.at(-1)?.end ?? text.length;
  const [firstLine = { text: '', end }] = lines;
  if (cells !== undefined && (lines.length === 1 || isOneRecord(cells, text.slice(index, end), dialect))) {
    const row = { line, cells: lines.length === 1 ? likelierCells(cells, firstLine.text, dialect) : cells };
    return { rows: [row], index: end, line: line + lines.length, isOpen: false, isQuoteIgnored: false };
  }
  const unquoted = unquotedCells(firstLine.text, dialect.delimiter);
  const row = dialect.widths.has(unquoted.length)
    ? { line, cells: unquoted }
    : { line, cells: unquoted, problem: 'a quote in this line is not closed, or closes in another row' };
  return { rows: [row], index: firstLine.end, line: line + 1, isOpen: false, isQuoteIgnored: true };
}

/** The record that csv-parse finds at an index; undefined where its quotes are not closed. It is looked for near by first. */
function firstRecord(
  parse: CsvParse,
  text: string,
  index: number,
  { delimiter }: CsvDialect,
): string[] | undefined {
  const near = linesFrom(text, index, nearLines);
  const [cells] = parseRelaxed(parse, text.slice(index, near.at(-1)?.end), delimiter, 1);
  // What ends before the last of these lines does not depend on what follows.
  if (cells !== undefined && breaksIn(cells) + 1 < near.length) return cells;
  return parseRelaxed(parse, text.slice(index, index + maxQuoted), delimiter, 1)[0];
}

/** The records that csv-parse finds in a text; those before the fault where it fails. */
function parseRelaxed(parse: CsvParse, text: string, delimiter: string, to?: number): string[][] {
  const records: string[][] = [];
  try {
    parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: true,
      relax_column_count: true,
      ...(to === undefined ? {} : { to }),
      on_record: (cells) => {
        records.push(cells);
        return null;
      },
    });
  } catch (error) {
    if (!isUnclosed(error)) throw error;
  }
  return records;
}

function isUnclosed(error: unknown): error is CsvError {
  return error instanceof Error && 'code' in error && error.code === 'CSV_QUOTE_NOT_CLOSED';
}

function linesFrom(text: string, from: number, count: number): Line[] {
  const lines: Line[] = [];
  const ends = /\r\n|\r|\n|$/g;
  ends.lastIndex = from;
  for (let start = from; lines.length < count && start < text.length; start = ends.lastIndex) {
    const found = ends.exec(text);
    if (found === null) break;
    lines.push({ text: text.slice(start, found.index), end: found.index + found[0].length });
  }
  return lines;
}

function hasBreak(cell: string): boolean {
  return cell.includes('\n') || cell.includes('\r');
}

function breaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + cell.split(/\r\n|\r|\n/).length - 1, 0);
}

/** The cells of a line that is cut at every delimiter; quotes around a whole cell are taken off. */
function unquotedCells(line: string, delimiter: string): string[] {
  return line
    .split(delimiter)
    .map((cell) => (/^".*"$/s.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
