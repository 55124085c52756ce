import { type CallField, callFields } from '../core/call.js';
import type { Arrival } from './arrival.js';

/** One POST as it is remembered; the key is nowhere in it. */
export interface RequestEntry {
  /** From 1, in the order in which the requests were complete. */
  readonly number: number;
  /** When its head arrived: milliseconds since 1970, finer than a millisecond. */
  readonly at: number;
  /** Without the query. */
  readonly path: string;
  readonly account_id: string;
  readonly user_agent: string;
  /** Bytes of the body. */
  readonly bytes: number;
  /** What the client was told; null for no answer at all. */
  readonly status: number | null;
  /** The fault or the rule that decided it; null for an ordinary answer. */
  readonly fault: string | null;
  /** How many calls it held. */
  readonly calls: number;
  /** How many of them were queued. */
  readonly queued: number;
  /** As they came, '' for a call without one. */
  readonly uuids: readonly string[];
}

/** A call that was queued, its fields as they came. */
export interface QueuedCall extends Readonly<Partial<Record<CallField, string>>> {
  readonly uuid: string;
  /** The call's own or, where it had none, the query's. */
  readonly account_id: string;
  /** The request that brought it. */
  readonly request: number;
  /** How many calls with this account and uuid were queued in all, as far as the memory goes back. */
  readonly times: number;
}

export type RequestFacts = Omit<RequestEntry, 'number' | 'calls' | 'queued' | 'uuids'>;

/** What the stand-in remembers. */
export interface Memory {
  /** @param queued one for each arrival */
  readonly add: (
    facts: RequestFacts,
    arrivals: readonly Arrival[],
    queued: readonly boolean[],
  ) => RequestEntry;
  readonly requests: () => Iterable<RequestEntry>;
  readonly calls: () => Iterable<QueuedCall>;
  /** Since the start or the last reset, however few are kept. */
  readonly totals: () => { readonly requests: number; readonly calls: number; readonly queued: number };
  readonly clear: () => void;
}

interface Kept {
  readonly entry: Omit<RequestEntry, 'uuids'>;
  /** The calls as JSON bytes: a string cut out of a body would keep the whole body alive. */
  readonly calls: Buffer;
}

/**
 * Makes a memory that holds about the last `keep` calls (a request without calls counts as one) in some 150
 * bytes each.
 */
export function createMemory(keep: number): Memory {
  let kept: Kept[] = [];
  let first = 0;
  let weight = 0;
  let totals = { requests: 0, calls: 0, queued: 0 };

  function store(item: Kept): void {
    kept.push(item);
    weight += weightOf(item);
    for (let oldest = kept[first]; oldest !== undefined && weight > keep; oldest = kept[first]) {
      weight -= weightOf(oldest);
      first += 1;
    }
    if (first > 1000 && first > kept.length / 2) {
      kept = kept.slice(first);
      first = 0;
    }
  }

  return {
    add(facts, arrivals, queued) {
      const accepted = queued.filter(Boolean).length;
      totals = {
        requests: totals.requests + 1,
        calls: totals.calls + arrivals.length,
        queued: totals.queued + accepted,
      };
      const entry = { ...facts, number: totals.requests, calls: arrivals.length, queued: accepted };
      if (keep > 0) store({ entry, calls: pack(arrivals, queued) });
      return { ...entry, uuids: arrivals.map((arrival) => arrival.uuid ?? '') };
    },
    *requests() {
      for (const item of kept.slice(first)) {
        yield { ...item.entry, uuids: unpack(item).map(({ arrival }) => arrival.uuid ?? '') };
      }
    },
    calls: () => listCalls(kept.slice(first)),
    totals: () => totals,
    clear() {
      kept = [];
      first = 0;
      weight = 0;
      totals = { requests: 0, calls: 0, queued: 0 };
    },
  };
}

function weightOf(item: Kept): number {
  return Math.max(1, item.entry.calls);
}

/** Fields by position, then 1 for a call that was queued. */
function pack(arrivals: readonly Arrival[], queued: readonly boolean[]): Buffer {
  const rows = arrivals.map((call, index) => [
    call.uuid,
    call.caller,
    call.to,
    call.date,
    call.type,
    call.billsec,
    call.link,
    call.account_id,
    queued[index] === true ? 1 : 0,
  ]);
  return Buffer.from(JSON.stringify(rows));
}

function unpack(item: Kept): readonly { readonly arrival: Arrival; readonly queued: boolean }[] {
  const rows: unknown = JSON.parse(item.calls.toString());
  return (Array.isArray(rows) ? rows : []).map((row: unknown) => {
    const cells: readonly unknown[] = Array.isArray(row) ? row : [];
    const arrival: Partial<Record<CallField, string>> = {};
    for (const [index, field] of callFields.entries()) {
      const cell = cells[index];
      if (typeof cell === 'string') arrival[field] = cell;
    }
    return { arrival, queued: cells[callFields.length] === 1 };
  });
}

function* listCalls(kept: readonly Kept[]): Iterable<QueuedCall> {
  const times = new Map<string, number>();
  for (const call of queuedCalls(kept)) times.set(nameOf(call), (times.get(nameOf(call)) ?? 0) + 1);
  for (const call of queuedCalls(kept)) yield { ...call, times: times.get(nameOf(call)) ?? 0 };
}

function* queuedCalls(kept: readonly Kept[]): Iterable<Omit<QueuedCall, 'times'>> {
  for (const item of kept) {
    for (const { arrival, queued } of unpack(item)) {
      const account = arrival.account_id ?? item.entry.account_id;
      if (queued) {
        yield { ...arrival, uuid: arrival.uuid ?? '', account_id: account, request: item.entry.number };
      }
    }
  }
}

function nameOf(call: { readonly account_id: string; readonly uuid: string }): string {
  return `${call.account_id} ${call.uuid}`;
}
