// Rows of a text: strict where quotes are well-formed, by csv-parse elsewhere.

import type { CsvError, parse } from 'csv-parse/sync';
import type { Row } from '../../core/row.js';
import { lineBreaksIn, linesOf } from '../../core/text.js';
import type { ParsedRows, Position } from '../lines.js';
import { type RowOfLine, relaxedCells, type SplitOptions, splitCsv, unquotedCells } from './splitter.js';

/** The line on which a text starts, whether the file ends with it, how many rows are enough. */
export interface CsvReadOptions {
  readonly line: number;
  readonly final: boolean;
  readonly limit?: number;
  /** So many cells of a row are enough: it may have fewer than it would have. */
  readonly enough?: number | undefined;
  /** Stop before the first record whose quotes are not well-formed, and count it as irregular. */
  readonly strict?: boolean;
}

/** The rows of a text, blank ones left out. */
export interface CsvRows extends ParsedRows {
  /** How many of them had quotes that are not well-formed. */
  readonly irregular: number;
  /** First line with a quote that was read as a character, because it would have swallowed rows. */
  readonly ignoredQuote?: number;
}

export type CsvReader = (text: string, options: CsvReadOptions) => Promise<CsvRows>;

/** How the rows of a text are written, and read. */
export interface RowLayout {
  readonly delimiter: string;
  readonly read: CsvReader;
  /** Columns that most rows have; 0 where there are no rows. */
  readonly usual: number;
}

/** A reader for texts of one dialect: strict as long as the quotes are well-formed, relaxed where they are not. */
export function csvReader(dialect: CsvDialect): CsvReader {
  const { delimiter, widths } = dialect;
  const relaxed: SplitOptions = {
    delimiter,
    rowOfLine: (line, next) => rowOfLine(line, next, dialect),
    ...(widths.size === 0
      ? {}
      : { isOneRecord: (cells, text) => isOneRecord(cells, text, dialect, isRowBehind) }),
  };
  return async (text, { line, final, limit = Number.POSITIVE_INFINITY, enough, strict = false }) => {
    const options = { ...(strict ? { delimiter } : relaxed), ...(enough === undefined ? {} : { enough }) };
    const rows: Row[] = [];
    let at: Position = { index: 0, line };
    let irregular = 0;
    let ignoredQuote: number | undefined;
    while (at.index < text.length && rows.length < limit) {
      const split = splitCsv(text, at, { ...options, limit: limit - rows.length }, rows);
      irregular += split.irregular;
      ignoredQuote ??= split.ignoredQuote;
      at = split;
      if (split.reason === 'end') continue;
      irregular++;
      if (strict) break;
      const one = readOne(await loadCsvParse(), text, at, { dialect, final });
      if (one === undefined) break;
      if (one.isQuoteIgnored) ignoredQuote ??= at.line;
      rows.push(one.row);
      at = one;
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
export interface CsvDialect {
  readonly delimiter: string;
  /** How many columns its rows have. Counts under three are left out: they prove nothing. */
  readonly widths: ReadonlySet<number>;
  /** The columns that hold numbers and dates in nearly every row: they tell a row from a line of a text. */
  readonly numeric: readonly number[];
}

/** A number, a date, a time of day or a telephone number; quotes may stand anywhere in it. */
const numericCell = /^["' ]*[-+]?"?\d[-+\d.,:/ TZ"]*'? *$/;

/** Whether a cell holds a number or a date. */
export function isNumeric(cell: string): boolean {
  return cell.length <= 40 && numericCell.test(cell);
}

/** Whether a line is a row by itself: cut at its delimiters, it has the columns of one, and numbers where others have them. */
function isRow(line: string, dialect: CsvDialect): boolean {
  return hasShape(line.split(dialect.delimiter), dialect) || isQuotedRow(line, dialect);
}

/** The same of a line whose quotes are right. */
function isQuotedRow(line: string, dialect: CsvDialect): boolean {
  return hasShape(relaxedCells(line, dialect.delimiter) ?? [], dialect);
}

/**
 * The same of a line in a well-formed record. Behind a line that is too short for a row it goes on with the text that was opened
 * there: the rest of a comment with a line break and a comma looks like a row. Only a line without quotes is one all the same.
 */
function isRowBehind(line: string, dialect: CsvDialect, first: string): boolean {
  return (
    isQuotedRow(line, dialect) &&
    (!line.includes('"') || first.split(dialect.delimiter).length >= Math.min(...dialect.widths))
  );
}

function hasShape(cells: readonly string[], { widths, numeric }: CsvDialect): boolean {
  return widths.has(cells.length) && numeric.every((at) => isBlank(cells[at]) || isNumeric(cells[at] ?? ''));
}

function isBlank(cell: string | undefined): boolean {
  return cell === undefined || cell.trim() === '' || cell === '""';
}

/** One record whose quotes are not well-formed; its place is where the next one starts. */
interface RelaxedRecord extends Position {
  readonly row: Row;
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
/** So many columns of numbers tell a row from a line of a text that happens to have as many delimiters. */
const tellingColumns = 2;
/** Lines in which most quotes are closed, if they are at all. */
const nearLines = 16;

/**
 * Whether a record over several lines is one record, and not rows glued together by a stray quote. The lines of glued rows
 * are rows by themselves, from the second on at least; the lines of a text with line breaks are not.
 *
 * @param isLineRow what a row by itself is, behind the first line
 */
function isOneRecord(
  cells: readonly string[],
  text: string,
  dialect: CsvDialect,
  isLineRow: (line: string, dialect: CsvDialect, first: string) => boolean,
): boolean {
  const lines = linesOf(text.replace(/(?:\r\n?|\n)$/, ''));
  const [first = '', ...more] = lines;
  if (dialect.widths.has(cells.length) && dialect.numeric.length >= tellingColumns)
    return !more.some((line) => isLineRow(line, dialect, first));
  const fitting = lines.filter((line) => isRow(line, dialect)).length;
  return dialect.widths.has(cells.length) ? fitting < lines.length : fitting === 0;
}

/**
 * The row of a line whose quotes are not well-formed, where it is one whatever follows: its quotes are closed in it, or the
 * line after it is a row by itself, and so no more of the same text. A stray quote in every row costs no look ahead.
 */
function rowOfLine(line: string, next: string, dialect: CsvDialect): RowOfLine | undefined {
  const { delimiter, numeric } = dialect;
  const cells = relaxedCells(line, delimiter);
  if (cells !== undefined) return { cells: likelierCells(cells, line, dialect), isQuoteIgnored: false };
  if (numeric.length < tellingColumns || !isRow(next, dialect)) return undefined;
  return { ...bareRow(line, dialect), isQuoteIgnored: true };
}

/** A line that is cut at every delimiter, as a row; with a problem where it has not the columns of one. */
function bareRow(line: string, { delimiter, widths }: CsvDialect): Pick<Row, 'cells' | 'problem'> {
  const cells = unquotedCells(line, delimiter);
  if (widths.has(cells.length)) return { cells };
  return { cells, problem: 'a quote in this line is not closed, or closes in another row' };
}

/** Where csv-parse finds other columns than the rows have, and the bare line has them, a quote swallowed delimiters. */
function likelierCells(cells: string[], line: string, { widths, delimiter }: CsvDialect): string[] {
  if (widths.has(cells.length) || widths.size === 0) return cells;
  const unquoted = unquotedCells(line, delimiter);
  return widths.has(unquoted.length) ? unquoted : cells;
}

/**
 * Reads one record, which csv-parse may see go over several lines, or never end; undefined where more text may close it.
 * csv-parse (`relax_quotes`) decides what it says, and is compared with the lines: one line is one record unless there is
 * evidence otherwise, so that a stray quote never swallows rows.
 */
function readOne(
  parse: CsvParse,
  text: string,
  { index, line }: Position,
  { dialect, final }: { dialect: CsvDialect; final: boolean },
): RelaxedRecord | undefined {
  const cells = firstRecord(parse, text, index, dialect);
  if (cells === undefined && !final && text.length - index < maxQuoted) return undefined;
  const lines = linesFrom(text, index, cells === undefined ? 1 : breaksIn(cells) + 1);
  const end = lines.at(-1)?.end ?? text.length;
  const [firstLine = { text: '', end }] = lines;
  if (
    cells !== undefined &&
    (lines.length === 1 || isOneRecord(cells, text.slice(index, end), dialect, isRow))
  ) {
    const row = { line, cells: lines.length === 1 ? likelierCells(cells, firstLine.text, dialect) : cells };
    return { row, index: end, line: line + lines.length, isQuoteIgnored: false };
  }
  const row = { line, ...bareRow(firstLine.text, dialect) };
  return { row, index: firstLine.end, line: line + 1, isQuoteIgnored: true };
}

/**
 * The record that csv-parse finds at an index; undefined where its quotes are not closed. It is looked for near by first,
 * then in ever more lines, as long as there is a quote that could close it.
 */
function firstRecord(
  parse: CsvParse,
  text: string,
  index: number,
  { delimiter }: CsvDialect,
): string[] | undefined {
  const last = Math.min(text.length, index + maxQuoted);
  for (let count = nearLines; ; count *= 4) {
    const lines = linesFrom(text, index, count);
    const end = Math.min(lines.at(-1)?.end ?? last, last);
    const [cells] = parseRelaxed(parse, text.slice(index, end), delimiter, 1);
    // What ends before the last of these lines does not depend on what follows.
    if (cells !== undefined && breaksIn(cells) + 1 < lines.length) return cells;
    if (end === last) return cells;
    const quoteAt = text.indexOf('"', end);
    if (cells === undefined && (quoteAt < 0 || quoteAt >= last)) return undefined;
  }
}

/** The records that csv-parse finds in a text; those before the fault where it fails. */
function parseRelaxed(parse: CsvParse, text: string, delimiter: string, to: number): string[][] {
  const records: string[][] = [];
  try {
    parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: true,
      relax_column_count: true,
      to,
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

function breaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + lineBreaksIn(cell), 0);
}
