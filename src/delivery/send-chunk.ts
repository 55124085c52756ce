import type { Claim, Settlement } from '../core/ledger.js';
import type { CallEntry, Outcome } from '../core/outcome.js';
import { type Conclude, sendBisecting } from './bisect.js';
import {
  type ChangedEntry,
  callsOf,
  changedOutcome,
  claimPolicy,
  isBusy,
  isCorrectable,
  notSent,
  outcomeOf,
  reportChanges,
  sortByClaim,
} from './claims.js';
import { createCorrecting } from './correcting.js';
import { concludeDeferred, divideDeferred, rejectTooLate, requestsOf } from './deferred.js';
import type { DeliveryDeps, DeliveryOptions } from './options.js';
import { createRateLimiter } from './rate-limiter.js';
import { createRetryingSender } from './retry.js';
import type { RunState } from './run-state.js';

/** Sends one chunk of calls of one account; emits the outcomes as they are known. */
export type SendChunk = (chunk: readonly CallEntry[], emit: Emit) => Promise<void>;

/** Takes outcomes as they are known. */
type Emit = (outcomes: readonly Outcome[]) => Promise<void>;

/** How often a call that another process is sending right now is asked for again. */
const busyPauseMs = 200;
/** How long it is waited for: a process that is stopped, or hangs, must not hold up the runs of a cron job. */
const busyLimitMs = 60_000;

/** Makes what sends a chunk: claim (the intent is on disk), send, settle (the verdict is on disk), emit. */
export function createSendChunk(options: DeliveryOptions, deps: DeliveryDeps, state: RunState): SendChunk {
  const { ledger, destination } = deps;
  const { reportRefused } = state;
  const parts = { options, deps, state, limiter: createRateLimiter(options, deps, state) };
  const send = createRetryingSender(destination.send, parts);
  const { fallback } = destination;
  const sendElsewhere = fallback === undefined ? send : createRetryingSender(fallback.send, parts);
  const policy = claimPolicy(options);
  const correct = createCorrecting(parts);

  return (chunk, emit) => sendChunk(chunk, emit);

  /** `busySince`: since when it is known that another process is sending these calls, in ms since 1970. */
  async function sendChunk(chunk: readonly CallEntry[], emit: Emit, busySince?: number): Promise<void> {
    const account = chunk[0]?.call.account_id ?? '';
    const claims = await claim(chunk);
    const claimedAt = deps.now();
    if (claims === undefined) return emit(await notSent(chunk, state.whyNotSent(), deps));
    const { ours, busy, known, changed } = sortByClaim(chunk, claims);
    await emit(known);
    const left = changed.filter((one) => !isCorrectable(one, deps));
    if (left.length > 0) await emit(await reportOrFail(left, deps, state));
    for (const one of changed.filter((other) => isCorrectable(other, deps))) {
      await emit([await correct(one, (settlements) => record(account, settlements))]);
    }
    const settle: Conclude = async (entries, settlements) => {
      const final = settlements.map((settlement, at) => rejectTooLate(settlement, entries[at], deps.now()));
      await record(account, final);
      await emit(await outcomesOf(entries, final, deps));
    };
    const moved = await sendUsual(ours, settle);
    for (const part of requestsOf(moved, state)) {
      await sendBisecting(part, { send: sendElsewhere, conclude: settle, reportRefused });
    }
    if (busy.length === 0) return;
    const since = busySince ?? claimedAt;
    if (claimedAt - since >= busyLimitMs) return emit(busy.map(isBusy));
    await deps.sleep(busyPauseMs, state.halted);
    return sendChunk(busy, emit, since);
  }

  /** Sends calls in the usual way; gives those that another method of the service is to take. */
  async function sendUsual(entries: readonly CallEntry[], settle: Conclude): Promise<readonly CallEntry[]> {
    const elsewhere: CallEntry[] = [];
    const conclude: Conclude = async (concluded, settlements) => {
      const { moved, ...rest } = divideDeferred(concluded, settlements, deps);
      elsewhere.push(...moved);
      if (rest.entries.length > 0) await settle(rest.entries, rest.settlements);
    };
    for (const part of requestsOf(entries, state)) {
      const rest = await concludeDeferred(part, deps, conclude);
      await sendBisecting(rest, { send, conclude, reportRefused });
    }
    return elsewhere;
  }

  /** Undefined where nothing may be sent: the run is over, or the intent cannot be written down. */
  async function claim(chunk: readonly CallEntry[]): Promise<readonly Claim[] | undefined> {
    if (state.halted.aborted) return undefined;
    try {
      return await ledger.claim(callsOf(chunk), policy);
    } catch (error) {
      state.fail(error);
      return undefined;
    }
  }

  /** A verdict that cannot be written down ends the run; it is reported all the same. */
  async function record(account: string, settlements: readonly Settlement[]): Promise<void> {
    try {
      await ledger.settle(account, settlements);
    } catch (error) {
      state.fail(error);
    }
  }
}

/** Changes that cannot be written down end the run; they are reported all the same. */
async function reportOrFail(
  changed: readonly ChangedEntry[],
  deps: DeliveryDeps,
  { fail }: RunState,
): Promise<readonly Outcome[]> {
  try {
    return await reportChanges(changed, deps);
  } catch (error) {
    fail(error);
    return changed.map(changedOutcome);
  }
}

/** The outcomes of settlements, one for each entry, in its order. */
async function outcomesOf(
  entries: readonly CallEntry[],
  settlements: readonly Settlement[],
  deps: DeliveryDeps,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [at, entry] of entries.entries()) {
    const settlement: Settlement = settlements[at] ?? { uuid: entry.call.uuid, state: 'unsent' };
    const { state, reasons = [], receipt } = settlement;
    if (receipt !== undefined) outcomes.push({ ...outcomeOf(entry, state, reasons), receipt });
    else if (state === 'unsent') outcomes.push(...(await notSent([entry], reasons.join('; '), deps)));
    else outcomes.push(outcomeOf(entry, state, reasons));
  }
  return outcomes;
}
