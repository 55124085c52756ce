import { statSync } from 'node:fs';
import type { ExitCode } from '../../core/errors.js';
import { hashTexts } from '../../core/hash.js';
import type {
  History,
  LedgerInspection,
  NewProblem,
  NewRun,
  RecordedCall,
  RecordedProblem,
  RecordedRun,
} from '../../core/ledger.js';
import {
  maskDigits,
  maxProblems,
  numberOf,
  recordedCallOf,
  recordedProblemOf,
  recordedRunOf,
  textOf,
} from '../rows.js';
import type { Connections } from './connections.js';
import type { Database } from './driver.js';

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

/** Writes down that a run of a process begins, at a time in unix seconds; gives its id. */
export function beginRun(
  database: Database,
  { command, profile, files }: NewRun,
  { process, started }: { readonly process: string; readonly started: number },
): number {
  const { lastInsertRowid } = database
    .prepare('INSERT INTO runs (process, command, profile, files, started) VALUES (?, ?, ?, ?, ?)')
    .run(process, command, profile ?? null, JSON.stringify(files), started);
  return Number(lastInsertRowid);
}

/** Writes down how a run ended. */
export function endRun(
  database: Database,
  id: number,
  end: { readonly finished: number; readonly exit: ExitCode; readonly summary: string },
): void {
  database
    .prepare('UPDATE runs SET finished = ?, exit = ?, summary = ? WHERE id = ?')
    .run(end.finished, end.exit, end.summary, id);
}

/** The last runs, newest first; -1: all. */
function lastRuns(
  database: Database,
  limit: number,
  isAlive: (process: string) => boolean,
): readonly RecordedRun[] {
  const rows = database.prepare('SELECT * FROM runs ORDER BY id DESC LIMIT ?').all(limit);
  return rows.map((row) => recordedRunOf(row, isAlive(textOf(row, 'process') ?? '')));
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

/**
 * The problems whose call was not accepted since. A record without an account belongs to whatever account its recipient
 * knows it by.
 */
function knownProblems(database: Database): readonly RecordedProblem[] {
  const rows = database
    .prepare(
      `SELECT problems.file, problems.line, problems.status, problems.uuid, problems.reasons, problems.at,
         own.address, own.code, own.account
       FROM problems JOIN namespaces AS own ON own.id = problems.namespace
       WHERE NOT EXISTS (
         SELECT 1 FROM namespaces AS other
         JOIN calls ON calls.namespace = other.id AND calls.uuid = problems.uuid AND calls.state = 1
         WHERE other.address = own.address AND other.code = own.code
           AND (own.account = '' OR other.id = own.id)
       )
       ORDER BY problems.at, problems.id`,
    )
    .all();
  return rows.map(recordedProblemOf);
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
