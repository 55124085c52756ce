import type { Call } from '../core/call.js';
import { createHashSet, hashCall } from '../core/hash.js';
import type { ChangedCall, Claim, ClaimPolicy, LedgerState } from '../core/ledger.js';
import { type CallRow, receiptOf, stateNumbers } from './rows.js';

/** Who claims: a run, and its clock. */
export interface Claimant {
  readonly run: number;
  /** What this run sent itself may change after that. */
  readonly isEndless: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A call that the ledger knows, with what is asked for in some states only. */
export interface KnownCall {
  readonly row: CallRow;
  /** When a waiting call is tried again, in unix seconds; undefined: at once. */
  readonly nextTry: () => number | undefined;
  /** Whether the run that has it in flight still lasts. */
  readonly isOwnerAlive: () => boolean;
}

/** What a claim of a known call says: `dead` where it was in flight and its process is gone, which makes it unconfirmed. */
export type ClaimRules = (call: Call, known: KnownCall, policy: ClaimPolicy) => Claim | 'dead';

/** Makes the rules of claims for one run on one namespace, the same in every engine. */
export function createClaimRules(claimant: Claimant): ClaimRules {
  /** Calls that this run met with the content that was sent: another row with their uuid is a repetition, not a change. */
  const unchanged = createHashSet();

  /** An accepted call is sent again where the policy says so: always, or where its content has changed. */
  function lookAtAccepted(call: Call, row: CallRow, policy: ClaimPolicy): Claim {
    const { run, hash, billsec, receipt } = row;
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

  return (call, { row, nextTry, isOwnerAlive }, policy) => {
    if (row.run === claimant.run && !isOpenAgain(row, claimant)) return 'repeated';
    switch (row.state) {
      case stateNumbers.held:
        return row.run !== claimant.run && isOwnerAlive() ? 'held' : 'ours';
      case stateNumbers.accepted:
        return lookAtAccepted(call, row, policy);
      case stateNumbers.unconfirmed:
        return policy.unconfirmed ? 'ours' : 'unconfirmed';
      case stateNumbers.rejected:
        return 'ours';
      case stateNumbers.waiting:
        return policy.isDue?.(call) === true ? 'ours' : claimWaiting(nextTry() ?? 0, claimant);
      default:
        return isOwnerAlive() ? 'busy' : 'dead';
    }
  };
}

function claimWaiting(nextTry: number, claimant: Claimant): Claim {
  return nextTry <= secondsOf(claimant) ? 'ours' : { nextTry };
}

/** A run may send what it holds or what waits; one without an end sees what changed after it sent it. */
function isOpenAgain({ state }: CallRow, { isEndless }: Claimant): boolean {
  if (state === stateNumbers.held || state === stateNumbers.waiting) return true;
  return isEndless && state === stateNumbers.accepted;
}

/** The clock of a run in unix seconds. */
export const secondsOf = ({ now }: Pick<Claimant, 'now'>): number => Math.floor(now() / 1000);

/** The row of a call that a run puts into a state now. */
export function rowNow(
  claimant: Claimant,
  state: LedgerState,
  { reasons, hash, billsec }: Pick<CallRow, 'reasons' | 'hash' | 'billsec'>,
): CallRow {
  const at = secondsOf(claimant);
  return { state: stateNumbers[state], run: claimant.run, at, reasons, hash, billsec, receipt: null };
}
