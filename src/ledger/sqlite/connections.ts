import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { type Database, loadDriver } from './driver.js';
import { ledgerError } from './errors.js';
import { migrate } from './schema.js';

/** An open database file: one connection whose commits are on disk, one that does not wait for the disk. */
export interface Connections {
  readonly file: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  readonly durable: Database;
  /**
   * For the pace and the place of a run in history: nobody waits for the disk on their behalf. They are on it no
   * later than what `durable` commits after them, since both write to the same log.
   */
  readonly quick: Database;
  /** Does work on them; a failure comes out as the UserError that names the file. */
  readonly guarded: <T>(work: () => T) => Promise<T>;
  readonly close: () => void;
}

/** How long a process waits for another one that is writing, in milliseconds. */
const ordinaryPatienceMs = 10_000;

/**
 * Opens the file, and makes it where there is none (readable by its owner alone).
 *
 * @param patienceMs how long to wait for another process that is writing
 * @throws UserError where it cannot be opened, read or written
 */
export async function openConnections(file: string, patienceMs = ordinaryPatienceMs): Promise<Connections> {
  const { DatabaseSync } = await loadDriver();
  const opened: Database[] = [];
  const close = () => {
    for (const database of opened.splice(0).reverse()) database.close();
  };
  const connect = (synchronous: 'FULL' | 'NORMAL') => {
    const database = new DatabaseSync(file);
    opened.push(database);
    database.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA synchronous = ${synchronous}`);
    return database;
  };
  try {
    const isNew = !existsSync(file);
    makeFolder(path.dirname(file));
    closeSync(openSync(file, 'a', 0o600));
    const durable = connect('FULL');
    await enterWal(durable, patienceMs);
    migrate(durable, file);
    const quick = connect('NORMAL');
    return { file, isNew, durable, quick, guarded: guard(file), close };
  } catch (error) {
    close();
    throw ledgerError(error, file);
  }
}

function guard(file: string): Connections['guarded'] {
  return async (work) => {
    try {
      return work();
    } catch (error) {
      throw ledgerError(error, file);
    }
  };
}

/** Makes a folder and those above it. Node's own `recursive` never returns where a folder cannot be made (/proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error; // another process was quicker
  }
}

/**
 * Makes the file a WAL one. Of two processes that do so to a new file at the same moment, SQLite turns one away at
 * once, whatever its busy_timeout.
 */
async function enterWal(database: Database, patienceMs: number): Promise<void> {
  const pauseMs = 10;
  for (let waited = 0; ; waited += pauseMs) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (waited >= patienceMs || !/locked|busy/i.test(String(error))) throw error;
    }
    const { setTimeout: delay } = await import('node:timers/promises');
    await delay(pauseMs);
  }
}
