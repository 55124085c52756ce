import { type Columns, indexColumns } from './columns.js';
import type { InternalTest } from './internal.js';
import type { Cell, IsExtension } from './presets/preset.js';
import { isDigits, present } from './text.js';

/**
 * Makes what a preset reads rows with: gives for the cells of a row the text of a column by its name.
 * `names` may grow (JSON); columns are looked for again when it has. The cells that a row has too many belong to the
 * column `loose`, whose texts hold delimiters without quotes.
 */
export function cellReader(names: readonly string[], loose?: string): (cells: readonly string[]) => Cell {
  const known = new Map<string, number>();
  let size = -1;
  let columns: Columns = indexColumns([]);
  const indexOf = (name: string): number => {
    if (names.length !== size) {
      size = names.length;
      columns = indexColumns(names);
      known.clear();
    }
    const before = known.get(name);
    if (before !== undefined) return before;
    const index = columns.find(name) ?? -1;
    known.set(name, index);
    return index;
  };
  if (loose === undefined) return (cells) => (name) => present(cells[indexOf(name)]);
  return (cells) => (name) => {
    const index = indexOf(name);
    const isBehind = index > indexOf(loose) && cells.length > size;
    return present(cells[isBehind ? index + cells.length - size : index]);
  };
}

/** Tells extensions among texts of any kind. */
export function extensionTest(isInternal: InternalTest): IsExtension {
  return (text) => isDigits(text) && isInternal(text);
}
