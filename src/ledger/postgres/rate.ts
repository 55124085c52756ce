// The rate that hosts share, and its pauses, by the clock of the database.

import type { RecordedPause } from '../../core/history.js';
import type { Ledger, Recipient } from '../../core/ledger.js';
import {
  boundRate,
  decrease,
  increase,
  initialRate,
  lift,
  reserveSlot,
  type SharedRate,
} from '../../core/rate.js';
import { numberOf, rateColumns, rateOf, rateValues, textOf } from '../rows.js';
import type { Connection } from './connection.js';
import type { Query } from './session.js';

/** Milliseconds since 1970 by the clock of the database, which all hosts share. */
const databaseClock = 'extract(epoch FROM clock_timestamp())::float8 * 1000';

/**
 * So many milliseconds an answer on the pause is used again: a request asks three times before it leaves, and a pause that
 * is younger than this may have been under way all the same.
 */
const freshMs = 20;

const columns = rateColumns.join(', ');

/** The clock is read outside, after the lock was waited for. */
const find = (lock: '' | 'FOR UPDATE') => `SELECT pace.*, ${databaseClock} AS now FROM (
  SELECT address, code, ${columns} FROM amocalls.paces WHERE address = $1 AND code = $2 ${lock}) AS pace`;
const findAndLock = find('FOR UPDATE');
const findOnly = find('');

/** A rate as it was found; times in the time of the database. */
interface Found {
  readonly state: SharedRate;
  /** The clock of the database. */
  readonly databaseNow: number;
  /** How far it is ahead of the clock of this host, in milliseconds. */
  readonly ahead: number;
}

function foundOf(row: unknown, now: () => number): Found {
  const databaseNow = numberOf(row, 'now');
  return { state: rateOf(row) ?? initialRate, databaseNow, ahead: databaseNow - now() };
}

async function save(query: Query, { address, code }: Recipient, state: SharedRate): Promise<void> {
  const places = rateColumns.map((_, at) => `$${at + 3}`).join(', ');
  await query(`UPDATE amocalls.paces SET (${columns}) = (${places}) WHERE address = $1 AND code = $2`, [
    address,
    code,
    ...rateValues(state),
  ]);
}

/**
 * The rate of an address and code, read and changed by all processes in turn. Clocks of hosts differ by more than the time
 * between two requests: what is kept is in the time of the database, and every answer carries its clock, by which a time is
 * turned into the host's own.
 */
export function openRate(
  connection: Connection,
  recipient: Recipient,
  now: () => number,
): Pick<Ledger, 'reserveSlot' | 'pausedUntil' | 'reportSuccess' | 'reportThrottled'> {
  const place = [recipient.address, recipient.code];
  let pause = { knownAt: Number.NEGATIVE_INFINITY, until: 0 };

  /** The row is locked while its next state is computed. */
  async function locked(query: Query): Promise<Found> {
    const found = await query(findAndLock, place);
    if (found.rows.length > 0) return foundOf(found.rows[0], now);
    const places = rateColumns.map((_, at) => `$${at + 3}`).join(', ');
    await query(
      `INSERT INTO amocalls.paces (address, code, ${columns}) VALUES ($1, $2, ${places}) ON CONFLICT DO NOTHING`,
      [...place, ...rateValues(initialRate)],
    );
    const made = await query(findAndLock, place);
    if (made.rows.length === 0) throw new Error('ledger: the rate is not there');
    return foundOf(made.rows[0], now);
  }

  function change<T>(step: (found: Found) => { readonly state: SharedRate; readonly result: T }): Promise<T> {
    return connection.transaction(async (query) => {
      const { state, result } = step(await locked(query));
      await save(query, recipient, state);
      return result;
    });
  }

  return {
    reserveSlot: (limit) =>
      change(({ state: written, databaseNow, ahead }) => {
        const { state, at } = reserveSlot(written, databaseNow, limit);
        return { state, result: at - ahead };
      }),
    async pausedUntil() {
      if (performance.now() - pause.knownAt < freshMs) return pause.until;
      const until = await connection.run(async (query) => {
        const { rows } = await query(findOnly, place);
        if (rows.length === 0) return 0;
        const { state, databaseNow, ahead } = foundOf(rows[0], now);
        return boundRate(state, databaseNow).pausedUntil - ahead;
      });
      pause = { knownAt: performance.now(), until };
      return until;
    },
    reportSuccess: (limit) =>
      change(({ state, databaseNow }) => ({ state: increase(state, databaseNow, limit), result: undefined })),
    reportThrottled(until, reason) {
      pause = { knownAt: Number.NEGATIVE_INFINITY, until: 0 };
      return change(({ state, databaseNow, ahead }) => ({
        state: decrease(state, databaseNow, { until: until + ahead, reason }),
        result: undefined,
      }));
    },
  };
}

const findAll = (lock: '' | 'FOR UPDATE') => `SELECT pace.*, ${databaseClock} AS now FROM (
  SELECT address, code, ${columns} FROM amocalls.paces ${lock}) AS pace`;

/** The pauses that are in force, in the time of this host. */
export async function pausesOf(query: Query, now: () => number): Promise<readonly RecordedPause[]> {
  const { rows } = await query(findAll(''));
  return rows.flatMap((row) => pauseOf(row, now) ?? []);
}

/** Lifts the pauses that are in force, and the queues of requests with them; to run inside a transaction. Gives what they were. */
export async function liftPauses(query: Query, now: () => number): Promise<readonly RecordedPause[]> {
  const { rows } = await query(findAll('FOR UPDATE'));
  const lifted: RecordedPause[] = [];
  for (const row of rows) {
    const pause = pauseOf(row, now);
    if (pause === undefined) continue;
    const { state, databaseNow } = foundOf(row, now);
    await save(query, pause, lift(state, databaseNow));
    lifted.push(pause);
  }
  return lifted;
}

function pauseOf(row: unknown, now: () => number): RecordedPause | undefined {
  const { state, databaseNow, ahead } = foundOf(row, now);
  const { pausedUntil, reason } = boundRate(state, databaseNow);
  if (pausedUntil <= databaseNow) return undefined;
  const place = { address: textOf(row, 'address') ?? '', code: textOf(row, 'code') ?? '' };
  return { ...place, until: pausedUntil - ahead, ...(reason !== undefined && { reason }) };
}
