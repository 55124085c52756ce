/** How fast requests may go to one address and code, shared by all who send there. Times in milliseconds since 1970. */
export interface Pace {
  /** Requests a second that are allowed at this moment. */
  readonly rate: number;
  /** The next free place in the queue of requests. */
  readonly nextAt: number;
  /** The service asked to be left alone until then, those who hold a place before it included. */
  readonly pausedUntil: number;
  /** Last time that somebody took a place. */
  readonly usedAt: number;
}

/** Slow start: whoever comes first, or after a long silence, begins here. */
const firstRate = 1;
const lowestRate = 0.1;
/** Added for every answer of a contented service. */
const step = 0.5;
/** After so long without a request nothing is known of the service's mood. */
const forgetMs = 60_000;
/** Requests that leave evenly still arrive unevenly: this much of every second is left free for it. */
const jitterMs = 60;

export const freshPace: Pace = { rate: firstRate, nextAt: 0, pausedUntil: 0, usedAt: 0 };

/**
 * Milliseconds between two requests, so that any sliding second holds at most `rate` of them, rounded up,
 * as counted at the server: at an even 7 a second, windows of one second were seen to hold 8.
 */
export function spacing(rate: number): number {
  return Math.max(1000 / rate, (1000 + jitterMs) / Math.ceil(rate));
}

/**
 * Takes the next place in the queue of requests.
 *
 * @param most the highest rate that the caller allows
 * @returns the pace after it, and when the request may leave
 */
export function reserve(pace: Pace, now: number, most: number): { readonly pace: Pace; readonly at: number } {
  const rate = Math.min(now - pace.usedAt > forgetMs ? firstRate : pace.rate, most);
  const at = Math.max(now, pace.nextAt, pace.pausedUntil);
  return { pace: { ...pace, rate, nextAt: at + spacing(rate), usedAt: at }, at };
}

/** The service answered and is content: a little faster. */
export function quicken(pace: Pace, most: number): Pace {
  return { ...pace, rate: Math.min(pace.rate + step, Math.max(most, pace.rate)) };
}

/** The service said 429 or 503: half as fast, and nothing before `until`. */
export function slacken(pace: Pace, until: number): Pace {
  const rate = Math.max(pace.rate / 2, lowestRate);
  return { ...pace, rate, pausedUntil: Math.max(pace.pausedUntil, until) };
}
