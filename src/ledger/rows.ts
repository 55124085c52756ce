// Rows of calls, runs, rates and problems as values, and how they are written down, in every engine.

import type { RecordedCall, RecordedProblem, RecordedRun } from '../core/history.js';
import { problemStatuses } from '../core/history.js';
import type { LedgerState } from '../core/ledger.js';
import { ledgerStates } from '../core/ledger.js';
import type { SharedRate } from '../core/rate.js';
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

/**
 * Open and unconfirmed calls, in the words of their partial index: SQLite uses it only where they stand in the statement. In
 * a list of three (`IN`) they would cost each write of a row half as much again.
 */
export const openStates = '(calls.state = 0 OR calls.state = 3 OR calls.state = 5)';

/** The row of a call. */
export interface CallRow {
  readonly state: LedgerState;
  readonly run: number;
  /** Unix seconds. */
  readonly at: number;
  /** A list of texts, as JSON. */
  readonly reasons: string | null;
  /** Of all that was sent, `hashCall`; null for calls of before version 2. */
  readonly hash: number | null;
  /** Of what makes it another call, `hashIdentity`; null for calls of before version 3. */
  readonly identity: number | null;
  readonly billsec: number | null;
  /** A `Receipt`, as JSON. */
  readonly receipt: string | null;
  /**
   * Of a claim that its run did not settle: the row as it was before, as JSON, `null` where there was none. A settled call
   * has none.
   */
  readonly former: string | null;
  /** How often it was tried, where the service cannot take it yet, or looked for in vain; null of any other call. */
  readonly tries: number | null;
  /** When it is tried or looked for again, in unix seconds. */
  readonly nextTry: number | null;
}

/** A run as its ledger has it; times in unix seconds. */
export interface RunRow {
  readonly id: number;
  readonly process: string;
  readonly started: number;
  readonly finished: number | undefined;
  /** When it last said that it lives; for one of an older amocalls, which never says so, when it started. */
  readonly heartbeat: number;
}

/** A call of which nothing is known but that it was accepted. */
export const acceptedRow: CallRow = {
  state: 'accepted',
  run: 0,
  at: 0,
  reasons: null,
  hash: null,
  identity: null,
  billsec: null,
  receipt: null,
  former: null,
  tries: null,
  nextTry: null,
};

/** The columns of a row, in the order of `valuesOf`. */
export const callColumns = [
  'state',
  'run',
  'at',
  'reasons',
  'hash',
  'identity',
  'billsec',
  'receipt',
  'former',
  'tries',
  'next_try',
] as const;

/** A row as it is written into `callColumns`. */
export function valuesOf(row: CallRow): readonly (string | number | null)[] {
  const { state, run, at, reasons, hash, identity, billsec, receipt, former, tries, nextTry } = row;
  return [stateNumbers[state], run, at, reasons, hash, identity, billsec, receipt, former, tries, nextTry];
}

/** A row of the table of calls, as an engine gives it. */
export function callRowOf(row: unknown): CallRow {
  return {
    state: stateOf(numberOf(row, 'state')),
    run: numberOf(row, 'run'),
    at: numberOf(row, 'at'),
    reasons: textOf(row, 'reasons') ?? null,
    hash: optionalNumberOf(row, 'hash') ?? null,
    identity: optionalNumberOf(row, 'identity') ?? null,
    billsec: optionalNumberOf(row, 'billsec') ?? null,
    receipt: textOf(row, 'receipt') ?? null,
    former: textOf(row, 'former') ?? null,
    tries: optionalNumberOf(row, 'tries') ?? null,
    nextTry: optionalNumberOf(row, 'next_try') ?? null,
  };
}

/** Writes down what a claim replaces for a while, a row or nothing: a claim that is given back becomes it again. */
export function packFormer(row?: CallRow): string {
  if (row === undefined) return 'null';
  const { state, former: _, nextTry: next_try, ...more } = row;
  return JSON.stringify({ state: stateNumbers[state], ...more, next_try });
}

/** The row that a claim replaced; undefined where there was none. */
export function formerOf({ former }: Pick<CallRow, 'former'>): CallRow | undefined {
  const row: unknown = former === null ? null : JSON.parse(former);
  return row === null ? undefined : callRowOf(row);
}

/** Whether a row is a claim that was not settled. */
export const isOpen = ({ state }: Pick<CallRow, 'state'>): boolean =>
  state === 'in flight' || state === 'held';

const states = new Map<number, LedgerState>(ledgerStates.map((state) => [stateNumbers[state], state]));

/** The state behind a number of the ledger. */
function stateOf(number: number): LedgerState {
  const state = states.get(number);
  if (state === undefined) throw new Error(`ledger: state ${number} is unknown`);
  return state;
}

/** The uuid of a row of calls, with `kept` where that is not its key. */
export function uuidOf(row: unknown): string {
  const kept = textOf(row, 'kept');
  return kept === undefined ? (textOf(row, 'uuid') ?? '') : String(JSON.parse(kept));
}

/** A call as history tells it: a row of calls with its namespace. */
export function recordedCallOf(row: unknown): RecordedCall {
  const state = stateOf(numberOf(row, 'state'));
  return {
    uuid: uuidOf(row),
    state,
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    account: textOf(row, 'account') ?? '',
    run: numberOf(row, 'run'),
    at: numberOf(row, 'at'),
    billsec: optionalNumberOf(row, 'billsec'),
    receipt: receiptOf(textOf(row, 'receipt')),
    changed: changeOf(row),
    nextTry: state === 'waiting' ? optionalNumberOf(row, 'next_try') : undefined,
  };
}

/** The other content that a row says of an accepted call; undefined where that was accepted since, or another one was. */
function changeOf(row: unknown): RecordedCall['changed'] {
  const at = optionalNumberOf(row, 'changed_at');
  if (at === undefined || at < numberOf(row, 'at')) return undefined;
  if (numberOf(row, 'changed_hash') === optionalNumberOf(row, 'hash')) return undefined;
  return { billsec: numberOf(row, 'changed_billsec'), at };
}

/** A row of the table of runs. */
export function runRowOf(row: unknown): RunRow {
  const started = numberOf(row, 'started');
  return {
    id: numberOf(row, 'id'),
    process: textOf(row, 'process') ?? '',
    started,
    finished: optionalNumberOf(row, 'finished'),
    heartbeat: optionalNumberOf(row, 'heartbeat') ?? started,
  };
}

/** A run as history tells it; `isAlive`: whether the process of a run that has not ended still runs. */
export function recordedRunOf(row: unknown, isAlive: boolean): RecordedRun {
  const finished = optionalNumberOf(row, 'finished');
  return {
    id: numberOf(row, 'id'),
    state: finished !== undefined ? 'ended' : isAlive ? 'running' : 'died',
    command: textOf(row, 'command') ?? '',
    files: listOf(textOf(row, 'files')),
    started: numberOf(row, 'started'),
    profile: textOf(row, 'profile'),
    summary: textOf(row, 'summary'),
    finished,
    exit: optionalNumberOf(row, 'exit'),
  };
}

/** A problem as history tells it: a row of problems with its namespace. */
export function recordedProblemOf(row: unknown): RecordedProblem {
  const status = textOf(row, 'status');
  return {
    file: textOf(row, 'file') ?? '',
    line: optionalNumberOf(row, 'line'),
    status: problemStatuses.find((known) => known === status) ?? 'invalid',
    uuid: textOf(row, 'uuid') ?? null,
    account: textOf(row, 'account') ?? '',
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    at: numberOf(row, 'at'),
  };
}

/** The columns of a shared rate, in the order of `rateValues`. */
export const rateColumns = ['rate', 'next_at', 'paused_until', 'reason', 'used_at', 'written_at'] as const;

/** A shared rate as it is written into `rateColumns`. */
export function rateValues({ rate, nextAt, pausedUntil, reason, usedAt, writtenAt }: SharedRate) {
  return [rate, nextAt, pausedUntil, reason ?? null, usedAt, writtenAt] as const;
}

/** A row of the table of rates; undefined where there is none. */
export function rateOf(row: unknown): SharedRate | undefined {
  if (row === undefined) return undefined;
  return {
    rate: numberOf(row, 'rate'),
    nextAt: numberOf(row, 'next_at'),
    pausedUntil: numberOf(row, 'paused_until'),
    reason: textOf(row, 'reason'),
    usedAt: numberOf(row, 'used_at'),
    writtenAt: numberOf(row, 'written_at'),
  };
}

/** So many problems are kept, the newest: a log with a fault on every line fills no disk. */
export const maxProblems = 100_000;

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
