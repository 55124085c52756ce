// The numbers of accounts at a recipient.

import type { Recipient } from '../../core/ledger.js';
import { numberOf } from '../rows.js';
import type { Database } from './driver.js';

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
