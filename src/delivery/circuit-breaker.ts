/** So many requests in a row that failed for good open the breaker. */
export const failureLimit = 5;
/** So many single calls in a row that were refused, with nothing ever accepted, open it too. */
export const refusalLimit = 10;

/** Counts what goes wrong in a row, and opens when more requests would only hurt. */
export interface CircuitBreaker {
  /** The service gave verdicts. */
  readonly success: (anyAccepted: boolean) => void;
  /** A request failed for good. */
  readonly failure: () => 'closed' | 'open';
  /** A call that was alone in its request was refused. */
  readonly refusal: () => 'closed' | 'open';
}

/** Makes the circuit breaker of a run, closed. */
export function createCircuitBreaker(): CircuitBreaker {
  let failures = 0;
  let refusals = 0;
  let acceptedAny = false;
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
  };
}
