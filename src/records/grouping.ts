import { callStatuses } from '../core/call.js';
import { Problem } from '../core/errors.js';
import type { Entry, SettledEntry } from '../core/outcome.js';
import { Contradicted } from './contradictions.js';
import { formatLocal } from './dates.js';
import { cellReader } from './field-sources.js';
import { type EntryBatch, type FileToRead, validatorOf } from './file-validation.js';
import {
  completeAt,
  completionRules,
  createOpenCalls,
  defaultSettle,
  type OpenCall,
  type OpenCalls,
  type Position,
  whyWaiting,
} from './open-calls.js';
import { type InternalTest, internalOf } from './phone-numbers.js';
import type { RowValues } from './row-values.js';
import type { ParsedRecord, RecordValidator } from './validate.js';

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
    for await (const batch of table.batches) {
      const { bytesRead, next, caughtUp } = batch;
      read.validator = nextValidator();
      for (const record of read.validator.read(batch)) entries.push(...takeRecord(record, from, read));
      if (caughtUp === true) entries.push(...open.takeComplete().flatMap((call) => finish(call, read)));
      from = next;
      end = { bytesRead, next: read.built ? undefined : next };
      const restart = end.next && open.restart(end.next);
      // Entries are kept back until it is known where their reading would start again.
      if (end.next !== undefined && restart === undefined && caughtUp !== true) continue;
      const made = cut(batchOf(entries, bytesRead, restart, caughtUp));
      yield open.size() === 0 ? made : { ...made, open: open.size() };
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
  const them = entries.length === 1 ? 'it' : 'them';
  const again =
    first === last
      ? `A run after ${last} UTC sends ${them}.`
      : `A run after ${first} UTC sends the first of them, a run after ${last} UTC the last.`;
  const isLost = table.file === '-';
  note(
    `${table.file}: ${calls} waiting, since more rows may come`,
    isLost
      ? `What was read of standard input cannot be read again: give the rows of these calls once more after ${last} UTC.`
      : again,
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
  const { options, rules, note } = file;
  const { preset, settle = defaultSettle, now } = options;
  const read = preset?.rowsPerCall === 'several' ? rules.mapping.preset?.read : undefined;
  const completion = completionRules({ read, order: rules.clock.order, settle, now });
  let isTold = false;
  const open = createOpenCalls(completion, {
    onCut: (row) => rules.warnings.count('cut', row),
    onAhead({ file: name, line }, end, clock) {
      if (isTold) return;
      isTold = true;
      const [ends, reads] = [end, clock].map((unix) => formatLocal('YYYY-MM-DD HH:mm:ss', unix));
      note(
        `${name}: line ${line} ends at ${ends} UTC, but the clock of this machine shows ${reads} UTC`,
        'Check --timezone and the clock: calls of the future are waited for, 4 hours at most.',
      );
    },
  });
  const merge = mergeRulesOf(file);
  return { open, completion, validator, merge, isEntered: options.isEntered === true, built: false };
}

/** The entries that are known after another record. */
function takeRecord(
  record: ParsedRecord | SettledEntry,
  from: Position | undefined,
  read: CallReading,
): readonly Entry[] {
  const { validate, isTotal } = read.validator;
  if (!('values' in record)) return [record];
  const { uuid, isBuilt } = record.values;
  if (isBuilt) read.built = true;
  if (typeof uuid === 'string' && !isBuilt && !isTotal(record.row)) {
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

/** How rows of one call are compared. */
interface MergeRules {
  readonly isInternal: InternalTest;
  /** Orders rows of one call that began in the same second: a text that no other of its rows has. */
  readonly keyOf: (cells: readonly string[]) => string;
}

/**
 * Makes one record of the rows of one call, whatever their order:
 * direction, outside number and date from the earliest row that leads outside; the employee and billsec from the row in
 * which somebody spoke longest, best with an extension; the recording of that row, else of any.
 */
function mergeRows(rows: readonly ParsedRecord[], rules: MergeRules): ParsedRecord | undefined {
  const [only] = rows;
  if (only === undefined || rows.length === 1) return only;
  const sent = rows.filter(({ values }) => values.skip === undefined);
  const ordered = outward(sent.length > 0 ? sent : rows).toSorted(
    (left, right) => byStart(left, right) || byKey(left, right, rules),
  );
  const [first] = ordered;
  if (first === undefined) return undefined;
  const best = ordered
    .filter((row) => isOfCall(row.values, first.values))
    .reduce((one, other) => (isBetter(other.values, one.values, rules) ? other : one), first);
  const { file, line } = rows.reduce(
    (one, other) => (other.file === one.file && other.line < one.line ? other : one),
    only,
  );
  return {
    row: best.row,
    values: { ...merged(ordered, first.values, best.values), problem: problemIn(rows) },
    file,
    line,
    rows: rows.length,
  };
}

/** The rows with an outside number; where there are none, the internal ones; else all. */
function outward(rows: readonly ParsedRecord[]): readonly ParsedRecord[] {
  const known = rows.filter(({ values }) => typeof values.direction === 'string');
  const outside = known.filter(({ values }) => values.direction !== 'internal');
  if (outside.length > 0) return outside;
  return known.length > 0 ? known : rows;
}

function byStart(
  { values: { date: left } }: ParsedRecord,
  { values: { date: right } }: ParsedRecord,
): number {
  const unixOf = (date: RowValues['date']) => (date instanceof Problem ? Number.MAX_SAFE_INTEGER : date.unix);
  return unixOf(left) - unixOf(right);
}

function byKey(left: ParsedRecord, right: ParsedRecord, { keyOf }: MergeRules): number {
  const [one, other] = [keyOf(left.row.cells), keyOf(right.row.cells)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function outsideOf({ direction, caller, to }: RowValues): RowValues['caller'] {
  return direction === 'outbound' ? to : caller;
}

function employeeOf({ direction, caller, to }: RowValues): RowValues['caller'] {
  return direction === 'outbound' ? caller : to;
}

/** A row of the other direction belongs to the call where it is about the same outside number: a transfer, a call back. */
function isOfCall(row: RowValues, first: RowValues): boolean {
  const isSameWay = (row.direction === 'outbound') === (first.direction === 'outbound');
  const outside = outsideOf(row);
  return isSameWay || (typeof outside === 'string' && outside === outsideOf(first));
}

/** Rows come in the order of their start: of equals the earlier one stays. */
function isBetter(row: RowValues, than: RowValues, rules: MergeRules): boolean {
  const difference = worth(row, rules) - worth(than, rules);
  return difference === 0 ? secondsOf(row) > secondsOf(than) : difference > 0;
}

/** How much a row says about who of the company was on the telephone. */
function worth(values: RowValues, { isInternal }: MergeRules): number {
  const employee = employeeOf(values);
  const hasNumber = typeof employee === 'string';
  const isPerson = hasNumber && isInternal(employee);
  if (secondsOf(values) > 0) {
    const own = values.kind === 'talk' ? 2 : 0;
    return isPerson ? 6 + own : hasNumber ? 5 + own : 2;
  }
  if (values.kind === 'automated') return hasNumber ? 1 : 0;
  return isPerson ? 4 : hasNumber ? 3 : 0;
}

function secondsOf({ billsec, direction }: RowValues): number {
  return billsec instanceof Problem || direction === 'missed' ? 0 : billsec;
}

/** That of the row that counts; a message that was left in another row is what became of a call without talk. */
function mergedStatus(all: readonly RowValues[], best: RowValues): RowValues['callStatus'] {
  const left = callStatuses['left a message'];
  return secondsOf(best) === 0 && all.some(({ callStatus }) => callStatus === left) ? left : best.callStatus;
}

/** What is wrong with a row of a call is wrong with the call. */
function problemIn(rows: readonly ParsedRecord[]): string | undefined {
  const wrong = rows.find(({ values }) => values.problem !== undefined);
  return wrong && `line ${wrong.line} of this call: ${wrong.values.problem}`;
}

function merged(ordered: readonly ParsedRecord[], first: RowValues, best: RowValues): RowValues {
  const all = ordered.map(({ values }) => values);
  const contradicted = all.find((row) => row.direction instanceof Contradicted)?.direction;
  const direction = contradicted ?? (first.direction === 'missed' ? best.direction : first.direction);
  const sure = all.find((row) => isOfCall(row, first) && typeof outsideOf(row) === 'string') ?? first;
  const [outside, employee] = [outsideOf(sure), employeeOf(best)];
  const isOutbound = direction === 'outbound';
  return {
    ...best,
    uuid: first.uuid,
    // A row whose id contradicts the zone speaks for all rows of its call.
    date: all.find(({ date }) => date instanceof Contradicted)?.date ?? first.date,
    direction,
    callStatus: mergedStatus(all, best),
    callResult:
      best.callResult === ''
        ? (all.find(({ callResult }) => callResult !== '')?.callResult ?? '')
        : best.callResult,
    caller: isOutbound ? employee : outside,
    to: isOutbound ? outside : employee,
    link: best.link === '' ? (all.find(({ link }) => link !== '')?.link ?? '') : best.link,
  };
}
