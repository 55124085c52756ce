// Looks for calls among the notes of an account: what became of those whose answer was lost.

import type { CallInDoubt } from '../../core/ledger.js';
import type { Receipt } from '../../core/send-result.js';
import type { SearchResult } from '../destination.js';
import {
  type Account,
  type AccountOptions,
  type CallNote,
  noteOwners,
  openAccount,
  type Period,
} from './account.js';

/**
 * Looks for calls among the notes of contacts, leads, companies and customers, by the uuid that a note keeps. A note is found
 * by when it was written: calls that were sent at about the same time are looked for together.
 *
 * @throws UserError in the words of the service
 */
export async function* findCalls(
  options: AccountOptions,
  calls: readonly CallInDoubt[],
): AsyncGenerator<SearchResult> {
  const account = await openAccount(options);
  try {
    for (const { uuids, period } of byPeriod(calls)) yield* findNotes(account, uuids, period);
  } finally {
    await account.close();
  }
}

/** Finds the notes of calls as they come, then says which have none; stops to ask when all are found. */
async function* findNotes(
  account: Account,
  uuids: ReadonlySet<string>,
  period: Period,
): AsyncGenerator<SearchResult> {
  const missing = new Set(uuids);
  for (const owner of noteOwners) {
    for await (const page of account.callNotes(owner, period)) {
      const found = page.filter(({ uuid }) => missing.delete(uuid));
      if (found.length > 0) yield { found: new Map(found.map(receiptOf)), missing: [] };
      if (missing.size === 0) return;
    }
  }
  yield { found: new Map(), missing: [...missing] };
}

function receiptOf({ uuid, ...place }: CallNote): readonly [uuid: string, Receipt] {
  return [uuid, { ...place, via: 'found' }];
}

interface CallGroup {
  readonly uuids: Set<string>;
  readonly period: { readonly from: number; to: number };
}

/** A note is written when the request arrives: about the time that the ledger has, by another clock. Seconds. */
const before = 3600;
const after = 86_400;

/** Calls that were sent at about the same time, with the period in which their notes were written. */
function byPeriod(calls: readonly CallInDoubt[]): readonly CallGroup[] {
  const groups: CallGroup[] = [];
  for (const { uuid, at } of calls.toSorted((one, other) => one.at - other.at)) {
    const last = groups.at(-1);
    if (last === undefined || at - before > last.period.to) {
      groups.push({ uuids: new Set([uuid]), period: { from: at - before, to: at + after } });
    } else {
      last.uuids.add(uuid);
      last.period.to = at + after;
    }
  }
  return groups;
}
