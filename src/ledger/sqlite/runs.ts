import type { ExitCode } from '../../core/errors.js';
import type { NewRun, RecordedRun } from '../../core/ledger-store.js';
import type { Database } from './driver.js';
import { numberOf, optionalNumberOf, textOf } from './schema.js';

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
  return rows.map((row) => runOf(row, isAlive));
}

function runOf(row: unknown, isAlive: (process: string) => boolean): RecordedRun {
  const profile = textOf(row, 'profile');
  const summary = textOf(row, 'summary');
  const finished = optionalNumberOf(row, 'finished');
  const exit = optionalNumberOf(row, 'exit');
  const running = finished === undefined && isAlive(textOf(row, 'process') ?? '');
  return {
    id: numberOf(row, 'id'),
    state: finished !== undefined ? 'ended' : running ? 'running' : 'died',
    command: textOf(row, 'command') ?? '',
    files: listOf(textOf(row, 'files')),
    started: numberOf(row, 'started'),
    ...(profile === undefined ? {} : { profile }),
    ...(summary === undefined ? {} : { summary }),
    ...(finished === undefined ? {} : { finished }),
    ...(exit === undefined ? {} : { exit }),
  };
}

/** A list of texts that was written down as JSON. */
export function listOf(json: string | undefined): readonly string[] {
  const list: unknown = json === undefined ? [] : JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}
