import type { Dispatcher } from 'undici';
import type { Reply } from './reply.js';

/** An answer for a thousand calls has some hundred kB; more than this is no answer. */
const longestAnswer = 8 * 1024 * 1024;

/**
 * Posts one request and tells how it ended; never rejects.
 *
 * @param timeoutMs from the start of writing to the end of the answer
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number,
): Promise<Reply> {
  return new Promise((resolve) => {
    dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, createReader(timeoutMs, resolve));
  });
}

/**
 * Follows one exchange. It watches the one thing that decides whether sending again is safe: undici calls
 * `onRequestStart` right before it writes, so a failure before that never reached the service.
 */
function createReader(timeoutMs: number, done: (reply: Reply) => void): Dispatcher.DispatchHandler {
  let written = false;
  let timer: NodeJS.Timeout | undefined;
  let status: number | undefined;
  let retryAfter: string | undefined;
  let location: string | undefined;
  let timedOut = false;
  let length = 0;
  const chunks: Buffer[] = [];

  function finish(complete: boolean, error?: Error): void {
    clearTimeout(timer);
    if (status !== undefined && !timedOut) {
      const body = Buffer.concat(chunks).toString('utf8');
      const optional = {
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...(location === undefined ? {} : { location }),
      };
      done({ kind: 'answered', status, body, complete, ...optional });
      return;
    }
    const code = timedOut ? 'TIMEOUT' : codeOf(error);
    const message = timedOut ? `no complete answer within ${timeoutMs / 1000} s` : describe(code, error);
    done({ kind: 'failed', written, code, message });
  }

  return {
    onRequestStart(controller) {
      written = true;
      timer = setTimeout(() => {
        timedOut = true;
        controller.abort(new Error('time-out'));
      }, timeoutMs);
    },
    onResponseStart(_controller, statusCode, headers) {
      if (statusCode < 200) return;
      status = statusCode;
      retryAfter = first(headers['retry-after']);
      location = first(headers['location']);
    },
    onResponseData(controller, chunk) {
      length += chunk.length;
      if (length > longestAnswer) controller.abort(new Error('the answer is too long'));
      else chunks.push(chunk);
    },
    onResponseEnd() {
      finish(true);
    },
    onResponseError(_controller, error) {
      finish(false, error);
    },
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function codeOf(error: Error | undefined): string {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : 'ERROR';
}

const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up (no network?)',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EPIPE: 'connection closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within 10 s',
  UND_ERR_SOCKET: 'connection closed by the service',
};

/** Words without the address: an address may bear the key. */
function describe(code: string, error: Error | undefined): string {
  const known = explanations[code];
  if (known !== undefined) return `${known} (${code})`;
  const reason = error?.message.replace(/https?:\/\/\S+/g, '(address)') ?? 'unknown failure';
  return code === 'ERROR' ? reason : `${reason} (${code})`;
}
