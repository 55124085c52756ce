// Calls that the service may have: it is asked for them, where it can be, before they have an outcome.

import { durationText, utcTime } from '../core/display.js';
import { exitCodes, UserError } from '../core/errors.js';
import { groupBy } from '../core/group.js';
import { type CallInDoubt, patience } from '../core/ledger.js';
import { type CallEntry, type Outcome, outcomeOf } from '../core/outcome.js';
import type { SettledCall } from './after.js';
import { createChunker } from './chunker.js';
import { sentEarlier, stillDoubted } from './claim-answers.js';
import { say } from './health.js';
import { type LookUp, lookUp } from './look-up.js';
import { newRequest, type OutgoingCall, type Request } from './request.js';
import { changed, changedWithin, type DeliveryRun, type DoubtedCall, fail, putLast, ring } from './run.js';
import { settle, tell } from './verdicts.js';

/** A gateway gives up while the service is still at work: no look earlier than this after a request; milliseconds. */
const lookAfterMs = 5 * 60_000;
/** A look lasts no longer, in milliseconds. */
const longestLookMs = 60_000;
/** So many calls of a run wait for a look; of further ones nothing is known but that they are in doubt. */
const mostDoubted = 10_000;
/** Steps in which a time is waited for: a clock may be set meanwhile. Milliseconds. */
const stepMs = 5000;

/** Divides verdicts: calls in doubt that the service will be asked for, whose claims stay as they are, and the others. */
export function divideDoubted(
  run: DeliveryRun,
  { route }: Request,
  verdicts: readonly SettledCall[],
): { readonly doubted: readonly DoubtedCall[]; readonly known: readonly SettledCall[] } {
  const isDoubted = ({ settlement: { state } }: SettledCall) => state === 'unconfirmed';
  if (!mayWait(run) || !verdicts.some(isDoubted)) return { doubted: [], known: verdicts };
  const since = run.deps.now();
  const doubted = verdicts
    .filter(isDoubted)
    .map(({ entry, settlement: { reasons = [] } }) => ({ entry, route, reasons, since }));
  return { doubted, known: verdicts.filter((verdict) => !isDoubted(verdict)) };
}

/** Keeps calls that an earlier run sent without an answer until the service was asked; else tells them. */
export async function lookLater(run: DeliveryRun, entries: readonly CallEntry[]): Promise<void> {
  if (entries.length === 0) return;
  if (!mayWait(run)) return tell(run, entries.map(stillDoubted));
  const doubted = entries.map((entry): DoubtedCall => ({ entry, route: 'usual', reasons: sentEarlier }));
  run.doubted = [...run.doubted, ...doubted];
  ring(run);
}

function mayWait(run: DeliveryRun): boolean {
  return run.mayLook && !run.halted.aborted && run.doubted.length < mostDoubted;
}

/** In a run without an end: looks for calls when their time has come and the service may be asked. */
export async function lookWhenDue(run: DeliveryRun): Promise<void> {
  while (!run.halted.aborted && !run.isClosed) {
    const now = run.deps.now();
    const dueAt = run.doubted.reduce((first, one) => Math.min(first, timeOf(one, now)), Infinity);
    if (dueAt === Number.POSITIVE_INFINITY) await changed(run);
    else if (dueAt > now || say(run.health, now, run.options) !== 'send') {
      await changedWithin(run, Math.min(Math.max(dueAt - now, 1), stepMs));
    } else {
      await searchDoubted(run, (one) => timeOf(one, now) <= now);
    }
  }
}

/** When the service may be asked for a call; the time of one of an earlier run stands in the ledger alone. */
function timeOf({ since }: DoubtedCall, now: number): number {
  return since === undefined || since > now ? now : since + lookAfterMs;
}

/**
 * At the end of a run: waits until the service may be asked, where somebody waits for the result, and asks it. A run that was stopped asks nothing. True where calls are to be sent again.
 */
export async function lookAtEnd(run: DeliveryRun): Promise<boolean> {
  const before = run.again.length;
  if (run.mayLook && !run.halted.aborted) {
    try {
      if (run.options.waitsToLook) await waitToLook(run, await oldEnoughAt(run));
      if (!run.halted.aborted) await searchDoubted(run, () => true);
    } catch (error) {
      fail(run, error);
    }
  }
  const left = run.doubted;
  run.doubted = [];
  await giveUp(run, left);
  return run.again.length > before && !run.halted.aborted;
}

/**
 * When all calls in doubt may be looked for (ms since 1970). Those of a service that took no other calls are not waited for,
 * and of calls of earlier runs only those that are to be sent again.
 */
async function oldEnoughAt({ deps, doubted, health, options }: DeliveryRun): Promise<number> {
  const now = deps.now();
  const own = health.hasAccepted ? doubted : [];
  const ownAt = own.reduce((last, one) => Math.max(last, timeOf(one, now)), 0);
  if (options.onLostAnswer === 'hold' || doubted.every(({ since }) => since !== undefined)) return ownAt;
  const known = await deps.ledger.callsInDoubt({ from: 0, to: Math.floor(now / 1000), isAll: true });
  const sentAt = new Map(known.map(({ uuid, at }) => [uuid, at * 1000]));
  const earlier = doubted.filter(({ since }) => since === undefined);
  return earlier.reduce(
    (last, { entry }) => Math.max(last, (sentAt.get(entry.call.uuid) ?? 0) + lookAfterMs),
    ownAt,
  );
}

async function waitToLook(run: DeliveryRun, until: number): Promise<void> {
  const { deps, doubted } = run;
  const { now } = deps;
  if (until - now() > stepMs) {
    const wait = durationText((until - now()) / 1000);
    deps.note(
      `calls without an answer: ${doubted.length}; amocalls looks for them in ${wait}, at ${utcTime(until)}`,
      'The service may still be working on them. Ctrl-C leaves them unconfirmed.',
    );
  }
  while (now() < until && !run.halted.aborted) {
    run.wait = { until, why: 'calls without an answer are looked for' };
    await changedWithin(run, Math.min(until - now(), stepMs));
  }
  run.wait = undefined;
}

/** Looks for calls in doubt, and for those that the ledger has of earlier runs; what is found is accepted. */
async function searchDoubted(run: DeliveryRun, isDue: (one: DoubtedCall) => boolean): Promise<void> {
  const due = run.doubted.filter(isDue);
  run.doubted = run.doubted.filter((one) => !isDue(one));
  try {
    const asked = [...ownDoubts(due, run.deps.now()), ...(await earlierDoubts(run))];
    const result = asked.length === 0 ? nothing : await ask(run, asked);
    tellResult(run, asked.length, result);
    await conclude(run, due, result);
    await run.deps.ledger.recordMissing(asked.filter(({ uuid }) => result.missing.has(uuid)));
  } catch (error) {
    fail(run, error);
    await conclude(run, due, nothing);
  }
}

const nothing: LookUp = { found: new Map(), missing: new Set(), requests: 0 };

/** The calls of this run that the service may be asked for at a time in milliseconds. */
function ownDoubts(doubted: readonly DoubtedCall[], now: number): readonly CallInDoubt[] {
  return doubted.flatMap((one) => {
    const { entry, since } = one;
    if (since === undefined || timeOf(one, now) > now) return [];
    const { uuid, account_id: account } = entry.call;
    return [{ uuid, account, at: Math.floor(since / 1000) }];
  });
}

/** The calls of earlier runs: all that are old enough where somebody waits for the result, else those whose next look is due. */
function earlierDoubts({ deps, options }: DeliveryRun): Promise<readonly CallInDoubt[]> {
  const isAll = options.waitsToLook || options.onLostAnswer === 'resend';
  const now = Math.floor(deps.now() / 1000);
  return deps.ledger.callsInDoubt({ from: isAll ? 0 : now - patience, to: now - lookAfterMs / 1000, isAll });
}

async function ask(run: DeliveryRun, calls: readonly CallInDoubt[]): Promise<LookUp> {
  const { now, sleep, ledger, destination } = run.deps;
  if (destination.find === undefined) return nothing;
  const limit = AbortSignal.timeout(longestLookMs);
  const signal = AbortSignal.any([run.halted, limit]);
  const result = await lookUp(calls, {
    find: destination.find,
    ledger,
    now,
    sleep,
    signal,
    rate: run.options.rate,
  });
  if (!limit.aborted || result.failure === undefined) return result;
  return { ...result, failure: new UserError(`the search took longer than ${longestLookMs / 1000} s`) };
}

/** Says what a look found. That it failed changes nothing else; where the service refuses it, this run asks no more. */
function tellResult(run: DeliveryRun, asked: number, { found, failure }: LookUp): void {
  const { note } = run.deps;
  if (found.size > 0) note(`calls without an answer: ${found.size} of ${asked} were found, and are accepted`);
  if (failure === undefined || run.halted.aborted) return;
  if (failure instanceof UserError && failure.exitCode === exitCodes.refused) run.mayLook = false;
  const why = failure instanceof Error ? failure.message : String(failure);
  note(`calls without an answer could not all be looked for: ${why}`, 'The next run looks for them again.');
}

/** Tells what a look says of calls: found, to be sent again where the user wants that, or still in doubt. */
async function conclude(
  run: DeliveryRun,
  due: readonly DoubtedCall[],
  { found, missing }: Pick<LookUp, 'found' | 'missing'>,
): Promise<void> {
  const accepted: Outcome[] = [];
  const again: DoubtedCall[] = [];
  const left: DoubtedCall[] = [];
  for (const one of due) {
    const { uuid } = one.entry.call;
    if (found.has(uuid)) accepted.push(outcomeOf(one.entry, 'accepted', [], found.get(uuid)));
    else if (!missing.has(uuid)) left.push(one);
    else if (isSentAgain(run, one)) again.push(one);
    else left.push({ ...one, reasons: [...one.reasons, 'no note of this call was found'] });
  }
  await tell(run, accepted);
  await giveUp(run, left);
  putLast(run, requestsOf(run, again));
  ring(run);
}

/** A run that ends sends a call once more; one without an end looks for it again when its answer is lost again. */
function isSentAgain({ options, halted }: DeliveryRun, { entry }: DoubtedCall): boolean {
  if (options.onLostAnswer === 'hold' || halted.aborted) return false;
  return options.onTrouble === 'wait' || entry.wasMissing !== true;
}

/** Calls that the service does not have, as requests: those of this run are in flight still, others are to be claimed. */
function requestsOf(run: DeliveryRun, again: readonly DoubtedCall[]): readonly Request[] {
  const requests: Request[] = [];
  for (const part of groupsOf(again)) {
    const chunker = createChunker({
      calls: run.options.chunkSize,
      budgets: run.deps.destination.budgets,
    });
    const entries = part.map(({ entry, since, reasons }): OutgoingCall => {
      const missing = { ...entry, wasMissing: true };
      return since === undefined ? missing : { ...missing, lost: reasons.join('; ') };
    });
    const [{ route, since } = { route: 'usual' as const, since: undefined }] = part;
    for (const calls of [...chunker.add(entries), ...chunker.flush()]) {
      requests.push({ ...newRequest(calls), route, isClaimed: since !== undefined });
    }
  }
  return requests;
}

/** Calls that may stand in one request: of one account, on one route, all claimed or none. */
function groupsOf(doubted: readonly DoubtedCall[]): Iterable<readonly DoubtedCall[]> {
  const keyOf = ({ entry, route, since }: DoubtedCall) =>
    JSON.stringify([entry.call.account_id, route, since !== undefined]);
  return groupBy(doubted, keyOf).values();
}

/** Calls of which nobody will know more in this run: written down where they were this run's, and told. */
async function giveUp(run: DeliveryRun, doubted: readonly DoubtedCall[]): Promise<void> {
  for (const group of groupsOf(doubted)) {
    const [first] = group;
    if (first?.since === undefined) {
      await tell(
        run,
        group.map(({ entry, reasons }) => outcomeOf(entry, 'unconfirmed', reasons)),
      );
      continue;
    }
    const request = { ...newRequest(group.map(({ entry }) => entry)), route: first.route };
    const verdicts = group.map(({ entry, reasons, since = 0 }): SettledCall => {
      const { uuid } = entry.call;
      return { entry, settlement: { uuid, state: 'unconfirmed', reasons, at: Math.floor(since / 1000) } };
    });
    await settle(run, request, verdicts);
  }
}
