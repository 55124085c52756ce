// Finds rows of calls, and writes many in one statement where they are still as they were read.

import { createHash } from 'node:crypto';
import type { KnownCall } from '../planner.js';
import {
  type CallRow,
  callColumns,
  callRowOf,
  type Deferral,
  deferralOf,
  stateNumbers,
  textOf,
  valuesOf,
} from '../rows.js';
import type { Query, Result } from './session.js';

/** Longer texts do not fit into a page of PostgreSQL's index. */
const longestKey = 600;

/**
 * A uuid as PostgreSQL can keep it: what is too long for its index, or no text to it (a zero, half of a surrogate pair), is
 * kept by its hash.
 */
export function keyOf(uuid: string): string {
  if (uuid.length <= longestKey && !uuid.includes('\0') && uuid.isWellFormed()) return uuid;
  return `sha256 ${createHash('sha256').update(uuid, 'utf16le').digest('hex')}`;
}

/** A text that PostgreSQL takes: it keeps no zero. */
export function storableText(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

/** Order in which rows are locked, in all processes, so that none waits for another one that waits for it. */
const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

/** The known calls: an inner query for each key, so that no plan ever reads the whole namespace in search of them. */
const find = (lock: '' | 'FOR UPDATE') => `SELECT calls.*, deferrals.tries, deferrals.next_try
  FROM unnest($2::text[]) AS asked (uuid) CROSS JOIN LATERAL (
    SELECT uuid, ${callColumns.join(', ')} FROM amocalls.calls
    WHERE namespace = $1 AND calls.uuid = asked.uuid COLLATE "C" LIMIT 1 ${lock}) AS calls
  LEFT JOIN LATERAL (
    SELECT tries, next_try FROM amocalls.deferrals
    WHERE namespace = $1 AND deferrals.uuid = calls.uuid LIMIT 1) AS deferrals ON true`;
const findOnly = find('');
const findAndLock = find('FOR UPDATE');

/** A call that is known, with its deferral. */
export type FoundCall = Pick<KnownCall, 'row' | 'deferral'>;

/** The calls of a namespace that are known of these, by their keys; `lock`: their rows are locked, in the order of keys. */
export async function findCalls(
  query: Query,
  namespace: number,
  keys: readonly string[],
  lock = false,
): Promise<ReadonlyMap<string, FoundCall>> {
  const { rows } = await query(lock ? findAndLock : findOnly, [namespace, [...keys].sort()]);
  return new Map(
    rows.map((row) => [textOf(row, 'uuid') ?? '', { row: callRowOf(row), deferral: deferralOf(row) }]),
  );
}

/** A row that is to be written, where it is still as it was read. */
export interface RowWrite {
  readonly key: string;
  readonly before: CallRow | undefined;
  readonly after: CallRow | 'delete';
}

const columns = callColumns.join(', ');
const newColumns = callColumns.map((column) => `new.${column}`).join(', ');
const excludedColumns = callColumns.map((column) => `excluded.${column}`).join(', ');
/** The rows of a statement: a list for each column, in the order of `listsOf`. */
const newRows = `unnest($2::text[], $3::smallint[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[],
  $9::bigint[], $10::text[], $11::text[]) AS new (uuid, ${columns})`;

const insert = `INSERT INTO amocalls.calls (namespace, uuid, ${columns})
  SELECT $1, new.uuid, ${newColumns} FROM ${newRows} ON CONFLICT DO NOTHING RETURNING uuid`;

/** An upsert finds its rows by the primary key whatever the planner believes of the table; it inserts none that is gone. */
const replace = `INSERT INTO amocalls.calls (namespace, uuid, ${columns})
  SELECT $1, new.uuid, ${newColumns} FROM ${newRows} CROSS JOIN LATERAL (
    SELECT 1 FROM amocalls.calls WHERE namespace = $1 AND calls.uuid = new.uuid COLLATE "C" LIMIT 1) AS found
  ON CONFLICT (namespace, uuid) DO UPDATE SET (${columns}) = (${excludedColumns})
    WHERE calls.run = $12 AND calls.state = $13 RETURNING uuid`;

const remove = `DELETE FROM amocalls.calls
  WHERE namespace = $1 AND uuid = ANY($2::text[] COLLATE "C") AND run = $3 AND state = $4 RETURNING uuid`;

/** Writes rows, each once and where it is still as it was read; gives the keys of those that were. */
export async function writeRows(
  query: Query,
  namespace: number,
  writes: readonly RowWrite[],
): Promise<ReadonlySet<string>> {
  const written = new Set<string>();
  for (const group of groupWrites(writes)) {
    for (const row of (await writeGroup(query, namespace, group)).rows)
      written.add(textOf(row, 'uuid') ?? '');
  }
  return written;
}

/** Rows that one statement writes: new ones, or those that were in the same state of the same run. */
interface WriteGroup {
  readonly before: Pick<CallRow, 'run' | 'state'> | undefined;
  readonly keys: string[];
  readonly rows: CallRow[];
}

function groupWrites(writes: readonly RowWrite[]): readonly WriteGroup[] {
  const groups = new Map<string, WriteGroup>();
  for (const { key, before, after } of [...writes].sort(byKey)) {
    const name = `${before?.run} ${before?.state} ${after === 'delete'}`;
    const group = groups.get(name) ?? { before, keys: [], rows: [] };
    groups.set(name, group);
    group.keys.push(key);
    if (after !== 'delete') group.rows.push(after);
  }
  return [...groups.values()];
}

function writeGroup(query: Query, namespace: number, { before, keys, rows }: WriteGroup): Promise<Result> {
  if (before === undefined) return query(insert, [namespace, keys, ...listsOf(rows)]);
  const fence = [before.run, stateNumbers[before.state]];
  if (rows.length === 0) return query(remove, [namespace, keys, ...fence]);
  return query(replace, [namespace, keys, ...listsOf(rows), ...fence]);
}

/** The values of rows, a list for each column. */
function listsOf(rows: readonly CallRow[]): readonly (readonly (string | number | null)[])[] {
  const values = rows.map(valuesOf);
  return callColumns.map((_, column) => values.map((row) => row[column] ?? null));
}

/** Deletes rows by their keys, of one of the tables that a call may stand in. */
export async function removeRows(
  query: Query,
  table: 'changes' | 'deferrals',
  namespace: number,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await query(`DELETE FROM amocalls.${table} WHERE namespace = $1 AND uuid = ANY($2::text[] COLLATE "C")`, [
    namespace,
    keys,
  ]);
}

/** Writes down when calls are tried again. */
export async function writeDeferrals(
  query: Query,
  namespace: number,
  deferrals: readonly (Deferral & { readonly key: string })[],
): Promise<void> {
  if (deferrals.length === 0) return;
  await query(
    `INSERT INTO amocalls.deferrals (namespace, uuid, tries, next_try)
     SELECT $1, new.uuid, new.tries, new.next_try
     FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS new (uuid, tries, next_try)
     ON CONFLICT (namespace, uuid) DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`,
    [
      namespace,
      deferrals.map(({ key }) => key),
      deferrals.map(({ tries }) => tries),
      deferrals.map(({ nextTry }) => nextTry),
    ],
  );
}
