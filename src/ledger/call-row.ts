import type { LedgerState } from '../core/ledger.js';
import { numberOf, optionalNumberOf, textOf } from './cells.js';

/** How states are written down, in every engine. */
export const stateNumbers = {
  'in flight': 0,
  accepted: 1,
  rejected: 2,
  unconfirmed: 3,
  waiting: 4,
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

/** The state behind a number of the ledger. */
export function stateOf(number: number): LedgerState {
  if (number === stateNumbers.accepted) return 'accepted';
  if (number === stateNumbers.rejected) return 'rejected';
  if (number === stateNumbers.waiting) return 'waiting';
  return number === stateNumbers.unconfirmed ? 'unconfirmed' : 'in flight';
}

/** What is written of a call that was in flight when its process died: nobody knows whether it arrived. */
export const processDied = JSON.stringify(['the process that sent it died before the answer came']);
