// Records to entries: valid, invalid, filtered.

import { type Call, type CallStatus, callFields, callStatuses } from '../core/call.js';
import { Problem } from '../core/errors.js';
import type { Entry, Origin, Outcome, Status } from '../core/outcome.js';
import type { Batch, Row } from '../core/row.js';
import { type DateRules, formatLocal } from './dates.js';
import { compareWithIds, type FileClock, findAhead, type ReadBatch } from './file-clock.js';
import type { LinkReader } from './links.js';
import type { ContestedUuids } from './record-options.js';
import { whyContested } from './repeated-uuids.js';
import { createRowShape, type RowShape, type SteadyWidth } from './row-shape.js';
import { compileRowReader, type ParsedRecord, type RowReadingRules, type RowValues } from './row-values.js';
import type { RecordPlace, Warnings } from './warnings.js';
import type { ZoneFinding } from './zone-evidence.js';

/** How the rows of a file become entries. */
export interface ValidationRules extends RowReadingRules {
  /** The file of a batch that names none. */
  readonly file: string;
  readonly clock: FileClock;
  /** The clock of this machine, in unix seconds. */
  readonly now: () => number;
  /** A row of a table may be short, blank or a total; a JSON object is always a record. */
  readonly isTabular: boolean;
  readonly columns: readonly string[];
  /** The cells that all rows have; undefined where rows differ. */
  readonly steady: SteadyWidth | undefined;
  /** Unix seconds; both bounds belong to the span. */
  readonly since: number;
  readonly until: number;
  /** Calls of the input that share their uuid and differ. */
  readonly contested: ContestedUuids;
  /** Whether the origins of entries go without their rows. */
  readonly dropRows: boolean;
  readonly readLink: LinkReader<RecordPlace>;
  readonly warnings: Warnings;
}

/** Values of which every value is what it should be. */
type ValidValues = { readonly [Name in keyof RowValues]: Exclude<RowValues[Name], Problem | null> };

/** The two steps from a row to its entry. */
export interface RecordValidator {
  /**
   * Reads the values of the rows of a batch; for a row that cannot be read, its entry. What was known of the clock of the file
   * grows with what their ids say.
   */
  readonly read: (batch: Pick<Batch, 'rows' | 'file'>, before: ZoneFinding) => ReadBatch;
  /** Whether a row is no record: it is blank, or a total. */
  readonly isTotal: (row: Row) => boolean;
  /** The entry of a record; undefined for a row that is no record (a blank one, a total). */
  readonly validate: (record: ParsedRecord) => Entry | undefined;
  /** The entry of a record whose call is not sent, or not yet, for one reason. */
  readonly settle: (record: ParsedRecord, status: Status, reason: string) => Outcome;
}

/** Compiles the rules of a file to the steps that make entries of its rows. */
export function compileValidator(rules: ValidationRules): RecordValidator {
  const { warnings } = rules;
  const shape = createRowShape(rules);
  const readValues = compileRowReader(rules);
  const { preset } = rules.mapping;
  /** undefined for a row that cannot be read, and does not say of which call it is. */
  const valuesOf = ({ cells, problem }: Row, dates: DateRules): RowValues | undefined => {
    const wrong = problem ?? shape.whyCut(cells);
    if (wrong === undefined) return readValues(cells, dates);
    const uuid = preset?.idIn(cells);
    if (problem !== undefined && uuid === undefined) return undefined;
    const values = readValues(cells, dates);
    return uuid === undefined
      ? { ...values, problem: wrong }
      : { ...values, uuid, isBuilt: false, problem: wrong };
  };
  return {
    read({ rows, file = rules.file }, before) {
      const { clock } = rules;
      const finding = findAhead(clock, rows, before);
      // The clock is asked once a batch and not once a file: a run that follows one lives longer than a day.
      const dates: DateRules = { ...clock, byIds: clock.byIds ? finding : undefined, now: rules.now() };
      const records = rows.map((row): ParsedRecord | Outcome => {
        const { line, problem = '' } = row;
        const values = valuesOf(row, dates);
        if (values !== undefined) return { row, values, file, line, rows: 1 };
        const origin = originOf({ row, file, line, rows: 1 }, rules);
        return { status: 'invalid', uuid: null, reasons: [problem], origin };
      });
      return compareWithIds({ records, finding }, clock);
    },
    isTotal: ({ cells }) => shape.isTotal(cells),
    validate(record) {
      const { row, values } = record;
      warnings.see(values.date);
      const outside = whyOutside(values, rules);
      if (outside !== undefined) return settledEntry('filtered', [outside], record, rules);
      if (values.problem !== undefined && !shape.isTotal(row.cells))
        return settledEntry('invalid', [values.problem], record, rules);
      const filtered = whyFiltered(values);
      if (filtered !== undefined) return settledEntry('filtered', [filtered], record, rules);
      if (isValid(values) && row.cells.length >= shape.width) {
        const wrong = whyOneNumber(values) ?? whyContested(record, rules.contested);
        if (wrong !== undefined) return settledEntry('invalid', [wrong], record, rules);
        const entry = { call: toCall(values, record, rules), origin: originOf(record, rules) };
        return values.formerUuid === undefined ? entry : { ...entry, formerUuid: values.formerUuid };
      }
      if (!shape.isTotal(row.cells))
        return settledEntry('invalid', problemsOf(row, values, shape), record, rules);
      warnings.count('totals', record);
      return undefined;
    },
    settle: (record, status, reason) => settledEntry(status, [reason], record, rules),
  };
}

/** Each shape written out: a spread is slow. */
function originOf(
  { row, file, line, rows, values }: Omit<ParsedRecord, 'values'> & { readonly values?: RowValues },
  { dropRows }: ValidationRules,
): Origin {
  const local = values === undefined || values.date instanceof Problem ? undefined : values.date.local;
  if (dropRows) return rows === 1 ? { file, line, local } : { file, line, local, rows };
  return rows === 1 ? { file, line, local, row } : { file, line, local, row, rows };
}

function isValid(values: RowValues): values is ValidValues {
  const { uuid, caller, to, date, direction, billsec, account, callStatus } = values;
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
function whyOutside({ date }: RowValues, { since, until }: ValidationRules): string | undefined {
  if (date instanceof Problem || (date.unix >= since && date.unix <= until)) return undefined;
  const when = formatLocal('YYYY-MM-DD HH:mm:ss', date.local);
  return `date: ${when} is ${date.unix < since ? 'before --since' : 'after --until'}`;
}

/** The reason why a row is not sent on purpose. */
function whyFiltered({ direction, skip, caller, to }: RowValues): string | undefined {
  if (skip !== undefined || direction !== 'internal') return skip;
  // Both numbers are named: one of them may be no extension at all.
  const named = typeof caller === 'string' && typeof to === 'string' ? `, ${caller} to ${to}` : '';
  return `type: an internal call${named}`;
}

/** Nobody calls himself: one of the two columns holds something else. */
function whyOneNumber({ caller, to }: ValidValues): string | undefined {
  return caller === to ? `to: is ${to}, and so is the caller: which columns hold them?` : undefined;
}

function toCall(values: ValidValues, place: RecordPlace, rules: ValidationRules): Call {
  const { uuid, date, direction, account } = values;
  if (date.occurrence !== 'once') rules.warnings.count(date.occurrence, place);
  if (date.kind === 'day') rules.warnings.count('midnight', place);
  const isMissed = direction === 'missed';
  const type = direction === 'outbound' ? 'outbound' : 'inbound';
  const turn =
    rules.extensionFirst &&
    type === 'inbound' &&
    rules.isInternal(values.to) &&
    !rules.isInternal(values.caller);
  const caller = turn ? values.to : values.caller;
  const to = turn ? values.caller : values.to;
  const billsec = isMissed ? 0 : values.billsec;
  const link = rules.readLink(values.link, place);
  const call: Call =
    link === undefined
      ? { uuid, caller, to, date: date.unix, type, billsec, account_id: account }
      : { uuid, caller, to, date: date.unix, type, billsec, link, account_id: account };
  const { callStatus, callResult } = values;
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
  { mapping }: ValidationRules,
): CallStatus | undefined {
  if (mapping.noteSources.call_status.kind !== 'none') return status;
  return billsec > 0 || status === callStatuses['no answer'] ? undefined : status;
}

/** All that is wrong with a row, in the order of the fields. */
function problemsOf(row: Row, values: RowValues, shape: RowShape): readonly string[] {
  const missing = shape.missing(row.cells);
  const byField = { ...values, type: values.direction, account_id: values.account };
  const { callStatus } = values;
  const problems = callFields.flatMap((field) => {
    const value = byField[field];
    const text = missing.get(field) ?? (value instanceof Problem ? value.text : undefined);
    return text === undefined ? [] : [`${field}: ${text}`];
  });
  return callStatus instanceof Problem ? [...problems, `call_status: ${callStatus.text}`] : problems;
}

function settledEntry(
  status: Status,
  reasons: readonly string[],
  record: ParsedRecord,
  rules: ValidationRules,
): Outcome {
  const { uuid, account } = record.values;
  return {
    status,
    uuid: typeof uuid === 'string' ? uuid : null,
    ...(typeof account === 'string' && account !== '' ? { account_id: account } : {}),
    reasons,
    origin: originOf(record, rules),
  };
}
