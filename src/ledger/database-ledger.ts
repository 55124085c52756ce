// A ledger in a database: its runs, the ledger of each.

import type { Call } from '../core/call.js';
import type { Ledger, Recipient } from '../core/ledger.js';
import type { LedgerDeps, LedgerStore, NewRun, RunLedger } from '../core/ledger-store.js';
import { openCheckpoints } from './checkpoints.js';
import { type AccountClaims, claimCalls, lookUpCalls, namespaceOf, openClaims } from './claims.js';
import { type Database, hostClock } from './database.js';
import { type Heartbeat, startHeartbeat } from './heartbeat.js';
import { callsInDoubt, inspect, openHistory, reportProblems } from './history.js';
import { openRate } from './rate.js';
import { beginRun, endRun, releaseDeadRuns, type Sight, wasTaken, writeHeartbeat } from './runs.js';
import { confirmClaims, deferMissing, recordChanges, settleCalls } from './settlements.js';
import { openTransfer } from './transfer.js';

/** An open ledger. */
interface Opened {
  readonly database: Database;
  readonly deps: LedgerDeps;
  readonly sight: Sight;
  /** The runs of this process that last. */
  readonly hearts: Set<Heartbeat>;
}

/**
 * The ledger in an open database; closing it closes that.
 *
 * @param hearts of the runs that last; changed here
 */
export function createStore(
  database: Database,
  deps: LedgerDeps,
  hearts: Set<Heartbeat> = new Set(),
): LedgerStore {
  const { name, isNew, durable, dialect, close } = database;
  const sight: Sight = { ...deps, dialect };
  return {
    name,
    isNew,
    beginRun: (run, recipient) => begin({ database, deps, sight, hearts }, run, recipient),
    checkpoints: openCheckpoints(durable, dialect, deps.now),
    history: openHistory(durable, sight),
    transfer: openTransfer(durable, dialect),
    inspect: () => durable.read(() => inspect(sight)),
    async close() {
      for (const heart of hearts) heart.stop();
      await close();
    },
  };
}

async function begin(opened: Opened, run: NewRun, recipient: Recipient): Promise<RunLedger> {
  const { database, deps, sight, hearts } = opened;
  const { durable, quick, dialect } = database;
  const seconds = () => Math.floor(deps.now() / 1000);
  const label = { ...run, files: run.files.map(dialect.storable) };
  const process = { process: deps.processName, started: seconds() };
  // A database that crashes while the run goes on must not give its id to another one.
  const id = await durable.write(() => beginRun(dialect, label, process));
  const sayAlive = () => quick.write(() => writeHeartbeat(dialect, id, seconds()), true);
  const heart = startHeartbeat(sayAlive, deps.now);
  hearts.add(heart);
  await releaseDeadRuns(durable, sight);
  return {
    id,
    ledger: createLedger(opened, { ...recipient, id, isEndless: run.isEndless, heart }),
    reportProblems: (file, reading, problems) =>
      durable.transaction(() =>
        reportProblems(problems, { file, reading, recipient, at: seconds(), dialect }),
      ),
    async end(summary, exit) {
      heart.stop();
      hearts.delete(heart);
      await quick.write(() => endRun(id, { finished: seconds(), exit, summary }), true);
    },
  };
}

/** A run, and where it sends. */
interface LedgerUse extends Recipient, Pick<NewRun, 'isEndless'> {
  readonly id: number;
  readonly heart: Heartbeat;
}

/** The ledger of one run. */
function createLedger({ database, deps, sight }: Opened, use: LedgerUse): Ledger {
  const { durable, quick, dialect } = database;
  const { now } = deps;
  const accounts = new Map<string, AccountClaims>();
  let lapses = 0;

  async function open(account: string, isVerdict = false): Promise<AccountClaims> {
    const namespace = await durable.transaction(() => namespaceOf(dialect, use, account), isVerdict);
    const claims = accounts.get(account) ?? openClaims(durable, dialect, namespace);
    accounts.set(account, claims);
    return claims;
  }

  const claimsOf = (account: string, isVerdict?: boolean) =>
    accounts.get(account) ?? open(account, isVerdict);
  const ofCalls = (calls: readonly Call[]) => claimsOf(calls[0]?.account_id ?? '');
  const run = () => ({
    run: use.id,
    isEndless: use.isEndless,
    now: Math.floor(now() / 1000),
    lapses,
    sight,
  });
  return {
    lookup: async (calls, policy) => lookUpCalls(await ofCalls(calls), calls, { policy, run: run() }),
    claim: async (calls, policy) => claimCalls(await ofCalls(calls), calls, { policy, run: run() }),
    recordChanges: async (calls) => recordChanges(await ofCalls(calls), calls, run()),
    settle: async (account, settlements) => settleCalls(await claimsOf(account, true), settlements, run()),
    async confirmClaims(account, uuids) {
      if (dialect.clock === hostClock && (await durable.read(() => wasTaken(dialect, use.id))))
        use.heart.lapse();
      lapses = await use.heart.lapses();
      return confirmClaims(await claimsOf(account), uuids, run());
    },
    callsInDoubt: (period) => durable.read(() => callsInDoubt(use, period, run().now)),
    async recordMissing(calls) {
      for (const account of new Set(calls.map((call) => call.account))) {
        const uuids = calls.filter((call) => call.account === account).map(({ uuid }) => uuid);
        await deferMissing(await claimsOf(account), uuids, run());
      }
    },
    ...openRate(quick, dialect, use, now),
  };
}
