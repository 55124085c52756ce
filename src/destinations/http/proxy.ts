// Proxies: their addresses, and the tunnels that they open, by undici.

import type { Agent } from 'node:http';
import { connect as connectSocket, isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { errorCode, type Parsed, Problem } from '../../core/errors.js';

/** Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect. */
const verified = { rejectUnauthorized: true };

/** A proxy that opens tunnels. */
interface Proxy {
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

/** What the address of a proxy looks like. */
export const proxyHint = 'Write it as http://host:port, or http://user:password@host:port.';

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

/** What makes the sockets of an agent, as tunnels. */
export interface Tunnels extends Pick<Agent, 'createConnection'> {
  /** Ends those that are being made. */
  readonly close: () => void;
}

/** Tunnels to a service through a proxy; each is made within so many milliseconds. */
export function openTunnels(proxy: Proxy, base: URL, limitMs: number): Tunnels {
  const closing = new AbortController();
  return {
    createConnection(_, done) {
      const limit = AbortSignal.any([closing.signal, AbortSignal.timeout(limitMs)]);
      openTunnel(proxy, base, limit).then(
        (socket) => done?.(null, socket),
        // Node looks at no socket beside an error.
        (error: Error) => done?.(error, new Socket()),
      );
      return undefined;
    },
    close: () => closing.abort(),
  };
}

/**
 * Opens a tunnel through a proxy: a socket to it, CONNECT, TLS with the service. The proxy sees the host and no key.
 * `limit` ends it in each of these, since all of them stand on that one socket; it says nothing to a tunnel that is open.
 *
 * @throws whatever the socket or TLS failed with
 */
async function openTunnel(proxy: Proxy, base: URL, limit: AbortSignal): Promise<Socket> {
  const { host, port, isTls, authorization } = proxy;
  const { Client } = await import('undici');
  limit.throwIfAborted();
  const socket = connectSocket({ host, port });
  const end = () => socket.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  limit.addEventListener('abort', end);
  try {
    await ready(socket, 'connect');
    const sockets = [isTls ? await secured(socket, host) : socket];
    const client = new Client(`http://${hostOf(proxy)}`, {
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
    if (error instanceof Error && !errorCode(error).startsWith('UND_ERR')) throw error;
    throw new Error('the proxy closed the connection');
  } finally {
    limit.removeEventListener('abort', end);
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
