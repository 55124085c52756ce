// What a fault makes of an answer, and what the options refuse.

import type { Answer, ApiRequest } from './api.js';
import type { RequestFaults } from './faults.js';
import type { Settings } from './options.js';
import { htmlPage, noContent } from './replies.js';
import { type ErrorReply, requestFaults } from './request-faults.js';
import type { ReceivedCall } from './store.js';

/** A request with its calls, as they are before anything was decided on them. */
export interface ReadRequest {
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
