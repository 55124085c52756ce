// The calls that may still get rows, and when they are complete: root, last sign, --settle.

import { type Parsed, Problem } from '../core/errors.js';
import { createHashSet, createRecentSet } from '../core/hash.js';
import type { FileRange } from '../core/row.js';
import type { DateOrder } from './date-text.js';
import { type CallDate, formatLocal, parseCallDate } from './dates.js';
import { parseBillsec } from './durations.js';
import type { RowRef } from './entry-batches.js';
import type { PresetReader } from './preset-reader.js';
import type { ParsedRecord } from './record.js';
import { fixedZone } from './time-zones.js';
import type { RecordPlace } from './warnings.js';

// Phone systems write the rows of a call one after the other, some while it goes on. A call is complete, so that it may be sent,
// when its root is there and its last sign is older than `settle`, or when its last sign is older than four hours, whatever is
// missing. Its last sign is the latest end of its rows or, in a file that grows, the time at which its last row was first seen:
// the rows of a channel are written together, long after some of their legs have ended.

/** Seconds after its last sign at which a call is complete whatever is missing. */
const longestWait = 4 * 3600;
/** The default of `settle`, in seconds. */
export const defaultSettle = 120;
/** A last sign so many seconds ahead of the clock says that the clock or the zone is wrong. */
const toleratedSkew = 300;
const day = 86_400;

/** When the calls of a file are complete: how the signs of their rows are read, and the settings. */
export interface CompletionRules {
  /** Left out where the system writes one row for a call, when it is over. */
  readonly preset: Pick<PresetReader, 'read' | 'times'> | undefined;
  readonly order: DateOrder | undefined;
  /** Seconds from the last sign of a call with its root; 0 switches the rule off: a call is complete at once. */
  readonly settle: number;
  /** Unix seconds. */
  readonly now: () => number;
}

/** What a row says about the end of its call. */
interface RowSigns {
  /** When the row ends, ringing included, in unix seconds; -Infinity where nothing is waited for. */
  readonly end: number;
  /** Whether its call needs no other row than this to be whole. */
  readonly isRoot: boolean;
}

/** The signs of the rows of one call that were read so far. */
interface CallSigns {
  /** The latest end of its rows, or when the last of them was first seen, in unix seconds. */
  lastSign: number;
  hasRoot: boolean;
  /** Since when it is known, in unix seconds. */
  readonly since: number;
}

const atOnce: RowSigns = { end: Number.NEGATIVE_INFINITY, isRoot: true };

/** Whether rows of a call are waited for at all. */
export function areAwaited({ preset, settle }: Pick<CompletionRules, 'preset' | 'settle'>): boolean {
  return settle > 0 && preset !== undefined;
}

/** Reads what a row of this date says about the end of its call. */
export function signsOf(
  { preset, order, settle, now }: CompletionRules,
  cells: readonly string[],
  date: Parsed<CallDate>,
): RowSigns {
  if (preset === undefined || settle <= 0) return atOnce;
  // No row lasts longer than a day: of an old export nothing more has to be read.
  if (!(date instanceof Problem) && date.unix + day + longestWait < now()) return atOnce;
  const { isRoot = true } = preset.read(cells);
  if (date instanceof Problem) return { end: Number.NEGATIVE_INFINITY, isRoot };
  const start = date.unix;
  const { ringing, talk, whole, end: ended } = preset.times(cells);
  const lasted = (whole === '' ? [ringing, talk] : [whole]).map(parseBillsec);
  const seconds = lasted.reduce<number>((sum, one) => sum + (one instanceof Problem ? 0 : one), 0);
  const end = start + Math.min(seconds, day);
  // All clocks of a row stand in one zone.
  const given = parseCallDate(ended, { zone: fixedZone(date.local - start), order, now: now() });
  const isGiven = !(given instanceof Problem) && given.unix <= start + day;
  return { end: isGiven ? Math.max(end, given.unix) : end, isRoot };
}

/** Whether a row ends so far in the future that the clock or the zone must be wrong. */
export function isAhead({ end }: RowSigns, { now }: Pick<CompletionRules, 'now'>): boolean {
  return end > now() + toleratedSkew;
}

/**
 * When a call with these signs is complete if no other row comes, in unix seconds. A last sign that lies in the future,
 * by a wrong zone or clock, is not waited for longer than four hours.
 */
export function completeAt(
  { lastSign, hasRoot, since }: CallSigns,
  { settle }: Pick<CompletionRules, 'settle'>,
): number {
  const wait = hasRoot ? Math.min(settle, longestWait) : longestWait;
  return Math.min(lastSign + wait, since + longestWait);
}

/** Why a call is not sent yet. */
export function whyWaiting({ hasRoot }: CallSigns, due: number): string {
  const when = `${formatLocal('HH:mm:ss', due)} UTC`;
  return hasRoot
    ? `rows of this call may still come; complete after ${when}`
    : `the main row of this call has not come yet; complete after ${when} at the latest`;
}

/** While a file is read, a call whose last row is so many rows behind is let go if it is complete by the clock as well. */
const windowRows = 5000;
/** So many rows lie between two looks for such calls at least. */
const sweepRows = 250;
/** So many calls are open at most: the memory that they take is bounded. More than the window has rows, so that some are behind it. */
const mostOpen = 10_000;
const putOffAtOnce = 1000;
/** No call has more rows; ids that are no ids of calls do. */
const mostRows = 1000;
/** So many calls are kept after they were let go: a late row is merged with their others. */
const mostGiven = 1000;
/** So many more are remembered by their ids, in 32 MB at most: a file that is followed has no end. */
const mostCut = 1_000_000;

/** What a row says about the end of its call, where it stands, and what is known of when it came. */
export interface RowArrival extends RowSigns {
  /** Absent where nobody remembers how far its file is done. */
  readonly range: FileRange | undefined;
  /** When it was first seen, in unix seconds; 0: long ago. */
  readonly seen: number;
  /** Rows before it may have been sent by an earlier run. */
  readonly isRest: boolean;
}

/** The rows of one call that were read so far. */
export interface OpenCall extends CallSigns {
  readonly id: string;
  readonly rows: ParsedRecord[];
  /** Where its rows stand of which no entry was made yet. */
  readonly places: RowRef[];
  /** How many rows had been read when its first and its last row came. */
  readonly first: number;
  last: number;
  /** It was let go so long ago that its rows of then are not known any more. */
  readonly isLate: boolean;
  /** Its file was entered in the middle: other rows of it may have been sent before, and are not among these. */
  isPart: boolean;
  /** It was let go although the file went on: complete by the clock, or put off until the next run. */
  cut: 'complete' | 'put off' | undefined;
}

/** The calls of a file that may still get rows, in the order of their first rows. */
export class OpenCalls {
  readonly #rules: CompletionRules;
  readonly #onCut: (row: RecordPlace) => void;
  readonly #open = new Map<string, OpenCall>();
  /** The calls that were let go last, the earliest first. */
  readonly #given = new Map<string, OpenCall>();
  /** All that were let go. */
  readonly #cut = createRecentSet(mostCut);
  /** Those that were put off: what else comes of them is too. */
  readonly #putOff = createHashSet();
  #count = 0;
  #nextSweep = sweepRows;
  /** No call is complete before this, in unix seconds. */
  #due = Number.POSITIVE_INFINITY;
  /** The call of the last row. */
  #latest: OpenCall | undefined;

  /** @param onCut hears of a row of a call that was let go in the middle of the file */
  constructor(rules: CompletionRules, onCut: (row: RecordPlace) => void) {
    this.#rules = rules;
    this.#onCut = onCut;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether no more can be taken, before some are let go. */
  get isFull(): boolean {
    return this.#open.size >= mostOpen;
  }

  /** When the next of them may be let go by the clock, in unix seconds; Infinity where none is open. */
  get due(): number {
    if (!this.isFull) return this.#open.size === 0 ? Number.POSITIVE_INFINITY : this.#due;
    let due = Number.POSITIVE_INFINITY;
    for (const call of this.#behind()) due = Math.min(due, completeAt(call, this.#rules));
    return due;
  }

  /** Takes a row of the call `id`; gives the calls that are let go, since the file went on long without them. */
  add(id: string, record: ParsedRecord, arrival: RowArrival): readonly OpenCall[] {
    this.#count++;
    const call = this.#open.get(id) ?? this.#begin(id, record, arrival);
    const { end, isRoot } = arrival;
    call.rows.push(record);
    if (arrival.range !== undefined) call.places.push({ range: arrival.range, line: record.line });
    call.last = this.#count;
    call.isPart &&= arrival.isRest || call.isLate;
    if (isRoot) call.hasRoot = true;
    this.#sign(call, areAwaited(this.#rules) ? Math.max(end, arrival.seen) : end);
    this.#latest = call;
    if (this.#putOff.size > 0 && this.#putOff.has(id)) return [this.#give(call, 'put off')];
    if (call.rows.length >= mostRows) return [this.#give(call, 'complete')];
    return this.#count < this.#nextSweep ? noCalls : this.takeBehind();
  }

  /** Lets go the calls that have been open for longest: the next run finds the rows of those that are not complete again. */
  *putOffOldest(): Generator<OpenCall> {
    const now = this.#rules.now();
    const most = this.#open.size - putOffAtOnce;
    for (const call of this.#open.values()) {
      if (this.#open.size <= most) return;
      const isComplete = this.#isBehind(call) && completeAt(call, this.#rules) <= now;
      if (!isComplete) this.#putOff.add(call.id);
      yield this.#give(call, isComplete ? 'complete' : 'put off');
    }
  }

  /** More rows of the call of the last row may come: it was written at a time, in unix seconds. */
  keepLast(at: number): void {
    if (this.#latest !== undefined && areAwaited(this.#rules)) this.#sign(this.#latest, at);
  }

  /** The end of the file is reached for now: gives the calls that are complete by the clock. */
  takeComplete(): readonly OpenCall[] {
    const now = this.#rules.now();
    if (now < this.due) return noCalls;
    const done: OpenCall[] = [];
    let due = Number.POSITIVE_INFINITY;
    for (const call of this.#open.values()) {
      const at = completeAt(call, this.#rules);
      if (at <= now) done.push(this.#give(call, undefined));
      else due = Math.min(due, at);
    }
    this.#due = due;
    return done;
  }

  /** All that are still open. */
  rest(): Iterable<OpenCall> {
    return this.#open.values();
  }

  #sign(call: OpenCall, at: number): void {
    if (at > call.lastSign) call.lastSign = at;
    this.#due = Math.min(this.#due, completeAt(call, this.#rules));
  }

  #begin(id: string, row: RecordPlace, { seen }: RowArrival): OpenCall {
    const given = this.#given.get(id);
    const wasCut = this.#cut.has(id);
    const isLate = given?.isLate ?? wasCut;
    if (given === undefined ? wasCut : given.cut !== undefined) this.#onCut(row);
    const call: OpenCall = {
      id,
      rows: given === undefined ? [] : [...given.rows],
      places: [],
      first: this.#count,
      last: this.#count,
      since: seen > 0 ? seen : this.#rules.now(),
      lastSign: given?.lastSign ?? Number.NEGATIVE_INFINITY,
      hasRoot: given?.hasRoot ?? false,
      isLate,
      isPart: given?.isPart ?? true,
      cut: undefined,
    };
    this.#given.delete(id);
    this.#open.set(id, call);
    return call;
  }

  /** Lets a call go. */
  #give(call: OpenCall, cut: OpenCall['cut']): OpenCall {
    call.cut = cut;
    this.#open.delete(call.id);
    if (cut === 'put off') return call;
    this.#cut.add(call.id);
    if (call.rows.length >= mostRows) return call;
    this.#given.set(call.id, call);
    for (const id of this.#given.keys()) {
      if (this.#given.size <= mostGiven) break;
      this.#given.delete(id);
    }
    return call;
  }

  /**
   * Lets go the calls whose last row is far behind, if they are complete by the clock. Calls that only the clock can
   * complete stay: the more of them were looked at in vain, the later comes the next look.
   */
  takeBehind(): readonly OpenCall[] {
    const now = this.#rules.now();
    const done: OpenCall[] = [];
    let inVain = 0;
    for (const call of this.#behind()) {
      if (completeAt(call, this.#rules) <= now) done.push(this.#give(call, 'complete'));
      else inVain++;
    }
    this.#nextSweep = this.#count + Math.max(sweepRows, inVain);
    return done;
  }

  /** The calls whose last row is far behind. */
  *#behind(): Generator<OpenCall> {
    for (const call of this.#open.values()) {
      if (call.first > this.#count - windowRows) return;
      if (this.#isBehind(call)) yield call;
    }
  }

  #isBehind({ last }: OpenCall): boolean {
    return last <= this.#count - windowRows;
  }
}

const noCalls: readonly OpenCall[] = [];
