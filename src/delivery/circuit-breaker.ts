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
