import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from '../destination.js';
import {
  type Client,
  type ClientOptions,
  connectTimeoutMs,
  type ExchangeEvents,
  type HttpResult,
  keepAliveMs,
  type Transport,
  trackExchange,
} from './exchange.js';

/**
 * Opens the transport to a service: direct, or through the proxy that HTTPS_PROXY and NO_PROXY name. TLS is always
 * verified (a private CA: NODE_EXTRA_CA_CERTS), a redirect is never followed, nothing is sent twice.
 *
 * @param baseUrl the address of the service; its path is put before that of each request
 * @param headers are sent with each request, beside the user agent
 */
export async function openTransport(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  { env, now, trace, userAgent, concurrency, timeoutMs }: ConnectionOptions,
): Promise<Transport> {
  const base = new URL(baseUrl);
  const root = base.pathname.replace(/\/+$/, '');
  const options = { base, headers: { ...headers, 'user-agent': userAgent }, concurrency, timeoutMs };
  const proxy = proxyOf(base, env);
  const client =
    proxy === undefined
      ? await openDirect(options)
      : await import('./proxy.js').then(({ openProxied }) => openProxied(options, proxy));
  return {
    async send({ method, path, shownPath = path, body, calls = 0 }) {
      const start = now();
      const request = { method, path: root + path };
      const result = await client.send(body === undefined ? request : { ...request, body });
      trace?.({
        method,
        address: base.origin + root + shownPath,
        calls,
        bytes: body?.length ?? 0,
        milliseconds: now() - start,
        outcome: result.kind === 'response' ? `${result.status}` : result.message,
      });
      return result;
    },
    close: client.close,
  };
}

/** The proxy that the environment names for an address; undefined where it is reached without one, by NO_PROXY too. */
export function proxyOf(base: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const url = env['https_proxy'] || env['HTTPS_PROXY'];
  if (base.protocol !== 'https:' || !url) return undefined;
  return isExcepted(base, env['no_proxy'] ?? env['NO_PROXY'] ?? '') ? undefined : url;
}

/**
 * Whether NO_PROXY names a host, as curl and undici read it: names between commas or spaces, each with all of its
 * subdomains, a leading dot or `*.` left out, and perhaps a port; `*` is every host.
 */
function isExcepted({ hostname, port }: URL, list: string): boolean {
  if (list.trim() === '*') return true;
  return list.split(/[,\s]+/).some((entry) => {
    const [, named = entry, onlyPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
    const host = named.replace(/^\*?\./, '').toLowerCase();
    if (host === '' || (onlyPort !== undefined && onlyPort !== (port || '443'))) return false;
    return hostname === host || hostname.endsWith(`.${host}`);
  });
}

/** Where one GET goes, and what it carries. */
export interface ProbeOptions extends Omit<ConnectionOptions, 'concurrency'> {
  readonly baseUrl: string;
  /** Is put behind that of the base. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends it early: it fails then. */
  readonly interrupt: AbortSignal;
}

/** Sends one GET, to learn whether a service can be reached and what its clock says. Never rejects. */
export async function probe({ baseUrl, path, headers, ...options }: ProbeOptions): Promise<HttpResult> {
  const { interrupt } = options;
  const transport = await openTransport(baseUrl, headers, { ...options, concurrency: 1 });
  const close = () => void transport.close();
  interrupt.addEventListener('abort', close);
  try {
    return await transport.send({ method: 'GET', path });
  } finally {
    interrupt.removeEventListener('abort', close);
    await transport.close();
  }
}

/**
 * Without a proxy: Node's own client. It loads in a fifth of the time of undici, which decides how long `add` takes, and
 * carries more requests a second.
 */
async function openDirect({ base, headers, concurrency, timeoutMs }: ClientOptions): Promise<Client> {
  const { Agent, request } = await (base.protocol === 'https:' ? import('node:https') : import('node:http'));
  const keeping = new Agent({ keepAlive: true, maxSockets: concurrency, timeout: keepAliveMs });
  let agent = keeping;
  const options: RequestOptions = {
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: base.port,
    headers,
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect.
    rejectUnauthorized: true,
  };
  return {
    send: ({ method, path, body }) =>
      new Promise((resolve) => {
        const sent = request({ ...options, method, path, agent });
        /** No answer yet, and no end of ours. */
        let isAwaited = true;
        const abort = (why: Error) => {
          isAwaited = false;
          sent.destroy(why);
        };
        const events = trackExchange(timeoutMs, abort, resolve);
        sent.on('socket', (socket) => awaitConnection(socket, base, events, abort));
        sent.on('response', (response) => {
          isAwaited = false;
          read(response, events);
        });
        sent.on('error', (error) => {
          // A service that closes its sockets and does not say so: the next one that is used again is the next lost answer.
          const isBroken = sent.reusedSocket && isAwaited;
          if (isBroken && agent === keeping) agent = new Agent({ maxSockets: concurrency });
          events.fail(error);
        });
        // The body is ASCII: as Latin-1 it leaves in one piece with the head.
        sent.end(body ?? '', 'latin1');
      }),
    async close() {
      keeping.destroy();
      agent.destroy();
    },
  };
}

/** Node writes a request as soon as its socket is connected, TLS included. */
function awaitConnection(
  socket: Socket,
  base: URL,
  { written }: ExchangeEvents,
  abort: (why: Error) => void,
): void {
  if (!socket.connecting) {
    written();
    return;
  }
  const late = () => abort(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, connectTimeoutMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once(base.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
    clearTimeout(timer);
    written();
  });
}

function read(response: IncomingMessage, events: ExchangeEvents): void {
  events.head(response.statusCode ?? 0, response.headers);
  response.on('data', events.data);
  response.on('end', events.end);
  // A body that breaks off has no end, but an error.
  response.on('error', events.fail);
}
