import { statSync } from 'node:fs';
import type { History, LedgerInspection, RecordedCall } from '../../core/ledger-store.js';
import { numberOf, textOf } from '../cells.js';
import { recordedCallOf } from '../recorded.js';
import type { Connections } from './connections.js';
import type { Database } from './driver.js';
import { knownProblems } from './problems.js';
import { lastRuns } from './runs.js';

/** What the ledger tells about earlier runs. */
export function openHistory(
  { durable, guarded }: Connections,
  isAlive: (process: string) => boolean,
): History {
  return {
    lastRuns: (limit = -1) => guarded(() => lastRuns(durable, limit, isAlive)),
    findCalls: (uuids) => guarded(() => findCalls(durable, uuids)),
    unconfirmedCalls: () => guarded(() => unconfirmedCalls(durable)),
    changedCalls: () => guarded(() => changedCalls(durable)),
    problems: () => guarded(() => knownProblems(durable)),
    forget: (before) => guarded(() => forget(durable, before)),
  };
}

const columns = `calls.uuid, calls.state, calls.reasons, calls.run, calls.at, calls.billsec, calls.receipt,
  address, code, account, changes.billsec AS changed_billsec, changes.at AS changed_at, next_try
  FROM calls JOIN namespaces ON namespaces.id = calls.namespace
  LEFT JOIN changes ON changes.namespace = calls.namespace AND changes.uuid = calls.uuid
  LEFT JOIN deferrals ON deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid`;

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

/** A call that is no longer accepted, or no longer known, did not change. */
function changedCalls(database: Database): readonly RecordedCall[] {
  return database
    .prepare(
      `SELECT ${columns.replace('LEFT JOIN changes', 'JOIN changes')} WHERE calls.state = 1
       ORDER BY changes.at, changes.uuid`,
    )
    .all()
    .map(recordedCallOf);
}

function forget(database: Database, before: number): number {
  const { changes } = database.prepare('DELETE FROM calls WHERE at < ? AND state IN (1, 2)').run(before);
  database
    .prepare('DELETE FROM runs WHERE started < ? AND id NOT IN (SELECT run FROM calls WHERE state IN (0, 3))')
    .run(before);
  database.prepare('DELETE FROM problems WHERE at < ?').run(before);
  database.exec(
    `DELETE FROM changes WHERE NOT EXISTS
       (SELECT 1 FROM calls WHERE calls.namespace = changes.namespace AND calls.uuid = changes.uuid)`,
  );
  return Number(changes);
}

/** Looks at a ledger as a whole, without changing it: SQLite's own check, its size, what is open. `now` is in milliseconds. */
export function inspect(database: Database, file: string, now: number): LedgerInspection {
  const found = database.prepare('PRAGMA quick_check(3)').all();
  const open = database
    .prepare(
      'SELECT count(*) FILTER (WHERE state IN (0, 3)) AS open, count(*) FILTER (WHERE state = 4) AS waiting FROM calls',
    )
    .get();
  const pauses = database.prepare('SELECT address, paused_until FROM paces WHERE paused_until > ?').all(now);
  return {
    faults: found.map((row) => textOf(row, 'quick_check') ?? '').filter((text) => text !== 'ok'),
    bytes: statSync(file).size,
    unconfirmed: numberOf(open, 'open'),
    waiting: numberOf(open, 'waiting'),
    pauses: pauses.map((row) => ({
      address: textOf(row, 'address') ?? '',
      until: numberOf(row, 'paused_until'),
    })),
  };
}
