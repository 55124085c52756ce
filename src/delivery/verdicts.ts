// Writes verdicts down and tells them.

import { exitCodes } from '../core/errors.js';
import { hashCall } from '../core/hash.js';
import type { Hold, LostClaim, Settlement } from '../core/ledger.js';
import { type CallEntry, type Outcome, outcomeOf } from '../core/outcome.js';
import { afterEnd, type Next, type SettledCall } from './after.js';
import { begin, end, follow, isUnderWay, stay } from './calls-under-way.js';
import { notSent, outcomesOf } from './claim-answers.js';
import { type DeliveryRun, fail, hear, putFirst, putLast, whyNotSent } from './delivery-run.js';
import {
  callsOf,
  countCalls,
  isSurelyAbsent,
  newRequest,
  type OutgoingCall,
  type Request,
} from './request.js';

/** Writes down and tells what became of the calls of a request, and puts back what is to be sent again, its claims held. */
export async function conclude(
  run: DeliveryRun,
  request: Request,
  { settle, again }: Pick<Next, 'settle' | 'again'>,
): Promise<void> {
  const isLook = ({ route }: Request) => route === 'look';
  run.looks = [...run.looks, ...again.filter(isLook)];
  const sent = again.filter((one) => !isLook(one));
  const held = sent
    .filter(({ isClaimed }) => isClaimed)
    .flatMap(callsOf)
    .filter(isSurelyAbsent);
  const recorded = await record(run, request, settle, held);
  const isOwn = request.isClaimed || request.route !== 'look';
  const errors = recorded.verdicts.filter(({ state }) => state === 'rejected' || state === 'unconfirmed');
  countErrors(run, isOwn ? errors.length : 0);
  await tell(run, await outcomesOf(run, recorded.verdicts, recorded.lost));
  stay(run.calls, held);
  putFirst(run, sent);
}

/**
 * Writes down verdicts, and which claims are kept, in one transaction. A verdict that cannot be written down ends the run; what
 * later runs will take its call for is told instead.
 */
async function record(
  run: DeliveryRun,
  { calls, route, isClaimed }: Request,
  verdicts: readonly SettledCall[],
  held: readonly OutgoingCall[],
): Promise<{ readonly verdicts: readonly SettledCall[]; readonly lost: readonly LostClaim[] }> {
  // Without a claim a call is what it was; what a look found is written down already.
  const isWritten = ({ state, corrected }: SettledCall) =>
    route === 'look' ? isClaimed && state !== 'accepted' : isClaimed || corrected !== undefined;
  const settlements: (Settlement | Hold)[] = verdicts.filter(isWritten);
  for (const { call } of held) settlements.push({ uuid: call.uuid, state: 'held' });
  if (settlements.length === 0) return { verdicts, lost: [] };
  try {
    return { verdicts, lost: await run.deps.ledger.settle(calls[0]?.call.account_id ?? '', settlements) };
  } catch (error) {
    fail(run, error);
    const isKept = (one: SettledCall) => route === 'correction' || (route === 'look' && !isWritten(one));
    return { verdicts: verdicts.map((one) => (isKept(one) ? one : unrecorded(one))), lost: [] };
  }
}

function unrecorded({ entry, uuid, state, reasons = [] }: SettledCall): SettledCall {
  const told = `${[state, ...reasons].join(': ')}; but this could not be written to the ledger`;
  return { entry, uuid, state: 'unconfirmed', reasons: [told] };
}

/** Passes on outcomes of calls that were under way, with those of the rows that joined them; what came later goes its way now. */
export async function tell(run: DeliveryRun, outcomes: readonly Outcome[]): Promise<void> {
  const told: Outcome[] = [];
  const behind: CallEntry[] = [];
  for (const outcome of outcomes) {
    told.push(outcome);
    const { call } = outcome;
    const known = call === undefined ? undefined : end(run.calls, call);
    if (known === undefined) continue;
    for (const entry of known.joined) told.push(outcomeOfJoined(entry, outcome));
    for (const entry of known.behind) {
      if (isUncertain(entry, outcome)) told.push(outcomeOf(entry, 'unconfirmed', [sentOtherwise]));
      else behind.push(entry);
    }
  }
  const first = behind.filter((entry) => begin(run.calls, entry));
  for (const entry of behind.filter((one) => !first.includes(one))) follow(run.calls, entry);
  if (first.length > 0) putLast(run, [newRequest(first)]);
  if (told.length > 0) await run.outcomes.put(told);
}

/** Rows that were sent with earlier ones of their call. */
function outcomeOfJoined(entry: CallEntry, { status, reasons }: Outcome): Outcome {
  if (status !== 'accepted') return outcomeOf(entry, status, reasons);
  return outcomeOf(entry, 'duplicate', ['sent as one call with the earlier rows of it']);
}

/** Whether other content of a call came when it was sent, and nobody knows whether that arrived. */
function isUncertain({ call }: CallEntry, { status, call: sent }: Outcome): boolean {
  return status === 'unconfirmed' && sent !== undefined && hashCall(call) !== hashCall(sent);
}

const sentOtherwise = 'it changed after it was sent, and its result is not known';

/**
 * Counts calls that were not accepted in this run, those that wait for a look included, and ends it when they are too many.
 * What an earlier run left open is no error of this one, for it could never be passed.
 */
export function countErrors(run: DeliveryRun, count: number): void {
  const { maxErrors } = run.options;
  run.errors += count;
  const errors = run.errors + countCalls(run.looks.filter(({ isClaimed }) => isClaimed));
  if (maxErrors === undefined || errors < maxErrors) return;
  hear(run, {
    kind: 'stop',
    stop: {
      message: `stopped: ${errors} not accepted (--max-errors ${maxErrors})`,
      hint: 'Check the reasons and fix what you can, then run the same command again. It sends only what is left.',
      exit: exitCodes.notAllAccepted,
    },
  });
}

/**
 * Ends a request that is not sent any more. A call that the service refused alone is rejected where the run came to its end;
 * where it did not, the service may refuse everything, and the next run tries it.
 */
export async function abandon(run: DeliveryRun, request: Request): Promise<void> {
  const { isClaimed, tries, route, awaitsHealth, why = '' } = request;
  const reason = whyNotSent(run);
  const wasBegun = isClaimed || tries > 0 || route === 'look';
  if (!wasBegun) return tell(run, await notSent(run, callsOf(request), reason));
  const rules = { now: run.deps.now() };
  if (awaitsHealth !== true) return conclude(run, request, afterEnd(request, { givenUp: reason }, rules));
  const isRejected = !run.halted.aborted && run.health.trouble === undefined;
  const end = isRejected ? { rejected: why } : { givenUp: `${reason}; the service refused it: ${why}` };
  await conclude(run, request, afterEnd(request, end, rules));
}

/** Tells of calls that an error of ours left without an outcome: nobody knows what became of them. */
export async function tellFailed(
  run: DeliveryRun,
  calls: readonly OutgoingCall[],
  error: unknown,
): Promise<void> {
  const { repeated } = run.calls;
  // Of a call that comes only once it is not known whether it was told before the error.
  const open = calls.filter(({ call }) => repeated?.has(call.uuid) === false || isUnderWay(run.calls, call));
  const reason = `amocalls failed while it sent this: ${String(error)}`;
  countErrors(run, open.length);
  await tell(
    run,
    open.map((entry) => outcomeOf(entry, 'unconfirmed', [reason])),
  );
}
