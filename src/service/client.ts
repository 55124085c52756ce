import type { Call } from '../core/call.js';
import type { SendResult } from '../core/send-result.js';
import { encodeCalls } from './encode.js';
import type { Carrier, Route } from './exchange.js';
import { judge } from './judge.js';
import { createMask } from './masked.js';
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

/** One request as `--verbose` shows it; the body of its reply is as it came. */
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
  readonly send: (calls: readonly Call[]) => Promise<SendResult>;
  /** Lets go of the connections. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the way to calls/add. TLS is always verified (a private CA: NODE_EXTRA_CA_CERTS), a redirect is never
 * followed, nothing is sent twice here. Connections are made when they are needed.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const base = new URL(options.baseUrl);
  const path = `${base.pathname.replace(/\/+$/, '')}/api/calls/add/`;
  const query = (key: string, account: string) =>
    `?code=${encodeURIComponent(options.code)}&key=${key}&account_id=${encodeURIComponent(account)}`;
  const key = encodeURIComponent(options.key);
  const mask = createMask(options.key);
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': options.userAgent,
    accept: 'application/json',
  };
  const { concurrency, timeoutMs } = options;
  const carrier = await openCarrier({ base, headers, concurrency, timeoutMs }, options.env);
  return {
    async send(calls) {
      const account = calls[0]?.account_id ?? '';
      const body = encodeCalls(calls);
      const start = options.now();
      const reply = await carrier.post(path + query(key, account), body);
      const end = options.now();
      options.trace?.({
        address: base.origin + path + query('***', account),
        calls: calls.length,
        bytes: body.length,
        milliseconds: end - start,
        reply,
      });
      const uuids = calls.map((call) => call.uuid);
      return mask(judge(reply, uuids, end));
    },
    close: carrier.close,
  };
}

async function openCarrier(route: Route, env: ServiceOptions['env']): Promise<Carrier> {
  const proxy = env['https_proxy'] || env['HTTPS_PROXY'];
  if (route.base.protocol === 'https:' && proxy) {
    const { openTunnel } = await import('./tunnel.js');
    return openTunnel(route, { url: proxy, except: env['no_proxy'] ?? env['NO_PROXY'] ?? '' });
  }
  const { openDirect } = await import('./direct.js');
  return openDirect(route);
}
