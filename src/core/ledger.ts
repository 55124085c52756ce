// What a ledger is: claims, settlements and the shared rate for delivery; runs, checkpoints and history.

import type { Call } from './call.js';
import type { ExitCode } from './errors.js';
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
export type Claim =
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
  readonly receipt?: Receipt;
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

/** A call that was sent and has no verdict: the service may have it. */
export interface CallInDoubt {
  readonly uuid: string;
  readonly account: string;
  /** When it was sent, in unix seconds. */
  readonly at: number;
}

/** When calls in doubt were sent, in unix seconds, both included. */
export interface DoubtPeriod {
  readonly from: number;
  readonly to: number;
  /** Those too whose next look is not due. */
  readonly isAll: boolean;
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
  readonly callsInDoubt: (period: DoubtPeriod) => Promise<readonly CallInDoubt[]>;
  /** Remembers that calls without a verdict were looked for, and not found: the next look at them comes later. */
  readonly recordMissing: (calls: readonly CallInDoubt[]) => Promise<void>;
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

/**
 * An open ledger: what is remembered from run to run. One engine implements it for a host (SQLite), one for several
 * (PostgreSQL); all that is asked of it is asynchronous, and rejects with a UserError that names the ledger where it cannot
 * be read or written.
 */
export interface LedgerStore {
  /** The ledger as it is shown to the user. */
  readonly name: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  /** Begins a run of this process, which sends to one recipient; calls of processes that died are `unconfirmed` then. */
  readonly beginRun: (run: NewRun, recipient: Recipient) => Promise<RunLedger>;
  readonly checkpoints: Checkpoints;
  readonly history: History;
  /** Looks at the ledger as a whole. */
  readonly inspect: () => Promise<LedgerInspection>;
  readonly close: () => Promise<void>;
}

/** What was found out about a ledger as a whole. */
export interface LedgerInspection {
  /** What is damaged, in the words of the engine; none where it is intact. */
  readonly faults: readonly string[];
  readonly bytes: number;
  /** Calls without a verdict. */
  readonly unconfirmed: number;
  /** Calls that the service could not take yet. */
  readonly waiting: number;
  readonly pauses: readonly RecordedPause[];
}

/** A pause in force: a service asked for fewer requests, and nothing is sent there for a while. */
export interface RecordedPause extends Recipient {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** What the service said. */
  readonly reason?: string;
}

/** What can be seen of a process by its name: that it runs, that it is gone, or nothing (another host or container). */
export type ProcessSight = 'alive' | 'gone' | 'unseen';

/** What a ledger is opened with: the clock, and the processes of this host. */
export interface LedgerDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Names this process so that it can be told from every other one. */
  readonly processName: string;
  readonly seeProcess: (processName: string) => ProcessSight;
  /** Where a database's user, password and certificates may be named: the environment and the home folder. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly homedir?: string;
  /** A database that is away is waited for, at the start too: the run has no end. By default its loss ends the run. */
  readonly isPatient?: boolean;
  /** Aborts when it is no longer waited for. */
  readonly interrupt?: AbortSignal;
  /** Says that a database went away, and that it is back. */
  readonly warn?: (text: string, hint?: string) => void;
  readonly note?: (text: string) => void;
}

/** Who gets the calls: the same uuid sent elsewhere is another call. */
export interface Recipient {
  /** Base URL of the service. */
  readonly address: string;
  /** What separates senders at that address: the code of calls/add. */
  readonly code: string;
}

/** What is known of a run when it begins. */
export interface NewRun {
  readonly command: string;
  readonly profile: string | undefined;
  readonly files: readonly string[];
  /** It goes on for days (`follow`): what this run sent itself may change after that. */
  readonly isEndless: boolean;
}

/** The ledger of one run, and the run's own place in history. */
export interface RunLedger {
  readonly id: number;
  readonly ledger: Ledger;
  /**
   * Remembers problems of one file, so that each is reported once: true for each that was not known before with this
   * status, for this file, reading, content and recipient. Runs of digits in the reasons are masked before they are kept.
   *
   * @param file absolute path
   * @param reading names all that decides what the rows become
   */
  readonly reportProblems: (
    file: string,
    reading: string,
    problems: readonly NewProblem[],
  ) => Promise<readonly boolean[]>;
  /** Writes down how the run ended; `summary` is the JSON text that was printed. */
  readonly end: (summary: string, exit: ExitCode) => Promise<void>;
}

/** How far one file is done, as JSON text that its writer understands. */
export interface SavedCheckpoint {
  /** Names the file: a text that begins with its absolute path. */
  readonly file: string;
  /** Names all that decides what the rows of the file become. */
  readonly reading: string;
  readonly checkpoint: string;
}

/** A checkpoint to save; without a text, it is removed. */
export type CheckpointChange = Omit<SavedCheckpoint, 'checkpoint'> & { readonly checkpoint?: string };

/** The checkpoints of files. */
export interface Checkpoints {
  /** Those of files whose name begins so, of every reading. The oldest beyond 100,000 are forgotten first. */
  readonly list: (prefix: string) => Promise<readonly SavedCheckpoint[]>;
  /** Saves all of them, or none. */
  readonly save: (changes: readonly CheckpointChange[]) => Promise<void>;
}

/** What a ledger tells about earlier runs. */
export interface History {
  /** The last runs, newest first; `limit` absent: all. */
  readonly lastRuns: (limit?: number) => Promise<readonly RecordedRun[]>;
  /** What is known of these uuids, at every recipient and account; a uuid that is not known is in no entry. */
  readonly findCalls: (uuids: readonly string[]) => Promise<readonly RecordedCall[]>;
  /** The calls that have no verdict, oldest first. */
  readonly unconfirmedCalls: () => Promise<readonly RecordedCall[]>;
  /** The calls that are sent later: by the next run, or by the one that keeps them; oldest first. */
  readonly waitingCalls: () => Promise<readonly RecordedCall[]>;
  /** The calls that came with other content after they were accepted, in the order in which that was found. */
  readonly changedCalls: () => Promise<readonly RecordedCall[]>;
  /** The problems of records that were not accepted since, in the order in which they were reported first. */
  readonly problems: () => Promise<readonly RecordedProblem[]>;
  /** The pauses in force. */
  readonly pauses: () => Promise<readonly RecordedPause[]>;
  /** Lifts them; gives what they were. */
  readonly liftPauses: () => Promise<readonly RecordedPause[]>;
  /** All calls that were sent, in pages; what is in flight is in doubt. */
  readonly exportCalls: () => AsyncIterable<readonly SavedCall[]>;
  /** Takes calls of another ledger that this one does not know; gives how many they were. */
  readonly importCalls: (calls: readonly SavedCall[]) => Promise<number>;
  /** Forgets calls with a verdict, problems and runs that are over, from before a time (unix seconds); gives how many calls. */
  readonly forget: (before: number) => Promise<number>;
}

/** A call as it is carried from one ledger to another; times in unix seconds, lists and receipts as JSON text. */
export interface SavedCall extends Recipient {
  readonly account: string;
  readonly uuid: string;
  readonly state: 'accepted' | 'rejected' | 'unconfirmed' | 'waiting';
  readonly at: number;
  readonly reasons?: string;
  readonly hash?: number;
  readonly identity?: number;
  readonly billsec?: number;
  readonly receipt?: string;
  /** Of a waiting call. */
  readonly tries?: number;
  readonly next_try?: number;
}

/** One run as history keeps it; times in unix seconds. */
export interface RecordedRun {
  readonly id: number;
  /** `died`: its process is gone, and it never came to its end. */
  readonly state: 'running' | 'ended' | 'died';
  readonly command: string;
  readonly profile?: string;
  readonly files: readonly string[];
  readonly started: number;
  /** Absent for a run that has not ended. */
  readonly finished?: number;
  readonly exit?: number;
  /** The summary that was printed, as JSON text. */
  readonly summary?: string;
}

/** What a ledger knows of one call. */
export interface RecordedCall extends Recipient {
  readonly uuid: string;
  readonly state: LedgerState;
  readonly reasons: readonly string[];
  readonly account: string;
  readonly run: number;
  /** Unix seconds. */
  readonly at: number;
  /** Talk time in seconds, as it was sent; absent for calls of before version 2. */
  readonly billsec?: number;
  readonly receipt?: Receipt;
  /** The content that came after it was accepted: its talk time, and when it was first seen (unix seconds). */
  readonly changed?: { readonly billsec: number; readonly at: number };
  /** When a waiting call is tried again, in unix seconds. */
  readonly nextTry?: number;
}

/** What kept a record from being sent or accepted. */
export const problemStatuses = ['invalid', 'rejected', 'unconfirmed'] as const;
export type ProblemStatus = (typeof problemStatuses)[number];

/** A problem of one record of a file, as a run finds it. */
export interface NewProblem {
  /** A hash of the record's content, such as `hashTexts` of its cells. */
  readonly content: number;
  readonly status: ProblemStatus;
  /** null where the uuid could not be read. */
  readonly uuid: string | null;
  readonly account?: string | undefined;
  readonly reasons: readonly string[];
  readonly line?: number | undefined;
}

/** A problem that was reported. */
export interface RecordedProblem extends Recipient {
  /** Absolute path. */
  readonly file: string;
  readonly line?: number;
  readonly status: ProblemStatus;
  readonly uuid: string | null;
  readonly account: string;
  /** Digits that may be a phone number are masked. */
  readonly reasons: readonly string[];
  /** When it was reported first, in unix seconds. */
  readonly at: number;
}
