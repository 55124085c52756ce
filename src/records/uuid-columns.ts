// What the uuids of a file are taken from, and what is remembered of it for later runs.

import { type CallField, callFields } from '../core/call.js';
import { formerUuidColumn } from './column-choice.js';
import { columnSource, type FieldSource, firstFilled, type Search, type Sources } from './field-sources.js';
import { noColumn } from './mapping-errors.js';
import type { RecordOptions, UuidColumns } from './record-options.js';
import type { Sample } from './sample.js';

/** A part of a built uuid: a column, or what feeds a field. */
export interface UuidPart {
  /** Absent for a column that was named. */
  readonly field?: CallField;
  readonly source: FieldSource;
}

/** The columns of a part of the uuid as an earlier run knew them; undefined where the file has not all of them. */
export function keptColumns(part: number, { sample, options }: Search): FieldSource | undefined {
  const names = options.uuidColumns?.columns[part] ?? [];
  const columns = names.flatMap((name) => sample.columns.find((column) => column.name === name) ?? []);
  const [column] = columns;
  if (column === undefined || columns.length < names.length) return undefined;
  return columns.length === 1 ? columnSource(column, 'name') : firstFilled(columns);
}

/** What earlier versions took the uuid from, where nobody named a column. */
export function formerSource({ column, by }: FieldSource, { columns }: Sample): FieldSource | undefined {
  if (column === undefined || by === 'map') return undefined;
  const former = formerUuidColumn(columns);
  return former === undefined || former.index === column.index ? undefined : columnSource(former, 'name');
}

/** What is to be remembered of the uuids of a file: nothing where they are the user's own words, or a preset's. */
export function columnsOfUuid(
  { kind, column, by }: FieldSource,
  parts: readonly UuidPart[],
  { preset, uuidFrom }: RecordOptions,
): UuidColumns | undefined {
  if (column !== undefined && by !== 'map') return { from: [], columns: [[column.name]] };
  if (kind !== 'built' || uuidFrom === undefined || preset !== undefined) return undefined;
  return { from: uuidFrom, columns: parts.map(({ source }) => source.columns.map(({ name }) => name)) };
}

/** A source without the column of its zones: which one is found follows the order of the columns, and no uuid may. */
function withoutZone(source: FieldSource): FieldSource {
  return { ...source, columns: source.columns.filter((column) => column !== source.zone) };
}

/** Finds what a part of --uuid-from stands for. Throws a UserError where it names no column. */
export function uuidPart(name: string, at: number, sources: Sources, search: Search): UuidPart {
  const { table, options, sample } = search;
  const field = callFields.find((known) => known !== 'uuid' && known === name.toLowerCase());
  if (field !== undefined) {
    const isKnown = options.uuidColumns?.from.join() === options.uuidFrom?.join();
    return { field, source: (isKnown && keptColumns(at, search)) || withoutZone(sources[field]) };
  }
  const column = sample.find(name);
  if (column === undefined) throw noColumn('--uuid-from', name, table);
  return { source: columnSource(column, 'map') };
}
