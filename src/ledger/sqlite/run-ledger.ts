import type { Call } from '../../core/call.js';
import type { Ledger } from '../../core/ledger.js';
import type { Recipient } from '../../core/ledger-store.js';
import { numberOf } from '../cells.js';
import { type Claims, openClaims, releaseDeadRuns } from './claims.js';
import type { Connections } from './connections.js';
import type { Database } from './driver.js';
import { openRate } from './rate.js';
import type { Transactions } from './transactions.js';

/** For whom a ledger is opened. */
export interface LedgerUse extends Recipient {
  /** The row of this run, from `beginRun`. */
  readonly run: number;
  /** What this run sent itself may change after that. */
  readonly isEndless: boolean;
  readonly isAlive: (process: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The ledger of one run. Calls that were in flight when their process died are `unconfirmed` from now on. */
export async function openRunLedger(
  connections: Connections,
  transactions: Transactions,
  use: LedgerUse,
): Promise<Ledger> {
  const { durable, quick, guarded } = connections;
  await guarded(() => releaseDeadRuns(durable, use.isAlive));
  const namespaces = new Map<string, Claims>();
  const rate = await guarded(() => openRate(quick, use));

  function claimsOf(account: string): Claims {
    const known = namespaces.get(account);
    if (known !== undefined) return known;
    const claims = openClaims(durable, namespaceOf(durable, use, account), use);
    namespaces.set(account, claims);
    return claims;
  }

  const accountOf = (calls: readonly Call[]) => calls[0]?.account_id ?? '';
  return {
    lookup: (calls, policy) => guarded(() => claimsOf(accountOf(calls)).lookup(calls, policy)),
    claim: (calls, policy) => transactions.commit(() => claimsOf(accountOf(calls)).claim(calls, policy)),
    recordChanges: (calls) => transactions.commit(() => claimsOf(accountOf(calls)).recordChanges(calls)),
    settle: (account, settlements) => transactions.commit(() => claimsOf(account).settle(settlements)),
    reserveSlot: (limit) => guarded(() => rate.reserveSlot(limit)),
    pausedUntil: () => guarded(() => rate.pausedUntil()),
    reportSuccess: (limit) => guarded(() => rate.increase(limit)),
    reportThrottled: (until) => guarded(() => rate.decrease(until)),
  };
}

/** The id of an account at a recipient; it is made where there is none. */
export function namespaceOf(database: Database, { address, code }: Recipient, account: string): number {
  database
    .prepare('INSERT INTO namespaces (address, code, account) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(address, code, account);
  const row = database
    .prepare('SELECT id FROM namespaces WHERE address = ? AND code = ? AND account = ?')
    .get(address, code, account);
  return numberOf(row, 'id');
}
