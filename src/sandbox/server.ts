import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { UserError } from '../core/errors.js';
import { readBody } from './body.js';
import { createDesk, type Desk, type Handled, postMaxBytes } from './desk.js';
import { answerDoor } from './doors.js';
import { type Ending, page, perform, statusOf } from './ending.js';
import { createGuard, type Guard } from './guard.js';
import { createMemory, type Memory, type QueuedCall, type RequestEntry } from './memory.js';
import { type SandboxOptions, type Settings, settle } from './options.js';

export type { SandboxOptions } from './options.js';

/** What the stand-in wants to see in the query. */
export interface Credentials {
  readonly code: string;
  readonly key: string;
  readonly accountId: string;
}

/** A stand-in that is listening. */
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
  readonly totals: Memory['totals'];
  /** Forgets all calls, requests and attempts. */
  readonly reset: () => void;
  /** Stops listening and destroys every connection. */
  readonly close: () => Promise<void>;
}

const addPath = '/api/calls/add/';
/** 429 answers of the rate guard before it answers 403. */
const patience = 10;

/**
 * Starts a real HTTP server on loopback that behaves like calls/add, on a free port unless one is given.
 *
 * @throws UserError when the port cannot be had
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const settings = settle(options);
  const host = options.host ?? '127.0.0.1';
  const memory = createMemory(settings.keep);
  const state = { guard: guardOf(settings), desk: createDesk(settings) };
  function reset(): void {
    memory.clear();
    state.guard = guardOf(settings);
    state.desk = createDesk(settings);
  }
  const server = createServer((request, response) => {
    const house = { settings, memory, state, reset, onRequest: options.onRequest };
    // A client that went away in the middle, or an address that is no address.
    serve({ request, response }, house).catch(() => response.destroy());
  });
  // Longer than any client keeps an idle connection, so that none goes stale by our doing.
  server.keepAliveTimeout = 75_000;
  const port = await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    port,
    credentials: { code: settings.code, key: settings.key, accountId: settings.accountId },
    calls: () => [...memory.calls()],
    requests: () => [...memory.requests()],
    totals: memory.totals,
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface House {
  readonly settings: Settings;
  readonly memory: Memory;
  /** What a reset replaces. */
  readonly state: { guard: Guard; desk: Desk };
  readonly reset: () => void;
  readonly onRequest: SandboxOptions['onRequest'];
}

function guardOf(settings: Settings): Guard {
  return createGuard(settings.maxPerSecond, patience);
}

async function serve(exchange: Exchange, house: House): Promise<void> {
  const at = performance.timeOrigin + performance.now();
  const { request, response } = exchange;
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const isAdd = request.method === 'POST' && url.pathname === addPath;
  if (!isAdd && (await answerDoor(url, exchange, house))) return;
  const stopped = isAdd ? house.state.guard(at) : undefined;
  const { size, body } = await readBody(request, Math.min(house.settings.maxBodyBytes, postMaxBytes));
  const { 'content-type': contentType = '', 'user-agent': userAgent = '' } = request.headers;
  const handled = isAdd
    ? (stop(stopped) ?? house.state.desk({ query: url.searchParams, contentType, size, body }))
    : closed(page(404, 'Not Found'), 'unknown address');
  const facts = {
    at,
    path: url.pathname,
    account_id: url.searchParams.get('account_id') ?? '',
    user_agent: userAgent,
    bytes: size,
    status: statusOf(handled.ending),
    fault: handled.fault,
  };
  const entry = house.memory.add(facts, handled.arrivals, handled.queued);
  house.onRequest?.(entry);
  if (handled.delayMs > 0) setTimeout(() => perform(handled.ending, response), handled.delayMs).unref();
  else perform(handled.ending, response);
}

function stop(status: ReturnType<Guard>): Handled | undefined {
  if (status === undefined) return undefined;
  return status === 429
    ? closed(page(429, 'Too Many Requests'), 'too fast')
    : closed(page(403, 'Forbidden'), 'banned');
}

function closed(ending: Ending, fault: string): Handled {
  return { ending, fault, arrivals: [], queued: [], delayMs: 0 };
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
