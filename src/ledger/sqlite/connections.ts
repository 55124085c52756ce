// Opens the database file, durable and quick; group commit; words failures for the user.

import { UserError } from '../../core/errors.js';
import { type DatabaseSync, loadDriver, transact } from './driver.js';
import { makeLedgerFile, markLedger } from './file.js';
import { migrate } from './schema.js';

/** An open database file: one connection whose commits are on disk, one that does not wait for the disk. */
export interface Connections {
  readonly file: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  readonly durable: DatabaseSync;
  /**
   * For the pace and the place of a run in history: nobody waits for the disk on their behalf. They are on it no
   * later than what `durable` commits after them, since both write to the same log.
   */
  readonly quick: DatabaseSync;
  /** Does work on them; a failure comes out as the UserError that names the file. */
  readonly guarded: <T>(work: () => T) => Promise<T>;
  /** Does work on `durable` in the next transaction, guarded too; resolves with its result when it is on disk. */
  readonly commit: <T>(work: () => T) => Promise<T>;
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
  const driver = await loadDriver();
  const opened: DatabaseSync[] = [];
  const close = () => {
    for (const database of opened.splice(0).reverse()) database.close();
  };
  const connect = (synchronous: 'FULL' | 'NORMAL') => {
    const database = new driver.DatabaseSync(file);
    opened.push(database);
    database.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA synchronous = ${synchronous}`);
    return database;
  };
  try {
    const { isNew, assertNamed } = makeLedgerFile(file, driver);
    const durable = connect('FULL');
    await begin(durable, file, patienceMs);
    migrate(durable, file);
    const quick = connect('NORMAL');
    assertNamed();
    const commit = groupCommits(durable, file, assertNamed);
    return { file, isNew, durable, quick, guarded: guard(file), commit, close };
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

/**
 * Group commit: puts what is asked for in one turn of the event loop into one transaction. A disk that syncs a hundred times
 * a second then carries the intents and verdicts of all requests in flight, not one each. What would go into a file that was
 * removed or replaced is lost: nothing is.
 */
function groupCommits(database: DatabaseSync, file: string, assertNamed: () => void): Connections['commit'] {
  let waiting: { readonly work: () => () => void; readonly failed: (error: unknown) => void }[] = [];

  function flush(): void {
    const group = waiting;
    waiting = [];
    try {
      assertNamed();
      const done = transact(database, () => group.map(({ work }) => work()));
      for (const resolve of done) resolve();
    } catch (error) {
      for (const { failed } of group) failed(ledgerError(error, file));
    }
  }

  return (work) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({
        work: () => {
          const result = work();
          return () => resolve(result);
        },
        failed: reject,
      });
    });
}

/**
 * Marks a new file as a ledger, and makes it a WAL one. Of two processes that do so to a new file at the same moment, SQLite
 * turns one away at once, whatever its busy_timeout.
 */
async function begin(database: DatabaseSync, file: string, patienceMs: number): Promise<void> {
  const pauseMs = 10;
  for (let waited = 0; ; waited += pauseMs) {
    try {
      markLedger(database, file);
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (waited >= patienceMs || !/locked|busy/i.test(String(error))) throw error;
    }
    const { setTimeout: delay } = await import('node:timers/promises');
    await delay(pauseMs);
  }
}

/** What can be wrong, by the words of the failure: what is said, and what to do. */
const causes: readonly (readonly [RegExp, string, string])[] = [
  [/disk is full|ENOSPC/i, 'the disk is full', 'Free some space, then run the same command again.'],
  [
    /readonly|read-only|EROFS|EACCES|EPERM|permission/i,
    'cannot be written',
    'Make the file and its folder writable, or name another file with --ledger.',
  ],
  [
    /disk I\/O error/i,
    'the disk refuses to read or write it',
    'The disk may be full: check its space, the quota and the limits of this process, or name another file with --ledger.',
  ],
  [
    /locked|busy/i,
    'another process has it locked',
    'Wait until that process has ended, or name another file with --ledger.',
  ],
  [
    /not a database|malformed|corrupt/i,
    'is damaged or is not a ledger',
    'Restore a backup, or move the file away to begin a new ledger. A new ledger does not know what was sent, so calls may be sent twice.',
  ],
  [
    /unable to open|ENOENT|ENOTDIR|EISDIR|EEXIST/i,
    'cannot be opened',
    'Name a file in a folder that you may write to with --ledger.',
  ],
];

/** Words a failure of the ledger for the user; a UserError passes as it is, and so does a bug. */
function ledgerError(error: unknown, name: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const known = causes.find(([pattern]) => pattern.test(error.message));
  if (known === undefined) return error;
  return new UserError(`ledger ${name}: ${known[1]}`, {
    hint: known[2],
    cause: error,
  });
}
