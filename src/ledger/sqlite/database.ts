// A ledger in a SQLite file: opened, worked on in groups of commits, its failures worded for the user.

import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { LedgerDeps } from '../../core/ledger-store.js';
import { assertOwnFile } from '../../files/output-file.js';
import type { Attempt, Connection, Database, Work } from '../database.js';
import { sqliteDialect } from './dialect.js';
import { type DatabaseSync, loadDriver, type Prepared, prepare, transact } from './driver.js';
import { isThere, type LedgerFile, makeLedgerFile, markLedger } from './file.js';
import { migrate } from './schema.js';

/** How long a process waits for another one that is writing, in milliseconds. */
const ordinaryPatienceMs = 10_000;

/** Whether there is a ledger in the file: an empty file is none yet. */
export async function hasLedger(file: string, { user }: Pick<LedgerDeps, 'user'>): Promise<boolean> {
  await assertLedgerFile(file, user);
  return isThere(file);
}

/** A link or a pipe of somebody else is no ledger: SQLite would write to what is behind it. */
function assertLedgerFile(file: string, user: LedgerDeps['user']): Promise<void> {
  return assertOwnFile({ asked: 'ledger', name: file, path: path.resolve(file), user });
}

/**
 * Opens the file, and makes it where there is none (readable by its owner alone). What its quick connection commits is on disk
 * no later than what the durable one commits after it, since both write to the same log.
 *
 * @param patienceMs how long to wait for another process that is writing
 * @throws UserError where it cannot be opened, read or written
 */
export async function openDatabase(
  file: string,
  { user }: Pick<LedgerDeps, 'user'>,
  patienceMs = ordinaryPatienceMs,
): Promise<Database> {
  await assertLedgerFile(file, user);
  const driver = await loadDriver();
  const opened: DatabaseSync[] = [];
  const close = async () => {
    for (const database of opened.splice(0).reverse()) database.close();
  };
  const connect = (synchronous: 'FULL' | 'NORMAL') => {
    const database = new driver.DatabaseSync(file);
    opened.push(database);
    database.exec(`PRAGMA busy_timeout = ${patienceMs}; PRAGMA synchronous = ${synchronous}`);
    return database;
  };
  try {
    const made = makeLedgerFile(file, driver);
    const durable = connect('FULL');
    await begin(durable, file, patienceMs);
    migrate(durable, file);
    const quick = connect('NORMAL');
    made.assertNamed();
    return {
      name: file,
      isNew: made.isNew,
      durable: new FileConnection(durable, made),
      quick: new FileConnection(quick, made),
      dialect: sqliteDialect(file),
      outages: () => 0,
      close,
    };
  } catch (error) {
    await close();
    throw ledgerError(error, file);
  }
}

/** Work that waits for the next transaction. */
interface WaitingWork {
  /** Does it; gives what tells that it is committed. */
  readonly perform: () => () => void;
  readonly failed: (error: unknown) => void;
}

/** Nothing is lost between a file and its process: no try is ever uncertain. */
const attempt: Attempt = { isUncertain: false };

/**
 * Work on a file. What is to be written in one turn of the event loop goes into one transaction: a disk that syncs a hundred
 * times a second then carries the intents and verdicts of all requests in flight, not one each.
 */
class FileConnection implements Connection {
  readonly #database: DatabaseSync;
  readonly #file: LedgerFile;
  readonly #statements = new Map<string, Prepared>();
  #waiting: WaitingWork[] = [];

  constructor(database: DatabaseSync, file: LedgerFile) {
    this.#database = database;
    this.#file = file;
  }

  async read<T>(work: (attempt: Attempt) => Work<T>): Promise<T> {
    try {
      return this.#perform(work(attempt));
    } catch (error) {
      throw ledgerError(error, this.#file.name);
    }
  }

  write<T>(work: (attempt: Attempt) => Work<T>): Promise<T> {
    return new Promise((resolve, failed) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      const perform = () => {
        const result = this.#perform(work(attempt));
        return () => resolve(result);
      };
      this.#waiting.push({ perform, failed });
    });
  }

  transaction<T>(work: (attempt: Attempt) => Work<T>): Promise<T> {
    return this.write(work);
  }

  /** What would go into a file that was removed or replaced is lost: nothing is written then. */
  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      this.#file.assertNamed();
      const done = transact(this.#database, () => group.map(({ perform }) => perform()));
      for (const resolve of done) resolve();
    } catch (error) {
      for (const { failed } of group) failed(ledgerError(error, this.#file.name));
    }
  }

  /** Does work at once. A failure of a statement ends it. */
  #perform<T>(work: Work<T>): T {
    let step = work.next();
    while (step.done !== true) {
      const { sql, values = [], each } = step.value;
      const prepared = this.#statements.get(sql) ?? prepare(this.#database, sql);
      this.#statements.set(sql, prepared);
      step = work.next(prepared(values, each));
    }
    return step.value;
  }
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
