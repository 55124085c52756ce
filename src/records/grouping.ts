import type { Entry, SettledEntry } from '../core/outcome.js';
import type { Row } from '../core/row.js';
import { completeAt, completionRules, defaultSettle, whyWaiting } from './completion.js';
import { cellReader } from './field-sources.js';
import { type EntryBatch, type FileToRead, validatorOf } from './file-validation.js';
import { type MergeRules, mergeRows } from './merging.js';
import { createOpenCalls, type OpenCall, type OpenCalls, type Position } from './open-calls.js';
import { internalOf } from './phone-numbers.js';
import { formatLocal } from './templates.js';
import type { RecordValidator } from './validate.js';

/** Whether the rows of a file are to be merged: a preset tells which belong together, and nothing else was asked for. */
export function isGrouped({ options, rules }: FileToRead): boolean {
  const { kind } = rules.mapping.sources.uuid;
  return options.preset !== undefined && options.keepRows !== true && kind !== 'built' && kind !== 'constant';
}

/**
 * Validates a file, the rows with the same uuid as one record. Entries come when a call is complete; those that are not at the
 * end of the file are `waiting`, or stay open where the file is followed. `next` never lies behind the first row of a call that
 * is open or waiting, and is absent once a uuid was built, for that counts repetitions.
 */
export async function* readCalls(file: FileToRead): AsyncGenerator<EntryBatch> {
  const { table, options, rules } = file;
  const nextValidator = validatorOf(file);
  const read = openReading(file, nextValidator());
  const { open } = read;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let entries: Entry[] = [];
  let from = options.start;
  let end: { readonly bytesRead: number; readonly next?: Position | undefined } = { bytesRead: 0 };
  const cut = (batch: EntryBatch): EntryBatch => {
    left -= batch.entries.length;
    if (left > 0) return batch;
    return { entries: batch.entries.slice(0, batch.entries.length + left), bytesRead: batch.bytesRead };
  };
  try {
    for await (const { rows, bytesRead, next, caughtUp } of table.batches) {
      read.validator = nextValidator();
      for (const row of rows) entries.push(...readRow(row, from, read));
      if (caughtUp === true) entries.push(...open.takeComplete().flatMap((call) => finish(call, read)));
      from = next;
      end = { bytesRead, next: read.built ? undefined : next };
      const restart = end.next && open.restart(end.next);
      // Entries are kept back until it is known where their reading would start again.
      if (end.next !== undefined && restart === undefined && caughtUp !== true) continue;
      yield cut(batchOf(entries, bytesRead, restart, caughtUp));
      entries = [];
      if (left <= 0) return;
      if (caughtUp === true) rules.warnings.report();
    }
    entries.push(...open.takeComplete().flatMap((call) => finish(call, read)));
    const restart = end.next && open.restart(end.next);
    yield cut(batchOf(entries, end.bytesRead, restart));
    if (left > 0) yield* waitingBatch(file, read, left, { bytesRead: end.bytesRead, next: restart });
  } finally {
    rules.warnings.report();
  }
}

/** The last batch of a file that ends in the middle of calls: what waits, and one note about it. */
function* waitingBatch(
  { table, note }: FileToRead,
  { open, completion, validator, merge }: CallReading,
  most: number,
  end: { readonly bytesRead: number; readonly next: Position | undefined },
): Generator<EntryBatch> {
  const waiting = open.rest();
  const isCut = waiting.length > most;
  const dues: number[] = [];
  const entries = waiting.slice(0, most).flatMap((call): readonly SettledEntry[] => {
    const record = mergeRows(call.rows, merge);
    const due = completeAt(call, completion);
    dues.push(due);
    return record === undefined ? [] : [validator.wait(record, whyWaiting(call, due))];
  });
  if (entries.length === 0) return;
  yield batchOf(entries, end.bytesRead, isCut ? undefined : end.next);
  const [first, last] = [Math.min(...dues), Math.max(...dues)].map((due) => formatLocal('HH:mm:ss', due));
  const calls = entries.length === 1 ? '1 call is' : `${entries.length} calls are`;
  const when = first === last ? `after ${last} UTC` : `between ${first} and ${last} UTC`;
  note(
    `${table.file}: ${calls} waiting, since more rows may come`,
    `A run ${when} sends ${entries.length === 1 ? 'it' : 'them'}.`,
  );
}

function batchOf(
  entries: readonly Entry[],
  bytesRead: number,
  next: Position | undefined,
  caughtUp?: boolean,
): EntryBatch {
  return {
    entries,
    bytesRead,
    ...(next === undefined ? {} : { next }),
    ...(caughtUp === undefined ? {} : { caughtUp }),
  };
}

/** What the reading of a grouped file goes by. */
interface CallReading {
  readonly open: OpenCalls;
  readonly completion: ReturnType<typeof completionRules>;
  /** That of the batch. */
  validator: RecordValidator;
  readonly merge: MergeRules;
  readonly isEntered: boolean;
  /** Whether a uuid was built. */
  built: boolean;
}

function openReading(file: FileToRead, validator: RecordValidator): CallReading {
  const { table, options, rules, note } = file;
  const { preset, settle = defaultSettle, now } = options;
  const completion = completionRules({ preset, columns: table.columns, dates: rules.dates, settle, now });
  let isTold = false;
  const open = createOpenCalls(completion, {
    onCut: (line) => rules.warnings.count('cut', line),
    onAhead(line, end, clock) {
      if (isTold) return;
      isTold = true;
      const [ends, reads] = [end, clock].map((unix) => formatLocal('YYYY-MM-DD HH:mm:ss', unix));
      note(
        `${table.file}: line ${line} ends at ${ends} UTC, but the clock of this machine shows ${reads} UTC`,
        'Check --timezone and the clock: calls of the future are waited for, 4 hours at most.',
      );
    },
  });
  const merge = mergeRulesOf(file);
  return { open, completion, validator, merge, isEntered: options.isEntered === true, built: false };
}

/** The entries that are known after another row. */
function readRow(row: Row, from: Position | undefined, read: CallReading): readonly Entry[] {
  const { validate, isWhole, read: parse } = read.validator;
  const record = parse(row);
  if (!('values' in record)) return [record];
  const { uuid, isBuilt } = record.values;
  if (isBuilt) read.built = true;
  if (typeof uuid === 'string' && !isBuilt && isWhole(row)) {
    return read.open.add(uuid, record, from).flatMap((call) => finish(call, read));
  }
  const entry = validate(record);
  return entry === undefined ? [] : [entry];
}

function finish({ rows }: OpenCall, { validator, merge, isEntered }: CallReading): readonly Entry[] {
  const record = mergeRows(rows, merge);
  const entry = record && validator.validate(record);
  if (entry === undefined) return [];
  return [isEntered && entry.call !== undefined ? { ...entry, isPart: true } : entry];
}

function mergeRulesOf({ table, options }: FileToRead): MergeRules {
  const cellOf = cellReader(table.columns, options.preset?.unquoted);
  const rowKey = options.preset?.rowKey ?? [];
  return { isInternal: internalOf(options), keyOf: (cells) => rowKey.map(cellOf(cells)).join('\n') };
}
