// Looks for calls among the notes of an account: what became of those whose answer was lost.

import { isObject, type JsonObject } from '../../core/json.js';
import type { UnconfirmedCall } from '../../core/ledger.js';
import type { Receipt } from '../../core/send-result.js';
import type { SearchResult } from '../destination.js';
import { type Account, type AccountOptions, openAccount } from './account.js';

/**
 * Looks for calls among the notes of contacts, leads, companies and customers, by the uuid that a note keeps. A note is found
 * by when it was written: calls that were sent at about the same time are looked for together.
 *
 * @throws UserError in the words of the service
 */
export async function* findCalls(
  options: AccountOptions,
  calls: readonly UnconfirmedCall[],
): AsyncGenerator<SearchResult> {
  const account = await openAccount(options);
  try {
    for (const group of byPeriod(calls)) yield* findNotes(account, group);
  } finally {
    await account.close();
  }
}

/** What notes of calls may belong to: as v4 spells it in addresses, and in the word of receipts. */
const owners = { contacts: 'contact', leads: 'lead', companies: 'company', customers: 'customer' } as const;

/** Finds the notes of calls as they come, then says which have none; stops to ask when all are found. */
async function* findNotes(account: Account, { uuids, period }: CallGroup): AsyncGenerator<SearchResult> {
  const missing = new Set(uuids);
  const types = 'filter[note_type][]=call_in&filter[note_type][]=call_out';
  const dates = `filter[updated_at][from]=${period.from}&filter[updated_at][to]=${period.to}`;
  const filter = `${dates}&${types}`.replaceAll('[', '%5B').replaceAll(']', '%5D');
  for (const [owner, entityType] of Object.entries(owners)) {
    for await (const page of account.list(`/api/v4/${owner}/notes?${filter}`, 'notes')) {
      const notes = page.flatMap((note) => noteOf(note, entityType));
      const found = new Map(notes.filter(([uuid]) => missing.delete(uuid)));
      if (found.size > 0) yield { found, missing: new Set() };
      if (missing.size === 0) return;
    }
  }
  yield { found: new Map(), missing };
}

/** The uuid that a note keeps as `uniq`, and where the note is; nothing for what is no note of a call. */
function noteOf(
  { id, entity_id, params }: JsonObject,
  entity_type: string,
): readonly (readonly [uuid: string, Receipt])[] {
  const uniq = isObject(params) ? params['uniq'] : undefined;
  if (typeof id !== 'number' || typeof entity_id !== 'number') return [];
  if (typeof uniq !== 'string' && typeof uniq !== 'number') return [];
  return [[String(uniq), { note_id: id, entity_type, entity_id, via: 'found' }]];
}

/** Calls that were sent at about the same time, with the period in which their notes were written; unix seconds, both included. */
interface CallGroup {
  readonly uuids: Set<string>;
  readonly period: { readonly from: number; to: number };
}

/** A note is written when the request arrives: about the time that the ledger has, by another clock. Seconds. */
const before = 3600;
const after = 86_400;

/** Calls that were sent at about the same time, with the period in which their notes were written. */
function byPeriod(calls: readonly UnconfirmedCall[]): readonly CallGroup[] {
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
