import type { Dispatcher } from 'undici';
import {
  type Carrier,
  connectTimeoutMs,
  follow,
  keepAliveMs,
  type Listener,
  type Route,
} from './exchange.js';

/** The proxy to go through, and the hosts that are reached without one (NO_PROXY). */
export interface Proxy {
  readonly url: string;
  readonly except: string;
}

/** Said aloud, so that no NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment can unsay it. */
const verified = { rejectUnauthorized: true };

/** Opens the way through an HTTP proxy: a tunnel, in which the proxy sees the host and no key. */
export async function openTunnel(route: Route, { url, except }: Proxy): Promise<Carrier> {
  // A tunnel needs undici as a whole: its index gives the parts their connect().
  const { EnvHttpProxyAgent } = await import('undici');
  const dispatcher = new EnvHttpProxyAgent({
    connections: route.concurrency,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs, ...verified },
    requestTls: verified,
    proxyTls: verified,
    keepAliveTimeout: keepAliveMs,
    httpsProxy: url,
    httpProxy: '',
    noProxy: except,
  });
  const { base, headers, timeoutMs } = route;
  return {
    post: (path, body) =>
      new Promise((resolve) => {
        let controller: Dispatcher.DispatchController | undefined;
        const listener = follow(timeoutMs, (why) => controller?.abort(why), resolve);
        const handler = handlerOf(listener, (started) => {
          controller = started;
        });
        const request = { origin: base.origin, path, method: 'POST' as const, headers, body };
        dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler);
      }),
    close: () => dispatcher.destroy(),
  };
}

/** undici calls `onRequestStart` right before it writes. */
function handlerOf(
  { written, head, data, end, fail }: Listener,
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
