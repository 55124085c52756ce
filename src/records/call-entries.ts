// Gathers the rows of one call while they stream; makes entries of calls that are complete.

import { type Batch, firstSeenAt } from '../core/row.js';
import { formatLocal } from './dates.js';
import type { EntryMaker, NewEntries } from './entry-batches.js';
import type { FileRules } from './file-rules.js';
import { type MergeRules, mergeRows, mergeRules } from './grouping.js';
import {
  type CompletionRules,
  completeAt,
  defaultSettle,
  isAhead,
  type OpenCall,
  OpenCalls,
  signsOf,
  whyWaiting,
} from './open-calls.js';
import type { ParsedRecord } from './record.js';
import type { Validator } from './validate.js';

/** Whether the rows of a file are to be merged: a preset tells which belong together, and nothing else was asked for. */
export function isGrouped({ options, mapping }: FileRules): boolean {
  const { kind } = mapping.sources.uuid;
  return options.preset !== undefined && options.keepRows !== true && kind !== 'built' && kind !== 'constant';
}

/**
 * Makes entries of a file whose rows with the same uuid are one record. They come when a call is complete; those that are not at
 * the end of the file are `waiting`, or stay open where the file is followed.
 */
export class CallEntries implements EntryMaker {
  readonly #validator: Validator;
  readonly #completion: CompletionRules;
  readonly #open: OpenCalls;
  readonly #merge: MergeRules;
  /** Absent where every row is a call of its own. */
  readonly #lost: LostRows | undefined;
  /** When the calls that are left waiting are complete, in unix seconds. */
  readonly #waits: number[] = [];
  /** Whether a uuid was built, which counts repetitions: then no later run may begin in the middle. */
  #isBuilt = false;
  #isAheadTold = false;

  constructor(validator: Validator) {
    const { options, mapping, clock, table, warnings } = validator.rules;
    const { preset, settle = defaultSettle, now } = options;
    const several = preset?.rowsPerCall === 'several' ? mapping.preset : undefined;
    this.#validator = validator;
    this.#completion = { preset: several, order: clock.order, settle, now };
    this.#open = new OpenCalls(this.#completion, (row) => warnings.count('cut', row));
    this.#merge = mergeRules(table.columns, options);
    this.#lost = several === undefined ? undefined : new LostRows();
  }

  take(records: readonly ParsedRecord[], batch: Batch, made: NewEntries): void {
    const { lastRowAt, caughtUp } = batch;
    for (const record of records) this.#takeRecord(record, batch, made);
    if (lastRowAt !== undefined) this.#open.keepLast(Math.floor(lastRowAt / 1000));
    if (caughtUp === true) this.#finish(this.#open.takeComplete(), made);
    else if (this.#open.isFull) this.#finish(this.#open.takeBehind(), made);
    const { size, due, isFull } = this.#open;
    if (size > 0) made.demand = { dueAt: due * 1000, isFull };
    if (this.#isBuilt) made.range = undefined;
  }

  end(made: NewEntries): void {
    this.#finish(this.#open.takeComplete(), made);
    for (const call of this.#open.rest()) this.#wait(call, made);
    if (this.#waits.length > 0) this.#tellWaiting();
  }

  /** Takes a record; makes the entries that are known after it. */
  #takeRecord(record: ParsedRecord, { range, seen, isRest = false }: Batch, made: NewEntries): void {
    const validator = this.#validator;
    const { row, line, uuid, isBuilt, problem } = record;
    if (isBuilt) this.#isBuilt = true;
    if (typeof uuid !== 'string' || isBuilt || validator.isTotal(record)) {
      const entry = validator.validate(record);
      if (entry !== undefined && problem !== undefined)
        this.#lost?.see({ line, id: undefined, isLost: true });
      made.addRow(entry);
      return;
    }
    made.taken++;
    // Of a row that cannot be read and lacks its last cells, the id was perhaps one of these.
    const isLost = problem !== undefined && row.cells.length < validator.rules.table.columns.length;
    this.#lost?.see({ line, id: uuid, isLost });
    const signs = signsOf(this.#completion, row.cells, record.date);
    if (isAhead(signs, this.#completion)) this.#tellAhead(record, signs.end);
    const at = seen === undefined ? 0 : Math.ceil(firstSeenAt(seen, line) / 1000);
    this.#finish(this.#open.add(uuid, record, { ...signs, range, seen: at, isRest }), made);
    if (validator.rules.options.isFollowed !== true && this.#open.isFull)
      this.#finish(this.#open.putOffOldest(), made);
  }

  /** Makes the entries of calls that were let go. */
  #finish(calls: Iterable<OpenCall>, made: NewEntries): void {
    const validator = this.#validator;
    for (const call of calls) {
      if (call.cut === 'put off') {
        this.#wait(call, made);
        continue;
      }
      const record = mergeRows(call.rows, this.#merge);
      const incomplete = this.#lost?.whyIncomplete(call.id);
      const entry = record && validator.validate(record);
      if (record === undefined || entry === undefined) continue;
      if ('status' in entry) made.addCall(entry, call.places);
      else if (incomplete !== undefined)
        made.addCall(validator.outcome(record, 'invalid', incomplete), call.places);
      else made.addCall(call.isPart ? { ...entry, isPart: true } : entry, call.places);
    }
  }

  /** Makes the entry of a call that is not complete. */
  #wait(call: OpenCall, made: NewEntries): void {
    const record = mergeRows(call.rows, this.#merge);
    if (record === undefined) return;
    const due = completeAt(call, this.#completion);
    this.#waits.push(due);
    made.addCall(this.#validator.outcome(record, 'waiting', whyWaiting(call, due)), call.places);
  }

  /** Says in one note how many calls wait, and when a next run would send them. */
  #tellWaiting(): void {
    const { table, note } = this.#validator.rules;
    const count = this.#waits.length;
    const isOne = count === 1;
    const [first, last] = [
      this.#waits.reduce((a, b) => Math.min(a, b)),
      this.#waits.reduce((a, b) => Math.max(a, b)),
    ];
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

  #tellAhead({ file, line }: ParsedRecord, end: number): void {
    if (this.#isAheadTold) return;
    this.#isAheadTold = true;
    const { note, options } = this.#validator.rules;
    const [ends, reads] = [end, options.now()].map((unix) => formatLocal('YYYY-MM-DD HH:mm:ss', unix));
    note(
      `${file}: line ${line} ends at ${ends} UTC, but the clock of this machine shows ${reads} UTC`,
      'Check --timezone and the clock. A call whose end is in the future waits until then, 4 hours at most.',
    );
  }
}

/** A row with the call that it is of, or may be of. */
interface SeenRow {
  readonly line: number;
  readonly id: string | undefined;
  /** It was cut, or has no id for another reason: what looks like its id may be that of something else. */
  readonly isLost: boolean;
}

/** Rows of which nobody surely knows the call: the calls beside them in the file may be without one of their rows. */
class LostRows {
  #before: SeenRow | undefined;
  /** Calls with such a row before or behind one of theirs, and its line. */
  readonly #beside = new Map<string, number>();

  /** Takes note of a row: phone systems write the rows of a call one after the other. */
  see(row: SeenRow): void {
    const before = this.#before;
    this.#before = row;
    if (before === undefined || before.isLost === row.isLost) return;
    const [whole, lost] = row.isLost ? [before, row] : [row, before];
    if (whole.id !== undefined && whole.id !== lost.id) this.#beside.set(whole.id, lost.line);
  }

  /** Why a call that is over may lack a row, in words; undefined where none was lost beside it. It is then forgotten. */
  whyIncomplete(id: string): string | undefined {
    const line = this.#beside.get(id);
    if (line === undefined) return undefined;
    this.#beside.delete(id);
    return `line ${line} beside it cannot be read, and may be a part of this call`;
  }
}
