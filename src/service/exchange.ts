import type { Reply } from './reply.js';

/** An answer for a thousand calls has some hundred kB; more than this is no answer. */
const longestAnswer = 8 * 1024 * 1024;

/** Who carries requests to the service. */
export interface Carrier {
  /**
   * Posts one request and tells how it ended; never rejects.
   *
   * @param path with its query
   * @param body ASCII
   */
  readonly post: (path: string, body: string) => Promise<Reply>;
  /** Lets go of the connections. */
  readonly close: () => Promise<void>;
}

/** What a carrier is made for. */
export interface Route {
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Connections at most. */
  readonly concurrency: number;
  /** From the start of writing to the end of the answer. */
  readonly timeoutMs: number;
}

/** A socket is used again only while busy: a stale one would turn into a lost answer. */
export const keepAliveMs = 1000;
export const connectTimeoutMs = 10_000;

/** Hears from a carrier what happens to one request; whatever comes after its end is not heard. */
export interface Listener {
  /** Before the first byte is written: a failure before that never reached the service, so sending again is safe. */
  readonly written: () => void;
  readonly head: (status: number, headers: Readonly<Record<string, string | string[] | undefined>>) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Follows one exchange to its end.
 *
 * @param abort breaks it off; the carrier then fails
 * @param done called once
 */
export function follow(
  timeoutMs: number,
  abort: (why: Error) => void,
  done: (reply: Reply) => void,
): Listener {
  let written = false;
  let timer: NodeJS.Timeout | undefined;
  let answer:
    | { readonly status: number; readonly retryAfter?: string; readonly location?: string }
    | undefined;
  let timedOut = false;
  let length = 0;
  const chunks: Buffer[] = [];

  function finish(complete: boolean, error?: Error): void {
    clearTimeout(timer);
    if (answer !== undefined && !timedOut) {
      done({ kind: 'answered', ...answer, body: Buffer.concat(chunks).toString('utf8'), complete });
      return;
    }
    const code = timedOut ? 'TIMEOUT' : codeOf(error);
    const message = timedOut ? `no complete answer within ${timeoutMs / 1000} s` : describe(code, error);
    done({ kind: 'failed', written, code, message });
  }

  return {
    written() {
      written = true;
      timer = setTimeout(() => {
        timedOut = true;
        abort(new Error('time-out'));
      }, timeoutMs);
    },
    head(status, headers) {
      const retryAfter = first(headers['retry-after']);
      const location = first(headers['location']);
      answer = {
        status,
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...(location === undefined ? {} : { location }),
      };
    },
    data(chunk) {
      length += chunk.length;
      if (length > longestAnswer) abort(new Error('the answer is too long'));
      else chunks.push(chunk);
    },
    end: () => finish(true),
    fail: (error) => finish(false, error),
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
