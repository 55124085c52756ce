import { exitCodes } from '../../core/errors.js';
import type { SendResult } from '../../core/send-result.js';
import type { HttpFailure, HttpResponse, HttpResult } from '../http/exchange.js';
import { decodeAnswer, errorOf } from './response.js';

/**
 * The rule of sending again, row by row.
 *
 * @param reply what came back
 * @param uuids the uuids of the request
 * @param now milliseconds since 1970, for a `Retry-After` that is a date
 */
export function classifyResponse(reply: HttpResult, uuids: readonly string[], now: number): SendResult {
  if (reply.kind === 'failure') return classifyFailure(reply);
  const { status } = reply;
  if (status === 204) return { kind: 'lost', reason: '204 without a body' };
  if (status >= 200 && status < 300) return classifySuccess(reply, uuids);
  if (status === 429 || status === 503 || status === 408 || status === 425) {
    const waitMs = retryAfter(reply, now);
    const throttled = status === 429 || status === 503;
    return {
      kind: 'not received',
      reason: words(reply),
      throttled,
      ...(waitMs === undefined ? {} : { waitMs }),
    };
  }
  if (status === 400 || status === 413 || status === 422) {
    return { kind: 'refused', reason: words(reply), tooLarge: status === 413 };
  }
  return status >= 500 ? { kind: 'lost', reason: words(reply) } : classifyStop(reply);
}

function classifyFailure(reply: HttpFailure): SendResult {
  if (reply.written) return { kind: 'lost', reason: `no answer: ${reply.message}` };
  return { kind: 'not received', reason: reply.message, throttled: false };
}

function classifySuccess(reply: HttpResponse, uuids: readonly string[]): SendResult {
  if (!reply.complete) return { kind: 'lost', reason: `the answer broke off (${reply.status})` };
  const decoded = decodeAnswer(reply.body, uuids);
  if ('accepted' in decoded) return { kind: 'settled', verdicts: decoded };
  if (decoded.error !== undefined)
    return { kind: 'lost', reason: `${reply.status} with an error: ${decoded.error}` };
  const what =
    reply.body.trim() === '' ? 'an empty body' : /^\s*</.test(reply.body) ? 'HTML' : 'an unreadable body';
  return { kind: 'lost', reason: `${reply.status} with ${what}` };
}

function classifyStop(reply: HttpResponse): SendResult {
  const reason = words(reply);
  if (reply.status >= 300 && reply.status < 400) {
    return {
      kind: 'stop',
      reason: `the service redirects to ${withoutQuery(reply.location)} (${reply.status}), which is never followed: it would carry the key there`,
      hint: 'If that address is right, set it as base_url (Russian accounts: https://sip.amocrm.ru).',
      exit: exitCodes.unreachable,
    };
  }
  if (reply.status === 401 || reply.status === 402 || reply.status === 403) {
    return {
      kind: 'stop',
      reason: `the service refused the credentials: ${reason}`,
      hint: 'Check code, key and account_id with "amocalls config". Do not try in a loop: a ban gets worse.',
      exit: exitCodes.refused,
    };
  }
  return {
    kind: 'stop',
    reason: `the service does not know this method at this address: ${reason}`,
    hint: 'Check base_url with "amocalls config" (default https://sip.amocrm.com, Russian accounts https://sip.amocrm.ru).',
    exit: exitCodes.unreachable,
  };
}

/** The status with what the body says, if it says anything a person can read. */
function words(reply: HttpResponse): string {
  const said = errorOf(reply.body);
  const plain = /^[^<{[]{1,200}$/.test(reply.body.trim()) ? reply.body.trim() : undefined;
  const text = said ?? plain;
  return text === undefined ? `HTTP ${reply.status}` : `HTTP ${reply.status}: ${text}`;
}

function withoutQuery(location: string | undefined): string {
  return location === undefined ? 'nowhere' : location.replace(/[?#].*$/s, '');
}

/** `Retry-After` as seconds or as a date, else JSON `retry_after`: milliseconds to wait, if it was said. */
function retryAfter(reply: HttpResponse, now: number): number | undefined {
  const header = reply.retryAfter?.trim();
  if (header !== undefined && header !== '') {
    const at = /^\d+(\.\d+)?$/.test(header) ? now + Number(header) * 1000 : Date.parse(header);
    if (!Number.isNaN(at)) return Math.max(0, at - now);
  }
  const said = /"retry_after"\s*:\s*"?(\d+(?:\.\d+)?)/.exec(reply.body)?.[1];
  return said === undefined ? undefined : Number(said) * 1000;
}
