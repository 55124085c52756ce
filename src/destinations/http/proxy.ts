import type { Dispatcher } from 'undici';
import {
  connectTimeoutMs,
  type ExchangeEvents,
  keepAliveMs,
  type Transport,
  type TransportOptions,
  trackExchange,
} from './exchange.js';

/** Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect. */
const verified = { rejectUnauthorized: true };

/**
 * Opens a transport through an HTTP proxy: a tunnel (CONNECT), in which the proxy sees the host and no key. By undici,
 * since Node's own client knows no proxies.
 */
export async function openProxied(options: TransportOptions, url: string): Promise<Transport> {
  // A tunnel needs undici as a whole: its index gives the parts their connect().
  const { ProxyAgent } = await import('undici');
  const dispatcher = new ProxyAgent({
    uri: url,
    connections: options.concurrency,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs, ...verified },
    requestTls: verified,
    proxyTls: verified,
    keepAliveTimeout: keepAliveMs,
  });
  const { base, headers, timeoutMs } = options;
  return {
    send: ({ method, path, body }) =>
      new Promise((resolve) => {
        let controller: Dispatcher.DispatchController | undefined;
        const events = trackExchange(timeoutMs, (why) => controller?.abort(why), resolve);
        const handler = handlerOf(events, (started) => {
          controller = started;
        });
        const request = { origin: base.origin, path, method, headers, body: body ?? null };
        dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler);
      }),
    close: () => dispatcher.destroy(),
  };
}

/** undici calls `onRequestStart` right before it writes. */
function handlerOf(
  { written, head, data, end, fail }: ExchangeEvents,
  start: (controller: Dispatcher.DispatchController) => void,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      start(controller);
      written();
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) head(status, headers);
    },
    onResponseData: (_controller, chunk) => data(chunk),
    onResponseEnd: end,
    onResponseError: (_controller, error) => fail(error),
  };
}
