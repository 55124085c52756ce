import type { Call } from './call.js';
import type { Receipt } from './send-result.js';

/** What the ledger knows of a uuid. Only these are kept: whoever is not known has never been sent. */
export const ledgerStates = ['in flight', 'accepted', 'rejected', 'unconfirmed', 'waiting'] as const;
export type LedgerState = (typeof ledgerStates)[number];

/**
 * The answer to a claim:
 * `ours`: the intent is durable, this run alone may send it · `accepted`: an earlier run had it accepted ·
 * `unconfirmed`: it was sent and nobody knows · `repeated`: it stood earlier in this run ·
 * `busy`: a live process is sending it right now · `waiting`: the service could not take it yet, and it is not its time ·
 * a `ChangedCall`: an earlier run had it accepted with other content.
 */
export type Claim = 'ours' | 'accepted' | 'unconfirmed' | 'repeated' | 'busy' | 'waiting' | ChangedCall;

/** What was sent of an accepted call, which now comes with other content. */
export interface ChangedCall {
  /** Talk time in seconds, as it was sent. */
  readonly sentBillsec: number;
  /** Where the service keeps the call, as far as it said. */
  readonly receipt?: Receipt;
}

/** What may be sent again. */
export interface ClaimPolicy {
  /** `--resend`: what was accepted too. */
  readonly accepted: boolean;
  /** `--on-lost-answer resend`: what has no verdict too. */
  readonly unconfirmed: boolean;
  /** `--resend-changed`: what was accepted with other content too; absent: no. */
  readonly changed: boolean;
}

/**
 * What became of a claimed uuid. `unsent` gives the claim back as if it had never been; `waiting` is claimed again when
 * its time has come, see `pauseAfter`.
 */
export interface Settlement {
  readonly uuid: string;
  readonly state: 'accepted' | 'rejected' | 'unconfirmed' | 'unsent' | 'waiting';
  readonly reasons?: readonly string[];
  /** Of an accepted call, where the service says where it keeps it. */
  readonly receipt?: Receipt;
  /**
   * Of a call that was accepted before and written over, which needs no claim: the content that it has from now on.
   * Writing over is idempotent, so that a process that dies meanwhile leaves the call as it was known.
   */
  readonly corrected?: Call;
}

/**
 * When a call that the service cannot take yet (no contact has its number) is tried again: the pauses between tries,
 * in seconds; after the last of them hourly. calls/add did the same behind its queue, for 18 hours.
 */
const pauses = [60, 300, 900, 3600] as const;

/** How long after the call it is tried, in seconds. */
const patience = 18 * 3600;

/** Seconds until the next try, after so many of them (from 1). */
export function pauseAfter(tries: number): number {
  return pauses[Math.min(Math.max(tries, 1), pauses.length) - 1] ?? 3600;
}

/** Whether it is too late to wait any longer for a contact of a call; `now` in unix seconds. */
export function isPastWaiting({ date }: Call, now: number): boolean {
  return now >= date + patience;
}

/**
 * The memory of what was sent: durable and shared by all processes of the host, or (`--no-ledger`) of this run alone.
 * Every promise resolves when the change is on disk; each rejects with a UserError when it is not.
 */
export interface Ledger {
  /** What a claim would say of each call of one account, without claiming: `ours` for those that may be sent. */
  readonly lookup: (calls: readonly Call[], policy: ClaimPolicy) => Promise<readonly Claim[]>;
  /** Claims calls of one account, in order, atomically between processes. */
  readonly claim: (calls: readonly Call[], policy: ClaimPolicy) => Promise<readonly Claim[]>;
  /**
   * Remembers that accepted calls of one account came with other content than what was sent.
   * True for each of which this content is new: it was not remembered before.
   */
  readonly recordChanges: (calls: readonly Call[]) => Promise<readonly boolean[]>;
  /** Records verdicts on calls of one account in one transaction. */
  readonly settle: (account: string, settlements: readonly Settlement[]) => Promise<void>;
  /** Takes the next slot among all requests to this destination: when it may leave, in ms since 1970. */
  readonly reserveSlot: (rate: number) => Promise<number>;
  /** Until when the service wants no request at all from anybody, in ms since 1970; a time in the past where it does not. */
  readonly pausedUntil: () => Promise<number>;
  /** The service answered well: the shared rate goes up a step, to `rate` at most. */
  readonly reportSuccess: (rate: number) => Promise<void>;
  /** The service wants fewer requests: the shared rate is halved, and nothing leaves before `until` (ms since 1970). */
  readonly reportThrottled: (until: number) => Promise<void>;
}
