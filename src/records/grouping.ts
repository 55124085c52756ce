import { createHashSet } from '../core/hash-set.js';
import type { Entry } from '../core/outcome.js';
import type { Batch, Row } from '../core/row.js';
import { cellReader } from './field-sources.js';
import { type EntryBatch, type FileToRead, validatorOf } from './file-validation.js';
import { type MergeRules, mergeRows } from './merging.js';
import { internalOf } from './phone-numbers.js';
import type { ParsedRecord, RecordValidator } from './validate.js';

/** Whether the rows of a file are to be merged: a preset tells which belong together, and nothing else was asked for. */
export function isGrouped({ options, rules }: FileToRead): boolean {
  const { kind } = rules.mapping.sources.uuid;
  return options.preset !== undefined && options.keepRows !== true && kind !== 'built' && kind !== 'constant';
}

/**
 * Validates a file, the rows with the same uuid as one record. Entries come when a call is complete; `next` never lies
 * behind the first row of a call that is not, and is absent once a uuid was built, for that counts repetitions.
 */
export async function* readCalls(file: FileToRead): AsyncGenerator<EntryBatch> {
  const { table, options, rules } = file;
  const current = validatorOf(file);
  const open = createOpenCalls((line) => rules.warnings.count('cut', line));
  const read = { open, current, merge: mergeRulesOf(file), built: false };
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let entries: Entry[] = [];
  let from: Position | undefined;
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
      const restart = place && open.restart(place);
      from = next;
      last = { entries, bytesRead, ...(place === undefined ? {} : { next: place }) };
      // Entries wait until it is known where its reading would start again.
      if (place !== undefined && restart === undefined) continue;
      yield cut(restart === undefined ? { entries, bytesRead } : { entries, bytesRead, next: restart });
      entries = [];
      if (left <= 0) return;
    }
    entries = [...entries, ...open.rest().flatMap((group) => finish(group, read))];
    yield cut({ ...last, entries });
  } finally {
    rules.warnings.report();
  }
}

/** What the reading of a grouped file goes by. */
interface GroupReading {
  readonly open: OpenCalls;
  readonly current: () => RecordValidator;
  readonly merge: MergeRules;
  /** Whether a uuid was built. */
  built: boolean;
}

/** The entries that are known after another row. */
function readRow(row: Row, from: Position | undefined, read: GroupReading): readonly Entry[] {
  const { validate, isWhole, read: parse } = read.current();
  const record = parse(row);
  if (!('values' in record)) return [record];
  const { uuid, isBuilt } = record.values;
  if (isBuilt) read.built = true;
  if (typeof uuid === 'string' && !isBuilt && isWhole(row)) {
    return read.open.add(uuid, record, from).flatMap((group) => finish(group, read));
  }
  const entry = validate(record);
  return entry === undefined ? [] : [entry];
}

function finish({ rows }: Group, { current, merge }: GroupReading): readonly Entry[] {
  const record = mergeRows(rows, merge);
  const entry = record && current().validate(record);
  return entry === undefined ? [] : [entry];
}

function mergeRulesOf({ table, options }: FileToRead): MergeRules {
  const cellOf = cellReader(table.columns, options.preset?.unquoted);
  const rowKey = options.preset?.rowKey ?? [];
  return { isInternal: internalOf(options), keyOf: (cells) => rowKey.map(cellOf(cells)).join('\n') };
}

/** Rows of one call stand near each other: so many rows after the last of them, the call is complete. */
const windowRows = 5000;
/** Every so many rows it is looked which calls are complete: the start of a Map that loses its first keys is slow to find. */
const sweepRows = 250;
/** No call has more rows; ids that are no ids of calls do. */
const mostRows = 1000;

/** A place in the file where reading can start again. */
type Position = NonNullable<Batch['next']>;

/** The rows of one call that were read so far. */
interface Group {
  readonly rows: ParsedRecord[];
  /** Where the batch of its first row began; undefined where nobody knows. */
  readonly from: Position | undefined;
  /** How many rows of the file had been read when its last row came. */
  last: number;
}

/** The calls of a file that may still get rows. */
interface OpenCalls {
  /** Takes a row of the call `id`; gives the calls that are complete now. */
  readonly add: (id: string, record: ParsedRecord, from: Position | undefined) => readonly Group[];
  /** Where an interrupted reading has to start again, so that no open call loses a row; undefined where nobody knows. */
  readonly restart: (next: Position) => Position | undefined;
  /** Gives all that are open. */
  readonly rest: () => readonly Group[];
}

/** Collects the rows of calls, within a window. `onCut` hears of calls that were taken for complete and got another row. */
function createOpenCalls(onCut: (line: number) => void): OpenCalls {
  /** In the order of their last rows. */
  const open = new Map<string, Group>();
  const seen = createHashSet();
  let count = 0;

  function put(id: string, record: ParsedRecord, from: Position | undefined): Group {
    const group = open.get(id);
    if (group === undefined) {
      if (!seen.add(id)) onCut(record.line);
      const fresh = { rows: [record], from, last: count };
      open.set(id, fresh);
      return fresh;
    }
    group.rows.push(record);
    group.last = count;
    open.delete(id);
    open.set(id, group);
    return group;
  }

  return {
    add(id, record, from) {
      count++;
      const group = put(id, record, from);
      if (group.rows.length >= mostRows) return take(open, id);
      return count % sweepRows === 0 ? sweep(open, count - windowRows) : none;
    },
    restart(next) {
      let earliest: Position | undefined = next;
      for (const { from } of open.values()) {
        if (from === undefined) return undefined;
        if (from.offset < earliest.offset) earliest = from;
      }
      return earliest;
    },
    rest: () => [...open.values()],
  };
}

const none: readonly Group[] = [];

/** Takes out the calls whose last row came no later than this. */
function sweep(open: Map<string, Group>, latest: number): readonly Group[] {
  const done: Group[] = [];
  for (const [id, { last }] of open) {
    if (last > latest) break;
    done.push(...take(open, id));
  }
  return done;
}

function take(open: Map<string, Group>, id: string): readonly Group[] {
  const group = open.get(id);
  open.delete(id);
  return group === undefined ? [] : [group];
}
