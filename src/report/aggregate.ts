// Counts a run for --report while it streams: hours, days, employees, requests, problems with numbers masked.

import type { Call } from '../core/call.js';
import { notAccepted, type Outcome, type RecordResult, type Status } from '../core/outcome.js';
import { detached } from '../core/text.js';

/** Counts of calls of one day, one employee or one hour. `talk` is in seconds. */
export interface CallCounts {
  calls: number;
  inbound: number;
  answered: number;
  talk: number;
}

/** A record that was not accepted, as the report lists it. */
interface ReportProblem {
  readonly status: Status;
  readonly file: string;
  readonly line: number | undefined;
  readonly reason: string;
  /** `caller → to`; '' without --report-numbers and for what is no call. */
  readonly numbers: string;
}

/** A stretch of the run: `from` is in milliseconds since its start, `waitedMs` in milliseconds. */
export interface RequestBucket {
  readonly from: number;
  readonly requests: number;
  readonly failed: number;
  readonly waitedMs: number;
}

/** What a report shows; its size is bounded, whatever the run reads. */
export interface ReportData {
  readonly total: Readonly<CallCounts>;
  /** Calls by weekday (Monday is 0) and hour in the zone. */
  readonly hours: readonly (readonly number[])[];
  /** By days since 1970 in the zone, in order; days without calls are absent. */
  readonly days: ReadonlyMap<number, Readonly<CallCounts>>;
  /** By extension, most calls first. */
  readonly employees: ReadonlyMap<string, Readonly<CallCounts>>;
  readonly problems: readonly ReportProblem[];
  /** All problems, those that are not kept included. */
  readonly problemCount: number;
  readonly requests: readonly RequestBucket[];
  /** Width of a bucket of `requests` in milliseconds. */
  readonly bucketMs: number;
}

/** The zone in which a report shows times. */
export interface ReportZone {
  readonly name: string;
  /** Whether it was given; else it is UTC, for want of a better one. */
  readonly isGiven: boolean;
  /** Seconds that it is ahead of UTC at a unix second. */
  readonly offsetAt: (unix: number) => number;
}

interface AggregateOptions {
  /** Seconds that the zone is ahead of UTC at a unix time in seconds. */
  readonly offsetAt: (seconds: number) => number;
  /** What an extension looks like, `--internal`; other numbers are shown by their last digits alone. */
  readonly internal: RegExp;
  /** `--report-numbers`: numbers are shown in full. */
  readonly numbers: boolean;
}

/** At most so many problems are kept, and so many employees apart; the others are counted. */
export const mostProblems = 10_000;
const mostEmployees = 10_000;
const otherEmployees = 'others';
const mostBuckets = 120;

/** A repeated call was counted when it was sent first; the records of the other statuses are no calls of this run. */
const shownStatuses: readonly (Status | 'valid')[] = [
  'valid',
  'accepted',
  'rejected',
  'unconfirmed',
  'unsent',
];

/** Counts a run while it streams. It keeps counts and the first problems, and holds on to no row and no block of a file. */
export function createAggregate(options: AggregateOptions) {
  const total = newCounts();
  const hours = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  const days = new Map<number, CallCounts>();
  const employees = new Map<string, CallCounts>();
  const problems: ReportProblem[] = [];
  let problemCount = 0;
  const timeline = createTimeline();

  function addCall(call: Call): void {
    const local = call.date + options.offsetAt(call.date);
    const day = Math.floor(local / 86_400);
    const row = hours[(day + 3) % 7];
    const hour = Math.floor(local / 3600) - day * 24;
    if (row !== undefined) row[hour] = (row[hour] ?? 0) + 1;
    let employee = employeeOf(call, options);
    if (!employees.has(employee) && employees.size >= mostEmployees) employee = otherEmployees;
    for (const counts of [total, countsIn(days, day), countsIn(employees, employee)]) countCall(counts, call);
  }

  return {
    ...timeline,
    addResults(results: readonly RecordResult[]): void {
      for (const result of results) {
        if (result.call !== undefined && shownStatuses.includes(result.status)) addCall(result.call);
        if (result.status === 'valid' || !notAccepted.includes(result.status)) continue;
        problemCount += 1;
        if (problems.length < mostProblems) problems.push(problemOf(result, options));
      }
    },
    data: (): ReportData => ({
      total,
      hours,
      days: new Map([...days].sort(([a], [b]) => a - b)),
      employees: new Map([...employees].sort(([, a], [, b]) => b.calls - a.calls)),
      problems,
      problemCount,
      ...timeline.stretches(),
    }),
  };
}

function newCounts(): CallCounts {
  return { calls: 0, inbound: 0, answered: 0, talk: 0 };
}

function countsIn<Key>(map: Map<Key, CallCounts>, key: Key): CallCounts {
  const found = map.get(key) ?? newCounts();
  map.set(key, found);
  return found;
}

function countCall(counts: CallCounts, { type, billsec }: Call): void {
  counts.calls += 1;
  if (type === 'inbound') counts.inbound += 1;
  if (billsec > 0) counts.answered += 1;
  counts.talk += billsec;
}

/** The side of the call that is ours: its extension, or the end of a longer number, which may be a customer's. */
function employeeOf({ type, caller, to }: Call, { internal, numbers }: AggregateOptions): string {
  const number = type === 'inbound' ? to : caller;
  return detached(numbers || internal.test(number) ? number : `…${number.slice(-2)}`);
}

function problemOf({ status, reasons, origin, call }: Outcome, { numbers }: AggregateOptions): ReportProblem {
  const reason = reasons?.join('; ') ?? '';
  return {
    status,
    file: origin.file ?? '',
    line: origin.line,
    reason: detached(numbers ? reason : maskNumbers(reason)),
    numbers: numbers && call !== undefined ? detached(`${call.caller} → ${call.to}`) : '',
  };
}

/** Dates and times, which hold as many digits as a number: `2026-11-03 10:15:00`, `03.11.2026`, `11/3/2026`. */
const dates = String.raw`\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d)?)?|\d\d?[./]\d\d?[./]\d{4}(?: \d\d?:\d\d(?::\d\d)?)?`;
const onlyDate = new RegExp(`^"?(?:${dates})"?$`);
/** A value in quotes; or seven digits or more, as people part them: `+7 (495) 000-00-01`. */
const valueOrNumber = new RegExp(
  String.raw`"(?:[^"\\]|\\.)*"|(?<!\d)(?:${dates})(?!\d)|\+?\d(?:[ ().-]{0,2}\d){6,}`,
  'g',
);
/** No extension is as long. */
const shortestNumber = 7;

/**
 * A text in which every digit of a phone number but the last two is a dot: `"+• (•••) •••-••-01"`. A value in quotes
 * with seven digits or more is taken for a number, whatever stands between them. Dates stay as they are, and so does
 * all that is said of a `date` or a `billsec` (a unix time looks like a number).
 */
export function maskNumbers(text: string): string {
  return text
    .split('; ')
    .map((part) => (/^(?:date|billsec):/.test(part) ? part : part.replace(valueOrNumber, maskNumber)))
    .join('; ');
}

function maskNumber(found: string): string {
  if (onlyDate.test(found)) return found;
  let left = found.replace(/\D/g, '').length;
  if (left < shortestNumber) return found;
  return found.replace(/\d/g, (digit) => {
    left -= 1;
    return left < 2 ? digit : '•';
  });
}

/** Requests and waits in stretches of equal length, which doubles whenever there would be too many of them. */
function createTimeline() {
  let bucketMs = 1000;
  let buckets: { requests: number; failed: number; waitedMs: number }[] = [];
  let waitedUntil = 0;

  function bucketAt(ms: number) {
    while (ms >= bucketMs * mostBuckets) {
      bucketMs *= 2;
      const wider: typeof buckets = [];
      buckets.forEach((bucket, at) => {
        const into = wider[at >> 1];
        if (into === undefined) wider.push(bucket);
        else for (const name of ['requests', 'failed', 'waitedMs'] as const) into[name] += bucket[name];
      });
      buckets = wider;
    }
    const index = Math.max(0, Math.floor(ms / bucketMs));
    while (buckets.length <= index) buckets.push({ requests: 0, failed: 0, waitedMs: 0 });
    return buckets[index] ?? { requests: 0, failed: 0, waitedMs: 0 };
  }

  return {
    /** A request that has ended; `at` in milliseconds since the start of the run. */
    addRequest(at: number, succeeded: boolean): void {
      const bucket = bucketAt(at);
      bucket.requests += 1;
      if (!succeeded) bucket.failed += 1;
    },
    /** A wait for the rate limit, for a retry or a pause, in milliseconds since the start of the run. Waits that overlap count once. */
    addWait(from: number, to: number): void {
      let at = Math.max(from, waitedUntil);
      waitedUntil = Math.max(waitedUntil, to);
      bucketAt(to);
      while (at < to) {
        const until = Math.min(to, (Math.floor(at / bucketMs) + 1) * bucketMs);
        bucketAt(at).waitedMs += until - at;
        at = until;
      }
    },
    stretches: () => ({
      bucketMs,
      requests: buckets.map((bucket, at) => ({ from: at * bucketMs, ...bucket })),
    }),
  };
}

/** What a bar of the pictures by day covers: a day, or more of them where the calls cover a long time. */
export type PeriodUnit = 'day' | 'week' | 'month' | 'year';

/** More bars than this cannot be read. */
const mostPeriods = 62;

/**
 * Days (since 1970) gathered so that all fit into a picture, without gaps: a day without calls is a bar of none. By what stands
 * under each bar: `2026-11-03` (of a week its Monday), `2026-11`, `2026`. Nothing for no days.
 */
export function periodsOf(days: ReadonlyMap<number, Readonly<CallCounts>>): {
  readonly unit: PeriodUnit;
  readonly periods: ReadonlyMap<string, Readonly<CallCounts>>;
} {
  const numbers = [...days.keys()];
  const first = Math.min(...numbers);
  const last = Math.max(...numbers);
  if (numbers.length === 0) return { unit: 'day', periods: new Map() };
  const span = last - first + 1;
  const unit =
    span <= mostPeriods
      ? 'day'
      : span <= mostPeriods * 7
        ? 'week'
        : span <= mostPeriods * 30
          ? 'month'
          : 'year';
  const periods = new Map<string, CallCounts>();
  for (let day = first; day <= last; day += 1) {
    const counts = countsIn(periods, labelOf(day, unit));
    const own = days.get(day) ?? newCounts();
    for (const name of ['calls', 'inbound', 'answered', 'talk'] as const) counts[name] += own[name];
  }
  return { unit, periods };
}

function labelOf(day: number, unit: PeriodUnit): string {
  if (unit === 'week') return isoDate(day - ((day + 3) % 7));
  const length = { day: 10, month: 7, year: 4 }[unit];
  return isoDate(day).slice(0, length);
}

function isoDate(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
