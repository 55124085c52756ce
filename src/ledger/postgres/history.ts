import { hashTexts } from '../../core/hash.js';
import type {
  History,
  LedgerInspection,
  NewProblem,
  RecordedCall,
  RecordedProblem,
} from '../../core/ledger.js';
import { maskDigits, maxProblems, numberOf, recordedCallOf, recordedProblemOf, textOf } from '../rows.js';
import { keyOf, storableText } from './call-table.js';
import type { Connection, Query } from './connection.js';
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

/**
 * The problems whose call was not accepted since. A record without an account belongs to whatever account its recipient
 * knows it by.
 */
async function knownProblems(query: Query): Promise<readonly RecordedProblem[]> {
  const { rows } = await query(
    `SELECT problems.file, problems.line, problems.status, problems.uuid, problems.reasons, problems.at,
       own.address, own.code, own.account
     FROM amocalls.problems JOIN amocalls.namespaces AS own ON own.id = problems.namespace
     WHERE NOT EXISTS (
       SELECT 1 FROM amocalls.namespaces AS other
       JOIN amocalls.calls ON calls.namespace = other.id AND calls.uuid = problems.uuid AND calls.state = 1
       WHERE other.address = own.address AND other.code = own.code
         AND (own.account = '' OR other.id = own.id)
     )
     ORDER BY problems.at, problems.id`,
  );
  return rows.map(recordedProblemOf);
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
