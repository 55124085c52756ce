import { type CallField, callFields } from '../core/call.js';
import { aliases, dateAndTime } from './aliases.js';
import { plainName } from './text.js';

/** The columns of a file, to be found by name. */
export interface Columns {
  readonly names: readonly string[];
  /** The position of the column of exactly this name, else of one that differs in case, spaces or punctuation only. */
  find(name: string): number | undefined;
}

/** Prepares the columns of a file for look-ups. Where a name stands twice, the first column has it. */
export function indexColumns(names: readonly string[]): Columns {
  const exact = new Map<string, number>();
  const plain = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (!exact.has(name)) exact.set(name, index);
    const key = plainName(name);
    if (key !== '' && !plain.has(key)) plain.set(key, index);
  }
  return { names, find: (name) => exact.get(name) ?? plain.get(plainName(name)) };
}

/** A column that was recognised. */
export interface Recognised {
  readonly index: number;
  readonly by: 'name' | 'alias';
  /** Positions of columns that would have fitted as well. */
  readonly others: readonly number[];
}

/** Finds the column that feeds a field: of its own name, else of the first alias; undefined where there is none. */
export function recognise(field: CallField, columns: Columns): Recognised | undefined {
  const own = columns.find(field);
  if (own !== undefined) return { index: own, by: 'name', others: [] };
  for (const names of [aliases[field].sure, aliases[field].perhaps]) {
    const found = [...new Set(names.flatMap((name) => columns.find(name) ?? []))];
    const [index, ...others] = found;
    if (index !== undefined) return { index, by: 'alias', others };
  }
  return undefined;
}

/** Finds a date column and a time column that belong together, where the cells of the former hold no time. */
export function recogniseDateAndTime(
  columns: Columns,
  rows: readonly (readonly string[])[],
): readonly [number, number] | undefined {
  for (const [dateName, timeName] of dateAndTime) {
    const date = columns.find(dateName);
    const time = columns.find(timeName);
    if (date === undefined || time === undefined) continue;
    const first = rows.find((cells) => (cells[date] ?? '').trim() !== '');
    const hasNoTime = /^[^:]*$/.test(first?.[date] ?? '') && !/\d{8}/.test(first?.[date] ?? '');
    if (first !== undefined && hasNoTime && /^\s*\d{1,2}:\d\d/.test(first[time] ?? '')) return [date, time];
  }
  return undefined;
}

const known = new Set(
  [
    ...callFields.flatMap((field) => [field, ...aliases[field].sure, ...aliases[field].perhaps]),
    ...dateAndTime.flat(),
  ].map(plainName),
);

/** How many of these cells are names by which a field is known: a header has several, a title line has none. */
export function knownNames(cells: readonly string[]): number {
  return cells.filter((cell) => known.has(plainName(cell))).length;
}
