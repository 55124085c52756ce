// Reads a response: notes, errors, whose they are; what it means, row by row.

import { isObject, type JsonObject } from '../../core/json.js';
import type { Receipt, SendResult, Stopped, Verdicts } from '../../core/send-result.js';
import type { HttpResponse, HttpResult } from '../http/exchange.js';
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

/** What to do with calls whose number no contact and no company has. */
export type UnknownPolicy = 'wait' | 'reject' | 'lead';

/** What is needed to read a response. */
export interface ResponseRules {
  readonly unknown: UnknownPolicy;
  readonly decode: (body: string) => DecodedResponse | undefined;
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  readonly now: number;
}

const hints = {
  credentials:
    'Check token and base_url with "amocalls config": a token is for one account and expires. Do not retry in a loop: a ban may get longer.',
  address:
    'Check base_url with "amocalls config": it must be the address of the account, such as https://mycompany.amocrm.ru or https://mycompany.kommo.com.',
};

/** What ends a run, in the words of v4. */
export function stopOf(reply: HttpResponse): Stopped {
  return classifyStop(reply, hints);
}

/** The reason of a call that waits for a contact. */
const noContact = 'no contact has this number yet';

/** What a response of v4 means, row by row of v4.md. */
export function classifyResponse(reply: HttpResult, rules: ResponseRules): SendResult {
  if (reply.kind === 'failure') return classifyFailure(reply);
  const { status } = reply;
  if (status >= 200 && status < 300) {
    return classifySuccess(reply, (body) => {
      const decoded = rules.decode(body);
      return decoded && verdictsOf(decoded, rules.unknown);
    });
  }
  if (status === 429 || status === 408 || status === 425) return classifyNotReceived(reply, rules.now);
  if (status === 400 || status === 413 || status === 422) return classifyRefusal(reply, rules);
  if (status === 504) return { kind: 'lost', reason: describeResponse(reply), tooSlow: true };
  if (status < 200 || status >= 500) return { kind: 'lost', reason: describeResponse(reply) };
  return stopOf(reply);
}

/**
 * A request that was refused as a whole. Where the service names the calls at fault, these have their verdict, and the
 * others, which were not added, may be sent again.
 */
function classifyRefusal(reply: HttpResponse, rules: ResponseRules): SendResult {
  const reason = describeResponse(reply);
  const tooLarge = reply.status === 413 || (reply.status === 422 && /limit/i.test(reply.body));
  if (tooLarge) return { kind: 'refused', reason, tooLarge };
  const decoded = reply.complete ? rules.decode(reply.body) : undefined;
  if (decoded === undefined) return { kind: 'refused', reason, tooLarge };
  const { rejected, deferred } = verdictsOf(decoded, rules.unknown);
  if (rejected.size === 0 && deferred.size === 0) return { kind: 'refused', reason, tooLarge };
  return { kind: 'refused', reason, tooLarge, named: { rejected, deferred } };
}

function verdictsOf({ accepted, notFound, rejected, unknown }: DecodedResponse, policy: UnknownPolicy) {
  const verdicts = { accepted: new Set(accepted.keys()), receipts: accepted, unknownUuids: unknown };
  if (policy !== 'reject') {
    const deferred = new Map([...notFound.keys()].map((uuid) => [uuid, [noContact]]));
    return { ...verdicts, rejected, deferred } satisfies Verdicts;
  }
  const refused = [...notFound].map(
    ([uuid, said]) => [uuid, [`no contact has this number: ${said.join('; ')}`]] as const,
  );
  const deferred: Verdicts['deferred'] = new Map();
  return { ...verdicts, rejected: new Map([...rejected, ...refused]), deferred } satisfies Verdicts;
}

/** What a response of v4 says of the calls of its request, by their uuids. */
export interface DecodedResponse {
  readonly accepted: ReadonlyMap<string, Receipt>;
  /** No contact and no company has the number. */
  readonly notFound: ReadonlyMap<string, readonly string[]>;
  readonly rejected: ReadonlyMap<string, readonly string[]>;
  /** Entries that belong to no call of the request, as they name themselves. */
  readonly unknown: readonly string[];
}

/** One entry of a list of the response. */
interface Entry {
  readonly list: 'accepted' | 'failed';
  readonly value: JsonObject;
}

/**
 * Reads a response: `_embedded[key]`, `errors` and `validation-errors`, each entry of which names its call by
 * `request_id`, the index in the request, as text or as number. Entries without one take the places that are left, in
 * their order, where that is the only way to read them: when they stand in one list and are as many as those places.
 * A call in both lists is rejected; one in neither is in no result. A body that is itself "Entity not found" is read as
 * the one entry of `errors`.
 *
 * @param body the text of the response
 * @param sent the uuids of the request, in its order
 * @param receiptOf reads the entry of a call that was taken
 * @param key the list of what was taken
 * @returns undefined where the body has none of these lists
 */
export function decodeResponse(
  body: string,
  sent: readonly string[],
  receiptOf: (entry: JsonObject) => Receipt,
  key: 'calls' | 'unsorted' = 'calls',
): DecodedResponse | undefined {
  const json = parseJson(body);
  if (!isObject(json)) return undefined;
  const embedded = isObject(json['_embedded']) ? json['_embedded'] : {};
  const lists = [embedded[key], json['errors'], json['validation-errors']];
  const bare = lists.every((list) => list === undefined || list === null);
  if (bare && !isNotFound(json)) return undefined;
  const [taken = [], errors = [], invalid = []] = lists.map((list) => valuesOf(list).filter(isObject));
  const failed = bare ? [json] : [...errors, ...invalid];
  const entries: readonly Entry[] = [
    ...taken.map((value) => ({ list: 'accepted' as const, value })),
    ...failed.map((value) => ({ list: 'failed' as const, value })),
  ];
  const places = placesOf(entries, sent.length);
  const accepted = new Map<string, Receipt>();
  const notFound = new Map<string, readonly string[]>();
  const rejected = new Map<string, readonly string[]>();
  const unknown: string[] = [];
  for (const [at, { list, value }] of entries.entries()) {
    const uuid = sent[places[at] ?? -1];
    if (uuid === undefined) unknown.push(nameOf(value));
    else if (list === 'accepted') accepted.set(uuid, receiptOf(value));
    else if (isNotFound(value)) notFound.set(uuid, reasonsOf(value));
    else rejected.set(uuid, reasonsOf(value));
  }
  for (const uuid of rejected.keys()) notFound.delete(uuid);
  for (const uuid of [...rejected.keys(), ...notFound.keys()]) accepted.delete(uuid);
  return { accepted, notFound, rejected, unknown: unknown.slice(0, mostTold) };
}

/** Which call of the request each entry speaks of, by index; undefined where nobody can tell. */
function placesOf(entries: readonly Entry[], count: number): readonly (number | undefined)[] {
  const named = entries.map(({ value }) => indexOf(value['request_id']));
  const silent = entries.filter(({ value }) => (value['request_id'] ?? undefined) === undefined);
  const taken = new Set(named);
  const free = Array.from({ length: count }, (_, at) => at).filter((at) => !taken.has(at));
  const sameList = silent.every(({ list }) => list === silent[0]?.list);
  if (silent.length !== free.length || !sameList) return named;
  return entries.map((entry, at) => (silent.includes(entry) ? free.shift() : named[at]));
}

function indexOf(requestId: unknown): number | undefined {
  if (typeof requestId !== 'string' && typeof requestId !== 'number') return undefined;
  const text = String(requestId);
  return /^(0|[1-9]\d{0,3})$/.test(text) ? Number(text) : undefined;
}

function nameOf({ request_id: id }: JsonObject): string {
  return typeof id === 'string' || typeof id === 'number' ? `request_id ${wordsOf(id)}` : 'no request_id';
}

/** 263 is the vendor's code for it. */
function isNotFound(value: JsonObject): boolean {
  const codes = [textOf(value['code']), textOf(value['status'])];
  return codes.includes('263') || /^entity not found/i.test(textOf(value['title']) ?? '');
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? wordsOf(value.trim()) : undefined;
}

/** `path: detail` of each error of a validation; the title and detail of any other error. */
function reasonsOf(value: JsonObject): readonly string[] {
  const errors = valuesOf(value['errors']).filter(isObject).slice(0, mostTold);
  const reasons = (errors.length === 0 ? [value] : errors).map((error) => {
    const path = textOf(error['path']) ?? textOf(error['title']);
    const detail = textOf(error['detail']) ?? textOf(error['message']) ?? textOf(error['code']);
    return [path, detail].filter((part) => part !== undefined).join(': ');
  });
  const said = reasons.filter((reason) => reason !== '');
  return said.length === 0 ? ['the service gave no reason'] : said;
}

/** An id of the service, as number or as digits. */
export function idOf(value: unknown): number | undefined {
  const id = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined;
}

/** The vendor writes `contact` on its page; some answers have `contacts`, as in addresses. */
function typeOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === 'companies' ? 'company' : text?.replace(/s$/, '');
}

/** The receipt of a call: its note, and what that belongs to. */
export function receiptOfCall(entry: JsonObject): Receipt {
  const [note, entity, type] = [idOf(entry['id']), idOf(entry['entity_id']), typeOf(entry['entity_type'])];
  return {
    ...(note === undefined ? {} : { note_id: note }),
    ...(type === undefined ? {} : { entity_type: type }),
    ...(entity === undefined ? {} : { entity_id: entity }),
  };
}

/** The receipt of an incoming lead: its uid, and the lead that waits behind it. */
export function receiptOfLead(entry: JsonObject): Receipt {
  const embedded = isObject(entry['_embedded']) ? entry['_embedded'] : {};
  const lead = idOf(valuesOf(embedded['leads']).filter(isObject)[0]?.['id']);
  const uid = textOf(entry['uid']);
  return {
    ...(lead === undefined ? {} : { entity_type: 'lead', entity_id: lead }),
    via: 'unsorted',
    ...(uid === undefined ? {} : { uid }),
  };
}
