// Reads an answer with all of PHP's habits: what it says of each call, and whether it may have arrived.

import { isObject } from '../../core/json.js';
import type { SendResult, Verdicts } from '../../core/send-result.js';
import type { HttpResult } from '../http/exchange.js';
import {
  classifyFailure,
  classifyNotReceived,
  classifyStop,
  classifySuccess,
  describeResponse,
  mostTold,
  parseJson,
  valuesOf,
  wordsOf,
} from '../http/response-text.js';

const hints = {
  credentials:
    'Check code, key and account_id with "amocalls config". Do not retry in a loop: a ban may get longer.',
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
  if (status >= 200 && status < 300) return classifySuccess(reply, (body) => decodeAnswer(body, uuids));
  if (status === 429 || status === 503 || status === 408 || status === 425) {
    return classifyNotReceived(reply, now);
  }
  if (status === 400 || status === 413 || status === 422) {
    return { kind: 'refused', reason: describeResponse(reply), tooLarge: status === 413 };
  }
  const isKnown = status >= 300 && status < 500;
  return isKnown ? classifyStop(reply, hints) : { kind: 'lost', reason: describeResponse(reply) };
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** Finds the uuid that was sent behind what came back: as text, or as the number that PHP made of it. */
function matcher(sent: readonly string[]): (named: unknown) => string | undefined {
  const known = new Map<unknown, string | undefined>(sent.map((uuid) => [uuid, uuid]));
  for (const uuid of sent) {
    const number = Number(uuid);
    // Two that are the same number cannot be told apart.
    known.set(number, known.has(number) ? undefined : uuid);
  }
  return (named) => known.get(named) ?? (typeof named === 'number' ? known.get(String(named)) : undefined);
}

function reasonsOf(value: unknown): readonly string[] {
  const list = typeof value === 'object' ? valuesOf(value) : [value];
  const texts = list
    .filter((item) => item !== null && item !== '')
    .slice(0, mostTold)
    .map(wordsOf);
  return texts.length === 0 ? ['the service gave no reason'] : texts;
}

/**
 * Reads the answer to one request, with every habit of PHP's json_encode: an empty map as `[]`, a map with
 * the keys 0, 1, … as a list, a list with holes as a map, numeric uuids as numbers, a single reason as text.
 * A uuid in both lists is rejected; one in neither is in no result; order means nothing.
 *
 * @param body the text of a 2xx answer
 * @param sent the uuids of the request, each once
 * @returns undefined where the body has no verdicts
 */
export function decodeAnswer(body: string, sent: readonly string[]): Verdicts | undefined {
  const json = parseJson(body);
  const response = isObject(json) ? json['response'] : undefined;
  const calls = isObject(response) ? response['calls'] : undefined;
  const add = isObject(calls) ? calls['add'] : undefined;
  if (!isObject(add) && !Array.isArray(add)) return undefined;
  const success = valuesOf(isObject(add) ? add['success'] : undefined);
  const errors = entriesOf(isObject(add) ? add['errors'] : undefined);
  const match = matcher(sent);
  const accepted = new Set<string>();
  const rejected = new Map<string, readonly string[]>();
  const unknownUuids: string[] = [];
  const noteUnknown = (named: unknown) => {
    if (unknownUuids.length < mostTold) unknownUuids.push(wordsOf(named));
  };
  for (const [named, reasons] of errors) {
    const uuid = match(named);
    if (uuid === undefined) noteUnknown(named);
    else rejected.set(uuid, reasonsOf(reasons));
  }
  for (const named of success) {
    const uuid = match(named);
    if (uuid === undefined) noteUnknown(named);
    else if (!rejected.has(uuid)) accepted.add(uuid);
  }
  return { accepted, rejected, unknownUuids };
}
