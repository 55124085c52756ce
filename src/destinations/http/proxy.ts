import type { Dispatcher } from 'undici';
import {
  type Client,
  type ClientOptions,
  connectTimeoutMs,
  type ExchangeEvents,
  keepAliveMs,
  trackExchange,
} from './exchange.js';

/** Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no effect. */
const verified = { rejectUnauthorized: true };

/**
 * Opens a client through an HTTP proxy: a tunnel (CONNECT), in which the proxy sees the host and no key. By undici,
 * since Node's own client knows no proxies.
 */
export async function openProxied(options: ClientOptions, url: string): Promise<Client> {
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
  /** Whether each request ends its tunnel. */
  let reset = false;
  return {
    send: ({ method, path, body }) =>
      new Promise((resolve) => {
        let controller: Dispatcher.DispatchController | undefined;
        const events = trackExchange(timeoutMs, (why) => controller?.abort(why), resolve);
        const start = (started: Dispatcher.DispatchController) => {
          controller = started;
        };
        // undici does not say whether the tunnel was used before: a new one that breaks counts too.
        const reportBroken = () => {
          reset = true;
        };
        const handler = handlerOf(events, start, reportBroken);
        const request = { origin: base.origin, path, method, headers, body: body ?? null, reset };
        dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler);
      }),
    close: () => dispatcher.destroy(),
  };
}

/**
 * undici calls `onRequestStart` right before it writes.
 *
 * @param reportBroken called where the connection broke before one byte of an answer
 */
function handlerOf(
  { written, head, data, end, fail }: ExchangeEvents,
  start: (controller: Dispatcher.DispatchController) => void,
  reportBroken: () => void,
): Dispatcher.DispatchHandler {
  let isAwaited = false;
  return {
    onRequestStart(controller) {
      isAwaited = true;
      start(controller);
      written();
    },
    onResponseStart(_controller, status, headers) {
      isAwaited = false;
      if (status >= 200) head(status, headers);
    },
    onResponseData: (_controller, chunk) => data(chunk),
    onResponseEnd: end,
    onResponseError(controller, error) {
      if (isAwaited && !controller.aborted) reportBroken();
      fail(error);
    },
  };
}
