// HTTP by Node's own client.

import type { AgentOptions, Agent as HttpAgent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { Problem, UserError } from '../../core/errors.js';
import type { ConnectionOptions } from '../destination.js';
import {
  connectLimitMs,
  type ExchangeLimits,
  type HttpResult,
  performExchange,
  type Transport,
} from './exchange.js';
import type { Tunnels } from './proxy.js';

/** A socket is used again only while busy: a stale one would turn into a lost answer. */
const keepAliveMs = 1000;

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
  const { request, newAgent, close } = await openConnections(base, env, limits);
  const keeping = newAgent({ keepAlive: true, maxSockets: limits.concurrency, timeout: keepAliveMs });
  let agent = keeping;
  const target: RequestOptions = {
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: base.port,
    headers: { ...headers, 'user-agent': userAgent },
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect.
    rejectUnauthorized: true,
  };
  return {
    async send({ method, path, shownPath = path, body, calls = 0 }) {
      const start = now();
      const begin = () => request({ ...target, method, path: root + path, agent });
      const result = await performExchange(limits, { method, body }, begin, () => {
        // A service that closes its sockets and does not say so: the next one that is used again is the next lost answer.
        if (agent === keeping) agent = newAgent({ maxSockets: limits.concurrency });
      });
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
    async close() {
      keeping.destroy();
      agent.destroy();
      close();
    },
  };
}

/**
 * What makes connections to a service: Node's own client, which loads in a fifth of the time of undici and carries more
 * requests a second; behind a proxy its sockets are tunnels.
 */
async function openConnections(base: URL, env: ConnectionOptions['env'], limits: ExchangeLimits) {
  const proxy = proxyOf(base, env);
  const tunnels = proxy === undefined ? undefined : await openTunnelsThrough(proxy, base, limits);
  const { Agent, request } = await (base.protocol === 'https:' ? import('node:https') : import('node:http'));
  return {
    request,
    newAgent(options: AgentOptions): HttpAgent {
      const agent: HttpAgent = new Agent(options);
      if (tunnels !== undefined) agent.createConnection = tunnels.createConnection;
      return agent;
    },
    close: () => tunnels?.close(),
  };
}

async function openTunnelsThrough(
  { variable, address }: ProxySetting,
  base: URL,
  limits: ExchangeLimits,
): Promise<Tunnels> {
  const { openTunnels, parseProxy, proxyHint } = await import('./proxy.js');
  const proxy = parseProxy(address);
  if (!(proxy instanceof Problem)) return openTunnels(proxy, base, connectLimitMs(limits));
  throw new UserError(`${variable}: ${proxy.text}`, { hint: proxyHint });
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
interface ProbeOptions extends Omit<ConnectionOptions, 'concurrency'> {
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
