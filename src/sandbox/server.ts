// The HTTP server, its rate guard, the environment that points amocalls at it.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { UserError } from '../core/errors.js';
import type { Answer, Api, ApiName, ApiRequest } from './api.js';
import { createCallsAdd } from './calls-add-handler.js';
import { answerInspection } from './inspection-routes.js';
import { createKnownNumbers, type KnownNumbers } from './known-numbers.js';
import { resolveOptions, type SandboxOptions, type Settings } from './options.js';
import { htmlPage, sendReply, statusOf } from './replies.js';
import { createStore, type QueuedCall, type RequestEntry, type Store, type Totals } from './store.js';
import { createV4 } from './v4-handler.js';
import type { Note } from './v4-notes.js';

export type { SandboxOptions } from './options.js';

/** What the sandbox expects: code and key in the query of calls/add, the token in the header of v4. */
export interface Credentials {
  readonly code: string;
  readonly key: string;
  readonly token: string;
  readonly accountId: string;
}

/** A sandbox that is listening. */
export interface Sandbox {
  /** `http://127.0.0.1:49152`, for base_url. */
  readonly url: string;
  readonly port: number;
  readonly api: ApiName;
  /**
   * What a ledger takes for the address of a sandbox that lives inside one run: `sandbox:`. Its port is another
   * one each time, and a call that it took should be a duplicate in the next run all the same.
   */
  readonly ledgerAddress: string;
  readonly credentials: Credentials;
  /** The calls that were queued, oldest first. */
  readonly calls: () => readonly QueuedCall[];
  /** The notes that calls of v4 have become, oldest first, as they are now. */
  readonly notes: () => readonly Note[];
  /** The requests that came, oldest first. */
  readonly requests: () => readonly RequestEntry[];
  /** Counts since the start or the last reset, which do not depend on `keep`. */
  readonly totals: () => Totals;
  /** Deletes all calls, notes and requests, and starts the faults and the rate guard anew. */
  readonly reset: () => void;
  /** Stops listening and destroys every connection. */
  readonly close: () => Promise<void>;
}

/** 429 answers of the rate guard before it answers 403. */
const patience = 10;

/**
 * Starts a real HTTP server on loopback that behaves like calls/add or API v4, on a free port unless one is
 * given.
 *
 * @throws UserError when the port cannot be had, or the file of contacts cannot be read
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const settings = resolveOptions(options);
  const host = options.host ?? '127.0.0.1';
  const knownNumbers = await createKnownNumbers(settings);
  let state = freshState(settings, knownNumbers);
  const reset = () => {
    state = freshState(settings, knownNumbers);
  };
  const { onRequest } = options;
  const server = createServer((request, response) => {
    // Fails where the client went away in the middle, or the address is none.
    serve(request, response, { ...state, settings, reset, onRequest }).catch(() => response.destroy());
  });
  // Longer than any client keeps an idle connection, so that the sandbox closes none under a request.
  server.keepAliveTimeout = 75_000;
  const port = await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    port,
    api: settings.api,
    ledgerAddress: 'sandbox:',
    credentials: {
      code: settings.code,
      key: settings.key,
      token: settings.token,
      accountId: settings.accountId,
    },
    calls: () => state.store.calls(),
    notes: () => [...state.api.notes()],
    requests: () => [...state.store.requests()],
    totals: () => state.store.totals(),
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * The environment that points amocalls at a sandbox, as names and values.
 *
 * @param sandbox where it listens and what it expects
 */
export function sandboxEnvironment({
  url,
  api,
  credentials,
}: Pick<Sandbox, 'url' | 'api' | 'credentials'>): readonly (readonly [name: string, value: string])[] {
  if (api === 'v4') {
    return [
      ['AMOCALLS_API', 'v4'],
      ['AMOCALLS_BASE_URL', url],
      ['AMOCALLS_TOKEN', credentials.token],
    ];
  }
  return [
    ['AMOCALLS_BASE_URL', url],
    ['AMOCALLS_CODE', credentials.code],
    ['AMOCALLS_KEY', credentials.key],
    ['AMOCALLS_ACCOUNT_ID', credentials.accountId],
  ];
}

/** What a reset replaces. */
interface State {
  readonly api: Api;
  readonly guard: RateGuard;
  readonly store: Store;
}

function freshState(settings: Settings, isKnown: KnownNumbers): State {
  const api = settings.api === 'v4' ? createV4(settings, isKnown) : createCallsAdd(settings);
  const guard = createRateGuard(settings.maxPerSecond, patience);
  return { api, guard, store: createStore(settings.keep) };
}

interface Deps extends State, Pick<SandboxOptions, 'onRequest'> {
  readonly settings: Settings;
  readonly reset: () => void;
}

/**
 * Whether a request means this server: its `Host` is this machine, at any port (a tunnel has another one), and where a browser
 * sends it for a page (`Origin`), for a page of the same host. A name that was made to lead here, and another site's form,
 * are not answered.
 */
function isForUs({ headers }: IncomingMessage): boolean {
  const { host = '', origin } = headers;
  const isHere = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host);
  return isHere && (origin === undefined || origin.replace(/^https?:\/\//i, '') === host);
}

async function serve(request: IncomingMessage, response: ServerResponse, deps: Deps): Promise<void> {
  const at = performance.timeOrigin + performance.now();
  if (!isForUs(request)) return sendReply(htmlPage(403), response);
  const { api, guard, settings, store } = deps;
  const { method = '' } = request;
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const inspected = answerInspection(method, url, deps);
  if (inspected !== undefined) {
    request.resume();
    return sendReply(inspected, response);
  }
  const served = api.serves(method, url.pathname);
  const stopped = served ? guard(at) : undefined;
  const { size, body } = await readBody(request, api.mostBytes);
  const {
    'content-type': contentType = '',
    'user-agent': userAgent = '',
    authorization = '',
  } = request.headers;
  const { pathname: path, searchParams: query } = url;
  const origin = `http://${request.headers.host}`;
  const asked = { method, path, query, origin, authorization, contentType, size, body };
  const handled: Answer = served ? handle(asked, stopped, deps) : unknownAddress;
  const { reply, fault = null, calls = [], delayMs = settings.latencyMs[0] } = handled;
  const facts = {
    at,
    method,
    path,
    account_id: settings.api === 'v4' ? settings.accountId : (query.get('account_id') ?? ''),
    user_agent: userAgent,
    bytes: size,
    status: statusOf(reply),
    fault,
  };
  const entry = store.add(facts, calls);
  deps.onRequest?.(entry);
  if (delayMs > 0) setTimeout(() => sendReply(reply, response), delayMs).unref();
  else sendReply(reply, response);
}

/** The status for a request that came at a time, in milliseconds; undefined lets it in. */
type RateGuard = (at: number) => 429 | 403 | undefined;

/**
 * Counts requests over a sliding second and refuses those above the limit: with 429 first, and with 403 for
 * good after too many of them.
 *
 * @param most requests that any second may hold; Infinity lets all in
 * @param patience answers with 429 before everything is answered 403
 */
export function createRateGuard(most: number, patience: number): RateGuard {
  let recent: number[] = [];
  let warnings = 0;
  return (at) => {
    if (most === Number.POSITIVE_INFINITY) return undefined;
    if (warnings > patience) return 403;
    recent = recent.filter((time) => time > at - 1000);
    recent.push(at);
    if (recent.length <= most) return undefined;
    warnings += 1;
    return warnings > patience ? 403 : 429;
  };
}

const unknownAddress = { reply: htmlPage(404), fault: 'unknown address', delayMs: 0 };
const tooFast = { reply: htmlPage(429), fault: 'too fast', delayMs: 0 };
const banned = { reply: htmlPage(403), fault: 'banned', delayMs: 0 };
const tooLarge = { reply: htmlPage(413), fault: 'body too large' };

/** What the API answers, unless the rate guard or nginx stop the request first. */
function handle(request: ApiRequest, stopped: 429 | 403 | undefined, { api, settings }: Deps): Answer {
  if (stopped !== undefined) return stopped === 429 ? tooFast : banned;
  return request.size > settings.maxBodyBytes ? tooLarge : api.handle(request);
}

/**
 * Reads a body to its end, as nginx does before it asks PHP.
 *
 * @param most bytes that are kept; the rest is counted and dropped
 * @throws when the client goes away before the end
 */
async function readBody(request: IncomingMessage, most: number) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
  }
  return { size, body: Buffer.concat(chunks) };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${cause.code})`;
    const hint = 'Choose another port, or 0 for a free one.';
    throw new UserError(`port ${port} on ${host}: ${why}`, { hint, cause });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
