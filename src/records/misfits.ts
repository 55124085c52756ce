// Cells of a row that are not what their columns hold.

import { cellText, quote } from './cell-text.js';
import { indexColumns } from './header-names.js';
import type { Shape, Shapes } from './presets/shapes.js';

/** The columns of a file whose names may grow (JSON). The cells that a row has too many belong to the column `unquoted`. */
interface Columns {
  readonly names: readonly string[];
  readonly unquoted: string | undefined;
}

/** A column of the file with its shape, and the column that says whether it has to be filled; -1 where none does. */
interface Asked {
  readonly column: string;
  readonly index: number;
  readonly shape: Shape;
  readonly partner: number;
}

/**
 * Makes what finds the first cell of a row that does not fit the shape of its column. Why, in words; undefined where all cells
 * fit.
 */
export function misfitFinder(
  shapes: Shapes,
  { names, unquoted }: Columns,
): (cells: readonly string[]) => string | undefined {
  let width = -1;
  let isFixed = false;
  let behind = Number.POSITIVE_INFINITY;
  let asked: readonly Asked[] = [];
  return (cells) => {
    if (width !== names.length) {
      width = names.length;
      const columns = indexColumns(names);
      behind = (unquoted === undefined ? undefined : columns.find(unquoted)) ?? Number.POSITIVE_INFINITY;
      isFixed = unquoted !== undefined && behind === Number.POSITIVE_INFINITY;
      asked = Object.entries(shapes).flatMap(([column, shape]) => {
        const index = columns.find(column);
        const partner = shape.filledWith === undefined ? undefined : columns.find(shape.filledWith);
        return index === undefined ? [] : [{ column, index, shape, partner: partner ?? -1 }];
      });
    }
    const extra = Math.max(0, cells.length - width);
    if (isFixed && cells.slice(width).some((cell) => cellText(cell) !== ''))
      return `the row has ${cells.length} cells instead of ${width}`;
    const textOf = (index: number) =>
      extra > 0 ? textAt(cells, { index, behind, extra }) : cellText(cells[index]);
    for (const { column, index, shape, partner } of asked) {
      const given = textOf(index);
      if (given !== '') {
        if (!shape.fits(given))
          return `the cells are not in their columns: ${column} is ${quote(given)}, not ${shape.is}`;
      } else if (shape.filled === true || (partner >= 0 && !isNothing(textOf(partner)))) {
        return `the cells are not in their columns: ${column} is empty`;
      }
    }
    return undefined;
  };
}

/** A database fills columns that nobody gave a value with 0. */
function isNothing(text: string): boolean {
  return text === '' || text === '0';
}

/** The text of a column in a row with `extra` cells too many, which are pieces of the column at `behind`. */
function textAt(
  cells: readonly string[],
  { index, behind, extra }: { readonly index: number; readonly behind: number; readonly extra: number },
): string {
  if (index < behind) return cellText(cells[index]);
  return cellText(cells.slice(index === behind ? index : index + extra, index + extra + 1).join(','));
}
