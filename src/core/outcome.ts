// The eight statuses, entries and outcomes, and the formats that results are printed in.

import type { Call } from './call.js';
import type { Row } from './row.js';
import type { Receipt } from './send-result.js';

/** What can become of a record that was read; every record ends as exactly one of these. */
export const statuses = [
  'accepted',
  'rejected',
  'invalid',
  'duplicate',
  'filtered',
  'unconfirmed',
  'unsent',
  'waiting',
] as const;
export type Status = (typeof statuses)[number];

/** The statuses of records that were to be accepted and are not, most urgent first. */
export const notAccepted: readonly (Status | 'valid')[] = ['unconfirmed', 'rejected', 'invalid', 'unsent'];

/** Where a record stands. */
export interface Origin {
  /** The file as the user gave it, '-' for standard input; of a pattern, the file that it matched; absent for `add`. */
  readonly file?: string;
  /** Line from 1; absent for `add`. */
  readonly line?: number;
  /** The date on the clock that it was read from, in seconds as if that clock stood at UTC; absent where there is none. */
  readonly local?: number | undefined;
  /** The raw row, for `--rejects`; for a group, the row that was chosen to be sent. */
  readonly row?: Row;
  /** How many rows were merged into this record, itself included; absent means 1. */
  readonly rows?: number;
}

/** A record after validation: a call to send, or its outcome (it has a `status`) where that is known without sending. */
export type Entry = CallEntry | Outcome;

/** A record that is a valid call. */
export interface CallEntry {
  readonly call: Call;
  readonly origin: Origin;
  /**
   * It was merged of rows of a file that was entered in the middle. Where a call with its uuid was sent before, these are
   * the rows that came after that, not the whole call.
   */
  readonly isPart?: boolean;
  /** Of a call whose uuid was built, the uuid that earlier versions of amocalls would have built: it may have been sent so. */
  readonly formerUuid?: string;
}

/** What became of one record. */
export interface Outcome {
  /** `waiting`: more rows of this call may come, its recording is not there, its destination cannot take it yet, or another run has it; a later run looks again. */
  readonly status: Status;
  /** null where the uuid could not be read. */
  readonly uuid: string | null;
  /** Of a record that is no valid call, each names its field: `date: "32.13.2026" is not a date`. */
  readonly reasons?: readonly string[];
  /** Of an accepted call, where the service says where it keeps it. */
  readonly receipt?: Receipt;
  /** Of a duplicate: it came with other content than what was sent. */
  readonly changed?: true;
  /** Of a call that waits: before this time it is not tried again, in seconds since 1970; absent where only the ledger knows. */
  readonly nextTry?: number;
  readonly account_id?: string;
  /** Absent for a record that was no valid call. */
  readonly call?: Call | undefined;
  readonly origin: Origin;
}

/** The outcome of a call. Each shape written out: made with a spread, outcomes took a seventh of an import's time. */
export function outcomeOf(
  { call, origin }: CallEntry,
  status: Status,
  reasons: readonly string[] = [],
  receipt?: Receipt,
): Outcome {
  const { uuid, account_id } = call;
  if (reasons.length > 0) {
    const outcome = { status, uuid, reasons, account_id, call, origin };
    return receipt === undefined ? outcome : { ...outcome, receipt };
  }
  return receipt === undefined
    ? { status, uuid, account_id, call, origin }
    : { status, uuid, receipt, account_id, call, origin };
}

/** A call that `check` or `--dry-run` would send. */
export interface ValidCall {
  readonly status: 'valid';
  readonly uuid: string;
  readonly account_id?: string;
  readonly reasons?: undefined;
  readonly call: Call;
  readonly origin: Origin;
}

/** What is reported about one record. */
export type RecordResult = Outcome | ValidCall;

/** The formats that results are printed in, the values of `--output`; what prints each is an entry of the table in src/output/. */
export const outputFormats = ['table', 'json', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Whether a word names an output format. */
export function isOutputFormat(word: string): word is OutputFormat {
  return outputFormats.some((format) => format === word);
}

/** Who takes the calls. */
export interface Taker {
  /** Whether it queues them (calls/add), or adds them at once and says where (v4). */
  readonly queues: boolean;
  /** A sandbox, inside this process or beside it. */
  readonly isSandbox: boolean;
}
