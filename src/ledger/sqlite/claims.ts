import type { Call } from '../../core/call.js';
import { hashCall } from '../../core/hash.js';
import type { Claim, ClaimPolicy, Hold, LostClaim, Settlement } from '../../core/ledger.js';
import { pauseAfter } from '../../core/ledger.js';
import {
  type ClaimRules,
  createClaimRules,
  type KnownCall,
  type Claimant as RunClaimant,
  rowNow,
  secondsOf,
} from '../claim-rules.js';
import {
  type CallRow,
  callRowOf,
  fieldsOf,
  isOpen,
  numberOf,
  optionalNumberOf,
  processDied,
  stateNumbers,
  stateOf,
  textOf,
} from '../rows.js';
import type { Database } from './driver.js';

/** Who asks: the run, and how to tell whether the process of another run is alive. */
export interface Claimant extends RunClaimant {
  readonly isAlive: (process: string) => boolean;
}

/** The claims of one run on the calls of one namespace; each method is to run inside a transaction. */
export interface Claims {
  readonly claim: (calls: readonly Call[], policy: ClaimPolicy) => readonly Claim[];
  readonly settle: (settlements: readonly (Settlement | Hold)[]) => readonly LostClaim[];
  /** True for each call whose content was not remembered before. */
  readonly recordChanges: (calls: readonly Call[]) => readonly boolean[];
  /** What a claim would say; needs no transaction. */
  readonly lookup: (calls: readonly Call[], policy: ClaimPolicy) => readonly Claim[];
}

/** As the index of open calls says it, word for word: without these words SQLite reads the whole ledger. */
const indexed = 'state IN (0, 3)';

/** Calls that were in flight when their process died are `unconfirmed` from now on: nobody knows whether they arrived. */
export function releaseDeadRuns(database: Database, isAlive: Claimant['isAlive']): void {
  const runs = database
    .prepare(
      `SELECT id, process, finished IS NULL AS living FROM runs WHERE id IN (SELECT run FROM calls WHERE ${indexed} AND state = ${stateNumbers['in flight']})`,
    )
    .all();
  const release = database.prepare(
    `UPDATE calls SET state = ?, reasons = ? WHERE ${indexed} AND state = ? AND run = ?`,
  );
  for (const run of runs) {
    if (numberOf(run, 'living') === 1 && isAlive(textOf(run, 'process') ?? '')) continue;
    release.run(stateNumbers.unconfirmed, processDied, stateNumbers['in flight'], numberOf(run, 'id'));
  }
}

/** The statements on the calls of a namespace. */
function prepareCalls(database: Database) {
  return {
    insert: database.prepare(
      `INSERT INTO calls (namespace, uuid, state, run, at, hash, billsec) VALUES (?, ?, 0, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    find: database.prepare(
      'SELECT state, run, at, reasons, hash, billsec, receipt FROM calls WHERE namespace = ? AND uuid = ?',
    ),
    replace: database.prepare(
      `UPDATE calls SET state = ?, run = ?, at = ?, reasons = ?, hash = ?, billsec = ?, receipt = ?
       WHERE namespace = ? AND uuid = ?`,
    ),
    settle: database.prepare(
      'UPDATE calls SET state = ?, run = ?, at = ?, reasons = ?, receipt = ? WHERE namespace = ? AND uuid = ?',
    ),
    remove: database.prepare('DELETE FROM calls WHERE namespace = ? AND uuid = ?'),
    owner: database.prepare('SELECT process FROM runs WHERE id = ? AND finished IS NULL'),
    findDeferral: database.prepare('SELECT tries, next_try FROM deferrals WHERE namespace = ? AND uuid = ?'),
    defer: database.prepare(
      `INSERT INTO deferrals (namespace, uuid, tries, next_try) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`,
    ),
    endDeferral: database.prepare('DELETE FROM deferrals WHERE namespace = ? AND uuid = ?'),
    change: database.prepare(
      `INSERT INTO changes (namespace, uuid, hash, billsec, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
       WHERE hash <> excluded.hash`,
    ),
    endChange: database.prepare('DELETE FROM changes WHERE namespace = ? AND uuid = ?'),
  };
}

/** The claims of a run on one namespace while it lasts. */
interface State {
  readonly calls: ReturnType<typeof prepareCalls>;
  readonly namespace: number;
  readonly claimant: Claimant;
  /** The rows of calls that are sent again, as they were before: they become that again when they are not sent after all. */
  readonly former: Map<string, CallRow>;
  readonly rules: ClaimRules;
}

/** Opens the claims of a run on one namespace. */
export function openClaims(database: Database, namespace: number, claimant: Claimant): Claims {
  const calls = prepareCalls(database);
  const state: State = { calls, namespace, claimant, former: new Map(), rules: createClaimRules(claimant) };
  return {
    claim: (claimed, policy) => claimed.map((call) => claim(state, call, policy)),
    settle(settlements) {
      const lost = settlements.map((settlement) => settle(state, settlement));
      return lost.filter((one) => one !== undefined);
    },
    recordChanges: (changed) =>
      changed.map((call) => {
        const values = [namespace, call.uuid, hashCall(call), call.billsec, secondsOf(claimant)] as const;
        return Number(calls.change.run(...values).changes) === 1;
      }),
    lookup: (asked, policy) =>
      asked.map((call) => {
        const row = calls.find.get(namespace, call.uuid);
        const seen =
          row === undefined ? 'ours' : state.rules(call, knownCall(state, call, callRowOf(row)), policy);
        if (seen !== 'dead') return seen;
        return policy.unconfirmed ? 'ours' : 'unconfirmed';
      }),
  };
}

function claim(state: State, call: Call, policy: ClaimPolicy): Claim {
  const { calls, namespace, claimant } = state;
  const { uuid, billsec } = call;
  const values = [namespace, uuid, claimant.run, secondsOf(claimant), hashCall(call), billsec] as const;
  return Number(calls.insert.run(...values).changes) === 1 ? 'ours' : claimKnown(state, call, policy);
}

function claimKnown(state: State, call: Call, policy: ClaimPolicy): Claim {
  const { calls, namespace, claimant, former } = state;
  const { uuid, billsec } = call;
  let row = callRowOf(calls.find.get(namespace, uuid));
  const seen = state.rules(call, knownCall(state, call, row), policy);
  if (seen === 'dead') {
    row = rowNow(claimant, 'unconfirmed', { ...row, reasons: processDied });
    replace(state, uuid, row);
    if (!policy.unconfirmed) return 'unconfirmed';
  } else if (seen !== 'ours') return seen;
  if (row.state !== stateNumbers.held) former.set(uuid, row);
  replace(state, uuid, rowNow(claimant, 'in flight', { reasons: null, hash: hashCall(call), billsec }));
  return 'ours';
}

function knownCall({ calls, namespace, claimant }: State, { uuid }: Call, row: CallRow): KnownCall {
  return {
    row,
    nextTry: () => optionalNumberOf(calls.findDeferral.get(namespace, uuid), 'next_try'),
    isOwnerAlive: () => claimant.isAlive(textOf(calls.owner.get(row.run), 'process') ?? ''),
  };
}

function settle(state: State, settlement: Settlement | Hold): LostClaim | undefined {
  const { calls, namespace, claimant, former } = state;
  const { uuid, state: verdict, reasons, receipt, corrected } = fieldsOf(settlement);
  const found = calls.find.get(namespace, uuid);
  const now = found === undefined ? undefined : callRowOf(found);
  const isOwn = now?.run === claimant.run && isOpen(now);
  if (verdict !== 'accepted' && !isOwn) {
    return now === undefined ? { uuid } : { uuid, lostTo: { run: now.run, state: stateOf(now.state) } };
  }
  if (corrected !== undefined) {
    calls.endChange.run(namespace, uuid);
    const content = { reasons: null, hash: hashCall(corrected), billsec: corrected.billsec };
    const kept = receipt === undefined ? null : JSON.stringify(receipt);
    replace(state, uuid, { ...rowNow(claimant, 'accepted', content), receipt: kept });
    return undefined;
  }
  const before = former.get(uuid);
  if (verdict !== 'held') former.delete(uuid);
  if (verdict === 'unsent') {
    if (before === undefined) calls.remove.run(namespace, uuid);
    else replace(state, uuid, before);
    return undefined;
  }
  if (before?.state === stateNumbers.accepted && verdict !== 'held') calls.endChange.run(namespace, uuid);
  if (verdict === 'waiting') defer(state, uuid);
  else if (before?.state === stateNumbers.waiting && verdict !== 'held')
    calls.endDeferral.run(namespace, uuid);
  const words = reasons === undefined ? null : JSON.stringify(reasons);
  const kept = receipt === undefined ? null : JSON.stringify(receipt);
  const values = [stateNumbers[verdict], claimant.run, secondsOf(claimant), words, kept] as const;
  calls.settle.run(...values, namespace, uuid);
  return undefined;
}

/** Puts off the next try of a call that the service cannot take yet, each time for longer. */
function defer({ calls, namespace, claimant }: State, uuid: string): void {
  const row = calls.findDeferral.get(namespace, uuid);
  const tries = row === undefined ? 1 : numberOf(row, 'tries') + 1;
  calls.defer.run(namespace, uuid, tries, secondsOf(claimant) + pauseAfter(tries));
}

function replace({ calls, namespace }: State, uuid: string, row: CallRow): void {
  const { state, run, at, reasons, hash, billsec, receipt } = row;
  calls.replace.run(state, run, at, reasons, hash, billsec, receipt, namespace, uuid);
}
