import type { Settlement } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { LostAnswer, NotReceived, Refused, Settled, Verdicts } from '../core/send-result.js';
import type { Destination } from '../destinations/destination.js';
import type { DeliveryDeps, DeliveryOptions } from './options.js';
import type { RateLimiter } from './rate-limiter.js';
import type { RunState } from './run-state.js';

/** Exponential back-off with full jitter; a throttled service gets longer pauses. Milliseconds. */
const pauses = {
  ordinary: { base: 500, cap: 20_000 },
  throttled: { base: 1000, cap: 60_000 },
} as const;

/** When the service asks for a longer pause than this, the run stops and says when to come back. */
export const longestWaitMs = 120_000;

/**
 * How long to wait before the next try.
 *
 * @param attempt how many tries were made already, from 1
 * @param random a number in [0, 1)
 * @param leastMs what the service asked for
 * @returns milliseconds
 */
function backoff(attempt: number, throttled: boolean, random: number, leastMs = 0): number {
  const { base, cap } = throttled ? pauses.throttled : pauses.ordinary;
  return Math.max(leastMs, random * Math.min(cap, base * 2 ** (attempt - 1)));
}

/** How sending one request, retries included, ended. */
export type RequestResult =
  /** Each call has its result: a settlement for each, in the order of the calls. */
  | { readonly kind: 'settled'; readonly settlements: readonly Settlement[] }
  /** The request was refused as a whole. */
  | { readonly kind: 'refused'; readonly refusal: Refused }
  /** The service is down and surely has nothing of it; a run that waits for the service sends it again later. */
  | { readonly kind: 'postponed' };

/** Sends calls in one request until their result is known, within the rules of sending again. */
export type SendRequest = (entries: readonly CallEntry[]) => Promise<RequestResult>;

/** One request, as a destination sends it. */
export type SendOnce = Destination['send'];

/** What the senders of a run share. */
export interface SenderParts {
  readonly options: DeliveryOptions;
  readonly deps: DeliveryDeps;
  readonly state: RunState;
  readonly limiter: RateLimiter;
}

/**
 * Makes the sender of a run. Only what surely never arrived is sent again; a lost answer is held as `unconfirmed` unless
 * the options say `resend`, or sending twice does no harm (`isIdempotent`).
 */
export function createRetryingSender(
  sendOnce: SendOnce,
  { options, deps, state, limiter }: SenderParts,
  isIdempotent = false,
): SendRequest {
  const holds = options.onLostAnswer === 'hold' && !isIdempotent;

  return async (entries) => {
    const calls = entries.map((entry) => entry.call);
    let lost: string | undefined;
    for (let attempt = 1; ; attempt++) {
      if (!(await limiter.acquire())) return giveUp(entries, lost, state.whyNotSent());
      state.countRequest(attempt > 1);
      const result = await sendOnce(calls);
      const isSilent = result.kind === 'not received' && result.waitMs === undefined;
      state.reportTry(deps.now(), isSilent ? result.reason : undefined);
      switch (result.kind) {
        case 'settled':
          state.reportAnswered(result.verdicts.accepted.size);
          await limiter.reportSuccess();
          return { kind: 'settled', settlements: settlementsOf(entries, result, deps) };
        case 'refused':
          state.outage?.answered();
          if (result.named !== undefined) state.reportAnswered(0);
          return { kind: 'refused', refusal: result };
        case 'stop':
          state.halt({ message: result.reason, hint: result.hint, exit: result.exit });
          return giveUp(entries, result.mayHaveCalls === true ? result.reason : lost, result.reason);
        default:
          if (result.kind === 'lost') lost = result.reason;
          if (result.kind === 'lost' && result.tooSlow === true && state.reportTooSlow(calls.length)) {
            deps.note(
              `the service was too slow: from now on a request has at most ${state.chunkLimit()} calls`,
            );
          }
          if (await mayRetry(result, attempt)) continue;
          if (state.outage !== undefined && result.kind === 'not received' && !state.halted.aborted) {
            if (lost !== undefined) continue;
            return { kind: 'postponed' };
          }
          state.reportFailed(result.reason, result.kind === 'lost');
          return giveUp(entries, lost, result.reason);
      }
    }
  };

  /** Waits as long as the failure asks for; false where the request is to be given up. */
  async function mayRetry(failure: NotReceived | LostAnswer, attempt: number): Promise<boolean> {
    const leastMs = failure.kind === 'not received' ? failure.waitMs : undefined;
    const throttled = leastMs !== undefined || (failure.kind === 'not received' && failure.throttled);
    const pause = backoff(attempt, throttled, deps.random(), leastMs);
    if (throttled) await limiter.reportThrottled(pause);
    if (failure.kind === 'lost' && holds) return false;
    if (state.outage !== undefined) {
      // A service that says when to come again is not down: the rate limiter keeps that pause.
      if (leastMs === undefined) state.outage.failed(failure.reason);
      return failure.kind === 'lost' && !state.halted.aborted;
    }
    if (attempt > options.retries || !state.grantRetry(options.retries)) return false;
    state.planTry(deps.now() + pause);
    await deps.sleep(pause, state.halted);
    return true;
  }
}

function settlementsOf(
  entries: readonly CallEntry[],
  answer: Settled,
  deps: DeliveryDeps,
): readonly Settlement[] {
  const { accepted, receipts, unknownUuids } = answer.verdicts;
  if (unknownUuids.length > 0) {
    deps.note(
      `the service answered for a uuid that was not in the request: ${unknownUuids.slice(0, 3).join(', ')}`,
    );
  }
  return entries.map(({ call: { uuid } }) => {
    const receipt = receipts?.get(uuid);
    if (accepted.has(uuid))
      return receipt === undefined ? { uuid, state: 'accepted' } : { uuid, state: 'accepted', receipt };
    const unconfirmed = {
      uuid,
      state: 'unconfirmed' as const,
      reasons: ['the answer did not name this uuid'],
    };
    return settlementOf(uuid, answer.verdicts) ?? unconfirmed;
  });
}

/** What a service said of a call that it did not accept; undefined where it said nothing. */
export function settlementOf(
  uuid: string,
  { rejected, deferred }: Pick<Verdicts, 'rejected' | 'deferred'>,
): Settlement | undefined {
  const reasons = rejected.get(uuid);
  if (reasons !== undefined) return { uuid, state: 'rejected', reasons };
  const waits = deferred?.get(uuid);
  return waits === undefined ? undefined : { uuid, state: 'waiting', reasons: waits };
}

function giveUp(entries: readonly CallEntry[], lost: string | undefined, reason: string): RequestResult {
  const state = lost === undefined ? 'unsent' : 'unconfirmed';
  const reasons = [lost ?? reason];
  return { kind: 'settled', settlements: entries.map(({ call: { uuid } }) => ({ uuid, state, reasons })) };
}
