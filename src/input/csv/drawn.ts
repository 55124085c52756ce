// Tables drawn with bars by database clients.

import type { Row } from '../../core/row.js';
import { linesOf } from '../../core/text.js';
import { eachLine, type Position } from '../lines.js';

/** A line of a frame: `+----+`, `----+----`, `|---|:--|`, `├────┤`. */
const border = /^[\s|+:\-=\u2500-\u257f]*[-=\u2500\u2501\u2550]{2}[\s|+:\-=\u2500-\u257f]*$/;
/** What stands under the table: `(5 rows)`, `5 rows in set (0.01 sec)`. */
const footer = /^\s*(?:\(\d+ rows?\)|\d+ rows? in set\b.*|Empty set\b.*)$/;
/** Where the lines of a border meet. */
const crossings = /[|+\u253c\u256a\u256b\u256c\u251c\u250c\u2554\u255e\u255f\u2560]/;
const bars = /[|\u2502\u2503\u2551]/;

/** So far down a frame begins: a prompt and the statement may stand above it. */
const firstLines = 10;

/** How a table is drawn. */
export interface DrawnTable {
  /** Whether bars stand before the first cell of a row and behind the last one. */
  readonly isFramed: boolean;
}

/**
 * How a text is drawn that is the table of a database client, with bars between its cells: mysql, psql, sqlite3
 * (`.mode table`, `box`, `markdown`). undefined where it is none.
 */
export function drawnTable(text: string): DrawnTable | undefined {
  const lines = linesOf(text, firstLines).filter((line) => line.trim() !== '');
  const at = lines.findIndex((line) => border.test(line) && crossings.test(line));
  const row = lines[at + 1] ?? '';
  return at < 0 || !bars.test(row) ? undefined : { isFramed: bars.test(row.trimStart().charAt(0)) };
}

/** Reads the rows of a drawn table, without its frame and the blanks that pad its cells. */
export function readDrawn(
  text: string,
  { isFramed }: DrawnTable,
  { line: first, limit }: { readonly line: number; readonly limit: number },
): Position & { readonly rows: Row[] } {
  const rows: Row[] = [];
  let line = first;
  let index = 0;
  eachLine(text, (start, end) => {
    if (rows.length >= limit) return;
    const drawn = text.slice(start, end);
    if (drawn.trim() !== '' && !border.test(drawn) && !footer.test(drawn)) {
      const cells = drawn.split(bars).map((cell) => cell.trim());
      rows.push({ line, cells: isFramed ? cells.slice(1, cells.at(-1) === '' ? -1 : undefined) : cells });
    }
    if (end < text.length) line++;
    index = end;
  });
  return { rows, index: rows.length >= limit ? index : text.length, line };
}
