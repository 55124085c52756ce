import { pad, type Style, sanitise, widthOf, wrap } from './terminal.js';

/** A column of a table that is printed. */
export interface Column {
  readonly title: string;
  /** Marks a cell by its text; the plain text decides the width. */
  readonly paint?: (cell: string) => string;
  /** The text may be broken into lines on a terminal; the last column alone. Names and addresses are better left whole. */
  readonly wraps?: boolean;
}

/** Where a table is printed. */
export interface Page {
  readonly style: Style;
  /** Width of the terminal, within which a last column that wraps is held; absent where it is none: nothing is wrapped. */
  readonly width?: number | undefined;
}

const gap = 2;
/** A last column narrower than this is not worth wrapping: the terminal breaks the line itself. */
const narrowest = 16;

/**
 * Lays out a table without borders, columns aligned, a line each for the titles and the rows, every one ended by a
 * line feed. A column may be given by its title alone. Cells are stripped of control characters; a column without any text is left out; no rows give ''.
 */
export function layTable(
  columns: readonly (Column | string)[],
  rows: readonly (readonly string[])[],
  { style, width }: Page,
): string {
  if (rows.length === 0) return '';
  const used = columns
    .map((column) => (typeof column === 'string' ? { title: column } : column))
    .map((column: Column, at) => ({ column, cells: rows.map((row) => sanitise(row[at] ?? '')) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map(({ column, cells }) => ({ column, cells, width: widest([column.title, ...cells]) }));
  const last = used.length - 1;
  const indent = used.slice(0, last).reduce((sum, { width: own }) => sum + own + gap, 0);
  const left = width === undefined || used[last]?.column.wraps !== true ? Infinity : width - indent;
  const room = left < narrowest ? Infinity : left;

  const head = used.map(({ column, width: own }, at) =>
    at === last ? column.title : pad(column.title, own + gap),
  );
  const lines = [style.dim(head.join(''))];
  for (const row of rows.keys()) {
    const start = used.slice(0, last).map(({ column, cells, width: own }) => {
      const cell = cells[row] ?? '';
      return paint(column, cell) + ' '.repeat(own + gap - widthOf(cell));
    });
    const [first = '', ...more] = wrap(used[last]?.cells[row] ?? '', room);
    const end = used[last] === undefined ? '' : paint(used[last].column, first);
    lines.push((start.join('') + end).trimEnd(), ...more.map((text) => ' '.repeat(indent) + text));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Says how many rows were not printed; '' where there are none. */
export function moreLine(more: number, style: Style): string {
  return more > 0 ? `${style.dim(`… and ${more} more (--rows all shows them)`)}\n` : '';
}

function paint(column: Column, cell: string): string {
  return column.paint === undefined || cell === '' ? cell : column.paint(cell);
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
}
