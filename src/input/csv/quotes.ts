import type { CsvError, parse } from 'csv-parse/sync';
import type { Row } from '../../core/row.js';
import type { Position } from '../lines.js';

/** csv-parse's synchronous parser, loaded only when a file needs it. */
export type CsvParse = typeof parse;

/** How the rows of a file are written. */
export interface CsvDialect {
  readonly delimiter: string;
  /** How many columns its rows have. Counts under three are left out: they prove nothing. */
  readonly widths: ReadonlySet<number>;
}

export interface RelaxedRows extends Position {
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
export function isOneRecord(cells: readonly string[], text: string, dialect: CsvDialect): boolean {
  const lines = text.replace(/(?:\r\n?|\n)$/, '').split(/\r\n|\r|\n/);
  const fitting = lines.filter((line) => dialect.widths.has(line.split(dialect.delimiter).length)).length;
  return dialect.widths.has(cells.length) ? fitting < lines.length : fitting === 0;
}

/**
 * Reads records whose quotes are not well-formed, at most `run` lines of them, from the start of a record on.
 * csv-parse (`relax_quotes`) decides what they say, and is compared with the lines: one line is one record unless
 * there is evidence otherwise, so that a stray quote never swallows rows.
 */
export function readRelaxed(
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
export function unquotedCells(line: string, delimiter: string): string[] {
  return line
    .split(delimiter)
    .map((cell) => (/^".*"$/s.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
