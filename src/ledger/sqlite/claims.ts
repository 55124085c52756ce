import type { Call } from '../../core/call.js';
import { pauseAfter } from '../../core/deferral.js';
import { hashCall } from '../../core/hash.js';
import { createHashSet, type HashSet } from '../../core/hash-set.js';
import type { ChangedCall, Claim, ClaimPolicy, LedgerState, Settlement } from '../../core/ledger.js';
import { type CallRow, callRowOf, prepareCalls, receiptOf, stateNumbers } from './call-rows.js';
import type { Database } from './driver.js';
import { numberOf, textOf } from './schema.js';

/** Who asks: the run, and how to tell whether the process of another run is alive. */
export interface Claimant {
  readonly run: number;
  readonly isEndless: boolean;
  readonly isAlive: (process: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The claims of one run on the calls of one namespace; each method is to run inside a transaction. */
export interface Claims {
  readonly claim: (calls: readonly Call[], policy: ClaimPolicy) => readonly Claim[];
  readonly settle: (settlements: readonly Settlement[]) => void;
  /** True for each call whose content was not remembered before. */
  readonly recordChanges: (calls: readonly Call[]) => readonly boolean[];
  /** What a claim would say; needs no transaction. */
  readonly lookup: (calls: readonly Call[], policy: ClaimPolicy) => readonly Claim[];
}

const processDied = JSON.stringify(['the process that sent it died before the answer came']);

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

/** The claims of a run on one namespace while it lasts. */
interface State {
  readonly calls: ReturnType<typeof prepareCalls>;
  readonly namespace: number;
  readonly claimant: Claimant;
  /** The rows of calls that are sent again, as they were before: they become that again when they are not sent after all. */
  readonly former: Map<string, CallRow>;
  /** Calls that this run met with the content that was sent: another row with their uuid is a repetition, not a change. */
  readonly unchanged: HashSet;
}

/** Opens the claims of a run on one namespace. */
export function openClaims(database: Database, namespace: number, claimant: Claimant): Claims {
  const calls = prepareCalls(database);
  const state: State = { calls, namespace, claimant, former: new Map(), unchanged: createHashSet() };
  return {
    claim: (claimed, policy) => claimed.map((call) => claim(state, call, policy)),
    settle(settlements) {
      for (const settlement of settlements) settle(state, settlement);
    },
    recordChanges: (changed) =>
      changed.map((call) => {
        const values = [namespace, call.uuid, hashCall(call), call.billsec, secondsOf(claimant)] as const;
        return Number(calls.change.run(...values).changes) === 1;
      }),
    lookup: (asked, policy) =>
      asked.map((call) => {
        const row = calls.find.get(namespace, call.uuid);
        const seen = row === undefined ? 'ours' : look(state, call, callRowOf(row), policy);
        if (seen !== 'dead') return seen;
        return policy.unconfirmed ? 'ours' : 'unconfirmed';
      }),
  };
}

const secondsOf = ({ now }: Claimant) => Math.floor(now() / 1000);

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
  const seen = look(state, call, row, policy);
  if (seen === 'dead') {
    row = rowNow(claimant, 'unconfirmed', { ...row, reasons: processDied });
    replace(state, uuid, row);
    if (!policy.unconfirmed) return 'unconfirmed';
  } else if (seen !== 'ours') return seen;
  former.set(uuid, row);
  replace(state, uuid, rowNow(claimant, 'in flight', { reasons: null, hash: hashCall(call), billsec }));
  return 'ours';
}

function look(state: State, call: Call, row: CallRow, policy: ClaimPolicy): Claim | 'dead' {
  const { calls, namespace, claimant } = state;
  if (row.run === claimant.run && !isOpenAgain(row, claimant)) return 'repeated';
  switch (row.state) {
    case stateNumbers.accepted:
      return lookAtAccepted(state, call, row, policy);
    case stateNumbers.unconfirmed:
      return policy.unconfirmed ? 'ours' : 'unconfirmed';
    case stateNumbers.rejected:
      return 'ours';
    case stateNumbers.waiting: {
      const deferral = calls.findDeferral.get(namespace, call.uuid);
      const isDue = deferral === undefined || numberOf(deferral, 'next_try') <= secondsOf(claimant);
      return isDue ? 'ours' : 'waiting';
    }
    default:
      return claimant.isAlive(textOf(calls.owner.get(row.run), 'process') ?? '') ? 'busy' : 'dead';
  }
}

/** A run without an end tries a call that waits again and again, and sees what changed after it sent it. */
function isOpenAgain({ state }: CallRow, { isEndless }: Claimant): boolean {
  return state === stateNumbers.waiting || (isEndless && state === stateNumbers.accepted);
}

/** An accepted call is sent again where the policy says so: always, or where its content has changed. */
function lookAtAccepted(
  { claimant, unchanged }: State,
  call: Call,
  { run, hash, billsec, receipt }: CallRow,
  policy: ClaimPolicy,
): Claim {
  if (policy.accepted) return run === claimant.run ? 'repeated' : 'ours';
  if (hash === null || hash === hashCall(call)) {
    if (!claimant.isEndless) unchanged.add(call.uuid);
    return run === claimant.run ? 'repeated' : 'accepted';
  }
  if (unchanged.has(call.uuid)) return 'repeated';
  if (policy.changed) return 'ours';
  const changed: ChangedCall = { sentBillsec: billsec ?? 0 };
  const kept = receiptOf(receipt);
  return kept === undefined ? changed : { ...changed, receipt: kept };
}

function settle(state: State, settlement: Settlement): void {
  const { calls, namespace, claimant, former } = state;
  const { uuid, state: verdict, reasons, receipt, corrected } = settlement;
  if (corrected !== undefined) {
    calls.endChange.run(namespace, uuid);
    const content = { reasons: null, hash: hashCall(corrected), billsec: corrected.billsec };
    const kept = receipt === undefined ? null : JSON.stringify(receipt);
    replace(state, uuid, { ...rowNow(claimant, 'accepted', content), receipt: kept });
    return;
  }
  const before = former.get(uuid);
  former.delete(uuid);
  if (verdict === 'unsent') {
    if (before === undefined) calls.remove.run(namespace, uuid);
    else replace(state, uuid, before);
    return;
  }
  if (before?.state === stateNumbers.accepted) calls.endChange.run(namespace, uuid);
  if (verdict === 'waiting') defer(state, uuid);
  else if (before?.state === stateNumbers.waiting) calls.endDeferral.run(namespace, uuid);
  const words = reasons === undefined ? null : JSON.stringify(reasons);
  const kept = receipt === undefined ? null : JSON.stringify(receipt);
  const values = [stateNumbers[verdict], claimant.run, secondsOf(claimant), words, kept] as const;
  calls.settle.run(...values, namespace, uuid);
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

/** The row of a call that a run puts into a state now. */
function rowNow(
  claimant: Claimant,
  state: LedgerState,
  { reasons, hash, billsec }: Pick<CallRow, 'reasons' | 'hash' | 'billsec'>,
): CallRow {
  const at = secondsOf(claimant);
  return { state: stateNumbers[state], run: claimant.run, at, reasons, hash, billsec, receipt: null };
}
