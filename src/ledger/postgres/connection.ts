// Work on the database: over sessions of a pool, tried again where that can go well.

import type { Pool, PoolClient } from 'pg';
import type { Attempt, Connection, Work } from '../database.js';
import { databaseError, isConnectionLoss, isRetryable, lostError } from './errors.js';
import { afterLoss, type Link, reportAnswer } from './link.js';
import { assertOwnSession, loadSession, perform, type Session } from './session.js';

/** What the sessions of a connection are like. */
interface SessionOptions {
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
 * Work over a pool of sessions: claims and verdicts of several requests in flight wait for the disk together, as PostgreSQL
 * groups its commits. A session that is lost is made anew where the link says so.
 */
export class PooledConnection implements Connection {
  readonly #link: Link;
  readonly #pool: Pool;
  readonly #Session: new () => Session;
  /** The names of prepared statements, by their text. */
  readonly #names = new Map<string, string>();
  #isClosed = false;

  private constructor(link: Link, pool: Pool, Session: new () => Session) {
    this.#link = link;
    this.#pool = pool;
    this.#Session = Session;
    /** A run without an end takes its place again at once, so that others see that it lives. */
    pool.on('error', () => {
      if (!this.#isClosed && link.deps.isPatient === true) this.#run(nothing, false).catch(() => undefined);
    });
  }

  /**
   * Opens a pool, one session of it at once.
   *
   * @throws UserError where none can be opened
   */
  static async open(link: Link, { settings, most, isChecked }: SessionOptions): Promise<PooledConnection> {
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
    const connection = new PooledConnection(link, pool, Session);
    try {
      await connection.#withSession(nothing);
    } catch (error) {
      await connection.close();
      const why = whyLost(error);
      throw isConnectionLoss(why) ? why : databaseError(why, link.address);
    }
    return connection;
  }

  read<T>(work: (attempt: Attempt) => Work<T>): Promise<T> {
    return this.write(work);
  }

  write<T>(work: (attempt: Attempt) => Work<T>, isVerdict = false): Promise<T> {
    return this.#run((client, attempt) => perform(client, this.#names, work(attempt)), isVerdict);
  }

  transaction<T>(work: (attempt: Attempt) => Work<T>, isVerdict = false): Promise<T> {
    return this.#run((client, attempt) => transact(client, this.#names, work(attempt)), isVerdict);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const { lost, sessions } = this.#link;
    // A server that does not answer any more does not say good-bye either.
    if (lost !== undefined) for (const session of sessions) session.destroy();
    await this.#pool.end();
  }

  /** Does work on a session, and again after a conflict, and after a loss where the link says so. */
  async #run<T>(work: (client: PoolClient, attempt: Attempt) => Promise<T>, isVerdict: boolean): Promise<T> {
    const link = this.#link;
    let losses = 0;
    for (let conflicts = 0; ; ) {
      if (link.lost !== undefined && !isVerdict) throw link.lost.error;
      try {
        const attempt = { isUncertain: losses > 0 };
        const result = await this.#withSession((client) => work(client, attempt));
        reportAnswer(link);
        return result;
      } catch (error) {
        if (isRetryable(error) && conflicts < maxConflicts) {
          conflicts += 1;
          continue;
        }
        const why = whyLost(error);
        if (why === error && !isConnectionLoss(error)) throw databaseError(error, link.address);
        if (this.#isClosed || !(await afterLoss(link, why, losses, isVerdict)))
          throw link.lost?.error ?? lostError(why, link.address);
        losses += 1;
      }
    }
  }

  /** Does work on a session; one that is lost leaves the pool. */
  async #withSession<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#acquire();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      const session = client instanceof this.#Session ? client : undefined;
      const isLost = isConnectionLoss(error) || session?.isLost === true;
      if (isLost) session?.destroy();
      client.release(isLost);
      throw isLost ? new SessionLost(error) : error;
    }
  }

  async #acquire(): Promise<PoolClient> {
    const pool = this.#pool;
    for (;;) {
      try {
        return await pool.connect();
      } catch (error) {
        if (isTlsMissing(error, this.#link)) this.#link.tls = false;
        // PostgreSQL has no other session left, or is gone, which those that are there then find out.
        else if (pool.totalCount > 0) pool.options.max = Math.min(pool.options.max, pool.totalCount);
        else throw error;
      }
    }
  }
}

const nothing = async () => undefined;

/** What was thrown on a session that was lost; any other failure as it is. */
function whyLost(error: unknown): unknown {
  return error instanceof SessionLost ? error.cause : error;
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
