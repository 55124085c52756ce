// Connections: transactions, retries, what happens when one is lost.

import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientConfig } from 'pg';
import { UserError } from '../../core/errors.js';
import type { LedgerDeps } from '../../core/ledger-store.js';
import { numberOf } from '../rows.js';
import type { DatabaseAddress } from './address.js';
import { databaseError, detailOf, isConnectionLoss, isRetryable, lostError } from './errors.js';

/** A value of a statement, or a list of them for unnest. */
type SqlValue = string | number | boolean | null | readonly (string | number | null)[];

/** What a statement gave: its rows, and how many it gave or changed. */
export interface Result {
  readonly rows: readonly unknown[];
  readonly count: number;
}

/** Runs a statement on the connection; `isLong`: it may take minutes. */
export type Query = (sql: string, values?: readonly SqlValue[], isLong?: boolean) => Promise<Result>;

/** How a piece of work is tried. */
export interface Attempt {
  /** An earlier try may have been committed: its connection was lost before the answer came. */
  readonly isUncertain: boolean;
}

/** What is done on a connection, one piece of work after another. */
export interface Connection {
  /** Runs statements; each is a transaction of its own. A failure comes out as the UserError that names the ledger. */
  readonly run: <T>(work: (query: Query, attempt: Attempt) => Promise<T>, isVerdict?: boolean) => Promise<T>;
  /** Runs statements as one transaction. `isVerdict`: what is written is known, so that a new connection may write it. */
  readonly transaction: <T>(
    work: (query: Query, attempt: Attempt) => Promise<T>,
    isVerdict?: boolean,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** What the connections of one store share: where they lead, and what is done when one is lost. */
export interface Link {
  readonly address: DatabaseAddress;
  /** Whether a database that is away is waited for. */
  readonly isPatient: boolean;
  /** The first loss of a run that does not wait: it sends nothing more. */
  readonly lost: () => UserError | undefined;
  /** Takes a loss; resolves when the next try may be made, or with false where none is made. */
  readonly afterLoss: (error: unknown, attempt: number, isVerdict: boolean) => Promise<boolean>;
  /** A statement was answered. */
  readonly isBack: () => void;
  /** Milliseconds that a statement may take. */
  readonly timeoutMs: number;
}

/** Statements for every new session; `backend`: the process that the server says it has for it. */
export type SetUp = (query: Query, backend: number | null) => Promise<void>;

/** Times in milliseconds: to connect, and for an answer; pauses while the database is away; how long verdicts are tried. */
const connectMs = 10_000;
const ordinaryTimeoutMs = 20_000;
const longTimeoutMs = 3_600_000;
const pauses = { first: 250, longest: 5000 };
const verdictTries = 6;
const maxConflicts = 20;

/** What a store decides about its connections. */
export interface LinkOptions {
  /** Milliseconds that a statement may take before its connection counts as lost. */
  readonly timeoutMs?: number | undefined;
  /** Called when a database that was away is back. */
  readonly returned: () => void;
}

/** Makes what the connections of one store share. */
export function createLink(
  address: DatabaseAddress,
  { isPatient = false, interrupt, warn, note }: Pick<LedgerDeps, 'isPatient' | 'interrupt' | 'warn' | 'note'>,
  { timeoutMs = ordinaryTimeoutMs, returned }: LinkOptions,
): Link {
  let lost: UserError | undefined;
  let isAway = false;
  const pause = async (attempt: number) => {
    const milliseconds = Math.min(pauses.first * 2 ** attempt, pauses.longest);
    await delay(milliseconds, undefined, interrupt === undefined ? {} : { signal: interrupt }).catch(
      () => undefined,
    );
  };
  return {
    address,
    timeoutMs,
    isPatient,
    lost: () => lost,
    async afterLoss(error, attempt, isVerdict) {
      if (!isPatient) {
        lost ??= lostError(error, address);
        if (!isVerdict || attempt >= verdictTries) return false;
        await pause(attempt);
        return true;
      }
      if (!isAway) {
        isAway = true;
        warn?.(
          `ledger ${address.shown}: is not available: ${detailOf(error)}`,
          'Nothing is sent until it is back. amocalls tries again, at most every 5 seconds.',
        );
      }
      if (interrupt?.aborted === true) return false;
      await pause(attempt);
      return true;
    },
    isBack() {
      if (!isAway) return;
      isAway = false;
      returned();
      note?.(`ledger ${address.shown}: is available again`);
    },
  };
}

/**
 * Opens a connection whose statements run one after another, and which is made anew after it was lost where the link says so.
 *
 * @param setUp statements for every new session
 * @throws UserError where it cannot be opened
 */
export async function openConnection(link: Link, setUp: SetUp): Promise<Connection> {
  let session: Session | undefined = await begin();
  let queue: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  async function begin(): Promise<Session> {
    const { address } = link;
    let opened: Session | undefined;
    try {
      opened = await connect(link, wasLost);
      await setUp(opened.query, opened.backend);
      return opened;
    } catch (error) {
      opened?.destroy();
      throw isConnectionLoss(error) ? error : databaseError(error, address);
    }
  }

  /** A run without an end takes its place again at once, so that others see that it lives. */
  function wasLost(): void {
    if (!isClosed && link.isPatient) run(async () => undefined).catch(() => undefined);
  }

  function run<T>(work: Work<T>, isVerdict = false): Promise<T> {
    const turn = queue.then(() => attempt(work, isVerdict));
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function attempt<T>(work: Work<T>, isVerdict: boolean): Promise<T> {
    let losses = 0;
    let conflicts = 0;
    for (;;) {
      const lost = link.lost();
      if (lost !== undefined && !isVerdict) throw lost;
      try {
        if (session === undefined || session.isLost()) session = await begin();
        const result = await work(session.query, { isUncertain: losses > 0 });
        link.isBack();
        return result;
      } catch (error) {
        if (isRetryable(error) && conflicts < maxConflicts) {
          conflicts += 1;
          continue;
        }
        if (!isConnectionLoss(error) && session?.isLost() !== true) throw databaseError(error, link.address);
        session?.destroy();
        session = undefined;
        if (isClosed || !(await link.afterLoss(error, losses, isVerdict))) {
          throw link.lost() ?? lostError(error, link.address);
        }
        losses += 1;
      }
    }
  }

  return {
    run,
    transaction: (work, isVerdict) => run((query, attempt) => transact(query, work, attempt), isVerdict),
    async close() {
      isClosed = true;
      await session?.end();
    },
  };
}

/** Connections to the same end that are opened as they are needed; the first one is there from the start. */
const mostConnections = 4;

/**
 * Opens connections that share the work: each piece goes to one that is idle, and another one is opened while there is none.
 * Claims and verdicts of several requests in flight then wait for the disk together, as PostgreSQL groups its commits.
 *
 * @throws UserError where the first one cannot be opened
 */
export async function openConnections(link: Link, setUp: SetUp): Promise<Connection> {
  const members: { readonly connection: Promise<Connection>; busy: number }[] = [];
  const add = () => {
    const member = { connection: openConnection(link, setUp), busy: 0 };
    members.push(member);
    return member;
  };
  await add().connection;
  let most = mostConnections;

  async function share<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const idle = members.find(({ busy }) => busy === 0);
    const least = members.reduce((one, other) => (other.busy < one.busy ? other : one));
    const chosen = idle ?? (members.length < most ? add() : least);
    chosen.busy += 1;
    try {
      return await work(await chosen.connection);
    } catch (error) {
      const isOpen = await chosen.connection.then(
        () => true,
        () => false,
      );
      if (!isOpen && chosen !== members[0]) {
        // PostgreSQL has no other connection left, or is gone, which those that are there then find out.
        const at = members.indexOf(chosen);
        if (at > 0) members.splice(at, 1);
        most = members.length;
        return share(work);
      }
      throw error;
    } finally {
      chosen.busy -= 1;
    }
  }

  return {
    run: (work, isVerdict) => share((connection) => connection.run(work, isVerdict)),
    transaction: (work, isVerdict) => share((connection) => connection.transaction(work, isVerdict)),
    async close() {
      const all = await Promise.allSettled(members.splice(0).map(({ connection }) => connection));
      for (const one of all) if (one.status === 'fulfilled') await one.value.close();
    },
  };
}

type Work<T> = (query: Query, attempt: Attempt) => Promise<T>;

async function transact<T>(query: Query, work: Work<T>, attempt: Attempt): Promise<T> {
  await query('BEGIN');
  try {
    const result = await work(query, attempt);
    await query('COMMIT');
    return result;
  } catch (error) {
    // Where the connection is gone there is nothing to undo, and the first failure is the one that counts.
    if (!isConnectionLoss(error)) await query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** One session of the database. */
interface Session {
  readonly query: Query;
  /** The process that the server named when the session began; a pooler names one of its own. */
  readonly backend: number | null;
  readonly isLost: () => boolean;
  readonly end: () => Promise<void>;
  readonly destroy: () => void;
}

/** Connects; with sslmode `prefer` without TLS where the server has none. */
async function connect(link: Link, wasLost: () => void): Promise<Session> {
  const { tls, tlsMode } = link.address;
  if (tls === undefined || tlsMode !== 'prefer') return connectOnce(link, wasLost, tls);
  try {
    return await connectOnce(link, wasLost, tls);
  } catch (error) {
    if (!(error instanceof Error) || !/does not support SSL/.test(error.message)) throw error;
    return connectOnce(link, wasLost, undefined);
  }
}

async function connectOnce(link: Link, wasLost: () => void, tls: DatabaseAddress['tls']): Promise<Session> {
  const { default: pg } = await import('pg');
  const { host, port, user, database, password } = link.address;
  const socket = new Socket();
  const config: ClientConfig = {
    host,
    port,
    user,
    database,
    ssl: tls ?? false,
    // The password was looked for; without a function pg would look for it once more in its own way.
    password: () => password ?? '',
    stream: () => socket,
    application_name: 'amocalls',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: connectMs,
    query_timeout: link.timeoutMs,
    types: { getTypeParser },
  };
  const client = new pg.Client(config);
  let isLost = true;
  const lose = () => {
    if (isLost) return;
    isLost = true;
    wasLost();
  };
  client.on('error', lose);
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  isLost = false;
  client.on('end', lose);
  return {
    query: createQuery(client),
    backend: backendOf(client),
    isLost: () => isLost,
    async end() {
      isLost = true;
      await client.end().catch(() => undefined);
    },
    destroy() {
      isLost = true;
      socket.destroy();
    },
  };
}

/** node-postgres keeps it for cancelling; its types do not say so. */
function backendOf(client: Client): number | null {
  const id: unknown = Reflect.get(client, 'processID');
  return typeof id === 'number' ? id : null;
}

/**
 * Refuses a pooler that gives a session to another client after each transaction or statement: what is set or prepared in it
 * would be somebody else's. A pooler is seen by the process that it names, and what it does by asking over two sessions in turn.
 *
 * @throws UserError
 */
export async function assertOwnSession(link: Link, query: Query, backend: number | null): Promise<void> {
  const backendNow = async (ask: Query) => {
    const { rows } = await ask('SELECT pg_backend_pid() AS backend');
    return numberOf(rows[0], 'backend');
  };
  const own = await backendNow(query);
  if (own === backend) return;
  const other = await connect(link, () => undefined);
  try {
    const others = new Set<number>();
    const owns = new Set([own, await backendNow(query)]);
    for (const turn of ['other', 'own', 'other', 'other', 'own', 'own', 'other'] as const) {
      if (turn === 'own') owns.add(await backendNow(query));
      else others.add(await backendNow(other.query));
    }
    if (owns.size === 1 && others.size === 1 && !others.has(own)) return;
  } finally {
    await other.end();
  }
  throw new UserError(`ledger ${link.address.shown}: a pooler in front of it does not keep sessions`, {
    hint: 'Let the pooler keep sessions (PgBouncer: pool_mode = session), or give the address of PostgreSQL itself.',
  });
}

/** bigint comes as text: what a ledger keeps in one (times, hashes of 48 bits) is a number that JavaScript holds exactly. */
function getTypeParser(oid: number): (text: string) => unknown {
  const isNumber = [20, 21, 23, 26, 700, 701].includes(oid);
  return isNumber ? Number : oid === 16 ? (text) => text === 't' : (text) => text;
}

/** Each statement is prepared once in a session, under a name of its own. */
function createQuery(client: Client): Query {
  const names = new Map<string, string>();
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
