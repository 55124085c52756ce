import { createHash } from 'node:crypto';
import type { Call } from '../../core/call.js';
import { exitCodes, interruptedExit, UserError } from '../../core/errors.js';
import type {
  CheckpointChange,
  Checkpoints,
  Ledger,
  LedgerDeps,
  LedgerStore,
  NewRun,
  Recipient,
  RunLedger,
} from '../../core/ledger.js';
import type { Claimant } from '../claim-rules.js';
import { maxCheckpoints, numberOf, textOf } from '../rows.js';
import { parseAddress } from './address.js';
import { storableText } from './call-table.js';
import { type Claims, claimCalls, createClaims, lookUpCalls } from './claims.js';
import {
  type Connection,
  createLink,
  type Link,
  openConnection,
  openConnections,
  type Query,
} from './connection.js';
import { databaseError, isConnectionLoss } from './errors.js';
import { inspect, openHistory, reportProblems } from './history.js';
import { openRate } from './rate.js';
import { beginRun, endRun, holdRun, releaseDeadRuns, releaseRun } from './runs.js';
import { hasLedger, migrate } from './schema.js';
import { recordChanges, settleCalls } from './verdicts.js';

/**
 * The connections of a process. `durable`: what is committed there is on disk; one, and up to four while it is busy. `living`: holds the lock by which others
 * know that a run lasts, and serves the pace, which each request asks before it leaves: a run that lost its lock notices
 * so before it sends.
 */
interface Connections {
  readonly durable: Connection;
  readonly living: Connection;
  readonly link: Link;
  /** Runs whose locks a new connection takes again. */
  readonly runs: Set<number>;
  readonly now: () => number;
}

/** Ends in seconds what a process that hangs, or a host that is gone, holds up: its locks on rows, and its session. */
const commonSettings = `SET client_min_messages = warning; SET idle_in_transaction_session_timeout = '10s';
  SET lock_timeout = '15s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3; SET tcp_user_timeout = '25s'`;

/**
 * The plan of a statement is kept for the session, and must be the one for a table of millions from the first row on: by
 * the index, which a planner that knows the table as empty would not take.
 */
const durableSettings = `${commonSettings}; SET synchronous_commit = on; SET enable_seqscan = off`;

/** Nobody waits for the disk on behalf of the pace. */
const livingSettings = `${commonSettings}; SET synchronous_commit = off`;

/**
 * Opens a ledger in a PostgreSQL database, in a schema of its own, which is made where there is none.
 *
 * @param where address as libpq takes it: postgres://user@host/database
 * @param timeoutMs milliseconds that a statement may take before its connection counts as lost
 * @throws UserError where it cannot be used
 */
export async function openPostgresStore(
  where: string,
  deps: LedgerDeps,
  timeoutMs?: number,
): Promise<LedgerStore> {
  const address = parseAddress(where, deps);
  const link = createLink(address, deps, timeoutMs);
  const runs = new Set<number>();
  const opened: Connection[] = [];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const durable = await openWhenBack(link, deps.interrupt);
    opened.push(durable);
    const isNew = await migrate(durable, address);
    const living = await openConnection(link, async (query) => {
      await query(livingSettings);
      for (const run of runs) await holdRun(query, run);
    });
    opened.push(living);
    const connections = { durable, living, link, runs, now: deps.now };
    return {
      name: address.shown,
      isNew,
      beginRun: (run, recipient) => begin(connections, deps.processName, run, recipient),
      checkpoints: openCheckpoints(durable, deps.now),
      history: openHistory(durable),
      inspect: () => durable.run((query) => inspect(query, deps.now)),
      close,
    };
  } catch (error) {
    await close();
    throw databaseError(error, address);
  }
}

/**
 * Opens a ledger that is there; undefined where the database has none. None is made.
 *
 * @throws UserError where it cannot be used
 */
export async function findPostgresStore(where: string, deps: LedgerDeps): Promise<LedgerStore | undefined> {
  const address = parseAddress(where, deps);
  const durable = await openDurable(createLink(address, deps)).catch((error: unknown) => {
    throw databaseError(error, address);
  });
  const isThere = await hasLedger(durable).finally(durable.close);
  return isThere ? openPostgresStore(where, deps) : undefined;
}

/** Opens the connections; where the link is patient, a database that is not there yet is waited for. */
async function openWhenBack(link: Link, interrupt: AbortSignal | undefined): Promise<Connection> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await openDurable(link);
    } catch (error) {
      if (!link.isPatient || !isConnectionLoss(error)) throw error;
      if (await link.afterLoss(error, attempt, false)) continue;
      const exit = interrupt === undefined ? undefined : interruptedExit(interrupt);
      throw new UserError(`interrupted before the ledger ${link.address.shown} could be reached`, {
        exit: exit ?? exitCodes.sigint,
      });
    }
  }
}

function openDurable(link: Link): Promise<Connection> {
  return openConnections(link, async (query) => {
    await query(durableSettings);
  });
}

async function begin(
  { durable, living, runs, now }: Connections,
  process: string,
  run: NewRun,
  recipient: Recipient,
): Promise<RunLedger> {
  const isEndless = run.isEndless === true;
  const seconds = () => Math.floor(now() / 1000);
  const label = { ...run, files: run.files.map(storableText) };
  const id = await durable.run((query) => beginRun(query, label, { process, started: seconds() }));
  runs.add(id);
  await living.run((query) => holdRun(query, id));
  await releaseDeadRuns(durable);
  const namespaces = createNamespaces(recipient);
  return {
    id,
    ledger: createLedger({ durable, living }, namespaces, { ...recipient, run: id, isEndless, now }),
    reportProblems: (file, reading, problems) =>
      durable.transaction((query) =>
        reportProblems(query, problems, { file, reading, namespaceOf: namespaces, at: seconds() }),
      ),
    async end(summary, exit) {
      const ended = { finished: seconds(), exit, summary };
      await durable.run((query) => endRun(query, id, ended), true);
      runs.delete(id);
      await living.run((query) => releaseRun(query, id), true);
    },
  };
}

/** The ledger of one run. */
function createLedger(
  { durable, living }: Pick<Connections, 'durable' | 'living'>,
  namespaceOf: ReturnType<typeof createNamespaces>,
  use: Recipient & Claimant,
): Ledger {
  const opened = new Map<string, Claims>();
  const rate = openRate(living, use);

  async function claimsOf(account: string): Promise<Claims> {
    const namespace = await durable.run((query) => namespaceOf(query, account), true);
    const claims = opened.get(account) ?? createClaims(namespace, use);
    opened.set(account, claims);
    return claims;
  }

  const open = (account: string) => {
    const known = opened.get(account);
    return known === undefined ? claimsOf(account) : known;
  };
  const accountOf = (calls: readonly Call[]) => calls[0]?.account_id ?? '';
  return {
    lookup: async (calls, policy) => lookUpCalls(durable, await open(accountOf(calls)), calls, policy),
    claim: async (calls, policy) => claimCalls(durable, await open(accountOf(calls)), calls, policy),
    recordChanges: async (calls) => recordChanges(durable, await open(accountOf(calls)), calls),
    settle: async (account, settlements) => settleCalls(durable, await open(account), settlements),
    confirmClaims: async () => [],
    reserveSlot: rate.reserveSlot,
    pausedUntil: rate.pausedUntil,
    reportSuccess: rate.increase,
    reportThrottled: rate.decrease,
  };
}

/** The ids of accounts at a recipient; each is made where there is none. */
function createNamespaces({ address, code }: Recipient) {
  const known = new Map<string, number>();
  return async (query: Query, account: string): Promise<number> => {
    const found = known.get(account);
    if (found !== undefined) return found;
    const values = [address, code, storableText(account)];
    await query(
      'INSERT INTO amocalls.namespaces (address, code, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      values,
    );
    const { rows } = await query(
      'SELECT id FROM amocalls.namespaces WHERE address = $1 AND code = $2 AND account = $3',
      values,
    );
    const id = numberOf(rows[0], 'id');
    known.set(account, id);
    return id;
  };
}

/**
 * The checkpoints in a ledger. A reading may be longer than an index takes, so that a row is found by the hash of file and
 * reading; the few that begin like a name are looked for in all of them.
 *
 * @param now milliseconds since 1970
 */
function openCheckpoints(connection: Connection, now: () => number): Checkpoints {
  const keyOf = ({ file, reading }: CheckpointChange) =>
    createHash('sha256')
      .update(JSON.stringify([file, reading]))
      .digest('hex');
  return {
    list: (prefix) =>
      connection.transaction(async (query) => {
        await query(
          `DELETE FROM amocalls.checkpoints
           WHERE at < (SELECT at FROM amocalls.checkpoints ORDER BY at DESC LIMIT 1 OFFSET $1)`,
          [maxCheckpoints - 1],
        );
        const { rows } = await query(
          'SELECT file, reading, checkpoint FROM amocalls.checkpoints WHERE starts_with(file, $1)',
          [storableText(prefix)],
        );
        return rows.map((row) => ({
          file: textOf(row, 'file') ?? '',
          reading: textOf(row, 'reading') ?? '',
          checkpoint: textOf(row, 'checkpoint') ?? '',
        }));
      }),
    save: (changes) =>
      connection.transaction(async (query) => {
        const gone = changes.filter(({ checkpoint }) => checkpoint === undefined);
        const kept = changes.flatMap((change) => (change.checkpoint === undefined ? [] : [change]));
        await query('DELETE FROM amocalls.checkpoints WHERE key = ANY($1)', [gone.map(keyOf)]);
        await query(
          `INSERT INTO amocalls.checkpoints (key, file, reading, checkpoint, at)
           SELECT key, file, reading, checkpoint, $5
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS kept (key, file, reading, checkpoint)
           ON CONFLICT (key) DO UPDATE SET checkpoint = excluded.checkpoint, at = excluded.at`,
          [
            kept.map(keyOf),
            kept.map(({ file }) => storableText(file)),
            kept.map(({ reading }) => storableText(reading)),
            kept.map(({ checkpoint = null }) => checkpoint),
            Math.floor(now() / 1000),
          ],
        );
      }),
  };
}
