// One session of the database: how it is opened, its statements, and whether a pooler gives it to others.

import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Client, ClientBase, ClientConfig } from 'pg';
import { UserError } from '../../core/errors.js';
import type { Result, Work } from '../database.js';
import { numberOf } from '../rows.js';
import type { Link } from './link.js';

/** Times in milliseconds: to connect, and for the answer to a statement that may take long. */
const connectMs = 10_000;
const longTimeoutMs = 3_600_000;

/** A session of the database. */
export interface Session extends Client {
  /** Its connection was lost. */
  readonly isLost: boolean;
  /** Ends it at once, whether the server answers or not. */
  readonly destroy: () => void;
}

/** Loads the class of sessions, by the address and the time-outs of a link. */
export async function loadSession(link: Link): Promise<new () => Session> {
  const { default: pg } = await import('pg');
  return class extends pg.Client {
    readonly destroy: () => void;
    isLost = false;

    constructor() {
      const socket = new Socket();
      super(configOf(link, socket));
      this.destroy = () => void socket.destroy();
      link.sessions.add(this);
      const lose = () => {
        this.isLost = true;
        link.sessions.delete(this);
      };
      this.on('error', lose).on('end', lose);
      // Where signing in fails on our side (no password), node-postgres leaves the connection open, and the process with it.
      const connection: unknown = Reflect.get(this, 'connection');
      if (connection instanceof EventEmitter) connection.on('error', this.destroy);
    }
  };
}

function configOf({ address, tls, timeoutMs }: Link, socket: Socket): ClientConfig {
  const { host, port, user, database, password } = address;
  return {
    host,
    port,
    user,
    database,
    ssl: tls,
    // The password was looked for; without a function pg would look for it once more in its own way.
    password: () => password ?? '',
    stream: () => socket,
    application_name: 'amocalls',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: connectMs,
    query_timeout: timeoutMs,
    types: { getTypeParser },
  };
}

/** bigint comes as text: what a ledger keeps in one (times, hashes of 48 bits) is a number that JavaScript holds exactly. */
function getTypeParser(oid: number): (text: string) => unknown {
  const isNumber = [20, 21, 23, 26, 700, 701].includes(oid);
  return isNumber ? Number : oid === 16 ? (text) => text === 't' : (text) => text;
}

/**
 * Does work over a client. Each statement is prepared once in a session, under a name of its own; those without values, which
 * may be several, are not.
 *
 * @param names of the statements so far, by their text; changed here
 */
export async function perform<T>(
  client: Pick<ClientBase, 'query'>,
  names: Map<string, string>,
  work: Work<T>,
): Promise<T> {
  let step = work.next();
  while (step.done !== true) {
    const { sql: text, values = [], lists = [], isLong } = step.value;
    const timeout = isLong === true ? { query_timeout: longTimeoutMs } : {};
    const all = [...values, ...lists];
    const name = names.get(text) ?? `amocalls_${names.size}`;
    if (all.length > 0) names.set(text, name);
    const prepared = all.length > 0 ? { name, values: all } : {};
    step = work.next(resultOf(await client.query({ text, ...prepared, ...timeout })));
  }
  return step.value;
}

function resultOf({ rows, rowCount }: { rows: readonly unknown[]; rowCount: number | null }): Result {
  return { rows, count: rowCount ?? 0 };
}

/**
 * Refuses a pooler that gives a session to another client after each transaction or statement: what is set or prepared in it
 * would be somebody else's. A pooler is seen by the process that it names, and what it does by asking over two sessions in turn.
 *
 * @throws UserError
 */
export async function assertOwnSession(link: Link, client: ClientBase): Promise<void> {
  const backendOf = async (one: ClientBase) =>
    numberOf(resultOf(await one.query('SELECT pg_backend_pid() AS backend')).rows[0], 'backend');
  const own = await backendOf(client);
  // node-postgres keeps what the server named when the session began, for cancelling; its types do not say so.
  if (own === Reflect.get(client, 'processID')) return;
  const Session = await loadSession(link);
  const other = new Session();
  await other.connect();
  try {
    const others = new Set<number>();
    const owns = new Set([own, await backendOf(client)]);
    for (const turn of ['other', 'own', 'other', 'other', 'own', 'own', 'other'] as const) {
      if (turn === 'own') owns.add(await backendOf(client));
      else others.add(await backendOf(other));
    }
    if (owns.size === 1 && others.size === 1 && !others.has(own)) return;
  } finally {
    await other.end();
  }
  throw new UserError(`ledger ${link.address.shown}: a pooler in front of it does not keep sessions`, {
    hint: 'Let the pooler keep sessions (PgBouncer: pool_mode = session), or give the address of PostgreSQL itself.',
  });
}
