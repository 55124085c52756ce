// One exchange from its start to its result: its limits, and whether the request was written.

import type { ClientRequest, IncomingMessage } from 'node:http';
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
  /** The system's code: ECONNREFUSED, ENOTFOUND…; TIMEOUT and INTERRUPTED are ours. */
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

/** What ends an exchange that does not end by itself. */
export interface ExchangeLimits {
  /** From the first byte written to the last byte read, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends what changes nothing any more: a request that is not written yet, and any GET. */
  readonly interrupt: AbortSignal;
}

/** An answer for a thousand calls has some hundred kB; more than this is no answer. */
const longestAnswer = 8 * 1024 * 1024;

/** How long all that comes before the request is written may take: name, connection, proxy and TLS together. */
export function connectLimitMs({ timeoutMs }: ExchangeLimits): number {
  return Math.min(10_000, timeoutMs);
}

/**
 * One exchange on its way to its result. It ends once, by what Node reports of it or by its limits; what is reported after
 * its end changes nothing.
 */
interface Exchange {
  phase: 'connecting' | 'written' | 'answered' | 'ended';
  readonly limits: ExchangeLimits;
  /** Whether ending it at any time changes nothing at the service. */
  readonly isReading: boolean;
  readonly end: (result: HttpResult) => void;
  sent: ClientRequest | undefined;
  timer: NodeJS.Timeout | undefined;
  readonly onInterrupt: () => void;
  head: Pick<HttpResponse, 'status' | 'retryAfter' | 'location' | 'date'>;
  readonly chunks: Buffer[];
  length: number;
}

/**
 * Carries out one exchange, and says how it ended. Whatever Node reports or throws, it ends within `connectLimitMs` plus
 * `timeoutMs`.
 *
 * @param begin makes the request; it is ended here, with its body
 * @param onStale called where a socket that was used before broke under a request
 */
export function performExchange(
  limits: ExchangeLimits,
  { method, body }: Pick<HttpRequest, 'method' | 'body'>,
  begin: () => ClientRequest,
  onStale: () => void,
): Promise<HttpResult> {
  return new Promise((end) => {
    const exchange: Exchange = {
      phase: 'connecting',
      limits,
      isReading: method === 'GET',
      end,
      sent: undefined,
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
      exchange.sent = begin();
      listen(exchange, exchange.sent, onStale);
      exchange.sent.end(body);
    } catch (error) {
      reportFailure(exchange, error);
    }
  });
}

/** Whether the exchange has its result. */
function isOver({ phase }: Exchange): boolean {
  return phase === 'ended';
}

function listen(exchange: Exchange, sent: ClientRequest, onStale: () => void): void {
  // Node writes a request as soon as its socket is connected, TLS included.
  sent.on('socket', (socket) => {
    if (!socket.connecting) return reportWritten(exchange);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => reportWritten(exchange));
  });
  sent.on('response', (response) => read(exchange, response));
  // An answer that has begun says itself how it ends: garbage behind it is an error of the request.
  sent.on('error', (error) => {
    if (sent.reusedSocket && exchange.phase === 'written') onStale();
    if (exchange.phase !== 'answered') reportFailure(exchange, error);
  });
  sent.on('close', () => {
    if (exchange.phase !== 'answered') reportClosed(exchange);
  });
}

/** Before the first byte is written: a failure before that never reached the service, so sending again is safe. */
function reportWritten(exchange: Exchange): void {
  if (exchange.phase !== 'connecting') return;
  exchange.phase = 'written';
  clearTimeout(exchange.timer);
  const { timeoutMs } = exchange.limits;
  const late = () => giveUp(exchange, 'TIMEOUT', `no complete answer within ${timeoutMs / 1000} s`);
  exchange.timer = setTimeout(late, timeoutMs);
}

function read(exchange: Exchange, response: IncomingMessage): void {
  if (exchange.phase !== 'written') return;
  exchange.phase = 'answered';
  const { statusCode: status = 0, headers } = response;
  const { 'retry-after': retryAfter, location, date } = headers;
  exchange.head = { status, retryAfter, location, date };
  response.on('data', (chunk: Buffer) => {
    exchange.length += chunk.length;
    if (exchange.length > longestAnswer) giveUp(exchange, 'TOO_LONG', 'the answer is too long');
    else exchange.chunks.push(chunk);
  });
  response.on('end', () => {
    if (!isOver(exchange)) end(exchange, responseOf(exchange, true));
  });
  // A body that breaks off has no end, but an error, or nothing but a closed socket.
  response.on('error', (error) => reportFailure(exchange, error));
  response.on('close', () => reportClosed(exchange));
}

/** The connection failed, or Node threw: what came of the answer is all that there will be. */
function reportFailure(exchange: Exchange, error: unknown): void {
  const code = errorCode(error) || 'ERROR';
  endEarly(exchange, code, describe(code, error));
}

/** The connection is closed, by whatever: a server that speaks another protocol now (101), a socket that just ends. */
function reportClosed(exchange: Exchange): void {
  endEarly(exchange, 'CLOSED', 'the connection was closed');
}

function reportInterrupt(exchange: Exchange): void {
  if (exchange.phase === 'connecting' || exchange.isReading) giveUp(exchange, 'INTERRUPTED', 'interrupted');
}

/** Ends an exchange whose request would go on. */
function giveUp(exchange: Exchange, code: string, message: string): void {
  endEarly(exchange, code, message);
  exchange.sent?.destroy(new Error(message));
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
  exchange.end(result);
}

function responseOf({ head, chunks }: Exchange, complete: boolean): HttpResponse {
  return { kind: 'response', ...head, body: Buffer.concat(chunks).toString('utf8'), complete };
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
};

/** The failure without the address, which may contain the key. */
function describe(code: string, error: unknown): string {
  const known = explanations[code];
  if (known !== undefined) return `${known} (${code})`;
  const reason =
    error instanceof Error ? error.message.replace(/https?:\/\/\S+/g, '(address)') : 'unknown failure';
  return code === 'ERROR' ? reason : `${reason} (${code})`;
}
