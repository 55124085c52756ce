// Opens a ledger, and says which one where nobody names it.

import path from 'node:path';
import type { Context } from '../context.js';
import { UserError } from '../core/errors.js';
import { isAddress, isDatabaseAddress, maskPassword } from '../core/ledger-address.js';
import type { LedgerDeps, LedgerStore } from '../core/ledger-store.js';
import type { Database } from './database.js';
import { createStore } from './database-ledger.js';

/** The ledger used where nobody names one: a file in the user's state folder, shared by all runs of the user on this host. */
export function defaultLedgerFile({ env, homedir }: Pick<Context, 'env' | 'homedir'>): string {
  const state = env['XDG_STATE_HOME'] || env['LOCALAPPDATA'] || path.join(homedir, '.local', 'state');
  return path.join(state, 'amocalls', 'ledger.db');
}

/**
 * Opens a ledger, and makes it where there is none.
 *
 * @param where path of a file, which is made readable by its owner alone; or the address of a PostgreSQL database
 * @throws UserError where it cannot be opened, read or written
 */
export async function openLedgerStore(where: string, deps: LedgerDeps): Promise<LedgerStore> {
  const { openDatabase } = await engineOf(where);
  return createStore(await openDatabase(where, deps), deps);
}

/**
 * Opens a ledger that is there; undefined where there is none. None is made.
 *
 * @throws UserError where it cannot be opened, read or written
 */
export async function findLedgerStore(where: string, deps: LedgerDeps): Promise<LedgerStore | undefined> {
  const { hasLedger } = await engineOf(where);
  return (await hasLedger(where, deps)) ? openLedgerStore(where, deps) : undefined;
}

/** What keeps ledgers; it is loaded where one is asked for. */
interface Engine {
  readonly hasLedger: (where: string, deps: LedgerDeps) => Promise<boolean>;
  readonly openDatabase: (where: string, deps: LedgerDeps) => Promise<Database>;
}

/** @throws UserError for an address of something else, which is never taken for the name of a file */
async function engineOf(where: string): Promise<Engine> {
  if (isDatabaseAddress(where)) return import('./postgres/database.js');
  if (!isAddress(where)) return import('./sqlite/database.js');
  throw new UserError(`ledger ${maskPassword(where)}: is not an address that amocalls knows`, {
    hint: 'Write the address of a database as postgres://user@host/database, or give the path of a file.',
  });
}
