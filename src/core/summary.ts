// Counts, and the exit code that they mean.

import { type ExitCode, exitCodes } from './errors.js';
import { type Outcome, type Status, statuses } from './outcome.js';

/** How many records ended in each state so far; immutable. `valid` occurs in `check` and `--dry-run` alone. */
export interface Tally {
  readonly counts: Readonly<Record<Status | 'valid', number>>;
  /** Rows of the files behind these records: merged rows count each. */
  readonly rows: number;
  /** Duplicates that came with other content than what was sent; absent: none. */
  readonly changed?: number;
  /** Accepted calls whose notes were written over; absent: none. */
  readonly corrected?: number;
}

/** What the sending took. */
export interface Effort {
  readonly requests: number;
  readonly retries: number;
  readonly seconds: number;
}

/** The counts of a run that sends; `read` is the sum of the statuses. Field names are a promise to scripts. */
export interface Summary extends Readonly<Record<Status, number>>, Effort {
  readonly read: number;
  /** Only where rows were merged, so that there were more of them than records. */
  readonly rows?: number;
  /** Of the duplicates, those that came with other content than what was sent. */
  readonly changed: number;
  /** Of the accepted, those whose notes were written over; only where there were any. */
  readonly corrected?: number;
}

/** What the valid calls of a check have in common, which gives away a wrong zone or a wrong column. */
export interface CallShares {
  /** How many calls begin in each hour of the day, 24 numbers. */
  readonly by_hour: readonly number[];
  /** The zone of these hours. */
  readonly by_hour_zone: string;
  /** Calls with talk time, and those without. */
  readonly answered: number;
  readonly missed: number;
  readonly inbound: number;
  readonly outbound: number;
  /** Different extensions in these calls. */
  readonly employees: number;
}

/** What a check assumed of a file, in the words of json. */
export interface AssumedFacts {
  readonly file: string;
  /** The preset that was used unasked. */
  readonly preset?: string;
  /** All presets that the file looks like, the surest first; `sure` is 0.5 to 1. */
  readonly candidates?: readonly { readonly preset: string; readonly sure: number }[];
  /** `ids`, or the zone of this machine where it fits them all. */
  readonly timezone?: string;
  /** What nothing tells: the calls are shown with a guess, and no import command is given. */
  readonly unknown?: readonly ('timezone' | 'date_order')[];
}

/** What in a file contradicts what was asked for, in the words of json: import refuses the file. */
export interface ContradictedFacts {
  readonly file: string;
  /** As --allow takes it. */
  readonly kind: string;
  readonly sentence: string;
  /** What is to be done, in a sentence with the flags. */
  readonly settled_by: string;
}

/** The counts of a run that sends nothing (`check`, `--dry-run`). */
export interface CheckSummary extends Partial<CallShares> {
  readonly read: number;
  readonly valid: number;
  readonly invalid: number;
  readonly duplicate: number;
  readonly filtered: number;
  readonly waiting: number;
  readonly rows?: number;
  /** How many requests the valid calls would take; only where they were cut into chunks. */
  readonly requests?: number;
  /** What was found out about each file: its name, format, zone, what feeds each field. */
  readonly files?: readonly Readonly<Record<string, string>>[];
  /** What was assumed of files: nothing of it is assumed by import. */
  readonly assumed?: readonly AssumedFacts[];
  readonly contradictions?: readonly ContradictedFacts[];
  /** The commands that send what was shown; absent where nothing is valid, or something has to be said first. */
  readonly import?: readonly string[];
}

export const emptyTally: Tally = {
  counts: {
    accepted: 0,
    rejected: 0,
    invalid: 0,
    duplicate: 0,
    filtered: 0,
    unconfirmed: 0,
    unsent: 0,
    waiting: 0,
    valid: 0,
  },
  rows: 0,
};

/** Adds a batch of outcomes, or of `valid` records, to a tally; gives the new tally. */
export function count(
  tally: Tally,
  batch: Iterable<Pick<Outcome, 'origin' | 'changed' | 'receipt'> & { readonly status: Status | 'valid' }>,
): Tally {
  const counts = { ...tally.counts };
  let { rows, changed = 0, corrected = 0 } = tally;
  for (const { status, origin, changed: isChanged, receipt } of batch) {
    counts[status] += 1;
    rows += origin.rows ?? 1;
    if (isChanged === true) changed += 1;
    if (receipt?.via === 'corrected') corrected += 1;
  }
  const tallied = { counts, rows, changed };
  return corrected === 0 ? tallied : { ...tallied, corrected };
}

/** The summary of a run that sends. */
export function summarise(
  { counts, rows, changed = 0, corrected }: Tally,
  { requests, retries, seconds }: Effort,
): Summary {
  const { valid: _, ...ended } = counts;
  const read = statuses.reduce((sum, status) => sum + ended[status], 0);
  const merged = rows === read ? {} : { rows };
  const written = corrected === undefined ? {} : { corrected };
  return { read, ...merged, ...ended, changed, ...written, requests, retries, seconds };
}

/** The summary of a run that sends nothing; `requests` is how many it would take, where that is known. */
export function summariseCheck({ counts, rows }: Tally, requests?: number): CheckSummary {
  const { valid, invalid, duplicate, filtered, waiting } = counts;
  const read = valid + invalid + duplicate + filtered + waiting;
  return {
    read,
    ...(rows === read ? {} : { rows }),
    valid,
    invalid,
    duplicate,
    filtered,
    waiting,
    ...(requests === undefined ? {} : { requests }),
  };
}

/** Exit code of a run that came to its end: 0 when nothing is left to fix or to send again, else 3. A waiting call is no failure. */
export function exitOf(summary: Summary | CheckSummary): ExitCode {
  const open =
    'valid' in summary
      ? summary.invalid
      : summary.rejected + summary.invalid + summary.unconfirmed + summary.unsent;
  return open === 0 ? exitCodes.ok : exitCodes.notAllAccepted;
}
