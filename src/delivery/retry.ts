/** Exponential back-off with full jitter; a throttled service gets longer pauses. Milliseconds. */
const pauses = {
  ordinary: { base: 500, cap: 20_000 },
  throttled: { base: 1000, cap: 60_000 },
} as const;

/** A service that asks for more than this is left alone: the run stops and says when to come back. */
export const longestWaitMs = 120_000;

/** So many requests in a row that failed for good end the run. */
export const breakerLimit = 5;

/** So many single calls in a row that were refused, with nothing ever accepted, end the run. */
export const refusalLimit = 10;

/**
 * How long to wait before the next try.
 *
 * @param attempt how many tries were made already, from 1
 * @param chance a number in [0, 1)
 * @param leastMs what the service asked for
 */
export function backoff(attempt: number, throttled: boolean, chance: number, leastMs = 0): number {
  const { base, cap } = throttled ? pauses.throttled : pauses.ordinary;
  return Math.max(leastMs, chance * Math.min(cap, base * 2 ** (attempt - 1)));
}

/**
 * Whether one more repetition is within the budget of the whole run: a tenth of its requests, and what the
 * breaker needs to be sure.
 */
export function withinBudget(requests: number, repetitions: number, retries: number): boolean {
  return repetitions < requests * 0.1 + breakerLimit * retries;
}
