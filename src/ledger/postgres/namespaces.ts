// The numbers of accounts at a recipient.

import type { Recipient } from '../../core/ledger.js';
import { numberOf } from '../rows.js';
import { storableText } from './call-table.js';
import type { Query } from './session.js';

/** The ids of accounts at a recipient; each is made where there is none. */
export function createNamespaces({ address, code }: Recipient) {
  const known = new Map<string, number>();
  return async (query: Query, account: string): Promise<number> => {
    const found = known.get(account);
    if (found !== undefined) return found;
    const values = [address, code, storableText(account)];
    await query(
      'INSERT INTO amocalls.namespaces (address, code, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      values,
    );
    const { rows } = await query(
      'SELECT id FROM amocalls.namespaces WHERE address = $1 AND code = $2 AND account = $3',
      values,
    );
    const id = numberOf(rows[0], 'id');
    known.set(account, id);
    return id;
  };
}
