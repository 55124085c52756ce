// What the client gets: JSON, problems, pages of lists, pages of nginx.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { ApiRequest, Reply } from './api.js';

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

/** An error as API v4 writes it: RFC 7807. */
export function problemReply(status: number, detail: string): Reply {
  return problem(status, { detail });
}

/** A list of which elements are invalid, each with its errors. */
export function invalidReply(errors: readonly object[]): Reply {
  return problem(400, { 'validation-errors': errors, detail: 'Request validation failed' });
}

function problem(status: number, facts: object): Reply {
  const body = { ...facts, title: STATUS_CODES[status], type: `https://httpstatus.es/${status}`, status };
  return jsonReply(status, JSON.stringify(body), { 'content-type': 'application/problem+json' });
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

/** No body, as for a list without elements. */
export const noContent: Reply = { kind: 'response', status: 204, headers: {}, body: '' };

/** Titles that nginx words in its own way. */
const nginxTitles: Readonly<Record<number, string>> = {
  200: 'Welcome',
  413: 'Request Entity Too Large',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** A page as nginx writes it. */
export function htmlPage(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  const heading = `${status} ${nginxTitles[status] ?? STATUS_CODES[status]}`;
  const body = `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { kind: 'response', status, headers: { 'content-type': 'text/html', ...headers }, body };
}

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
