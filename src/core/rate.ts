/** How fast requests may go to one destination, shared by all who send there. Times in milliseconds since 1970. */
export interface SharedRate {
  /** Requests a second that are allowed at this moment. */
  readonly rate: number;
  /** The next free slot in the queue of requests. */
  readonly nextAt: number;
  /** The service asked for no request until then, those that hold a slot before it included. */
  readonly pausedUntil: number;
  /** Last time that somebody took a slot. */
  readonly usedAt: number;
}

/** Slow start: the first request, or the first after a long silence, begins here. */
const firstRate = 1;
const lowestRate = 0.1;
/** Added for every good answer. */
const step = 0.5;
/** After so long without a request nothing is known of the load of the service. */
const forgetMs = 60_000;
/** Requests that leave evenly still arrive unevenly: this much of every second is left free for it. */
const jitterMs = 60;

export const initialRate: SharedRate = { rate: firstRate, nextAt: 0, pausedUntil: 0, usedAt: 0 };

/**
 * Milliseconds between two requests, so that any sliding second holds at most `rate` of them, rounded up,
 * as counted at the server: at an even 7 a second, windows of one second were seen to hold 8.
 */
export function spacing(rate: number): number {
  return Math.max(1000 / rate, (1000 + jitterMs) / Math.ceil(rate));
}

/**
 * Takes the next slot in the queue of requests.
 *
 * @param now milliseconds since 1970
 * @param limit the highest rate that the caller allows, requests a second
 * @returns the state after it, and when the request may leave
 */
export function reserveSlot(
  state: SharedRate,
  now: number,
  limit: number,
): { readonly state: SharedRate; readonly at: number } {
  const rate = Math.min(now - state.usedAt > forgetMs ? firstRate : state.rate, limit);
  const at = Math.max(now, state.nextAt, state.pausedUntil);
  return { state: { ...state, rate, nextAt: at + spacing(rate), usedAt: at }, at };
}

/** The service answered well: a little faster, up to `limit` requests a second. */
export function increase(state: SharedRate, limit: number): SharedRate {
  return { ...state, rate: Math.min(state.rate + step, Math.max(limit, state.rate)) };
}

/** The service said 429 or 503: half as fast, and nothing before `until`. */
export function decrease(state: SharedRate, until: number): SharedRate {
  const rate = Math.max(state.rate / 2, lowestRate);
  return { ...state, rate, pausedUntil: Math.max(state.pausedUntil, until) };
}
