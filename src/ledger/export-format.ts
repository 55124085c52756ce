// The records of a ledger as they are carried to another one: of rows, and of lines of NDJSON.

import { problemStatuses } from '../core/history.js';
import { isJson, isObject, type JsonObject, parseJson } from '../core/json.js';
import { type SavedKind, type SavedRecord, savedKinds } from '../core/saved-record.js';

/** What a field of a record has to be; one in brackets may be absent. */
const fieldKinds = {
  text: { is: (value: unknown) => typeof value === 'string', words: 'a text' },
  whole: { is: (value: unknown) => Number.isSafeInteger(value), words: 'a whole number' },
  json: { is: (value: unknown) => typeof value === 'string' && isJson(value), words: 'a text with JSON' },
  list: {
    is: (value: unknown) => typeof value === 'string' && Array.isArray(parseJson(value)),
    words: 'a text with a list in JSON',
  },
  state: {
    is: (value: unknown) => ['accepted', 'rejected', 'unconfirmed', 'waiting'].includes(String(value)),
    words: 'accepted, rejected, unconfirmed or waiting',
  },
  status: {
    is: (value: unknown) => problemStatuses.some((status) => status === value),
    words: problemStatuses.join(', '),
  },
} as const;
type FieldKind = keyof typeof fieldKinds;

const place = { address: 'text', code: 'text', account: 'text' } as const;

const fields: Readonly<Record<SavedKind, Readonly<Record<string, FieldKind | readonly [FieldKind]>>>> = {
  run: {
    id: 'whole',
    process: 'text',
    command: 'text',
    profile: ['text'],
    files: 'list',
    started: 'whole',
    finished: ['whole'],
    exit: ['whole'],
    summary: ['json'],
  },
  call: {
    ...place,
    uuid: 'text',
    state: 'state',
    run: ['whole'],
    at: 'whole',
    reasons: ['list'],
    hash: ['whole'],
    identity: ['whole'],
    billsec: ['whole'],
    receipt: ['json'],
    tries: ['whole'],
    next_try: ['whole'],
    changed_hash: ['whole'],
    changed_billsec: ['whole'],
    changed_at: ['whole'],
  },
  problem: {
    ...place,
    file: 'text',
    reading: 'whole',
    content: 'whole',
    status: 'status',
    uuid: ['text'],
    line: ['whole'],
    reasons: 'list',
    at: 'whole',
  },
  checkpoint: { file: 'text', reading: 'text', checkpoint: 'text', at: 'whole' },
};

/** A record of the cells of its row, which have the names of its fields. */
export function savedOf(kind: SavedKind, row: unknown): SavedRecord {
  const cells = isObject(row) ? row : {};
  const names = Object.keys(fields[kind]).filter((name) => (cells[name] ?? undefined) !== undefined);
  const record = { kind, ...Object.fromEntries(names.map((name) => [name, cells[name]])) };
  if (isSaved(record, kind)) return record;
  throw new Error(`ledger: ${wrongFields(record, kind).join('; ')}`);
}

/** The last line of an export: how many records stand before it. */
export interface ExportEnd {
  readonly kind: 'end';
  readonly records: number;
}

/** A line of an export, or why it is none. */
export function parseSaved(line: string): SavedRecord | ExportEnd | string {
  const value = parseJson(line);
  if (!isObject(value)) return 'this is no JSON object';
  const { kind, records } = value;
  if (kind === 'end') return typeof records === 'number' ? { kind, records } : 'records is no number';
  const known = savedKinds.find((one) => one === kind);
  if (known === undefined) return `kind is none of ${savedKinds.join(', ')}, end`;
  return isSaved(value, known) ? value : wrongFields(value, known).join('; ');
}

function isSaved(value: JsonObject, kind: SavedKind): value is JsonObject & SavedRecord {
  return wrongFields(value, kind).length === 0;
}

function wrongFields(value: JsonObject, kind: SavedKind): readonly string[] {
  return Object.entries(fields[kind]).flatMap(([name, wanted]) => {
    const [field, isOptional] = typeof wanted === 'string' ? [wanted, false] : [wanted[0], true];
    const { is, words } = fieldKinds[field];
    const found = value[name];
    return is(found) || (isOptional && found === undefined) ? [] : [`${name} of a ${kind} must be ${words}`];
  });
}
