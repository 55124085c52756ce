/** An HTTP answer to one request. */
export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /** Header values that matter, as sent. */
  readonly retryAfter?: string;
  readonly location?: string;
  /** The clock of the service. */
  readonly date?: string;
  readonly body: string;
  /** false where the connection broke inside the body, or the body was absurdly long. */
  readonly complete: boolean;
}

/** No HTTP answer at all. */
export interface HttpFailure {
  readonly kind: 'failure';
  /** Whether any byte of the request may have left: then the service may have it. */
  readonly written: boolean;
  /** The system's or undici's code: ECONNREFUSED, ENOTFOUND, UND_ERR_CONNECT_TIMEOUT, TIMEOUT… */
  readonly code: string;
  readonly message: string;
}

/** What came back for one request. */
export type HttpResult = HttpResponse | HttpFailure;

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With the query; is put behind the path of the base. */
  readonly path: string;
  /** The path as traces show it, where it holds a secret. */
  readonly shownPath?: string;
  /** ASCII. */
  readonly body?: string;
  /** How many calls it carries; absent: none. */
  readonly calls?: number;
}

/** Sends requests to one origin. */
export interface Transport {
  /** Sends one request and says how it ended; never rejects. */
  readonly send: (request: HttpRequest) => Promise<HttpResult>;
  /** Closes the connections. */
  readonly close: () => Promise<void>;
}

/** A client of HTTP: a transport that takes complete paths, and traces nothing. */
export interface Client extends Pick<Transport, 'close'> {
  readonly send: (request: Pick<HttpRequest, 'method' | 'path' | 'body'>) => Promise<HttpResult>;
}

/** What a client is opened for. */
export interface ClientOptions {
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
/** An answer for a thousand calls has some hundred kB; more than this is no answer. */
const longestAnswer = 8 * 1024 * 1024;

/** What a client reports of one exchange; whatever comes after its end is ignored. */
export interface ExchangeEvents {
  /** Before the first byte is written: a failure before that never reached the service, so sending again is safe. */
  readonly written: () => void;
  readonly head: (status: number, headers: Readonly<Record<string, string | string[] | undefined>>) => void;
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Turns the events of one exchange into its result: the same rules for both clients.
 *
 * @param abort ends it early; the client then fails
 * @param done called once
 */
export function trackExchange(
  timeoutMs: number,
  abort: (why: Error) => void,
  done: (result: HttpResult) => void,
): ExchangeEvents {
  let written = false;
  let timer: NodeJS.Timeout | undefined;
  let head: Pick<HttpResponse, 'status' | 'retryAfter' | 'location' | 'date'> | undefined;
  let timedOut = false;
  let length = 0;
  const chunks: Buffer[] = [];

  function finish(complete: boolean, error?: Error): void {
    clearTimeout(timer);
    if (head !== undefined && !timedOut) {
      done({ kind: 'response', ...head, body: Buffer.concat(chunks).toString('utf8'), complete });
      return;
    }
    const code = timedOut ? 'TIMEOUT' : codeOf(error);
    const message = timedOut ? `no complete answer within ${timeoutMs / 1000} s` : describe(code, error);
    done({ kind: 'failure', written, code, message });
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
      const date = first(headers['date']);
      head = {
        status,
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...(location === undefined ? {} : { location }),
        ...(date === undefined ? {} : { date }),
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

/** The failure without the address, which may contain the key. */
function describe(code: string, error: Error | undefined): string {
  const known = explanations[code];
  if (known !== undefined) return `${known} (${code})`;
  const reason = error?.message.replace(/https?:\/\/\S+/g, '(address)') ?? 'unknown failure';
  return code === 'ERROR' ? reason : `${reason} (${code})`;
}
