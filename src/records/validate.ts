// Records to entries: valid, invalid, filtered.

import { type Call, type CallStatus, callFields, callStatuses } from '../core/call.js';
import { Problem } from '../core/errors.js';
import type { Entry, Origin, Outcome, Status } from '../core/outcome.js';
import type { Batch } from '../core/row.js';
import { type DateRules, formatLocal } from './dates.js';
import { contradictedDates, findAhead } from './file-clock.js';
import type { FileRules } from './file-rules.js';
import { mapFields } from './mapping.js';
import type { ParsedRecord } from './record.js';
import type { RecordOptions } from './record-options.js';
import { whyContested } from './repeated-uuids.js';
import { createRowShape, type RowShape } from './row-shape.js';
import { compileRowReader, whyUnread } from './row-values.js';
import type { ZoneFinding } from './zone-evidence.js';

/** A record of which every value is what it should be. */
type ValidRecord = { readonly [Name in keyof ParsedRecord]: Exclude<ParsedRecord[Name], Problem | null> };

/** Makes records of the rows of one file, and entries of these, by its rules. */
export class Validator {
  #rules: FileRules;
  #shape: RowShape;
  #readRow: ReturnType<typeof compileRowReader>;
  /** How many columns the file had when its rules were compiled. */
  #columns: number;
  /** What the ids of the rows that were read have said of the clock of the file. */
  finding: ZoneFinding;

  constructor(rules: FileRules, finding: ZoneFinding) {
    this.#rules = rules;
    this.#shape = createRowShape(rules);
    this.#readRow = compileRowReader(rules, this.#shape);
    this.#columns = rules.table.columns.length;
    this.finding = finding;
  }

  get rules(): FileRules {
    return this.#rules;
  }

  /** Reads rows to records. A date that contradicts the id of its row is a problem. */
  read({ rows, file = this.#rules.table.file }: Pick<Batch, 'rows' | 'file'>): readonly ParsedRecord[] {
    this.#mapNewColumns();
    const { clock, options } = this.#rules;
    const ahead = findAhead(clock, rows, this.finding);
    // The clock is asked once a batch and not once a file: a run that follows one lives longer than a day.
    const dates: DateRules = { ...clock, byIds: clock.byIds ? ahead : undefined, now: options.now() };
    const records = rows.map((row) => this.#readRow(row, file, dates));
    const { wrong, finding } = contradictedDates(
      records.map(({ date }) => date),
      clock,
      ahead,
    );
    this.finding = finding;
    if (wrong.size === 0) return records;
    return records.map((record, at) => ({ ...record, date: wrong.get(at) ?? record.date }));
  }

  /** The columns of a JSON file grow: then fields that had none are looked for again. */
  #mapNewColumns(): void {
    const { table, options, note, mapping } = this.#rules;
    if (table.columns.length === this.#columns) return;
    this.#columns = table.columns.length;
    this.#rules = { ...this.#rules, mapping: mapFields(table, options, note, mapping) };
    this.#shape = createRowShape(this.#rules);
    this.#readRow = compileRowReader(this.#rules, this.#shape);
  }

  /** Whether a record is none: its row is blank, or a total. */
  isTotal({ row }: ParsedRecord): boolean {
    return this.#shape.isTotal(row.cells);
  }

  /** The entry of a record; undefined for one that is none (a blank row, a total). */
  validate(record: ParsedRecord): Entry | undefined {
    const unread = whyUnread(record);
    if (unread !== undefined) return this.outcome(record, 'invalid', unread);
    const { warnings, contested, options } = this.#rules;
    warnings.see(record.date);
    const outside = whyOutside(record, options);
    if (outside !== undefined) return this.outcome(record, 'filtered', outside);
    if (record.problem !== undefined && !this.isTotal(record))
      return this.outcome(record, 'invalid', record.problem);
    const filtered = whyFiltered(record);
    if (filtered !== undefined) return this.outcome(record, 'filtered', filtered);
    if (isValid(record) && record.row.cells.length >= this.#shape.width) {
      const wrong = whyOneNumber(record) ?? whyContested(record, options, contested);
      if (wrong !== undefined) return this.outcome(record, 'invalid', wrong);
      const entry = { call: toCall(record, this.#rules), origin: originOf(record, options) };
      return record.formerUuid === undefined ? entry : { ...entry, formerUuid: record.formerUuid };
    }
    if (!this.isTotal(record)) return this.outcome(record, 'invalid', ...problemsOf(record, this.#shape));
    warnings.count('totals', record);
    return undefined;
  }

  /** The entry of a record whose call is not sent, or not yet. */
  outcome(record: ParsedRecord, status: Status, ...reasons: readonly string[]): Outcome {
    const { uuid, account } = record;
    return {
      status,
      uuid: typeof uuid === 'string' ? uuid : null,
      ...(typeof account === 'string' && account !== '' ? { account_id: account } : {}),
      reasons,
      origin: originOf(record, this.#rules.options),
    };
  }
}

/** Each shape written out: a spread is slow. */
function originOf({ row, file, line, rows, date }: ParsedRecord, { dropRows }: RecordOptions): Origin {
  const local = date instanceof Problem ? undefined : date.local;
  if (dropRows === true) return rows === 1 ? { file, line, local } : { file, line, local, rows };
  return rows === 1 ? { file, line, local, row } : { file, line, local, row, rows };
}

function isValid(record: ParsedRecord): record is ValidRecord {
  const { uuid, caller, to, date, direction, billsec, account, callStatus } = record;
  return (
    typeof uuid === 'string' &&
    typeof caller === 'string' &&
    typeof to === 'string' &&
    !(date instanceof Problem) &&
    typeof direction === 'string' &&
    typeof billsec === 'number' &&
    !(callStatus instanceof Problem) &&
    typeof account === 'string'
  );
}

/** The reason why a row was not asked for, whatever else is wrong with it. */
function whyOutside({ date }: ParsedRecord, { since, until }: RecordOptions): string | undefined {
  if (date instanceof Problem) return undefined;
  const isBefore = since !== undefined && date.unix < since;
  if (!isBefore && (until === undefined || date.unix <= until)) return undefined;
  const when = formatLocal('YYYY-MM-DD HH:mm:ss', date.local);
  return `date: ${when} is ${isBefore ? 'before --since' : 'after --until'}`;
}

/** The reason why a row is not sent on purpose. */
function whyFiltered({ direction, skip, caller, to }: ParsedRecord): string | undefined {
  if (skip !== undefined || direction !== 'internal') return skip;
  // Both numbers are named: one of them may be no extension at all.
  const named = typeof caller === 'string' && typeof to === 'string' ? `, ${caller} to ${to}` : '';
  return `type: an internal call${named}`;
}

/** Nobody calls himself: one of the two columns holds something else. */
function whyOneNumber({ caller, to }: ValidRecord): string | undefined {
  return caller === to ? `to: is ${to}, and so is the caller: which columns hold them?` : undefined;
}

function toCall(record: ValidRecord, rules: FileRules): Call {
  const { uuid, date, direction, account, callStatus, callResult } = record;
  const { warnings, options, isInternal } = rules;
  if (date.occurrence !== 'once') warnings.count(date.occurrence, record);
  if (date.kind === 'day') warnings.count('midnight', record);
  const isMissed = direction === 'missed';
  const type = direction === 'outbound' ? 'outbound' : 'inbound';
  const turn =
    options.inboundLayout === 'extension-first' &&
    type === 'inbound' &&
    isInternal(record.to) &&
    !isInternal(record.caller);
  const caller = turn ? record.to : record.caller;
  const to = turn ? record.caller : record.to;
  const billsec = isMissed ? 0 : record.billsec;
  const link = rules.readLink(record.link, record);
  const call: Call =
    link === undefined
      ? { uuid, caller, to, date: date.unix, type, billsec, account_id: account }
      : { uuid, caller, to, date: date.unix, type, billsec, link, account_id: account };
  if (callStatus === undefined && callResult === '') return call;
  const status = statusOf(callStatus, billsec, rules);
  return {
    ...call,
    ...(status === undefined ? {} : { call_status: status }),
    ...(callResult === '' ? {} : { call_result: callResult }),
  };
}

/**
 * What the user says, as it is. What a preset says where it is more than the talk time says: a word for the end of a
 * call is nothing new about one in which somebody talked, or nobody answered.
 */
function statusOf(
  status: CallStatus | undefined,
  billsec: number,
  { mapping }: FileRules,
): CallStatus | undefined {
  if (mapping.noteSources.call_status.kind !== 'none') return status;
  return billsec > 0 || status === callStatuses['no answer'] ? undefined : status;
}

/** All that is wrong with a record, in the order of the fields. */
function problemsOf(record: ParsedRecord, shape: RowShape): readonly string[] {
  const missing = shape.missing(record.row.cells);
  const byField = { ...record, type: record.direction, account_id: record.account };
  const { callStatus } = record;
  const problems = callFields.flatMap((field) => {
    const value = byField[field];
    const text = missing.get(field) ?? (value instanceof Problem ? value.text : undefined);
    return text === undefined ? [] : [`${field}: ${text}`];
  });
  return callStatus instanceof Problem ? [...problems, `call_status: ${callStatus.text}`] : problems;
}
