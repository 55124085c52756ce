// Since when a service has not answered, for those who watch a run.

import type { Destination } from '../destinations/destination.js';

/** A destination, and the requests that it has not answered. */
export interface WatchedDestination {
  readonly destination: Destination;
  /** When the oldest request without an answer was sent, in milliseconds since 1970; undefined where there is none. */
  readonly awaitedSince: () => number | undefined;
}

/** The same destination, watched. */
export function watchAnswers(destination: Destination, now: () => number): WatchedDestination {
  const awaited = new Set<{ readonly since: number }>();
  const timed = async <T>(exchange: () => Promise<T>): Promise<T> => {
    const one = { since: now() };
    awaited.add(one);
    try {
      return await exchange();
    } finally {
      awaited.delete(one);
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
