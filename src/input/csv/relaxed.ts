// Records whose quotes are not well-formed, or that go over several lines: what speaks for one row, and csv-parse.

import type { parse } from 'csv-parse/sync';
import { errorCode } from '../../core/errors.js';
import type { Row } from '../../core/row.js';
import { lineBreaksIn, linesOf } from '../../core/text.js';
import type { Position } from '../lines.js';
import { afterLine, type RowOfLine, relaxedCells, type SplitOptions, unquotedCells } from './splitter.js';

/** How the rows of a file are written. */
export interface CsvDialect {
  readonly delimiter: string;
  /** How many columns its rows have. Counts under three are left out: they prove nothing. */
  readonly widths: ReadonlySet<number>;
  /** The columns that hold numbers and dates in nearly every row: they tell a row from a line of a text. */
  readonly numeric: readonly number[];
}

/** What the fast way asks about records over several lines, and about lines whose quotes are not well-formed. */
export function relaxedOptions(dialect: CsvDialect): SplitOptions {
  return {
    delimiter: dialect.delimiter,
    rowOfLine: (line, next) => rowOfLine(line, next, dialect),
    isOneRecord:
      dialect.widths.size === 0 ? undefined : (cells, text) => isOneRecord(cells, text, dialect, isRowBehind),
  };
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
  const lines = linesOf(withoutBreak(text));
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
export async function readRelaxed(
  text: string,
  { index, line }: Position,
  { dialect, final }: { readonly dialect: CsvDialect; readonly final: boolean },
): Promise<RelaxedRecord | undefined> {
  const cells = firstRecord(await loadCsvParse(), text, index, dialect);
  if (cells === undefined && !final && text.length - index < maxQuoted) return undefined;
  const ends = lineEnds(text, index, cells === undefined ? 1 : breaksIn(cells) + 1);
  const [firstEnd = text.length] = ends;
  const end = ends.at(-1) ?? firstEnd;
  const firstLine = withoutBreak(text.slice(index, firstEnd));
  const isOne =
    cells !== undefined && (ends.length === 1 || isOneRecord(cells, text.slice(index, end), dialect, isRow));
  if (!isOne)
    return {
      row: { line, ...bareRow(firstLine, dialect) },
      index: firstEnd,
      line: line + 1,
      isQuoteIgnored: true,
    };
  const row = { line, cells: ends.length === 1 ? likelierCells(cells, firstLine, dialect) : cells };
  return { row, index: end, line: line + ends.length, isQuoteIgnored: false };
}

/** csv-parse's synchronous parser, loaded only when a file needs it. */
type CsvParse = typeof parse;
let csvParse: CsvParse | undefined;

async function loadCsvParse(): Promise<CsvParse> {
  csvParse ??= (await import('csv-parse/sync')).parse;
  return csvParse;
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
    const ends = lineEnds(text, index, count);
    const end = Math.min(ends.at(-1) ?? last, last);
    const cells = parseRelaxed(parse, text.slice(index, end), delimiter);
    // What ends before the last of these lines does not depend on what follows.
    if (end === last || (cells !== undefined && breaksIn(cells) + 1 < ends.length)) return cells;
    const quoteAt = text.indexOf('"', end);
    if (cells === undefined && (quoteAt < 0 || quoteAt >= last)) return undefined;
  }
}

/** The first record that csv-parse finds in a text; undefined where its quotes are not closed. */
function parseRelaxed(parse: CsvParse, text: string, delimiter: string): string[] | undefined {
  let first: string[] | undefined;
  try {
    parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: true,
      relax_column_count: true,
      to: 1,
      on_record: (cells) => {
        first ??= cells;
        return null;
      },
    });
  } catch (error) {
    if (errorCode(error) !== 'CSV_QUOTE_NOT_CLOSED') throw error;
  }
  return first;
}

/** The indices behind the first so many lines of a text, from an index on. */
function lineEnds(text: string, from: number, count: number): readonly number[] {
  const ends: number[] = [];
  for (let end = from; ends.length < count && end < text.length; ) {
    end = afterLine(text, end);
    ends.push(end);
  }
  return ends;
}

function withoutBreak(text: string): string {
  return text.replace(/(?:\r\n?|\n)$/, '');
}

function breaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + lineBreaksIn(cell), 0);
}
