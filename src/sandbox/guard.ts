/** What the guard says to a request: undefined lets it in. */
export type Guard = (at: number) => 429 | 403 | undefined;

/**
 * Counts requests over a sliding second and stops those above the limit: 429 first, and 403 for good once it
 * had to say so too often.
 *
 * @param most requests that any second may hold; Infinity lets all in
 * @param patience how many times it says 429 before it says 403 to everything
 */
export function createGuard(most: number, patience: number): Guard {
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
