// What a run knows of the service, pure: whether to send, to wait until when, to stop.

import { durationText, utcTime } from '../core/display.js';
import { type ExitCode, exitCodes } from '../core/errors.js';
import type { DeliveryOptions } from './options.js';

/** Why a run ended before its input did. */
export interface Stop {
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
}

/** What a run does about a service in trouble: end (`import`, `add`), or wait for it without an end (`follow`). */
export type HealthRules = Pick<DeliveryOptions, 'onTrouble' | 'retries'>;

/** What one exchange with the service says about its health. */
export type HealthEvent =
  /** A request leaves; `isRetry`: its body left before. */
  | { readonly kind: 'sent'; readonly isRetry: boolean }
  /** An answer named calls, and accepted so many of them. */
  | { readonly kind: 'named'; readonly accepted: number }
  /** A request was refused by an answer that names no call; `uuid`: of the only call in it. */
  | { readonly kind: 'refused'; readonly why: string; readonly uuid?: string }
  /** The service surely has nothing of a request; `isAsked`: it said when to come back. */
  | {
      readonly kind: 'not received';
      readonly why: string;
      readonly isRetried: boolean;
      readonly isAsked: boolean;
    }
  /** The service may have it; `tooSlow`: it was too slow for so many calls. */
  | { readonly kind: 'lost'; readonly why: string; readonly isRetried: boolean; readonly tooSlow?: number }
  /** The service wants no request before a time, from this run or another one; milliseconds since 1970. */
  | { readonly kind: 'pause'; readonly until: number; readonly why: string }
  /** The pause that the service asked for was lifted (`amocalls history resume`). */
  | { readonly kind: 'resumed' }
  | { readonly kind: 'stop'; readonly stop: Stop };

/** A time in which nothing is sent; milliseconds since 1970. */
interface Pause {
  readonly from: number;
  readonly until: number;
  readonly why: string;
}

/** A service that takes no calls, as a run without an end waits for it. */
interface Trouble extends Pause {
  readonly since: number;
  /** The next pause, in milliseconds. */
  readonly next: number;
}

/** What a run knows of the service, and what its requests took. */
export interface Health {
  /** Requests whose body left for the first time, and bodies that left again. */
  readonly requests: number;
  readonly retries: number;
  /** Retries that were granted, sent or not. */
  readonly granted: number;
  /** Requests in a row that failed for good. */
  readonly failures: number;
  /** Calls that were refused alone since an answer last named calls. */
  readonly refused: ReadonlySet<string>;
  readonly hasAccepted: boolean;
  /** Whether the service ever said anything, if only when to come back; and whether it ever answered a request. */
  readonly isHeard: boolean;
  readonly isAnswered: boolean;
  /** Since when it is silent, where it never said anything (milliseconds since 1970). */
  readonly silent?: { readonly since: number; readonly why: string };
  readonly lastFailure?: string;
  /** Calls in a request at most, since the service was too slow for more. */
  readonly mostCalls: number;
  /** What the service asked for. */
  readonly pause?: Pause;
  readonly trouble?: Trouble;
  readonly stop?: Stop;
}

/** Nothing was sent, and nothing is known. */
export const unknownHealth: Health = {
  requests: 0,
  retries: 0,
  granted: 0,
  failures: 0,
  refused: new Set(),
  hasAccepted: false,
  isHeard: false,
  isAnswered: false,
  mostCalls: Number.POSITIVE_INFINITY,
};

/** So many requests in a row that failed for good end a run. */
const failureLimit = 5;
/** So many different calls in a row that were refused alone are trouble; more where the run had calls accepted before. */
const refusalLimit = { first: 10, later: 100 };
/** Where nothing was ever said, no try leaves later than so long after the first that failed, in milliseconds. */
const silenceLimitMs = 50_000;
/** When the service asks for a longer pause than this, a run ends and says when to come back. */
const endingPauseMs = 120_000;
/** A run without an end, and all that share the ledger, wait so long at most for what the service asks. */
export const obeyedPauseMs = 3_600_000;
/** The first pause of a run without an end, and the longest; milliseconds. */
const troublePauses = { first: 1000, longest: 5 * 60_000 };
const day = 86_400_000;

/** When an event was heard (milliseconds since 1970), and a number in [0, 1) that spreads pauses. */
interface Moment {
  readonly now: number;
  readonly chance: number;
}

/** What is known after an event. */
export function fold(
  health: Health,
  event: HealthEvent,
  { now, chance }: Moment,
  rules: HealthRules,
): Health {
  switch (event.kind) {
    case 'sent':
      return event.isRetry
        ? { ...health, retries: health.retries + 1 }
        : { ...health, requests: health.requests + 1 };
    case 'named': {
      const { trouble: _, ...rest } = health;
      const hasAccepted = health.hasAccepted || event.accepted > 0;
      return { ...rest, ...heard, hasAccepted, failures: 0, refused: unknownHealth.refused };
    }
    case 'refused':
      return foldRefused(health, event, { now, chance }, rules);
    case 'pause':
      return foldPause(health, event, now, rules);
    case 'resumed': {
      const { pause: _, ...rest } = health;
      return rest;
    }
    case 'stop':
      return halted(health, event.stop);
    default:
      return foldFailed(health, event, { now, chance }, rules);
  }
}

const heard = { isHeard: true, isAnswered: true };

function foldRefused(
  health: Health,
  { why, uuid }: Extract<HealthEvent, { kind: 'refused' }>,
  moment: Moment,
  rules: HealthRules,
): Health {
  const refused = uuid === undefined ? health.refused : new Set([...health.refused, uuid]);
  const failures = uuid === undefined ? health.failures : 0;
  const after = { ...health, ...heard, refused, failures };
  if (rules.onTrouble === 'wait')
    return refused.size < refusalLimit.first ? after : inTrouble(after, why, moment);
  const limit = health.hasAccepted ? refusalLimit.later : refusalLimit.first;
  return refused.size < limit ? after : halted(after, refusesAll(why, refused.size));
}

function foldFailed(
  health: Health,
  event: Extract<HealthEvent, { kind: 'not received' | 'lost' }>,
  moment: Moment,
  rules: HealthRules,
): Health {
  const { kind, why, isRetried } = event;
  const said = kind === 'lost' ? foldLost(health, event) : foldSilence(health, event, moment.now);
  const granted = isRetried ? said.granted + 1 : said.granted;
  if (rules.onTrouble === 'wait') {
    // A service that says when to come again is not down: its pause is obeyed instead.
    const isAsked = kind === 'not received' && event.isAsked;
    return isAsked ? { ...said, granted } : inTrouble({ ...said, granted }, why, moment);
  }
  if (isRetried) return { ...said, granted };
  const failures = said.failures + 1;
  const after = { ...said, failures };
  return failures < failureLimit
    ? after
    : halted(after, keepsFailing(`${failureLimit} requests in a row`, why));
}

function foldLost(health: Health, { tooSlow, isRetried }: Extract<HealthEvent, { kind: 'lost' }>): Health {
  const half = tooSlow === undefined ? health.mostCalls : Math.max(1, Math.floor(tooSlow / 2));
  const isAnswered = health.isAnswered || !isRetried;
  return { ...health, isHeard: true, isAnswered, mostCalls: Math.min(health.mostCalls, half) };
}

function foldSilence(
  health: Health,
  { why, isAsked, isRetried }: Extract<HealthEvent, { kind: 'not received' }>,
  now: number,
): Health {
  const failed = isRetried ? health : { ...health, lastFailure: why };
  if (isAsked) return { ...failed, isHeard: true };
  return { ...failed, silent: { since: health.silent?.since ?? now, why } };
}

/** Requests that were under way together fail together: the pause grows once for all of them. */
function inTrouble(health: Health, why: string, { now, chance }: Moment): Health {
  const { trouble } = health;
  if (trouble !== undefined && now >= trouble.from && now < trouble.until) return health;
  const pause = trouble?.next ?? troublePauses.first;
  return {
    ...health,
    trouble: {
      since: trouble?.since ?? now,
      why: `the service does not accept calls: ${why}`,
      from: now,
      until: now + pause * (0.75 + chance / 4),
      next: Math.min(pause * 2, troublePauses.longest),
    },
  };
}

function foldPause(
  health: Health,
  { until, why }: Extract<HealthEvent, { kind: 'pause' }>,
  now: number,
  { onTrouble }: HealthRules,
): Health {
  const wait = until - now;
  if (onTrouble === 'stop' && wait > endingPauseMs) return halted(health, asksForPause(wait, now));
  const bounded = Math.min(until, now + obeyedPauseMs);
  if (health.pause !== undefined && health.pause.until >= bounded) return health;
  return { ...health, pause: { from: now, until: bounded, why } };
}

/** The first reason stays. */
function halted(health: Health, stop: Stop): Health {
  return health.stop === undefined ? { ...health, stop } : health;
}

/** Whether a request may leave, or until when nothing does, and why. */
export type Said =
  | 'send'
  | { readonly until: number; readonly why: string; readonly isAsked: boolean }
  | { readonly stop: Stop };

/**
 * Says whether a request may leave at a time (milliseconds since 1970): now, or when its turn will be.
 */
export function say(health: Health, at: number, { onTrouble }: HealthRules): Said {
  const { stop, silent, isHeard, pause, trouble } = health;
  if (stop !== undefined) return { stop };
  const longer = (pause?.until ?? at) >= (trouble?.until ?? at) ? pause : trouble;
  const leaves = Math.max(at, longer?.until ?? at);
  if (onTrouble === 'stop' && silent !== undefined && !isHeard && leaves > silent.since + silenceLimitMs) {
    return { stop: keepsFailing('it answered no request', silent.why) };
  }
  if (longer === undefined || leaves === at) return 'send';
  return { until: leaves, why: longer.why, isAsked: longer === pause };
}

/** A clock that was set back makes no pause longer. */
export function withClock(health: Health, now: number): Health {
  const { pause, trouble } = health;
  const moved = {
    ...(pause !== undefined && pause.from > now && { pause: shifted(pause, now) }),
    ...(trouble !== undefined && trouble.from > now && { trouble: shifted(trouble, now) }),
  };
  return Object.keys(moved).length === 0 ? health : { ...health, ...moved };
}

function shifted<T extends Pause>(pause: T, now: number): T {
  return { ...pause, from: now, until: now + (pause.until - pause.from) };
}

/** Calls in a request at most. A service in trouble is tried with one: what becomes of that is all that is at stake. */
export function mostCalls({ trouble, mostCalls: most }: Health): number {
  return trouble === undefined ? most : 1;
}

/** Whether one more retry is within the budget of the whole run: a tenth of its requests, and what ends a run. */
export function mayRetry({ granted, requests }: Health, { retries }: HealthRules): boolean {
  return granted < requests * 0.1 + failureLimit * retries;
}

/** Why a run ended early, or without reaching the service: that did not come to its end, however short it was. */
export function whyStopped({ stop, isAnswered, lastFailure }: Health): Stop | undefined {
  return (
    stop ??
    (isAnswered || lastFailure === undefined
      ? undefined
      : unreachable(`no request got through: ${lastFailure}`))
  );
}

/** What a user is told of a change. */
interface Notice {
  readonly kind: 'note' | 'warn';
  readonly text: string;
  readonly hint?: string;
}

/** What a user is told when one became the other. */
export function news(before: Health, after: Health, now: number, rules: HealthRules): readonly Notice[] {
  const told: Notice[] = [];
  if (before.trouble === undefined && after.trouble !== undefined) {
    const hint = 'Nothing is lost: amocalls tries again, at first every second, later every 5 minutes.';
    told.push({ kind: 'warn', text: after.trouble.why, hint });
  }
  if (before.trouble !== undefined && after.trouble === undefined) {
    const lasted = durationText((now - before.trouble.since) / 1000);
    told.push({ kind: 'note', text: `the service accepts calls again, after ${lasted}` });
  }
  if (after.mostCalls < before.mostCalls) {
    const text = `the service is slow: requests now hold at most ${after.mostCalls} calls`;
    told.push({ kind: 'note', text });
  }
  if (rules.onTrouble === 'wait' && before.refused.size === 0 && after.refused.size > 0) {
    const hint =
      'It is sent once more when the service has accepted other calls. If it is refused again, it is rejected.';
    told.push({ kind: 'note', text: 'the service refused a call without saying why', hint });
  }
  return told;
}

const tryLater = 'Nothing is lost: run the same command again later. It sends only what is left.';

function unreachable(message: string, hint = tryLater): Stop {
  return { message, hint, exit: exitCodes.unreachable };
}

function keepsFailing(what: string, reason: string): Stop {
  return unreachable(`the service kept failing (${what}): ${reason}`);
}

function refusesAll(reason: string, count: number): Stop {
  return unreachable(
    `the service refuses every call (${count} in a row): ${reason}`,
    'Send one call with "amocalls add --verbose" to see what the service says.',
  );
}

function asksForPause(wait: number, now: number): Stop {
  const back = utcTime(now + Math.min(wait, day));
  return unreachable(
    `the service asked to wait ${Math.ceil(wait / 1000)} s`,
    `Run the same command again after ${back}. It sends only what is left.`,
  );
}
