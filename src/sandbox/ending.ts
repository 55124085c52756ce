import type { ServerResponse } from 'node:http';
import type { RequestFault } from './faults.js';

/** How an exchange ends for the client. */
export type Ending =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** 200 and half of this body, then the connection breaks. */
  | { readonly kind: 'broken'; readonly body: string }
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang up'; readonly reset: boolean };

const jsonType = { 'content-type': 'application/json; charset=utf-8' };

/** An answer in JSON. */
export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Ending {
  return { kind: 'answer', status, headers: { ...jsonType, ...headers }, body };
}

/** An error in the shape of the vendor's older API. */
export function refusal(status: number, error: string, code: string): Ending {
  return json(status, JSON.stringify({ response: { error, error_code: code } }));
}

/** A page as nginx writes it. */
export function page(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Ending {
  const heading = `${status} ${title}`;
  const body = `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { kind: 'answer', status, headers: { 'content-type': 'text/html', ...headers }, body };
}

/** What a fault needs to know. */
export interface Scene {
  /** The answer that would have been given. */
  readonly answer: string;
  readonly retryAfterSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Script = (scene: Scene) => Ending;
const tooMany = 'Too Many Requests';
const hangUp: Script = () => ({ kind: 'hang up', reset: false });
const reset: Script = () => ({ kind: 'hang up', reset: true });
const silence: Script = () => ({ kind: 'silence' });

/** What each fault does; a new fault is one entry here and one in `requestFaults`. */
export const scripts = {
  '500': () => page(500, 'Internal Server Error'),
  '500-after': () => page(500, 'Internal Server Error'),
  '502': () => page(502, 'Bad Gateway'),
  '502-after': () => page(502, 'Bad Gateway'),
  '503': () => page(503, 'Service Temporarily Unavailable'),
  '504': () => page(504, 'Gateway Time-out'),
  '504-after': () => page(504, 'Gateway Time-out'),
  '429-html': () => page(429, tooMany),
  '429-json': ({ retryAfterSeconds }) =>
    json(429, JSON.stringify({ title: tooMany, status: 429, retry_after: retryAfterSeconds })),
  '429-seconds': ({ retryAfterSeconds }) => page(429, tooMany, { 'retry-after': String(retryAfterSeconds) }),
  '429-date': ({ retryAfterSeconds, now }) =>
    page(429, tooMany, { 'retry-after': new Date(now + retryAfterSeconds * 1000).toUTCString() }),
  timeout: silence,
  'timeout-after': silence,
  close: hangUp,
  'close-after': hangUp,
  reset,
  'reset-after': reset,
  truncated: ({ answer }) => ({ kind: 'broken', body: answer }),
  cut: ({ answer }) => json(200, answer.slice(0, answer.length / 2)),
  html: () => page(200, 'Welcome'),
  '204': () => ({ kind: 'answer', status: 204, headers: {}, body: '' }),
  empty: () => json(200, ''),
  '301': () => page(301, 'Moved Permanently', { location: '/moved/api/calls/add/' }),
  '400': () => refusal(400, 'Bad request', '400'),
  '413': () => page(413, 'Request Entity Too Large'),
  '422': () => refusal(422, 'The request cannot be processed', '422'),
  '401': () => refusal(401, 'Wrong code or key', '110'),
  '402': () => refusal(402, 'The subscription is over', '402'),
  '403': () => refusal(403, 'The account is blocked', '403'),
  '404': () => page(404, 'Not Found'),
} satisfies Record<RequestFault, Script>;

/** The status that the client sees, null where it sees none. */
export function statusOf(ending: Ending): number | null {
  if (ending.kind === 'answer') return ending.status;
  return ending.kind === 'broken' ? 200 : null;
}

/** Carries an ending out on the connection. */
export function perform(ending: Ending, response: ServerResponse): void {
  const { socket } = response;
  if (ending.kind === 'answer') {
    const length = ending.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(ending.body)) };
    response.writeHead(ending.status, { ...ending.headers, ...length });
    response.end(ending.body);
  } else if (ending.kind === 'broken') {
    response.writeHead(200, { ...jsonType, 'content-length': String(Buffer.byteLength(ending.body)) });
    response.write(ending.body.slice(0, ending.body.length / 2), () => socket?.destroy());
  } else if (ending.kind === 'hang up') {
    if (ending.reset) socket?.resetAndDestroy();
    else socket?.destroy();
  }
}
