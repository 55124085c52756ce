import type { CsvError, parse } from 'csv-parse/sync';
import type { Row } from '../core/row.js';
import type { Place } from './lines.js';

/** csv-parse's synchronous parser, loaded only when a file needs it. */
export type Parse = typeof parse;

/** What is known about the rows of a file. */
export interface Shape {
  readonly delimiter: string;
  /** How many columns its rows have. Counts under three are left out: they prove nothing. */
  readonly widths: ReadonlySet<number>;
}

export interface Relaxed extends Place {
  readonly rows: readonly Row[];
  /** The text ends inside quotes: nothing was read, more text may close them. */
  readonly open: boolean;
  /** Whether a quote was not believed, and a line was read alone. */
  readonly distrusted: boolean;
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
export function believable(cells: readonly string[], text: string, shape: Shape): boolean {
  const lines = text.replace(/(?:\r\n?|\n)$/, '').split(/\r\n|\r|\n/);
  const fitting = lines.filter((line) => shape.widths.has(line.split(shape.delimiter).length)).length;
  return shape.widths.has(cells.length) ? fitting < lines.length : fitting === 0;
}

/**
 * Reads records whose quotes are not well-formed, at most `run` lines of them, from the start of a record on.
 * csv-parse (`relax_quotes`) decides what they say, and is held against the lines: one line is one record unless
 * there is reason to believe otherwise, so that a stray quote never swallows rows.
 */
export function readRelaxed(
  judge: Parse,
  text: string,
  start: Place,
  { shape, run, final }: { shape: Shape; run: number; final: boolean },
): Relaxed {
  if (run === 1) return readOne(judge, text, start, { shape, final });
  const lines = linesFrom(text, start.index, run);
  const end = lines.at(-1)?.end ?? text.length;
  const rows: Row[] = [];
  let { index, line } = start;
  for (const cells of judged(judge, text.slice(index, end), shape.delimiter)) {
    const own = lines[rows.length];
    if (own === undefined || cells.some(hasBreak)) break;
    rows.push({ line, cells: bestOf(cells, own.text, shape) });
    index = own.end;
    line++;
  }
  if (rows.length > 0) return { rows, index, line, open: false, distrusted: false };
  return readOne(judge, text, start, { shape, final });
}

/** Where csv-parse finds other columns than the rows have, and the bare line has them, a quote swallowed delimiters. */
function bestOf(cells: string[], line: string, { widths, delimiter }: Shape): string[] {
  if (widths.has(cells.length) || widths.size === 0) return cells;
  const bare = bareCells(line, delimiter);
  return widths.has(bare.length) ? bare : cells;
}

/** Reads one record, which csv-parse may see go over several lines, or never end. */
function readOne(
  judge: Parse,
  text: string,
  { index, line }: Place,
  { shape, final }: { shape: Shape; final: boolean },
): Relaxed {
  const cells = firstRecord(judge, text, index, shape);
  if (cells === undefined && !final && text.length - index < maxQuoted)
    return { rows: [], index, line, open: true, distrusted: false };
  const lines = linesFrom(text, index, cells === undefined ? 1 : breaksIn(cells) + 1);
  const end = lines.at(-1)?.end ?? text.length;
  const [alone = { text: '', end }] = lines;
  if (cells !== undefined && (lines.length === 1 || believable(cells, text.slice(index, end), shape))) {
    const row = { line, cells: lines.length === 1 ? bestOf(cells, alone.text, shape) : cells };
    return { rows: [row], index: end, line: line + lines.length, open: false, distrusted: false };
  }
  const bare = bareCells(alone.text, shape.delimiter);
  const row = shape.widths.has(bare.length)
    ? { line, cells: bare }
    : { line, cells: bare, problem: 'a quote in this line is not closed, or closes in another row' };
  return { rows: [row], index: alone.end, line: line + 1, open: false, distrusted: true };
}

/** The record that csv-parse finds at an index; undefined where its quotes are not closed. It is looked for near by first. */
function firstRecord(judge: Parse, text: string, index: number, { delimiter }: Shape): string[] | undefined {
  const near = linesFrom(text, index, nearLines);
  const [cells] = judged(judge, text.slice(index, near.at(-1)?.end), delimiter, 1);
  // What ends before the last of these lines does not depend on what follows.
  if (cells !== undefined && breaksIn(cells) + 1 < near.length) return cells;
  return judged(judge, text.slice(index, index + maxQuoted), delimiter, 1)[0];
}

/** The records that csv-parse finds in a text; those before the fault where it fails. */
function judged(judge: Parse, text: string, delimiter: string, to?: number): string[][] {
  const records: string[][] = [];
  try {
    judge(text, {
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
export function bareCells(line: string, delimiter: string): string[] {
  return line
    .split(delimiter)
    .map((cell) => (/^".*"$/s.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
