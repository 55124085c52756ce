import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import {
  connectTimeoutMs,
  type ExchangeEvents,
  type HttpResult,
  keepAliveMs,
  type Transport,
  type TransportOptions,
  trackExchange,
} from './exchange.js';

/**
 * Opens the transport to an origin: direct, or through the proxy that HTTPS_PROXY and NO_PROXY name. TLS is always
 * verified (a private CA: NODE_EXTRA_CA_CERTS), a redirect is never followed, nothing is sent twice.
 */
export async function openTransport(
  options: TransportOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Transport> {
  const proxy = proxyOf(options.base, env);
  if (proxy === undefined) return openDirect(options);
  const { openProxied } = await import('./proxy.js');
  return openProxied(options, proxy);
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
export interface ProbeOptions {
  readonly baseUrl: string;
  /** Is put behind that of the base. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends it early: it fails then. */
  readonly interrupt: AbortSignal;
}

/** Sends one GET, to learn whether a service can be reached and what its clock says. Never rejects. */
export async function probe(options: ProbeOptions): Promise<HttpResult> {
  const { baseUrl, path, headers, timeoutMs, env, interrupt } = options;
  const base = new URL(baseUrl);
  const transport = await openTransport({ base, headers, concurrency: 1, timeoutMs }, env);
  const close = () => void transport.close();
  interrupt.addEventListener('abort', close);
  try {
    return await transport.send({ method: 'GET', path: base.pathname.replace(/\/+$/, '') + path });
  } finally {
    interrupt.removeEventListener('abort', close);
    await transport.close();
  }
}

/**
 * Without a proxy: Node's own client. It loads in a fifth of the time of undici, which decides how long `add` takes, and
 * carries more requests a second.
 */
async function openDirect({ base, headers, concurrency, timeoutMs }: TransportOptions): Promise<Transport> {
  const { Agent, request } = await (base.protocol === 'https:' ? import('node:https') : import('node:http'));
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency, timeout: keepAliveMs });
  const options: RequestOptions = {
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: base.port,
    headers,
    agent,
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect.
    rejectUnauthorized: true,
  };
  return {
    send: ({ method, path, body }) =>
      new Promise((resolve) => {
        const sent = request({ ...options, method, path });
        const events = trackExchange(timeoutMs, (why) => sent.destroy(why), resolve);
        sent.on('socket', (socket) => awaitConnection(socket, base, events, (why) => sent.destroy(why)));
        sent.on('response', (response) => read(response, events));
        sent.on('error', events.fail);
        // The body is ASCII: as Latin-1 it leaves in one piece with the head.
        sent.end(body ?? '', 'latin1');
      }),
    close: async () => agent.destroy(),
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
