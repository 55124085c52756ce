import type { Call } from './call.js';

/**
 * When a call that the service cannot take yet (no contact has its number) is tried again: the pauses between tries,
 * in seconds; after the last of them hourly. calls/add did the same behind its queue, for 18 hours.
 */
const pauses = [60, 300, 900, 3600] as const;

/** How long after the call it is tried, in seconds. */
const patience = 18 * 3600;

/** Seconds until the next try, after so many of them (from 1). */
export function pauseAfter(tries: number): number {
  return pauses[Math.min(Math.max(tries, 1), pauses.length) - 1] ?? 3600;
}

/** Whether it is too late to wait any longer for a contact of a call; `now` in unix seconds. */
export function isPastWaiting({ date }: Call, now: number): boolean {
  return now >= date + patience;
}
