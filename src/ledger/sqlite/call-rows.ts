import type { LedgerState } from '../../core/ledger.js';
import type { Receipt } from '../../core/send-result.js';
import type { Database } from './driver.js';
import { numberOf, optionalNumberOf, textOf } from './schema.js';

/** How states are written down. */
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

/** A row of the table of calls. */
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

/** The state behind a number of the file. */
export function stateOf(number: number): LedgerState {
  if (number === stateNumbers.accepted) return 'accepted';
  if (number === stateNumbers.rejected) return 'rejected';
  if (number === stateNumbers.waiting) return 'waiting';
  return number === stateNumbers.unconfirmed ? 'unconfirmed' : 'in flight';
}

/** A receipt that was written down as JSON. */
export function receiptOf(json: string | null | undefined): Receipt | undefined {
  const receipt: unknown = json === null || json === undefined ? undefined : JSON.parse(json);
  return typeof receipt === 'object' && receipt !== null ? receipt : undefined;
}

/** The statements on the calls of a namespace. */
export function prepareCalls(database: Database) {
  return {
    insert: database.prepare(
      `INSERT INTO calls (namespace, uuid, state, run, at, hash, billsec) VALUES (?, ?, 0, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    find: database.prepare(
      'SELECT state, run, at, reasons, hash, billsec, receipt FROM calls WHERE namespace = ? AND uuid = ?',
    ),
    replace: database.prepare(
      `UPDATE calls SET state = ?, run = ?, at = ?, reasons = ?, hash = ?, billsec = ?, receipt = ?
       WHERE namespace = ? AND uuid = ?`,
    ),
    settle: database.prepare(
      'UPDATE calls SET state = ?, run = ?, at = ?, reasons = ?, receipt = ? WHERE namespace = ? AND uuid = ?',
    ),
    remove: database.prepare('DELETE FROM calls WHERE namespace = ? AND uuid = ?'),
    owner: database.prepare('SELECT process FROM runs WHERE id = ? AND finished IS NULL'),
    findDeferral: database.prepare('SELECT tries, next_try FROM deferrals WHERE namespace = ? AND uuid = ?'),
    defer: database.prepare(
      `INSERT INTO deferrals (namespace, uuid, tries, next_try) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`,
    ),
    endDeferral: database.prepare('DELETE FROM deferrals WHERE namespace = ? AND uuid = ?'),
    change: database.prepare(
      `INSERT INTO changes (namespace, uuid, hash, billsec, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
       WHERE hash <> excluded.hash`,
    ),
    endChange: database.prepare('DELETE FROM changes WHERE namespace = ? AND uuid = ?'),
  };
}
