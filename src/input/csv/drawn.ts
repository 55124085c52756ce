// Tables drawn with bars by database clients.

import type { Row } from '../../core/row.js';
import { linesOf } from '../../core/text.js';
import { eachLine } from '../lines.js';
import type { CsvReader, CsvRows, RowLayout } from './reader.js';

/** A line of a frame: `+----+`, `----+----`, `|---|:--|`, `├────┤`. */
const border = /^[\s|+:\-=\u2500-\u257f]*[-=\u2500\u2501\u2550]{2}[\s|+:\-=\u2500-\u257f]*$/;
/** What stands under the table: `(5 rows)`, `5 rows in set (0.01 sec)`. */
const footer = /^\s*(?:\(\d+ rows?\)|\d+ rows? in set\b.*|Empty set\b.*)$/;
/** Where the lines of a border meet. */
const crossings = /[|+\u253c\u256a\u256b\u256c\u251c\u250c\u2554\u255e\u255f\u2560]/;
const bars = /[|\u2502\u2503\u2551]/;

/** So far down a frame begins: a prompt and the statement may stand above it. */
const firstLines = 10;

/**
 * The layout of a text that is the table of a database client, drawn with bars between its cells: mysql, psql, sqlite3
 * (`.mode table`, `box`, `markdown`). undefined where it is none.
 */
export function drawnLayout(text: string): RowLayout | undefined {
  const lines = linesOf(text, firstLines).filter((line) => line.trim() !== '');
  const at = lines.findIndex((line) => border.test(line) && crossings.test(line));
  const row = lines[at + 1] ?? '';
  if (at < 0 || !bars.test(row)) return undefined;
  // Bars stand before the first cell of a row as well, and behind the last one.
  const isFramed = bars.test(row.trimStart().charAt(0));
  const cellsOf = (line: string) => {
    const cells = line.split(bars).map((cell) => cell.trim());
    return isFramed ? cells.slice(1, cells.at(-1) === '' ? -1 : undefined) : cells;
  };
  const read: CsvReader = async (drawn, { line, limit = Number.POSITIVE_INFINITY }) =>
    readDrawn(drawn, cellsOf, { line, limit });
  return { delimiter: '|', read, usual: cellsOf(row).length };
}

/** Reads the rows of a drawn table, without its frame. */
function readDrawn(
  text: string,
  cellsOf: (line: string) => string[],
  { line: first, limit }: { readonly line: number; readonly limit: number },
): CsvRows {
  const rows: Row[] = [];
  let line = first;
  let index = 0;
  eachLine(text, (start, end) => {
    if (rows.length >= limit) return;
    const drawn = text.slice(start, end);
    if (drawn.trim() !== '' && !border.test(drawn) && !footer.test(drawn))
      rows.push({ line, cells: cellsOf(drawn) });
    if (end < text.length) line++;
    index = end;
  });
  return { rows, index: rows.length >= limit ? index : text.length, line, irregular: 0 };
}
