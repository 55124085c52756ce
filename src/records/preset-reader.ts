// A preset at work on one file: what it makes of a row, and cells that are not what their columns hold.

import type { Table } from '../core/row.js';
import { readableCells } from '../core/row.js';
import { cellText, isDigits, quote } from './cell-text.js';
import { type ColumnIndex, indexColumns } from './header-names.js';
import type { InternalTest } from './phone-numbers.js';
import type { Cell, IsExtension, NamedPreset, RawFields } from './presets/preset.js';
import type { Shape, Shapes } from './presets/shapes.js';

/** A preset at work on one file. */
export interface PresetReader {
  /** Reads a row; asked for the same row again, it gives what it gave. */
  readonly read: (cells: readonly string[]) => RawFields;
  /** The columns of the file that it asked for among the first rows, with their positions. */
  readonly columns: ReadonlyMap<string, number>;
  /** The id of the call of a row whose cells may be in wrong columns: the last cell that looks like one. */
  readonly idIn: (cells: readonly string[]) => string | undefined;
}

/**
 * Has a preset read the rows of a file, whose columns may grow. Which of them it asks for is found out by having it read the
 * first rows.
 */
export function openPreset(
  preset: NamedPreset,
  { columns, sample }: Pick<Table, 'columns' | 'sample'>,
  isInternal: InternalTest,
): PresetReader {
  const { id, shapes = {} } = preset;
  const cellOf = cellReader(columns);
  const misfitOf = misfitFinder(shapes, columns);
  const isExtension: IsExtension = (text) => isDigits(text) && isInternal(text);
  const idIn = (cells: readonly string[]): string | undefined =>
    id && cells.map(cellText).findLast((text) => text !== '' && id.fits(text));
  const readRow = (cells: readonly string[]): RawFields => {
    const fields = preset.read(cellOf(cells), isExtension);
    const problem = misfitOf(cells) ?? fields.problem;
    return problem === undefined ? fields : { ...fields, problem, uuid: idIn(cells) ?? fields.uuid };
  };
  let last: { readonly cells: readonly string[]; readonly fields: RawFields } | undefined;
  return {
    columns: columnsAsked(preset, { columns, rows: readableCells(sample), isExtension }),
    idIn,
    read(cells) {
      if (last?.cells !== cells) last = { cells, fields: readRow(cells) };
      return last.fields;
    },
  };
}

/** The columns of a file that a preset asks for in these rows, and in one that is empty; and those that order the rows of a call. */
function columnsAsked(
  { read, rowsPerCall, rowKey }: NamedPreset,
  file: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly isExtension: IsExtension;
  },
): ReadonlyMap<string, number> {
  const cellOf = cellReader(file.columns);
  const asked = new Set(rowsPerCall === 'several' ? rowKey : []);
  for (const cells of [[], ...file.rows]) {
    const cell = cellOf(cells);
    const record: Cell = (column) => {
      asked.add(column);
      return cell(column);
    };
    read(record, file.isExtension);
  }
  return indexColumns(file.columns).positionsOf([...asked]);
}

/**
 * Makes what presets read rows with: gives for the cells of a row the text of a column by its name. `names` may grow (JSON);
 * columns are looked for again when it has.
 */
export function cellReader(names: readonly string[]): (cells: readonly string[]) => Cell {
  const known = new Map<string, number>();
  let size = -1;
  let columns: ColumnIndex = indexColumns([]);
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
  return (cells) => (name) => cellText(cells[indexOf(name)]);
}

/** A column of the file with its shape, and the column that says whether it has to be filled; -1 where none does. */
interface ShapedColumn {
  readonly column: string;
  readonly index: number;
  readonly shape: Shape;
  readonly partner: number;
}

/** Makes what says, in words, which cell of a row is the first that does not fit the shape of its column; `names` may grow. */
function misfitFinder(
  shapes: Shapes,
  names: readonly string[],
): (cells: readonly string[]) => string | undefined {
  let size = -1;
  let shaped: readonly ShapedColumn[] = [];
  return (cells) => {
    if (names.length !== size) {
      size = names.length;
      shaped = shapedColumns(shapes, names);
    }
    for (const { column, index, shape, partner } of shaped) {
      const text = cellText(cells[index]);
      if (text !== '') {
        if (!shape.fits(text))
          return `the cells are not in their columns: ${column} is ${quote(text)}, not ${shape.is}`;
      } else if (shape.filled === true || !isNothing(cellText(cells[partner])))
        return `the cells are not in their columns: ${column} is empty`;
    }
    return undefined;
  };
}

function shapedColumns(shapes: Shapes, names: readonly string[]): readonly ShapedColumn[] {
  const columns = indexColumns(names);
  return Object.entries(shapes).flatMap(([column, shape]) => {
    const index = columns.find(column);
    const partner = shape.filledWith === undefined ? undefined : columns.find(shape.filledWith);
    return index === undefined ? [] : [{ column, index, shape, partner: partner ?? -1 }];
  });
}

/** A database fills columns that nobody gave a value with 0. */
function isNothing(text: string): boolean {
  return text === '' || text === '0';
}
