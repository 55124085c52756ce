// Which fault meets which request, by the seed, and what it makes of the answer; what the options refuse.

import { hashTexts } from '../core/hash.js';
import type { Answer, ApiRequest } from './api.js';
import {
  type AnswerFault,
  answerFaults,
  type CallFault,
  type ErrorReply,
  type Faults,
  namesOf,
  requestFaults,
} from './faults.js';
import type { Settings } from './options.js';
import { htmlPage, noContent } from './replies.js';
import type { ReceivedCall } from './store.js';

/** The faults that one request meets. */
export interface RequestFaults {
  /** The fault of the whole request. */
  readonly fault: keyof typeof requestFaults | undefined;
  readonly answer: ReadonlySet<AnswerFault>;
  /** Whether a fault meets one of its calls. */
  readonly meetsCall: (fault: CallFault, uuid: string) => boolean;
  /** How long the reply is held back. */
  readonly delayMs: number;
  /** A pseudo-random number in [0, 1) for any other purpose. */
  readonly random: (purpose: string) => number;
}

/** Requests whose attempts are counted; an older one begins anew. */
const mostAttempts = 100_000;

/**
 * Makes a plan of faults that is the same for the same seed and the same requests, in whatever order they
 * arrive: a draw depends on the seed, the request's account and least uuid, and on how many requests that began
 * with it came before. Only whether a call is rejected stays the same over all attempts.
 */
export function createFaultPlan(
  faults: Faults,
  seed: number,
  [least, most]: readonly [least: number, most: number] = [0, 0],
): (account: string, uuids: readonly string[]) => RequestFaults {
  const attempts = new Map<number, number>();
  const whole = namesOf(requestFaults).filter((name) => (faults[name] ?? 0) > 0);
  const ofAnswers = namesOf(answerFaults).filter((name) => (faults[name] ?? 0) > 0);

  return (account, uuids) => {
    const key = hashTexts([account, smallestOf(uuids)]);
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const [oldest] = attempts.keys();
    if (attempts.size > mostAttempts && oldest !== undefined) attempts.delete(oldest);

    const draw = (purpose: string) => seededRandom(seed, `${key} ${attempt} ${purpose}`);
    const hits = whole.filter((name) => draw(name) < (faults[name] ?? 0));
    return {
      fault: hits[Math.floor(draw('which') * hits.length)],
      answer: new Set(ofAnswers.filter((name) => draw(name) < (faults[name] ?? 0))),
      meetsCall: (fault, uuid) => {
        const share = faults[fault] ?? 0;
        if (share === 0) return false;
        const drawn = fault === 'reject' ? seededRandom(seed, `reject ${uuid}`) : draw(`${fault} ${uuid}`);
        return drawn < share;
      },
      delayMs: most > least ? least + draw('latency') * (most - least) : least,
      random: draw,
    };
  };
}

function smallestOf(uuids: readonly string[]): string {
  let smallest = uuids[0] ?? '';
  for (const uuid of uuids) if (uuid < smallest) smallest = uuid;
  return smallest;
}

/** A pseudo-random number in [0, 1) that depends on nothing but the seed and the text. */
export function seededRandom(seed: number, text: string): number {
  return hashTexts([String(seed), text]) / 2 ** 48;
}

/** Items in an order that is drawn: `placeOf` gives a number for each. */
export function shuffled<T>(items: readonly T[], placeOf: (item: T, index: number) => number): readonly T[] {
  return items
    .map((item, index) => ({ item, place: placeOf(item, index) }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}

/** A request with its calls, as they are before anything was decided on them. */
interface ReadRequest {
  readonly request: ApiRequest;
  readonly calls: readonly ReceivedCall['fields'][];
  readonly faults: RequestFaults;
  readonly settings: Settings;
  readonly error: ErrorReply;
}

/** The answer to a request as its fault lets the client see it, or keeps it from being handled at all. */
export function answerThroughFault(read: ReadRequest, answer: () => Answer): Answer {
  const { request, faults, settings, error } = read;
  const { fault, delayMs } = faults;
  if (fault === undefined) return { ...answer(), delayMs };
  const { retryAfterSeconds } = settings;
  const answered = requestFaults[fault].queues ? answer() : { reply: noContent, calls: unqueued(read.calls) };
  const body = answered.reply.kind === 'response' ? answered.reply.body : '';
  const facts = { path: request.path, answer: body, error, retryAfterSeconds, now: settings.now() };
  return { ...answered, reply: requestFaults[fault].reply(facts), fault, delayMs };
}

/** What the options of the sandbox refuse as a whole: too many calls, a uuid that is in them. */
export function refuseCalls({ calls, settings, error }: ReadRequest): Answer | undefined {
  if (calls.length > settings.maxCalls) {
    return {
      reply: htmlPage(413),
      fault: 'too many calls',
      calls: unqueued(calls),
    };
  }
  if (!calls.some(({ uuid = '' }) => settings.refuses(uuid))) return undefined;
  const reply = error(settings.refusal, 'The request cannot be processed', String(settings.refusal));
  return { reply, fault: 'refused uuid', calls: unqueued(calls) };
}

/** Calls of which none was queued. */
export function unqueued(calls: readonly ReceivedCall['fields'][]): readonly ReceivedCall[] {
  return calls.map((fields) => ({ fields, queued: false }));
}
