// A ledger in a database: its runs, the ledger of each.

import type { Call } from '../core/call.js';
import type { Ledger, Recipient } from '../core/ledger.js';
import type { LedgerDeps, LedgerStore, NewRun, RunLedger } from '../core/ledger-store.js';
import { openCheckpoints } from './checkpoints.js';
import { type AccountClaims, claimCalls, lookUpCalls, namespaceOf, openClaims } from './claims.js';
import { type Database, hostClock } from './database.js';
import { Heartbeat } from './heartbeat.js';
import { inspect, openHistory, reportProblems, unconfirmedCalls } from './history.js';
import { openRate } from './rate.js';
import { beginRun, endRun, releaseDeadRuns, type Sight, wasTaken, writeHeartbeat } from './runs.js';
import { confirmClaims, deferMissing, recordChanges, settleCalls } from './settlements.js';
import { openTransfer } from './transfer.js';

/** An open ledger. */
interface Opened {
  readonly database: Database;
  readonly processName: string;
  readonly sight: Sight;
  /** The runs of this process that last. */
  readonly hearts: Set<Heartbeat>;
}

/** The ledger in an open database; closing it closes that. */
export function createStore(database: Database, deps: LedgerDeps): LedgerStore {
  const { name, isNew, durable, dialect, close } = database;
  const { now, seeProcess, processName } = deps;
  const sight: Sight = { now, seeProcess, dialect };
  const hearts = new Set<Heartbeat>();
  return {
    name,
    isNew,
    beginRun: (run, recipient) => begin({ database, processName, sight, hearts }, run, recipient),
    checkpoints: openCheckpoints(durable, dialect, now),
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
  const { database, processName, sight, hearts } = opened;
  const { durable, quick, dialect, outages } = database;
  const { now } = sight;
  const seconds = () => Math.floor(now() / 1000);
  const label = { ...run, files: run.files.map(dialect.storable) };
  const process = { process: processName, started: seconds() };
  // A database that crashes while the run goes on must not give its id to another one.
  const id = await durable.write(() => beginRun(dialect, label, process));
  const say = () => quick.write(() => writeHeartbeat(dialect, id, seconds()), true);
  const heart = new Heartbeat({ say, outages, now });
  hearts.add(heart);
  await releaseDeadRuns(durable, sight);
  return {
    id,
    ledger: createLedger(opened, { ...recipient, id, isEndless: run.isEndless, heart }),
    reportProblems(file, reading, problems) {
      const place = { file, reading, recipient, at: seconds(), dialect };
      return durable.transaction((attempt) => reportProblems(problems, { ...place, ...attempt }));
    },
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
function createLedger({ database, sight }: Opened, use: LedgerUse): Ledger {
  const { durable, quick, dialect } = database;
  const { now } = sight;
  const accounts = new Map<string, AccountClaims>();

  async function open(account: string, isVerdict = false): Promise<AccountClaims> {
    const namespace = await durable.transaction(() => namespaceOf(dialect, use, account), isVerdict);
    const claims = accounts.get(account) ?? openClaims(durable, sight, namespace);
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
    lapses: use.heart.lapses,
  });
  return {
    lookup: async (calls, policy) => lookUpCalls(await ofCalls(calls), calls, { ...run(), policy }),
    claim: async (calls, policy) => claimCalls(await ofCalls(calls), calls, { ...run(), policy }),
    recordChanges: async (calls) => recordChanges(await ofCalls(calls), calls, run()),
    settle: async (account, settlements) => settleCalls(await claimsOf(account, true), settlements, run()),
    async confirmClaims(account, uuids) {
      const isTaken = dialect.clock === hostClock && (await durable.read(() => wasTaken(dialect, use.id)));
      await use.heart.confirm(isTaken);
      return confirmClaims(await claimsOf(account), uuids, run());
    },
    unconfirmedCalls: (period) => durable.read(() => unconfirmedCalls(use, period, run().now)),
    async recordMissing(calls) {
      for (const account of new Set(calls.map((call) => call.account))) {
        const uuids = calls.filter((call) => call.account === account).map(({ uuid }) => uuid);
        await deferMissing(await claimsOf(account), uuids, run());
      }
    },
    ...openRate(quick, dialect, use, now),
  };
}
