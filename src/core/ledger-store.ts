// What an open ledger is: what every engine gives, what it is opened with, runs and checkpoints.

import type { ExitCode } from './errors.js';
import type { User } from './file-trust.js';
import type { History, NewProblem, RecordedPause } from './history.js';
import type { Ledger, Recipient } from './ledger.js';
import type { Transfer } from './saved-record.js';

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
  /**
   * Begins a run of this process, which sends to one recipient. The open claims of processes that died are released then: what
   * was in flight is `unconfirmed`, what was held is what it was before.
   */
  readonly beginRun: (run: NewRun, recipient: Recipient) => Promise<RunLedger>;
  readonly checkpoints: Checkpoints;
  readonly history: History;
  readonly transfer: Transfer;
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

/** What can be seen of a process by its name: that it runs, that it is gone, or nothing (another host or container). */
export type ProcessSight = 'alive' | 'gone' | 'unseen';

/** What a ledger is opened with: the clock, and the processes of this host. */
export interface LedgerDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Names this process so that it can be told from every other one. */
  readonly processName: string;
  readonly seeProcess: (processName: string) => ProcessSight;
  /** Who runs this: in whose folders a link of a ledger file is followed; undefined on Windows. */
  readonly user?: User | undefined;
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

/** How far one file is done, or what else the next run has to know of it, as JSON text that its writer understands. */
export interface SavedCheckpoint {
  /** Names the file: a text that begins with its absolute path; what is kept for all files of a header is named by a hash of it. */
  readonly file: string;
  /** Names all that decides what the rows of the file become, or what else is kept. */
  readonly reading: string;
  readonly checkpoint: string;
}

/** A checkpoint to save; without a text, it is removed. */
export type CheckpointChange = Omit<SavedCheckpoint, 'checkpoint'> & { readonly checkpoint?: string };

/** The checkpoints of files. */
export interface Checkpoints {
  /**
   * Those of files whose name begins so, of every reading, by file and reading: the first 1000, or those after one. The oldest
   * beyond 100,000 are forgotten first.
   */
  readonly list: (prefix: string, after?: SavedCheckpoint) => Promise<readonly SavedCheckpoint[]>;
  /** Saves all of them, or none. */
  readonly save: (changes: readonly CheckpointChange[]) => Promise<void>;
}
