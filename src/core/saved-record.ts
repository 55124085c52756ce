// What a ledger keeps, as it is carried to another one.

import type { RecordedCall, RecordedProblem } from './history.js';
import type { Recipient } from './ledger.js';

/** The kinds of records of an export, in their order: calls name runs that came before them. */
export const savedKinds = ['run', 'call', 'problem', 'checkpoint'] as const;
export type SavedKind = (typeof savedKinds)[number];

/** A record of a ledger, or the end of an export; times in unix seconds, lists, summaries and receipts as JSON text. */
export type SavedRecord = SavedRun | SavedCall | SavedProblem | SavedFile;

/** A run. Its number is another one in the other ledger, where that one has a run of this number. */
export interface SavedRun {
  readonly kind: 'run';
  readonly id: number;
  readonly process: string;
  readonly command: string;
  readonly profile?: string;
  readonly files: string;
  readonly started: number;
  readonly finished?: number;
  readonly exit?: number;
  readonly summary?: string;
}

/** A call that was sent. */
export interface SavedCall extends Recipient {
  readonly kind: 'call';
  readonly account: string;
  readonly uuid: string;
  readonly state: Exclude<RecordedCall['state'], 'in flight' | 'held'>;
  /** The number of its run in this export; absent where that was forgotten. */
  readonly run?: number;
  readonly at: number;
  readonly reasons?: string;
  readonly hash?: number;
  readonly identity?: number;
  readonly billsec?: number;
  readonly receipt?: string;
  /** Of a call that waits, or was looked for in vain. */
  readonly tries?: number;
  readonly next_try?: number;
  /** Other content that came after it was accepted. */
  readonly changed_hash?: number;
  readonly changed_billsec?: number;
  readonly changed_at?: number;
}

/** A problem that was reported. */
export interface SavedProblem extends Recipient {
  readonly kind: 'problem';
  readonly account: string;
  readonly file: string;
  readonly reading: number;
  readonly content: number;
  readonly status: RecordedProblem['status'];
  readonly uuid?: string;
  readonly line?: number;
  readonly reasons: string;
  readonly at: number;
}

/** How far a file is done. */
export interface SavedFile {
  readonly kind: 'checkpoint';
  readonly file: string;
  readonly reading: string;
  readonly checkpoint: string;
  readonly at: number;
}

/** What is known of an import so far: the runs of the export, by their numbers there, and which runs of the ledger they are. */
export interface TakenRuns {
  readonly byNumber: Map<number, number>;
  readonly used: Set<number>;
}

/** Carries all that a ledger keeps to another one. */
export interface Transfer {
  /** All records, in pages. What is in flight is in doubt, what is held is what it was before; the shared rate is left out. */
  readonly save: () => AsyncIterable<readonly SavedRecord[]>;
  /**
   * Takes the records of a page that this ledger does not know; it keeps what it knows. Gives how many it took of each kind.
   *
   * @param runs of this import; changed here
   */
  readonly take: (
    records: readonly SavedRecord[],
    runs: TakenRuns,
  ) => Promise<Readonly<Record<SavedKind, number>>>;
}
