// The rate that the runs of a ledger share, and its pauses.

import type { RecordedPause } from '../core/history.js';
import type { Ledger, Recipient } from '../core/ledger.js';
import {
  boundRate,
  decrease,
  increase,
  initialRate,
  lift,
  reserveSlot,
  type SharedRate,
} from '../core/rate.js';
import { type Connection, type Dialect, query, type Work } from './database.js';
import { optionalNumberOf, rateColumns, rateOf, rateValues, textOf } from './rows.js';

/** A rate as it was found. */
interface Found {
  readonly state: SharedRate;
  /** The clock by which its times are kept, in milliseconds since 1970: that of the database, which all hosts share. */
  readonly at: number;
  /** How far that clock is ahead of the one of this host, in milliseconds. */
  readonly ahead: number;
}

function foundOf(row: unknown, now: () => number): Found {
  const host = now();
  const shared = optionalNumberOf(row, 'now');
  const at = shared === undefined ? host : shared * 1000;
  return { state: rateOf(row) ?? initialRate, at, ahead: at - host };
}

const columns = rateColumns.join(', ');
const places = rateColumns.map((_, at) => `$${at + 3}`).join(', ');

/** Finds rates. The clock is read outside, after a lock was waited for. */
function find({ clock }: Dialect, condition = '', lock = ''): string {
  return `SELECT pace.*, ${clock} AS now FROM (SELECT address, code, ${columns} FROM paces ${condition} ${lock}) AS pace`;
}

function* save({ address, code }: Recipient, state: SharedRate): Work<void> {
  yield* query(`UPDATE paces SET (${columns}) = (${places}) WHERE address = $1 AND code = $2`, [
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
  dialect: Dialect,
  recipient: Recipient,
  now: () => number,
): Pick<Ledger, 'reserveSlot' | 'pausedUntil' | 'reportSuccess' | 'reportThrottled'> {
  const place = [recipient.address, recipient.code];
  const findOne = find(dialect, 'WHERE address = $1 AND code = $2');
  const findAndLock = find(dialect, 'WHERE address = $1 AND code = $2', 'FOR UPDATE');
  /** A request asks three times before it leaves, and a pause that is this young may have been under way all the same. */
  let pause = { knownAt: Number.NEGATIVE_INFINITY, until: 0 };

  /** The row is locked while its next state is computed. */
  function* locked(): Work<Found> {
    const { rows } = yield* query(findAndLock, place);
    if (rows.length > 0) return foundOf(rows[0], now);
    yield* query(
      `INSERT INTO paces (address, code, ${columns}) VALUES ($1, $2, ${places}) ON CONFLICT DO NOTHING`,
      [...place, ...rateValues(initialRate)],
    );
    const made = yield* query(findAndLock, place);
    return foundOf(made.rows[0], now);
  }

  /** Changes the rate; gives the new one, and by how much its times are ahead of this host's. */
  function change(step: (found: Found) => SharedRate): Promise<Found> {
    return connection.transaction(function* () {
      const found = yield* locked();
      const state = step(found);
      yield* save(recipient, state);
      return { ...found, state };
    });
  }

  return {
    async reserveSlot(limit) {
      const { state, ahead } = await change((found) => reserveSlot(found.state, found.at, limit));
      return state.usedAt - ahead;
    },
    async pausedUntil() {
      if (performance.now() - pause.knownAt < dialect.pauseFreshMs) return pause.until;
      const { rows } = await connection.read(() => query(findOne, place));
      const { state, at, ahead } = foundOf(rows[0], now);
      pause = { knownAt: performance.now(), until: boundRate(state, at).pausedUntil - ahead };
      return pause.until;
    },
    async reportSuccess(limit) {
      await change(({ state, at }) => increase(state, at, limit));
    },
    async reportThrottled(until, reason) {
      pause = { knownAt: Number.NEGATIVE_INFINITY, until: 0 };
      await change(({ state, at, ahead }) => decrease(state, at, { until: until + ahead, reason }));
    },
  };
}

/** The pauses that are in force, in the time of this host. */
export function* pausesOf(dialect: Dialect, now: () => number): Work<readonly RecordedPause[]> {
  const { rows } = yield* query(find(dialect));
  return rows.flatMap((row) => pauseOf(row, now) ?? []);
}

/** Lifts the pauses that are in force, and the queues of requests with them. Gives what they were. */
export function* liftPauses(dialect: Dialect, now: () => number): Work<readonly RecordedPause[]> {
  const { rows } = yield* query(find(dialect, '', 'FOR UPDATE'));
  const lifted: RecordedPause[] = [];
  for (const row of rows) {
    const pause = pauseOf(row, now);
    if (pause === undefined) continue;
    const { state, at } = foundOf(row, now);
    yield* save(pause, lift(state, at));
    lifted.push(pause);
  }
  return lifted;
}

function pauseOf(row: unknown, now: () => number): RecordedPause | undefined {
  const { state, at, ahead } = foundOf(row, now);
  const { pausedUntil, reason } = boundRate(state, at);
  if (pausedUntil <= at) return undefined;
  const place = { address: textOf(row, 'address') ?? '', code: textOf(row, 'code') ?? '' };
  return { ...place, until: pausedUntil - ahead, reason };
}
