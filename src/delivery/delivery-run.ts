// All that changes while calls are sent, in one place.

import { durationText } from '../core/display.js';
import type { ClaimPolicy } from '../core/ledger.js';
import type { Outcome } from '../core/outcome.js';
import { type BoundedQueue, createBoundedQueue } from './bounded-queue.js';
import type { CallsUnderWay } from './calls-under-way.js';
import { fold, type Health, type HealthEvent, news, type Stop, unknownHealth, whyStopped } from './health.js';
import type { DeliveryDeps, DeliveryOptions } from './options.js';
import type { Request } from './request.js';

/** A time in which nothing is sent, and why; milliseconds since 1970. */
export interface Wait {
  readonly until: number;
  readonly why: string;
}

/** What is shown as waited for: until a time, or since one (milliseconds since 1970). */
export type ShownWait = Wait | { readonly why: string; readonly since: number };

/** All that changes while calls are sent, in one place. */
export interface DeliveryRun {
  readonly options: DeliveryOptions;
  readonly deps: DeliveryDeps;
  readonly policy: ClaimPolicy;
  health: Health;
  /** What was begun and is to be sent, in this order, when its time comes. */
  again: readonly Request[];
  /** What was read, and not begun. */
  fresh: readonly Request[];
  /** When each request left that has no answer, in their order; milliseconds since 1970. */
  readonly awaited: Set<{ readonly since: number }>;
  /** Requests that a worker has. */
  working: number;
  /** Nothing more is read. */
  isClosed: boolean;
  readonly calls: CallsUnderWay;
  readonly outcomes: BoundedQueue<readonly Outcome[]>;
  /** Calls that the service may have: it is asked for them before they have an outcome. */
  looks: readonly Request[];
  /** The service can be asked for calls, as far as this run knows. */
  mayLook: boolean;
  /** Calls that `--max-errors` counts. */
  errors: number;
  failure: unknown;
  readonly halting: AbortController;
  /** Aborts when the run is to send nothing more, the user's interruption included. */
  readonly halted: AbortSignal;
  /** To be called when anything here changed that somebody may wait for; once. */
  waiters: readonly (() => void)[];
  /** One request after the other waits for its slot: slots taken far ahead would keep the rate of when they were taken. */
  turns: Promise<boolean>;
  /** Why nothing is sent now, and until when. */
  wait: Wait | undefined;
  /** The wait that the user was told of last. */
  told: Wait | undefined;
  /** What is waited for without anything being wrong, of which the user was told; each once. */
  readonly toldOf: Set<string>;
}

/** A run that has sent nothing. */
export function newRun(options: DeliveryOptions, deps: DeliveryDeps): DeliveryRun {
  const halting = new AbortController();
  const run: DeliveryRun = {
    options,
    deps,
    policy: claimPolicy(options, deps),
    health: unknownHealth,
    again: [],
    fresh: [],
    awaited: new Set(),
    working: 0,
    isClosed: false,
    calls: { repeated: options.repeated, joinsRows: options.onTrouble === 'wait', open: new Map(), late: 0 },
    looks: [],
    mayLook: deps.destination.find !== undefined,
    outcomes: createBoundedQueue(options.concurrency + 4),
    errors: 0,
    failure: undefined,
    halting,
    halted: AbortSignal.any([deps.interrupt, halting.signal]),
    waiters: [],
    turns: Promise.resolve(true),
    wait: undefined,
    told: undefined,
    toldOf: new Set(),
  };
  run.halted.addEventListener('abort', () => ring(run));
  return run;
}

/** Which of the calls that the ledger knows may be sent again. */
function claimPolicy(
  { resend: accepted, resendChanged: changed, onLostAnswer }: DeliveryOptions,
  { destination: { letsWait, find } }: DeliveryDeps,
): ClaimPolicy {
  // Where the service can be asked, only what a look did not find is sent again.
  const policy = { accepted, unconfirmed: onLostAnswer === 'resend' && find === undefined, changed };
  return letsWait === undefined ? policy : { ...policy, isDue: (call) => !letsWait(call) };
}

/** Wakes all who wait for a change. */
export function ring(run: DeliveryRun): void {
  const { waiters } = run;
  run.waiters = [];
  for (const wake of waiters) wake();
}

/** Puts requests back that go before all others. */
export function putFirst(run: DeliveryRun, requests: readonly Request[]): void {
  run.again = [...requests, ...run.again];
}

/** Puts requests back that come after all that were begun. */
export function putLast(run: DeliveryRun, requests: readonly Request[]): void {
  run.again = [...run.again, ...requests];
}

/** Waits until something changes. */
export function changed(run: DeliveryRun): Promise<void> {
  return new Promise((resolve) => {
    run.waiters = [...run.waiters, resolve];
  });
}

/** Waits so many milliseconds, or until something changes. */
export async function changedWithin(run: DeliveryRun, milliseconds: number): Promise<void> {
  const waking = new AbortController();
  run.waiters = [...run.waiters, () => waking.abort()];
  await run.deps.sleep(milliseconds, waking.signal);
}

/** A shorter wait is only shown, in milliseconds. */
const toldWaitMs = 10_000;

/** Shows a wait for other runs while it lasts; the first of a kind that is long is told too. */
export function showWait(run: DeliveryRun, wait: Wait, now: number): void {
  run.wait = wait;
  if (wait.until - now <= toldWaitMs || run.toldOf.has(wait.why)) return;
  run.toldOf.add(wait.why);
  run.deps.note(`${wait.why}: waiting up to ${durationText((wait.until - now) / 1000)}`);
}

/** An answer is slow after so many milliseconds. */
const slowMs = 10_000;
const slow = 'the service has not answered';

/** Sends, and remembers since when the answer is awaited. The first one that is slow is told. */
export async function awaitAnswer<T>(run: DeliveryRun, send: () => Promise<T>): Promise<T> {
  const { awaited, deps, options } = run;
  const one = { since: deps.now() };
  awaited.add(one);
  // A service answers in real time. A signal a request would cost more than the request.
  const timer = setTimeout(() => {
    if (run.toldOf.has(slow)) return;
    run.toldOf.add(slow);
    deps.note(
      `${slow} for ${durationText(slowMs / 1000)}`,
      `It has ${durationText(options.timeout)} for its answer (--timeout).`,
    );
  }, slowMs).unref();
  try {
    return await send();
  } finally {
    awaited.delete(one);
    clearTimeout(timer);
  }
}

const stopping = 'stopping when the service has answered (Ctrl-C again stops at once)';

/** What the run waits for now; undefined while requests leave. */
export function shownWait({ awaited, wait, deps }: DeliveryRun): ShownWait | undefined {
  const [oldest] = awaited;
  if (oldest === undefined || (wait !== undefined && !deps.interrupt.aborted)) return wait;
  return { why: deps.interrupt.aborted ? stopping : 'waiting for an answer', since: oldest.since };
}

/** Takes what an exchange says of the service: tells the user what is new, and ends the run where that must be. */
export function hear(run: DeliveryRun, event: HealthEvent): void {
  const { deps, options } = run;
  const before = run.health;
  const now = deps.now();
  run.health = fold(before, event, { now, chance: deps.random() }, options);
  for (const { kind, text, hint } of news(before, run.health, now, options)) deps[kind](text, hint);
  if (event.kind === 'named') {
    run.told = undefined;
    if (run.again.some(({ awaitsHealth }) => awaitsHealth)) run.again = run.again.map(freed);
  }
  if (run.health.stop !== undefined) run.halting.abort();
  if (event.kind !== 'sent') ring(run);
}

/** The service takes calls: one that it refused alone is tried again at once. */
function freed(request: Request): Request {
  if (request.awaitsHealth !== true) return request;
  const { awaitsHealth: _, notBefore: _before, ...same } = request;
  return same;
}

/** Something broke that no request can fix (the ledger, a bug): the run ends with this error, the first of them. */
export function fail(run: DeliveryRun, error: unknown): void {
  run.failure ??= error;
  run.halting.abort();
}

/** Why nothing more is sent, for the calls that were not. */
export function whyNotSent({ health, failure }: DeliveryRun): string {
  if (health.stop !== undefined) return health.stop.message;
  return failure instanceof Error ? failure.message : 'the run was interrupted before this call was sent';
}

/** Why the run ended before its input did, or without reaching the service. */
export function stopOf({ health }: DeliveryRun): Stop | undefined {
  return whyStopped(health);
}
