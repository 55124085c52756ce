import type { Dispatcher } from 'undici';
import type { Call } from '../core/call.js';
import type { Judgement } from '../core/judgement.js';
import { encodeCalls } from './encode.js';
import { exchange } from './exchange.js';
import { judge } from './judge.js';
import type { Reply } from './reply.js';

/** Where and as whom requests are posted. */
export interface ServiceOptions {
  /** `https://sip.amocrm.com`, without a query; validated where it was read. */
  readonly baseUrl: string;
  readonly code: string;
  readonly key: string;
  /** Milliseconds from the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  /** How many requests are in flight at most. */
  readonly concurrency: number;
  /** For HTTPS_PROXY and NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `amocalls/1.2.3`. */
  readonly userAgent: string;
  readonly now: () => number;
  /** Told of every request once it has ended. */
  readonly trace?: (request: RequestTrace) => void;
}

/** One request as `--verbose` shows it; it never holds the key. */
export interface RequestTrace {
  /** The address with the key masked. */
  readonly address: string;
  readonly calls: number;
  readonly bytes: number;
  readonly milliseconds: number;
  readonly reply: Reply;
}

/** The service as the delivery sees it. */
export interface Service {
  /** Posts calls of one account in one request; never throws for what the network or the service does. */
  readonly send: (calls: readonly Call[]) => Promise<Judgement>;
  /** Lets go of the connections. */
  readonly close: () => Promise<void>;
}

/** A socket is used again only while busy: a stale one would turn into a lost answer. */
const keepAliveMs = 1000;
const connectTimeoutMs = 10_000;

/**
 * Opens the way to calls/add. TLS is always verified (a private CA: NODE_EXTRA_CA_CERTS), a redirect is never
 * followed, nothing is sent twice here. Connections are made when they are needed.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const base = new URL(options.baseUrl);
  const dispatcher = await openDispatcher(base, options);
  const path = `${base.pathname.replace(/\/+$/, '')}/api/calls/add/`;
  const query = (key: string, account: string) =>
    `?code=${encodeURIComponent(options.code)}&key=${key}&account_id=${encodeURIComponent(account)}`;
  const key = encodeURIComponent(options.key);
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': options.userAgent,
    accept: 'application/json',
  };
  return {
    async send(calls) {
      const account = calls[0]?.account_id ?? '';
      const body = encodeCalls(calls);
      const request = {
        origin: base.origin,
        path: path + query(key, account),
        method: 'POST' as const,
        headers,
        body,
      };
      const start = options.now();
      const reply = masked(await exchange(dispatcher, request, options.timeoutMs), [options.key, key]);
      const end = options.now();
      options.trace?.({
        address: base.origin + path + query('***', account),
        calls: calls.length,
        bytes: body.length,
        milliseconds: end - start,
        reply,
      });
      return judge(
        reply,
        calls.map((call) => call.uuid),
        end,
      );
    },
    close: () => dispatcher.destroy(),
  };
}

/** A service that repeats what it was asked would put the key into reasons, and those into files. */
function masked(reply: Reply, secrets: readonly string[]): Reply {
  if (reply.kind === 'failed' || !secrets.some((secret) => reply.body.includes(secret))) return reply;
  return { ...reply, body: secrets.reduce((body, secret) => body.replaceAll(secret, '***'), reply.body) };
}

async function openDispatcher(base: URL, options: ServiceOptions): Promise<Dispatcher> {
  const connect = { timeout: connectTimeoutMs };
  const shared = { connections: options.concurrency, pipelining: 1, connect, keepAliveTimeout: keepAliveMs };
  const proxy = options.env['https_proxy'] || options.env['HTTPS_PROXY'];
  if (base.protocol === 'https:' && proxy) {
    // A tunnel needs undici as a whole: its index gives the parts their connect().
    const { EnvHttpProxyAgent } = await import('undici');
    const noProxy = options.env['no_proxy'] ?? options.env['NO_PROXY'] ?? '';
    return new EnvHttpProxyAgent({ ...shared, httpsProxy: proxy, httpProxy: '', noProxy });
  }
  const { default: Pool } = await import('undici/lib/dispatcher/pool.js');
  return new Pool(base.origin, { ...shared, keepAliveMaxTimeout: keepAliveMs });
}
