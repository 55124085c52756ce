// HTTP through a proxy: the tunnel, by undici.

import { connect as connectSocket, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import { errorCode, type Parsed, Problem } from '../../core/errors.js';
import {
  type Client,
  type ClientOptions,
  connectLimitMs,
  type Exchange,
  keepAliveMs,
  performExchange,
  reportData,
  reportEnd,
  reportFailure,
  reportHead,
  reportWritten,
} from './exchange.js';

/** Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect. */
const verified = { rejectUnauthorized: true };

/** A proxy that opens tunnels. */
export interface Proxy {
  readonly isTls: boolean;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The header `Proxy-Authorization`, where the address holds a user. */
  readonly authorization?: string;
}

/** Reads the address of a proxy; without a scheme it means http, as curl reads it. What is wrong shows no password. */
export function parseProxy(address: string): Parsed<Proxy> {
  const text = address.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || url.hostname === '') return new Problem('is not the address of a proxy');
  const { protocol, hostname, port, username, password } = url;
  if (protocol !== 'http:' && protocol !== 'https:')
    return new Problem(`is a proxy of the kind ${protocol.slice(0, -1)}, which is not supported`);
  const isTls = protocol === 'https:';
  const user = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return {
    isTls,
    host: bare(hostname),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    ...(username === '' ? {} : { authorization: `Basic ${user}` }),
  };
}

/** `proxy.example:3128`, as users know it. */
export function hostOf({ host, port }: Proxy): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** An IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Opens a client through an HTTP proxy: a tunnel (CONNECT), in which the proxy sees the host and no key. By undici,
 * since Node's own client knows no proxies; its own ProxyAgent asks a proxy that closes CONNECT again and again.
 */
export async function openProxied(options: ClientOptions, proxy: Proxy): Promise<Client> {
  const undici = await import('undici');
  const { base, headers, timeoutMs } = options;
  const closing = new AbortController();
  const pool = new undici.Pool(base.origin, {
    connections: options.concurrency,
    pipelining: 1,
    headersTimeout: Math.ceil(timeoutMs),
    bodyTimeout: Math.ceil(timeoutMs),
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    connect(_, done) {
      const limit = AbortSignal.any([closing.signal, AbortSignal.timeout(connectLimitMs(options))]);
      openTunnel(undici, proxy, base, limit).then(
        (socket) => done(null, socket),
        (error: unknown) => done(tunnelError(error, limit), null),
      );
    },
  });
  /** Whether each request ends its tunnel. */
  let reset = false;
  // undici does not say whether the tunnel was used before: a new one that breaks counts too.
  const reportBroken = () => {
    reset = true;
  };
  return {
    send: ({ method, path, body }) =>
      performExchange(options, method, (exchange) => {
        let controller: Dispatcher.DispatchController | undefined;
        const start = (started: Dispatcher.DispatchController) => {
          controller = started;
        };
        const request = { path, method, headers, body: body ?? null, reset };
        pool.dispatch(request, handlerOf(exchange, start, reportBroken));
        return (why) => controller?.abort(why);
      }),
    async close() {
      closing.abort();
      await pool.destroy();
    },
  };
}

/**
 * One attempt at a tunnel: a socket to the proxy, CONNECT, TLS with the service. `limit` ends it in each of these, since
 * all of them stand on that one socket.
 *
 * @throws whatever the socket or TLS failed with
 */
async function openTunnel(
  { Client: ProxyClient }: Pick<typeof import('undici'), 'Client'>,
  proxy: Proxy,
  base: URL,
  limit: AbortSignal,
): Promise<Socket> {
  const { host, port, isTls, authorization } = proxy;
  const socket = connectSocket({ host, port, signal: limit });
  try {
    await ready(socket, 'connect');
    const sockets = [isTls ? await secured(socket, host) : socket];
    const client = new ProxyClient(`http://${hostOf(proxy)}`, {
      headersTimeout: 0,
      connect(_, done) {
        // It is asked for once more where it closed before it was used. undici does not hear an answer within its question.
        const next = sockets.pop();
        if (next === undefined)
          queueMicrotask(() => done(new Error('the proxy closed the connection'), null));
        else queueMicrotask(() => done(null, next));
      },
    });
    const path = `${base.hostname}:${base.port || 443}`;
    const credentials = authorization === undefined ? {} : { 'proxy-authorization': authorization };
    const answer = await client.connect({ path, headers: { host: path, ...credentials } });
    if (answer.statusCode !== 200)
      throw new Error(`the proxy refused the connection: HTTP ${answer.statusCode}`);
    return await secured(answer.socket, base.hostname);
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
}

/** TLS over a connection, as the client; the name is checked. */
function secured(socket: Duplex, hostname: string): Promise<TLSSocket> {
  const host = bare(hostname);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const secure = connectTls({ socket, host, ...servername, ALPNProtocols: ['http/1.1'], ...verified });
  return ready(secure, 'secureConnect');
}

/** Resolves at an event; rejects where the socket fails or just closes before. */
function ready<T extends Socket>(socket: T, event: 'connect' | 'secureConnect'): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

/** Why there is no tunnel, with a code that undici does not take for a reason to try again by itself. */
function tunnelError(error: unknown, limit: AbortSignal): Error {
  if (limit.aborted) return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
  if (error instanceof Error && !errorCode(error).startsWith('UND_ERR')) return error;
  return new Error('the proxy closed the connection');
}

/**
 * undici calls `onRequestStart` right before it writes.
 *
 * @param reportBroken called where the connection broke before one byte of an answer
 */
function handlerOf(
  exchange: Exchange,
  start: (controller: Dispatcher.DispatchController) => void,
  reportBroken: () => void,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      // It was given up while it waited for its tunnel, or undici would write it once more.
      if (exchange.phase !== 'connecting') return controller.abort(new Error('given up'));
      start(controller);
      reportWritten(exchange);
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) reportHead(exchange, status, headers);
    },
    onResponseData: (_controller, chunk) => reportData(exchange, chunk),
    onResponseEnd: () => reportEnd(exchange),
    onResponseError(_controller, error) {
      if (exchange.phase === 'written') reportBroken();
      reportFailure(exchange, error);
    },
  };
}
