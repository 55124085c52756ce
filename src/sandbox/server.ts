import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { UserError } from '../core/errors.js';
import type { Api, Handled } from './api.js';
import { createCallsAdd } from './calls-add-handler.js';
import { answerInspection } from './inspection-routes.js';
import { resolveOptions, type SandboxOptions, type Settings } from './options.js';
import { createRateGuard, type RateGuard } from './rate-guard.js';
import { htmlPage, type Reply, sendReply, statusOf } from './replies.js';
import { createStore, type QueuedCall, type RequestEntry, type Store } from './store.js';

export type { SandboxOptions } from './options.js';

/** What the sandbox expects in the query. */
export interface Credentials {
  readonly code: string;
  readonly key: string;
  readonly accountId: string;
}

/** A sandbox that is listening. */
export interface Sandbox {
  /** `http://127.0.0.1:49152`, for base_url. */
  readonly url: string;
  readonly port: number;
  readonly credentials: Credentials;
  /** The calls that were queued, oldest first. */
  readonly calls: () => readonly QueuedCall[];
  /** The POSTs that came, oldest first. */
  readonly requests: () => readonly RequestEntry[];
  /** Counts since the start or the last reset, which do not depend on `keep`. */
  readonly totals: Store['totals'];
  /** Deletes all calls and requests, and starts the faults and the rate guard anew. */
  readonly reset: () => void;
  /** Stops listening and destroys every connection. */
  readonly close: () => Promise<void>;
}

/** 429 answers of the rate guard before it answers 403. */
const patience = 10;

/**
 * Starts a real HTTP server on loopback that behaves like calls/add, on a free port unless one is given.
 *
 * @throws UserError when the port cannot be had
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const settings = resolveOptions(options);
  const host = options.host ?? '127.0.0.1';
  const store = createStore(settings.keep);
  let state = freshState(settings);
  function reset(): void {
    store.clear();
    state = freshState(settings);
  }
  const server = createServer((request, response) => {
    // Fails where the client went away in the middle, or the address is none.
    serve({ request, response }, { ...state, store, reset, onRequest: options.onRequest }).catch(() =>
      response.destroy(),
    );
  });
  // Longer than any client keeps an idle connection, so that the sandbox closes none under a request.
  server.keepAliveTimeout = 75_000;
  const port = await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    port,
    credentials: { code: settings.code, key: settings.key, accountId: settings.accountId },
    calls: () => [...store.calls()],
    requests: () => [...store.requests()],
    totals: store.totals,
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
  credentials,
}: Pick<Sandbox, 'url' | 'credentials'>): readonly (readonly [name: string, value: string])[] {
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
}

function freshState(settings: Settings): State {
  return { api: createCallsAdd(settings), guard: createRateGuard(settings.maxPerSecond, patience) };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Deps extends State, Pick<SandboxOptions, 'onRequest'> {
  readonly store: Store;
  readonly reset: () => void;
}

async function serve(exchange: Exchange, deps: Deps): Promise<void> {
  const at = performance.timeOrigin + performance.now();
  const { request, response } = exchange;
  const { api, guard, store } = deps;
  const url = new URL(request.url ?? '/', 'http://sandbox');
  if (await answerInspection(url, exchange, deps)) return;
  const served = api.serves(request.method ?? '', url.pathname);
  const stopped = served ? guard(at) : undefined;
  const { size, body } = await readBody(request, api.mostBytes);
  const { 'content-type': contentType = '', 'user-agent': userAgent = '' } = request.headers;
  const { reply, fault, calls, delayMs } = !served
    ? unhandled(htmlPage(404, 'Not Found'), 'unknown address')
    : stopped !== undefined
      ? unhandled(api.tooFast(stopped), stopped === 429 ? 'too fast' : 'banned')
      : api.handle({ query: url.searchParams, contentType, size, body });
  const facts = {
    at,
    path: url.pathname,
    account_id: url.searchParams.get('account_id') ?? '',
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

function unhandled(reply: Reply, fault: string): Handled {
  return { reply, fault, calls: [], delayMs: 0 };
}

/**
 * Reads a body to its end, as nginx does before it asks PHP.
 *
 * @param most bytes that are kept; the rest is counted and dropped
 * @throws when the client goes away before the end
 */
function readBody(
  request: IncomingMessage,
  most: number,
): Promise<{ readonly size: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
    });
    request.on('end', () => resolve({ size, body: Buffer.concat(chunks) }));
    request.on('error', reject);
  });
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${cause.code})`;
      const hint = 'Choose another port, or 0 for any free one.';
      reject(new UserError(`port ${port} on ${host} ${why}`, { hint, cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
