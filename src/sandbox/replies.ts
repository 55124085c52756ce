// What the client gets: JSON, problems, pages of lists, and the reply of each fault.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { ApiRequest } from './api.js';
import type { RequestFault } from './faults.js';

/** What the client gets for a request. */
export type Reply =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** 200 and half of this body, then the connection breaks. */
  | { readonly kind: 'truncated'; readonly body: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'disconnect'; readonly reset: boolean };

const jsonType = { 'content-type': 'application/json; charset=utf-8' };

/** A response in JSON. */
export function jsonReply(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { kind: 'response', status, headers: { ...jsonType, ...headers }, body };
}

/** An error in the shape of the vendor's older API. */
export function errorReply(status: number, error: string, code: string): Reply {
  return jsonReply(status, JSON.stringify({ response: { error, error_code: code } }));
}

/** An error as API v4 writes it: RFC 7807, with a list of errors by call where there is one. */
export function problemReply(status: number, detail: string, more: object = {}): Reply {
  const title = STATUS_CODES[status];
  const problem = { ...more, title, type: `https://httpstatus.es/${status}`, status, detail };
  return jsonReply(status, JSON.stringify(problem), { 'content-type': 'application/problem+json' });
}

/** A response of API v4. */
export function halReply(status: number, body: object): Reply {
  return jsonReply(status, JSON.stringify(body), { 'content-type': 'application/hal+json' });
}

/** The link of an answer to itself. */
export function selfOf({ origin, path }: ApiRequest): { readonly _links: object } {
  return { _links: { self: { href: `${origin}${path}` } } };
}

/** One page of a list, `page` and `limit` (50, at most 250) by the query; 204 for an empty one. */
export function pageReply(
  items: readonly object[],
  name: string,
  { query, origin, path }: ApiRequest,
): Reply {
  const limit = Math.min(Math.max(1, Number(query.get('limit') ?? 50) || 50), 250);
  const page = Math.max(1, Number(query.get('page') ?? 1) || 1);
  const shown = items.slice((page - 1) * limit, page * limit);
  if (shown.length === 0) return noContent;
  const hrefOf = (number: number) => {
    const params = new URLSearchParams(query);
    params.set('page', String(number));
    params.set('limit', String(limit));
    return { href: `${origin}${path}?${params}` };
  };
  const next = page * limit < items.length ? { next: hrefOf(page + 1) } : {};
  return halReply(200, {
    _total_items: items.length,
    _page: page,
    _page_count: Math.ceil(items.length / limit),
    _links: { self: hrefOf(page), ...next },
    _embedded: { [name]: shown },
  });
}

const noContent: Reply = { kind: 'response', status: 204, headers: {}, body: '' };

/** A page as nginx writes it. */
export function htmlPage(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const heading = `${status} ${title}`;
  const body = `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { kind: 'response', status, headers: { 'content-type': 'text/html', ...headers }, body };
}

/** What a reply to a fault is made of. */
export interface FaultContext {
  /** The path of the request. */
  readonly path: string;
  /** The body that would have been sent. */
  readonly answer: string;
  /** An error in the shape of the API. */
  readonly error: (status: number, message: string, code: string) => Reply;
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
export const faultReplies = {
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

/** The status that the client sees, null where it sees none. */
export function statusOf(reply: Reply): number | null {
  if (reply.kind === 'response') return reply.status;
  return reply.kind === 'truncated' ? 200 : null;
}

/** Sends a reply. */
export function sendReply(reply: Reply, response: ServerResponse): void {
  const { socket } = response;
  if (reply.kind === 'response') {
    const length = reply.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(reply.body)) };
    response.writeHead(reply.status, { ...reply.headers, ...length });
    response.end(reply.body);
  } else if (reply.kind === 'truncated') {
    response.writeHead(200, { ...jsonType, 'content-length': String(Buffer.byteLength(reply.body)) });
    response.write(reply.body.slice(0, reply.body.length / 2), () => socket?.destroy());
  } else if (reply.kind === 'disconnect') {
    if (reply.reset) socket?.resetAndDestroy();
    else socket?.destroy();
  }
}
