// A ledger in a PostgreSQL database: its runs, the ledger of each.

import type { Call } from '../../core/call.js';
import { exitCodes, interruptedExit, UserError } from '../../core/errors.js';
import type { Ledger, Recipient } from '../../core/ledger.js';
import type { LedgerDeps, LedgerStore, NewRun, RunLedger } from '../../core/ledger-store.js';
import { type Heartbeat, startHeartbeat } from '../heartbeat.js';
import { parseAddress } from './address.js';
import { storableText } from './call-table.js';
import { openCheckpoints } from './checkpoints.js';
import { type Claims, claimCalls, createClaims, lookUpCalls } from './claims.js';
import { type Connection, openConnection } from './connection.js';
import { databaseError, isConnectionLoss } from './errors.js';
import { callsInDoubt, inspect, openHistory, reportProblems } from './history.js';
import { createLink, type Link } from './link.js';
import { createNamespaces } from './namespaces.js';
import { openRate } from './rate.js';
import { beginRun, endRun, releaseDeadRuns, writeHeartbeat } from './runs.js';
import { hasLedger, migrate } from './schema.js';
import { confirmCalls, deferMissing, doubtfulClaims, recordChanges, settleCalls } from './settlements.js';
import { openTransfer } from './transfer.js';

/**
 * An open ledger. `durable`: what is committed there is on disk; one connection, and up to four while it is busy. `quick`: for
 * the rate and for heartbeats; nobody waits for the disk on their behalf.
 */
interface Opened {
  readonly durable: Connection;
  readonly quick: Connection;
  readonly deps: LedgerDeps;
  /** The runs of this process that last. */
  readonly hearts: Set<Heartbeat>;
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
export async function openPostgresStore(
  where: string,
  deps: LedgerDeps,
  timeoutMs?: number,
): Promise<LedgerStore> {
  const address = parseAddress(where, deps);
  const hearts = new Set<Heartbeat>();
  const returned = () => {
    for (const heart of hearts) heart.doubt();
  };
  const link = createLink(address, deps, { timeoutMs, returned });
  const opened: Connection[] = [];
  const close = async () => {
    for (const heart of hearts) heart.stop();
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const durable = await openWhenBack(link, deps.interrupt);
    opened.push(durable);
    const isNew = await migrate(durable, address);
    const quick = await openConnection(link, { settings: quickSettings, most: 1 });
    opened.push(quick);
    return {
      name: address.shown,
      isNew,
      beginRun: (run, recipient) => begin({ durable, quick, deps, hearts }, run, recipient),
      checkpoints: openCheckpoints(durable, deps.now),
      history: openHistory(durable, deps),
      transfer: openTransfer(durable),
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
  const link = createLink(address, deps, { returned: () => undefined });
  const durable = await openDurable(link).catch((error: unknown) => {
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
      throw new UserError(`ledger ${link.address.shown}: interrupted before it could be reached`, {
        exit: exit ?? exitCodes.sigint,
      });
    }
  }
}

function openDurable(link: Link): Promise<Connection> {
  return openConnection(link, { settings: durableSettings, most: mostDurable, isChecked: true });
}

async function begin(opened: Opened, run: NewRun, recipient: Recipient): Promise<RunLedger> {
  const { durable, quick, deps, hearts } = opened;
  const seconds = () => Math.floor(deps.now() / 1000);
  const label = { ...run, files: run.files.map(storableText) };
  const process = { process: deps.processName, started: seconds() };
  const id = await durable.run((query) => beginRun(query, label, process));
  const heart = startHeartbeat(() => quick.run((query) => writeHeartbeat(query, id), true), deps.now);
  hearts.add(heart);
  await releaseDeadRuns(durable, deps);
  const namespaces = createNamespaces(recipient);
  return {
    id,
    ledger: createLedger(opened, namespaces, { ...recipient, id, isEndless: run.isEndless, heart }),
    reportProblems: (file, reading, problems) =>
      durable.transaction((query) =>
        reportProblems(query, problems, { file, reading, namespaceOf: namespaces, at: seconds() }),
      ),
    async end(summary, exit) {
      heart.stop();
      hearts.delete(heart);
      const ended = { finished: seconds(), exit, summary };
      await durable.run((query) => endRun(query, id, ended), true);
    },
  };
}

/** A run, and where it sends. */
interface LedgerUse extends Recipient, Pick<NewRun, 'isEndless'> {
  readonly id: number;
  readonly heart: Heartbeat;
}

/** The ledger of one run. */
function createLedger(
  { durable, quick, deps }: Opened,
  namespaceOf: ReturnType<typeof createNamespaces>,
  use: LedgerUse,
): Ledger {
  const { now } = deps;
  const opened = new Map<string, Claims>();
  let doubts = 0;

  async function claimsOf(account: string, isVerdict: boolean): Promise<Claims> {
    const namespace = await durable.run((query) => namespaceOf(query, account), isVerdict);
    const claims = opened.get(account) ?? createClaims(namespace);
    opened.set(account, claims);
    return claims;
  }

  const open = (account: string, isVerdict = false) => {
    const known = opened.get(account);
    return known === undefined ? claimsOf(account, isVerdict) : known;
  };
  const ofCalls = (calls: readonly Call[]) => open(calls[0]?.account_id ?? '');
  const run = () => ({
    run: use.id,
    isEndless: use.isEndless,
    now: Math.floor(now() / 1000),
    doubts,
    sight: deps,
  });
  return {
    lookup: async (calls, policy) =>
      lookUpCalls(durable, await ofCalls(calls), calls, { policy, run: run() }),
    claim: async (calls, policy) => claimCalls(durable, await ofCalls(calls), calls, { policy, run: run() }),
    recordChanges: async (calls) => recordChanges(durable, await ofCalls(calls), calls, run()),
    settle: async (account, settlements) =>
      settleCalls(durable, await open(account, true), settlements, run()),
    async confirmClaims(account, uuids) {
      doubts = await use.heart.doubts();
      const claims = await open(account);
      const doubtful = doubtfulClaims(claims, uuids, doubts);
      return doubtful.length === 0 ? [] : confirmCalls(durable, claims, doubtful, run());
    },
    callsInDoubt: (period) => durable.run((query) => callsInDoubt(query, use, period, run().now)),
    async recordMissing(calls) {
      for (const account of new Set(calls.map((call) => call.account))) {
        const uuids = calls.filter((call) => call.account === account).map(({ uuid }) => uuid);
        await deferMissing(durable, await open(account), uuids, run());
      }
    },
    ...openRate(quick, use, now),
  };
}
