import { exitCodes } from '../core/errors.js';
import { createEnding, type Ending, type Stop } from './ending.js';
import { breakerLimit, refusalLimit, withinBudget } from './retry.js';

/** How a run stands with the service: its counters, and whether it may go on. */
export interface Standing extends Ending {
  /** Requests whose body went out for the first time. */
  readonly requests: () => number;
  /** Times that a body went out again. */
  readonly repetitions: () => number;
  /** Why the run ended before its input did, or without reaching the service. */
  readonly stop: () => Stop | undefined;
  readonly sent: (again: boolean) => void;
  /** The service gave verdicts. */
  readonly contented: (accepted: number) => void;
  /** A request failed for good; `lost`: the service may have it. */
  readonly failed: (why: string, lost: boolean) => void;
  /** A single call was refused by status. */
  readonly refused: (why: string) => void;
  /** Grants one more repetition within the budget of the run. */
  readonly mayRepeat: (retries: number) => boolean;
}

/** Follows one run; opens the breaker when requests keep failing. */
export function createStanding(interrupt: AbortSignal): Standing {
  const ending = createEnding(interrupt);
  let requests = 0;
  let repetitions = 0;
  let granted = 0;
  let failures = 0;
  let refusals = 0;
  let answered = false;
  let acceptedAny = false;
  let lastFailure: string | undefined;

  return {
    ...ending,
    requests: () => requests,
    repetitions: () => repetitions,
    // A run in which the service never answered did not come to its end, however short it was.
    stop: () =>
      ending.stopped() ?? (answered || lastFailure === undefined ? undefined : unreachable(lastFailure)),
    sent(again) {
      if (again) repetitions += 1;
      else requests += 1;
    },
    contented(accepted) {
      answered = true;
      failures = 0;
      if (accepted === 0) return;
      acceptedAny = true;
      refusals = 0;
    },
    failed(why, lost) {
      failures += 1;
      if (lost) answered = true;
      else lastFailure = why;
      if (failures >= breakerLimit) ending.halt(keptFailing(why));
    },
    refused(why) {
      answered = true;
      failures = 0;
      refusals += 1;
      if (refusals >= refusalLimit && !acceptedAny) ending.halt(keptRefusing(why));
    },
    // Counted when it is granted: several requests ask before the first of them has left again.
    mayRepeat(retries) {
      if (!withinBudget(requests, granted, retries)) return false;
      granted += 1;
      return true;
    },
  };
}

const comeBack = 'Nothing is lost: run the same command again later, it does what is left.';

function unreachable(why: string): Stop {
  return { message: `no request got through: ${why}`, hint: comeBack, exit: exitCodes.unreachable };
}

function keptFailing(why: string): Stop {
  return {
    message: `the service kept failing (${breakerLimit} requests in a row): ${why}`,
    hint: comeBack,
    exit: exitCodes.unreachable,
  };
}

function keptRefusing(why: string): Stop {
  return {
    message: `the service refuses every call (${refusalLimit} in a row): ${why}`,
    hint: 'Send one call with "amocalls add --verbose" and read what the service says.',
    exit: exitCodes.unreachable,
  };
}
