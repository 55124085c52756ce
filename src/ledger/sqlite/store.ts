// A ledger in a SQLite file.

import path from 'node:path';
import type { LedgerDeps, LedgerStore } from '../../core/ledger-store.js';
import { assertOwnFile } from '../../files/output-file.js';
import type { Attempt, Connection, Result, Statement, Work } from '../database.js';
import { createStore } from '../database-ledger.js';
import { type Connections, openConnections } from './connections.js';
import { sqliteDialect } from './dialect.js';
import { type DatabaseSync, type Prepared, prepare, transact } from './driver.js';
import { isThere } from './file.js';

/**
 * Opens a ledger in a SQLite file.
 *
 * @throws UserError where the file cannot be used
 */
export async function openSqliteStore(file: string, deps: LedgerDeps): Promise<LedgerStore> {
  await assertLedgerFile(file, deps);
  return createSqliteStore(await openConnections(file), deps);
}

/**
 * Opens a ledger that is there; undefined where there is no such file, or an empty one.
 *
 * @throws UserError where the file cannot be used
 */
export async function findSqliteStore(file: string, deps: LedgerDeps): Promise<LedgerStore | undefined> {
  await assertLedgerFile(file, deps);
  return isThere(file) ? openSqliteStore(file, deps) : undefined;
}

/** A link or a pipe of somebody else is no ledger: SQLite would write to what is behind it. */
function assertLedgerFile(file: string, { user }: LedgerDeps): Promise<void> {
  return assertOwnFile({ asked: 'ledger', name: file, path: path.resolve(file), user });
}

/** The ledger behind open connections; closing it closes them. */
export function createSqliteStore(connections: Connections, deps: LedgerDeps): LedgerStore {
  const { file, isNew, durable, quick, guarded, commit, close } = connections;
  const database = {
    name: file,
    isNew,
    durable: connectionOf(durable, guarded, commit),
    quick: connectionOf(quick, guarded, (work) => guarded(() => transact(quick, work))),
    dialect: sqliteDialect(file),
    outages: () => 0,
    close: async () => close(),
  };
  return createStore(database, deps);
}

/** Nothing is lost between a file and its process: no try is ever uncertain. */
const attempt: Attempt = { isUncertain: false };

function connectionOf(
  database: DatabaseSync,
  guarded: Connections['guarded'],
  commit: Connections['commit'],
): Connection {
  const statements = new Map<string, Prepared>();
  const write: Connection['write'] = (work) => commit(() => perform(database, statements, work(attempt)));
  return {
    read: (work) => guarded(() => perform(database, statements, work(attempt))),
    write,
    transaction: write,
  };
}

/** Does work at once. A failure of a statement ends it. */
function perform<T>(database: DatabaseSync, statements: Map<string, Prepared>, work: Work<T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next(execute(database, statements, step.value));
  return step.value;
}

function execute(
  database: DatabaseSync,
  statements: Map<string, Prepared>,
  { sql, values = [], each }: Statement,
): Result {
  let prepared = statements.get(sql);
  if (prepared === undefined) {
    prepared = prepare(database, sql);
    statements.set(sql, prepared);
  }
  return prepared(values, each);
}
