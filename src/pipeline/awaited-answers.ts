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
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Hears once that an answer has not come for so many milliseconds. */
  readonly onSlow: (milliseconds: number) => void;
}

/** A wait that is longer is told. */
const slowMs = 10_000;

/** The same destination, watched. */
export function watchAnswers(destination: Destination, { now, sleep, onSlow }: Watch): WatchedDestination {
  const awaited = new Set<{ readonly since: number }>();
  let isTold = false;
  const tellWhenSlow = async (since: number, answered: AbortSignal): Promise<void> => {
    await sleep(slowMs, answered);
    if (isTold || answered.aborted || now() - since < slowMs) return;
    isTold = true;
    onSlow(slowMs);
  };
  const timed = async <T>(exchange: () => Promise<T>): Promise<T> => {
    const one = { since: now() };
    const answered = new AbortController();
    awaited.add(one);
    void tellWhenSlow(one.since, answered.signal);
    try {
      return await exchange();
    } finally {
      awaited.delete(one);
      answered.abort();
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
