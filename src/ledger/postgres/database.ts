// A ledger in a PostgreSQL database.

import { exitCodes, interruptedExit, UserError } from '../../core/errors.js';
import type { LedgerDeps } from '../../core/ledger-store.js';
import type { Database } from '../database.js';
import { parseAddress } from './address.js';
import { PooledConnection } from './connection.js';
import { postgresDialect } from './dialect.js';
import { databaseError, isConnectionLoss } from './errors.js';
import { afterLoss, type Link, newLink } from './link.js';
import { migrate, versionOf } from './schema.js';

/**
 * Tables are those of the ledger. What a process that hangs, or a host that is gone, holds up ends in seconds: its locks on rows,
 * and its session.
 */
const commonSettings = `SET client_min_messages = warning; SET search_path = amocalls, pg_temp;
  SET idle_in_transaction_session_timeout = '10s';
  SET lock_timeout = '15s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3; SET tcp_user_timeout = '25s'`;

/**
 * The plan of a statement is kept for the session, and must be the one for a table of millions from the first row on: by
 * the index, which a planner that knows the table as empty would not take.
 */
const durableSettings = `${commonSettings}; SET synchronous_commit = on; SET enable_seqscan = off`;

/** Sessions that claims and verdicts share at most. */
const mostDurable = 4;

const quickSettings = `${commonSettings}; SET synchronous_commit = off`;

/**
 * Opens a ledger in a PostgreSQL database, in a schema of its own, which is made where there is none.
 *
 * @param where address as libpq takes it: postgres://user@host/database
 * @param timeoutMs milliseconds that a statement may take before its connection counts as lost
 * @throws UserError where it cannot be used
 */
export async function openDatabase(where: string, deps: LedgerDeps, timeoutMs?: number): Promise<Database> {
  const address = parseAddress(where, deps);
  const link = newLink(address, deps, timeoutMs);
  const opened: PooledConnection[] = [];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const durable = await openWhenBack(link);
    opened.push(durable);
    const isNew = await migrate(durable, address);
    const quick = await PooledConnection.open(link, { settings: quickSettings, most: 1 });
    opened.push(quick);
    const outages = () => link.outages;
    return { name: address.shown, isNew, durable, quick, dialect: postgresDialect, outages, close };
  } catch (error) {
    await close();
    throw databaseError(error, address);
  }
}

/**
 * Whether there is a ledger in the database; none is made.
 *
 * @throws UserError where it cannot be used
 */
export async function hasLedger(where: string, deps: LedgerDeps): Promise<boolean> {
  const address = parseAddress(where, deps);
  const durable = await openDurable(newLink(address, deps)).catch((error: unknown) => {
    throw databaseError(error, address);
  });
  return (await durable.read(versionOf).finally(() => durable.close())) > 0;
}

/** Opens the connections; where the link is patient, a database that is not there yet is waited for. */
async function openWhenBack(link: Link): Promise<PooledConnection> {
  const { isPatient, interrupt } = link.deps;
  for (let attempt = 0; ; attempt++) {
    try {
      return await openDurable(link);
    } catch (error) {
      if (isPatient !== true || !isConnectionLoss(error)) throw error;
      if (await afterLoss(link, error, attempt)) continue;
      const exit = interrupt === undefined ? undefined : interruptedExit(interrupt);
      throw new UserError(`ledger ${link.address.shown}: interrupted before it could be reached`, {
        exit: exit ?? exitCodes.sigint,
      });
    }
  }
}

function openDurable(link: Link): Promise<PooledConnection> {
  return PooledConnection.open(link, { settings: durableSettings, most: mostDurable, isChecked: true });
}
