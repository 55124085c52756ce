import type { History, RecordedCall } from '../../core/ledger-store.js';
import { stateOf } from './claims.js';
import type { Connections } from './connections.js';
import type { Database } from './driver.js';
import { lastRuns, listOf } from './runs.js';
import { numberOf, textOf } from './schema.js';

/** What the ledger tells about earlier runs. */
export function openHistory(
  { durable, guarded }: Connections,
  isAlive: (process: string) => boolean,
): History {
  return {
    lastRuns: (limit = -1) => guarded(() => lastRuns(durable, limit, isAlive)),
    findCalls: (uuids) => guarded(() => findCalls(durable, uuids)),
    unconfirmedCalls: () => guarded(() => unconfirmedCalls(durable)),
    forget: (before) => guarded(() => forget(durable, before)),
  };
}

const columns = `calls.uuid, calls.state, calls.reasons, calls.run, calls.at, address, code, account
  FROM calls JOIN namespaces ON namespaces.id = calls.namespace`;

function findCalls(database: Database, uuids: readonly string[]): readonly RecordedCall[] {
  const namespaces = database.prepare('SELECT id FROM namespaces').all();
  const find = database.prepare(`SELECT ${columns} WHERE calls.namespace = ? AND calls.uuid = ?`);
  return uuids.flatMap((uuid) =>
    namespaces.flatMap((row) => find.all(numberOf(row, 'id'), uuid).map(recordedCallOf)),
  );
}

function unconfirmedCalls(database: Database): readonly RecordedCall[] {
  return database
    .prepare(`SELECT ${columns} WHERE calls.state IN (0, 3) ORDER BY calls.at, calls.uuid`)
    .all()
    .map(recordedCallOf);
}

function forget(database: Database, before: number): number {
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
