// What a ledger tells about earlier runs, calls and problems.

import type { LedgerState, Recipient } from './ledger.js';
import type { Receipt } from './send-result.js';

/** A pause in force: a service asked for fewer requests, and nothing is sent there for a while. */
export interface RecordedPause extends Recipient {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** What the service said. */
  readonly reason?: string | undefined;
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
  /** Forgets calls with a verdict, problems and runs that are over, from before a time (unix seconds); gives how many calls. */
  readonly forget: (before: number) => Promise<number>;
}

/** One run as history keeps it; times in unix seconds. */
export interface RecordedRun {
  readonly id: number;
  /** `died`: its process is gone, and it never came to its end. */
  readonly state: 'running' | 'ended' | 'died';
  readonly command: string;
  readonly profile?: string | undefined;
  readonly files: readonly string[];
  readonly started: number;
  /** Absent for a run that has not ended. */
  readonly finished?: number | undefined;
  readonly exit?: number | undefined;
  /** The summary that was printed, as JSON text. */
  readonly summary?: string | undefined;
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
  readonly billsec?: number | undefined;
  readonly receipt?: Receipt | undefined;
  /** The content that came after it was accepted: its talk time, and when it was first seen (unix seconds). */
  readonly changed?: { readonly billsec: number; readonly at: number } | undefined;
  /** When a waiting call is tried again, in unix seconds. */
  readonly nextTry?: number | undefined;
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
  readonly line?: number | undefined;
  readonly status: ProblemStatus;
  readonly uuid: string | null;
  readonly account: string;
  /** Digits that may be a phone number are masked. */
  readonly reasons: readonly string[];
  /** When it was reported first, in unix seconds. */
  readonly at: number;
}
