// The table of runs: heartbeats, which runs last, what becomes of the calls of others.

import type { ExitCode } from '../core/errors.js';
import { groupBy } from '../core/group.js';
import type { RecordedRun } from '../core/history.js';
import type { LedgerDeps, NewRun } from '../core/ledger-store.js';
import { type Connection, type Dialect, hostClock, query, type Work } from './database.js';
import { isRunAlive, planRelease } from './planner.js';
import {
  callColumns,
  callRowOf,
  numberOf,
  openStates,
  optionalNumberOf,
  recordedRunOf,
  runRowOf,
  stateNumbers,
  textOf,
} from './rows.js';

/** What it takes to tell whether a run lasts. */
export interface Sight extends Pick<LedgerDeps, 'now' | 'seeProcess'> {
  readonly dialect: Dialect;
}

/** The columns of a run by which `isAliveRow` tells whether it lasts. */
export function runColumns({ clock, heartbeat }: Dialect): string {
  return `runs.id, runs.process, runs.command, runs.profile, runs.files, runs.started, runs.finished, runs.exit,
    runs.summary, ${clock} AS now, ${heartbeat} AS heartbeat`;
}

/** Whether the run of a row with `runColumns` lasts. */
export function isAliveRow(row: unknown, { seeProcess, now }: Sight): boolean {
  const run = runRowOf(row);
  const at = optionalNumberOf(row, 'now') ?? now() / 1000;
  return isRunAlive(run, seeProcess(run.process), Math.floor(at));
}

/** Writes down that a run of a process begins, at a time in unix seconds by the clock of the host; gives its id. */
export function* beginRun(
  { clock }: Dialect,
  { command, profile, files }: NewRun,
  { process, started }: { readonly process: string; readonly started: number },
): Work<number> {
  const { rows } = yield* query(
    `INSERT INTO runs (process, command, profile, files, started, heartbeat)
     VALUES ($1, $2, $3, $4, $5, coalesce(CAST(${clock} AS bigint), $5)) RETURNING id`,
    [process, command, profile ?? null, JSON.stringify(files), started],
  );
  return numberOf(rows[0], 'id');
}

/**
 * Tells runs that they were taken for dead: what they claimed may be another's. Where clocks are the hosts' own, one that is
 * wrong takes others for dead, and they cannot know by themselves.
 */
export function* markTaken({ clock }: Dialect, runs: Iterable<number>): Work<void> {
  if (clock !== hostClock) return;
  for (const run of runs) yield* query('UPDATE runs SET heartbeat = 0 WHERE id = $1', [run]);
}

/** Whether another run took this one for dead since its last heartbeat, or even had it forgotten. */
export function* wasTaken({ clock }: Dialect, id: number): Work<boolean> {
  if (clock !== hostClock) return false;
  const { rows } = yield* query('SELECT heartbeat FROM runs WHERE id = $1', [id]);
  return rows.length === 0 || optionalNumberOf(rows[0], 'heartbeat') === 0;
}

/**
 * Writes down that a run lives at a time in unix seconds by the clock of the host; true where another run took it for dead
 * meanwhile.
 */
export function* writeHeartbeat(dialect: Dialect, id: number, at: number): Work<boolean> {
  const { clock } = dialect;
  const isTaken = yield* wasTaken(dialect, id);
  yield* query(`UPDATE runs SET heartbeat = coalesce(CAST(${clock} AS bigint), $2) WHERE id = $1`, [id, at]);
  return isTaken;
}

/** Writes down how a run ended. */
export function* endRun(
  id: number,
  end: { readonly finished: number; readonly exit: ExitCode; readonly summary: string },
): Work<void> {
  yield* query('UPDATE runs SET finished = $2, exit = $3, summary = $4 WHERE id = $1', [
    id,
    end.finished,
    end.exit,
    end.summary,
  ]);
}

/** The last runs, newest first; `limit` absent: all. */
export function* lastRuns(sight: Sight, limit = 2 ** 31): Work<readonly RecordedRun[]> {
  const { rows } = yield* query(`SELECT ${runColumns(sight.dialect)} FROM runs ORDER BY id DESC LIMIT $1`, [
    limit,
  ]);
  return rows.map((row) => recordedRunOf(row, isAliveRow(row, sight)));
}

/**
 * Those of these runs that last now. `lock`: they are locked until the transaction ends, so that none says that it lives
 * while its calls are taken. Of a run that is not known any more, nobody knows that it lasts.
 */
export function* livingAmong(
  runs: ReadonlySet<number>,
  sight: Sight,
  lock = false,
): Work<ReadonlySet<number>> {
  const living = new Set<number>();
  const { dialect } = sight;
  const find = `SELECT ${runColumns(dialect)} FROM runs WHERE id = $1 ${lock ? 'FOR SHARE' : ''}`;
  for (const run of [...runs].sort((one, other) => one - other)) {
    const { rows } = yield* query(find, [run]);
    if (rows.some((row) => isAliveRow(row, sight))) living.add(run);
  }
  return living;
}

const claimed = `${openStates} AND calls.state IN (${stateNumbers['in flight']}, ${stateNumbers.held})`;

/** Open claims of runs that died become what they are without their run. */
export async function releaseDeadRuns(connection: Connection, sight: Sight): Promise<void> {
  const dead = await connection.read(function* () {
    const { rows } = yield* query(`SELECT DISTINCT run FROM calls WHERE ${claimed}`);
    return yield* deadAmong(
      rows.map((row) => numberOf(row, 'run')),
      sight,
    );
  });
  if (dead.length === 0) return;
  await connection.transaction(function* () {
    const runs = yield* deadAmong(dead, sight, true);
    yield* markTaken(sight.dialect, runs);
    for (const run of runs) yield* release(run, sight.dialect);
  });
}

function* deadAmong(runs: readonly number[], sight: Sight, lock?: boolean): Work<readonly number[]> {
  const living = yield* livingAmong(new Set(runs), sight, lock);
  return runs.filter((run) => !living.has(run));
}

function* release(run: number, { writeRows }: Dialect): Work<void> {
  const { rows } = yield* query(
    `SELECT namespace, uuid, ${callColumns.join(', ')} FROM calls
     WHERE ${claimed} AND run = $1 ORDER BY namespace, uuid FOR UPDATE SKIP LOCKED`,
    [run],
    true,
  );
  for (const [namespace, released] of groupBy(rows, (row) => numberOf(row, 'namespace'))) {
    const writes = released.map((row) => {
      const before = callRowOf(row);
      return { key: textOf(row, 'uuid') ?? '', before, after: planRelease(before) };
    });
    yield* writeRows(namespace, writes);
  }
}
