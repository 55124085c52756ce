// A ledger in a SQLite file: its runs, the ledger of each.

import path from 'node:path';
import type { Call } from '../../core/call.js';
import type { Ledger, Recipient } from '../../core/ledger.js';
import type { LedgerDeps, LedgerStore, NewRun, RunLedger } from '../../core/ledger-store.js';
import { assertOwnFile } from '../../files/output-file.js';
import { type Heartbeat, startHeartbeat } from '../heartbeat.js';
import { openCheckpoints } from './checkpoints.js';
import {
  type ClaimingRun,
  type Claims,
  claimCalls,
  confirmCalls,
  deferMissing,
  doubtfulClaims,
  lookUpCalls,
  openClaims,
  recordChanges,
  settleCalls,
} from './claims.js';
import { type Connections, openConnections } from './connections.js';
import { transact } from './driver.js';
import { isThere } from './file.js';
import { callsInDoubt, inspect, openHistory, reportProblems } from './history.js';
import { namespaceOf } from './namespaces.js';
import { openRate } from './rate.js';
import { beginRun, createLivingRuns, endRun, releaseDeadRuns, writeHeartbeat } from './runs.js';
import { openTransfer } from './transfer.js';

/**
 * Opens a ledger in a SQLite file.
 *
 * @throws UserError where the file cannot be used
 */
export async function openSqliteStore(file: string, deps: LedgerDeps): Promise<LedgerStore> {
  await assertLedgerFile(file, deps);
  return createSqliteStore(await openConnections(file), deps);
}

/**
 * Opens a ledger that is there; undefined where there is no such file, or an empty one.
 *
 * @throws UserError where the file cannot be used
 */
export async function findSqliteStore(file: string, deps: LedgerDeps): Promise<LedgerStore | undefined> {
  await assertLedgerFile(file, deps);
  return isThere(file) ? openSqliteStore(file, deps) : undefined;
}

/** A link or a pipe of somebody else is no ledger: SQLite would write to what is behind it. */
function assertLedgerFile(file: string, { user }: LedgerDeps): Promise<void> {
  return assertOwnFile({ asked: 'ledger', name: file, path: path.resolve(file), user });
}

/** The ledger behind open connections; closing it closes them. */
export function createSqliteStore(connections: Connections, deps: LedgerDeps): LedgerStore {
  const { file, isNew, durable, guarded, close } = connections;
  const hearts = new Set<Heartbeat>();
  return {
    name: file,
    isNew,
    beginRun: (run, recipient) => begin({ connections, deps, hearts }, run, recipient),
    checkpoints: openCheckpoints(connections, deps.now),
    history: openHistory(connections, deps),
    transfer: openTransfer(connections),
    inspect: () => guarded(() => inspect(durable, file, deps.now())),
    async close() {
      for (const heart of hearts) heart.stop();
      close();
    },
  };
}

/** An open ledger: its connections, and the runs of this process that last. */
interface Opened {
  readonly connections: Connections;
  readonly deps: LedgerDeps;
  readonly hearts: Set<Heartbeat>;
}

async function begin(opened: Opened, run: NewRun, recipient: Recipient): Promise<RunLedger> {
  const { connections, deps, hearts } = opened;
  const { durable, quick, guarded, commit } = connections;
  const seconds = () => Math.floor(deps.now() / 1000);
  const process = deps.processName;
  const id = await guarded(() => beginRun(quick, run, { process, started: seconds() }));
  await guarded(() => transact(durable, () => releaseDeadRuns(durable, deps)));
  const heart = startHeartbeat(() => guarded(() => writeHeartbeat(quick, id, seconds())), deps.now);
  hearts.add(heart);
  return {
    id,
    ledger: await openLedger(opened, { ...recipient, id, isEndless: run.isEndless, heart }),
    reportProblems: (file, reading, problems) =>
      commit(() =>
        reportProblems(durable, problems, {
          file,
          reading,
          namespaceOf: (account) => namespaceOf(durable, recipient, account),
          at: seconds(),
        }),
      ),
    async end(summary, exit) {
      heart.stop();
      hearts.delete(heart);
      await guarded(() => endRun(quick, id, { finished: seconds(), exit, summary }));
    },
  };
}

/** A run, and where it sends. */
interface LedgerUse extends Recipient, Pick<NewRun, 'isEndless'> {
  readonly id: number;
  readonly heart: Heartbeat;
}

/** The ledger of one run. */
async function openLedger({ connections, deps }: Opened, use: LedgerUse): Promise<Ledger> {
  const { durable, guarded, commit } = connections;
  const { now } = deps;
  const namespaces = new Map<string, Claims>();
  const rate = await guarded(() => openRate(connections, use, now));
  let doubts = 0;

  function claimsOf(account: string): Claims {
    const known = namespaces.get(account);
    if (known !== undefined) return known;
    const claims = openClaims(durable, namespaceOf(durable, use, account));
    namespaces.set(account, claims);
    return claims;
  }

  const isAlive = createLivingRuns(durable, deps);
  const run = (): ClaimingRun => ({
    run: use.id,
    isEndless: use.isEndless,
    now: Math.floor(now() / 1000),
    doubts,
    isAlive: isAlive(),
  });
  const ofCalls = (calls: readonly Call[]) => claimsOf(calls[0]?.account_id ?? '');
  return {
    lookup: (calls, policy) => guarded(() => lookUpCalls(ofCalls(calls), calls, policy, run())),
    claim: (calls, policy) => commit(() => claimCalls(ofCalls(calls), calls, policy, run())),
    recordChanges: (calls) => commit(() => recordChanges(ofCalls(calls), calls, run())),
    settle: (account, settlements) => commit(() => settleCalls(claimsOf(account), settlements, run())),
    async confirmClaims(account, uuids) {
      doubts = await use.heart.doubts();
      const doubtful = doubtfulClaims(claimsOf(account), uuids, doubts);
      return doubtful.length === 0 ? [] : commit(() => confirmCalls(claimsOf(account), doubtful, run()));
    },
    callsInDoubt: (period) => guarded(() => callsInDoubt(durable, use, period, Math.floor(now() / 1000))),
    recordMissing: (calls) =>
      commit(() => {
        for (const { account, uuid } of calls) deferMissing(claimsOf(account), uuid, run());
      }),
    ...rate,
  };
}
