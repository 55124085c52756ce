// Which request leaves next, and when.

import { durationText, utcTime } from '../core/display.js';
import { changed, changedWithin, type DeliveryRun, fail, hear, ring } from './delivery-run.js';
import { type Said, say, withClock } from './health.js';
import { longestSleepMs } from './rate-limiter.js';
import type { Request } from './request.js';

/** Adds what was read, as soon as there is a place for it; false where the run is over, and nothing more is sent. */
export async function put(run: DeliveryRun, request: Request): Promise<boolean> {
  const isFull = () => countUnderWay(run) >= run.options.concurrency;
  while (isFull() && !run.halted.aborted) await changed(run);
  if (run.halted.aborted) return false;
  run.fresh = [...run.fresh, request];
  ring(run);
  return true;
}

/** A call that only waits for the service to name others takes no place. */
function countUnderWay({ working, again, fresh }: DeliveryRun): number {
  return working + fresh.length + again.filter(({ awaitsHealth }) => awaitsHealth !== true).length;
}

/** Takes the next request when its time has come and the service takes calls; undefined when the work is done or over. */
export async function take(run: DeliveryRun): Promise<Request | undefined> {
  while (!run.halted.aborted) {
    const now = run.deps.now();
    const next = soonest(run, now);
    if (next === undefined && run.isClosed && run.working === 0) return undefined;
    run.health = withClock(run.health, now);
    const said = next && say(run.health, next.at, run.options);
    if (typeof said === 'object' && 'stop' in said) {
      hear(run, { kind: 'stop', stop: said.stop });
    } else if (next === undefined || said === undefined || isTried(run)) {
      await changed(run);
    } else if (said === 'send' && next.at <= now) {
      return begin(run, next.request);
    } else {
      await pause(run, said, next);
    }
  }
  return undefined;
}

/** Takes all that is left, of a run that is over. */
export function takeAll(run: DeliveryRun): readonly Request[] {
  const rest = [...run.looks, ...run.again, ...run.fresh];
  run.looks = [];
  run.again = [];
  run.fresh = [];
  return rest;
}

/** A service in trouble is tried with one request at a time. */
function isTried({ health, working }: DeliveryRun): boolean {
  return health.trouble !== undefined && working > 0;
}

function begin(run: DeliveryRun, request: Request): Request {
  run.wait = undefined;
  run.again = run.again.filter((one) => one !== request);
  run.fresh = run.fresh.filter((one) => one !== request);
  run.looks = run.looks.filter((one) => one !== request);
  run.working += 1;
  return request;
}

/** A request, and when it may leave (milliseconds since 1970). */
interface Due {
  readonly request: Request;
  readonly at: number;
}

/** The request that may leave first: what was begun goes before a look that is due, that before what was read, and all before a call that was refused alone. */
function soonest(run: DeliveryRun, now: number): Due | undefined {
  let first: Due | undefined;
  for (const request of inOrder(run, now)) {
    const at = timeOf(request, now, run.isClosed);
    if (at !== undefined && (first === undefined || at < first.at)) first = { request, at };
    if (first?.at === now) break;
  }
  return first;
}

function inOrder(run: DeliveryRun, now: number): readonly Request[] {
  const { again, fresh, isClosed, options, health } = run;
  // A run that ends looks for all its calls at its end.
  const looks = options.onTrouble === 'wait' && !isClosed ? run.looks : [];
  if (again.length + looks.length === 0) return fresh;
  const awaitsOthers = ({ awaitsHealth }: Request) => awaitsHealth === true;
  const begun = again.filter((request) => !awaitsOthers(request));
  // A log that is read for hours must not hold up looks that are due; one of them says nothing of a service in trouble.
  const isDue = ({ notBefore = now }: Request) => health.trouble === undefined && notBefore <= now;
  const due = looks.filter(isDue);
  const others = looks.filter((look) => !isDue(look));
  return [...begun, ...due, ...fresh, ...again.filter(awaitsOthers), ...others];
}

/** A request waits no longer than this; more is the work of a clock that was set. Milliseconds. */
const longestDelayMs = 10 * 60_000;

/** When a request may leave; undefined where it only waits for an answer to others, which no longer come when nothing is read. */
function timeOf({ notBefore, awaitsHealth }: Request, now: number, isClosed: boolean): number | undefined {
  if (awaitsHealth === true && (isClosed || notBefore === undefined)) return undefined;
  if (notBefore === undefined || notBefore - now > longestDelayMs) return now;
  return Math.max(now, notBefore);
}

/** A wait that is shorter is not told, and one that ends little later than the last one is no news; milliseconds. */
const toldMs = { shortest: 1000, later: 5000 };

/**
 * Waits until a request may leave, or until something changes. A pause that the service asked for is told when it begins, the
 * retry of a request that failed once until the service answers; of a service in trouble the user knows.
 */
async function pause(
  run: DeliveryRun,
  said: Exclude<Said, { readonly stop: unknown }>,
  { request, at }: Due,
): Promise<void> {
  const { deps, told } = run;
  const isAsked = said !== 'send' && said.isAsked;
  const until = said === 'send' ? at : said.until;
  const why = isAsked ? said.why : said === 'send' ? retryOf(request, run.options.retries) : undefined;
  const left = until - deps.now();
  if (why !== undefined && left > toldMs.shortest) {
    run.wait = { until, why };
    if (told === undefined || (isAsked && until >= told.until + toldMs.later)) {
      run.told = run.wait;
      const length = durationText(left / 1000);
      deps.note(
        isAsked ? `${why}: nothing is sent for ${length}, until ${utcTime(until)}` : `${why} in ${length}`,
      );
    }
  }
  await changedWithin(run, Math.min(Math.ceil(left), longestSleepMs));
  if (isAsked && until > deps.now() && !run.halted.aborted) await hearOfEnd(run);
}

/** Why a request that failed is sent again, and how often it was; undefined of any other. */
function retryOf({ why, awaitsHealth, tries }: Request, retries: number): string | undefined {
  if (why === undefined || awaitsHealth === true) return undefined;
  return `${why}, try ${tries + 1} of ${retries + 1}`;
}

/** A pause that the ledger no longer has was lifted by the user. */
async function hearOfEnd(run: DeliveryRun): Promise<void> {
  try {
    if ((await run.deps.ledger.pausedUntil()) <= run.deps.now()) hear(run, { kind: 'resumed' });
  } catch (error) {
    fail(run, error);
  }
}
