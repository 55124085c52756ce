import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../core/errors.js';
import { type Database, loadDriver } from './driver.js';
import { migrate } from './schema.js';

/** An open ledger file: one connection whose commits are on disk, one that does not wait for the disk. */
export interface LedgerFile {
  readonly name: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  readonly durable: Database;
  /**
   * For the pace and the place of a run in history: nobody waits for the disk on their behalf. They are on it no
   * later than what `durable` commits after them, since both write to the same log.
   */
  readonly quick: Database;
  /** Runs work on it; a failure comes out as the UserError that names the file. */
  readonly guarded: <T>(work: () => T) => T;
  readonly close: () => void;
}

/** How long a process waits for another one that is writing, in milliseconds. */
const ordinaryPatienceMs = 10_000;

/** The file used where nobody names one: in the user's state folder, shared by all runs of the user on this host. */
export function defaultLedgerFile(
  env: Readonly<Record<string, string | undefined>>,
  homedir: string,
): string {
  const state = env['XDG_STATE_HOME'] || env['LOCALAPPDATA'] || path.join(homedir, '.local', 'state');
  return path.join(state, 'amocalls', 'ledger.db');
}

/**
 * Opens the ledger, and makes it where there is none (readable by its owner alone).
 *
 * @param patienceMs how long to wait for another process that is writing
 * @throws UserError where it cannot be opened, read or written
 */
export async function openLedgerFile(name: string, patienceMs = ordinaryPatienceMs): Promise<LedgerFile> {
  const { DatabaseSync } = await loadDriver();
  try {
    const isNew = !existsSync(name);
    makeFolder(path.dirname(name));
    closeSync(openSync(name, 'a', 0o600));
    const durable = new DatabaseSync(name);
    durable.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA synchronous = FULL`);
    await enterWal(durable, patienceMs);
    migrate(durable, name);
    const quick = new DatabaseSync(name);
    quick.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA synchronous = NORMAL`);
    return {
      name,
      isNew,
      durable,
      quick,
      guarded(work) {
        try {
          return work();
        } catch (error) {
          throw ledgerError(error, name);
        }
      },
      close() {
        quick.close();
        durable.close();
      },
    };
  } catch (error) {
    throw ledgerError(error, name);
  }
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

const causes: readonly (readonly [RegExp, string, string])[] = [
  [/disk is full|ENOSPC/i, 'the disk is full', 'Make room, then run the same command again.'],
  [
    /readonly|read-only|EROFS|EACCES|EPERM|permission/i,
    'it cannot be written',
    'Make the file and its folder writable, or name another file with --ledger.',
  ],
  [
    /disk I\/O error/i,
    'the disk refuses to read or write it',
    'It may be full: check its room, the quota and the limits of this process, or name another file with --ledger.',
  ],
  [
    /locked|busy/i,
    'another process has it locked',
    'Wait until that process has ended, or name another file with --ledger.',
  ],
  [
    /not a database|malformed|corrupt/i,
    'it is damaged, or no ledger at all',
    'Move it away to begin a new one: calls sent before are then no longer known, and may be sent twice.',
  ],
  [
    /unable to open|ENOENT|ENOTDIR|EISDIR|EEXIST/i,
    'it cannot be opened',
    'Name a file in a folder that you may write to with --ledger.',
  ],
];

/** Words a failure of the ledger for the user; a UserError passes as it is, and so does a bug. */
export function ledgerError(error: unknown, name: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const known = causes.find(([pattern]) => pattern.test(error.message));
  if (known === undefined) return error;
  return new UserError(`the ledger ${name} cannot be used: ${known[1]}`, {
    hint: known[2],
    cause: error,
  });
}
