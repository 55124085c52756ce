import { type Claim, type ClaimPolicy, isPastWaiting, type Settlement } from '../core/ledger.js';
import { type CallEntry, type Outcome, outcomeOf } from '../core/outcome.js';
import { type Conclude, sendBisecting } from './bisect.js';
import {
  askLedger,
  type ChangedEntry,
  changedOutcome,
  claimPolicy,
  createCorrecting,
  isBusy,
  notSent,
  reportChanges,
  sortByClaim,
} from './claims.js';
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
  const policy = claimPolicy(options, deps);
  const correct = createCorrecting(parts);

  return (chunk, emit) => sendChunk(chunk, emit);

  /** `busySince`: since when it is known that another process is sending these calls, in ms since 1970. */
  async function sendChunk(chunk: readonly CallEntry[], emit: Emit, busySince?: number): Promise<void> {
    const account = chunk[0]?.call.account_id ?? '';
    const claims = await claim(chunk);
    const claimedAt = deps.now();
    if (claims === undefined) return emit(await notSent(chunk, state.whyNotSent(), deps, policy));
    const { ours, busy, known, changed, correctable } = sortByClaim(chunk, claims, deps);
    if (known.length > 0) await emit(known);
    if (changed.length > 0) await emit(await reportOrFail(changed, deps, state));
    await sendOurs(account, ours, emit);
    for (const one of correctable) {
      await emit([await correct(one, (settlements) => record(account, settlements))]);
    }
    if (busy.length === 0) return;
    const since = busySince ?? claimedAt;
    if (claimedAt - since >= busyLimitMs) return emit(busy.map(isBusy));
    await deps.sleep(busyPauseMs, state.halted);
    return sendChunk(busy, emit, since);
  }

  /** Sends the calls that are claimed: in the usual way, and those that another method of the service takes by that. */
  async function sendOurs(account: string, ours: readonly CallEntry[], emit: Emit): Promise<void> {
    const settle: Conclude = async (entries, settlements) => {
      const final = rejectTooLate(settlements, entries, deps.now());
      const isRecorded = await record(account, final);
      await emit(await outcomesOf(entries, isRecorded ? final : final.map(unrecorded), deps, policy));
    };
    /** The claims are given back while the service is down: whoever dies meanwhile leaves nothing in doubt. */
    const postpone = async (entries: readonly CallEntry[]): Promise<void> => {
      await record(
        account,
        entries.map(({ call: { uuid } }) => ({ uuid, state: 'unsent' })),
      );
      const until = Math.max(state.outage?.until() ?? 0, await ledger.pausedUntil());
      await deps.sleep(Math.max(0, until - deps.now()), state.halted);
      await sendChunk(entries, emit);
    };
    const moved: CallEntry[] = [];
    const conclude: Conclude = async (entries, settlements) => {
      const rest = divideDeferred(entries, settlements, deps);
      moved.push(...rest.moved);
      if (rest.entries.length > 0) await settle(rest.entries, rest.settlements);
    };
    for (const part of requestsOf(ours, state)) {
      const rest = await concludeDeferred(part, deps, conclude);
      await sendBisecting(rest, { send, conclude, postpone, reportRefused });
    }
    for (const part of requestsOf(moved, state)) {
      await sendBisecting(part, { send: sendElsewhere, conclude: settle, postpone, reportRefused });
    }
  }

  /** Undefined where nothing may be sent: the run is over, or the intent cannot be written down. */
  async function claim(chunk: readonly CallEntry[]): Promise<readonly Claim[] | undefined> {
    if (state.halted.aborted) return undefined;
    try {
      return await askLedger(ledger.claim, chunk, policy);
    } catch (error) {
      state.fail(error);
      return undefined;
    }
  }

  /** A verdict that cannot be written down ends the run; false then. */
  async function record(account: string, settlements: readonly Settlement[]): Promise<boolean> {
    try {
      await ledger.settle(account, settlements);
      return true;
    } catch (error) {
      state.fail(error);
      return false;
    }
  }
}

/** What later runs will take a call for whose verdict could not be written down; what the service said is told with it. */
function unrecorded({ uuid, state, reasons = [] }: Settlement): Settlement {
  const said = [state, ...reasons].join(': ');
  return { uuid, state: 'unconfirmed', reasons: [`${said}; but this could not be written to the ledger`] };
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
  policy: ClaimPolicy,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at];
    const settlement = settlements[at];
    if (entry === undefined || settlement === undefined) throw new Error('a call without a settlement');
    const { state: verdict, reasons, receipt } = settlement;
    if (verdict === 'unsent' && receipt === undefined)
      outcomes.push(...(await notSent([entry], (reasons ?? []).join('; '), deps, policy)));
    else outcomes.push(outcomeOf(entry, verdict, reasons, receipt));
  }
  return outcomes;
}

const none: readonly string[] = [];
const nobody: readonly CallEntry[] = [];

/** Concludes the calls of which this run knows that the service cannot take them yet; gives the others. */
async function concludeDeferred(
  entries: readonly CallEntry[],
  { destination }: DeliveryDeps,
  conclude: Conclude,
): Promise<readonly CallEntry[]> {
  const { whyDeferred } = destination;
  if (whyDeferred === undefined) return entries;
  const reasons = entries.map(({ call }) => whyDeferred(call));
  const known = entries.filter((_, at) => reasons[at] !== undefined);
  if (known.length === 0) return entries;
  const why = reasons.filter((reason) => reason !== undefined);
  const settlements: readonly Settlement[] = known.map(({ call: { uuid } }, at) => ({
    uuid,
    state: 'waiting',
    reasons: why[at] ?? none,
  }));
  await conclude(known, settlements);
  return entries.filter((_, at) => reasons[at] === undefined);
}

/** Divides what was concluded: what has its result, and the calls that another method of the service takes. */
function divideDeferred(
  entries: readonly CallEntry[],
  settlements: readonly Settlement[],
  { destination: { fallback } }: DeliveryDeps,
) {
  if (fallback === undefined) return { moved: nobody, entries, settlements };
  const moves = entries.map(({ call }, at) => settlements[at]?.state === 'waiting' && fallback.accepts(call));
  return {
    moved: entries.filter((_, at) => moves[at]),
    entries: entries.filter((_, at) => !moves[at]),
    settlements: settlements.filter((_, at) => !moves[at]),
  };
}

/** Calls that have waited for too long are rejected; `now` in milliseconds since 1970. */
function rejectTooLate(
  settlements: readonly Settlement[],
  entries: readonly CallEntry[],
  now: number,
): readonly Settlement[] {
  if (settlements.every(({ state }) => state !== 'waiting')) return settlements;
  return settlements.map((settlement, at) => {
    const call = entries[at]?.call;
    if (settlement.state !== 'waiting' || call === undefined) return settlement;
    if (!isPastWaiting(call, now / 1000)) return settlement;
    const { uuid, reasons = none } = settlement;
    return { uuid, state: 'rejected', reasons: [...reasons, 'the call is more than 18 hours old'] };
  });
}

/** Cuts calls into requests no larger than the service can take by now. */
function* requestsOf(
  entries: readonly CallEntry[],
  state: Pick<RunState, 'chunkLimit'>,
): Generator<readonly CallEntry[]> {
  for (let rest = entries; rest.length > 0; ) {
    const next = rest.slice(0, state.chunkLimit());
    rest = rest.slice(next.length);
    yield next;
  }
}
