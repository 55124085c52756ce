import type { ExitCode } from './errors.js';
import type { Ledger, LedgerState } from './ledger.js';
import type { Receipt } from './send-result.js';

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
  /** Services that asked for fewer requests, and until when nothing is sent there (milliseconds since 1970). */
  readonly pauses: readonly { readonly address: string; readonly until: number }[];
}

/** What a ledger is opened with: the clock, and the processes of this host. */
export interface LedgerDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Names this process so that it can be told from every other one. */
  readonly processName: string;
  /** Whether the process of that name still runs. */
  readonly isAlive: (processName: string) => boolean;
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

/** The checkpoints of files: how far each is done, as JSON text that its writer understands. */
export interface Checkpoints {
  /** A file is named by what stays the same when it is moved, a reading by all that decides what its rows become. */
  readonly find: (file: string, reading: string) => Promise<string | undefined>;
  readonly save: (file: string, reading: string, checkpoint: string) => Promise<void>;
}

/** What a ledger tells about earlier runs. */
export interface History {
  /** The last runs, newest first; `limit` absent: all. */
  readonly lastRuns: (limit?: number) => Promise<readonly RecordedRun[]>;
  /** What is known of these uuids, at every recipient and account; a uuid that is not known is in no entry. */
  readonly findCalls: (uuids: readonly string[]) => Promise<readonly RecordedCall[]>;
  /** The calls that have no verdict, oldest first. */
  readonly unconfirmedCalls: () => Promise<readonly RecordedCall[]>;
  /** The calls that came with other content after they were accepted, in the order in which that was found. */
  readonly changedCalls: () => Promise<readonly RecordedCall[]>;
  /** The problems of records that were not accepted since, in the order in which they were reported first. */
  readonly problems: () => Promise<readonly RecordedProblem[]>;
  /** Forgets calls with a verdict, problems and ended runs, from before a time (unix seconds); gives how many calls. */
  readonly forget: (before: number) => Promise<number>;
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

/** Whether a ledger is named by the address of a PostgreSQL database, and not by a file. */
export function isDatabaseAddress(ledger: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(ledger);
}

/** Whether an address holds a password. */
export function hasPassword(ledger: string): boolean {
  return maskPassword(ledger) !== ledger;
}

/** An address as it may be shown: a password between the user and the last @ is masked. A file stays as it is. */
export function maskPassword(ledger: string): string {
  return ledger.replace(/^(postgres(?:ql)?:\/\/[^:@/]*):.*@/is, '$1:***@');
}
