import type { History, LedgerInspection, RecordedCall } from '../../core/ledger-store.js';
import { numberOf, textOf } from '../cells.js';
import { recordedCallOf } from '../recorded.js';
import { keyOf } from './call-table.js';
import type { Connection, Query } from './connection.js';
import { knownProblems } from './problems.js';
import { databaseClock } from './rate.js';
import { lastRuns } from './runs.js';

/** What the ledger tells about earlier runs. */
export function openHistory(connection: Connection): History {
  return {
    lastRuns: (limit) => connection.run((query) => lastRuns(query, limit)),
    findCalls: (uuids) => connection.run((query) => findCalls(query, uuids)),
    unconfirmedCalls: () => connection.run(unconfirmedCalls),
    changedCalls: () => connection.run(changedCalls),
    problems: () => connection.run(knownProblems),
    forget: (before) => connection.transaction((query) => forget(query, before)),
  };
}

const select = (changes: 'JOIN' | 'LEFT JOIN') => `SELECT calls.uuid, calls.state, calls.reasons, calls.run,
  calls.at, calls.billsec, calls.receipt, address, code, account, changes.billsec AS changed_billsec,
  changes.at AS changed_at, next_try
  FROM amocalls.calls JOIN amocalls.namespaces ON namespaces.id = calls.namespace
  ${changes} amocalls.changes ON changes.namespace = calls.namespace AND changes.uuid = calls.uuid
  LEFT JOIN amocalls.deferrals ON deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid`;

async function findCalls(query: Query, uuids: readonly string[]): Promise<readonly RecordedCall[]> {
  const keys = [...new Set(uuids.map(keyOf))];
  const { rows } = await query(
    `${select('LEFT JOIN')} WHERE calls.namespace IN (SELECT id FROM amocalls.namespaces)
       AND calls.uuid = ANY($1::text[] COLLATE "C") ORDER BY array_position($1::text[], calls.uuid), calls.namespace`,
    [keys],
  );
  // A uuid that is too long for the index was kept by its hash.
  const uuidOf = new Map(uuids.map((uuid) => [keyOf(uuid), uuid]));
  return rows.map(recordedCallOf).map((call) => ({ ...call, uuid: uuidOf.get(call.uuid) ?? call.uuid }));
}

async function unconfirmedCalls(query: Query): Promise<readonly RecordedCall[]> {
  const { rows } = await query(
    `${select('LEFT JOIN')} WHERE calls.state IN (0, 3) ORDER BY calls.at, calls.uuid`,
  );
  return rows.map(recordedCallOf);
}

/** A call that is no longer accepted, or no longer known, did not change. */
async function changedCalls(query: Query): Promise<readonly RecordedCall[]> {
  const { rows } = await query(`${select('JOIN')} WHERE calls.state = 1 ORDER BY changes.at, changes.uuid`);
  return rows.map(recordedCallOf);
}

async function forget(query: Query, before: number): Promise<number> {
  const { count } = await query(
    'DELETE FROM amocalls.calls WHERE at < $1 AND state IN (1, 2)',
    [before],
    true,
  );
  await query(
    `DELETE FROM amocalls.runs WHERE started < $1
       AND id NOT IN (SELECT run FROM amocalls.calls WHERE state IN (0, 3))`,
    [before],
    true,
  );
  await query('DELETE FROM amocalls.problems WHERE at < $1', [before], true);
  await query(
    `DELETE FROM amocalls.changes WHERE NOT EXISTS
       (SELECT 1 FROM amocalls.calls WHERE calls.namespace = changes.namespace AND calls.uuid = changes.uuid)`,
    [],
    true,
  );
  return count;
}

/** Looks at the ledger as a whole, without changing it: its size, what is open. PostgreSQL looks after its own pages. */
export async function inspect(query: Query, now: () => number): Promise<LedgerInspection> {
  const counts = await query(
    `SELECT (SELECT count(*) FROM amocalls.calls WHERE state IN (0, 3)) AS open,
       (SELECT count(*) FROM amocalls.calls WHERE state = 4) AS waiting,
       (SELECT sum(pg_total_relation_size(class.oid))::bigint FROM pg_catalog.pg_class AS class
        WHERE class.relkind = 'r' AND class.relnamespace = to_regnamespace('amocalls')) AS bytes`,
    [],
    true,
  );
  const { rows } = await query(
    `SELECT address, paused_until, ${databaseClock} AS now FROM amocalls.paces WHERE paused_until > ${databaseClock}`,
  );
  return {
    faults: [],
    bytes: numberOf(counts.rows[0], 'bytes'),
    unconfirmed: numberOf(counts.rows[0], 'open'),
    waiting: numberOf(counts.rows[0], 'waiting'),
    pauses: rows.map((row) => ({
      address: textOf(row, 'address') ?? '',
      until: numberOf(row, 'paused_until') - numberOf(row, 'now') + now(),
    })),
  };
}
