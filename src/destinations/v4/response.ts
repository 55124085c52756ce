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

/**
 * What a response of v4 means, row by row of v4.md.
 *
 * @param decode reads the verdicts of a body; undefined where it holds none
 * @param now milliseconds since 1970, for a `Retry-After` that is a date
 */
export function classifyResponse(
  reply: HttpResult,
  decode: (body: string) => Verdicts | undefined,
  now: number,
): SendResult {
  if (reply.kind === 'failure') return classifyFailure(reply);
  const { status } = reply;
  if (status >= 200 && status < 300) return classifySuccess(reply, decode);
  if (status === 429 || status === 408 || status === 425) return classifyNotReceived(reply, now);
  if (status === 400 || status === 413 || status === 422) return classifyRefusal(reply, decode);
  if (status === 504) return { kind: 'lost', reason: describeResponse(reply), tooSlow: true };
  if (status < 200 || status >= 500) return { kind: 'lost', reason: describeResponse(reply) };
  return stopOf(reply);
}

/**
 * A request that was refused as a whole. Where the service names the calls at fault, these have their verdict, and the
 * others, which were not added, may be sent again.
 */
function classifyRefusal(reply: HttpResponse, decode: (body: string) => Verdicts | undefined): SendResult {
  const { status, body, complete } = reply;
  const reason = describeResponse(reply);
  const tooLarge = status === 413 || (status === 422 && /limit/i.test(body));
  const verdicts = complete && !tooLarge ? decode(body) : undefined;
  if (verdicts === undefined || verdicts.rejected.size + (verdicts.deferred?.size ?? 0) === 0) {
    return { kind: 'refused', reason, tooLarge };
  }
  const { rejected, deferred } = verdicts;
  return { kind: 'refused', reason, tooLarge, named: { rejected, deferred } };
}

/** What lists the calls that were taken, by what each entry says of where its call is. */
const receiptsOf = { calls: receiptOfCall, unsorted: receiptOfLead } as const;

/**
 * Reads a response: the verdicts of its entries. A call in both lists is rejected; one in neither has no verdict.
 *
 * @param body the text of the response
 * @param sent the uuids of the request, in its order
 * @param policy what becomes of a call whose number nobody has
 * @param key the list of what was taken
 * @returns undefined where the body has no entries of calls
 */
export function decodeResponse(
  body: string,
  sent: readonly string[],
  policy: UnknownPolicy,
  key: keyof typeof receiptsOf = 'calls',
): Verdicts | undefined {
  const entries = entriesOf(body, sent.length, key);
  if (entries === undefined) return undefined;
  const receipts = new Map<string, Receipt>();
  const rejected = new Map<string, readonly string[]>();
  const notFound = new Map<string, readonly string[]>();
  const unknownUuids: string[] = [];
  for (const { place, isTaken, value } of entries) {
    const uuid = sent[place ?? -1];
    if (uuid === undefined) unknownUuids.push(nameOf(value));
    else if (isTaken) receipts.set(uuid, receiptsOf[key](value));
    else if (!isNotFound(value)) rejected.set(uuid, reasonsOf(value));
    else if (policy !== 'reject') notFound.set(uuid, [noContact]);
    else notFound.set(uuid, [`no contact has this number: ${reasonsOf(value).join('; ')}`]);
  }
  for (const uuid of rejected.keys()) notFound.delete(uuid);
  for (const uuid of [...rejected.keys(), ...notFound.keys()]) receipts.delete(uuid);
  return {
    accepted: new Set(receipts.keys()),
    receipts,
    rejected: policy === 'reject' ? new Map([...rejected, ...notFound]) : rejected,
    deferred: policy === 'reject' ? new Map() : notFound,
    unknownUuids: unknownUuids.slice(0, mostTold),
  };
}

/** One entry of a list of the response. */
interface ResponseEntry {
  /** Which call of the request it speaks of, by index; undefined where nobody can tell. */
  readonly place: number | undefined;
  readonly isTaken: boolean;
  readonly value: JsonObject;
}

/**
 * The entries of `_embedded[key]`, `errors` and `validation-errors`, each of which names its call by `request_id`, the index
 * in the request, as text or as number. Entries without one take the places that are left, in their order, where that is the
 * only way to read them: when they stand in one list and are as many as those places. A body that is itself "Entity not
 * found" is read as the one entry of `errors`.
 *
 * @returns undefined where the body has none of these lists
 */
export function entriesOf(
  body: string,
  count: number,
  key: keyof typeof receiptsOf,
): readonly ResponseEntry[] | undefined {
  const json = parseJson(body);
  if (!isObject(json)) return undefined;
  const embedded = isObject(json['_embedded']) ? json['_embedded'] : {};
  const lists = [embedded[key], json['errors'], json['validation-errors']];
  const bare = lists.every((list) => list === undefined || list === null);
  if (bare && !isNotFound(json)) return undefined;
  const [taken = [], errors = [], invalid = []] = lists.map((list) => valuesOf(list).filter(isObject));
  const failed = bare ? [json] : [...errors, ...invalid];
  const values = [...taken, ...failed];
  const places = placesOf(values, taken.length, count);
  return values.map((value, at) => ({ place: places[at], isTaken: at < taken.length, value }));
}

/** Which call of the request each value speaks of; the first ones stand in the list of what was taken. */
function placesOf(
  values: readonly JsonObject[],
  taken: number,
  count: number,
): readonly (number | undefined)[] {
  const named = values.map((value) => indexOf(value['request_id']));
  const silent = [...values.keys()].filter((at) => (values[at]?.['request_id'] ?? undefined) === undefined);
  const known = new Set(named);
  const free = Array.from({ length: count }, (_, at) => at).filter((at) => !known.has(at));
  const isOneList = new Set(silent.map((at) => at < taken)).size < 2;
  if (silent.length !== free.length || !isOneList) return named;
  const places = new Map(silent.map((at, index) => [at, free[index]]));
  return named.map((place, at) => places.get(at) ?? place);
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
export function reasonsOf(value: JsonObject): readonly string[] {
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
function receiptOfCall(entry: JsonObject): Receipt {
  const [note, entity, type] = [idOf(entry['id']), idOf(entry['entity_id']), typeOf(entry['entity_type'])];
  return {
    ...(note === undefined ? {} : { note_id: note }),
    ...(type === undefined ? {} : { entity_type: type }),
    ...(entity === undefined ? {} : { entity_id: entity }),
  };
}

/** The receipt of an incoming lead: its uid, and the lead that waits behind it. */
function receiptOfLead(entry: JsonObject): Receipt {
  const embedded = isObject(entry['_embedded']) ? entry['_embedded'] : {};
  const lead = idOf(valuesOf(embedded['leads']).filter(isObject)[0]?.['id']);
  const uid = textOf(entry['uid']);
  return {
    ...(lead === undefined ? {} : { entity_type: 'lead', entity_id: lead }),
    via: 'unsorted',
    ...(uid === undefined ? {} : { uid }),
  };
}
