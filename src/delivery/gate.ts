import { exitCodes } from '../core/errors.js';
import type { DeliveryPolicy, DeliveryWorld } from './options.js';
import { longestWaitMs } from './retry.js';
import type { Standing } from './standing.js';

/** The one door through which every request leaves. A ledger that fails here ends the run; nothing is thrown. */
export interface Gate {
  /** Waits for this request's turn; false when the run is over and nothing may leave. */
  readonly pass: () => Promise<boolean>;
  /** The service is content. */
  readonly content: () => Promise<void>;
  /** The service wants fewer requests, and none before so many milliseconds; too many of them end the run. */
  readonly throttled: (waitMs: number) => Promise<void>;
}

/** A request that leaves later than its place would stand too close to the next one: it takes a new place. */
const lateMs = 50;
const mostTries = 5;
/** A shorter pause is not worth a word. */
const toldMs = 5000;

/** Makes the gate of a run; the pace itself is kept by the ledger, for all processes of the host. */
export function createGate(policy: DeliveryPolicy, world: DeliveryWorld, standing: Standing): Gate {
  const { ledger, now } = world;
  const limited = policy.rate !== 0;
  let toldUntil = 0;
  /** One at a time: places taken far ahead would keep the pace that was in force when they were taken. */
  let queue: Promise<boolean> = Promise.resolve(true);

  /** A pause that the service asked for, of this run or of another one: says so, or ends the run. */
  function heed(until: number): void {
    const wait = until - now();
    if (wait > longestWaitMs) {
      standing.halt({
        message: `the service wants to be left alone for ${Math.ceil(wait / 1000)} s`,
        hint: `Run the same command again after ${clock(until)}: it does what is left.`,
        exit: exitCodes.unreachable,
      });
    } else if (wait >= toldMs && until > toldUntil) {
      toldUntil = until;
      world.note(`the service asks for a pause: nothing is sent until ${clock(until)}`);
    }
  }

  async function takePlace(): Promise<number> {
    heed(ledger.pausedUntil());
    const at = limited && !standing.halted.aborted ? await ledger.reserve(policy.rate) : now();
    const until = ledger.pausedUntil();
    heed(until);
    return Math.max(at, until);
  }

  async function turn(): Promise<boolean> {
    let tries = 0;
    while (!standing.halted.aborted) {
      const at = await takePlace();
      const wait = at - now();
      if (wait > 0) await world.sleep(Math.ceil(wait), standing.halted);
      // While this one waited for its place, another one may have been asked to pause.
      if (ledger.pausedUntil() > now()) continue;
      tries += 1;
      if (now() - at <= lateMs || tries >= mostTries) return !standing.halted.aborted;
    }
    return false;
  }

  return {
    pass() {
      queue = queue.then(async () => (await attempt(turn, standing)) ?? false);
      return queue;
    },
    async content() {
      if (limited) await attempt(() => ledger.mood({ content: true, rate: policy.rate }), standing);
    },
    async throttled(waitMs) {
      const until = now() + waitMs;
      await attempt(() => ledger.mood({ until }), standing);
      heed(until);
    },
  };
}

/** Does what may fail with the ledger; a failure ends the run. */
async function attempt<T>(work: () => Promise<T>, standing: Standing): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    standing.fail(error);
    return undefined;
  }
}

/** A moment as people read it, with its zone said. */
function clock(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
