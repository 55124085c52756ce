// Lets requests out at the shared rate.

import { type DeliveryRun, fail, hear, showWait } from './delivery-run.js';
import { say } from './health.js';

/** A request that leaves later than its slot would stand too close to the next one: it takes a new slot. */
const lateMs = 50;
const maxTries = 5;
/** No sleep is longer: a clock may be set meanwhile. Milliseconds. */
export const longestSleepMs = 60_000;

/**
 * Waits for the turn of a request at the rate that all runs of the ledger share; one after the other.
 *
 * @returns whether it may leave now; else the service wants a pause, or the run is over
 */
export function takeTurn(run: DeliveryRun): Promise<boolean> {
  const turn = run.turns
    .then(() => waitForTurn(run))
    .catch((error: unknown) => {
      fail(run, error);
      return false;
    });
  run.turns = turn;
  return turn;
}

async function waitForTurn(run: DeliveryRun): Promise<boolean> {
  const { deps, options } = run;
  for (let tries = 1; !run.halted.aborted; tries++) {
    await hearOfPause(run);
    if (!mayLeave(run, deps.now())) return false;
    if (options.rate === 0) return true;
    const at = await deps.ledger.reserveSlot(options.rate);
    if (at > deps.now()) {
      // A pause that was asked for meanwhile moves the slots behind it.
      if (at - deps.now() > pauseMs) await hearOfPause(run);
      if (!mayLeave(run, at)) return false;
      if (at - deps.now() > pauseMs) showWait(run, { until: at, why: sharedLimit }, deps.now());
      await sleepUntil(run, at);
      run.wait = undefined;
      await hearOfPause(run);
      if (!mayLeave(run, deps.now())) return false;
    }
    if (deps.now() - at <= lateMs || tries >= maxTries) return !run.halted.aborted;
  }
  return false;
}

/** A shorter time is no pause, and is not shown as a wait; milliseconds. */
const pauseMs = 1000;
const sharedLimit = 'the rate limit, which all runs of this ledger share';

/** Asks the ledger for a pause that a request of another run was told of. */
async function hearOfPause(run: DeliveryRun): Promise<void> {
  const until = await run.deps.ledger.pausedUntil();
  const known = run.health.pause?.until ?? 0;
  if (until > run.deps.now() && until > known) hear(run, { kind: 'pause', until, why: askedForPause });
}

/** Why nothing is sent for a while, where another run was told so. */
export const askedForPause = 'the service asked for a pause';

function mayLeave(run: DeliveryRun, at: number): boolean {
  const said = say(run.health, at, run.options);
  if (typeof said === 'object' && 'stop' in said) hear(run, { kind: 'stop', stop: said.stop });
  return said === 'send' && !run.halted.aborted;
}

/** Sleeps until a time; no longer than it seemed at first, where the clock is set back meanwhile. */
async function sleepUntil({ deps, halted }: DeliveryRun, at: number): Promise<void> {
  const from = deps.now();
  for (let now = from; now < at && now >= from && !halted.aborted; now = deps.now()) {
    await deps.sleep(Math.min(Math.ceil(at - now), longestSleepMs), halted);
  }
}
