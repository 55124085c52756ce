// Records that are carried from one ledger to another: of rows, to rows, and of lines of NDJSON.

import { problemStatuses } from '../core/history.js';
import { isJson, isObject, type JsonObject, parseJson } from '../core/json.js';
import {
  type SavedCall,
  type SavedFile,
  type SavedKind,
  type SavedProblem,
  type SavedRecord,
  type SavedRun,
  savedKinds,
} from '../core/saved-record.js';
import { planRelease } from './planner.js';
import {
  acceptedRow,
  type CallRow,
  callRowOf,
  type Deferral,
  deferralOf,
  isOpen,
  numberOf,
  optionalNumberOf,
  textOf,
} from './rows.js';

/** So many records are read or written at a time. */
export const transferPage = 1000;

/** A place in the order of a table: the values by which it is sorted. */
type Place = readonly (string | number)[];

/** A table that is carried, page by page. */
export interface CarriedTable {
  /** Gives the rows behind a place, in their order, without a limit. */
  readonly sql: string;
  /** Before the first row. */
  readonly first: Place;
  readonly placeOf: (row: unknown) => Place;
  readonly recordOf: (row: unknown) => SavedRecord | undefined;
}

/** The records of tables, page by page; `read` gives the rows of a statement. */
export async function* carriedRecords(
  tables: readonly CarriedTable[],
  read: (sql: string, place: Place) => Promise<readonly unknown[]>,
): AsyncGenerator<readonly SavedRecord[]> {
  for (const { sql, first, placeOf, recordOf } of tables) {
    for (let place: Place | undefined = first; place !== undefined; ) {
      const rows = await read(`${sql} LIMIT ${transferPage}`, place);
      yield rows.flatMap((row) => recordOf(row) ?? []);
      place = rows.length < transferPage ? undefined : placeOf(rows.at(-1));
    }
  }
}

/** None of any kind. */
export const noneTaken: Readonly<Record<SavedKind, number>> = { run: 0, call: 0, problem: 0, checkpoint: 0 };

/** A run as it is carried, of its row. */
export function savedRunOf(row: unknown): SavedRun {
  const [profile, summary] = [textOf(row, 'profile'), textOf(row, 'summary')];
  const [finished, exit] = [optionalNumberOf(row, 'finished'), optionalNumberOf(row, 'exit')];
  return {
    kind: 'run',
    id: numberOf(row, 'id'),
    process: textOf(row, 'process') ?? '',
    command: textOf(row, 'command') ?? '',
    ...(profile !== undefined && { profile }),
    files: textOf(row, 'files') ?? '[]',
    started: numberOf(row, 'started'),
    ...(finished !== undefined && { finished }),
    ...(exit !== undefined && { exit }),
    ...(summary !== undefined && { summary }),
  };
}

/** A call as it is carried, of a row of `savedCalls`; undefined for one that was never sent. */
export function savedCallOf(row: unknown): SavedCall | undefined {
  const found = callRowOf(row);
  const left = isOpen(found) ? planRelease(found) : found;
  if (left === 'delete' || left.state === 'in flight' || left.state === 'held') return undefined;
  const { state, at, reasons, hash, identity, billsec, receipt } = left;
  const run = optionalNumberOf(row, 'known_run');
  const deferral = deferralOf(row);
  const changedAt = optionalNumberOf(row, 'changed_at');
  return {
    kind: 'call',
    ...placeOf(row),
    uuid: textOf(row, 'uuid') ?? '',
    state,
    ...(run !== undefined && { run }),
    at,
    ...(reasons !== null && { reasons }),
    ...(hash !== null && { hash }),
    ...(identity !== null && { identity }),
    ...(billsec !== null && { billsec }),
    ...(receipt !== null && { receipt }),
    ...(deferral !== undefined && { tries: deferral.tries, next_try: deferral.nextTry }),
    ...(changedAt !== undefined && {
      changed_hash: numberOf(row, 'changed_hash'),
      changed_billsec: numberOf(row, 'changed_billsec'),
      changed_at: changedAt,
    }),
  };
}

/** A problem as it is carried, of a row of `savedProblems`. */
export function savedProblemOf(row: unknown): SavedProblem {
  const [uuid, line, status] = [textOf(row, 'uuid'), optionalNumberOf(row, 'line'), textOf(row, 'status')];
  return {
    kind: 'problem',
    ...placeOf(row),
    file: textOf(row, 'file') ?? '',
    reading: numberOf(row, 'reading'),
    content: numberOf(row, 'content'),
    status: problemStatuses.find((known) => known === status) ?? 'invalid',
    ...(uuid !== undefined && { uuid }),
    ...(line !== undefined && { line }),
    reasons: textOf(row, 'reasons') ?? '[]',
    at: numberOf(row, 'at'),
  };
}

/** A checkpoint as it is carried, of its row. */
export function savedFileOf(row: unknown): SavedFile {
  return {
    kind: 'checkpoint',
    file: textOf(row, 'file') ?? '',
    reading: textOf(row, 'reading') ?? '',
    checkpoint: textOf(row, 'checkpoint') ?? '',
    at: numberOf(row, 'at'),
  };
}

function placeOf(row: unknown) {
  const [address = '', code = '', account = ''] = ['address', 'code', 'account'].map((name) =>
    textOf(row, name),
  );
  return { address, code, account };
}

/** The row of a call that comes from another ledger; `run`: its run in this one, 0 where none is known. */
export function rowOfSaved(
  { state, at, reasons, hash, identity, billsec, receipt }: SavedCall,
  run: number,
): CallRow {
  return {
    ...acceptedRow,
    state,
    run,
    at,
    reasons: reasons ?? null,
    hash: hash ?? null,
    identity: identity ?? null,
    billsec: billsec ?? null,
    receipt: receipt ?? null,
  };
}

/** When a call that comes from another ledger is tried again, or looked for. */
export function deferralOfSaved({ tries, next_try }: SavedCall): Deferral | undefined {
  return tries === undefined || next_try === undefined ? undefined : { tries, nextTry: next_try };
}

/** The other content that came of a call: its hash, its talk time, and when that was. */
export function changeOfSaved(call: SavedCall): readonly [number, number, number] | undefined {
  const { changed_hash: hash, changed_billsec: billsec, changed_at: at } = call;
  return hash === undefined || billsec === undefined || at === undefined ? undefined : [hash, billsec, at];
}

/** What a field of a line has to be; with a question mark it may be absent. */
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
