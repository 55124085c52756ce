// What is recorded of calls and problems, forgetting, the ledger as a whole.

import { hashTexts } from '../../core/hash.js';
import type { History, NewProblem, RecordedCall } from '../../core/history.js';
import type { CallInDoubt, DoubtPeriod, Recipient } from '../../core/ledger.js';
import type { LedgerDeps, LedgerInspection } from '../../core/ledger-store.js';
import { dueForLook, mayForget } from '../planner.js';
import { historyQueries } from '../queries.js';
import { maskDigits, maxProblems, numberOf, recordedCallOf, recordedProblemOf, runRowOf } from '../rows.js';
import { keyOf, storableText } from './call-table.js';
import type { Connection } from './connection.js';
import { liftPauses, pausesOf } from './rate.js';
import { isAliveRow, lastRuns, runColumns, type Sight } from './runs.js';
import type { Query } from './session.js';

/** What the ledger tells about earlier runs. */
export function openHistory(connection: Connection, { now, ...sight }: Sight & HostClock): History {
  const all = (sql: string) => connection.run(async (query) => (await query(sql)).rows);
  return {
    lastRuns: (limit) => connection.run((query) => lastRuns(query, sight, limit)),
    findCalls: (uuids) => connection.run((query) => findCalls(query, uuids)),
    unconfirmedCalls: async () => (await all(queries.unconfirmedCalls)).map(recordedCallOf),
    waitingCalls: async () => (await all(queries.waitingCalls)).map(recordedCallOf),
    changedCalls: async () => (await all(queries.changedCalls)).map(recordedCallOf),
    problems: async () => (await all(queries.problems)).map(recordedProblemOf),
    pauses: () => connection.run((query) => pausesOf(query, now)),
    liftPauses: () => connection.transaction((query) => liftPauses(query, now)),
    forget: (before) => connection.transaction((query) => forget(query, before, sight)),
  };
}

/** The clock of the host: milliseconds since 1970. */
type HostClock = Pick<LedgerDeps, 'now'>;

/** What history asks, in the words of this engine. */
export const queries = historyQueries({
  schema: 'amocalls.',
  parameter: (number) => `$${number}`,
  runColumns,
});

/** Calls without a verdict that are to be looked for, at a recipient; `now` in unix seconds. */
export async function callsInDoubt(
  query: Query,
  { address, code }: Recipient,
  { from, to, isAll }: DoubtPeriod,
  now: number,
): Promise<readonly CallInDoubt[]> {
  const { rows } = await query(queries.callsInDoubt, [address, code, from, to]);
  return dueForLook(rows, isAll, now);
}

async function findCalls(query: Query, uuids: readonly string[]): Promise<readonly RecordedCall[]> {
  const keys = [...new Set(uuids.map(keyOf))];
  const { rows } = await query(
    `${queries.calls} WHERE calls.namespace IN (SELECT id FROM amocalls.namespaces)
       AND calls.uuid = ANY($1::text[] COLLATE "C") ORDER BY array_position($1::text[], calls.uuid), calls.namespace`,
    [keys],
  );
  // A uuid that is too long for the index was kept by its hash.
  const uuidOf = new Map(uuids.map((uuid) => [keyOf(uuid), uuid]));
  return rows.map(recordedCallOf).map((call) => ({ ...call, uuid: uuidOf.get(call.uuid) ?? call.uuid }));
}

/** Forgets calls with a verdict, problems, and runs that are over, from before a time in unix seconds; gives how many calls. */
async function forget(query: Query, before: number, sight: Sight): Promise<number> {
  const { count } = await query(queries.forgetCalls, [before], true);
  const { rows } = await query(queries.oldRuns, [before], true);
  const over = rows.filter((row) => {
    const circumstances = { isAlive: isAliveRow(row, sight), hasOpenCalls: numberOf(row, 'open') === 1 };
    return mayForget(runRowOf(row), circumstances, before);
  });
  await query(
    'DELETE FROM amocalls.runs WHERE id = ANY($1::integer[])',
    [over.map((row) => numberOf(row, 'id'))],
    true,
  );
  await query(queries.forgetProblems, [before], true);
  await query(queries.forgetChanges, [], true);
  return count;
}

/** Where problems were found, and when. */
interface ProblemPlace {
  readonly file: string;
  readonly reading: string;
  /** The id of the namespace of an account. */
  readonly namespaceOf: (query: Query, account: string) => Promise<number>;
  /** Unix seconds. */
  readonly at: number;
}

/** Remembers problems; to run inside a transaction. True for each that was not known before with this status. */
export async function reportProblems(
  query: Query,
  problems: readonly NewProblem[],
  { file, reading, namespaceOf, at }: ProblemPlace,
): Promise<readonly boolean[]> {
  const readingHash = hashTexts([reading]);
  const isNew: boolean[] = [];
  for (const { content, status, uuid, account = '', reasons, line = null } of problems) {
    const words = JSON.stringify(reasons.map(maskDigits));
    const key = [await namespaceOf(query, account), storableText(file), readingHash, content];
    const { count } = await query(
      `INSERT INTO amocalls.problems (namespace, file, reading, content, status, uuid, line, reasons, at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (content, reading, namespace, file) DO UPDATE SET status = excluded.status, uuid = excluded.uuid,
         line = excluded.line, reasons = excluded.reasons, at = excluded.at
         WHERE problems.status <> excluded.status`,
      [...key, status, uuid === null ? null : storableText(uuid), line, words, at],
    );
    isNew.push(count === 1);
  }
  await query('DELETE FROM amocalls.problems WHERE id <= (SELECT max(id) FROM amocalls.problems) - $1', [
    maxProblems,
  ]);
  return isNew;
}

/** Looks at the ledger as a whole, without changing it: its size, what is open. PostgreSQL looks after its own pages. */
export async function inspect(query: Query, now: () => number): Promise<LedgerInspection> {
  const counts = await query(queries.openCounts, [], true);
  const size = await query(
    `SELECT sum(pg_total_relation_size(class.oid))::bigint AS bytes FROM pg_catalog.pg_class AS class
     WHERE class.relkind = 'r' AND class.relnamespace = to_regnamespace('amocalls')`,
  );
  return {
    faults: [],
    bytes: numberOf(size.rows[0], 'bytes'),
    unconfirmed: numberOf(counts.rows[0], 'open'),
    waiting: numberOf(counts.rows[0], 'waiting'),
    pauses: await pausesOf(query, now),
  };
}
