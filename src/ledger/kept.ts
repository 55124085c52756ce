/** So many problems are kept, the newest: a log with a fault on every line fills no disk. */
export const maxProblems = 100_000;

/** So many checkpoints are kept, the newest: a rotated file leaves one behind for ever. */
export const maxCheckpoints = 1000;

/**
 * Masks what may be a phone number in a reason before it is kept: five digits and more in a row, and, outside of the
 * reasons that name a date or a duration, also those that stand apart as people write numbers (+7 495 000-00-01).
 */
export function maskDigits(reason: string): string {
  const pattern = /^(?:date|billsec): /.test(reason) ? /\d{5,}/g : /\d(?:[\s().+/-]*\d){4,}/g;
  return reason.replace(pattern, '*****');
}
