// API v4: the notes that calls have become; listed, filtered, edited.

import { isObject, type JsonObject } from '../core/json.js';
import type { ApiRequest } from './api.js';
import { halReply, pageReply, problemReply, selfOf } from './replies.js';
import type { PathParts, V4Context, V4Result } from './v4-handler.js';
import { listOf, noteRules, validate } from './v4-validate.js';

/** The entities that have notes, as paths name them. */
export const entityTypes = ['contacts', 'leads', 'companies', 'customers'] as const;
export type EntityType = (typeof entityTypes)[number];

/** A note in the card of an entity: what a call has become. */
export interface Note {
  readonly id: number;
  readonly entity_type: EntityType;
  readonly entity_id: number;
  readonly note_type: 'call_in' | 'call_out';
  /** Unix seconds: the time of the call where it had one. */
  readonly created_at: number;
  /** Unix seconds: when it was written. */
  readonly updated_at: number;
  /** uniq, duration, source, link, phone, call_result, call_status, call_responsible, as they came. */
  readonly params: JsonObject;
}

/** The notes of the account. */
export interface Notes {
  /** Writes a note; a uniq that is there already makes a second one: what the service does is not known. */
  readonly add: (note: Omit<Note, 'id' | 'updated_at'>) => Note;
  readonly all: () => Iterable<Note>;
  readonly find: (type: EntityType, id: number) => Note | undefined;
  /** Changes a note; undefined where there is none. Params that are not given stay. */
  readonly edit: (type: EntityType, id: number, change: JsonObject) => Note | undefined;
}

/**
 * Makes an empty account.
 *
 * @param keep notes at most, oldest dropped first. With 0 nothing is known, and every edit is taken.
 */
export function createNotes(keep: number, now: () => number): Notes {
  const notes = new Map<number, Note>();
  let id = 100_000;
  const seconds = () => Math.floor(now() / 1000);
  const find = (type: EntityType, wanted: number) => {
    const note = notes.get(wanted);
    return note?.entity_type === type ? note : undefined;
  };
  return {
    add(facts) {
      id += 1;
      const note = { ...facts, id, updated_at: seconds() };
      if (keep > 0) notes.set(id, note);
      const oldest = notes.keys().next().value;
      if (notes.size > keep && oldest !== undefined) notes.delete(oldest);
      return note;
    },
    all: () => notes.values(),
    find,
    edit(type, wanted, { note_type, params }) {
      const note = find(type, wanted) ?? (keep === 0 ? unknownNote(type, wanted) : undefined);
      if (note === undefined) return undefined;
      const edited: Note = {
        ...note,
        note_type: note_type === 'call_in' || note_type === 'call_out' ? note_type : note.note_type,
        params: { ...note.params, ...(isObject(params) ? params : {}) },
        updated_at: seconds(),
      };
      if (keep > 0) notes.set(wanted, edited);
      return edited;
    },
  };
}

function unknownNote(type: EntityType, id: number): Note {
  return {
    id,
    entity_type: type,
    entity_id: 0,
    note_type: 'call_in',
    created_at: 0,
    updated_at: 0,
    params: {},
  };
}

/** GET {type}/notes and {type}/{id}/notes, filtered by id, note_type and updated_at, sorted by id or updated_at. */
export function listNotes({ request, notes }: V4Context, { type, entity: entityId }: PathParts): V4Result {
  const { query } = request;
  const ids = filterOf(query, 'id');
  const types = filterOf(query, 'note_type');
  const from = Number(query.get('filter[updated_at][from]') ?? query.get('filter[updated_at]') ?? 0);
  const to = Number(query.get('filter[updated_at][to]') ?? Number.POSITIVE_INFINITY);
  const found = [...notes.all()].filter(
    (note) =>
      note.entity_type === type &&
      (entityId === undefined || note.entity_id === entityId) &&
      (ids.length === 0 || ids.includes(String(note.id))) &&
      (types.length === 0 || types.includes(note.note_type)) &&
      note.updated_at >= from &&
      note.updated_at <= to,
  );
  return {
    reply: pageReply(
      inOrder(found, query).map((note) => noteBody(note, request)),
      'notes',
      request,
    ),
  };
}

/** The values of `filter[name]`, `filter[name][]` and `filter[name][0]`. */
function filterOf(query: URLSearchParams, name: string): readonly string[] {
  const key = new RegExp(`^filter\\[${name}\\](?:\\[\\d*\\])?$`);
  return [...query].flatMap(([one, value]) => (key.test(one) ? value.split(',') : []));
}

function inOrder(notes: readonly Note[], query: URLSearchParams): readonly Note[] {
  const field = query.has('order[updated_at]') ? 'updated_at' : 'id';
  const sign = query.get(`order[${field}]`) === 'desc' ? -1 : 1;
  return notes.toSorted((left, right) => sign * (left[field] - right[field]));
}

function noteBody(note: Note, request: ApiRequest): object {
  const { entity_type: _, ...body } = note;
  return { ...body, ...linkOf(note, request) };
}

function linkOf({ id, entity_type, entity_id }: Note, { origin }: ApiRequest): { readonly _links: object } {
  return { _links: { self: { href: `${origin}/api/v4/${entity_type}/${entity_id}/notes/${id}` } } };
}

/** GET {type}/notes/{id}. */
export function getNote({ request, notes }: V4Context, { type, note: id }: PathParts): V4Result {
  const note = notes.find(type, id);
  return note === undefined ? noSuchNote : { reply: halReply(200, noteBody(note, request)) };
}

const noSuchNote: V4Result = { reply: problemReply(404, 'Note not found'), fault: 'unknown note' };

/** PATCH {type}/{id}/notes/{id}. */
export function editNote({ body, notes, request }: V4Context, { type, note: id }: PathParts): V4Result {
  const errors = validate(body, noteRules);
  if (errors.length > 0 || !isObject(body)) return invalidNotes([{ request_id: '0', errors }]);
  const note = notes.edit(type, id, body);
  return note === undefined ? noSuchNote : { reply: halReply(200, editedBody(note, request)) };
}

/** PATCH {type}/notes: edits all notes of a list, or none where one is invalid or unknown. */
export function editNotes({ body, notes, request, settings }: V4Context, { type }: PathParts): V4Result {
  const changes = listOf(body);
  const invalid = changes.flatMap((change, index) => {
    const id = isObject(change) ? Number(change['id']) : Number.NaN;
    const isUnknown = settings.keep > 0 && notes.find(type, id) === undefined;
    const unknown = { code: 'NotFound', path: 'id', detail: 'There is no such note.' };
    const errors = [...validate(change, noteRules), ...(isUnknown ? [unknown] : [])];
    return errors.length === 0 ? [] : [{ request_id: String(index), errors }];
  });
  if (changes.length === 0 || invalid.length > 0) return invalidNotes(invalid);
  const edited = changes.flatMap((change) => {
    const note = isObject(change) ? notes.edit(type, Number(change['id']), change) : undefined;
    return note === undefined ? [] : [editedBody(note, request)];
  });
  return { reply: halReply(200, { ...selfOf(request), _embedded: { notes: edited } }) };
}

function invalidNotes(errors: readonly object[]): V4Result {
  const reply = problemReply(400, 'Request validation failed', { 'validation-errors': errors });
  return { reply, fault: 'invalid notes' };
}

function editedBody(note: Note, request: ApiRequest): object {
  const { id, entity_id, updated_at } = note;
  return { id, entity_id, updated_at, ...linkOf(note, request) };
}
