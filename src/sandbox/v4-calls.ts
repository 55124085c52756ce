// API v4: calls and incoming leads, what the answer says of each.

import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../core/json.js';
import type { Answer } from './api.js';
import { refuseCalls, shuffled, unqueued } from './fault-plan.js';
import type { AnswerFault } from './faults.js';
import { lastDigits } from './known-numbers.js';
import { halReply, invalidReply, problemReply } from './replies.js';
import type { ReceivedCall, V4Fields } from './store.js';
import { type EntityType, entityTypes, type Note } from './v4-notes.js';
import {
  callRules,
  leadMetadataRules,
  leadRules,
  listOf,
  type V4Context,
  type ValidationError,
  validate,
} from './v4-request.js';

/** Calls in a request at most, as the vendor's page says. */
const mostCalls = 250;

/** What an answer names for one call. */
type Named = JsonObject & { readonly request_id: string };

/** POST /api/v4/calls: each call becomes a note in the card of who has its number. */
export function addCalls(context: V4Context): Answer {
  const { isKnown, notes, settings, faults } = context;
  const items = listOf(context.body);
  const refused = refuseList(items, context, (item) => validate(item, callRules));
  if (refused !== undefined) return refused;
  const named: Named[] = [];
  const errors: Named[] = [];
  const calls = items.map((item, index): ReceivedCall => {
    const fields = { ...fieldsOf(item), uuid: uuidOf(item) };
    if (isForgotten(fields.uuid, context)) return { fields, queued: false };
    const request_id = requestIdOf(item, index);
    const { phone = '' } = fields;
    if (!isKnown(phone)) {
      errors.push({
        title: 'Entity not found',
        code: 263,
        detail: `No entity has the number ${phone}`,
        request_id,
      });
      return { fields, queued: false };
    }
    const note = notes.add(noteOf(fields, settings.now()));
    if (!faults.meetsCall('unnamed', fields.uuid)) named.push({ ...namedNote(note, context), request_id });
    const { id: note_id, entity_id } = note;
    const entity_type = singularOf[note.entity_type];
    return { fields: { ...fields, note_id, entity_type, entity_id }, queued: true };
  });
  return answerList('calls', { named, errors, calls }, context);
}

function noteOf(
  { uuid, direction, created_at, ...rest }: V4Fields & { readonly uuid: string },
  now: number,
): Omit<Note, 'id' | 'updated_at'> {
  return {
    ...entityOf(rest.phone ?? ''),
    note_type: direction === 'inbound' ? 'call_in' : 'call_out',
    created_at: created_at ?? Math.floor(now / 1000),
    params: { uniq: uuid, ...rest },
  };
}

/** What the answer says of a note. */
function namedNote({ id, entity_type, entity_id }: Note, { request, settings }: V4Context): JsonObject {
  const href = `${request.origin}/api/v4/${entity_type}/${entity_id}`;
  return {
    id,
    entity_id,
    entity_type: singularOf[entity_type],
    account_id: Number(settings.accountId),
    _embedded: { entity: { id: entity_id, _links: { self: { href } } } },
  };
}

/** POST /api/v4/leads/unsorted/sip: each call becomes an incoming lead, whoever has its number. */
export function addLeads(context: V4Context): Answer {
  const { settings, faults, request } = context;
  const items = listOf(context.body);
  const refused = refuseList(items, context, (item) => [
    ...validate(item, leadRules),
    ...(isObject(metadataOf(item)) ? validate(metadataOf(item), leadMetadataRules, 'metadata.') : []),
  ]);
  if (refused !== undefined) return refused;
  const named: Named[] = [];
  const calls = items.map((item, index): ReceivedCall => {
    const metadata = metadataOf(item);
    const { called_at: created_at, phone } = isObject(metadata) ? metadata : {};
    const call = { ...(isObject(metadata) ? metadata : {}), phone: String(phone), created_at };
    const fields = { ...fieldsOf(call), direction: 'inbound', uuid: uuidOf(item), via: 'unsorted' } as const;
    if (isForgotten(fields.uuid, context)) return { fields, queued: false };
    if (!faults.meetsCall('unnamed', fields.uuid)) {
      const uid = createHash('sha256').update(fields.uuid).digest('hex').slice(0, 38);
      const account_id = Number(settings.accountId);
      const self = { href: `${request.origin}/api/v4/leads/unsorted/${uid}` };
      const _embedded = { contacts: [{ id: entityOf(fields.phone ?? '').entity_id }], leads: [] };
      named.push({ uid, account_id, request_id: requestIdOf(item, index), _links: { self }, _embedded });
    }
    return { fields, queued: true };
  });
  return answerList('unsorted', { named, errors: [], calls }, context);
}

/** The uuid of a call, or of the call behind a lead; '' for none. */
export function uuidOf(item: unknown): string {
  const uuid = isObject(item) ? (item['uniq'] ?? item['source_uid']) : undefined;
  return typeof uuid === 'string' ? uuid : '';
}

function metadataOf(item: unknown): unknown {
  return isObject(item) ? item['metadata'] : undefined;
}

/** The fields of a call that are of the right type. */
function fieldsOf(item: unknown): V4Fields {
  const given: JsonObject = isObject(item) ? item : {};
  const text = (field: string) => (typeof given[field] === 'string' ? String(given[field]) : undefined);
  const number = (field: string) => (typeof given[field] === 'number' ? Number(given[field]) : undefined);
  return {
    direction: text('direction'),
    duration: number('duration'),
    phone: text('phone'),
    source: text('source'),
    link: text('link'),
    created_at: number('created_at'),
    call_status: number('call_status'),
    call_result: text('call_result'),
    call_responsible: text('call_responsible') ?? number('call_responsible'),
  };
}

/** The request_id as it came, as text; the index where there was none. */
function requestIdOf(item: unknown, index: number): string {
  const given = isObject(item) ? item['request_id'] : undefined;
  return given === undefined ? String(index) : String(given);
}

function isForgotten(uuid: string, { settings, faults }: V4Context): boolean {
  return settings.forgets(uuid) || faults.meetsCall('forget', uuid);
}

/** Refuses a list as a whole: one invalid call is enough, and then none is added, as the vendor's page says. */
function refuseList(
  items: readonly unknown[],
  { request, settings, faults }: V4Context,
  check: (item: unknown) => readonly ValidationError[],
): Answer | undefined {
  const calls = items.map((item) => ({ ...fieldsOf(item), uuid: uuidOf(item) }));
  if (items.length === 0) {
    return { reply: problemReply(400, 'The body must be a list in JSON'), fault: 'no list' };
  }
  const refused = refuseCalls({ request, calls, faults, settings, error: problemReply });
  if (refused !== undefined) return refused;
  if (items.length > mostCalls) {
    const reply = problemReply(422, `The limit is ${mostCalls} elements in a request`);
    return { reply, fault: 'too many calls', calls: unqueued(calls) };
  }
  const invalid = items.flatMap((item, index) => {
    const uuid = uuidOf(item);
    const detail = 'the sandbox is set to reject this uuid';
    const isRejected = settings.rejects(uuid) || faults.meetsCall('reject', uuid);
    const errors = [...check(item), ...(isRejected ? [{ code: 'Rejected', path: 'uniq', detail }] : [])];
    return errors.length === 0 ? [] : [{ request_id: requestIdOf(item, index), errors }];
  });
  if (invalid.length === 0) return undefined;
  const reply = invalidReply(invalid.map((one) => withRequestId(one, faults.answer)));
  return { reply, fault: 'invalid calls', calls: unqueued(calls) };
}

/** The answer of a list: 400 where nothing was added and there are errors, else 200. */
function answerList(
  name: string,
  {
    named,
    errors,
    calls,
  }: { named: readonly Named[]; errors: readonly Named[]; calls: readonly ReceivedCall[] },
  { faults }: V4Context,
): Answer {
  const unknown = { id: 1, entity_id: 1, entity_type: 'contact', request_id: 'not-sent' };
  const all = faults.answer.has('unknown-uuid') ? [...named, unknown] : named;
  const isShuffled = faults.answer.has('shuffle');
  const inOrder = isShuffled ? shuffled(all, (_, index) => faults.random(`order ${index}`)) : all;
  const list = inOrder.map((one) => withRequestId(pluralType(one, faults.answer), faults.answer));
  const isAbsent = errors.length === 0 && faults.answer.has('errors-absent');
  const isNull = errors.length === 0 && faults.answer.has('errors-null');
  const body = {
    _total_items: named.length,
    ...(!isAbsent && { errors: isNull ? null : errors.map((one) => withRequestId(one, faults.answer)) }),
    _embedded: { [name]: list },
  };
  const isRefused = errors.length > 0 && !calls.some(({ queued }) => queued);
  return { reply: halReply(isRefused ? 400 : 200, body), calls };
}

function withRequestId<T extends { readonly request_id: string }>(
  one: T,
  faults: ReadonlySet<AnswerFault>,
): object {
  const { request_id, ...rest } = one;
  if (faults.has('request-id-missing')) return rest;
  const number = Number(request_id);
  const asNumber = faults.has('request-id-number') && Number.isSafeInteger(number);
  return { ...rest, request_id: asNumber ? number : request_id };
}

function pluralType(one: Named, faults: ReadonlySet<AnswerFault>): Named {
  const plural = entityTypes.find((type) => singularOf[type] === one['entity_type']);
  return plural !== undefined && faults.has('plural-types') ? { ...one, entity_type: plural } : one;
}

const singularOf: Readonly<Record<EntityType, string>> = {
  contacts: 'contact',
  leads: 'lead',
  companies: 'company',
  customers: 'customer',
};

/**
 * Who has a number: the same entity each time. The service puts a call into the card of a lead or customer where
 * there is exactly one, and of the contact or company else; here the last digit decides.
 */
function entityOf(phone: string): { readonly entity_type: EntityType; readonly entity_id: number } {
  const digits = lastDigits(phone);
  const last = Number(digits.at(-1) ?? 0);
  const entity_type = last < 6 ? 'contacts' : last < 8 ? 'leads' : last < 9 ? 'companies' : 'customers';
  return { entity_type, entity_id: 1_000_000 + (Number(digits) % 90_000_000) };
}
