import { durationText } from '../core/display.js';
import type { DeliveryDeps } from './options.js';

/** So many requests in a row that failed for good open the breaker. */
export const failureLimit = 5;
/** So many single calls in a row that were refused, with nothing ever accepted, open it too. */
export const refusalLimit = 10;
/** Where nothing was ever answered, no try leaves later than so long after the first that failed, in milliseconds. */
const silenceLimitMs = 50_000;

/** Counts what goes wrong in a row, and opens when more requests would only hurt. */
export interface CircuitBreaker {
  /** The service gave verdicts. */
  readonly success: (anyAccepted: boolean) => void;
  /** A request failed for good. */
  readonly failure: () => 'closed' | 'open';
  /** A call that was alone in its request was refused. */
  readonly refusal: () => 'closed' | 'open';
  /** A try ended at this time (milliseconds since 1970); `silence`: why the service said nothing, not even when to come back. */
  readonly tried: (at: number, silence?: string) => void;
  /** Another try can leave at this time and no earlier; gives why there should be none, if so. */
  readonly silence: (at: number) => string | undefined;
}

/** Makes the circuit breaker of a run, closed. */
export function createCircuitBreaker(): CircuitBreaker {
  let failures = 0;
  let refusals = 0;
  let acceptedAny = false;
  let heardAny = false;
  let silent: { readonly since: number; readonly reason: string } | undefined;
  return {
    success(anyAccepted) {
      failures = 0;
      if (!anyAccepted) return;
      acceptedAny = true;
      refusals = 0;
    },
    failure() {
      failures += 1;
      return failures >= failureLimit ? 'open' : 'closed';
    },
    refusal() {
      failures = 0;
      refusals += 1;
      return refusals >= refusalLimit && !acceptedAny ? 'open' : 'closed';
    },
    tried(at, reason) {
      if (reason === undefined) heardAny = true;
      else silent = { since: silent?.since ?? at, reason };
    },
    silence(at) {
      if (heardAny || silent === undefined) return undefined;
      return at > silent.since + silenceLimitMs ? silent.reason : undefined;
    },
  };
}

/** The first pause after a failure, and the longest; milliseconds. */
const pauses = { first: 1000, longest: 5 * 60_000 };

/** A service that is down, as a run without an end waits for it: pauses that grow, a line when it goes and one when it is back. */
export interface Outage {
  /** A request failed, or its answer was lost. */
  readonly failed: (reason: string) => void;
  /** The service gave verdicts. */
  readonly answered: () => void;
  /** No request leaves before this time, in ms since 1970. */
  readonly until: () => number;
}

/** Follows the outages of a run; there is none at first. */
export function createOutage({ now, random, note, warn }: DeliveryDeps): Outage {
  let since: number | undefined;
  let until = 0;
  let pause = pauses.first;
  return {
    failed(reason) {
      // Requests that were under way together fail together: the pause grows once for all of them.
      if (now() < until) return;
      if (since === undefined) {
        since = now();
        warn(
          `the service does not take calls: ${reason}`,
          'Nothing is lost: it is tried again, with pauses that grow to 5 minutes.',
        );
      }
      until = now() + pause * (0.75 + random() / 4);
      pause = Math.min(pause * 2, pauses.longest);
    },
    answered() {
      if (since !== undefined)
        note(`the service takes calls again, after ${durationText((now() - since) / 1000)}`);
      since = undefined;
      until = 0;
      pause = pauses.first;
    },
    until: () => until,
  };
}
