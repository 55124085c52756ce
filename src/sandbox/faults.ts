// The tables of faults, and `--fault` on the command line.

import { type Parsed, Problem } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { ApiName, Reply } from './api.js';
import { htmlPage, jsonReply, noContent } from './replies.js';

/** A fault in one line, for people. */
interface FaultLine {
  readonly does: string;
  /** The only API that has it. */
  readonly api?: ApiName;
}

/** An error in the shape of the API. */
export type ErrorReply = (status: number, message: string, code: string) => Reply;

interface RequestFaultLine extends FaultLine {
  /** Whether the calls of the request are queued all the same. */
  readonly queues?: true;
  readonly reply: (context: {
    /** The path of the request. */
    readonly path: string;
    /** The body that would have been sent. */
    readonly answer: string;
    readonly error: ErrorReply;
    readonly retryAfterSeconds: number;
    /** Milliseconds since 1970. */
    readonly now: number;
  }) => Reply;
}

const page = (status: number) => (): Reply => htmlPage(status);
const disconnect = (): Reply => ({ kind: 'disconnect', reset: false });
const reset = (): Reply => ({ kind: 'disconnect', reset: true });
const noReply = (): Reply => ({ kind: 'none' });

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

type RequestFault = keyof typeof table;

export const requestFaults: Readonly<Record<RequestFault, RequestFaultLine>> = table;

/** Faults of single calls; the share is one of calls. */
const callFaults = {
  reject: { does: 'the call is rejected with a reason, each time it is sent' },
  forget: { does: 'the call is neither queued nor named in the answer' },
  unnamed: { does: 'the call is queued, but not named in the answer' },
} as const satisfies Record<string, FaultLine>;
export type CallFault = keyof typeof callFaults;

/** Oddities of an answer, several at once. */
export const answerFaults = {
  numbers: { does: 'uuids that look like whole numbers come back as numbers', api: 'calls-add' },
  holes: { does: 'success is a map with the keys 1, 2, …', api: 'calls-add' },
  shuffle: { does: 'results come back in another order' },
  'single-reason': { does: 'a reason is a string instead of a list', api: 'calls-add' },
  'errors-null': { does: 'errors is null where it would be empty' },
  'errors-absent': { does: 'errors is left out where it would be empty' },
  both: { does: 'a rejected uuid is in the success list as well', api: 'calls-add' },
  'unknown-uuid': { does: 'the answer names a uuid, or request_id, that was not sent' },
  'request-id-number': { does: 'request_id comes back as a number', api: 'v4' },
  'request-id-missing': { does: 'request_id does not come back', api: 'v4' },
  'plural-types': { does: 'entity_type is contacts instead of contact', api: 'v4' },
} as const satisfies Record<string, FaultLine>;
export type AnswerFault = keyof typeof answerFaults;

type FaultName = RequestFault | CallFault | AnswerFault;

/**
 * How often each fault happens, from 0 to 1: a share of requests, or of calls for `callFaults`. When several
 * faults of the whole request meet in the same one, one of them is picked at random.
 */
export type Faults = Readonly<Partial<Record<FaultName, number>>>;

const lines: Readonly<Record<FaultName, FaultLine>> = { ...requestFaults, ...callFaults, ...answerFaults };

/** Every fault with one line on what it does and the APIs that have it, in the order for help texts. */
export const faultTable = namesOf(lines).map((name) => {
  const { does, api } = lines[name];
  const apis: readonly ApiName[] = api === undefined ? ['calls-add', 'v4'] : [api];
  return { name, does, apis };
});

/** Names in a table of faults, typed. */
export function namesOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table).filter((name): name is Extract<keyof T, string> => name in table);
}

/**
 * Reads faults as the command line has them: `500=0.05`, `close-after=2%`, several in one text with commas
 * between them. A name alone is a share of 1; the last one of a name counts.
 *
 * @param api the API that has to have them
 */
export function parseFaults(texts: readonly string[], api: ApiName): Parsed<Faults> {
  const faults: Partial<Record<FaultName, number>> = {};
  for (const part of texts.flatMap((text) => text.split(','))) {
    const [name = '', share = '1'] = part.split(/=(.*)/s).map((piece) => piece.trim());
    const line = faultTable.find((fault) => fault.name === name);
    if (line === undefined) return new Problem(unknownFault(name));
    if (!line.apis.includes(api))
      return new Problem(`"${name}" is a fault of --api ${line.apis.join()} only`);
    const value = /^(\d+(?:\.\d*)?|\.\d+)(%?)$/.exec(share);
    const number = value === null ? Number.NaN : Number(value[1]) / (value[2] === '%' ? 100 : 1);
    if (!(number >= 0 && number <= 1)) {
      return new Problem(`${name}: "${share}" is not a share from 0 to 1 (or 0% to 100%)`);
    }
    faults[line.name] = number;
  }
  return faults;
}

function unknownFault(name: string): string {
  const names = faultTable.map((fault) => fault.name);
  const family = names.filter((known) => known.startsWith(`${name}-`));
  if (family.length > 0) return `"${name}" is not a fault; choose one of ${family.join(', ')}`;
  const near = didYouMean(name, names);
  return `"${name}" is not a fault${near === '' ? `; known are ${names.join(', ')}` : near}`;
}
