// HTTP by Node's own client.

import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { Problem, UserError } from '../../core/errors.js';
import type { ConnectionOptions } from '../destination.js';
import {
  type Client,
  type ClientOptions,
  type Exchange,
  type HttpResult,
  keepAliveMs,
  performExchange,
  reportClosed,
  reportData,
  reportEnd,
  reportFailure,
  reportHead,
  reportWritten,
  type Transport,
} from './exchange.js';

/**
 * Opens the transport to a service: direct, or through the proxy that HTTPS_PROXY and NO_PROXY name. TLS is always
 * verified (a private CA: NODE_EXTRA_CA_CERTS), a redirect is never followed, nothing is sent twice.
 *
 * @param baseUrl the address of the service; its path is put before that of each request
 * @param headers are sent with each request, beside the user agent
 * @throws UserError where the environment names a proxy by what is no address
 */
export async function openTransport(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  { env, now, trace, userAgent, ...limits }: ConnectionOptions,
): Promise<Transport> {
  const base = new URL(baseUrl);
  const root = base.pathname.replace(/\/+$/, '');
  const options = { ...limits, base, headers: { ...headers, 'user-agent': userAgent } };
  const proxy = proxyOf(base, env);
  const client = await (proxy === undefined ? openDirect(options) : openThroughProxy(options, proxy));
  return {
    async send({ method, path, shownPath = path, body, calls = 0 }) {
      const start = now();
      const result = await client.send({ method, path: root + path, body });
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

/** Where the environment names a proxy: the variable, and the address in it. */
export interface ProxySetting {
  readonly variable: string;
  readonly address: string;
}

/** The proxy that the environment names for an address; undefined where it is reached without one, by NO_PROXY too. */
export function proxyOf(
  base: URL,
  env: Readonly<Record<string, string | undefined>>,
): ProxySetting | undefined {
  const variable = ['https_proxy', 'HTTPS_PROXY'].find((name) => env[name]);
  const address = variable === undefined ? undefined : env[variable];
  if (base.protocol !== 'https:' || variable === undefined || !address) return undefined;
  if (isExcepted(base, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined;
  return { variable, address };
}

async function openThroughProxy(
  options: ClientOptions,
  { variable, address }: ProxySetting,
): Promise<Client> {
  const { openProxied, parseProxy } = await import('./proxy.js');
  const proxy = parseProxy(address);
  if (!(proxy instanceof Problem)) return openProxied(options, proxy);
  throw new UserError(`${variable}: ${proxy.text}`, { hint: proxyHint });
}

/** What the address of a proxy looks like. */
export const proxyHint = 'Write it as http://host:port, or http://user:password@host:port.';

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
}

/**
 * Sends one GET, to learn whether a service can be reached and what its clock says.
 *
 * @throws UserError where the environment names a proxy by what is no address
 */
export async function probe({ baseUrl, path, headers, ...options }: ProbeOptions): Promise<HttpResult> {
  const transport = await openTransport(baseUrl, headers, { ...options, concurrency: 1 });
  try {
    return await transport.send({ method: 'GET', path });
  } finally {
    await transport.close();
  }
}

/**
 * Without a proxy: Node's own client. It loads in a fifth of the time of undici, which decides how long `add` takes, and
 * carries more requests a second.
 */
async function openDirect(options: ClientOptions): Promise<Client> {
  const { base, headers, concurrency } = options;
  const { Agent, request } = await (base.protocol === 'https:' ? import('node:https') : import('node:http'));
  const keeping = new Agent({ keepAlive: true, maxSockets: concurrency, timeout: keepAliveMs });
  let agent = keeping;
  const target: RequestOptions = {
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: base.port,
    headers,
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect.
    rejectUnauthorized: true,
  };
  return {
    send: ({ method, path, body }) =>
      performExchange(options, method, (exchange) => {
        const sent = request({ ...target, method, path, agent });
        sent.on('socket', (socket) => awaitConnection(socket, base, exchange));
        sent.on('response', (response) => read(response, exchange));
        sent.on('error', (error) => {
          // A service that closes its sockets and does not say so: the next one that is used again is the next lost answer.
          const isBroken = sent.reusedSocket && exchange.phase === 'written';
          if (isBroken && agent === keeping) agent = new Agent({ maxSockets: concurrency });
          // An answer that has begun says itself how it ends: garbage behind it is an error of the request.
          if (exchange.phase !== 'answered') reportFailure(exchange, error);
        });
        sent.on('close', () => {
          if (exchange.phase !== 'answered') reportClosed(exchange);
        });
        sent.end(body);
        return (why) => sent.destroy(why);
      }),
    async close() {
      keeping.destroy();
      agent.destroy();
    },
  };
}

/** Node writes a request as soon as its socket is connected, TLS included. */
function awaitConnection(socket: Socket, base: URL, exchange: Exchange): void {
  if (socket.connecting) {
    const event = base.protocol === 'https:' ? 'secureConnect' : 'connect';
    socket.once(event, () => reportWritten(exchange));
  } else reportWritten(exchange);
}

function read(response: IncomingMessage, exchange: Exchange): void {
  reportHead(exchange, response.statusCode ?? 0, response.headers);
  response.on('data', (chunk: Buffer) => reportData(exchange, chunk));
  response.on('end', () => reportEnd(exchange));
  // A body that breaks off has no end, but an error, or nothing but a closed socket.
  response.on('error', (error) => reportFailure(exchange, error));
  response.on('close', () => reportClosed(exchange));
}
