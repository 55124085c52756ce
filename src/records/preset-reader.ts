// A preset at work on one file: what it makes of a row, and cells that are not what their columns hold.

import type { Table } from '../core/row.js';
import { cellText, isDigits, quote } from './cell-text.js';
import type { InternalTest } from './phone-numbers.js';
import type { Cell, IsExtension, Preset, RawFields } from './presets/preset.js';
import type { Shape, Shapes } from './presets/shapes.js';
import { isBefore, isTimeOf, type Times, timesContradict, timesOf } from './presets/times.js';
import { Sample, type SampledColumn, sampleOf } from './sample.js';

/** A preset at work on one file. */
export interface PresetReader {
  /** Reads a row; asked for the same row again, it gives what it gave. */
  readonly read: (cells: readonly string[]) => RawFields;
  /** The times and durations of a row. */
  readonly times: (cells: readonly string[]) => Times;
  /** The columns of the file that it asked for among the first rows. */
  readonly columns: readonly SampledColumn[];
  /** The id of the call of a row whose cells may be in wrong columns: the last cell that looks like one. */
  readonly idIn: (cells: readonly string[]) => string | undefined;
}

/**
 * Has a preset read the rows of a file, whose columns may grow. Which of them it asks for is found out by having it read the
 * first rows.
 */
export function openPreset(
  preset: Preset,
  table: Pick<Table, 'columns' | 'sample' | 'format'>,
  isInternal: InternalTest,
): PresetReader {
  const { id, forms, times = {} } = preset;
  const { columns } = table;
  const cellOf = cellReader(columns);
  const misfitOf = misfitFinder(forms, columns);
  const isExtension: IsExtension = (text) => isDigits(text) && isInternal(text);
  const idIn = (cells: readonly string[]): string | undefined =>
    id && cells.map(cellText).findLast((text) => text !== '' && id.fits(text));
  const sample = sampleOf(table);
  const lapse = lapseFinder(forms, (cell) => timesOf(cell, times).start, sample.rows.map(cellOf));
  const readRow = (cells: readonly string[]): RawFields => {
    const cell = cellOf(cells);
    const fields = preset.read(cell, isExtension);
    const misfit = misfitOf(cells) ?? lapse(cell);
    if (misfit?.shape.joins === true) return { ...fields, problem: misfit.why, uuid: '' };
    const problem =
      misfit?.why ??
      timesContradict(timesOf(cell, times), times.isExact) ??
      fields.problem ??
      timeForNumber(fields) ??
      noTalkTime(fields);
    return problem === undefined ? fields : { ...fields, problem, uuid: idIn(cells) ?? fields.uuid };
  };
  let last: { readonly cells: readonly string[]; readonly fields: RawFields } | undefined;
  return {
    columns: columnsAsked(preset, sample, isExtension),
    idIn,
    times: (cells) => timesOf(cellOf(cells), times),
    read(cells) {
      if (last?.cells !== cells) last = { cells, fields: readRow(cells) };
      return last.fields;
    },
  };
}

/** The columns of a file that a preset asks for in these rows, and in one that is empty; and those that order the rows of a call. */
function columnsAsked(
  { read, rowsPerCall, rowKey, times = {} }: Preset,
  sample: Sample,
  isExtension: IsExtension,
): readonly SampledColumn[] {
  const cellOf = cellReader(sample.columns.map(({ name }) => name));
  const { isExact: _, ...timed } = times;
  const asked = new Set([...Object.values(timed), ...(rowsPerCall === 'several' ? rowKey : [])]);
  for (const cells of [[], ...sample.rows]) {
    const cell = cellOf(cells);
    const record: Cell = (column) => {
      asked.add(column);
      return cell(column);
    };
    read(record, isExtension);
  }
  return [...new Set(sample.findAll([...asked].flatMap((column) => column.split('|'))))];
}

/** Makes what gives something that is worked out of the columns of a file, which may grow (JSON): anew where they have. */
function byColumns<T>(names: readonly string[], workOut: (columns: Sample) => T): () => T {
  let size = names.length;
  let known = workOut(new Sample(names));
  return () => {
    if (names.length !== size) {
      size = names.length;
      known = workOut(new Sample(names));
    }
    return known;
  };
}

/** Makes what presets read the cells of a row with. */
export function cellReader(names: readonly string[]): (cells: readonly string[]) => Cell {
  const current = byColumns(names, (columns) => ({ columns, places: new Map<string, readonly number[]>() }));
  const placesOf = (name: string): readonly number[] => {
    const { columns, places } = current();
    const before = places.get(name);
    if (before !== undefined) return before;
    const found = columns.findAll(name.split('|')).map(({ index }) => index);
    places.set(name, found);
    return found;
  };
  return (cells) => (name) => {
    for (const place of placesOf(name)) {
      const text = cellText(cells[place]);
      if (text !== '') return text;
    }
    return '';
  };
}

/** The form of a preset that a file is nearest to, and the names of the needed columns that it lacks. */
export function nearestForm(
  forms: readonly Shapes[],
  columns: Sample,
): { readonly form: Shapes; readonly missing: readonly string[] } {
  const all = forms.map((form) => ({
    form,
    missing: Object.keys(form).filter((name) => form[name]?.needed === true && !columns.has(name)),
  }));
  const [first = { form: {}, missing: [] }, ...others] = all;
  return others.reduce((best, one) => (one.missing.length < best.missing.length ? one : best), first);
}

/** Why a cell is not what its column holds, in words. */
interface Misfit {
  readonly why: string;
  readonly shape: Shape;
}

/** A column of the file with its shape, and the column that says whether it has to be filled; -1 where none does. */
interface ShapedColumn {
  readonly column: string;
  readonly index: number;
  readonly shape: Shape;
  readonly partner: number;
}

/** Makes what finds the first cell of a row that does not fit the shape of its column; `names` may grow. */
function misfitFinder(
  forms: readonly Shapes[],
  names: readonly string[],
): (cells: readonly string[]) => Misfit | undefined {
  const shapedNow = byColumns(names, (columns) => shapedColumns(forms, columns));
  return (cells) => {
    for (const { column, index, shape, partner } of shapedNow()) {
      const text = cellText(cells[index]);
      if (text !== '') {
        if (!shape.fits(text))
          return {
            why: `the cells are not in their columns: ${column} is ${quote(text)}, not ${shape.is}`,
            shape,
          };
      } else if (shape.filled === true || !isNothing(cellText(cells[partner])))
        return { why: `the cells are not in their columns: ${column} is empty`, shape };
    }
    return undefined;
  };
}

function shapedColumns(forms: readonly Shapes[], columns: Sample): readonly ShapedColumn[] {
  return Object.entries(nearestForm(forms, columns).form).flatMap(([all, shape]) => {
    const [partner] = columns.findAll(shape.filledWith?.split('|') ?? []);
    return all.split('|').flatMap((column) => {
      const found = columns.find(column);
      return found === undefined
        ? []
        : [{ column, index: found.index, shape, partner: partner?.index ?? -1 }];
    });
  });
}

/** A database fills columns that nobody gave a value with 0. */
function isNothing(text: string): boolean {
  return text === '' || text === '0';
}

/** Makes what finds a column that is empty although an earlier row of the file has a text there: the system fills it by then. */
function lapseFinder(
  forms: readonly Shapes[],
  startOf: (cell: Cell) => string,
  sample: readonly Cell[],
): (cell: Cell) => Misfit | undefined {
  const all = forms
    .flatMap((form) => Object.entries(form))
    .filter(([, { filledSince }]) => filledSince === true);
  const watched = all.flatMap(([column, shape]) => {
    const starts = sample.filter((cell) => cell(column) !== '').map(startOf);
    const [first] = starts;
    if (first === undefined) return [];
    return [
      { column, shape, since: starts.reduce((one, other) => (isBefore(other, one) ? other : one), first) },
    ];
  });
  return (cell) => {
    for (const { column, shape, since } of watched)
      if (cell(column) === '' && isBefore(since, startOf(cell)))
        return { why: `${column} is empty, and is not in an earlier row`, shape };
    return undefined;
  };
}

/** Why a row of talk says nothing of its length. */
function noTalkTime({ kind = 'talk', skip, billsec }: RawFields): string | undefined {
  const lacks = billsec === '' && skip === undefined && kind === 'talk';
  return lacks ? 'billsec: is empty, though there was talk time' : undefined;
}

/** Why a caller or callee is no number: it is a time of the call itself. */
function timeForNumber({ date, caller, to }: RawFields): string | undefined {
  const time = isTimeOf(date, caller) ? caller : isTimeOf(date, to) ? to : undefined;
  return time && `the cells are not in their columns: the number ${time} is a time of the call`;
}
