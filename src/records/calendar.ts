/** Which part of 3/4/2026 is the day: the first (dmy) or the second (mdy). */
export const dateOrders = ['dmy', 'mdy'] as const;
export type DateOrder = (typeof dateOrders)[number];

/** A date as it is written, before its zone is applied. */
export interface Written {
  /** Seconds since 1970 on the clock that it was read from, as if that clock stood at UTC. */
  readonly local: number;
  /** Seconds east of UTC where the text says so; undefined for a wall clock of an unknown zone. */
  readonly offset: number | undefined;
  /** An `instant` is a count of seconds, `wall` is a clock, `day` has no time of day. */
  readonly kind: 'instant' | 'wall' | 'day';
}

/** Seconds from 1970 to the beginning of a day; NaN where the calendar has no such day. */
export function daySeconds(year: number, month: number, day: number): number {
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  if (day > 28 && day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return Number.NaN;
  return Date.UTC(year, month - 1, day) / 1000;
}

/** Seconds from midnight; NaN where no clock shows such a time. */
export function timeSeconds(hour: number, minute: number, second: number): number {
  return hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : Number.NaN;
}
