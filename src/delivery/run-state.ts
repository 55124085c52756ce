import { type ExitCode, exitCodes } from '../core/errors.js';
import { createCircuitBreaker, failureLimit, type Outage, refusalLimit } from './circuit-breaker.js';

/** Why a run ended before its input did. */
export interface Stop {
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
}

/** The counters of one run of sending, and whether it may go on. */
export interface RunState {
  /** Aborts when the run is to send nothing more, the user's interruption included. */
  readonly halted: AbortSignal;
  /** The service, or a limit of the user's, ends the run; the first reason stays. */
  readonly halt: (stop: Stop) => void;
  /** Something broke that no request can fix (the ledger, a bug): the run ends with this error. */
  readonly fail: (error: unknown) => void;
  /** The input broke: what was read before is still sent, then the run ends with this error. */
  readonly inputFailed: (error: unknown) => void;
  /** Why the run ended before its input did, or without reaching the service. */
  readonly stop: () => Stop | undefined;
  readonly failure: () => unknown;
  /** What waits for a service that is down, where the run does. */
  readonly outage: Outage | undefined;
  /** Why nothing more is sent, for the calls that were not. */
  readonly whyNotSent: () => string;
  /** Requests whose body went out for the first time. */
  readonly requests: () => number;
  /** Times that a body went out again. */
  readonly retries: () => number;
  readonly countRequest: (isRetry: boolean) => void;
  /** The service gave verdicts. */
  readonly reportAnswered: (accepted: number) => void;
  /** A try ended at this time (milliseconds since 1970); `silence`: why the service said nothing, not even when to come back. */
  readonly reportTry: (at: number, silence?: string) => void;
  /** The next try can leave at this time and no earlier; halts a run in which the service was silent for too long. */
  readonly planTry: (at: number) => void;
  /** A request failed for good; `lost`: the service may have it. */
  readonly reportFailed: (reason: string, lost: boolean) => void;
  /** Calls a request at most from now on: the service was too slow for more. */
  readonly chunkLimit: () => number;
  /** A request of so many calls was too slow for the service: the next ones have half as many. Says whether that is news. */
  readonly reportTooSlow: (calls: number) => boolean;
  /** A single call was refused by status. */
  readonly reportRefused: (reason: string) => void;
  /**
   * Grants one more retry within the budget of the whole run: a tenth of its requests, and what the breaker needs.
   *
   * @param perRequest retries of one request at most
   */
  readonly grantRetry: (perRequest: number) => boolean;
}

/**
 * Follows one run; halts it when the circuit breaker opens.
 *
 * @param outage what waits for a service that is down, in place of the circuit breaker
 */
export function createRunState(interrupt: AbortSignal, outage?: Outage): RunState {
  const halting = new AbortController();
  const breaker = createCircuitBreaker();
  let stop: Stop | undefined;
  let failure: unknown;
  let requests = 0;
  let retries = 0;
  let granted = 0;
  let answered = false;
  let lastFailure: string | undefined;
  let chunkLimit = Number.POSITIVE_INFINITY;

  function halt(reason: Stop): void {
    stop ??= reason;
    halting.abort();
  }

  return {
    halted: AbortSignal.any([interrupt, halting.signal]),
    halt,
    fail(error) {
      failure ??= error;
      halting.abort();
    },
    inputFailed(error) {
      failure ??= error;
    },
    // A run in which the service never answered did not come to its end, however short it was.
    stop: () => stop ?? (answered || lastFailure === undefined ? undefined : unreachable(lastFailure)),
    failure: () => failure,
    outage,
    whyNotSent() {
      if (stop !== undefined) return stop.message;
      return failure instanceof Error ? failure.message : 'the run was interrupted before its turn';
    },
    requests: () => requests,
    retries: () => retries,
    countRequest(isRetry) {
      if (isRetry) retries += 1;
      else requests += 1;
    },
    reportAnswered(accepted) {
      answered = true;
      outage?.answered();
      breaker.success(accepted > 0);
    },
    reportTry: breaker.tried,
    planTry(at) {
      const silence = outage === undefined ? breaker.silence(at) : undefined;
      if (silence !== undefined) halt(neverAnswered(silence));
    },
    reportFailed(reason, lost) {
      if (lost) answered = true;
      else lastFailure = reason;
      outage?.failed(reason);
      if (breaker.failure() === 'open' && outage === undefined) halt(keepsFailing(reason));
    },
    chunkLimit: () => chunkLimit,
    reportTooSlow(calls) {
      const half = Math.max(1, Math.floor(calls / 2));
      if (half >= chunkLimit) return false;
      chunkLimit = half;
      return true;
    },
    reportRefused(reason) {
      answered = true;
      if (breaker.refusal() === 'closed') return;
      if (outage === undefined) halt(refusesAll(reason));
      else outage.failed(reason);
    },
    // Counted when it is granted: several requests ask before the first of them has left again.
    grantRetry(perRequest) {
      if (granted >= requests * 0.1 + failureLimit * perRequest) return false;
      granted += 1;
      return true;
    },
  };
}

const tryLater = 'Nothing is lost: run the same command again later, it sends what is left.';

function unreachable(reason: string): Stop {
  return { message: `no request got through: ${reason}`, hint: tryLater, exit: exitCodes.unreachable };
}

function neverAnswered(reason: string): Stop {
  return {
    message: `the service kept failing (no request was answered): ${reason}`,
    hint: tryLater,
    exit: exitCodes.unreachable,
  };
}

function keepsFailing(reason: string): Stop {
  return {
    message: `the service kept failing (${failureLimit} requests in a row): ${reason}`,
    hint: tryLater,
    exit: exitCodes.unreachable,
  };
}

function refusesAll(reason: string): Stop {
  return {
    message: `the service refuses every call (${refusalLimit} in a row): ${reason}`,
    hint: 'Send one call with "amocalls add --verbose" and read what the service says.',
    exit: exitCodes.unreachable,
  };
}
