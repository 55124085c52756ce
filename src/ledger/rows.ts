import type { Hold, LedgerState, Settlement } from '../core/ledger.js';
import {
  problemStatuses,
  type RecordedCall,
  type RecordedProblem,
  type RecordedRun,
} from '../core/ledger.js';
import type { Receipt } from '../core/send-result.js';

/** How states are written down, in every engine. */
export const stateNumbers = {
  'in flight': 0,
  accepted: 1,
  rejected: 2,
  unconfirmed: 3,
  waiting: 4,
  held: 5,
} as const satisfies Record<LedgerState, number>;

/** The row of a call, as it is written down. */
export interface CallRow {
  readonly state: number;
  readonly run: number;
  /** Unix seconds. */
  readonly at: number;
  readonly reasons: string | null;
  /** Of what was sent; null for calls of before version 2. */
  readonly hash: number | null;
  readonly billsec: number | null;
  readonly receipt: string | null;
}

/** A row of the table of calls, as an engine gives it. */
export function callRowOf(row: unknown): CallRow {
  return {
    state: numberOf(row, 'state'),
    run: numberOf(row, 'run'),
    at: numberOf(row, 'at'),
    reasons: textOf(row, 'reasons') ?? null,
    hash: optionalNumberOf(row, 'hash') ?? null,
    billsec: optionalNumberOf(row, 'billsec') ?? null,
    receipt: textOf(row, 'receipt') ?? null,
  };
}

/** Whether a row is a claim that was not settled. */
export const isOpen = ({ state }: Pick<CallRow, 'state'>): boolean =>
  state === stateNumbers['in flight'] || state === stateNumbers.held;

/** A settlement with all fields that one may have. */
export const fieldsOf = (
  settlement: Settlement | Hold,
): Omit<Settlement, 'state'> & Pick<Settlement | Hold, 'state'> => settlement;

/** The state behind a number of the ledger. */
export function stateOf(number: number): LedgerState {
  if (number === stateNumbers.held) return 'held';
  if (number === stateNumbers.accepted) return 'accepted';
  if (number === stateNumbers.rejected) return 'rejected';
  if (number === stateNumbers.waiting) return 'waiting';
  return number === stateNumbers.unconfirmed ? 'unconfirmed' : 'in flight';
}

/** What is written of a call that was in flight when its process died: nobody knows whether it arrived. */
export const processDied = JSON.stringify(['the process that sent it died before the answer came']);

/** A call as history tells it: a row of calls with its namespace, its change and its deferral. */
export function recordedCallOf(row: unknown): RecordedCall {
  const billsec = optionalNumberOf(row, 'billsec');
  const receipt = receiptOf(textOf(row, 'receipt'));
  const changedAt = optionalNumberOf(row, 'changed_at');
  const nextTry = optionalNumberOf(row, 'next_try');
  const state = stateOf(numberOf(row, 'state'));
  return {
    uuid: textOf(row, 'uuid') ?? '',
    state,
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    account: textOf(row, 'account') ?? '',
    run: numberOf(row, 'run'),
    at: numberOf(row, 'at'),
    ...(billsec === undefined ? {} : { billsec }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(changedAt === undefined
      ? {}
      : { changed: { billsec: numberOf(row, 'changed_billsec'), at: changedAt } }),
    ...(nextTry === undefined || state !== 'waiting' ? {} : { nextTry }),
  };
}

/** A run as history tells it; `isAlive`: whether the process of a run that has not ended still runs. */
export function recordedRunOf(row: unknown, isAlive: boolean): RecordedRun {
  const profile = textOf(row, 'profile');
  const summary = textOf(row, 'summary');
  const finished = optionalNumberOf(row, 'finished');
  const exit = optionalNumberOf(row, 'exit');
  return {
    id: numberOf(row, 'id'),
    state: finished !== undefined ? 'ended' : isAlive ? 'running' : 'died',
    command: textOf(row, 'command') ?? '',
    files: listOf(textOf(row, 'files')),
    started: numberOf(row, 'started'),
    ...(profile === undefined ? {} : { profile }),
    ...(summary === undefined ? {} : { summary }),
    ...(finished === undefined ? {} : { finished }),
    ...(exit === undefined ? {} : { exit }),
  };
}

/** A problem as history tells it: a row of problems with its namespace. */
export function recordedProblemOf(row: unknown): RecordedProblem {
  const line = optionalNumberOf(row, 'line');
  const status = textOf(row, 'status');
  return {
    file: textOf(row, 'file') ?? '',
    ...(line === undefined ? {} : { line }),
    status: problemStatuses.find((known) => known === status) ?? 'invalid',
    uuid: textOf(row, 'uuid') ?? null,
    account: textOf(row, 'account') ?? '',
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    at: numberOf(row, 'at'),
  };
}

/** So many problems are kept, the newest: a log with a fault on every line fills no disk. */
export const maxProblems = 100_000;

/** So many checkpoints are kept, the newest: a folder to which a file a minute is written for two months. */
export const maxCheckpoints = 100_000;

/** The first text that is greater than all that begin with this one. */
export function afterPrefix(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/**
 * Masks what may be a phone number in a reason before it is kept: five digits and more in a row, and, outside of the
 * reasons that name a date or a duration, also those that stand apart as people write numbers (+7 495 000-00-01).
 */
export function maskDigits(reason: string): string {
  const pattern = /^(?:date|billsec): /.test(reason) ? /\d{5,}/g : /\d(?:[\s().+/-]*\d){4,}/g;
  return reason.replace(pattern, '*****');
}

/** A number of a row. The tables keep the type; anything else is a broken ledger. */
export function numberOf(row: unknown, column: string): number {
  const value = cellOf(row, column);
  if (typeof value !== 'number') throw new Error(`ledger: ${column} is no number`);
  return value;
}

/** A text of a row; null is undefined. */
export function textOf(row: unknown, column: string): string | undefined {
  const value = cellOf(row, column);
  return typeof value === 'string' ? value : undefined;
}

/** A number of a row; null is undefined. */
export function optionalNumberOf(row: unknown, column: string): number | undefined {
  const value = cellOf(row, column);
  return typeof value === 'number' ? value : undefined;
}

/** A list of texts that was written down as JSON. */
function listOf(json: string | undefined): readonly string[] {
  const list: unknown = json === undefined ? [] : JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}

/** A receipt that was written down as JSON. */
export function receiptOf(json: string | null | undefined): Receipt | undefined {
  const receipt: unknown = json === null || json === undefined ? undefined : JSON.parse(json);
  return typeof receipt === 'object' && receipt !== null ? receipt : undefined;
}

function cellOf(row: unknown, column: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
}
