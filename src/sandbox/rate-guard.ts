/** The status for a request that came at a time, in milliseconds; undefined lets it in. */
export type RateGuard = (at: number) => 429 | 403 | undefined;

/**
 * Counts requests over a sliding second and refuses those above the limit: with 429 first, and with 403 for
 * good after too many of them.
 *
 * @param most requests that any second may hold; Infinity lets all in
 * @param patience answers with 429 before everything is answered 403
 */
export function createRateGuard(most: number, patience: number): RateGuard {
  let recent: number[] = [];
  let warnings = 0;
  return (at) => {
    if (most === Number.POSITIVE_INFINITY) return undefined;
    if (warnings > patience) return 403;
    recent = recent.filter((time) => time > at - 1000);
    recent.push(at);
    if (recent.length <= most) return undefined;
    warnings += 1;
    return warnings > patience ? 403 : 429;
  };
}
