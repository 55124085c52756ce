// One exchange from its start to its result: its limits, and whether the request was written.

import { errorCode } from '../../core/errors.js';

/** An HTTP answer to one request. */
export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /** Header values that matter, as sent. */
  readonly retryAfter?: string | undefined;
  readonly location?: string | undefined;
  /** The clock of the service. */
  readonly date?: string | undefined;
  readonly body: string;
  /** false where the body broke off, did not end in time, or was absurdly long. */
  readonly complete: boolean;
}

/** No HTTP answer at all. */
export interface HttpFailure {
  readonly kind: 'failure';
  /** Whether any byte of the request may have left: then the service may have it. */
  readonly written: boolean;
  /** The system's or undici's code: ECONNREFUSED, ENOTFOUND…; TIMEOUT and INTERRUPTED are ours. */
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
  /** As bytes outside of the heap: as texts, the bodies of the requests on their way cost an import a tenth of its time. */
  readonly body?: Buffer | undefined;
  /** How many calls it carries; absent: none. */
  readonly calls?: number;
}

/** Sends requests to one origin. */
export interface Transport {
  /** Sends one request and says how it ended, within its limits; never rejects. */
  readonly send: (request: HttpRequest) => Promise<HttpResult>;
  /** Closes the connections; a request on its way ends as a failure. */
  readonly close: () => Promise<void>;
}

/** A client of HTTP: a transport that takes complete paths, and traces nothing. */
export interface Client extends Pick<Transport, 'close'> {
  readonly send: (request: Pick<HttpRequest, 'method' | 'path' | 'body'>) => Promise<HttpResult>;
}

/** What a client is opened for. */
export interface ClientOptions extends ExchangeLimits {
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Connections at most. */
  readonly concurrency: number;
}

/** What ends an exchange that does not end by itself. */
export interface ExchangeLimits {
  /** From the first byte written to the last byte read, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends what changes nothing any more: a request that is not written yet, and any GET. */
  readonly interrupt: AbortSignal;
}

/** A socket is used again only while busy: a stale one would turn into a lost answer. */
export const keepAliveMs = 1000;
/** An answer for a thousand calls has some hundred kB; more than this is no answer. */
const longestAnswer = 8 * 1024 * 1024;

/** How long all that comes before the request is written may take: name, connection, proxy and TLS together. */
export function connectLimitMs({ timeoutMs }: ExchangeLimits): number {
  return Math.min(10_000, timeoutMs);
}

/**
 * One exchange on its way to its result. It ends once, by what its client reports or by its limits; what is reported
 * after its end changes nothing.
 */
export interface Exchange {
  phase: 'connecting' | 'written' | 'answered' | 'ended';
  readonly limits: ExchangeLimits;
  /** Whether ending it at any time changes nothing at the service. */
  readonly isReading: boolean;
  readonly settle: (result: HttpResult) => void;
  /** Ends the work of the client; its report of that comes too late to matter. */
  abort: (why: Error) => void;
  timer: NodeJS.Timeout | undefined;
  readonly onInterrupt: () => void;
  head: Pick<HttpResponse, 'status' | 'retryAfter' | 'location' | 'date'>;
  readonly chunks: Buffer[];
  length: number;
}

/**
 * Carries out one exchange, and says how it ended. Whatever the client does or throws, it ends within
 * `connectLimitMs` plus `timeoutMs`.
 *
 * @param start begins the work of the client, which reports to the exchange; gives what ends it early
 */
export function performExchange(
  limits: ExchangeLimits,
  method: HttpRequest['method'],
  start: (exchange: Exchange) => Exchange['abort'],
): Promise<HttpResult> {
  return new Promise((settle) => {
    const exchange: Exchange = {
      phase: 'connecting',
      limits,
      isReading: method === 'GET',
      settle,
      abort: () => undefined,
      timer: undefined,
      onInterrupt: () => reportInterrupt(exchange),
      head: { status: 0 },
      chunks: [],
      length: 0,
    };
    const limitMs = connectLimitMs(limits);
    const late = () => giveUp(exchange, 'TIMEOUT', `no connection within ${limitMs / 1000} s`);
    exchange.timer = setTimeout(late, limitMs);
    limits.interrupt.addEventListener('abort', exchange.onInterrupt);
    if (limits.interrupt.aborted) exchange.onInterrupt();
    if (isOver(exchange)) return;
    try {
      exchange.abort = start(exchange);
    } catch (error) {
      reportFailure(exchange, error);
    }
  });
}

/** Whether the exchange has its result. */
function isOver({ phase }: Exchange): boolean {
  return phase === 'ended';
}

/** Before the first byte is written: a failure before that never reached the service, so sending again is safe. */
export function reportWritten(exchange: Exchange): void {
  if (exchange.phase !== 'connecting') return;
  exchange.phase = 'written';
  clearTimeout(exchange.timer);
  const { timeoutMs } = exchange.limits;
  const late = () => giveUp(exchange, 'TIMEOUT', `no complete answer within ${timeoutMs / 1000} s`);
  exchange.timer = setTimeout(late, timeoutMs);
}

/** The status and the headers of the answer. */
export function reportHead(
  exchange: Exchange,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): void {
  if (exchange.phase !== 'written') return;
  exchange.phase = 'answered';
  exchange.head = {
    status,
    retryAfter: first(headers['retry-after']),
    location: first(headers['location']),
    date: first(headers['date']),
  };
}

/** A part of the body. */
export function reportData(exchange: Exchange, chunk: Buffer): void {
  if (exchange.phase !== 'answered') return;
  exchange.length += chunk.length;
  if (exchange.length > longestAnswer) giveUp(exchange, 'TOO_LONG', 'the answer is too long');
  else exchange.chunks.push(chunk);
}

/** The end of the body. */
export function reportEnd(exchange: Exchange): void {
  if (exchange.phase === 'answered') end(exchange, responseOf(exchange, true));
}

/** The connection failed, or the client threw: what came of the answer is all that there will be. */
export function reportFailure(exchange: Exchange, error: unknown): void {
  const code = errorCode(error) || 'ERROR';
  endEarly(exchange, code, describe(code, error));
}

/** The connection is closed, by whatever: a server that speaks another protocol now (101), a socket that just ends. */
export function reportClosed(exchange: Exchange): void {
  endEarly(exchange, 'CLOSED', 'the connection was closed');
}

function reportInterrupt(exchange: Exchange): void {
  if (exchange.phase === 'connecting' || exchange.isReading) giveUp(exchange, 'INTERRUPTED', 'interrupted');
}

/** Ends an exchange whose client would go on. */
function giveUp(exchange: Exchange, code: string, message: string): void {
  endEarly(exchange, code, message);
  exchange.abort(new Error(message));
}

function endEarly(exchange: Exchange, code: string, message: string): void {
  const { phase } = exchange;
  if (phase === 'answered') end(exchange, responseOf(exchange, false));
  else end(exchange, { kind: 'failure', written: phase === 'written', code, message });
}

function end(exchange: Exchange, result: HttpResult): void {
  if (isOver(exchange)) return;
  exchange.phase = 'ended';
  clearTimeout(exchange.timer);
  exchange.limits.interrupt.removeEventListener('abort', exchange.onInterrupt);
  exchange.settle(result);
}

function responseOf({ head, chunks }: Exchange, complete: boolean): HttpResponse {
  return { kind: 'response', ...head, body: Buffer.concat(chunks).toString('utf8'), complete };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
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
  UND_ERR_SOCKET: 'connection closed by the service',
};

/** The failure without the address, which may contain the key. */
function describe(code: string, error: unknown): string {
  const known = explanations[code];
  if (known !== undefined) return `${known} (${code})`;
  const reason =
    error instanceof Error ? error.message.replace(/https?:\/\/\S+/g, '(address)') : 'unknown failure';
  return code === 'ERROR' ? reason : `${reason} (${code})`;
}
