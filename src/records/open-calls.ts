import { type Parsed, Problem } from '../core/errors.js';
import { createRecentSet } from '../core/hash.js';
import type { Batch } from '../core/row.js';
import type { DateOrder } from './date-text.js';
import { type CallDate, formatLocal, parseCallDate } from './dates.js';
import { parseBillsec } from './durations.js';
import type { RawFields } from './presets/preset.js';
import { fixedZone } from './time-zones.js';
import type { ParsedRecord } from './validate.js';
import type { RecordPlace } from './warnings.js';

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
interface RowSigns {
  /** When the row ends, ringing included, in unix seconds; -Infinity where nothing is waited for. */
  readonly end: number;
  /** Whether its call needs no other row than this to be whole. */
  readonly isRoot: boolean;
}

/** When the calls of a file are complete. */
interface CompletionRules {
  /** Seconds from the last sign of a call with its root. */
  readonly settle: number;
  /** Unix seconds. */
  readonly now: () => number;
  readonly signsOf: (cells: readonly string[], date: Parsed<CallDate>) => RowSigns;
}

/** The signs of the rows of one call that were read so far. */
interface CallSigns {
  /** The latest end of its rows, in unix seconds. */
  lastSign: number;
  hasRoot: boolean;
  /** When its first row was read, in unix seconds. */
  readonly firstSeen: number;
}

/** What the rules are made of: how rows and their dates are read, and the settings. */
interface CompletionOptions {
  /** Left out where the system writes one row for a call, when it is over. */
  readonly read: ((cells: readonly string[]) => RawFields) | undefined;
  readonly order: DateOrder | undefined;
  /** Seconds; 0 switches the rule off: a call is complete at once. */
  readonly settle: number;
  readonly now: () => number;
}

const atOnce: RowSigns = { end: Number.NEGATIVE_INFINITY, isRoot: true };

/** Compiles the rules of a file. */
export function completionRules({ read, order, settle, now }: CompletionOptions): CompletionRules {
  if (settle <= 0 || read === undefined) return { settle, now, signsOf: () => atOnce };
  return {
    settle,
    now,
    signsOf(cells, date) {
      // No row lasts longer than a day: of an old export nothing more has to be read.
      if (!(date instanceof Problem) && date.unix + day + longestWait < now()) return atOnce;
      const { lasted = [], ended = [], isRoot = true } = read(cells);
      if (date instanceof Problem) return { end: Number.NEGATIVE_INFINITY, isRoot };
      const start = date.unix;
      const seconds = lasted.reduce((sum, text) => sum + secondsOf(parseBillsec(text)), 0);
      // All clocks of a row stand in one zone.
      const rules = { zone: fixedZone(date.local - start), order, now: now() };
      const given = ended.map((text) => unixOf(parseCallDate(text, rules)));
      const plausible = given.filter((end) => end > start && end <= start + day);
      return { end: Math.max(start + Math.min(seconds, day), ...plausible), isRoot };
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

/** While a file is read, a call whose last row is so many rows behind is taken out if it is complete by the clock as well. */
const windowRows = 5000;
/** Every so many rows the window is looked at: the start of a Map that loses its first keys is slow to find. */
const sweepRows = 250;
/** No call has more rows; ids that are no ids of calls do. */
const mostRows = 1000;
/** So many calls that were let go are remembered at least, in 32 MB at most: a file that is followed has no end. */
const mostCut = 1_000_000;

/** A place in the file where reading can start again. */
export type Position = NonNullable<Batch['next']>;

/** The rows of one call that were read so far. */
export interface OpenCall extends CallSigns {
  readonly id: string;
  readonly rows: ParsedRecord[];
  /** Where the batch of its first row began; undefined where that is unknown. */
  readonly from: Position | undefined;
  /** How many rows of the file had been read when its first and its last row came. */
  readonly first: number;
  last: number;
  /** When it is complete, in unix seconds; kept while it waits. */
  due: number;
}

/** The calls of a file that may still get rows. */
export interface OpenCalls {
  /** Takes a row of the call `id`; gives the calls that the window lets go. */
  readonly add: (id: string, record: ParsedRecord, from: Position | undefined) => readonly OpenCall[];
  /** The end of the file is reached for now: gives the calls that are complete by the clock. */
  readonly takeComplete: () => readonly OpenCall[];
  /** Where an interrupted reading has to start again, so that no open call loses a row; undefined where that is unknown. */
  readonly restart: (next: Position) => Position | undefined;
  /** Gives all that are still open. */
  readonly rest: () => readonly OpenCall[];
  /** How many are still open. */
  readonly size: () => number;
}

/** Who hears of what is odd. */
interface OpenCallEvents {
  /** A call that the window or the number of its rows let go got another row. */
  readonly onCut: (row: RecordPlace) => void;
  /** A row ends so far in the future that the clock or the zone must be wrong; unix seconds. */
  readonly onAhead: (row: RecordPlace, end: number, now: number) => void;
}

/**
 * Collects the rows of calls until the calls are complete. Those that got a row lately stand in the order of their last rows;
 * those which only the clock can complete wait by the time at which it will.
 */
export function createOpenCalls(rules: CompletionRules, { onCut, onAhead }: OpenCallEvents): OpenCalls {
  const recent = new Map<string, OpenCall>();
  const timed = createTimedCalls(rules);
  const cut = createRecentSet(mostCut);
  let count = 0;
  /** The call with the earliest first row; undefined: to be looked for again. */
  let oldest: OpenCall | 'none' | undefined = 'none';

  function callOf(id: string, row: RecordPlace, from: Position | undefined, now: number): OpenCall {
    const known = recent.get(id) ?? timed.calls.get(id);
    if (known !== undefined) return known;
    if (cut.has(id)) onCut(row);
    return newCall(id, from, count, now);
  }

  /** Takes out the calls whose last row came no later than this, if they are complete. */
  function sweep(latest: number, now: number): readonly OpenCall[] {
    const done: OpenCall[] = [];
    for (const [id, call] of recent) {
      if (call.last > latest) break;
      recent.delete(id);
      // Most calls of an export are old: they need no place in the queue.
      if (completeAt(call, rules) <= now) done.push(call);
      else timed.hold(call);
    }
    done.push(...timed.takeDue(now));
    for (const { id } of done) cut.add(id);
    return done;
  }

  return {
    add(id, record, from) {
      count++;
      const now = rules.now();
      const call = callOf(id, record, from, now);
      const { end, isRoot } = rules.signsOf(record.row.cells, record.values.date);
      if (end > now + toleratedSkew) onAhead(record, end, now);
      call.rows.push(record);
      call.last = count;
      if (end > call.lastSign) call.lastSign = end;
      if (isRoot) call.hasRoot = true;
      recent.delete(id);
      timed.calls.delete(id);
      oldest = undefined;
      if (call.rows.length >= mostRows) {
        cut.add(id);
        return [call];
      }
      recent.set(id, call);
      return count % sweepRows === 0 ? sweep(count - windowRows, now) : noCalls;
    },
    takeComplete() {
      for (const call of recent.values()) timed.hold(call);
      recent.clear();
      const done = timed.takeDue(rules.now());
      if (done.length > 0) oldest = undefined;
      return done;
    },
    restart(next) {
      oldest ??= earliest([timed.calls, recent]);
      return oldest === 'none' ? next : oldest.from;
    },
    rest: () => [...timed.calls.values(), ...recent.values()],
    size: () => timed.calls.size + recent.size,
  };
}

function newCall(id: string, from: Position | undefined, count: number, now: number): OpenCall {
  return {
    id,
    rows: [],
    from,
    first: count,
    last: count,
    firstSeen: now,
    lastSign: Number.NEGATIVE_INFINITY,
    hasRoot: false,
    due: Number.NaN,
  };
}

const noCalls: readonly OpenCall[] = [];

function earliest(maps: readonly ReadonlyMap<string, OpenCall>[]): OpenCall | 'none' {
  let first: OpenCall | undefined;
  for (const map of maps) {
    for (const call of map.values()) if (first === undefined || call.first < first.first) first = call;
  }
  return first ?? 'none';
}

/**
 * The calls that only the clock can complete: to look at 10,000 of them is to look at the first of a queue.
 * A call that got a row is deleted from `calls`; what is left of it in the queue is dropped when its time comes.
 */
function createTimedCalls(rules: CompletionRules) {
  const calls = new Map<string, OpenCall>();
  const queue = createDueQueue();
  return {
    calls,
    hold(call: OpenCall): void {
      call.due = completeAt(call, rules);
      calls.set(call.id, call);
      queue.push({ call, due: call.due });
    },
    /** Takes out those whose time has come, in the order of their last rows. */
    takeDue(now: number): readonly OpenCall[] {
      const done: OpenCall[] = [];
      for (let next = queue.popDue(now); next !== undefined; next = queue.popDue(now)) {
        const { call, due } = next;
        if (calls.get(call.id) !== call || call.due !== due) continue;
        calls.delete(call.id);
        done.push(call);
      }
      return done.sort((one, other) => one.last - other.last);
    },
  };
}

interface Due {
  readonly call: OpenCall;
  readonly due: number;
}

/** A binary heap: the earliest due time is on top. */
function createDueQueue() {
  const heap: Due[] = [];
  const dueAt = (at: number) => heap[at]?.due ?? Number.POSITIVE_INFINITY;
  function swap(one: number, other: number): void {
    const [left, right] = [heap[one], heap[other]];
    if (left === undefined || right === undefined) return;
    heap[one] = right;
    heap[other] = left;
  }
  return {
    push(entry: Due): void {
      heap.push(entry);
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (dueAt(parent) <= dueAt(at)) return;
        swap(at, parent);
        at = parent;
      }
    },
    /** The earliest entry if it is due. */
    popDue(now: number): Due | undefined {
      if (!(dueAt(0) <= now)) return undefined;
      swap(0, heap.length - 1);
      const top = heap.pop();
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        const least = dueAt(right) < dueAt(left) ? right : left;
        if (dueAt(at) <= dueAt(least)) return top;
        swap(at, least);
        at = least;
      }
    },
  };
}
