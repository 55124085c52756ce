// The requests and calls that came.

import type { CallField } from '../core/call.js';

/** A call of calls/add as it came: whatever fields it had, unchecked. */
export type CallFields = Readonly<Partial<Record<CallField, string>>>;

/** A call of API v4 as it came, but for `uniq`, which is the uuid; and the note that it became. */
export interface V4Fields {
  readonly direction?: string | undefined;
  readonly duration?: number | undefined;
  readonly phone?: string | undefined;
  readonly source?: string | undefined;
  readonly link?: string | undefined;
  readonly created_at?: number | undefined;
  readonly call_status?: number | undefined;
  readonly call_result?: string | undefined;
  readonly call_responsible?: string | number | undefined;
  readonly note_id?: number;
  readonly entity_type?: string;
  readonly entity_id?: number;
  /** It became an incoming lead (leads/unsorted/sip) instead of a note. */
  readonly via?: 'unsorted';
}

/** A call of a request, and whether it was queued; with v4, whether it became a note or a lead. */
export interface ReceivedCall {
  readonly fields: CallFields | ({ readonly uuid: string } & V4Fields);
  readonly queued: boolean;
}

/** One request as it is kept; the key or token is nowhere in it. */
export interface RequestEntry {
  /** From 1, in the order in which the requests were complete. */
  readonly number: number;
  /** When its head arrived: milliseconds since 1970, finer than a millisecond. */
  readonly at: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly account_id: string;
  readonly user_agent: string;
  /** Bytes of the body. */
  readonly bytes: number;
  /** The status that the client got; null for no answer at all. */
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
export interface QueuedCall extends Omit<CallFields, 'link'>, V4Fields {
  readonly uuid: string;
  /** The call's own or, where it had none, the query's. */
  readonly account_id: string;
  /** The number of the request that brought it. */
  readonly request: number;
  /** How many calls with this account and uuid were queued in all, as far back as calls are kept. */
  readonly times: number;
}

/** The requests and calls that came. */
export type Store = ReturnType<typeof createStore>;

/** Counts of what came. */
export interface Totals {
  readonly requests: number;
  readonly calls: number;
  readonly queued: number;
}

interface Kept {
  readonly entry: RequestEntry;
  readonly queued: readonly Omit<QueuedCall, 'times'>[];
}

/** Makes a store of about the last `keep` calls; a request without calls counts as one. */
export function createStore(keep: number) {
  const kept: Kept[] = [];
  let size = 0;
  let totals: Totals = { requests: 0, calls: 0, queued: 0 };
  return {
    add(
      facts: Omit<RequestEntry, 'number' | 'calls' | 'queued' | 'uuids'>,
      calls: readonly ReceivedCall[],
    ): RequestEntry {
      const number = totals.requests + 1;
      const uuids = calls.map(({ fields }) => fields.uuid ?? '');
      const queued = calls
        .filter((call) => call.queued)
        .map(({ fields }) => ({
          ...fields,
          uuid: fields.uuid ?? '',
          account_id: ('account_id' in fields ? fields.account_id : undefined) ?? facts.account_id,
          request: number,
        }));
      totals = {
        requests: number,
        calls: totals.calls + calls.length,
        queued: totals.queued + queued.length,
      };
      const entry = { ...facts, number, calls: calls.length, queued: queued.length, uuids };
      kept.push({ entry, queued });
      size += sizeOf(entry);
      while (size > keep) size -= sizeOf(kept.shift()?.entry);
      return entry;
    },
    requests: (): readonly RequestEntry[] => kept.map(({ entry }) => entry),
    calls: (): readonly QueuedCall[] => countedCalls(kept.flatMap(({ queued }) => queued)),
    /** Since the start or the last reset, however few are kept. */
    totals: (): Totals => totals,
  };
}

function sizeOf(entry: RequestEntry | undefined): number {
  return Math.max(1, entry?.calls ?? 0);
}

function countedCalls(calls: readonly Omit<QueuedCall, 'times'>[]): readonly QueuedCall[] {
  const times = new Map<string, number>();
  for (const call of calls) times.set(keyOf(call), (times.get(keyOf(call)) ?? 0) + 1);
  return calls.map((call) => ({ ...call, times: times.get(keyOf(call)) ?? 0 }));
}

function keyOf(call: { readonly account_id: string; readonly uuid: string }): string {
  return `${call.account_id} ${call.uuid}`;
}
