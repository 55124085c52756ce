// Calls that the service may have: it is asked for them, where it can be, before they have an outcome.

import { durationText, utcTime } from '../core/display.js';
import { exitCodes, UserError } from '../core/errors.js';
import { groupBy } from '../core/group.js';
import { type Ledger, patience, type UnconfirmedCall } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { Receipt } from '../core/send-result.js';
import type { Destination, SearchResult } from '../destinations/destination.js';
import { afterLook, lookAfterMs } from './after.js';
import { createChunker } from './chunker.js';
import { sentEarlier, stillUnconfirmed } from './claim-answers.js';
import { changedWithin, type DeliveryRun, fail, ring } from './delivery-run.js';
import { obeyedPauseMs } from './health.js';
import type { DeliveryDeps } from './options.js';
import { longestSleepMs } from './rate-limiter.js';
import { countCalls, newRequest, type Request } from './request.js';
import { conclude, tell } from './verdicts.js';

/*
 * A call whose answer was lost becomes part of a look, in after.ts. A look waits among the requests of the run: in a run
 * without an end until it is due, else until all others have their end. Then the service is asked for the calls of all looks
 * at once, and for those of earlier runs; what follows for each is decided in after.ts again.
 */

/** A look lasts no longer, in milliseconds. */
const longestLookMs = 60_000;
/** So many calls of a run wait for a look; of further ones nothing is known but that they are unconfirmed. */
const mostAwaiting = 10_000;

/** Whether further calls may wait for a look. */
export function hasRoomToLook({ looks }: DeliveryRun): boolean {
  return countCalls(looks) < mostAwaiting;
}

/** Keeps calls that an earlier run sent without an answer until the service was asked; else tells them. */
export async function lookLater(run: DeliveryRun, entries: readonly CallEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const { budgets } = run.deps.destination;
  if (!run.mayLook || run.halted.aborted || !hasRoomToLook(run)) {
    return tell(run, entries.map(stillUnconfirmed));
  }
  const chunker = createChunker(run.options.chunkSize, budgets);
  const looks = [...chunker.add(entries), ...chunker.flush()].map((chunk): Request => {
    const calls = chunk.map((entry) => ({ ...entry, lost: sentEarlier }));
    return { ...newRequest(calls), route: 'look' };
  });
  run.looks = [...run.looks, ...looks];
  ring(run);
}

/** Takes the looks whose time has come: one search finds the calls of all of them. */
export function takeDueLooks(run: DeliveryRun): readonly Request[] {
  const now = run.deps.now();
  const isDue = ({ notBefore = now }: Request) => notBefore <= now;
  const due = run.looks.filter(isDue);
  run.looks = run.looks.filter((look) => !isDue(look));
  return due;
}

/**
 * At the end of a run: waits until the service may be asked, where somebody waits for the result, and asks it. A run that was
 * stopped asks nothing. True where calls are to be sent again.
 */
export async function lookAtEnd(run: DeliveryRun): Promise<boolean> {
  const before = run.again.length;
  if (!run.mayLook || run.halted.aborted) return false;
  try {
    if (run.options.waitsToLook) await waitToLook(run, await oldEnoughAt(run));
  } catch (error) {
    fail(run, error);
  }
  if (!run.halted.aborted) await look(run, takeDueLooks(run));
  return run.again.length > before && !run.halted.aborted;
}

/**
 * When all unconfirmed calls may be looked for (ms since 1970). Those of a service that took no other calls are not waited
 * for, and of calls of earlier runs only those that are to be sent again.
 */
async function oldEnoughAt({ deps, looks, health, options }: DeliveryRun): Promise<number> {
  const now = deps.now();
  const own = health.hasAccepted ? looks : [];
  const times = own.map(({ notBefore = now }) => Math.min(notBefore, now + lookAfterMs));
  const earlier = looks.filter(({ isClaimed }) => !isClaimed).flatMap(({ calls }) => calls);
  if (options.onLostAnswer === 'resend' && earlier.length > 0) {
    const known = await deps.ledger.unconfirmedCalls({ from: 0, to: Math.floor(now / 1000), isAll: true });
    const sentAt = new Map(known.map(({ uuid, at }) => [uuid, at * 1000]));
    times.push(...earlier.map(({ call }) => (sentAt.get(call.uuid) ?? 0) + lookAfterMs));
  }
  return times.reduce((last, at) => Math.max(last, at), now);
}

/** A shorter wait is not told, in milliseconds. */
const toldWaitMs = 5000;

async function waitToLook(run: DeliveryRun, until: number): Promise<void> {
  const { now, note } = run.deps;
  if (until - now() > toldWaitMs) {
    const wait = durationText((until - now()) / 1000);
    note(
      `calls without an answer: ${countCalls(run.looks)}; amocalls looks for them in ${wait}, at ${utcTime(until)}`,
      'The service may still be working on them. Ctrl-C leaves them unconfirmed.',
    );
  }
  while (now() < until && !run.halted.aborted) {
    run.wait = { until, why: 'calls without an answer are looked for' };
    await changedWithin(run, Math.min(until - now(), longestSleepMs));
  }
  run.wait = undefined;
}

/** Asks the service for the calls of looks, and for those that the ledger has of earlier runs. */
export async function look(run: DeliveryRun, looks: readonly Request[]): Promise<void> {
  const { ledger } = run.deps;
  let asked: readonly UnconfirmedCall[] = [];
  let answer: LookAnswer = { found: new Map(), missing: new Set(), requests: 0 };
  try {
    asked = [...looks.flatMap(sentBy), ...(await earlierCalls(run))];
    if (asked.length > 0) answer = await askInTime(run, asked);
    tellResult(run, asked.length, answer);
  } catch (error) {
    fail(run, error);
  }
  const rules = { ...run.options, now: run.deps.now() };
  for (const request of looks) await conclude(run, request, afterLook(request, answer, rules));
  try {
    await ledger.recordMissing(asked.filter(({ uuid }) => answer.missing.has(uuid)));
  } catch (error) {
    fail(run, error);
  }
}

/** The calls that this run sent; those of earlier runs stand in the ledger, with their times. */
function sentBy({ calls, sentAt }: Request): readonly UnconfirmedCall[] {
  if (sentAt === undefined) return [];
  const at = Math.floor(sentAt / 1000);
  return calls.map(({ call: { uuid, account_id: account } }) => ({ uuid, account, at }));
}

/** The calls of earlier runs: all that are old enough where somebody waits for the result, else those whose next look is due. */
function earlierCalls({ deps, options }: DeliveryRun): Promise<readonly UnconfirmedCall[]> {
  const isAll = options.waitsToLook || options.onLostAnswer === 'resend';
  const now = Math.floor(deps.now() / 1000);
  return deps.ledger.unconfirmedCalls({
    from: isAll ? 0 : now - patience,
    to: now - lookAfterMs / 1000,
    isAll,
  });
}

async function askInTime(run: DeliveryRun, calls: readonly UnconfirmedCall[]): Promise<LookAnswer> {
  const { destination, ...deps } = run.deps;
  const { find } = destination;
  if (find === undefined) return { found: new Map(), missing: new Set(), requests: 0 };
  const limit = AbortSignal.timeout(longestLookMs);
  const signal = AbortSignal.any([run.halted, limit]);
  const answer = await askForCalls(calls, { ...deps, find, signal, rate: run.options.rate });
  if (!limit.aborted || answer.failure === undefined) return answer;
  return { ...answer, failure: new UserError(`the search took longer than ${longestLookMs / 1000} s`) };
}

/** Says what a look found. That it failed changes nothing else; where the service refuses it, this run asks no more. */
function tellResult(run: DeliveryRun, asked: number, { found, failure }: LookAnswer): void {
  const { note } = run.deps;
  if (found.size > 0) note(`calls without an answer: ${found.size} of ${asked} were found, and are accepted`);
  if (failure === undefined || run.halted.aborted) return;
  if (failure instanceof UserError && failure.exitCode === exitCodes.refused) run.mayLook = false;
  const why = failure instanceof Error ? failure.message : String(failure);
  note(`calls without an answer could not all be looked for: ${why}`, 'The next run looks for them again.');
}

/** How a service is asked, and the outside as values. */
interface AskingDeps extends Pick<DeliveryDeps, 'ledger' | 'now' | 'sleep'> {
  readonly find: NonNullable<Destination['find']>;
  /** Requests a second at most, those that send included; 0: no limit. */
  readonly rate: number;
  /** Ends the look. */
  readonly signal: AbortSignal;
}

/** What a look found until it ended. What was found is written down as accepted. */
interface LookAnswer extends SearchResult {
  readonly requests: number;
  /** Why it ended before all calls were looked for. */
  readonly failure?: unknown;
}

/**
 * Looks for calls, and writes down what is found as soon as it is.
 *
 * @throws UserError of a ledger that cannot be written
 */
export async function askForCalls(calls: readonly UnconfirmedCall[], deps: AskingDeps): Promise<LookAnswer> {
  const { find, ledger, now, signal } = deps;
  const found = new Map<string, Receipt>();
  const missing = new Set<string>();
  let requests = 0;
  const acquire = async () => {
    requests += 1;
    await takeSlot(deps);
  };
  const reportThrottled = (until: number, reason: string) =>
    ledger.reportThrottled(Math.min(until, now() + obeyedPauseMs), reason);
  const parts = find(calls, { acquire, signal, reportThrottled });
  const reading = parts[Symbol.asyncIterator]();
  for (;;) {
    // What the service fails with ends the look; what the ledger fails with is thrown.
    const part = await reading.next().catch((failure: unknown) => ({ failure }));
    if ('failure' in part) return { found, missing, requests, failure: part.failure };
    if (part.done === true) return { found, missing, requests };
    for (const uuid of part.value.missing) missing.add(uuid);
    for (const [uuid, receipt] of part.value.found) found.set(uuid, receipt);
    await record(calls, part.value.found, ledger);
  }
}

async function takeSlot({ ledger, rate, now, sleep, signal }: AskingDeps): Promise<void> {
  const at = rate === 0 ? 0 : await ledger.reserveSlot(rate);
  const wait = Math.max(at, await ledger.pausedUntil()) - now();
  if (wait > 0) await sleep(Math.ceil(wait), signal);
}

/** The same uuid of several accounts at one service is the same note. */
async function record(
  calls: readonly UnconfirmedCall[],
  found: ReadonlyMap<string, Receipt>,
  { settle }: Pick<Ledger, 'settle'>,
): Promise<void> {
  const known = calls.filter(({ uuid }) => found.has(uuid));
  for (const [account, own] of groupBy(known, (call) => call.account)) {
    await settle(
      account,
      own.map(({ uuid }) => ({ uuid, state: 'accepted', receipt: found.get(uuid) })),
    );
  }
}
