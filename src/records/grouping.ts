// Merges the rows of one call to one record.

import { callStatuses } from '../core/call.js';
import { Problem } from '../core/errors.js';
import { Contradicted } from './contradictions.js';
import { type InternalTest, internalOf } from './phone-numbers.js';
import { cellReader } from './preset-reader.js';
import type { ParsedRecord } from './record.js';
import type { RecordOptions } from './record-options.js';

/** How rows of one call are compared. */
export interface MergeRules {
  readonly isInternal: InternalTest;
  /** Orders rows of one call that began in the same second: a text that no other of its rows has. */
  readonly keyOf: (cells: readonly string[]) => string;
}

/** The rules for a file with these columns, which may grow. */
export function mergeRules(columns: readonly string[], options: RecordOptions): MergeRules {
  const cellOf = cellReader(columns);
  const rowKey = options.preset?.rowKey ?? [];
  return { isInternal: internalOf(options), keyOf: (cells) => rowKey.map(cellOf(cells)).join('\n') };
}

/**
 * Makes one record of the rows of one call, whatever their order:
 * direction, outside number and date from the earliest row that leads outside; the employee and billsec from the row in
 * which somebody spoke longest, best with an extension; the recording of that row, else of any.
 */
export function mergeRows(rows: readonly ParsedRecord[], rules: MergeRules): ParsedRecord | undefined {
  const [only] = rows;
  if (only === undefined || rows.length === 1) return only;
  const sent = rows.filter(({ skip }) => skip === undefined);
  const ordered = outward(sent.length > 0 ? sent : rows).toSorted(
    (left, right) => byStart(left, right) || byKey(left, right, rules),
  );
  const [first] = ordered;
  if (first === undefined) return undefined;
  const best = ordered
    .filter((row) => isOfCall(row, first))
    .reduce((one, other) => (isBetter(other, one, rules) ? other : one), first);
  const { file, line } = rows.reduce(
    (one, other) => (other.file === one.file && other.line < one.line ? other : one),
    only,
  );
  return { ...merged(ordered, first, best), file, line, rows: rows.length, problem: problemIn(rows) };
}

/** The rows with an outside number; where there are none, the internal ones; else all. */
function outward(rows: readonly ParsedRecord[]): readonly ParsedRecord[] {
  const known = rows.filter(({ direction }) => typeof direction === 'string');
  const outside = known.filter(({ direction }) => direction !== 'internal');
  if (outside.length > 0) return outside;
  return known.length > 0 ? known : rows;
}

function byStart({ date: left }: ParsedRecord, { date: right }: ParsedRecord): number {
  const unixOf = (date: ParsedRecord['date']) =>
    date instanceof Problem ? Number.MAX_SAFE_INTEGER : date.unix;
  return unixOf(left) - unixOf(right);
}

function byKey(left: ParsedRecord, right: ParsedRecord, { keyOf }: MergeRules): number {
  const [one, other] = [keyOf(left.row.cells), keyOf(right.row.cells)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function outsideOf({ direction, caller, to }: ParsedRecord): ParsedRecord['caller'] {
  return direction === 'outbound' ? to : caller;
}

function employeeOf({ direction, caller, to }: ParsedRecord): ParsedRecord['caller'] {
  return direction === 'outbound' ? caller : to;
}

/** A row of the other direction belongs to the call where it is about the same outside number: a transfer, a call back. */
function isOfCall(row: ParsedRecord, first: ParsedRecord): boolean {
  const isSameWay = (row.direction === 'outbound') === (first.direction === 'outbound');
  const outside = outsideOf(row);
  return isSameWay || (typeof outside === 'string' && outside === outsideOf(first));
}

/** Rows come in the order of their start: of equals the earlier one stays. */
function isBetter(row: ParsedRecord, than: ParsedRecord, rules: MergeRules): boolean {
  const difference = worth(row, rules) - worth(than, rules);
  return difference === 0 ? secondsOf(row) > secondsOf(than) : difference > 0;
}

/** How much a row says about who of the company was on the telephone. */
function worth(record: ParsedRecord, { isInternal }: MergeRules): number {
  const employee = employeeOf(record);
  const hasNumber = typeof employee === 'string';
  const isPerson = hasNumber && isInternal(employee);
  if (secondsOf(record) > 0) {
    const own = record.kind === 'talk' ? 2 : 0;
    return isPerson ? 6 + own : hasNumber ? 5 + own : 2;
  }
  if (record.kind === 'automated') return hasNumber ? 1 : 0;
  return isPerson ? 4 : hasNumber ? 3 : 0;
}

function secondsOf({ billsec, direction }: ParsedRecord): number {
  return billsec instanceof Problem || direction === 'missed' ? 0 : billsec;
}

/** That of the row that counts; a message that was left in another row is what became of a call without talk. */
function mergedStatus(all: readonly ParsedRecord[], best: ParsedRecord): ParsedRecord['callStatus'] {
  const left = callStatuses['left a message'];
  return secondsOf(best) === 0 && all.some(({ callStatus }) => callStatus === left) ? left : best.callStatus;
}

/** What is wrong with a row of a call is wrong with the call. */
function problemIn(rows: readonly ParsedRecord[]): string | undefined {
  const wrong = rows.find(({ problem }) => problem !== undefined);
  return wrong && `line ${wrong.line} of this call: ${wrong.problem}`;
}

function merged(all: readonly ParsedRecord[], first: ParsedRecord, best: ParsedRecord): ParsedRecord {
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
