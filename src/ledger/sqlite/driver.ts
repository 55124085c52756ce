// Loads Node's SQLite or @photostructure/sqlite; work inside a transaction.

import { UserError } from '../../core/errors.js';

/** A prepared statement, as node:sqlite and @photostructure/sqlite both have it. */
export interface Statement {
  readonly run: (...values: (string | number | null)[]) => {
    changes: number | bigint;
    lastInsertRowid: number | bigint;
  };
  readonly get: (...values: (string | number | null)[]) => unknown;
  readonly all: (...values: (string | number | null)[]) => unknown[];
}

/** An open database, as node:sqlite and @photostructure/sqlite both have it. */
export interface Database {
  readonly exec: (sql: string) => void;
  readonly prepare: (sql: string) => Statement;
  readonly close: () => void;
}

export interface Driver {
  readonly DatabaseSync: new (file: string, options?: { readonly readOnly: boolean }) => Database;
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
export function transact<T>(database: Database, work: () => T): T {
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
function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    return;
  }
}
