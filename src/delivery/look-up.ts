// Asks a service for calls whose answer was lost, and writes down those that it has.

import { groupBy } from '../core/group.js';
import type { CallInDoubt, Ledger } from '../core/ledger.js';
import type { Receipt } from '../core/send-result.js';
import type { Destination, SearchResult } from '../destinations/destination.js';

/** How a service is asked, and the outside as values. */
export interface LookUpDeps {
  readonly find: NonNullable<Destination['find']>;
  readonly ledger: Pick<Ledger, 'settle' | 'reserveSlot' | 'pausedUntil' | 'reportThrottled'>;
  /** Requests a second at most, those that send included; 0: no limit. */
  readonly rate: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Ends the look. */
  readonly signal: AbortSignal;
}

/** What a look found until it ended; by uuid. */
export interface LookUp {
  /** Written down as accepted. */
  readonly found: ReadonlyMap<string, Receipt>;
  /** The service has none of these. A call that is in neither was not looked for. */
  readonly missing: ReadonlySet<string>;
  readonly requests: number;
  /** Why it ended before all calls were looked for. */
  readonly failure?: unknown;
}

/**
 * Looks for calls, and writes down what is found as soon as it is.
 *
 * @throws UserError of a ledger that cannot be written
 */
export async function lookUp(calls: readonly CallInDoubt[], deps: LookUpDeps): Promise<LookUp> {
  const { find, ledger, signal } = deps;
  const found = new Map<string, Receipt>();
  const missing = new Set<string>();
  let requests = 0;
  const acquire = async () => {
    requests += 1;
    await takeSlot(deps);
  };
  const findings = find(calls, { acquire, signal, reportThrottled: ledger.reportThrottled });
  const parts = findings[Symbol.asyncIterator]();
  for (;;) {
    let part: IteratorResult<SearchResult>;
    try {
      part = await parts.next();
    } catch (failure) {
      return { found, missing, requests, failure };
    }
    if (part.done === true) return { found, missing, requests };
    for (const uuid of part.value.missing) missing.add(uuid);
    for (const { uuid, receipt } of part.value.found) found.set(uuid, receipt);
    await record(calls, part.value, ledger);
  }
}

async function takeSlot({ ledger, rate, now, sleep, signal }: LookUpDeps): Promise<void> {
  const at = rate === 0 ? 0 : await ledger.reserveSlot(rate);
  const wait = Math.max(at, await ledger.pausedUntil()) - now();
  if (wait > 0) await sleep(Math.ceil(wait), signal);
}

/** The same uuid of several accounts at one service is the same note. */
async function record(
  calls: readonly CallInDoubt[],
  { found }: SearchResult,
  { settle }: Pick<Ledger, 'settle'>,
): Promise<void> {
  const receipts = new Map(found.map(({ uuid, receipt }) => [uuid, receipt]));
  const known = calls.filter(({ uuid }) => receipts.has(uuid));
  for (const [account, own] of groupBy(known, (call) => call.account)) {
    await settle(
      account,
      own.map(({ uuid }) => ({ uuid, state: 'accepted', receipt: receipts.get(uuid) })),
    );
  }
}
