// The rate that the runs of a host share, and its pauses.

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
import { rateColumns, rateOf, rateValues, textOf } from '../rows.js';
import type { Connections } from './connections.js';
import { type Database, transact } from './driver.js';

/** The rate of an address and code, read and changed by all processes of the host in turn; times by the clock of the host. */
export function openRate(
  { quick, guarded }: Pick<Connections, 'quick' | 'guarded'>,
  { address, code }: Recipient,
  now: () => number,
): Pick<Ledger, 'reserveSlot' | 'pausedUntil' | 'reportSuccess' | 'reportThrottled'> {
  const find = quick.prepare(`SELECT ${rateColumns.join(', ')} FROM paces WHERE address = ? AND code = ?`);
  const save = saving(quick);
  const read = () => rateOf(find.get(address, code)) ?? initialRate;
  const change = <T>(step: (state: SharedRate) => { readonly state: SharedRate; readonly result: T }) =>
    guarded(() =>
      transact(quick, () => {
        const { state, result } = step(read());
        save(address, code, state);
        return result;
      }),
    );
  return {
    reserveSlot: (limit) =>
      change((written) => {
        const { state, at } = reserveSlot(written, now(), limit);
        return { state, result: at };
      }),
    pausedUntil: () => guarded(() => boundRate(read(), now()).pausedUntil),
    reportSuccess: (limit) =>
      change((state) => ({ state: increase(state, now(), limit), result: undefined })),
    reportThrottled: (until, reason) =>
      change((state) => ({ state: decrease(state, now(), { until, reason }), result: undefined })),
  };
}

/** The pauses that are in force. */
export function pausesOf(database: Database, now: number): readonly RecordedPause[] {
  const rows = database.prepare(`SELECT address, code, ${rateColumns.join(', ')} FROM paces`).all();
  return rows.flatMap((row) => {
    const { pausedUntil: until, reason } = boundRate(rateOf(row) ?? initialRate, now);
    if (until <= now) return [];
    const place = { address: textOf(row, 'address') ?? '', code: textOf(row, 'code') ?? '', until };
    return [reason === undefined ? place : { ...place, reason }];
  });
}

/** Lifts the pauses that are in force, and the queues of requests with them; to run inside a transaction. Gives what they were. */
export function liftPauses(database: Database, now: number): readonly RecordedPause[] {
  const paused = pausesOf(database, now);
  const find = database.prepare(`SELECT ${rateColumns.join(', ')} FROM paces WHERE address = ? AND code = ?`);
  const save = saving(database);
  for (const { address, code } of paused) {
    save(address, code, lift(rateOf(find.get(address, code)) ?? initialRate, now));
  }
  return paused;
}

function saving(database: Database) {
  const columns = rateColumns.join(', ');
  const statement = database.prepare(
    `INSERT INTO paces (address, code, ${columns}) VALUES (?, ?, ${rateColumns.map(() => '?').join(', ')})
     ON CONFLICT DO UPDATE SET (${columns}) = (${rateColumns.map((column) => `excluded.${column}`).join(', ')})`,
  );
  return (address: string, code: string, state: SharedRate) => {
    statement.run(address, code, ...rateValues(state));
  };
}
