// The arithmetic of the rate: slow start, halving, spacing.

/** How fast requests may go to one destination, shared by all who send there. Times in milliseconds since 1970. */
export interface SharedRate {
  /** Requests a second that are allowed at this moment. */
  readonly rate: number;
  /** The next free slot in the queue of requests. */
  readonly nextAt: number;
  /** The service asked for no request until then, those that hold a slot before it included. */
  readonly pausedUntil: number;
  /** What the service said when it asked for that. */
  readonly reason?: string | undefined;
  /** The last slot that somebody took. */
  readonly usedAt: number;
  /** When this was written, by the clock of its writer. */
  readonly writtenAt: number;
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

/** A queue that is longer is no queue: no pause of our own lasts longer. */
const longestQueueMs = 3_600_000;
/** What the service asks for counts for a day at most: a date where seconds were meant would lock it out for decades. */
const longestKeptMs = 86_400_000;

export const initialRate: SharedRate = {
  rate: firstRate,
  nextAt: 0,
  pausedUntil: 0,
  usedAt: 0,
  writtenAt: 0,
};

/**
 * The rate as a clock sees it that may have been set back since, or never was right: times are counted from when they were
 * written, and those that lie too far ahead say nothing.
 *
 * @param now milliseconds since 1970
 */
export function boundRate(state: SharedRate, now: number): SharedRate {
  const ahead = Math.max(0, state.writtenAt - now);
  const pausedUntil = state.pausedUntil - ahead;
  const nextAt = state.nextAt - ahead;
  return {
    ...state,
    pausedUntil: pausedUntil > now + longestKeptMs ? 0 : pausedUntil,
    nextAt: nextAt > now + longestQueueMs ? 0 : nextAt,
    usedAt: state.usedAt - ahead,
    writtenAt: state.writtenAt - ahead,
  };
}

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
 * @returns the state after it: the request may leave at `usedAt`
 */
export function reserveSlot(written: SharedRate, now: number, limit: number): SharedRate {
  const state = boundRate(written, now);
  const rate = Math.min(now - state.usedAt > forgetMs ? firstRate : state.rate, limit);
  const at = Math.max(now, state.nextAt, state.pausedUntil);
  return { ...state, rate, nextAt: at + spacing(rate), usedAt: at, writtenAt: now };
}

/** The service answered well: a little faster, up to `limit` requests a second. */
export function increase(written: SharedRate, now: number, limit: number): SharedRate {
  const state = boundRate(written, now);
  return { ...state, rate: Math.min(state.rate + step, Math.max(limit, state.rate)), writtenAt: now };
}

/** A pause that the service asked for. */
export interface AskedPause {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** What the service said. */
  readonly reason?: string | undefined;
}

/** The service wants fewer requests: half as fast, and nothing before `until`. */
export function decrease(written: SharedRate, now: number, { until, reason }: AskedPause): SharedRate {
  const state = boundRate(written, now);
  const rate = Math.max(state.rate / 2, lowestRate);
  const asked = Math.min(until, now + longestKeptMs);
  const isLonger = asked > state.pausedUntil;
  return {
    ...state,
    rate,
    pausedUntil: isLonger ? asked : state.pausedUntil,
    reason: isLonger ? reason : state.reason,
    writtenAt: now,
  };
}

/** Somebody knows better: the pause is over, and nobody waits for a slot. */
export function lift(written: SharedRate, now: number): SharedRate {
  return { ...boundRate(written, now), pausedUntil: 0, reason: undefined, nextAt: 0, writtenAt: now };
}
