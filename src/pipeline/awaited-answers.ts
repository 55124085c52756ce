// Since when a service has not answered, for those who watch a run.

import type { Destination } from '../destinations/destination.js';

/** A destination, and the requests that it has not answered. */
export interface WatchedDestination {
  readonly destination: Destination;
  /** When the oldest request without an answer was sent, in milliseconds since 1970; undefined where there is none. */
  readonly awaitedSince: () => number | undefined;
}

/** What is outside of a watched destination. */
interface Watch {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Does something after so many milliseconds, unless what it gives is called before. A signal a request would cost more than the request. */
  readonly later: (milliseconds: number, work: () => void) => () => void;
  /** Hears once that an answer has not come for so many milliseconds. */
  readonly onSlow: (milliseconds: number) => void;
}

/** A wait that is longer is told. */
const slowMs = 10_000;

/** The same destination, watched. */
export function watchAnswers(destination: Destination, { now, later, onSlow }: Watch): WatchedDestination {
  const awaited = new Set<{ readonly since: number }>();
  let isTold = false;
  const tellSlow = (since: number): void => {
    if (isTold || now() - since < slowMs) return;
    isTold = true;
    onSlow(slowMs);
  };
  const timed = async <T>(exchange: () => Promise<T>): Promise<T> => {
    const one = { since: now() };
    awaited.add(one);
    const stop = later(slowMs, () => tellSlow(one.since));
    try {
      return await exchange();
    } finally {
      awaited.delete(one);
      stop();
    }
  };
  const { fallback, correction } = destination;
  const watched: Destination = {
    ...destination,
    send: (calls) => timed(() => destination.send(calls)),
    ...(fallback && { fallback: { ...fallback, send: (calls) => timed(() => fallback.send(calls)) } }),
    ...(correction && {
      correction: {
        ...correction,
        correct: (call, receipt) => timed(() => correction.correct(call, receipt)),
      },
    }),
  };
  return { destination: watched, awaitedSince: () => [...awaited][0]?.since };
}
