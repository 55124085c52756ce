// Gathers the rows of one call while they stream, merges them to one record.

import { callStatuses } from '../core/call.js';
import { Problem } from '../core/errors.js';
import type { Entry, Origin, SettledEntry } from '../core/outcome.js';
import { type Batch, firstSeenAt } from '../core/row.js';
import { Contradicted } from './contradictions.js';
import { formatLocal } from './dates.js';
import { type EntryBatch, type FileToRead, type RowRef, validatorOf } from './file-validation.js';
import { type LostRows, noLostRows, seeLostRow, seeRow, whyIncomplete } from './lost-rows.js';
import {
  completeAt,
  completionRules,
  defaultSettle,
  type OpenCall,
  OpenCalls,
  type RowArrival,
  whyWaiting,
} from './open-calls.js';
import { type InternalTest, internalOf } from './phone-numbers.js';
import { cellReader } from './preset-reader.js';
import type { ParsedRecord, RowValues } from './row-values.js';
import type { RecordValidator } from './validate.js';

/** Whether the rows of a file are to be merged: a preset tells which belong together, and nothing else was asked for. */
export function isGrouped({ options, rules }: FileToRead): boolean {
  const { kind } = rules.mapping.sources.uuid;
  return options.preset !== undefined && options.keepRows !== true && kind !== 'built' && kind !== 'constant';
}

/**
 * Validates a file, the rows with the same uuid as one record. Entries come when a call is complete; those that are not at the
 * end of the file are `waiting`, or stay open where the file is followed.
 */
export async function* readGrouped(file: FileToRead): AsyncGenerator<EntryBatch> {
  const { table, options, rules } = file;
  const nextValidator = validatorOf(file);
  const reading = openReading(file, nextValidator());
  const { open } = reading;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let bytesRead = 0;
  try {
    for await (const batch of table.batches) {
      bytesRead = batch.bytesRead;
      reading.validator = nextValidator();
      const made = readBatch(batch, reading);
      if (made.entries.length >= left) {
        yield cutAt(made, left);
        return;
      }
      left -= made.entries.length;
      yield made;
      if (batch.caughtUp === true) rules.warnings.report();
    }
    const made: MadeEntries = { entries: [], places: new Map(), taken: 0 };
    for (const call of open.takeComplete()) finish(call, reading, made);
    yield cutAt({ ...made, bytesRead }, left);
    if (left > made.entries.length) yield* waitingBatches(reading, left - made.entries.length, bytesRead);
    noteWaiting(file, reading.waiting);
  } finally {
    rules.warnings.report();
  }
}

/** The entries that are known after a batch of rows. */
function readBatch(batch: Batch, reading: CallReading): EntryBatch {
  const { bytesRead, range, caughtUp, lastRowAt } = batch;
  const { open } = reading;
  const made: MadeEntries = { entries: [], places: new Map(), taken: 0 };
  for (const record of reading.validator.read(batch)) takeRecord(record, batch, reading, made);
  if (lastRowAt !== undefined) open.keepLast(Math.floor(lastRowAt / 1000));
  const over = caughtUp === true ? open.takeComplete() : open.isFull ? open.takeBehind() : [];
  for (const call of over) finish(call, reading, made);
  return {
    ...made,
    bytesRead,
    ...(range === undefined || reading.isBuilt ? {} : { range }),
    ...(caughtUp === undefined ? {} : { caughtUp }),
    ...(open.size === 0 ? {} : { demand: { dueAt: open.due * 1000, isFull: open.isFull } }),
  };
}

/** Of a batch, the first entries; where the reading would go on is not known then. */
function cutAt({ entries, bytesRead, places }: EntryBatch, most: number): EntryBatch {
  const made = { entries: entries.slice(0, most), bytesRead, taken: 0 };
  return places === undefined ? made : { ...made, places };
}

/** So many waiting calls make a batch. */
const waitingRecords = 1000;

/** The last batches of a file that ends in the middle of calls: what waits. */
function* waitingBatches(reading: CallReading, most: number, bytesRead: number): Generator<EntryBatch> {
  let made: MadeEntries = { entries: [], places: new Map(), taken: 0 };
  let left = most;
  for (const call of reading.open.rest()) {
    makeWait(call, reading, made);
    if (made.entries.length >= left) break;
    if (made.entries.length < waitingRecords) continue;
    left -= made.entries.length;
    yield { ...made, bytesRead };
    made = { entries: [], places: new Map(), taken: 0 };
  }
  if (made.entries.length > 0) yield { ...made, bytesRead };
}

/** Makes the entry of a call that is not complete. */
function makeWait(
  call: OpenCall,
  { completion, validator, merge, waiting }: CallReading,
  made: MadeEntries,
): void {
  const record = mergeRows(call.rows, merge);
  if (record === undefined) return;
  const due = completeAt(call, completion);
  waiting.count++;
  waiting.first = Math.min(waiting.first, due);
  waiting.last = Math.max(waiting.last, due);
  const entry = validator.wait(record, whyWaiting(call, due));
  made.entries.push(entry);
  made.places.set(entry.origin, placesOf(call));
}

/** Says in one note how many calls wait, and when a next run would send them. */
function noteWaiting({ table, note }: FileToRead, { count, first, last }: WaitingCount): void {
  if (count === 0) return;
  const isOne = count === 1;
  const [from, to] = [first, last].map((due) => formatLocal('HH:mm:ss', due));
  const again =
    from === to
      ? `A run after ${to} UTC sends ${isOne ? 'it' : 'them'}.`
      : `A run after ${from} UTC sends the first of them, a run after ${to} UTC the last.`;
  note(
    `${table.file}: ${isOne ? '1 call is' : `${count} calls are`} waiting, since more rows may come`,
    table.file === '-'
      ? `Standard input cannot be read again: give the rows of these calls once more after ${to} UTC.`
      : again,
  );
}

/** Entries that were made of the rows of a batch and of earlier ones. */
interface MadeEntries {
  readonly entries: Entry[];
  readonly places: Map<Origin, readonly RowRef[]>;
  taken: number;
}

/** How many calls are left waiting, and when the first and the last of them are complete, in unix seconds. */
interface WaitingCount {
  count: number;
  first: number;
  last: number;
}

/** What the reading of a grouped file goes by. */
interface CallReading {
  readonly open: OpenCalls;
  readonly completion: ReturnType<typeof completionRules>;
  /** That of the batch. */
  validator: RecordValidator;
  readonly merge: MergeRules;
  /** Absent where every row is a call of its own, or where lines between the rows need not be rows. */
  readonly lost: LostRows | undefined;
  /** How many columns the file has. */
  readonly width: number;
  /** Whether a uuid was built, which counts repetitions: then no later run may begin in the middle. */
  isBuilt: boolean;
  readonly waiting: WaitingCount;
  /** Whether calls are put off where too many are open. */
  readonly putsOff: boolean;
}

function openReading(file: FileToRead, validator: RecordValidator): CallReading {
  const { options, rules, note } = file;
  const { preset, settle = defaultSettle, now } = options;
  const read = preset?.rowsPerCall === 'several' ? rules.mapping.preset?.read : undefined;
  const completion = completionRules({ read, order: rules.clock.order, settle, now });
  let isTold = false;
  const open = new OpenCalls(completion, {
    onCut: (row) => rules.warnings.count('cut', row),
    onAhead({ file: name, line }, end, clock) {
      if (isTold) return;
      isTold = true;
      const [ends, reads] = [end, clock].map((unix) => formatLocal('YYYY-MM-DD HH:mm:ss', unix));
      note(
        `${name}: line ${line} ends at ${ends} UTC, but the clock of this machine shows ${reads} UTC`,
        'Check --timezone and the clock. A call whose end is in the future waits until then, 4 hours at most.',
      );
    },
  });
  const lost = read !== undefined && rules.isTabular ? noLostRows() : undefined;
  return {
    open,
    completion,
    validator,
    merge: mergeRulesOf(file),
    lost,
    width: file.table.columns.length,
    isBuilt: false,
    waiting: { count: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY },
    putsOff: options.isFollowed !== true,
  };
}

/** Takes a record; makes the entries that are known after it. */
function takeRecord(
  record: ParsedRecord | SettledEntry,
  batch: Batch,
  reading: CallReading,
  made: MadeEntries,
): void {
  const { validate, isTotal } = reading.validator;
  const { range, seen, isRest = false } = batch;
  const isRow = 'values' in record;
  const line = (isRow ? record.line : record.origin.line) ?? 0;
  if (isRow) {
    const { uuid, isBuilt } = record.values;
    if (isBuilt) reading.isBuilt = true;
    if (typeof uuid === 'string' && !isBuilt && !isTotal(record.row)) {
      const at = seen === undefined ? 0 : Math.ceil(firstSeenAt(seen, line) / 1000);
      const arrival: RowArrival = { range, seen: at, isRest };
      made.taken++;
      if (reading.lost !== undefined) {
        const see = isCut(record, reading.width) ? seeLostRow : seeRow;
        see(reading.lost, { line, id: uuid });
      }
      for (const call of reading.open.add(uuid, record, arrival)) finish(call, reading, made);
      if (reading.putsOff && reading.open.isFull)
        for (const call of reading.open.putOffOldest()) finish(call, reading, made);
      return;
    }
  }
  const entry = isRow ? validate(record) : record;
  if (entry === undefined) return;
  if (isRow && record.values.problem !== undefined && reading.lost !== undefined)
    seeLostRow(reading.lost, { line, id: undefined });
  made.taken++;
  made.entries.push(entry);
  if (range !== undefined) made.places.set(entry.origin, [{ range, line }]);
}

/** Whether a row that cannot be read lacks its last cells: the id of its call was perhaps one of them. */
function isCut({ row, values }: ParsedRecord, width: number): boolean {
  return values.problem !== undefined && row.cells.length < width;
}

/** Makes the entry of a call that was let go. */
function finish(call: OpenCall, reading: CallReading, made: MadeEntries): void {
  if (call.cut === 'put off') {
    makeWait(call, reading, made);
    return;
  }
  const { validator, merge, lost } = reading;
  const record = mergeRows(call.rows, merge);
  const incomplete = lost && whyIncomplete(lost, call.id);
  const checked = record && validator.validate(record);
  const isDoubted = incomplete !== undefined && checked?.call !== undefined;
  const entry = record && isDoubted ? validator.refuse(record, incomplete) : checked;
  if (entry === undefined) return;
  made.entries.push(call.isPart && entry.call !== undefined ? { ...entry, isPart: true } : entry);
  made.places.set(entry.origin, placesOf(call));
}

/** Where the rows of a call stand of which no entry was made yet. */
function placesOf({ rows, ranges }: OpenCall): readonly RowRef[] {
  const before = rows.length - ranges.length;
  return ranges.flatMap((range, at) => {
    const line = rows[before + at]?.line;
    return range === undefined || line === undefined ? [] : [{ range, line }];
  });
}

function mergeRulesOf({ table, options }: FileToRead): MergeRules {
  const cellOf = cellReader(table.columns);
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
