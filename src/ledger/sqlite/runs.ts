import type { ExitCode } from '../../core/errors.js';
import type { NewRun, RecordedRun } from '../../core/ledger-store.js';
import { textOf } from '../cells.js';
import { recordedRunOf } from '../recorded.js';
import type { Database } from './driver.js';

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
export function lastRuns(
  database: Database,
  limit: number,
  isAlive: (process: string) => boolean,
): readonly RecordedRun[] {
  const rows = database.prepare('SELECT * FROM runs ORDER BY id DESC LIMIT ?').all(limit);
  return rows.map((row) => recordedRunOf(row, isAlive(textOf(row, 'process') ?? '')));
}
