/** Whether a ledger is named by the address of a PostgreSQL database, and not by a file. */
export function isDatabaseAddress(ledger: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(ledger);
}

/** Whether an address holds a password. */
export function hasPassword(ledger: string): boolean {
  return maskPassword(ledger) !== ledger;
}

/** An address as it may be shown: a password between the user and the last @ is masked. A file stays as it is. */
export function maskPassword(ledger: string): string {
  return ledger.replace(/^(postgres(?:ql)?:\/\/[^:@/]*):.*@/is, '$1:***@');
}
