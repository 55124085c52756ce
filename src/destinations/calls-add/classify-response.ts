import type { SendResult } from '../../core/send-result.js';
import type { HttpResponse, HttpResult } from '../http/exchange.js';
import {
  classifyFailure,
  classifyNotReceived,
  classifyStop,
  describeBody,
  describeResponse,
} from '../http/response-text.js';
import { decodeAnswer } from './response.js';

const hints = {
  credentials:
    'Check code, key and account_id with "amocalls config". Do not try in a loop: a ban gets worse.',
  address:
    'Check base_url with "amocalls config" (default https://sip.amocrm.com, Russian accounts https://sip.amocrm.ru).',
};

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
    return classifyNotReceived(reply, now);
  }
  if (status === 400 || status === 413 || status === 422) {
    return { kind: 'refused', reason: describeResponse(reply), tooLarge: status === 413 };
  }
  return status >= 500 ? { kind: 'lost', reason: describeResponse(reply) } : classifyStop(reply, hints);
}

function classifySuccess(reply: HttpResponse, uuids: readonly string[]): SendResult {
  if (!reply.complete) return { kind: 'lost', reason: `the answer broke off (${reply.status})` };
  const decoded = decodeAnswer(reply.body, uuids);
  if ('accepted' in decoded) return { kind: 'settled', verdicts: decoded };
  if (decoded.error !== undefined)
    return { kind: 'lost', reason: `${reply.status} with an error: ${decoded.error}` };
  return { kind: 'lost', reason: `${reply.status} with ${describeBody(reply.body)}` };
}
