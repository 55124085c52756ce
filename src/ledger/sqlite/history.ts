// What is recorded of calls and problems, forgetting, the ledger as a whole.

import { statSync } from 'node:fs';
import { hashTexts } from '../../core/hash.js';
import type { History, NewProblem, RecordedCall } from '../../core/history.js';
import type { CallInDoubt, DoubtPeriod, Recipient } from '../../core/ledger.js';
import type { LedgerInspection } from '../../core/ledger-store.js';
import { dueForLook, mayForget } from '../planner.js';
import { historyQueries } from '../queries.js';
import {
  maskDigits,
  maxProblems,
  numberOf,
  recordedCallOf,
  recordedProblemOf,
  runRowOf,
  textOf,
} from '../rows.js';
import type { Connections } from './connections.js';
import type { Database } from './driver.js';
import { liftPauses, pausesOf } from './rate.js';
import { isAliveRow, lastRuns, type Sight } from './runs.js';

/** What history asks, in the words of this engine. */
export const queries = historyQueries({
  schema: '',
  parameter: (number) => `?${number}`,
  runColumns: 'runs.*',
});

/** What the ledger tells about earlier runs. */
export function openHistory({ durable, guarded, commit }: Connections, sight: Sight): History {
  return {
    lastRuns: (limit = -1) => guarded(() => lastRuns(durable, limit, sight)),
    findCalls: (uuids) => guarded(() => findCalls(durable, uuids)),
    unconfirmedCalls: () =>
      guarded(() => durable.prepare(queries.unconfirmedCalls).all().map(recordedCallOf)),
    waitingCalls: () => guarded(() => durable.prepare(queries.waitingCalls).all().map(recordedCallOf)),
    changedCalls: () => guarded(() => durable.prepare(queries.changedCalls).all().map(recordedCallOf)),
    problems: () => guarded(() => durable.prepare(queries.problems).all().map(recordedProblemOf)),
    pauses: () => guarded(() => pausesOf(durable, sight.now())),
    liftPauses: () => commit(() => liftPauses(durable, sight.now())),
    forget: (before) => commit(() => forget(durable, before, sight)),
  };
}

/** Calls without a verdict that are to be looked for, at a recipient; `now` in unix seconds. */
export function callsInDoubt(
  database: Database,
  { address, code }: Recipient,
  { from, to, isAll }: DoubtPeriod,
  now: number,
): readonly CallInDoubt[] {
  const rows = database.prepare(queries.callsInDoubt).all(address, code, from, to);
  return dueForLook(rows, isAll, now);
}

function findCalls(database: Database, uuids: readonly string[]): readonly RecordedCall[] {
  const namespaces = database.prepare('SELECT id FROM namespaces').all();
  const find = database.prepare(`${queries.calls} WHERE calls.namespace = ? AND calls.uuid = ?`);
  return uuids.flatMap((uuid) =>
    namespaces.flatMap((row) => find.all(numberOf(row, 'id'), uuid).map(recordedCallOf)),
  );
}

/** Forgets calls with a verdict, problems, and runs that are over, from before a time in unix seconds; gives how many calls. */
function forget(database: Database, before: number, sight: Sight): number {
  const { changes } = database.prepare(queries.forgetCalls).run(before);
  const remove = database.prepare('DELETE FROM runs WHERE id = ?');
  for (const row of database.prepare(queries.oldRuns).all(before)) {
    const circumstances = { isAlive: isAliveRow(row, sight), hasOpenCalls: numberOf(row, 'open') === 1 };
    if (mayForget(runRowOf(row), circumstances, before)) remove.run(numberOf(row, 'id'));
  }
  database.prepare(queries.forgetProblems).run(before);
  database.exec(queries.forgetChanges);
  return Number(changes);
}

/** Where problems were found, and when. */
interface ProblemPlace {
  readonly file: string;
  readonly reading: string;
  /** The id of the namespace of an account. */
  readonly namespaceOf: (account: string) => number;
  /** Unix seconds. */
  readonly at: number;
}

/** Remembers problems; to run inside a transaction. True for each that was not known before with this status. */
export function reportProblems(
  database: Database,
  problems: readonly NewProblem[],
  { file, reading, namespaceOf, at }: ProblemPlace,
): readonly boolean[] {
  const save = database.prepare(
    `INSERT INTO problems (namespace, file, reading, content, status, uuid, line, reasons, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET status = excluded.status, uuid = excluded.uuid, line = excluded.line,
       reasons = excluded.reasons, at = excluded.at WHERE status <> excluded.status`,
  );
  const readingHash = hashTexts([reading]);
  const found = problems.map(({ content, status, uuid, account = '', reasons, line = null }) => {
    const words = JSON.stringify(reasons.map(maskDigits));
    const key = [namespaceOf(account), file, readingHash, content] as const;
    return Number(save.run(...key, status, uuid, line, words, at).changes) === 1;
  });
  database.prepare('DELETE FROM problems WHERE id <= (SELECT max(id) FROM problems) - ?').run(maxProblems);
  return found;
}

/** Looks at a ledger as a whole, without changing it: SQLite's own check, its size, what is open. `now` is in milliseconds. */
export function inspect(database: Database, file: string, now: number): LedgerInspection {
  const found = database.prepare('PRAGMA quick_check(3)').all();
  const open = database.prepare(queries.openCounts).get();
  return {
    faults: found.map((row) => textOf(row, 'quick_check') ?? '').filter((text) => text !== 'ok'),
    bytes: statSync(file).size,
    unconfirmed: numberOf(open, 'open'),
    waiting: numberOf(open, 'waiting'),
    pauses: pausesOf(database, now),
  };
}
