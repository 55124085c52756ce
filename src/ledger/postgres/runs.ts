import type { ExitCode } from '../../core/errors.js';
import type { NewRun, RecordedRun } from '../../core/ledger.js';
import { numberOf, processDied, recordedRunOf, stateNumbers } from '../rows.js';
import type { Connection, Query } from './connection.js';
import { lockClass } from './schema.js';

/**
 * The advisory locks of runs that last: each run holds one on its own connection, which the database lets go of when that
 * connection ends, however it ends. The locks are shared ones, so that a run whose connection broke may take its lock again
 * before the database has noticed that the old one is gone.
 */
const livingRuns = `SELECT objid::integer AS run FROM pg_catalog.pg_locks
  WHERE locktype = 'advisory' AND classid = ${lockClass} AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())`;

/** Whether a run of the table lasts: it has not ended, and somebody holds its lock. */
const isLiving = `runs.finished IS NULL AND runs.id IN (${livingRuns})`;

/** Takes the lock of a run on this connection. */
export async function holdRun(query: Query, run: number): Promise<void> {
  await query('SELECT pg_advisory_lock_shared($1, $2)', [lockClass, run]);
}

/** Lets go of the lock of a run. */
export async function releaseRun(query: Query, run: number): Promise<void> {
  await query('SELECT pg_advisory_unlock_shared($1, $2)', [lockClass, run]);
}

/** Writes down that a run of a process begins, at a time in unix seconds; gives its id. */
export async function beginRun(
  query: Query,
  { command, profile, files }: NewRun,
  { process, started }: { readonly process: string; readonly started: number },
): Promise<number> {
  const { rows } = await query(
    `INSERT INTO amocalls.runs (process, command, profile, files, started) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
    [process, command, profile ?? null, JSON.stringify(files), started],
  );
  return numberOf(rows[0], 'id');
}

/** Writes down how a run ended. */
export async function endRun(
  query: Query,
  id: number,
  {
    finished,
    exit,
    summary,
  }: { readonly finished: number; readonly exit: ExitCode; readonly summary: string },
): Promise<void> {
  await query('UPDATE amocalls.runs SET finished = $2, exit = $3, summary = $4 WHERE id = $1', [
    id,
    finished,
    exit,
    summary,
  ]);
}

/** The last runs, newest first; `limit` absent: all. */
export async function lastRuns(query: Query, limit?: number): Promise<readonly RecordedRun[]> {
  const { rows } = await query(
    `SELECT runs.*, CASE WHEN ${isLiving} THEN 1 ELSE 0 END AS living FROM amocalls.runs ORDER BY id DESC LIMIT $1`,
    [limit ?? null],
  );
  return rows.map((row) => recordedRunOf(row, numberOf(row, 'living') === 1));
}

/** Those of these runs that last now. */
export async function livingAmong(query: Query, runs: readonly number[]): Promise<ReadonlySet<number>> {
  if (runs.length === 0) return new Set();
  const { rows } = await query(`SELECT id FROM amocalls.runs WHERE id = ANY($1::integer[]) AND ${isLiving}`, [
    runs,
  ]);
  return new Set(rows.map((row) => numberOf(row, 'id')));
}

/** Calls that were in flight when their run died are `unconfirmed` from now on: nobody knows whether they arrived. */
export async function releaseDeadRuns(connection: Connection): Promise<void> {
  await connection.run((query) =>
    query(
      `WITH dead AS (
         SELECT namespace, uuid FROM amocalls.calls
         WHERE state = ${stateNumbers['in flight']}
           AND run NOT IN (SELECT id FROM amocalls.runs WHERE ${isLiving})
         ORDER BY namespace, uuid FOR UPDATE SKIP LOCKED)
       UPDATE amocalls.calls SET state = ${stateNumbers.unconfirmed}, reasons = $1 FROM dead
       WHERE calls.namespace = dead.namespace AND calls.uuid = dead.uuid`,
      [processDied],
    ),
  );
}
