// What a ledger is to delivery: claims, settlements, the shared rate.

import type { Call } from './call.js';
import type { Receipt } from './send-result.js';

/**
 * What the ledger knows of a uuid. Only these are kept: whoever is not known has never been sent.
 * `held`: it belongs to a run that is to send it later, and the service surely has nothing of it from that run.
 */
export const ledgerStates = ['in flight', 'accepted', 'rejected', 'unconfirmed', 'waiting', 'held'] as const;
export type LedgerState = (typeof ledgerStates)[number];

/**
 * The answer to a claim:
 * `ours`: the intent is durable, this run alone may send it · `accepted`: an earlier run had it accepted ·
 * `unconfirmed`: it was sent and nobody knows · `repeated`: it stood earlier in this run ·
 * `busy`: a live run is sending it right now · `held`: a live run keeps it until the service takes calls again ·
 * a `WaitingCall`: the service could not take it yet, and it is not its time ·
 * a `ChangedCall`: an earlier run had it accepted with other content.
 * A run that claims a call that it holds itself is told `ours` again.
 */
export type ClaimAnswer =
  | 'ours'
  | 'accepted'
  | 'unconfirmed'
  | 'repeated'
  | 'busy'
  | 'held'
  | WaitingCall
  | ChangedCall;

/** A call that waits for its next try. */
export interface WaitingCall {
  /** When it may be claimed, in unix seconds. */
  readonly nextTry: number;
}

/** What was sent of an accepted call, which now comes with other content. */
export interface ChangedCall {
  /** Talk time in seconds, as it was sent. */
  readonly sentBillsec: number;
  /** Caller, recipient, date or type differ too: it is another call under the same uuid, and never sent as its new content. */
  readonly isOther?: boolean;
  /** Where the service keeps the call, as far as it said. */
  readonly receipt?: Receipt | undefined;
}

/** What may be sent again. */
export interface ClaimPolicy {
  /** `--resend`: what was accepted too. */
  readonly accepted: boolean;
  /** `--on-lost-answer resend`: what has no verdict too. */
  readonly unconfirmed: boolean;
  /** `--resend-changed`: what was accepted with other content too; absent: no. */
  readonly changed: boolean;
  /** Of the calls that wait, those that are due now, whenever their next try is; absent: none. */
  readonly isDue?: (call: Call) => boolean;
}

/**
 * What became of a claimed uuid. `unsent` gives the claim back as if it had never been; `waiting` is claimed again when
 * its time has come, see `pauseAfter`, or when the policy says that it is due.
 */
export interface Settlement {
  readonly uuid: string;
  readonly state: 'accepted' | 'rejected' | 'unconfirmed' | 'unsent' | 'waiting';
  readonly reasons?: readonly string[];
  /** Of an accepted call, where the service says where it keeps it. */
  readonly receipt?: Receipt | undefined;
  /** When the call was sent, in unix seconds, where that is told later; absent: now. */
  readonly at?: number;
  /**
   * Of a call that was accepted before and written over, which needs no claim: the content that it has from now on.
   * Writing over is idempotent, so that a process that dies meanwhile leaves the call as it was known.
   */
  readonly corrected?: Call;
}

/**
 * A claim that is kept although its call cannot be sent now, and the service surely has nothing of it: this run claims it
 * again before it sends it. When the run dies meanwhile, the call is what it was before the claim.
 */
export interface Hold {
  readonly uuid: string;
  readonly state: 'held';
}

/**
 * A settlement that was not written down, since another run took the call meanwhile (this one was taken for dead). Only what
 * is no success can be lost: an acceptance is a fact, and recorded whoever has the call by then.
 */
export interface LostClaim {
  readonly uuid: string;
  /** What the ledger knows of the call now; absent where nobody has it any more. */
  readonly lostTo?: { readonly run: number; readonly state: LedgerState };
}

/**
 * When a call that the service cannot take yet (no contact has its number) is tried again: the pauses between tries,
 * in seconds; after the last of them hourly. calls/add did the same behind its queue, for 18 hours.
 */
const pauses = [60, 300, 900, 3600] as const;

/** How long after a call it is tried, and how long after it was sent runs look for it by themselves; seconds. */
export const patience = 18 * 3600;

/** Seconds until the next try, after so many of them (from 1). */
export function pauseAfter(tries: number): number {
  return pauses[Math.min(Math.max(tries, 1), pauses.length) - 1] ?? 3600;
}

/** Whether it is too late to wait any longer for a contact of a call; `now` in unix seconds. */
export function isPastWaiting({ date }: Call, now: number): boolean {
  return now >= date + patience;
}

/** A call that was sent and has no verdict: the service may have it. */
export interface UnconfirmedCall {
  readonly uuid: string;
  readonly account: string;
  /** When it was sent, in unix seconds. */
  readonly at: number;
}

/** When unconfirmed calls were sent, in unix seconds, both included. */
export interface UnconfirmedPeriod {
  readonly from: number;
  readonly to: number;
  /** Those too whose next look is not due. */
  readonly isAll: boolean;
}

/**
 * The memory of what was sent: durable and shared by all processes of the host, of all hosts of a database, or (`--no-ledger`) of this run alone.
 * Every promise resolves when the change is on disk; each rejects with a UserError when it is not.
 */
export interface Ledger {
  /** What a claim would say of each call of one account, without claiming: `ours` for those that may be sent. */
  readonly lookup: (calls: readonly Call[], policy: ClaimPolicy) => Promise<readonly ClaimAnswer[]>;
  /** Claims calls of one account, in order, atomically between processes. */
  readonly claim: (calls: readonly Call[], policy: ClaimPolicy) => Promise<readonly ClaimAnswer[]>;
  /**
   * Remembers that accepted calls of one account came with other content than what was sent.
   * True for each of which this content is new: it was not remembered before.
   */
  readonly recordChanges: (calls: readonly Call[]) => Promise<readonly boolean[]>;
  /** Records what became of claims of one account in one transaction; gives those that it could not, in their order. */
  readonly settle: (
    account: string,
    settlements: readonly (Settlement | Hold)[],
  ) => Promise<readonly LostClaim[]>;
  /**
   * Asked right before a request leaves: which of its claims are this run's no longer, since it slept or was cut off for so
   * long that another one took it for dead. Those are not to be sent. It costs nothing while the run was seen to live.
   */
  readonly confirmClaims: (account: string, uuids: readonly string[]) => Promise<readonly LostClaim[]>;
  /**
   * The calls without a verdict that are to be looked for at the service: of this recipient, those that were sent in a period,
   * the newest first, 10,000 at most. Those that were looked for in vain are left out until their next look is due.
   */
  readonly unconfirmedCalls: (period: UnconfirmedPeriod) => Promise<readonly UnconfirmedCall[]>;
  /** Remembers that calls without a verdict were looked for, and not found: the next look at them comes later. */
  readonly recordMissing: (calls: readonly UnconfirmedCall[]) => Promise<void>;
  /** Takes the next slot among all requests to this destination: when it may leave, in ms since 1970. */
  readonly reserveSlot: (rate: number) => Promise<number>;
  /** Until when the service wants no request at all from anybody, in ms since 1970; a time in the past where it does not. */
  readonly pausedUntil: () => Promise<number>;
  /** The service answered well: the shared rate goes up a step, to `rate` at most. */
  readonly reportSuccess: (rate: number) => Promise<void>;
  /**
   * The service wants fewer requests: the shared rate is halved, and nothing leaves before `until` (ms since 1970; at most a
   * day ahead is kept). `reason`: what it said, for who looks why nothing is sent.
   */
  readonly reportThrottled: (until: number, reason?: string) => Promise<void>;
}

/** Who gets the calls: the same uuid sent elsewhere is another call. */
export interface Recipient {
  /** Base URL of the service. */
  readonly address: string;
  /** What separates senders at that address: the code of calls/add. */
  readonly code: string;
}
