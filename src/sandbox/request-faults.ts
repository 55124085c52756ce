// Faults of a request as a whole: what each does, and what the client gets.

import type { ApiName, Reply } from './api.js';
import { htmlPage, jsonReply, noContent } from './replies.js';

/** A fault in one line, for people. */
export interface FaultLine {
  readonly does: string;
  /** The only API that has it. */
  readonly api?: ApiName;
}

/** An error in the shape of the API. */
export type ErrorReply = (status: number, message: string, code: string) => Reply;

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

interface RequestFaultLine extends FaultLine {
  /** Whether the calls of the request are queued all the same. */
  readonly queues?: true;
  readonly reply: FaultReply;
}

const page = (status: number): FaultReply => {
  return () => htmlPage(status);
};
const disconnect: FaultReply = () => ({ kind: 'disconnect', reset: false });
const reset: FaultReply = () => ({ kind: 'disconnect', reset: true });
const noReply: FaultReply = () => ({ kind: 'none' });

/** Every fault of a request as a whole; a new one is one entry here. */
const table = {
  '500': { does: '500 with an HTML page', reply: page(500) },
  '500-after': { queues: true, does: 'the same, after the calls were queued', reply: page(500) },
  '502': { does: '502 with an HTML page', reply: page(502) },
  '502-after': { queues: true, does: 'the same, after the calls were queued', reply: page(502) },
  '503': { does: '503 with an HTML page', reply: page(503) },
  '504': { does: '504 with an HTML page', reply: page(504) },
  '504-after': { queues: true, does: 'the same, after the calls were queued', reply: page(504) },
  '429-html': { does: '429 with an HTML page, no Retry-After', reply: page(429) },
  '429-json': {
    does: '429 with retry_after in JSON',
    reply: ({ retryAfterSeconds }) =>
      jsonReply(
        429,
        JSON.stringify({ title: 'Too Many Requests', status: 429, retry_after: retryAfterSeconds }),
      ),
  },
  '429-seconds': {
    does: '429 with Retry-After in seconds',
    reply: ({ retryAfterSeconds }) => htmlPage(429, { 'retry-after': String(retryAfterSeconds) }),
  },
  '429-date': {
    does: '429 with Retry-After as a date',
    reply: ({ retryAfterSeconds, now }) =>
      htmlPage(429, { 'retry-after': new Date(now + retryAfterSeconds * 1000).toUTCString() }),
  },
  timeout: { does: 'no answer at all', reply: noReply },
  'timeout-after': { queues: true, does: 'no answer at all, the calls are queued', reply: noReply },
  close: { does: 'connection closed without an answer', reply: disconnect },
  'close-after': {
    queues: true,
    does: 'connection closed without an answer, the calls are queued',
    reply: disconnect,
  },
  reset: { does: 'connection reset without an answer', reply: reset },
  'reset-after': {
    queues: true,
    does: 'connection reset without an answer, the calls are queued',
    reply: reset,
  },
  truncated: {
    queues: true,
    does: '200, connection closed in the middle of the body',
    reply: ({ answer }) => ({ kind: 'truncated', body: answer }),
  },
  cut: {
    queues: true,
    does: '200 with half of the JSON, as if it were whole',
    reply: ({ answer }) => jsonReply(200, answer.slice(0, answer.length / 2)),
  },
  html: { queues: true, does: '200 with an HTML page', reply: page(200) },
  '204': { queues: true, does: '204 without a body', reply: () => noContent },
  empty: { queues: true, does: '200 with an empty body', reply: () => jsonReply(200, '') },
  '301': {
    does: '301 to another address',
    reply: ({ path }) => htmlPage(301, { location: `/moved${path}` }),
  },
  '400': { does: '400 for the whole request', reply: ({ error }) => error(400, 'Bad request', '400') },
  '413': { does: '413 for the whole request', reply: page(413) },
  '422': {
    does: '422 for the whole request',
    reply: ({ error }) => error(422, 'The request cannot be processed', '422'),
  },
  '401': { does: '401, credentials refused', reply: ({ error }) => error(401, 'Wrong code or key', '110') },
  '402': {
    does: '402, subscription over',
    reply: ({ error }) => error(402, 'The subscription is over', '402'),
  },
  '403': { does: '403, account blocked', reply: ({ error }) => error(403, 'The account is blocked', '403') },
  '403-html': { does: '403 with an HTML page', api: 'v4', reply: page(403) },
  '404': { does: '404, no such method', reply: page(404) },
  '405': {
    does: '405, method not allowed',
    api: 'v4',
    reply: ({ error }) => error(405, 'The method is not allowed', '405'),
  },
} as const satisfies Record<string, RequestFaultLine>;

export type RequestFault = keyof typeof table;

export const requestFaults: Readonly<Record<RequestFault, RequestFaultLine>> = table;
