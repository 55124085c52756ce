// Lays out the columns of a table.

import { type Style, sanitise } from './terminal.js';
import { cut, pad, widthOf, wrap } from './width.js';

/** A column of a table of records. */
export interface Column<T> {
  readonly title: string;
  /** What it shows of a record. */
  readonly of: (record: T) => string;
  /** Marks a cell by its text; the plain text decides the width. */
  readonly paint?: (cell: string) => string;
  /** The text is broken into lines where the terminal is narrow; the last column alone. */
  readonly wraps?: boolean;
  /** Where the terminal is too narrow for all columns, that of the highest rank is left out first; absent: never. */
  readonly rank?: number;
  /** Its cells may be cut to this width, so that the terminal holds them: to their beginning, or to their end. */
  readonly least?: number;
  readonly keeps?: 'start' | 'end';
}

/** Where a table is printed. */
export interface Page {
  readonly style: Style;
  /** Width of the terminal; absent where it is none: nothing is cut, wrapped or left out. */
  readonly width?: number | undefined;
}

/** A column with its cells, and the width that it gets. */
interface Laid {
  readonly column: Omit<Column<never>, 'of'>;
  readonly cells: readonly string[];
  readonly width: number;
}

const gap = 2;
/** No cell is longer, in UTF-16 units: how wide a text is takes its time to find out. */
const longestCell = 1000;
/** A last column narrower than this is not worth wrapping. */
const narrowest = 24;

/**
 * Lays out a table without borders, columns aligned, a line each for the titles and the records, every one ended by a line feed.
 * Cells are stripped of control characters; a column without any text is left out; no records give ''. On a terminal no line is
 * longer than it is wide, where the ranks of the columns allow that.
 */
export function layTable<T>(
  columns: readonly Column<T>[],
  records: readonly T[],
  { style, width }: Page,
): string {
  if (records.length === 0) return '';
  const all = columns
    .map((column) => {
      const cells = records.map((record) => sanitise(column.of(record), longestCell));
      const width = cells.reduce((most, cell) => Math.max(most, widthOf(cell)), widthOf(column.title));
      return { column, cells, width };
    })
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const used = width === undefined ? all : fitted(all, width);
  const titles = used.map((one) => ({ ...one, text: cut(one.column.title, one.width) }));
  const lines = [style.dim(lineOf(titles))];
  for (const at of records.keys()) {
    const parts = used.map(({ column, cells, width: own }) => {
      const text = cells[at] ?? '';
      return column.wraps === true ? wrap(text, own) : [cut(text, own, column.keeps)];
    });
    const height = Math.max(...parts.map(({ length }) => length));
    for (let line = 0; line < height; line++)
      lines.push(
        lineOf(
          used.map((one, column) => ({ ...one, text: parts[column]?.[line] ?? '' })),
          paint,
        ),
      );
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The columns that a terminal of this width holds, and how wide each may be. */
function fitted(all: readonly Laid[], room: number): readonly Laid[] {
  const leastOf = ({ column, width }: Laid) =>
    Math.min(width, column.wraps === true ? narrowest : (column.least ?? width));
  let used = all;
  while (widthOfLine(used.map(leastOf)) > room) {
    const ranks = used.map(({ column }) => column.rank ?? 0);
    const most = ranks.reduce((one, other) => Math.max(one, other), 0);
    if (most === 0) break;
    used = used.filter((_, at) => at !== ranks.lastIndexOf(most));
  }
  let excess = widthOfLine(used.map(({ width }) => width)) - room;
  // The last column wraps, and so gives way first: nothing of it is lost.
  const wrapping = used.filter(({ column }) => column.wraps === true);
  const others = used
    .filter(({ column }) => column.wraps !== true)
    .toSorted((one, other) => other.width - one.width);
  const widths = new Map<Laid, number>();
  for (const one of [...wrapping, ...others]) {
    const given = Math.max(0, Math.min(excess, one.width - leastOf(one)));
    excess -= given;
    widths.set(one, one.width - given);
  }
  return used.map((one) => ({ ...one, width: widths.get(one) ?? one.width }));
}

function widthOfLine(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap, -gap);
}

/** One line of texts that fit their columns. */
function lineOf(
  cells: readonly (Laid & { readonly text: string })[],
  mark = (text: string, _column: Laid['column']) => text,
): string {
  const parts = cells.map(({ column, width, text }, at) => {
    return mark(text, column) + pad('', at === cells.length - 1 ? 0 : width + gap - widthOf(text));
  });
  return parts.join('').trimEnd();
}

/** Says how many rows were not printed; '' where there are none. */
export function moreLine(more: number, style: Style): string {
  return more > 0 ? `${style.dim(`… and ${more} more (--rows all shows them)`)}\n` : '';
}

function paint(text: string, { paint: mark }: Laid['column']): string {
  return mark === undefined || text === '' ? text : mark(text);
}
