// Opens a ledger, and says which one where nobody names it.

import path from 'node:path';
import type { Context } from '../context.js';
import { UserError } from '../core/errors.js';
import { isAddress, isDatabaseAddress, maskPassword } from '../core/ledger-address.js';
import type { LedgerDeps, LedgerStore } from '../core/ledger-store.js';

/** The ledger used where nobody names one: a file in the user's state folder, shared by all runs of the user on this host. */
export function defaultLedgerFile({ env, homedir }: Pick<Context, 'env' | 'homedir'>): string {
  const state = env['XDG_STATE_HOME'] || env['LOCALAPPDATA'] || path.join(homedir, '.local', 'state');
  return path.join(state, 'amocalls', 'ledger.db');
}

/**
 * Opens a ledger, and makes it where there is none.
 *
 * @param where path of a file, which is made readable by its owner alone; or the address of a PostgreSQL database, whose
 * engine is loaded only then
 * @throws UserError where it cannot be opened, read or written
 */
export async function openLedgerStore(where: string, deps: LedgerDeps): Promise<LedgerStore> {
  if (isFile(where)) {
    const { openSqliteStore } = await import('./sqlite/store.js');
    return openSqliteStore(where, deps);
  }
  const { openPostgresStore } = await import('./postgres/store.js');
  return openPostgresStore(where, deps);
}

/**
 * Opens a ledger that is there; undefined where there is none. None is made.
 *
 * @throws UserError where it cannot be opened, read or written
 */
export async function findLedgerStore(where: string, deps: LedgerDeps): Promise<LedgerStore | undefined> {
  if (isFile(where)) {
    const { findSqliteStore } = await import('./sqlite/store.js');
    return findSqliteStore(where, deps);
  }
  const { findPostgresStore } = await import('./postgres/store.js');
  return findPostgresStore(where, deps);
}

/**
 * Whether a ledger is named by a file, and not by the address of a database.
 *
 * @throws UserError for an address of something else, which is never taken for the name of a file
 */
function isFile(where: string): boolean {
  if (isDatabaseAddress(where)) return false;
  if (!isAddress(where)) return true;
  throw new UserError(`ledger ${maskPassword(where)}: is not an address that amocalls knows`, {
    hint: 'Write the address of a database as postgres://user@host/database, or give the path of a file.',
  });
}
