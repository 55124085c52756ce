import type { Recipient } from '../../core/ledger.js';
import { decrease, increase, initialRate, reserveSlot, type SharedRate } from '../../core/rate.js';
import { numberOf } from '../rows.js';
import type { Connection, Query } from './connection.js';

/** The rate that the runs of all hosts share. */
export interface RateStore {
  readonly reserveSlot: (limit: number) => Promise<number>;
  readonly pausedUntil: () => Promise<number>;
  readonly increase: (limit: number) => Promise<void>;
  readonly decrease: (until: number) => Promise<void>;
}

/** Milliseconds since 1970 by the clock of the database, which all hosts share. */
export const databaseClock = 'extract(epoch FROM clock_timestamp())::float8 * 1000';

/**
 * So many milliseconds an answer on the pause is used again: a request asks three times before it leaves, and a pause that
 * is younger than this may have been under way all the same.
 */
const freshMs = 20;

/** The clock is read outside, after the lock was waited for. */
const find = (
  lock: '' | 'FOR UPDATE',
) => `SELECT rate, next_at, paused_until, used_at, ${databaseClock} AS now FROM (
  SELECT rate, next_at, paused_until, used_at FROM amocalls.paces WHERE address = $1 AND code = $2 ${lock}) AS pace`;
const findAndLock = find('FOR UPDATE');
const findOnly = find('');

/**
 * The rate of an address and code, read and changed by all processes in turn. Clocks of hosts differ by more than the time
 * between two requests: what is kept is in the time of the database, and every answer carries its clock, by which a time is
 * turned into the host's own.
 */
export function openRate(
  connection: Connection,
  { address, code, now }: Recipient & { readonly now: () => number },
): RateStore {
  let pause = { knownAt: Number.NEGATIVE_INFINITY, until: 0 };

  async function read(query: Query, sql: string) {
    const { rows } = await query(sql, [address, code]);
    const [row] = rows;
    if (row === undefined) return undefined;
    const state: SharedRate = {
      rate: numberOf(row, 'rate'),
      nextAt: numberOf(row, 'next_at'),
      pausedUntil: numberOf(row, 'paused_until'),
      usedAt: numberOf(row, 'used_at'),
    };
    const databaseNow = numberOf(row, 'now');
    return { state, databaseNow, ahead: databaseNow - now() };
  }

  /** The row is locked while its next state is computed. */
  async function locked(query: Query) {
    const found = await read(query, findAndLock);
    if (found !== undefined) return found;
    const { rate, nextAt, pausedUntil, usedAt } = initialRate;
    await query(
      `INSERT INTO amocalls.paces (address, code, rate, next_at, paused_until, used_at)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [address, code, rate, nextAt, pausedUntil, usedAt],
    );
    const made = await read(query, findAndLock);
    if (made === undefined) throw new Error('ledger: the rate is not there');
    return made;
  }

  type Found = Awaited<ReturnType<typeof locked>>;
  function change<T>(step: (found: Found) => { readonly state: SharedRate; readonly result: T }): Promise<T> {
    return connection.transaction(async (query) => {
      const { state, result } = step(await locked(query));
      await query(
        `UPDATE amocalls.paces SET rate = $3, next_at = $4, paused_until = $5, used_at = $6
         WHERE address = $1 AND code = $2`,
        [address, code, state.rate, state.nextAt, state.pausedUntil, state.usedAt],
      );
      return result;
    });
  }

  return {
    reserveSlot: (limit) =>
      change(({ state: before, databaseNow, ahead }) => {
        const { state, at } = reserveSlot(before, databaseNow, limit);
        return { state, result: at - ahead };
      }),
    async pausedUntil() {
      if (performance.now() - pause.knownAt < freshMs) return pause.until;
      const until = await connection.run(async (query) => {
        const found = await read(query, findOnly);
        return found === undefined ? 0 : found.state.pausedUntil - found.ahead;
      });
      pause = { knownAt: performance.now(), until };
      return until;
    },
    increase: (limit) => change(({ state }) => ({ state: increase(state, limit), result: undefined })),
    decrease(until) {
      pause = { knownAt: Number.NEGATIVE_INFINITY, until: 0 };
      return change(({ state, ahead }) => ({ state: decrease(state, until + ahead), result: undefined }));
    },
  };
}
