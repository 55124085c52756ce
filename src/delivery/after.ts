// What follows from the answer to a request, pure: settled, sent again, searched for the calls at fault.

import type { Call } from '../core/call.js';
import { isPastWaiting, type Settlement } from '../core/ledger.js';
import type { LostAnswer, NotReceived, Refused, SendResult, Stopped, Verdicts } from '../core/send-result.js';
import type { SearchResult } from '../destinations/destination.js';
import type { HealthEvent } from './health.js';
import type { DeliveryOptions } from './options.js';
import {
  callsOf,
  halve,
  type OutgoingCall,
  outside,
  partOf,
  type Request,
  searchIn,
  searchOn,
} from './request.js';

/** What decides about sending again. */
export interface SendingRules extends Pick<DeliveryOptions, 'onLostAnswer' | 'onTrouble' | 'retries'> {
  /** Whether the run has a retry left. */
  readonly mayRetry: boolean;
  /** The service can be asked for a call whose answer was lost: it is, before the call is sent again. */
  readonly canBeAsked: boolean;
  /** Not too many calls wait for a look already. */
  readonly hasRoomToLook: boolean;
  /** Whether another method of the service takes a call that the usual one cannot take yet. */
  readonly takesElsewhere: (call: Call) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A number in [0, 1) that spreads pauses. */
  readonly chance: number;
}

/** A call, and what became of it. */
export interface SettledCall extends Settlement {
  readonly entry: OutgoingCall;
}

/** What follows from the answer to a request: each of its calls, those behind it included, is settled or sent again. */
export interface Next {
  readonly settle: readonly SettledCall[];
  readonly again: readonly Request[];
  readonly health: HealthEvent;
  /** The service wants fewer requests, and none for so many milliseconds. */
  readonly throttledMs?: number;
}

/**
 * Decides what follows from the answer to a request, or from its absence, within a run: what may
 * have arrived is not sent again unless the user says so, what surely did not is; a refused request is cut down to the
 * calls at fault; a call that the service cannot take yet waits, or goes elsewhere.
 */
export function after(request: Request, answer: SendResult, rules: SendingRules): Next {
  const next = followed(request, answer, rules);
  const settle = next.settle.map((verdict) => finalOf(verdict, request, rules));
  return rules.canBeAsked && rules.hasRoomToLook
    ? lookedFor({ ...next, settle }, rules)
    : { ...next, settle };
}

/** A gateway gives up while the service is still at work: no look earlier than this after a request; milliseconds. */
export const lookAfterMs = 5 * 60_000;

/** What may have arrived is looked for before it is settled. */
function lookedFor(next: Next, { now }: SendingRules): Next {
  const isUnconfirmed = ({ state }: SettledCall) => state === 'unconfirmed';
  const calls = next.settle
    .filter(isUnconfirmed)
    .map(({ entry, reasons = [] }) => ({ ...entry, lost: reasons.join('; ') }));
  const looks = partOf(calls, 'look').map((look) => ({
    ...look,
    sentAt: now,
    notBefore: now + lookAfterMs,
  }));
  const settle = next.settle.filter((verdict) => !isUnconfirmed(verdict));
  return { ...next, settle, again: [...next.again, ...looks] };
}

/**
 * Decides what follows from a look: what was found is accepted; what is missing is sent again where the user wants that, in
 * a run that ends once; of the rest nobody will know more in this run.
 */
export function afterLook(
  request: Request,
  { found, missing }: SearchResult,
  rules: Pick<SendingRules, 'onLostAnswer' | 'onTrouble' | 'now'>,
): Pick<Next, 'settle' | 'again'> {
  const settle: SettledCall[] = [];
  const again: OutgoingCall[] = [];
  for (const entry of request.calls) {
    const { uuid } = entry.call;
    const isMissing = missing.has(uuid);
    const isOnce = rules.onTrouble === 'stop' && entry.wasMissing === true;
    if (found.has(uuid)) {
      settle.push({ entry, uuid, state: 'accepted', receipt: found.get(uuid) });
    } else if (isMissing && rules.onLostAnswer === 'resend' && !isOnce) {
      const { lost, ...earlier } = entry;
      again.push({ ...(request.isClaimed ? entry : earlier), wasMissing: true });
    } else {
      const reasons = [entry.lost ?? '', ...(isMissing ? ['no note of this call was found'] : [])];
      settle.push({ entry, uuid, state: 'unconfirmed', reasons });
    }
  }
  return {
    settle: settle.map((verdict) => finalOf(verdict, request, rules)),
    again: partOf(again, 'usual').map((part) => ({ ...part, isClaimed: request.isClaimed })),
  };
}

function followed(request: Request, answer: SendResult, rules: SendingRules): Next {
  switch (answer.kind) {
    case 'answered':
      return afterVerdicts(request, answer.verdicts, rules);
    case 'refused':
      return afterRefusal(request, answer, rules);
    case 'stop':
      return afterStop(request, answer);
    default:
      return afterFailure(request, answer, rules);
  }
}

function afterVerdicts(request: Request, verdicts: Verdicts, rules: SendingRules): Next {
  const { named, silent } = byName(request, verdicts);
  const { settle, moved } = divide(named, request, rules);
  const accepted = settle.filter(({ state }) => state === 'accepted').length;
  const health: HealthEvent =
    named.length > 0
      ? { kind: 'named', accepted }
      : { kind: 'lost', why: 'the answer named no call of the request', isRetried: false };
  const all = silent.length === 0 ? settle : [...settle, ...silent.map(unnamed)];
  return { settle: all, again: [...searchOn(request), ...moved], health };
}

function afterRefusal(request: Request, refusal: Refused, rules: SendingRules): Next {
  const { calls, route, search } = request;
  const { reason: why, named: verdicts, tooLarge } = refusal;
  const { named, silent } = byName(request, verdicts ?? nothing);
  if (named.length > 0) {
    const { settle, moved } = divide(named, request, rules);
    const others = search === undefined ? silent : [...silent, ...search.suspects, ...search.rest];
    return { settle, again: [...partOf(others, route), ...moved], health: { kind: 'named', accepted: 0 } };
  }
  const [entry] = calls;
  if (calls.length === 1 && entry !== undefined) return afterLoneRefusal(request, entry, { why, rules });
  const [first, second] = halve(calls);
  const isSize = tooLarge && search === undefined;
  const again = isSize ? [...partOf(first, route), ...partOf(second, route)] : searchIn(request);
  return { settle: [], again, health: { kind: 'refused', why } };
}

/** How long a run without an end waits before it tries a call again that was refused alone, in milliseconds. */
const loneRefusalMs = 5 * 60_000;

/**
 * A service that refuses everything refuses good calls as well. So a call that was refused alone is sent once more after the
 * service named others in an answer, and is rejected if it is refused then too.
 */
function afterLoneRefusal(
  request: Request,
  entry: OutgoingCall,
  { why, rules }: { readonly why: string; readonly rules: SendingRules },
): Next {
  const { uuid } = entry.call;
  const health: HealthEvent = { kind: 'refused', why, uuid };
  if (entry.wasRefused === true && request.awaitsHealth !== true) {
    const rejected: SettledCall = { entry, uuid, state: 'rejected', reasons: [why] };
    return { settle: [rejected], again: outside(request), health };
  }
  const { search: _, notBefore: _before, ...same } = request;
  const alone: Request = {
    ...same,
    calls: [{ ...entry, wasRefused: true }],
    tries: request.tries + 1,
    awaitsHealth: true,
    why,
    ...(rules.onTrouble === 'wait' && { notBefore: rules.now + loneRefusalMs }),
  };
  return { settle: [], again: [alone, ...outside(request)], health };
}

function afterStop(request: Request, { reason, hint, exit, mayHaveCalls }: Stopped): Next {
  const health: HealthEvent = { kind: 'stop', stop: { message: reason, hint, exit } };
  const settle = request.calls.map((entry) => givenUp(entry, reason, mayHaveCalls === true));
  return { settle, again: searchOn(request), health };
}

function afterFailure(request: Request, failure: NotReceived | LostAnswer, rules: SendingRules): Next {
  const { calls, tries } = request;
  const isLost = failure.kind === 'lost';
  const pause = backOff(failure, tries + 1, rules.chance);
  const isRetried = maySendAgain(request, failure, rules);
  const health = eventOf(failure, calls.length, isRetried);
  const isPaused = isThrottled(failure);
  const throttled = isPaused ? { throttledMs: pause } : {};
  if (!isRetried) {
    const settle = calls.map((entry) => givenUp(entry, failure.reason, isLost));
    return { settle, again: searchOn(request), health, ...throttled };
  }
  const again: Request = {
    ...request,
    calls: isLost ? calls.map((entry) => ({ ...entry, lost: failure.reason })) : calls,
    tries: tries + 1,
    why: failure.reason,
    // Where the service wants fewer requests, and in a run that waits for it, all requests pause.
    ...(rules.onTrouble === 'stop' && !isPaused && { notBefore: rules.now + pause }),
  };
  return { settle: [], again: [again], health, ...throttled };
}

/** Only what surely never arrived is sent again, what sending twice does no harm to, and what the user decided so. */
function maySendAgain(
  { route, tries }: Request,
  { kind }: NotReceived | LostAnswer,
  rules: SendingRules,
): boolean {
  const staysLost = rules.onLostAnswer === 'hold' || rules.canBeAsked;
  if (kind === 'lost' && staysLost && route !== 'correction') return false;
  return rules.onTrouble === 'wait' || (tries < rules.retries && rules.mayRetry);
}

function eventOf(failure: NotReceived | LostAnswer, calls: number, isRetried: boolean): HealthEvent {
  const { reason: why } = failure;
  if (failure.kind === 'not received') {
    return { kind: 'not received', why, isRetried, isAsked: failure.waitMs !== undefined };
  }
  return { kind: 'lost', why, isRetried, ...(failure.tooSlow === true && { tooSlow: calls }) };
}

/** Exponential back-off with full jitter; a throttled service gets longer pauses. Milliseconds. */
const pauses = {
  ordinary: { base: 500, cap: 20_000 },
  throttled: { base: 1000, cap: 60_000 },
} as const;

function isThrottled(failure: NotReceived | LostAnswer): boolean {
  return failure.kind === 'not received' && (failure.throttled || failure.waitMs !== undefined);
}

/** How long to wait before the next try, after so many of them (from 1): at least as long as the service asked for. */
function backOff(failure: NotReceived | LostAnswer, tries: number, chance: number): number {
  const { base, cap } = isThrottled(failure) ? pauses.throttled : pauses.ordinary;
  const asked = failure.kind === 'not received' ? (failure.waitMs ?? 0) : 0;
  return Math.max(asked, chance * Math.min(cap, base * 2 ** (tries - 1)));
}

/** Decides what becomes of a request that is not sent any more: its calls are rejected for a reason, or given up for one. */
export function afterEnd(
  request: Request,
  end: { readonly rejected: string } | { readonly givenUp: string },
  rules: Pick<SendingRules, 'now'>,
): Pick<Next, 'settle' | 'again'> {
  const settle = callsOf(request).map((entry): SettledCall => {
    if ('givenUp' in end) return givenUp(entry, end.givenUp);
    return { entry, uuid: entry.call.uuid, state: 'rejected', reasons: [end.rejected] };
  });
  return { settle: settle.map((verdict) => finalOf(verdict, request, rules)), again: [] };
}

/** What is known of a call that is not sent again: the service may have it, or surely has not. */
export function givenUp(entry: OutgoingCall, reason: string, isLost = false): SettledCall {
  const { uuid } = entry.call;
  const lost = isLost ? reason : entry.lost;
  return lost === undefined
    ? { entry, uuid, state: 'unsent', reasons: [reason] }
    : { entry, uuid, state: 'unconfirmed', reasons: [lost] };
}

function unnamed(entry: OutgoingCall): SettledCall {
  const { uuid } = entry.call;
  return { entry, uuid, state: 'unconfirmed', reasons: ['the answer did not name this uuid'] };
}

/** The verdicts on single calls: all but what is only told. */
type NamedVerdicts = Partial<Pick<Verdicts, 'accepted' | 'receipts'>> &
  Pick<Verdicts, 'rejected' | 'deferred'>;

const nothing: NamedVerdicts = { rejected: new Map() };

/** The calls of a request of which the service said something, and the others. */
function byName({ calls }: Request, verdicts: NamedVerdicts) {
  const named: SettledCall[] = [];
  const silent: OutgoingCall[] = [];
  for (const entry of calls) {
    const verdict = verdictOn(entry, verdicts);
    if (verdict === undefined) silent.push(entry);
    else named.push(verdict);
  }
  return { named, silent };
}

/** What a service said of a call; undefined where it said nothing. */
function verdictOn(
  entry: OutgoingCall,
  { accepted, receipts, rejected, deferred }: NamedVerdicts,
): SettledCall | undefined {
  const { uuid } = entry.call;
  if (accepted?.has(uuid) === true) {
    return { entry, uuid, state: 'accepted', receipt: receipts?.get(uuid) };
  }
  const reasons = rejected.get(uuid);
  if (reasons !== undefined) return { entry, uuid, state: 'rejected', reasons };
  const waits = deferred?.get(uuid);
  return waits === undefined ? undefined : { entry, uuid, state: 'waiting', reasons: waits };
}

/** Divides what is known: the results, and the calls that another method of the service takes. */
function divide(known: readonly SettledCall[], { route }: Request, { takesElsewhere }: SendingRules) {
  const isMoved = ({ entry, state }: SettledCall) =>
    route === 'usual' && state === 'waiting' && takesElsewhere(entry.call);
  const moved = known.filter(isMoved).map(({ entry }) => entry);
  if (moved.length === 0) return { settle: known, moved: [] };
  return { settle: known.filter((one) => !isMoved(one)), moved: partOf(moved, 'fallback') };
}

/** A call that has waited for too long is rejected; one whose note could not be written over stays as it was. */
function finalOf(
  verdict: SettledCall,
  { route, receipt, sentAt }: Request,
  { now }: Pick<SendingRules, 'now'>,
): SettledCall {
  const { entry, state, reasons = [] } = verdict;
  if (route === 'correction') return corrected(verdict, receipt);
  if (state === 'unconfirmed' && sentAt !== undefined) return { ...verdict, at: Math.floor(sentAt / 1000) };
  if (state !== 'waiting' || !isPastWaiting(entry.call, now / 1000)) return verdict;
  return { ...verdict, state: 'rejected', reasons: [...reasons, 'the call is more than 18 hours old'] };
}

function corrected(verdict: SettledCall, kept: Request['receipt']): SettledCall {
  const { entry, uuid, state, reasons = [], receipt = kept } = verdict;
  if (state === 'accepted') return { entry, uuid, state, corrected: entry.call, receipt };
  const told = reasons.map((reason) => `not corrected: ${reason}`);
  return { entry, uuid, state: state === 'rejected' ? state : 'unsent', reasons: told };
}
