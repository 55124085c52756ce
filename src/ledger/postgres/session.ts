// One session of the database: how it is opened, its statements, and whether a pooler gives it to others.

import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Client, ClientBase, ClientConfig } from 'pg';
import { UserError } from '../../core/errors.js';
import { numberOf } from '../rows.js';
import type { Link } from './link.js';

/** A value of a statement, or a list of them for unnest. */
type SqlValue = string | number | boolean | null | readonly (string | number | null)[];

/** What a statement gave: its rows, and how many it gave or changed. */
export interface Result {
  readonly rows: readonly unknown[];
  readonly count: number;
}

/** Runs a statement on the connection; `isLong`: it may take minutes. */
export type Query = (sql: string, values?: readonly SqlValue[], isLong?: boolean) => Promise<Result>;

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
      const lose = () => {
        this.isLost = true;
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
 * The statements of a client. Each is prepared once in a session, under a name of its own.
 *
 * @param names of the statements so far, by their text; changed here
 */
export function queryOf(client: Pick<ClientBase, 'query'>, names: Map<string, string>): Query {
  return async (sql, values, isLong = false) => {
    const timeout = isLong ? { query_timeout: longTimeoutMs } : {};
    if (values === undefined) return resultOf(await client.query({ text: sql, ...timeout }));
    const name = names.get(sql) ?? `amocalls_${names.size}`;
    names.set(sql, name);
    return resultOf(await client.query({ name, text: sql, values: [...values], ...timeout }));
  };
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
