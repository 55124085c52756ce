// The columns of rows without a header: by their order, where most of the first hundred rows are of it.

import { cellText } from '../cell-text.js';
import type { Preset } from './preset.js';
import type { Shapes } from './shapes.js';

/** The first rows of a file, each with the texts of its cells. */
export type Rows = readonly (readonly string[])[];

/** The order in which a system writes its columns. */
interface ColumnOrder {
  readonly names: readonly string[];
  /** What stands in the columns by which its rows are known. */
  readonly keys: Shapes;
  /** How many cells its rows have at least and at most. */
  readonly least?: number;
  readonly most?: number;
  /** Names the columns behind, by the rows of the order. */
  readonly tail?: (rows: Rows) => readonly string[] | undefined;
}

/** Makes what names the columns of a file in this order; it gives undefined for all other files. */
export function inOrder({
  names,
  keys,
  least = 0,
  most = Infinity,
  tail,
}: ColumnOrder): NonNullable<Preset['nameColumns']> {
  const places = Object.entries(keys).map(([name, shape]) => ({ at: names.indexOf(name), shape }));
  const isOwn = (cells: readonly string[]) =>
    cells.length >= least &&
    cells.length <= most &&
    places.every(({ at, shape }) => shape.fits(textAt(cells, at)));
  return (rows) => {
    const own = majority(rows, names, isOwn);
    const more = own && (tail === undefined ? [] : tail(own));
    return more && [...names, ...more];
  };
}

/** So many first rows vote on what a file is: the very first may be cut, or odd. */
const voters = 100;

/** The text at a position of a row, '' for none. */
export function textAt(cells: readonly string[], at: number): string {
  return cellText(cells[at]);
}

/**
 * The rows that a test takes for its own, those of the most frequent width; undefined where they are less than half of the first
 * hundred, or where one of these is a header. Blank rows do not vote.
 *
 * @param names those of the columns, by which a header is known
 */
export function majority(
  rows: Rows,
  names: readonly string[],
  isOwn: (cells: readonly string[]) => boolean,
): Rows | undefined {
  const isName = new Set(names);
  const isHeader = (cells: readonly string[]) => cells.filter((cell) => isName.has(cell.trim())).length > 2;
  const asked = rows.filter((cells) => cells.some((cell) => cell.trim() !== '')).slice(0, voters);
  if (asked.some(isHeader)) return undefined;
  const own = asked.filter(isOwn);
  if (own.length === 0 || own.length * 2 < asked.length) return undefined;
  const counts = new Map<number, number>();
  for (const { length } of own) counts.set(length, (counts.get(length) ?? 0) + 1);
  const most = Math.max(...counts.values());
  // Of as many rows each, the shorter ones were cut.
  const width = Math.max(...[...counts].flatMap(([length, count]) => (count === most ? [length] : [])));
  return own.filter(({ length }) => length === width);
}
