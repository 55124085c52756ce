// What a ledger keeps, as it is carried to another one: its records, of rows and of lines of NDJSON.

import { problemStatuses } from './history.js';
import { isJson, isObject, type JsonObject, parseJson } from './json.js';

/** The kinds of records of an export, in their order: calls name runs that came before them. */
export const savedKinds = ['run', 'call', 'problem', 'checkpoint'] as const;
export type SavedKind = (typeof savedKinds)[number];

const savedStates = ['accepted', 'rejected', 'unconfirmed', 'waiting'] as const;

/** What a field of a record has to be. */
const fieldKinds = {
  text: { is: (value: unknown) => typeof value === 'string', words: 'a text' },
  whole: { is: (value: unknown) => Number.isSafeInteger(value), words: 'a whole number' },
  json: { is: (value: unknown) => typeof value === 'string' && isJson(value), words: 'a text with JSON' },
  list: {
    is: (value: unknown) => typeof value === 'string' && Array.isArray(parseJson(value)),
    words: 'a text with a list in JSON',
  },
  state: {
    is: (value: unknown) => savedStates.some((state) => state === value),
    words: 'accepted, rejected, unconfirmed or waiting',
  },
  status: {
    is: (value: unknown) => problemStatuses.some((status) => status === value),
    words: problemStatuses.join(', '),
  },
} as const;

interface FieldTypes {
  readonly text: string;
  readonly whole: number;
  readonly json: string;
  readonly list: string;
  readonly state: (typeof savedStates)[number];
  readonly status: (typeof problemStatuses)[number];
}

const place = { address: 'text', code: 'text', account: 'text' } as const;

/** The fields of each kind; one in brackets may be absent. Times are in unix seconds. */
const fields = {
  /** Its number is another one in the other ledger, where that one has a run of this number. */
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
    /** The number of its run in this export; absent where that was forgotten. */
    run: ['whole'],
    at: 'whole',
    reasons: ['list'],
    hash: ['whole'],
    identity: ['whole'],
    billsec: ['whole'],
    receipt: ['json'],
    /** Of a call that waits, or was looked for in vain. */
    tries: ['whole'],
    next_try: ['whole'],
    /** Other content that came after it was accepted. */
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
} as const satisfies Record<SavedKind, Record<string, Field>>;

type FieldKind = keyof FieldTypes;
type Field = FieldKind | readonly [FieldKind];

type FieldsOf<F> = {
  readonly [N in keyof F as F[N] extends FieldKind ? N : never]: F[N] extends FieldKind
    ? FieldTypes[F[N]]
    : never;
} & {
  readonly [N in keyof F as F[N] extends readonly [FieldKind] ? N : never]?: F[N] extends readonly [
    infer K extends FieldKind,
  ]
    ? FieldTypes[K]
    : never;
};

type Saved<K extends SavedKind> = { readonly kind: K } & FieldsOf<(typeof fields)[K]>;
export type SavedRun = Saved<'run'>;
export type SavedCall = Saved<'call'>;
export type SavedProblem = Saved<'problem'>;

/** A record of a ledger. */
export type SavedRecord = SavedRun | SavedCall | SavedProblem | Saved<'checkpoint'>;

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
  return Object.entries<Field>(fields[kind]).flatMap(([name, wanted]) => {
    const [field, isOptional] = typeof wanted === 'string' ? [wanted, false] : [wanted[0], true];
    const { is, words } = fieldKinds[field];
    const found = value[name];
    return is(found) || (isOptional && found === undefined) ? [] : [`${name} of a ${kind} must be ${words}`];
  });
}

/** What is known of an import so far: the runs of the export, by their numbers there, and which runs of the ledger they are. */
export interface TakenRuns {
  readonly byNumber: Map<number, number>;
  readonly used: Set<number>;
}

/** Carries all that a ledger keeps to another one. */
export interface Transfer {
  /** All records, in pages. What is in flight is unconfirmed, what is held is what it was before; the shared rate is left out. */
  readonly save: () => AsyncIterable<readonly SavedRecord[]>;
  /**
   * Takes the records of a page that this ledger does not know; it keeps what it knows. Gives how many it took of each kind.
   *
   * @param runs of this import; changed here
   */
  readonly take: (
    records: readonly SavedRecord[],
    runs: TakenRuns,
  ) => Promise<Readonly<Record<SavedKind, number>>>;
}
