// The table of runs: heartbeats, which runs last, what becomes of the calls of others.

import type { ExitCode } from '../../core/errors.js';
import type { RecordedRun } from '../../core/history.js';
import type { LedgerDeps, NewRun } from '../../core/ledger-store.js';
import { isRunAlive, planRelease } from '../planner.js';
import { openStates } from '../queries.js';
import { callColumns, callRowOf, numberOf, recordedRunOf, runRowOf, stateNumbers, textOf } from '../rows.js';
import { writeRows } from './call-table.js';
import type { Connection } from './connection.js';
import type { Query } from './session.js';

/** What it takes to tell whether a run lasts. */
export type Sight = Pick<LedgerDeps, 'seeProcess'>;

/** Unix seconds by the clock of the database, which all hosts share. */
const seconds = 'floor(extract(epoch FROM clock_timestamp()))::bigint';

/**
 * A run as it lasts or not. While the database was away nobody could say that it lives: its silence counts from when the
 * database began again.
 */
export const runColumns = `runs.id, runs.process, runs.command, runs.profile, runs.files, runs.started, runs.finished,
  runs.exit, runs.summary, ${seconds} AS now,
  greatest(runs.heartbeat, floor(extract(epoch FROM pg_postmaster_start_time()))::bigint) AS heartbeat`;

/** Whether the run of a row with `runColumns` lasts. */
export function isAliveRow(row: unknown, { seeProcess }: Sight): boolean {
  const run = runRowOf(row);
  return isRunAlive(run, seeProcess(run.process), numberOf(row, 'now'));
}

/** Writes down that a run of a process begins, at a time in unix seconds; gives its id. */
export async function beginRun(
  query: Query,
  { command, profile, files }: NewRun,
  { process, started }: { readonly process: string; readonly started: number },
): Promise<number> {
  const { rows } = await query(
    `INSERT INTO amocalls.runs (process, command, profile, files, started, heartbeat)
     VALUES ($1, $2, $3, $4, $5, ${seconds}) RETURNING id`,
    [process, command, profile ?? null, JSON.stringify(files), started],
  );
  return numberOf(rows[0], 'id');
}

/** Writes down that a run lives. */
export async function writeHeartbeat(query: Query, id: number): Promise<void> {
  await query(`UPDATE amocalls.runs SET heartbeat = ${seconds} WHERE id = $1`, [id]);
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
export async function lastRuns(
  query: Query,
  sight: Sight,
  limit: number | undefined,
): Promise<readonly RecordedRun[]> {
  const { rows } = await query(`SELECT ${runColumns} FROM amocalls.runs ORDER BY id DESC LIMIT $1`, [
    limit ?? null,
  ]);
  return rows.map((row) => recordedRunOf(row, isAliveRow(row, sight)));
}

/**
 * Those of these runs that last now. `lock`: they are locked until the transaction ends, so that none says that it lives
 * while its calls are taken.
 */
export async function livingAmong(
  query: Query,
  runs: ReadonlySet<number>,
  sight: Sight,
  lock = false,
): Promise<ReadonlySet<number>> {
  if (runs.size === 0) return new Set();
  const { rows } = await query(
    `SELECT ${runColumns} FROM amocalls.runs WHERE id = ANY($1::integer[]) ORDER BY id ${lock ? 'FOR SHARE' : ''}`,
    [[...runs]],
  );
  return new Set(rows.filter((row) => isAliveRow(row, sight)).map((row) => numberOf(row, 'id')));
}

const claimed = `${openStates} AND calls.state IN (${stateNumbers['in flight']}, ${stateNumbers.held})`;

/** Open claims of runs that died become what they are without their run. */
export async function releaseDeadRuns(connection: Connection, sight: Sight): Promise<void> {
  const dead = await connection.run((query) => deadRuns(query, sight));
  if (dead.length === 0) return;
  await connection.transaction(async (query) => {
    const living = await livingAmong(query, new Set(dead), sight, true);
    const { rows } = await query(
      `SELECT namespace, uuid, ${callColumns.join(', ')} FROM amocalls.calls
       WHERE ${claimed} AND run = ANY($1::integer[]) ORDER BY namespace, uuid FOR UPDATE SKIP LOCKED`,
      [dead.filter((run) => !living.has(run))],
      true,
    );
    for (const namespace of new Set(rows.map((row) => numberOf(row, 'namespace')))) {
      const released = rows.filter((row) => numberOf(row, 'namespace') === namespace);
      const writes = released.map((row) => {
        const before = callRowOf(row);
        return { key: textOf(row, 'uuid') ?? '', before, after: planRelease(before) };
      });
      await writeRows(query, namespace, writes);
    }
  });
}

/** The runs that have open claims and do not last; of a run that is not known any more, nobody knows that it lasts. */
async function deadRuns(query: Query, sight: Sight): Promise<readonly number[]> {
  const { rows } = await query(`SELECT DISTINCT run FROM amocalls.calls WHERE ${claimed}`);
  const runs = new Set(rows.map((row) => numberOf(row, 'run')));
  const living = await livingAmong(query, runs, sight);
  return [...runs].filter((run) => !living.has(run));
}
