// What is common in responses: their words, Retry-After, success, what ends a run.

import { exitCodes } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import type { SendResult, Stopped, Verdicts } from '../../core/send-result.js';
import type { HttpFailure, HttpResponse } from './exchange.js';

/** The values of a list of JSON. PHP writes an empty map as `[]` and a list with holes as a map. */
export function valuesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
}

/** The JSON of a body, a byte order mark apart; undefined where it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/** Longer words of a service than this are cut: what one answer says is not to fill a report. In UTF-16 units. */
const longestWords = 1000;

/** So many of a list are told at most. */
export const mostTold = 20;

/** What a service wrote, as text to be told: a text as it is, anything else as JSON; cut where it is absurdly long. */
export function wordsOf(value: unknown): string {
  const words = typeof value === 'object' && value !== null ? jsonOf(value) : String(value);
  return words.length <= longestWords ? words : `${words.slice(0, longestWords).toWellFormed()}…`;
}

/** JSON.parse reads what is nested a million deep, JSON.stringify does not write it. */
function jsonOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'a value that is nested too deeply';
  }
}

/** The words of an error body: the shape of the older API, or the title and detail of RFC 7807; else nothing. */
function errorOf(body: string): string | undefined {
  const json = parseJson(body);
  const response = isObject(json) && isObject(json['response']) ? json['response'] : json;
  if (!isObject(response)) return undefined;
  const words = response['error'] ?? response['detail'] ?? response['message'] ?? response['title'];
  if (typeof words !== 'string' && typeof words !== 'number') return undefined;
  const code = response['error_code'] ?? response['code'];
  const said = wordsOf(words);
  return typeof code === 'string' || typeof code === 'number' ? `${said} (code ${wordsOf(code)})` : said;
}

/** The status with what the body says, if it says anything a person can read. */
export function describeResponse({ status, body }: HttpResponse): string {
  const said = errorOf(body);
  const plain = /^[^<{[]{1,200}$/.test(body.trim()) ? body.trim() : undefined;
  const text = said ?? plain;
  return text === undefined ? `HTTP ${status}` : `HTTP ${status}: ${text}`;
}

/** What a body that cannot be read is: empty, HTML, or something else. */
function describeBody(body: string): string {
  if (body.trim() === '') return 'an empty body';
  return /^\s*</.test(body) ? 'HTML' : 'an unreadable body';
}

/** Where a redirect leads, without its query, which could hold a secret. */
function describeLocation({ location }: HttpResponse): string {
  return location === undefined ? 'nowhere' : location.replace(/[?#].*$/s, '');
}

/** A pause that a service asks for is taken as this at most: times beyond it cannot even be written as a date. */
const longestSaidMs = 366 * 86_400_000;

/** `Retry-After` as seconds or as a date, else JSON `retry_after`: milliseconds to wait, if it was said. */
export function retryAfterMs({ retryAfter: given, body }: HttpResponse, now: number): number | undefined {
  const header = given?.trim();
  if (header !== undefined && header !== '') {
    const at = /^\d+(\.\d+)?$/.test(header) ? now + Number(header) * 1000 : Date.parse(header);
    if (!Number.isNaN(at)) return Math.min(longestSaidMs, Math.max(0, at - now));
  }
  const said = /"retry_after"\s*:\s*"?(\d+(?:\.\d+)?)/.exec(body)?.[1];
  return said === undefined ? undefined : Math.min(longestSaidMs, Number(said) * 1000);
}

/** No response at all: whether the request had left decides whether it may be sent again. */
export function classifyFailure(failure: HttpFailure): SendResult {
  if (failure.written) return { kind: 'lost', reason: `no answer: ${failure.message}` };
  return { kind: 'not received', reason: failure.message, throttled: false };
}

/**
 * A 2xx response: its verdicts. Where it has none that can be read, the service perhaps has the calls.
 *
 * @param decode reads the verdicts of a body; undefined where it holds none
 */
export function classifySuccess(
  { status, body, complete }: HttpResponse,
  decode: (body: string) => Verdicts | undefined,
): SendResult {
  if (status === 204) return { kind: 'lost', reason: '204 without a body' };
  if (!complete) return { kind: 'lost', reason: `the answer broke off (${status})` };
  const verdicts = decode(body);
  if (verdicts !== undefined) return { kind: 'answered', verdicts };
  const error = errorOf(body);
  const what = error === undefined ? describeBody(body) : `an error: ${error}`;
  return { kind: 'lost', reason: `${status} with ${what}` };
}

/** The service did not take the request, and says so; some of these ask for fewer. */
export function classifyNotReceived(response: HttpResponse, now: number): SendResult {
  const waitMs = retryAfterMs(response, now);
  const throttled = response.status === 429 || response.status === 503;
  const reason = describeResponse(response);
  if (waitMs === undefined) return { kind: 'not received', reason, throttled };
  return { kind: 'not received', reason, throttled, waitMs };
}

/** What the user can do about a response that ends the run; each destination has its own settings. */
interface StopHints {
  readonly credentials: string;
  readonly address: string;
}

/**
 * 3xx, 401, 402, 403, and every other 4xx: nothing that is sent now can go well. 303 mostly says that a request was taken,
 * and where to look at what became of it.
 */
export function classifyStop(response: HttpResponse, hints: StopHints): Stopped {
  const { status } = response;
  const reason = describeResponse(response);
  if (status >= 300 && status < 400) {
    return {
      kind: 'stop',
      reason: `the service redirects to ${describeLocation(response)} (${status}), and amocalls does not send the credentials there`,
      hint: `If that address is right, set it as base_url. ${hints.address}`,
      exit: exitCodes.unreachable,
      ...(status === 303 ? { mayHaveCalls: true as const } : {}),
    };
  }
  if (status === 401 || status === 402 || status === 403) {
    return {
      kind: 'stop',
      reason: `the service refused the credentials: ${reason}`,
      hint: hints.credentials,
      exit: exitCodes.refused,
    };
  }
  return {
    kind: 'stop',
    reason: `the service does not know this method: ${reason}`,
    hint: hints.address,
    exit: exitCodes.unreachable,
  };
}
