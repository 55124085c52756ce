// The way of a call, from claim to verdict.

import type { CallEntry } from '../core/outcome.js';
import type { SendResult } from '../core/send-result.js';
import { after, type Next, type SendingRules } from './after.js';
import { depart, stay } from './calls-under-way.js';
import { askLedger, isBusy, type Sorted } from './claim-answers.js';
import {
  awaitAnswer,
  type DeliveryRun,
  fail,
  hear,
  putFirst,
  putLast,
  ring,
  showWait,
} from './delivery-run.js';
import { mayRetry, mostCalls, obeyedPauseMs } from './health.js';
import { askedForPause, takeTurn } from './rate-limiter.js';
import {
  callsOf,
  cut,
  isSurelyAbsent,
  newRequest,
  type OutgoingCall,
  type Request,
  searchOn,
} from './request.js';
import { hasRoomToLook, look, lookLater, takeDueLooks } from './unconfirmed-calls.js';
import { conclude, tell, tellFailed } from './verdicts.js';
import { take } from './work-list.js';

/*
 * The states of a call are drawn in CONTRIBUTING.md. What follows from an answer is decided in after.ts, whether a request may
 * leave in health.ts. Here it is done. A step that gives no request has told or put back all of its calls.
 */

/** Sends requests until nothing is left, one after the other; as many workers as requests may be in flight do so. */
export async function work(run: DeliveryRun): Promise<void> {
  for (let request = await take(run); request !== undefined; request = await take(run)) {
    try {
      await carry(run, request);
    } catch (error) {
      fail(run, error);
      await tellFailed(run, callsOf(request), error);
    }
    run.working -= 1;
    ring(run);
  }
}

/** Takes a request all its way: claim, turn, send, verdict. */
async function carry(run: DeliveryRun, taken: Request): Promise<void> {
  if (taken.route === 'look') return look(run, [taken, ...takeDueLooks(run)]);
  const [now, later] = cut(taken, mostCalls(run.health));
  if (later !== undefined) putFirst(run, [later]);
  const calls = run.calls.joinsRows ? depart(run.calls, now.calls) : now.calls;
  const claimed = await claim(run, { ...now, calls });
  const request = claimed && (await deferKnown(run, claimed));
  if (request === undefined) return;
  if (!(await takeTurn(run))) return conclude(run, request, { settle: [], again: [request] });
  const leaving = await confirm(run, request);
  if (leaving === undefined) return;
  hear(run, { kind: 'sent', isRetry: leaving.tries > 0 });
  const answer = await awaitAnswer(run, () => send(run, leaving));
  noteUnknown(run, answer);
  const next = after(leaving, answer, rulesOf(run));
  hear(run, next.health);
  await reportPace(run, answer, next);
  await conclude(run, leaving, next);
}

/** Claims the calls of a request; gives what this run may send of it, and tells what the ledger knows of the others. */
async function claim(run: DeliveryRun, request: Request): Promise<Request | undefined> {
  const { calls, route } = request;
  // What may have arrived is still in flight; a correction needs no claim.
  const asked = route === 'correction' ? [] : calls.filter(isSurelyAbsent);
  if (asked.length === 0) return request;
  try {
    const isMissing = asked.every(({ wasMissing }) => wasMissing === true);
    const policy = isMissing ? { ...run.policy, unconfirmed: true } : run.policy;
    const sorted = await askLedger(run, 'claim', asked, policy);
    if (sorted.ours.length === asked.length) return { ...request, isClaimed: true };
    await tellKnown(run, sorted, request);
    const ours = new Set<CallEntry>(sorted.ours);
    return remaining(
      run,
      { ...request, isClaimed: true },
      (entry) => !isSurelyAbsent(entry) || ours.has(entry),
    );
  } catch (error) {
    fail(run, error);
    putFirst(run, [request]);
    return undefined;
  }
}

/** A request without some of its calls; undefined where none is left: what stands behind them is put back then. */
function remaining(
  run: DeliveryRun,
  request: Request,
  isKept: (entry: OutgoingCall) => boolean,
): Request | undefined {
  const calls = request.calls.filter(isKept);
  if (calls.length > 0) return { ...request, calls };
  putFirst(run, searchOn(request));
  return undefined;
}

/** Tells what the ledger knows of calls that this run may not send as new ones, or has them corrected, or asked for again. */
async function tellKnown(run: DeliveryRun, sorted: Sorted, { busySince }: Request): Promise<void> {
  const { known, correctable, busy, unconfirmed } = sorted;
  const { deps } = run;
  await tell(run, known);
  await lookLater(run, unconfirmed);
  for (const { entry, before } of correctable) {
    putLast(run, [{ ...newRequest([entry]), route: 'correction', receipt: before.receipt }]);
  }
  if (busy.length === 0) return;
  const now = deps.now();
  const since = Math.min(busySince ?? now, now);
  if (now - since >= busyLimitMs) return tell(run, busy.map(isBusy));
  if (now - since >= shownAfterMs) showWait(run, { until: since + busyLimitMs, why: sentByAnother }, now);
  stay(run.calls, busy);
  putLast(run, [{ ...newRequest(busy), busySince: since, notBefore: now + busyPauseMs }]);
}

/** How often a call that another process is sending right now is asked for again, in milliseconds. */
const busyPauseMs = 200;
/** How long it is waited for: a process that is stopped, or hangs, must not hold up the runs of a cron job. */
const busyLimitMs = 60_000;
/** When it is shown that the run waits for that, in milliseconds. */
const shownAfterMs = 1000;
const sentByAnother = 'another run is sending these calls';

/**
 * Settles the calls of which this run knows that the service cannot take them yet, as if it had just said so again; gives the
 * others.
 */
async function deferKnown(run: DeliveryRun, request: Request): Promise<Request | undefined> {
  const { whyDeferred } = run.deps.destination;
  if (whyDeferred === undefined || request.route !== 'usual') return request;
  const deferred = new Map<string, readonly string[]>();
  for (const { call } of request.calls) {
    const why = whyDeferred(call);
    if (why !== undefined) deferred.set(call.uuid, why);
  }
  if (deferred.size === 0) return request;
  const isDeferred = ({ call }: OutgoingCall) => deferred.has(call.uuid);
  const { search: _, ...same } = request;
  const part: Request = { ...same, calls: request.calls.filter(isDeferred) };
  const verdicts = { accepted: new Set<string>(), rejected: new Map(), deferred, unknownUuids: [] };
  await conclude(run, part, after(part, { kind: 'answered', verdicts }, rulesOf(run)));
  return remaining(run, request, (entry) => !isDeferred(entry));
}

/** Leaves out the calls that another run took over, since it took this one for dead; they are claimed anew. */
async function confirm(run: DeliveryRun, request: Request): Promise<Request | undefined> {
  const [first] = request.calls;
  if (first === undefined || request.route === 'correction') return request;
  const uuids = request.calls.map(({ call: { uuid } }) => uuid);
  try {
    const lost = await run.deps.ledger.confirmClaims(first.call.account_id, uuids);
    if (lost.length === 0) return request;
    const gone = new Set(lost.map(({ uuid }) => uuid));
    const isGone = ({ call }: OutgoingCall) => gone.has(call.uuid);
    const anew = request.calls.filter(isGone).map(({ lost: _, ...entry }) => entry);
    stay(run.calls, anew);
    putLast(run, [newRequest(anew)]);
    return remaining(run, request, (entry) => !isGone(entry));
  } catch (error) {
    fail(run, error);
    await conclude(run, request, { settle: [], again: [request] });
    return undefined;
  }
}

/** Sends a request once. A destination never throws; where it does, nobody knows what of these calls arrived. */
async function send(run: DeliveryRun, { calls, route, receipt }: Request): Promise<SendResult> {
  const { send: sendUsual, fallback, correction } = run.deps.destination;
  const sent = calls.map(({ call }) => call);
  const [first] = sent;
  try {
    if (route === 'usual') return await sendUsual(sent);
    if (route === 'fallback' && fallback !== undefined) return await fallback.send(sent);
    if (correction !== undefined && first !== undefined && receipt !== undefined) {
      return await correction.correct(first, receipt);
    }
    throw new Error(`there is no way for a ${route}`);
  } catch (error) {
    return { kind: 'lost', reason: `amocalls failed while it sent this: ${String(error)}` };
  }
}

function rulesOf(run: DeliveryRun): SendingRules {
  const { options, deps, health, mayLook } = run;
  const { onLostAnswer, onTrouble, retries } = options;
  const { fallback } = deps.destination;
  return {
    onLostAnswer,
    onTrouble,
    retries,
    mayRetry: mayRetry(health, options),
    canBeAsked: mayLook,
    hasRoomToLook: hasRoomToLook(run),
    takesElsewhere: (call) => fallback?.accepts(call) === true,
    now: deps.now(),
    chance: deps.random(),
  };
}

function noteUnknown({ deps }: DeliveryRun, answer: SendResult): void {
  const unknown = answer.kind === 'answered' ? answer.verdicts.unknownUuids : [];
  if (unknown.length === 0) return;
  const some = unknown.slice(0, 3).join(', ');
  deps.note(`the service answered for a uuid that was not in the request: ${some}`);
}

/** Tells all runs that share the ledger how fast the service may be asked. */
async function reportPace(run: DeliveryRun, answer: SendResult, { throttledMs }: Next): Promise<void> {
  const { ledger, now } = run.deps;
  try {
    if (answer.kind === 'answered' && run.options.rate !== 0) await ledger.reportSuccess(run.options.rate);
    if (throttledMs === undefined || answer.kind !== 'not received') return;
    const why = `${askedForPause} (${answer.reason})`;
    hear(run, { kind: 'pause', until: now() + throttledMs, why });
    await ledger.reportThrottled(now() + Math.min(throttledMs, obeyedPauseMs), answer.reason);
  } catch (error) {
    fail(run, error);
  }
}
