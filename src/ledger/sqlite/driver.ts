// Loads Node's SQLite or @photostructure/sqlite; work inside a transaction.

import { UserError } from '../../core/errors.js';
import type { Result, SqlValue, Statement } from '../database.js';

/** A prepared statement, as node:sqlite and @photostructure/sqlite both have it. */
interface StatementSync {
  readonly run: (...values: SqlValue[]) => { changes: number | bigint };
  readonly get: (...values: SqlValue[]) => unknown;
  readonly all: (...values: SqlValue[]) => unknown[];
}

/** An open database, as node:sqlite and @photostructure/sqlite both have it. */
export interface DatabaseSync {
  readonly exec: (sql: string) => void;
  readonly prepare: (sql: string) => StatementSync;
  readonly close: () => void;
}

export interface Driver {
  readonly DatabaseSync: new (file: string, options?: { readonly readOnly: boolean }) => DatabaseSync;
}

/**
 * Loads SQLite: Node's own where it has one (22.13 and later), else the optional package that carries its binaries.
 *
 * @throws UserError where neither is there
 */
export async function loadDriver(): Promise<Driver> {
  return (await nodeDriver()) ?? (await optionalSqlite());
}

async function nodeDriver(): Promise<Driver | undefined> {
  try {
    return await import('node:sqlite');
  } catch {
    return undefined;
  }
}

async function optionalSqlite(): Promise<Driver> {
  try {
    return await import('@photostructure/sqlite');
  } catch (cause) {
    throw new UserError(
      'ledger: needs SQLite, but this Node has none and the package @photostructure/sqlite is not installed',
      {
        hint: 'Use Node 22.13 or later, or install with optional dependencies (npm install --include=optional). add, import and follow work without a ledger with --no-ledger.',
        cause,
      },
    );
  }
}

/** Does work inside a transaction, and undoes it where the work fails. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Undoes a transaction that failed. SQLite has done so by itself after some failures (a full disk): then nothing is left to undo. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    return;
  }
}

/** A statement that is prepared: it is carried out with its values, or with each of several. */
export type Prepared = (values: readonly SqlValue[], each: Statement['each']) => Result;

/** Prepares a statement whose values stand in it as $1, $2 …; its locks of rows are left out. */
export function prepare(database: DatabaseSync, sql: string): Prepared {
  const own = sql.replace(/\$(?=\d)/g, '?').replace(/\bFOR (?:UPDATE|SHARE)(?: SKIP LOCKED)?/g, '');
  const statement = database.prepare(own);
  if (/^\s*(?:SELECT|PRAGMA)\b|\bRETURNING\b/i.test(sql)) {
    return (values) => {
      const rows = statement.all(...values);
      return { rows, count: rows.length };
    };
  }
  return (values, each = [values]) => {
    const misses: number[] = [];
    let count = 0;
    for (const [at, one] of each.entries()) {
      const changes = Number(statement.run(...one).changes);
      if (changes === 0) misses.push(at);
      count += changes;
    }
    return { rows: none, count, misses };
  };
}

const none: readonly unknown[] = [];
