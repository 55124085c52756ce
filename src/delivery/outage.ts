import { durationText } from '../core/display.js';
import type { DeliveryDeps } from './options.js';

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
