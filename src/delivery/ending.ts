import type { ExitCode } from '../core/errors.js';

/** Why a run ended before its input did. */
export interface Stop {
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
}

/** Whether, and why, a run is to send nothing more. */
export interface Ending {
  /** Aborts when the run is to send nothing more, the user's interruption included. */
  readonly halted: AbortSignal;
  /** The service, or a limit of the user's, ends the run; the first reason stays. */
  readonly halt: (stop: Stop) => void;
  /** Something broke that no request can mend (the ledger, a bug): the run ends with this error. */
  readonly fail: (error: unknown) => void;
  /** The input broke: what was read before is still sent, then the run ends with this error. */
  readonly inputFailed: (error: unknown) => void;
  readonly stopped: () => Stop | undefined;
  readonly failure: () => unknown;
  /** Why nothing more is sent, for the calls that were not. */
  readonly reason: () => string;
}

/** Follows how one run comes to its end. */
export function createEnding(interrupt: AbortSignal): Ending {
  let stop: Stop | undefined;
  let failure: unknown;
  const halting = new AbortController();
  return {
    halted: AbortSignal.any([interrupt, halting.signal]),
    halt(reason) {
      stop ??= reason;
      halting.abort();
    },
    fail(error) {
      failure ??= error;
      halting.abort();
    },
    inputFailed(error) {
      failure ??= error;
    },
    stopped: () => stop,
    failure: () => failure,
    reason() {
      if (stop !== undefined) return stop.message;
      return failure instanceof Error ? failure.message : 'the run was interrupted before its turn';
    },
  };
}
