// Work on the database: over sessions of a pool, tried again where that can go well.

import type { Pool, PoolClient } from 'pg';
import type { Attempt, Connection, Work } from '../database.js';
import { databaseError, isConnectionLoss, isRetryable, lostError } from './errors.js';
import { afterLoss, type Link, reportAnswer } from './link.js';
import { assertOwnSession, loadSession, perform, type Session } from './session.js';

/** A connection that can be closed. */
export interface PooledConnection extends Connection {
  readonly close: () => Promise<void>;
}

/** What the sessions of a connection are like. */
export interface SessionOptions {
  /** Statements for every new session. */
  readonly settings: string;
  /** Sessions at most; more than one are opened as they are needed, and where PostgreSQL has them. */
  readonly most: number;
  /** The first session is asked whether it is kept by a pooler. */
  readonly isChecked?: boolean;
}

const maxConflicts = 20;

/** A session that was lost while work was done on it; what was thrown is the cause. */
class SessionLost extends Error {
  constructor(cause: unknown) {
    super('the session was lost', { cause });
  }
}

/**
 * Opens a pool of sessions, one of them at once. Claims and verdicts of several requests in flight wait for the disk together,
 * as PostgreSQL groups its commits. A session that is lost is made anew where the link says so.
 *
 * @throws UserError where none can be opened
 */
export async function openConnection(link: Link, options: SessionOptions): Promise<PooledConnection> {
  const sessions = await openSessions(link, options);
  const { pool, names } = sessions;
  let isClosed = false;

  /** A run without an end takes its place again at once, so that others see that it lives. */
  pool.on('error', () => {
    if (!isClosed && link.deps.isPatient === true) run(async () => undefined, false).catch(() => undefined);
  });

  async function run<T>(
    work: (client: PoolClient, attempt: Attempt) => Promise<T>,
    isVerdict: boolean,
  ): Promise<T> {
    let losses = 0;
    for (let conflicts = 0; ; ) {
      if (link.lost !== undefined && !isVerdict) throw link.lost.error;
      try {
        const attempt = { isUncertain: losses > 0 };
        const result = await withSession(sessions, link, (client) => work(client, attempt));
        reportAnswer(link);
        return result;
      } catch (error) {
        if (isRetryable(error) && conflicts < maxConflicts) {
          conflicts += 1;
          continue;
        }
        const why = error instanceof SessionLost ? error.cause : error;
        if (!(error instanceof SessionLost) && !isConnectionLoss(error))
          throw databaseError(why, link.address);
        if (isClosed || !(await afterLoss(link, why, losses, isVerdict))) {
          throw link.lost?.error ?? lostError(why, link.address);
        }
        losses += 1;
      }
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    // A server that does not answer any more does not say good-bye either.
    const left = link.lost === undefined ? [] : [...sessions.open];
    for (const session of left) if (session instanceof sessions.Session) session.destroy();
    await pool.end();
  }

  try {
    await withSession(sessions, link, async () => undefined);
  } catch (error) {
    await close();
    const why = error instanceof SessionLost ? error.cause : error;
    throw isConnectionLoss(why) ? why : databaseError(why, link.address);
  }
  const write: Connection['write'] = (work, isVerdict = false) =>
    run((client, attempt) => perform(client, names, work(attempt)), isVerdict);
  return {
    read: write,
    write,
    transaction: (work, isVerdict = false) =>
      run((client, attempt) => transact(client, names, work(attempt)), isVerdict),
    close,
  };
}

/** The sessions of a connection. */
interface Sessions {
  readonly pool: Pool;
  readonly Session: new () => Session;
  /** Those that are connected. */
  readonly open: Set<unknown>;
  /** The names of prepared statements, by their text. */
  readonly names: Map<string, string>;
}

async function openSessions(link: Link, { settings, most, isChecked }: SessionOptions): Promise<Sessions> {
  const { default: pg } = await import('pg');
  const Session = await loadSession(link);
  let isUnchecked = isChecked === true;
  const pool = new pg.Pool({
    Client: Session,
    max: most,
    idleTimeoutMillis: 0,
    async onConnect(client) {
      if (isUnchecked) await assertOwnSession(link, client);
      isUnchecked = false;
      await client.query(settings);
    },
  });
  const open = new Set<unknown>();
  pool.on('connect', (client) => open.add(client)).on('remove', (client) => open.delete(client));
  return { pool, Session, open, names: new Map() };
}

/** Does work on a session; one that is lost leaves the pool. */
async function withSession<T>(
  { pool, Session }: Sessions,
  link: Link,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await acquire(pool, link);
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    const session = client instanceof Session ? client : undefined;
    const isLost = isConnectionLoss(error) || session?.isLost === true;
    if (isLost) session?.destroy();
    client.release(isLost);
    throw isLost ? new SessionLost(error) : error;
  }
}

async function acquire(pool: Pool, link: Link): Promise<PoolClient> {
  for (;;) {
    try {
      return await pool.connect();
    } catch (error) {
      if (isTlsMissing(error, link)) link.tls = false;
      // PostgreSQL has no other session left, or is gone, which those that are there then find out.
      else if (pool.totalCount > 0) pool.options.max = Math.min(pool.options.max, pool.totalCount);
      else throw error;
    }
  }
}

/** With sslmode `prefer` TLS is done without where the server has none. */
function isTlsMissing(error: unknown, { tls, address }: Link): boolean {
  if (tls === false || address.tlsMode !== 'prefer') return false;
  return error instanceof Error && /does not support SSL/.test(error.message);
}

async function transact<T>(client: PoolClient, names: Map<string, string>, work: Work<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await perform(client, names, work);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // Where the connection is gone there is nothing to undo, and the first failure is the one that counts.
    if (!isConnectionLoss(error)) await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
