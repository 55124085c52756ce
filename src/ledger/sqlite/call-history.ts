import type { LedgerState } from '../../core/ledger.js';
import { stateOf } from './claims.js';
import type { Database } from './driver.js';
import { listOf } from './runs.js';
import { numberOf, textOf } from './schema.js';

/** What the ledger knows of one call. */
export interface RecordedCall {
  readonly uuid: string;
  readonly state: LedgerState;
  readonly reasons: readonly string[];
  readonly address: string;
  readonly code: string;
  readonly account: string;
  readonly run: number;
  /** Unix seconds. */
  readonly at: number;
}

const columns = `calls.uuid, calls.state, calls.reasons, calls.run, calls.at, address, code, account
  FROM calls JOIN namespaces ON namespaces.id = calls.namespace`;

/** What is known of these uuids, in every address, code and account; a uuid that is not known is in no row. */
export function findCalls(database: Database, uuids: readonly string[]): readonly RecordedCall[] {
  const namespaces = database.prepare('SELECT id FROM namespaces').all();
  const find = database.prepare(`SELECT ${columns} WHERE calls.namespace = ? AND calls.uuid = ?`);
  return uuids.flatMap((uuid) =>
    namespaces.flatMap((row) => find.all(numberOf(row, 'id'), uuid).map(recordedCallOf)),
  );
}

/** The calls that have no verdict, oldest first. */
export function unconfirmedCalls(database: Database): readonly RecordedCall[] {
  return database
    .prepare(`SELECT ${columns} WHERE calls.state IN (0, 3) ORDER BY calls.at, calls.uuid`)
    .all()
    .map(recordedCallOf);
}

/** Forgets calls with a verdict, and ended runs, from before a time (unix seconds); gives how many calls. */
export function forget(database: Database, before: number): number {
  const { changes } = database.prepare('DELETE FROM calls WHERE at < ? AND state IN (1, 2)').run(before);
  database
    .prepare('DELETE FROM runs WHERE started < ? AND id NOT IN (SELECT run FROM calls WHERE state IN (0, 3))')
    .run(before);
  return Number(changes);
}

function recordedCallOf(row: unknown): RecordedCall {
  return {
    uuid: textOf(row, 'uuid') ?? '',
    state: stateOf(numberOf(row, 'state')),
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    account: textOf(row, 'account') ?? '',
    run: numberOf(row, 'run'),
    at: numberOf(row, 'at'),
  };
}
