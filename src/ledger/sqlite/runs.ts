// The table of runs: heartbeats, which runs last, what becomes of the calls of others.

import type { ExitCode } from '../../core/errors.js';
import type { RecordedRun } from '../../core/history.js';
import type { LedgerDeps, NewRun } from '../../core/ledger-store.js';
import { isRunAlive, planRelease } from '../planner.js';
import { openStates } from '../queries.js';
import {
  callColumns,
  callRowOf,
  numberOf,
  recordedRunOf,
  runRowOf,
  stateNumbers,
  textOf,
  valuesOf,
} from '../rows.js';
import type { Database } from './driver.js';

/** What it takes to tell whether a run lasts. */
export type Sight = Pick<LedgerDeps, 'now' | 'seeProcess'>;

/** Writes down that a run of a process begins, at a time in unix seconds; gives its id. */
export function beginRun(
  database: Database,
  { command, profile, files }: NewRun,
  { process, started }: { readonly process: string; readonly started: number },
): number {
  const { lastInsertRowid } = database
    .prepare(
      'INSERT INTO runs (process, command, profile, files, started, heartbeat) VALUES (?, ?, ?, ?, ?, ?)',
    )
    .run(process, command, profile ?? null, JSON.stringify(files), started, started);
  return Number(lastInsertRowid);
}

/** Writes down that a run lives at a time in unix seconds. */
export function writeHeartbeat(database: Database, id: number, at: number): void {
  database.prepare('UPDATE runs SET heartbeat = ? WHERE id = ?').run(at, id);
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

/** Makes what tells at a moment whether runs last, each looked for once. */
export function createLivingRuns(database: Database, sight: Sight): () => (run: number) => boolean {
  const find = database.prepare('SELECT id, process, started, finished, heartbeat FROM runs WHERE id = ?');
  return () => {
    const known = new Map<number, boolean>();
    return (run) => {
      const before = known.get(run);
      if (before !== undefined) return before;
      const row = find.get(run);
      const isAlive = row !== undefined && isAliveRow(row, sight);
      known.set(run, isAlive);
      return isAlive;
    };
  };
}

/** Whether the run of a row of the table lasts. */
export function isAliveRow(row: unknown, { now, seeProcess }: Sight): boolean {
  const run = runRowOf(row);
  return isRunAlive(run, seeProcess(run.process), Math.floor(now() / 1000));
}

/** Claims that are not settled. */
const claimed = `${openStates} AND state IN (${stateNumbers['in flight']}, ${stateNumbers.held})`;

/** Open claims of runs that died become what they are without their run; to run inside a transaction. */
export function releaseDeadRuns(database: Database, sight: Sight): void {
  const isAlive = createLivingRuns(database, sight)();
  const runs = database.prepare(`SELECT DISTINCT run FROM calls WHERE ${claimed}`).all();
  const dead = runs.map((row) => numberOf(row, 'run')).filter((run) => !isAlive(run));
  if (dead.length === 0) return;
  const columns = callColumns.join(', ');
  const find = database.prepare(`SELECT namespace, uuid, ${columns} FROM calls WHERE ${claimed} AND run = ?`);
  const replace = database.prepare(
    `UPDATE calls SET (${columns}) = (${callColumns.map(() => '?').join(', ')}) WHERE namespace = ? AND uuid = ?`,
  );
  const remove = database.prepare('DELETE FROM calls WHERE namespace = ? AND uuid = ?');
  for (const row of dead.flatMap((run) => find.all(run))) {
    const key = [numberOf(row, 'namespace'), textOf(row, 'uuid') ?? ''] as const;
    const left = planRelease(callRowOf(row));
    if (left === 'delete') remove.run(...key);
    else replace.run(...valuesOf(left), ...key);
  }
}

/** The last runs, newest first; -1: all. */
export function lastRuns(database: Database, limit: number, sight: Sight): readonly RecordedRun[] {
  const rows = database.prepare('SELECT * FROM runs ORDER BY id DESC LIMIT ?').all(limit);
  return rows.map((row) => recordedRunOf(row, isAliveRow(row, sight)));
}
