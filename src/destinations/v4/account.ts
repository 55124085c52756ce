// What can be asked of an account: its users, and any list.

import { exitCodes, interruptedExit, UserError } from '../../core/errors.js';
import { isObject, type JsonObject } from '../../core/json.js';
import type { ConnectionOptions } from '../destination.js';
import type { HttpResponse, HttpResult, Transport } from '../http/exchange.js';
import { describeResponse, parseJson, retryAfterMs, wordsOf } from '../http/response-text.js';
import { createTextRedactor } from '../http/send-request.js';
import { openTransport } from '../http/transport.js';
import { stopOf } from './response.js';

/** Which account is asked, and as whom. `interrupt` ends what is being asked: it fails with the exit code of the signal. */
export interface AccountOptions extends ConnectionOptions {
  readonly baseUrl: string;
  readonly token: string;
  /** Waits until a request may leave: it counts like those that send. */
  readonly acquire?: () => Promise<unknown>;
  /** Hears until when the service wants no request (ms since 1970), and in which words: others who share its rate wait too. */
  readonly reportThrottled?: (until: number, reason: string) => Promise<void>;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** A user of the account. */
export interface AccountUser {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

/** So many entries a page: the most that v4 gives. */
const pageSize = 250;

/** A list with more pages than this, half a million entries, has no end. */
const mostPages = 2000;

/** A GET changes nothing, so it may be sent again; milliseconds before the second try, doubled for each further one. */
const mostTries = 4;
const firstPauseMs = 500;
/** A longer pause than this is left to the user. */
const longestWaitMs = 120_000;

/** What can be asked of an account; nothing is written. Each fails with a UserError in the words of the service. */
export interface Account {
  readonly users: () => Promise<readonly AccountUser[]>;
  /** The entries of a list, page by page, until there is no next one; `key` names it in the response. */
  readonly list: (path: string, key: string) => AsyncIterable<readonly JsonObject[]>;
  readonly close: () => Promise<void>;
}

/** Opens an account of v4 to be asked. Connections are made when they are needed. */
export async function openAccount(options: AccountOptions): Promise<Account> {
  const headers = {
    authorization: `Bearer ${options.token}`,
    accept: 'application/hal+json, application/problem+json',
  };
  const transport = await openTransport(options.baseUrl, headers, options);
  const link = { options, transport };
  return {
    users: () => usersOf(link),
    list: (path, key) => pages(link, path, key),
    close: transport.close,
  };
}

interface AccountLink {
  readonly options: AccountOptions;
  readonly transport: Transport;
}

async function usersOf(link: AccountLink): Promise<readonly AccountUser[]> {
  const users: AccountUser[] = [];
  for await (const page of pages(link, '/api/v4/users', 'users')) {
    for (const entry of page) users.push(...userOf(entry));
  }
  return users;
}

/**
 * The entries of a list, page by page, until there is no next one.
 *
 * @throws UserError where the service has nothing new on a page, or no end
 */
async function* pages(link: AccountLink, path: string, key: string): AsyncGenerator<readonly JsonObject[]> {
  const seen = new Set<unknown>();
  for (let page = 1; page <= mostPages; page++) {
    const separator = path.includes('?') ? '&' : '?';
    const json = await get(link, `${path}${separator}page=${page}&limit=${pageSize}`);
    const embedded = isObject(json?.['_embedded']) ? json['_embedded'] : {};
    const list = embedded[key];
    const entries = Array.isArray(list) ? list.filter(isObject) : [];
    const known = seen.size;
    for (const { id } of entries) seen.add(id);
    if (entries.length > 0 && seen.size === known) throw endless(`page ${page} repeats earlier pages`);
    if (entries.length > 0) yield entries;
    const links = isObject(json?.['_links']) ? json['_links'] : {};
    if (entries.length === 0 || links['next'] === undefined) return;
  }
  throw endless(`there are more than ${mostPages} pages`);
}

/** Undefined for 204, which is "none". */
async function get(link: AccountLink, path: string): Promise<JsonObject | undefined> {
  const redact = createTextRedactor(link.options.token);
  const reply = await ask(link, path);
  if (reply.kind === 'failure') throw unreachable(redact(reply.message));
  if (reply.status === 204) return undefined;
  const json = reply.complete ? parseJson(reply.body) : undefined;
  if (reply.status === 200 && isObject(json)) return json;
  throw failureOf(reply, redact);
}

/** Asks as often as it may help: a GET changes nothing. */
async function ask(link: AccountLink, path: string): Promise<HttpResult> {
  const { now, reportThrottled, sleep, interrupt } = link.options;
  for (let tries = 1; ; tries++) {
    const reply = await askOnce(link, path);
    if (tries === mostTries || !isPassing(reply)) return reply;
    const at = now();
    const asked = reply.kind === 'response' ? retryAfterMs(reply, at) : undefined;
    const pause = Math.max(asked ?? 0, firstPauseMs * 2 ** (tries - 1));
    if (reply.kind === 'response' && (reply.status === 429 || asked !== undefined)) {
      const said = createTextRedactor(link.options.token)(describeResponse(reply));
      await reportThrottled?.(at + pause, said);
    }
    if (pause > longestWaitMs) throw tooLong(pause);
    await sleep(Math.ceil(pause), interrupt);
  }
}

async function askOnce({ options, transport }: AccountLink, path: string): Promise<HttpResult> {
  const { interrupt, acquire } = options;
  if (!interrupt.aborted) await acquire?.();
  if (interrupt.aborted) throw interrupted(interrupt);
  const reply = await transport.send({ method: 'GET', path });
  if (interrupt.aborted) throw interrupted(interrupt);
  return reply;
}

/** Whether the same request may go well a moment later: the service is busy, or a connection broke after it was written. */
function isPassing(reply: HttpResult): boolean {
  if (reply.kind === 'response') return reply.status === 429 || reply.status >= 500;
  return reply.written && reply.code !== 'TIMEOUT' && reply.code !== 'INTERRUPTED';
}

function failed(message: string, hint: string): UserError {
  return new UserError(message, { hint, exit: exitCodes.unreachable });
}

function tooLong(pauseMs: number): UserError {
  const seconds = Math.ceil(pauseMs / 1000);
  return failed(`the service asked to wait ${seconds} s`, 'Run the same command again after that time.');
}

function endless(why: string): UserError {
  const hint = 'Try again later. If it happens again, ask the support of the service.';
  return failed(`the service sent an endless list: ${why}`, hint);
}

function interrupted(interrupt: AbortSignal): UserError {
  const exit = interruptedExit(interrupt) ?? exitCodes.sigint;
  return new UserError('interrupted before the service answered', { exit });
}

/** The account in the response to GET /api/v4/account, or why there is none: a token that is not valid. */
export function accountOf(reply: HttpResponse): { readonly id: number; readonly name: string } | UserError {
  const json = reply.complete ? parseJson(reply.body) : undefined;
  if (reply.status !== 200 || !isObject(json) || typeof json['id'] !== 'number') {
    return failureOf(reply, (text) => text);
  }
  return { id: json['id'], name: textOf(json['name']) };
}

function userOf({ id, name, email }: JsonObject): readonly AccountUser[] {
  if (typeof id !== 'number') return [];
  return [{ id, name: textOf(name), email: textOf(email) }];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? wordsOf(value) : '';
}

function unreachable(reason: string): UserError {
  const hint = 'Check base_url with "amocalls config", and the network.';
  return failed(`the service could not be reached: ${reason}`, hint);
}

function failureOf(reply: HttpResponse, redact: (text: string) => string): UserError {
  const isFinal = reply.status >= 300 && reply.status < 500 && reply.status !== 429;
  if (!isFinal) return unreachable(redact(describeResponse(reply)));
  const { reason, hint, exit } = stopOf(reply);
  return new UserError(redact(reason), { hint, exit });
}
