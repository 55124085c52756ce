import { utcTime } from '../core/display.js';
import { exitCodes } from '../core/errors.js';
import type { DeliveryDeps, DeliveryOptions } from './options.js';
import { longestWaitMs } from './retry.js';
import type { RunState } from './run-state.js';

/** Lets requests out at the shared rate. A ledger that fails here ends the run; nothing is thrown. */
export interface RateLimiter {
  /** Waits for this request's turn; false when the run is over and nothing may leave. */
  readonly acquire: () => Promise<boolean>;
  /** The service answered well. */
  readonly reportSuccess: () => Promise<void>;
  /** The service wants fewer requests, and none for so many milliseconds; too long a wait ends the run. */
  readonly reportThrottled: (waitMs: number) => Promise<void>;
}

/** A request that leaves later than its slot would stand too close to the next one: it takes a new slot. */
const lateMs = 50;
const maxTries = 5;
/** A shorter pause, or one longer by less, is not worth a note: requests in flight are asked for the same one. */
const noteworthyMs = 5000;

/** Makes the rate limiter of a run; the rate itself is kept by the ledger, for all processes that share it. */
export function createRateLimiter(
  options: DeliveryOptions,
  deps: DeliveryDeps,
  state: RunState,
): RateLimiter {
  const { ledger, now } = deps;
  const limited = options.rate !== 0;
  let notedUntil = 0;
  /** One at a time: slots taken far ahead would keep the rate that was in force when they were taken. */
  let queue: Promise<boolean> = Promise.resolve(true);

  /** A pause that the service asked for, of this run or of another one: notes it, or ends the run. */
  function obey(until: number): void {
    const wait = until - now();
    if (wait > longestWaitMs && state.outage === undefined) {
      state.halt({
        message: `the service asks for no request for ${Math.ceil(wait / 1000)} s`,
        hint: `Run the same command again after ${utcTime(until)}: it sends what is left.`,
        exit: exitCodes.unreachable,
      });
    } else if (wait >= noteworthyMs && until - notedUntil >= noteworthyMs) {
      notedUntil = until;
      deps.note(`the service asks for a pause: nothing is sent until ${utcTime(until)}`);
    }
  }

  async function takeSlot(): Promise<number> {
    obey(await ledger.pausedUntil());
    const at = limited && !state.halted.aborted ? await ledger.reserveSlot(options.rate) : now();
    const until = await ledger.pausedUntil();
    obey(until);
    state.planTry(Math.max(at, until));
    return Math.max(at, until);
  }

  async function waitForTurn(): Promise<boolean> {
    let tries = 0;
    while (!state.halted.aborted) {
      const down = (state.outage?.until() ?? 0) - now();
      if (down > 0) {
        // No slot is taken before the pause is over: it would be stale by then.
        await deps.sleep(Math.ceil(down), state.halted);
        continue;
      }
      const at = await takeSlot();
      const wait = at - now();
      if (wait > 0) await deps.sleep(Math.ceil(wait), state.halted);
      // While this one waited for its slot, another one may have been asked to pause.
      if ((await ledger.pausedUntil()) > now()) continue;
      tries += 1;
      if (now() - at <= lateMs || tries >= maxTries) return !state.halted.aborted;
    }
    return false;
  }

  return {
    acquire() {
      queue = queue.then(async () => (await attempt(waitForTurn, state)) ?? false);
      return queue;
    },
    async reportSuccess() {
      if (limited) await attempt(() => ledger.reportSuccess(options.rate), state);
    },
    async reportThrottled(waitMs) {
      const until = now() + waitMs;
      await attempt(() => ledger.reportThrottled(until), state);
      obey(until);
    },
  };
}

/** Does what may fail with the ledger; a failure ends the run. */
async function attempt<T>(work: () => Promise<T>, state: RunState): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    state.fail(error);
    return undefined;
  }
}
