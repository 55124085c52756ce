import type { Call } from '../../core/call.js';
import type { Ledger } from '../../core/ledger.js';
import { decrease, increase, initialRate, reserveSlot, type SharedRate } from '../../core/rate.js';
import { type Claims, openClaims, releaseDeadRuns } from './claims.js';
import type { Database } from './driver.js';
import { type LedgerFile, ledgerError } from './ledger-file.js';
import { numberOf } from './schema.js';
import { createTransactions, rollBack } from './transactions.js';

/** For whom a ledger is opened. */
export interface LedgerUse {
  /** Base URL of the service: calls sent elsewhere (a sandbox) are other calls. */
  readonly address: string;
  readonly code: string;
  /** The row of this run, from `beginRun`. */
  readonly run: number;
  readonly isAlive: (process: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The ledger of one run in an open file.
 *
 * @throws UserError where the file cannot be used
 */
export function openLedger(file: LedgerFile, use: LedgerUse): Ledger {
  const transactions = createTransactions(file.durable, (error) => ledgerError(error, file.name));
  const namespaces = new Map<string, Claims>();
  const rate = openRate(file.quick, use);
  file.guarded(() => releaseDeadRuns(file.durable, use.isAlive));

  function claimsOf(account: string): Claims {
    const known = namespaces.get(account);
    if (known !== undefined) return known;
    const claims = openClaims(file.durable, namespaceOf(file.durable, use, account), use);
    namespaces.set(account, claims);
    return claims;
  }

  const accountOf = (calls: readonly Call[]) => calls[0]?.account_id ?? '';
  return {
    lookup: async (calls, policy) => file.guarded(() => claimsOf(accountOf(calls)).lookup(calls, policy)),
    claim: (calls, policy) => transactions.commit(() => claimsOf(accountOf(calls)).claim(calls, policy)),
    settle: (account, settlements) => transactions.commit(() => claimsOf(account).settle(settlements)),
    reserveSlot: async (limit) => file.guarded(() => rate.reserveSlot(limit)),
    pausedUntil: async () => file.guarded(() => rate.pausedUntil()),
    reportSuccess: async (limit) => file.guarded(() => rate.increase(limit)),
    reportThrottled: async (until) => file.guarded(() => rate.decrease(until)),
  };
}

function namespaceOf(database: Database, { address, code }: LedgerUse, account: string): number {
  database
    .prepare('INSERT INTO namespaces (address, code, account) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(address, code, account);
  const row = database
    .prepare('SELECT id FROM namespaces WHERE address = ? AND code = ? AND account = ?')
    .get(address, code, account);
  return numberOf(row, 'id');
}

interface RateStore {
  readonly reserveSlot: (limit: number) => number;
  readonly pausedUntil: () => number;
  readonly increase: (limit: number) => void;
  readonly decrease: (until: number) => void;
}

/** The rate of an address and code, read and changed by all processes of the host in turn. */
function openRate(database: Database, { address, code, now }: LedgerUse): RateStore {
  const find = database.prepare(
    'SELECT rate, next_at, paused_until, used_at FROM paces WHERE address = ? AND code = ?',
  );
  const save = database.prepare(
    `INSERT INTO paces (address, code, rate, next_at, paused_until, used_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rate = excluded.rate, next_at = excluded.next_at,
       paused_until = excluded.paused_until, used_at = excluded.used_at`,
  );

  function read(): SharedRate {
    const row = find.get(address, code);
    if (row === undefined) return initialRate;
    return {
      rate: numberOf(row, 'rate'),
      nextAt: numberOf(row, 'next_at'),
      pausedUntil: numberOf(row, 'paused_until'),
      usedAt: numberOf(row, 'used_at'),
    };
  }

  function change<T>(step: (state: SharedRate) => { readonly state: SharedRate; readonly result: T }): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const { state, result } = step(read());
      save.run(address, code, state.rate, state.nextAt, state.pausedUntil, state.usedAt);
      database.exec('COMMIT');
      return result;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }

  return {
    reserveSlot: (limit) =>
      change((before) => {
        const { state, at } = reserveSlot(before, now(), limit);
        return { state, result: at };
      }),
    pausedUntil: () => read().pausedUntil,
    increase: (limit) => change((state) => ({ state: increase(state, limit), result: undefined })),
    decrease: (until) => change((state) => ({ state: decrease(state, until), result: undefined })),
  };
}
