import type { Claim, ClaimPolicy, Ledger, Settlement } from '../core/ledger.js';
import type { CallEntry, Outcome, Status } from '../core/outcome.js';
import { type Conclude, sendBisecting } from './bisect.js';
import { concludeDeferred, divideDeferred, rejectTooLate, requestsOf } from './deferred.js';
import type { DeliveryDeps, DeliveryOptions } from './options.js';
import { createRateLimiter } from './rate-limiter.js';
import { createRetryingSender } from './retry.js';
import type { RunState } from './run-state.js';

/** Sends one chunk of calls of one account; emits the outcomes as they are known. */
export type SendChunk = (
  chunk: readonly CallEntry[],
  emit: (outcomes: readonly Outcome[]) => Promise<void>,
) => Promise<void>;

/** How often a call that another process is sending right now is asked for again. */
const busyPauseMs = 200;

/** Makes what sends a chunk: claim (the intent is on disk), send, settle (the verdict is on disk), emit. */
export function createSendChunk(options: DeliveryOptions, deps: DeliveryDeps, state: RunState): SendChunk {
  const { ledger, destination } = deps;
  const { reportRefused } = state;
  const parts = { options, deps, state, limiter: createRateLimiter(options, deps, state) };
  const send = createRetryingSender(destination.send, parts);
  const { fallback } = destination;
  const sendElsewhere = fallback === undefined ? send : createRetryingSender(fallback.send, parts);
  const policy = claimPolicy(options);

  return async function sendChunk(chunk, emit) {
    const account = chunk[0]?.call.account_id ?? '';
    const claims = await claim(chunk);
    if (claims === undefined) return emit(await notSent(chunk, state.whyNotSent(), ledger));
    const { ours, busy, known } = sortByClaim(chunk, claims);
    await emit(known);
    const settle: Conclude = async (entries, settlements) => {
      const final = settlements.map((settlement, at) => rejectTooLate(settlement, entries[at], deps.now()));
      await record(account, final);
      await emit(await outcomesOf(entries, final, ledger));
    };
    const moved = await sendUsual(ours, settle);
    for (const part of requestsOf(moved, state)) {
      await sendBisecting(part, { send: sendElsewhere, conclude: settle, reportRefused });
    }
    if (busy.length === 0) return;
    await deps.sleep(busyPauseMs, state.halted);
    return sendChunk(busy, emit);
  };

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

/** Which of the calls that the ledger knows may be sent again. */
export function claimPolicy(options: DeliveryOptions): ClaimPolicy {
  return { accepted: options.resend, unconfirmed: options.onLostAnswer === 'resend' };
}

/**
 * The outcomes of calls of one account that this run did not send: what an earlier run knows of them, else `unsent`.
 */
export async function notSent(
  entries: readonly CallEntry[],
  reason: string,
  ledger: Ledger,
): Promise<readonly Outcome[]> {
  const unsent = (entry: CallEntry) => outcomeOf(entry, 'unsent', [reason]);
  try {
    const claims = await ledger.lookup(callsOf(entries), { accepted: false, unconfirmed: false });
    const { ours, busy, known } = sortByClaim(entries, claims);
    return [...known, ...ours.map(unsent), ...busy.map(unsent)];
  } catch {
    return entries.map(unsent); // the ledger broke, which ends the run in its own words
  }
}

interface Sorted {
  readonly ours: readonly CallEntry[];
  readonly busy: readonly CallEntry[];
  /** The outcomes of those that the ledger knows. */
  readonly known: readonly Outcome[];
}

const outcomeOfClaim = {
  accepted: { status: 'duplicate', reasons: ['accepted in an earlier run'] },
  repeated: { status: 'duplicate', reasons: ['this uuid stood earlier in this input'] },
  unconfirmed: { status: 'unconfirmed', reasons: ['sent in an earlier run, no verdict came'] },
  waiting: { status: 'waiting', reasons: ['no contact has this number yet; the next try is not due'] },
} as const satisfies Partial<Record<Claim, Pick<Outcome, 'status' | 'reasons'>>>;

/** Sorts entries by what the ledger said of each. */
export function sortByClaim(entries: readonly CallEntry[], claims: readonly Claim[]): Sorted {
  if (claims.every((claim) => claim === 'ours')) return { ours: entries, busy: [], known: [] };
  const ours: CallEntry[] = [];
  const busy: CallEntry[] = [];
  const known: Outcome[] = [];
  entries.forEach((entry, at) => {
    const claim = claims[at] ?? 'ours';
    if (claim === 'ours') ours.push(entry);
    else if (claim === 'busy') busy.push(entry);
    else known.push(outcomeOf(entry, outcomeOfClaim[claim].status, outcomeOfClaim[claim].reasons));
  });
  return { ours, busy, known };
}

/** The outcomes of settlements, one for each entry, in its order. */
async function outcomesOf(
  entries: readonly CallEntry[],
  settlements: readonly Settlement[],
  ledger: Ledger,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [at, entry] of entries.entries()) {
    const settlement: Settlement = settlements[at] ?? { uuid: entry.call.uuid, state: 'unsent' };
    const { state, reasons = none, receipt } = settlement;
    if (receipt !== undefined) outcomes.push({ ...outcomeOf(entry, state, reasons), receipt });
    else if (state === 'unsent') outcomes.push(...(await notSent([entry], reasons.join('; '), ledger)));
    else outcomes.push(outcomeOf(entry, state, reasons));
  }
  return outcomes;
}

const none: readonly string[] = [];

/** Each shape written out: made with a spread, outcomes took a seventh of an import's time. */
function outcomeOf({ call, origin }: CallEntry, status: Status, reasons: readonly string[]): Outcome {
  const { uuid, account_id } = call;
  return reasons.length === 0
    ? { status, uuid, account_id, call, origin }
    : { status, uuid, reasons, account_id, call, origin };
}

function callsOf(entries: readonly CallEntry[]) {
  return entries.map((entry) => entry.call);
}
