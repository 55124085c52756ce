import type { Recipient } from '../../core/ledger-store.js';
import { decrease, increase, initialRate, reserveSlot, type SharedRate } from '../../core/rate.js';
import { numberOf } from '../rows.js';
import { type Database, transact } from './driver.js';

/** The rate that the runs of a host share. */
interface RateStore {
  readonly reserveSlot: (limit: number) => number;
  readonly pausedUntil: () => number;
  readonly increase: (limit: number) => void;
  readonly decrease: (until: number) => void;
}

/** The rate of an address and code, read and changed by all processes of the host in turn. */
export function openRate(
  database: Database,
  { address, code, now }: Recipient & { readonly now: () => number },
): RateStore {
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
    return transact(database, () => {
      const { state, result } = step(read());
      save.run(address, code, state.rate, state.nextAt, state.pausedUntil, state.usedAt);
      return result;
    });
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
