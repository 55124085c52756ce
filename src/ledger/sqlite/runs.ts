import type { Database } from './driver.js';
import { numberOf, textOf } from './schema.js';

/** One run as history keeps it; times in unix seconds. */
export interface Run {
  readonly id: number;
  readonly command: string;
  readonly profile?: string;
  readonly files: readonly string[];
  readonly started: number;
  /** Absent while it runs, and for a run that died. */
  readonly finished?: number;
  readonly exit?: number;
  /** The summary that was printed, as JSON text. */
  readonly summary?: string;
  readonly process: string;
}

/** What is known of a run when it begins. */
export interface NewRun {
  readonly process: string;
  readonly command: string;
  readonly profile: string | undefined;
  readonly files: readonly string[];
  /** Unix seconds. */
  readonly started: number;
}

/** Writes down that a run begins; gives its id. */
export function beginRun(database: Database, run: NewRun): number {
  const { lastInsertRowid } = database
    .prepare('INSERT INTO runs (process, command, profile, files, started) VALUES (?, ?, ?, ?, ?)')
    .run(run.process, run.command, run.profile ?? null, JSON.stringify(run.files), run.started);
  return Number(lastInsertRowid);
}

/** Writes down how a run ended. */
export function endRun(
  database: Database,
  id: number,
  end: { readonly finished: number; readonly exit: number; readonly summary: string },
): void {
  database
    .prepare('UPDATE runs SET finished = ?, exit = ?, summary = ? WHERE id = ?')
    .run(end.finished, end.exit, end.summary, id);
}

/** The last runs, newest first. */
export function lastRuns(database: Database, most: number): readonly Run[] {
  return database.prepare('SELECT * FROM runs ORDER BY id DESC LIMIT ?').all(most).map(runOf);
}

function runOf(row: unknown): Run {
  const optional = { profile: textOf(row, 'profile'), summary: textOf(row, 'summary') };
  const finished = nullable(row, 'finished');
  const exit = nullable(row, 'exit');
  return {
    id: numberOf(row, 'id'),
    command: textOf(row, 'command') ?? '',
    files: listOf(textOf(row, 'files')),
    started: numberOf(row, 'started'),
    process: textOf(row, 'process') ?? '',
    ...(optional.profile === undefined ? {} : { profile: optional.profile }),
    ...(optional.summary === undefined ? {} : { summary: optional.summary }),
    ...(finished === undefined ? {} : { finished }),
    ...(exit === undefined ? {} : { exit }),
  };
}

function nullable(row: unknown, column: string): number | undefined {
  const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** A list of texts that was written down as JSON. */
export function listOf(json: string | undefined): readonly string[] {
  const list: unknown = json === undefined ? [] : JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}
