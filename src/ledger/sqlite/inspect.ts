import { statSync } from 'node:fs';
import type { LedgerInspection } from '../../core/ledger-store.js';
import type { Database } from './driver.js';
import { numberOf, textOf } from './schema.js';

/** Looks at a ledger as a whole, without changing it: SQLite's own check, its size, what is open. `now` is in milliseconds. */
export function inspect(database: Database, file: string, now: number): LedgerInspection {
  const found = database.prepare('PRAGMA quick_check(3)').all();
  const open = database.prepare('SELECT count(*) AS open FROM calls WHERE state IN (0, 3)').get();
  const pauses = database.prepare('SELECT address, paused_until FROM paces WHERE paused_until > ?').all(now);
  return {
    faults: found.map((row) => textOf(row, 'quick_check') ?? '').filter((text) => text !== 'ok'),
    bytes: statSync(file).size,
    unconfirmed: numberOf(open, 'open'),
    pauses: pauses.map((row) => ({
      address: textOf(row, 'address') ?? '',
      until: numberOf(row, 'paused_until'),
    })),
  };
}
