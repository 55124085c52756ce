// A POST to calls/add: its form as PHP reads it, credentials, why a call is rejected, the answer as PHP writes it.

import { type CallField, callFields } from '../core/call.js';
import type { Answer, Api, ApiRequest } from './api.js';
import {
  answerThroughFault,
  createFaultPlan,
  type RequestFaults,
  refuseCalls,
  shuffled,
} from './fault-plan.js';
import type { AnswerFault } from './faults.js';
import type { Settings } from './options.js';
import { errorReply, jsonReply } from './replies.js';
import type { CallFields, ReceivedCall } from './store.js';

/** PHP's post_max_size: past it the form is empty, and the answer is 200. */
const postMaxBytes = 8 * 1024 * 1024;

/** calls/add: reads the form of a POST, decides on its calls and lets faults happen. */
export function createCallsAdd(settings: Settings): Api {
  const plan = createFaultPlan(settings.faults, settings.seed, settings.latencyMs);
  return {
    serves: (method, path) => method === 'POST' && path === '/api/calls/add/',
    mostBytes: Math.min(settings.maxBodyBytes, postMaxBytes),
    notes: () => [],
    handle(request) {
      const refused = refuse(request, settings);
      if (refused !== undefined) return refused;
      const calls = request.size > postMaxBytes ? [] : callsOfForm(request.body, settings.maxInputVars);
      const account = request.query.get('account_id') ?? '';
      const uuids = calls.map(({ uuid = '' }) => uuid);
      const faults = plan(account, uuids);
      const read = { request, calls, faults, settings, error: errorReply };
      return answerThroughFault(
        read,
        () => refuseCalls(read) ?? answer(calls, { faults, account, settings }),
      );
    },
  };
}

/**
 * The calls of a form body, as far as `request[add]` holds any: their fields are text, the last one of a name counts, and `[]`
 * begins a call of its own, as in PHP. What calls/add does not know is left out.
 *
 * @param mostVariables PHP's `max_input_vars`: one more than this arrives, the rest is dropped without a word
 */
export function callsOfForm(body: Buffer, mostVariables: number): readonly CallFields[] {
  const variables = body.toString().split('&', mostVariables + 1);
  const calls = new Map<string, Partial<Record<CallField, string>>>();
  for (const [name, value] of new URLSearchParams(variables.join('&'))) {
    const [path, index = '', key] = /^request\[add\]\[([^\]]*)\](?:\[([^\]]*)\])?/.exec(name) ?? [];
    if (path === undefined) continue;
    const place = index === '' ? `next ${calls.size}` : index;
    const call = calls.get(place) ?? {};
    const field = path === name ? callFields.find((known) => known === key) : undefined;
    if (field !== undefined) call[field] = value;
    calls.set(place, call);
  }
  return [...calls.values()];
}

/** What is decided before the body is looked at: credentials, the type of the content. */
function refuse({ query, contentType }: ApiRequest, settings: Settings): Answer | undefined {
  if (query.get('code') !== settings.code || query.get('key') !== settings.key) {
    return { reply: errorReply(401, 'Wrong code or key', '110'), fault: 'wrong credentials' };
  }
  const account = query.get('account_id') ?? '';
  if (settings.anyAccount ? !/^\d+$/.test(account) : account !== settings.accountId) {
    return { reply: errorReply(401, 'Account not found', '101'), fault: 'wrong account' };
  }
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)) {
    const error = 'Content-Type must be application/x-www-form-urlencoded';
    return { reply: errorReply(400, error, '400'), fault: 'wrong content type' };
  }
  return undefined;
}

interface Context {
  readonly faults: RequestFaults;
  readonly account: string;
  readonly settings: Settings;
}

/** Decides on each call of a request, and words the answer. */
function answer(calls: readonly CallFields[], { faults, account, settings }: Context): Answer {
  const now = settings.now();
  const success: string[] = [];
  const errors = new Map<string, readonly string[]>();
  const received = calls.map((fields): ReceivedCall => {
    const { uuid = '' } = fields;
    if (settings.forgets(uuid) || faults.meetsCall('forget', uuid)) return { fields, queued: false };
    const invalid = validateCall(fields, account, now);
    const rejected = settings.rejects(uuid) || faults.meetsCall('reject', uuid);
    const reasons = rejected ? [...invalid, 'the sandbox is set to reject this uuid'] : invalid;
    if (reasons.length > 0) {
      errors.set(uuid, [...(errors.get(uuid) ?? []), ...reasons]);
      return { fields, queued: false };
    }
    if (!faults.meetsCall('unnamed', uuid)) success.push(uuid);
    return { fields, queued: true };
  });
  const text = answerText({ success, errors }, faults.answer, faults.random);
  return { reply: jsonReply(200, text), calls: received };
}

const digits = /^\d+$/;
/** Before the year 2000 there was no such service. */
const earliest = 946_684_800;
const daySeconds = 86_400;

/**
 * Why the sandbox rejects a call of calls/add; empty for a valid one. The service's own reasons are published
 * nowhere: these are the sandbox's.
 *
 * @param accountId the account_id of the query
 * @param now milliseconds since 1970
 */
function validateCall(call: CallFields, accountId: string, now: number): readonly string[] {
  const reasons: string[] = [];
  if (call.uuid === undefined || call.uuid === '') reasons.push('uuid is required');
  checkDigits(reasons, 'caller', call.caller);
  checkDigits(reasons, 'to', call.to);
  if (call.date === undefined || !digits.test(call.date)) {
    reasons.push(wrong('date', call.date, 'a Unix time in whole seconds'));
  } else if (Number(call.date) < earliest || Number(call.date) > now / 1000 + daySeconds) {
    reasons.push(`date ${call.date} is not between the year 2000 and tomorrow`);
  }
  if (call.type !== 'inbound' && call.type !== 'outbound') {
    reasons.push(wrong('type', call.type, 'inbound or outbound'));
  }
  if (call.billsec === undefined || !digits.test(call.billsec)) {
    reasons.push(wrong('billsec', call.billsec, 'a whole number of seconds'));
  }
  if (call.account_id !== undefined && call.account_id !== accountId) {
    reasons.push(`account_id "${call.account_id}" is not the account of the request`);
  }
  return reasons;
}

function checkDigits(reasons: string[], field: 'caller' | 'to', value: string | undefined): void {
  if (value === undefined || !digits.test(value)) reasons.push(wrong(field, value, 'digits only'));
}

function wrong(field: string, value: string | undefined, expected: string): string {
  return value === undefined || value === ''
    ? `${field} is required`
    : `${field} "${value}" is not ${expected}`;
}

/** What the sandbox decided on the calls of one request. */
interface Verdicts {
  readonly success: readonly string[];
  /** Reasons by uuid; a call without a uuid stands under ''. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
}

const unknownUuid = 'a-uuid-that-was-not-sent';

/**
 * The answer of calls/add as PHP writes it.
 *
 * @param faults the oddities of PHP that the answer shows
 * @param random a pseudo-random number in [0, 1) for a purpose
 */
export function answerText(
  verdicts: Verdicts,
  faults: ReadonlySet<AnswerFault>,
  random: (purpose: string) => number,
): string {
  const success = faults.size === 0 ? verdicts.success : oddSuccess(verdicts, faults, random);
  const uuidText = faults.has('numbers') ? numberOrString : phpString;
  const list = success.map(uuidText);
  const successText = faults.has('holes')
    ? phpArray(list.map((text, index) => [String(index + 1), text] as const))
    : `[${list.join(',')}]`;
  return `{"response":{"calls":{"add":{"success":${successText}${errorsText(verdicts, faults, random)}}}}}`;
}

function oddSuccess(
  verdicts: Verdicts,
  faults: ReadonlySet<AnswerFault>,
  random: (purpose: string) => number,
): readonly string[] {
  const uuids = [
    ...verdicts.success,
    ...(faults.has('both') ? verdicts.errors.keys() : []),
    ...(faults.has('unknown-uuid') ? [unknownUuid] : []),
  ];
  return faults.has('shuffle') ? shuffled(uuids, placeBy(random)) : uuids;
}

/** Where a uuid stands in an answer whose order is drawn. */
function placeBy(random: (purpose: string) => number): (uuid: string, index: number) => number {
  return (uuid, index) => random(`order ${index} ${uuid}`);
}

function errorsText(
  verdicts: Verdicts,
  faults: ReadonlySet<AnswerFault>,
  random: (purpose: string) => number,
): string {
  if (verdicts.errors.size === 0) {
    if (faults.has('errors-absent')) return '';
    return faults.has('errors-null') ? ',"errors":null' : ',"errors":[]';
  }
  const inOrder = [...verdicts.errors.keys()];
  const uuids = faults.has('shuffle') ? shuffled(inOrder, placeBy(random)) : inOrder;
  const entries = uuids.map((uuid) => {
    const reasons = verdicts.errors.get(uuid) ?? [];
    const text = faults.has('single-reason')
      ? phpString(reasons.join('; '))
      : `[${reasons.map(phpString).join(',')}]`;
    return [uuid, text] as const;
  });
  return `,"errors":${phpArray(entries)}`;
}

function numberOrString(uuid: string): string {
  return /^(?:0|-?[1-9]\d{0,17})$/.test(uuid) ? uuid : phpString(uuid);
}

/** Text that json_encode leaves as it is. */
const unescaped = /^[\w .:;,+@#()-]*$/;

/** A string as PHP's json_encode writes it: `/` as `\/`, all that is not ASCII as `\uXXXX`. */
export function phpString(text: string): string {
  if (unescaped.test(text)) return `"${text}"`;
  return JSON.stringify(text)
    .replaceAll('/', '\\/')
    .replace(/[\x80-\uffff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * An array as PHP's json_encode writes it: a list where the keys are 0, 1, 2, … in this order (so also where
 * there are none), else an object.
 *
 * @param entries keys as text, each once, and values as JSON
 */
export function phpArray(entries: readonly (readonly [string, string])[]): string {
  const isList = entries.every(([key], index) => key === String(index));
  return isList
    ? `[${entries.map(([, json]) => json).join(',')}]`
    : `{${entries.map(([key, json]) => `${phpString(key)}:${json}`).join(',')}}`;
}
