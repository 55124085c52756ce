import type { CallCounts } from './aggregate.js';

/** A bar of the pictures by day: a day, or more of them where the calls cover a long time. */
export interface Period extends CallCounts {
  /** `2026-11-03`, `from 2026-11-02`, `2026-11`, `2026`. */
  readonly label: string;
}

export type PeriodUnit = 'day' | 'week' | 'month' | 'year';

/** More bars than this cannot be read. */
const most = 62;

/**
 * Days (since 1970) gathered so that all fit into a picture, without gaps: a day without calls is a bar of none.
 * Nothing for no days.
 */
export function periodsOf(days: ReadonlyMap<number, CallCounts>): {
  readonly unit: PeriodUnit;
  readonly periods: readonly Period[];
} {
  const numbers = [...days.keys()];
  const first = Math.min(...numbers);
  const last = Math.max(...numbers);
  if (numbers.length === 0) return { unit: 'day', periods: [] };
  const span = last - first + 1;
  const unit = span <= most ? 'day' : span <= most * 7 ? 'week' : span <= most * 30 ? 'month' : 'year';
  const periods = new Map<string, Period>();
  for (let day = first; day <= last; day += 1) {
    const label = labelOf(day, unit);
    const before = periods.get(label) ?? { label, calls: 0, inbound: 0, answered: 0, talk: 0 };
    const own = days.get(day);
    periods.set(label, own === undefined ? before : sum(before, own));
  }
  return { unit, periods: [...periods.values()] };
}

function sum(period: Period, counts: CallCounts): Period {
  return {
    label: period.label,
    calls: period.calls + counts.calls,
    inbound: period.inbound + counts.inbound,
    answered: period.answered + counts.answered,
    talk: period.talk + counts.talk,
  };
}

function labelOf(day: number, unit: PeriodUnit): string {
  if (unit === 'week') return isoDate(day - ((day + 3) % 7));
  const length = { day: 10, month: 7, year: 4 }[unit];
  return isoDate(day).slice(0, length);
}

function isoDate(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
