import type { Entry } from '../core/outcome.js';
import type { Row } from '../core/row.js';
import { type EntryBatch, type Readable, validationOf } from './entries.js';
import { createGroups, type Group, type Groups, type Place } from './groups.js';
import { internalOf } from './internal.js';
import { type MergeRules, mergeRows } from './merging.js';
import { cellReader } from './preset-cells.js';
import type { Validation } from './validate.js';

/** Whether the rows of a file are to be merged: a preset tells which belong together, and nothing else was asked for. */
export function isGrouped({ options, rules }: Readable): boolean {
  const { kind } = rules.mapping.sources.uuid;
  return options.preset !== undefined && options.keepRows !== true && kind !== 'built' && kind !== 'constant';
}

/**
 * Validates a file, the rows with the same uuid as one record. Entries come when a call is complete; `next` never lies
 * behind the first row of a call that is not, and is absent once a uuid was built, for that counts repetitions.
 */
export async function* validateGroups(file: Readable): AsyncGenerator<EntryBatch> {
  const { table, options, rules } = file;
  const current = validationOf(file);
  const groups = createGroups((line) => rules.tally.add('cut', line));
  const read = { groups, current, merge: mergeRulesOf(file), built: false };
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let entries: Entry[] = [];
  let from: Place | undefined;
  let last: EntryBatch = { entries, bytesRead: 0 };
  const cut = (batch: EntryBatch): EntryBatch => {
    left -= batch.entries.length;
    if (left > 0) return batch;
    return { entries: batch.entries.slice(0, batch.entries.length + left), bytesRead: batch.bytesRead };
  };
  try {
    for await (const { rows, bytesRead, next } of table.batches) {
      for (const row of rows) entries.push(...readRow(row, from, read));
      const place = next === undefined || read.built ? undefined : next;
      const restart = place && groups.restart(place);
      from = next;
      last = { entries, bytesRead, ...(place === undefined ? {} : { next: place }) };
      // Entries wait until it is known where their reading would start again.
      if (place !== undefined && restart === undefined) continue;
      yield cut(restart === undefined ? { entries, bytesRead } : { entries, bytesRead, next: restart });
      entries = [];
      if (left <= 0) return;
    }
    entries = [...entries, ...groups.rest().flatMap((group) => finish(group, read))];
    yield cut({ ...last, entries });
  } finally {
    rules.tally.tell();
  }
}

/** What the reading of a grouped file goes by. */
interface GroupReading {
  readonly groups: Groups;
  readonly current: () => Validation;
  readonly merge: MergeRules;
  /** Whether a uuid was built. */
  built: boolean;
}

/** The entries that are known after another row. */
function readRow(row: Row, from: Place | undefined, read: GroupReading): readonly Entry[] {
  const { judge, isWhole, read: values } = read.current();
  const record = values(row);
  if (!('reading' in record)) return [record];
  const { uuid, isBuilt } = record.reading;
  if (isBuilt) read.built = true;
  if (typeof uuid === 'string' && !isBuilt && isWhole(row)) {
    return read.groups.add(uuid, record, from).flatMap((group) => finish(group, read));
  }
  const entry = judge(record);
  return entry === undefined ? [] : [entry];
}

function finish({ rows }: Group, { current, merge }: GroupReading): readonly Entry[] {
  const record = mergeRows(rows, merge);
  const entry = record && current().judge(record);
  return entry === undefined ? [] : [entry];
}

function mergeRulesOf({ table, options }: Readable): MergeRules {
  const cellOf = cellReader(table.columns, options.preset?.loose);
  const row = options.preset?.row ?? [];
  return { isInternal: internalOf(options), keyOf: (cells) => row.map(cellOf(cells)).join('\n') };
}
