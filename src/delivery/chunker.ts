// Gathers calls into chunks: one account, within the limits of the destination.

import type { Call } from '../core/call.js';
import type { CallEntry } from '../core/outcome.js';
import type { RequestBudget } from '../destinations/destination.js';

/** So many half-filled chunks may wait for calls of their account. */
const maxOpen = 64;

interface OpenChunk {
  readonly entries: CallEntry[];
  /** What is used of each budget. */
  readonly used: number[];
}

/** Gathers calls into chunks: one account a chunk, cut by calls and by the budgets of the destination. */
export interface Chunker {
  /** Adds calls; gives the chunks that are full now. */
  readonly add: (entries: readonly CallEntry[]) => readonly (readonly CallEntry[])[];
  /** Gives what is left. */
  readonly flush: () => readonly (readonly CallEntry[])[];
}

/** Makes a chunker of so many calls a request at most; what it gives keeps the order of the calls of each account. */
export function createChunker(maxCalls: number, budgets: readonly RequestBudget[]): Chunker {
  const open = new Map<string, OpenChunk>();

  function put(entry: CallEntry, done: (readonly CallEntry[])[]): void {
    const { call } = entry;
    let chunk = open.get(call.account_id);
    if (chunk !== undefined && !add(chunk.used, call)) {
      done.push(chunk.entries);
      chunk = undefined;
    }
    if (chunk === undefined) {
      open.delete(call.account_id);
      if (open.size >= maxOpen) done.push(...closeOldest(open));
      chunk = { entries: [], used: budgets.map(({ cost }) => cost(call)) };
      open.set(call.account_id, chunk);
    }
    chunk.entries.push(entry);
    if (chunk.entries.length < maxCalls) return;
    open.delete(call.account_id);
    done.push(chunk.entries);
  }

  /** Adds what a call costs to what is used; false where that would be too much, and the chunk is to be sent as it is. */
  function add(used: number[], call: Call): boolean {
    let fits = true;
    for (let at = 0; at < budgets.length; at++) {
      const budget = budgets[at];
      if (budget === undefined) continue;
      const sum = (used[at] ?? 0) + budget.cost(call);
      used[at] = sum;
      if (sum > budget.limit) fits = false;
    }
    return fits;
  }

  return {
    add(entries) {
      const done: (readonly CallEntry[])[] = [];
      for (const entry of entries) put(entry, done);
      return done;
    },
    flush() {
      const rest = [...open.values()].map((chunk) => chunk.entries);
      open.clear();
      return rest;
    },
  };
}

function closeOldest(open: Map<string, OpenChunk>): readonly (readonly CallEntry[])[] {
  for (const [account, chunk] of open) {
    open.delete(account);
    return [chunk.entries];
  }
  return [];
}
