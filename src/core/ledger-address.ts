// Whether a ledger is named by an address, and how one with a password is shown.

/** Whether a ledger is named by the address of a PostgreSQL database. */
export function isDatabaseAddress(ledger: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(ledger);
}

/** Whether a ledger is named by an address, known or not, and not by a file. A single letter is a drive of Windows. */
export function isAddress(ledger: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]+:\/|postgres(?:ql)?:)/i.test(ledger);
}

/** Whether an address holds a password. */
export function hasPassword(ledger: string): boolean {
  return maskPassword(ledger) !== ledger;
}

/**
 * An address as it may be shown: a password between the user and the last @, or in its query, is masked. A file stays as it is.
 */
export function maskPassword(ledger: string): string {
  if (!isAddress(ledger)) return ledger;
  return ledger
    .replace(/^([a-z][a-z0-9+.-]+:\/*[^:@/]*):.*@/is, '$1:***@')
    .replace(/([?&](?:ssl)?pass(?:word|wd)?=)[^&]*/gi, '$1***');
}
