// What is recorded of calls and problems, forgetting, the ledger as a whole.

import { hashTexts } from '../core/hash.js';
import type { History, NewProblem, RecordedCall } from '../core/history.js';
import type { Recipient, UnconfirmedCall, UnconfirmedPeriod } from '../core/ledger.js';
import type { LedgerInspection } from '../core/ledger-store.js';
import { namespaceOf } from './claims.js';
import { type Attempt, type Connection, type Dialect, query, type Work } from './database.js';
import { dueForLook, mayForget } from './planner.js';
import { liftPauses, pausesOf } from './rate.js';
import {
  maskDigits,
  maxProblems,
  numberOf,
  openStates,
  recordedCallOf,
  recordedProblemOf,
  runRowOf,
} from './rows.js';
import { isAliveRow, lastRuns, runColumns, type Sight } from './runs.js';

/** Calls with their recipients, accounts and uuids; to be followed by a WHERE. */
const findCalls = `SELECT calls.*, namespaces.address, namespaces.code, namespaces.account, uuids.uuid AS kept
  FROM calls JOIN namespaces ON namespaces.id = calls.namespace LEFT JOIN uuids ON uuids.key = calls.uuid`;

const findUnconfirmed = `${findCalls} WHERE ${openStates} AND calls.state IN (0, 3) ORDER BY calls.at, calls.uuid`;

/** The calls that a later run looks at again, and those that a run keeps until the service takes calls. */
const findWaiting = `${findCalls} WHERE calls.state IN (4, 5) ORDER BY calls.at, calls.uuid`;

/** A call that is no longer accepted, or no longer known, did not change; of the others see `changeOf`. */
const findChanged = `${findCalls} WHERE calls.state = 1 AND calls.changed_at IS NOT NULL
  ORDER BY calls.changed_at, calls.uuid`;

/**
 * The problems whose call was not accepted since. A record without an account belongs to whatever account its recipient
 * knows it by.
 */
const findProblems = `SELECT problems.file, problems.line, problems.status, problems.uuid, problems.reasons, problems.at,
    own.address, own.code, own.account
  FROM problems JOIN namespaces AS own ON own.id = problems.namespace
  WHERE NOT EXISTS (
    SELECT 1 FROM namespaces AS other JOIN calls
      ON calls.namespace = other.id AND calls.uuid = problems.uuid AND calls.state = 1
    WHERE other.address = own.address AND other.code = own.code AND (own.account = '' OR other.id = own.id)
  )
  ORDER BY problems.at, problems.id`;

/** What the ledger tells about earlier runs. */
export function openHistory(connection: Connection, sight: Sight): History {
  const { dialect, now } = sight;
  const allCalls = async (sql: string) => (await connection.read(() => query(sql))).rows.map(recordedCallOf);
  return {
    lastRuns: (limit) => connection.read(() => lastRuns(sight, limit)),
    findCalls: (uuids) => connection.read(() => callsWith(uuids, sight)),
    unconfirmedCalls: () => allCalls(findUnconfirmed),
    waitingCalls: () => allCalls(findWaiting),
    changedCalls: async () => (await allCalls(findChanged)).filter(({ changed }) => changed !== undefined),
    problems: async () => (await connection.read(() => query(findProblems))).rows.map(recordedProblemOf),
    pauses: () => connection.read(() => pausesOf(dialect, now)),
    liftPauses: () => connection.transaction(() => liftPauses(dialect, now)),
    forget: (before) => connection.transaction(() => forget(before, sight)),
  };
}

function* callsWith(uuids: readonly string[], { dialect }: Sight): Work<readonly RecordedCall[]> {
  const calls: RecordedCall[] = [];
  const find = `${findCalls} WHERE calls.namespace IN (SELECT id FROM namespaces) AND calls.uuid = $1
    ORDER BY calls.namespace`;
  for (const uuid of uuids) {
    const { rows } = yield* query(find, [dialect.keyOf(uuid)]);
    calls.push(...rows.map(recordedCallOf));
  }
  return calls;
}

/** Calls without a verdict of a recipient that were sent in a period, the newest first. */
const findForLook = `${findCalls}
  WHERE ${openStates} AND calls.state = 3 AND namespaces.address = $1 AND namespaces.code = $2
    AND calls.at BETWEEN $3 AND $4
  ORDER BY calls.at DESC, calls.uuid LIMIT 10000`;

/** Calls without a verdict that are to be looked for, at a recipient; `now` in unix seconds. */
export function* unconfirmedCalls(
  { address, code }: Recipient,
  { from, to, isAll }: UnconfirmedPeriod,
  now: number,
): Work<readonly UnconfirmedCall[]> {
  const { rows } = yield* query(findForLook, [address, code, from, to]);
  return dueForLook(rows, isAll, now);
}

/** Forgets calls with a verdict, problems, and runs that are over, from before a time in unix seconds; gives how many calls. */
function* forget(before: number, sight: Sight): Work<number> {
  const { count } = yield* query('DELETE FROM calls WHERE at < $1 AND state IN (1, 2)', [before], true);
  yield* query('DELETE FROM uuids WHERE key NOT IN (SELECT uuid FROM calls)', [], true);
  const old = yield* query(
    `SELECT ${runColumns(sight.dialect)}, CASE WHEN runs.id IN (SELECT calls.run FROM calls WHERE ${openStates})
       THEN 1 ELSE 0 END AS open FROM runs WHERE runs.started < $1`,
    [before],
    true,
  );
  for (const row of old.rows) {
    const circumstances = { isAlive: isAliveRow(row, sight), hasOpenCalls: numberOf(row, 'open') === 1 };
    if (!mayForget(runRowOf(row), circumstances, before)) continue;
    yield* query('DELETE FROM runs WHERE id = $1', [numberOf(row, 'id')]);
  }
  yield* query('DELETE FROM problems WHERE at < $1', [before], true);
  return count;
}

/** Where problems were found, and when; what an earlier try wrote down then was told nobody. */
interface ProblemPlace extends Attempt {
  readonly file: string;
  readonly reading: string;
  readonly recipient: Recipient;
  /** Unix seconds. */
  readonly at: number;
  readonly dialect: Dialect;
}

/** Remembers problems; to run inside a transaction. True for each that was not known before with this status. */
export function* reportProblems(
  problems: readonly NewProblem[],
  { file, reading, recipient, at, dialect, isUncertain }: ProblemPlace,
): Work<readonly boolean[]> {
  const readingHash = hashTexts([reading]);
  const { storable } = dialect;
  const namespaces = new Map<string, number>();
  const isNew: boolean[] = [];
  for (const { content, status, uuid, account = '', reasons, line = null } of problems) {
    const namespace = namespaces.get(account) ?? (yield* namespaceOf(dialect, recipient, account));
    namespaces.set(account, namespace);
    const words = JSON.stringify(reasons.map(maskDigits));
    const key = [namespace, storable(file), readingHash, content];
    const { count } = yield* query(
      `${insertProblem} ON CONFLICT (content, reading, namespace, file) DO UPDATE SET status = excluded.status,
         uuid = excluded.uuid, line = excluded.line, reasons = excluded.reasons, at = excluded.at
         WHERE problems.status <> excluded.status OR (problems.at = excluded.at AND $10 = 1)`,
      [...key, status, uuid === null ? null : storable(uuid), line, words, at, Number(isUncertain)],
    );
    isNew.push(count === 1);
  }
  yield* query('DELETE FROM problems WHERE id <= (SELECT max(id) FROM problems) - $1', [maxProblems]);
  return isNew;
}

/** To be followed by what is done about a problem that is there. */
export const insertProblem = `INSERT INTO problems
  (namespace, file, reading, content, status, uuid, line, reasons, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

const countOpen = `SELECT
  (SELECT count(*) FROM calls WHERE ${openStates} AND calls.state IN (0, 3)) AS open,
  (SELECT count(*) FROM calls WHERE calls.state = 4) AS waiting`;

/** Looks at the ledger as a whole, without changing it: damage, its size, what is open. */
export function* inspect({ dialect, now }: Sight): Work<LedgerInspection> {
  const found = yield* dialect.inspect();
  const { rows } = yield* query(countOpen, [], true);
  return {
    ...found,
    unconfirmed: numberOf(rows[0], 'open'),
    waiting: numberOf(rows[0], 'waiting'),
    pauses: yield* pausesOf(dialect, now),
  };
}
