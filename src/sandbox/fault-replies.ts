// What a fault makes of an answer, and what the options refuse.

import type { Answer, ApiRequest, Handled, Reply } from './api.js';
import { type RequestFault, type RequestFaults, requestFaults } from './faults.js';
import type { Settings } from './options.js';
import { htmlPage, jsonReply, noContent } from './replies.js';
import type { ReceivedCall } from './store.js';

/** An error in the shape of the API. */
type ErrorReply = (status: number, message: string, code: string) => Reply;

/** A request with its calls, as they are before anything was decided on them. */
export interface ReadRequest {
  readonly request: ApiRequest;
  readonly calls: readonly ReceivedCall['fields'][];
  readonly faults: RequestFaults;
  readonly settings: Settings;
  readonly error: ErrorReply;
}

/** The answer to a request as its fault lets the client see it, or keeps it from being handled at all. */
export function answerThroughFault(read: ReadRequest, answer: () => Answer): Handled {
  const { request, faults, settings, error } = read;
  const { fault, delayMs } = faults;
  if (fault === undefined) return { ...answer(), delayMs };
  const { retryAfterSeconds } = settings;
  const answered = requestFaults[fault].queues ? answer() : { reply: noContent, calls: unqueued(read.calls) };
  const body = answered.reply.kind === 'response' ? answered.reply.body : '';
  const facts = { path: request.path, answer: body, error, retryAfterSeconds, now: settings.now() };
  return { ...answered, reply: faultReplies[fault](facts), fault, delayMs };
}

/** What the options of the sandbox refuse as a whole: too many calls, a uuid that is in them. */
export function refuseCalls({ calls, settings, error }: ReadRequest): Answer | undefined {
  if (calls.length > settings.maxCalls) {
    return {
      reply: htmlPage(413, 'Request Entity Too Large'),
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

/** What a reply to a fault is made of. */
interface FaultContext {
  /** The path of the request. */
  readonly path: string;
  /** The body that would have been sent. */
  readonly answer: string;
  readonly error: ErrorReply;
  readonly retryAfterSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type FaultReply = (context: FaultContext) => Reply;
const tooMany = 'Too Many Requests';
const disconnect: FaultReply = () => ({ kind: 'disconnect', reset: false });
const reset: FaultReply = () => ({ kind: 'disconnect', reset: true });
const noReply: FaultReply = () => ({ kind: 'none' });

/** The reply of each fault; a new fault is one entry here and one in `requestFaults`. */
const faultReplies = {
  '500': () => htmlPage(500, 'Internal Server Error'),
  '500-after': () => htmlPage(500, 'Internal Server Error'),
  '502': () => htmlPage(502, 'Bad Gateway'),
  '502-after': () => htmlPage(502, 'Bad Gateway'),
  '503': () => htmlPage(503, 'Service Temporarily Unavailable'),
  '504': () => htmlPage(504, 'Gateway Time-out'),
  '504-after': () => htmlPage(504, 'Gateway Time-out'),
  '429-html': () => htmlPage(429, tooMany),
  '429-json': ({ retryAfterSeconds }) =>
    jsonReply(429, JSON.stringify({ title: tooMany, status: 429, retry_after: retryAfterSeconds })),
  '429-seconds': ({ retryAfterSeconds }) =>
    htmlPage(429, tooMany, { 'retry-after': String(retryAfterSeconds) }),
  '429-date': ({ retryAfterSeconds, now }) =>
    htmlPage(429, tooMany, { 'retry-after': new Date(now + retryAfterSeconds * 1000).toUTCString() }),
  timeout: noReply,
  'timeout-after': noReply,
  close: disconnect,
  'close-after': disconnect,
  reset,
  'reset-after': reset,
  truncated: ({ answer }) => ({ kind: 'truncated', body: answer }),
  cut: ({ answer }) => jsonReply(200, answer.slice(0, answer.length / 2)),
  html: () => htmlPage(200, 'Welcome'),
  '204': () => noContent,
  empty: () => jsonReply(200, ''),
  '301': ({ path }) => htmlPage(301, 'Moved Permanently', { location: `/moved${path}` }),
  '400': ({ error }) => error(400, 'Bad request', '400'),
  '413': () => htmlPage(413, 'Request Entity Too Large'),
  '422': ({ error }) => error(422, 'The request cannot be processed', '422'),
  '401': ({ error }) => error(401, 'Wrong code or key', '110'),
  '402': ({ error }) => error(402, 'The subscription is over', '402'),
  '403': ({ error }) => error(403, 'The account is blocked', '403'),
  '403-html': () => htmlPage(403, 'Forbidden'),
  '404': () => htmlPage(404, 'Not Found'),
  '405': ({ error }) => error(405, 'The method is not allowed', '405'),
} satisfies Record<RequestFault, FaultReply>;
