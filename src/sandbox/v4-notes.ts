// API v4: the notes that calls have become.

import { isObject, type JsonObject } from '../core/json.js';

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
export type Notes = ReturnType<typeof createNotes>;

/**
 * Makes an empty account.
 *
 * @param keep notes at most, oldest dropped first. With 0 nothing is known, and every edit is taken.
 */
export function createNotes(keep: number, now: () => number) {
  const notes = new Map<number, Note>();
  let id = 100_000;
  const seconds = () => Math.floor(now() / 1000);
  const find = (type: EntityType, wanted: number): Note | undefined => {
    const note = notes.get(wanted);
    return note?.entity_type === type ? note : undefined;
  };
  return {
    /** Writes a note; a uniq that is there already makes a second one: what the service does is not known. */
    add(facts: Omit<Note, 'id' | 'updated_at'>): Note {
      id += 1;
      const note = { ...facts, id, updated_at: seconds() };
      if (keep > 0) notes.set(id, note);
      const oldest = notes.keys().next().value;
      if (notes.size > keep && oldest !== undefined) notes.delete(oldest);
      return note;
    },
    all: (): Iterable<Note> => notes.values(),
    find,
    /** Changes a note; undefined where there is none. Params that are not given stay. */
    edit(type: EntityType, wanted: number, { note_type, params }: JsonObject): Note | undefined {
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
