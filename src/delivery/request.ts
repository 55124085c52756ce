// A request as a value: its calls, its tries, the search that it is a part of.

import type { CallEntry } from '../core/outcome.js';
import type { Receipt } from '../core/send-result.js';

/** A call on its way, and what has happened to it. */
export interface OutgoingCall extends CallEntry {
  /** An answer to it was lost, and why: the service may have it. */
  readonly lost?: string;
  /** The service was asked, and does not have it although it was sent: it is sent once more. */
  readonly wasMissing?: boolean;
  /** The service refused a request with nothing but this call in it. */
  readonly wasRefused?: boolean;
}

/**
 * Where a request goes: as every call, as one that the usual method cannot take yet, over an accepted call that changed, or
 * as a look: the service is only asked whether it has calls whose answer was lost.
 */
export type Route = 'usual' | 'fallback' | 'correction' | 'look';

/** Calls of one account that are to be sent in one request, and why they stand together. */
export interface Request {
  readonly calls: readonly OutgoingCall[];
  readonly route: Route;
  /** How often these calls left together, and failed. */
  readonly tries: number;
  /** The claims on these calls are this run's, in the ledger. */
  readonly isClaimed: boolean;
  /** It leaves no earlier; milliseconds since 1970. */
  readonly notBefore?: number;
  /** Why it waits until then, where that is the service's fault. */
  readonly why?: string;
  /** These calls are a part of a request that was refused as a whole. */
  readonly search?: Search;
  /** A call that was refused alone: it waits until the service has named others in an answer. */
  readonly awaitsHealth?: boolean;
  /** Another run is sending these calls, and that is known since then; milliseconds since 1970. */
  readonly busySince?: number;
  /** Of a correction: where the service keeps the call. */
  readonly receipt?: Receipt | undefined;
  /** Of a look: when the answer to its calls was given up, in milliseconds since 1970; absent where an earlier run did it, and has not claimed them. */
  readonly sentAt?: number;
}

/**
 * The search for calls at fault in a request that was refused as a whole. One bad call among 100 costs at most ten requests:
 * the suspects are halved, and what stands outside of them is sent as one when the search is over.
 */
export interface Search {
  /** Where the service takes the calls of the request, at least one of these is at fault. */
  readonly suspects: readonly OutgoingCall[];
  /** Nobody knows whether these are at fault too. */
  readonly rest: readonly OutgoingCall[];
}

/** Calls that were read, as a request. */
export function newRequest(calls: readonly OutgoingCall[]): Request {
  return { calls, route: 'usual', tries: 0, isClaimed: false };
}

/** The calls that stand in a request, or wait behind it. */
export function callsOf({ calls, search }: Request): readonly OutgoingCall[] {
  return search === undefined ? calls : [...calls, ...search.suspects, ...search.rest];
}

/** How many calls stand in requests. */
export function countCalls(requests: readonly Request[]): number {
  return requests.reduce((sum, { calls }) => sum + calls.length, 0);
}

/** Whether the service surely does not have a call: it may be claimed and held. What it may have stays in flight. */
export function isSurelyAbsent({ lost }: OutgoingCall): boolean {
  return lost === undefined;
}

/** Cuts a request to so many calls at most: what is sent now, and what is sent after that. */
export function cut(request: Request, most: number): readonly [now: Request, later: Request | undefined] {
  const { calls, search: _, ...same } = request;
  if (calls.length <= most) return [request, undefined];
  return [
    { ...same, calls: calls.slice(0, most) },
    { ...request, calls: calls.slice(most) },
  ];
}

/** What is sent of a request that has an end, or whose calls were not refused: the search goes on among its suspects. */
export function searchOn({ search, route }: Request): readonly Request[] {
  if (search === undefined) return [];
  const { suspects, rest } = search;
  if (suspects.length === 0) return partOf(rest, route);
  const [calls, others] = suspects.length === 1 ? [suspects, nobody] : halve(suspects);
  return partOf(calls, route, { suspects: others, rest });
}

/** What is sent of a request of several calls that was refused: a half of them, at least one of which is at fault. */
export function searchIn({ calls, search, route }: Request): readonly Request[] {
  const [first, suspects] = halve(calls);
  return partOf(first, route, { suspects, rest: outsideOf(search) });
}

/** What stands outside the calls that were refused, as one request. */
export function outside({ search, route }: Request): readonly Request[] {
  return partOf(outsideOf(search), route);
}

/** Calls that are claimed, as a request; none where there are none. */
export function partOf(calls: readonly OutgoingCall[], route: Route, search?: Search): readonly Request[] {
  if (calls.length === 0) return [];
  const part: Request = { calls, route, tries: 0, isClaimed: true };
  return [search === undefined ? part : { ...part, search }];
}

export function halve(
  calls: readonly OutgoingCall[],
): readonly [readonly OutgoingCall[], readonly OutgoingCall[]] {
  const middle = Math.ceil(calls.length / 2);
  return [calls.slice(0, middle), calls.slice(middle)];
}

function outsideOf(search: Search | undefined): readonly OutgoingCall[] {
  return search === undefined ? nobody : [...search.suspects, ...search.rest];
}

const nobody: readonly OutgoingCall[] = [];
