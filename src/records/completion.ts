import { type Parsed, Problem } from '../core/errors.js';
import { type CallDate, type DateRules, parseCallDate } from './dates.js';
import { parseBillsec } from './durations.js';
import { cellReader } from './field-sources.js';
import type { NamedPreset } from './presets/preset.js';
import { formatLocal } from './templates.js';

// Phone systems write the rows of a call one after the other, some while it goes on. When a call is complete, so that it may be
// sent: its root is there, and its last sign is older than `settle`; or its last sign is older than four hours, whatever is missing.

/** Seconds after its last sign at which a call is complete whatever is missing. */
const longestWait = 4 * 3600;
/** The default of `settle`, in seconds. */
export const defaultSettle = 120;
/** A last sign so many seconds ahead of the clock says that the clock or the zone is wrong. */
const toleratedSkew = 300;
const day = 86_400;

/** What a row says about the end of its call. */
export interface RowSigns {
  /** When the row ends, ringing included, in unix seconds; -Infinity where nothing is waited for. */
  readonly end: number;
  /** Whether its call needs no other row than this to be whole. */
  readonly isRoot: boolean;
}

/** When the calls of a file are complete. */
export interface CompletionRules {
  /** Seconds from the last sign of a call with its root. */
  readonly settle: number;
  /** Unix seconds. */
  readonly now: () => number;
  readonly signsOf: (cells: readonly string[], date: Parsed<CallDate>) => RowSigns;
}

/** The signs of the rows of one call that were read so far. */
export interface CallSigns {
  /** The latest end of its rows, in unix seconds. */
  lastSign: number;
  hasRoot: boolean;
  /** When its first row was read, in unix seconds. */
  readonly firstSeen: number;
}

/** What the rules are made of: the preset that wrote the rows, how its dates are read, and the settings. */
export interface CompletionOptions {
  readonly preset: NamedPreset | undefined;
  /** The columns of the file; they may grow. */
  readonly columns: readonly string[];
  readonly dates: DateRules;
  /** Seconds; 0 switches the rule off: a call is complete at once. */
  readonly settle: number;
  readonly now: () => number;
}

const atOnce: RowSigns = { end: Number.NEGATIVE_INFINITY, isRoot: true };

/** Compiles the rules of a file. */
export function completionRules({ preset, columns, dates, settle, now }: CompletionOptions): CompletionRules {
  const known = preset?.completeness;
  if (settle <= 0 || known === undefined || known === 'row') return { settle, now, signsOf: () => atOnce };
  const cellOf = cellReader(columns, preset?.unquoted);
  const { durations = [], ends = [], isRoot } = known;
  return {
    settle,
    now,
    signsOf(cells, date) {
      // No row lasts longer than a day: of an old export nothing more has to be read.
      if (!(date instanceof Problem) && date.unix + day + longestWait < now()) return atOnce;
      const cell = cellOf(cells);
      if (date instanceof Problem) return { end: Number.NEGATIVE_INFINITY, isRoot: isRoot?.(cell) ?? true };
      const start = date.unix;
      const lasted = durations.reduce((sum, column) => sum + secondsOf(parseBillsec(cell(column))), 0);
      const given = ends.map((column) => unixOf(parseCallDate(cell(column), dates)));
      const plausible = given.filter((end) => end > start && end <= start + day);
      return { end: Math.max(start + Math.min(lasted, day), ...plausible), isRoot: isRoot?.(cell) ?? true };
    },
  };
}

function secondsOf(duration: Parsed<number>): number {
  return duration instanceof Problem ? 0 : duration;
}

function unixOf(date: Parsed<CallDate>): number {
  return date instanceof Problem ? Number.NaN : date.unix;
}

/**
 * When a call with these signs is complete if no other row comes, in unix seconds. A last sign that lies in the future,
 * by a wrong zone or clock, is not waited for longer than four hours.
 */
export function completeAt({ lastSign, hasRoot, firstSeen }: CallSigns, { settle }: CompletionRules): number {
  return Math.min(
    lastSign + (hasRoot ? Math.min(settle, longestWait) : longestWait),
    firstSeen + longestWait,
  );
}

/** Why a call is not sent yet. */
export function whyWaiting({ hasRoot }: CallSigns, due: number): string {
  const when = `${formatLocal('HH:mm:ss', due)} UTC`;
  return hasRoot
    ? `rows of this call may still come; complete after ${when}`
    : `the main row of this call has not come yet; complete after ${when} at the latest`;
}

/** Whether a last sign is so far ahead of the clock that one of the two is wrong. */
export function isAhead(lastSign: number, now: number): boolean {
  return lastSign > now + toleratedSkew;
}
