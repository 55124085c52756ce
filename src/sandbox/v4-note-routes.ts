// API v4: notes listed, filtered, edited.

import { isObject } from '../core/json.js';
import type { Answer, ApiRequest } from './api.js';
import { halReply, invalidReply, pageReply, problemReply, selfOf } from './replies.js';
import type { Note } from './v4-notes.js';
import { listOf, noteRules, type V4Context, validate } from './v4-request.js';

/** GET {type}/notes and {type}/{id}/notes, filtered by id, note_type and updated_at, sorted by id or updated_at. */
export function listNotes({ request, notes, type, entity }: V4Context): Answer {
  const { query } = request;
  const ids = filterOf(query, 'id');
  const types = filterOf(query, 'note_type');
  const from = Number(query.get('filter[updated_at][from]') ?? query.get('filter[updated_at]') ?? 0);
  const to = Number(query.get('filter[updated_at][to]') ?? Number.POSITIVE_INFINITY);
  const found = [...notes.all()].filter(
    (note) =>
      note.entity_type === type &&
      (Number.isNaN(entity) || note.entity_id === entity) &&
      (ids.length === 0 || ids.includes(String(note.id))) &&
      (types.length === 0 || types.includes(note.note_type)) &&
      note.updated_at >= from &&
      note.updated_at <= to,
  );
  const shown = inOrder(found, query).map((note) => noteBody(note, request));
  return { reply: pageReply(shown, 'notes', request) };
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
export function getNote({ request, notes, type, note: id }: V4Context): Answer {
  const note = notes.find(type, id);
  return note === undefined ? noSuchNote : { reply: halReply(200, noteBody(note, request)) };
}

const noSuchNote: Answer = { reply: problemReply(404, 'Note not found'), fault: 'unknown note' };

/** PATCH {type}/{id}/notes/{id}. */
export function editNote({ body, notes, request, type, note: id }: V4Context): Answer {
  const errors = validate(body, noteRules);
  if (errors.length > 0 || !isObject(body)) return invalidNotes([{ request_id: '0', errors }]);
  const note = notes.edit(type, id, body);
  return note === undefined ? noSuchNote : { reply: halReply(200, editedBody(note, request)) };
}

/** PATCH {type}/notes: edits all notes of a list, or none where one is invalid or unknown. */
export function editNotes({ body, notes, request, settings, type }: V4Context): Answer {
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

function invalidNotes(errors: readonly object[]): Answer {
  return { reply: invalidReply(errors), fault: 'invalid notes' };
}

function editedBody(note: Note, request: ApiRequest): object {
  const { id, entity_id, updated_at } = note;
  return { id, entity_id, updated_at, ...linkOf(note, request) };
}
