import { createHash } from 'node:crypto';
import { type CallRow, callRowOf, optionalNumberOf, textOf } from '../rows.js';
import type { Query } from './connection.js';

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
export const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

/** A call that the ledger knows. */
export interface FoundCall {
  readonly row: CallRow;
  /** Unix seconds. */
  readonly nextTry: number | undefined;
}

/** The known calls: an inner query for each key, so that no plan ever reads the whole namespace in search of them. */
const find = (lock: '' | 'FOR UPDATE') => `SELECT calls.*,
    (SELECT next_try FROM amocalls.deferrals WHERE namespace = $1 AND deferrals.uuid = calls.uuid) AS next_try
  FROM unnest($2::text[]) AS asked (uuid) CROSS JOIN LATERAL (
    SELECT uuid, state, run, at, reasons, hash, billsec, receipt FROM amocalls.calls
    WHERE namespace = $1 AND calls.uuid = asked.uuid COLLATE "C" LIMIT 1 ${lock}) AS calls`;
const findOnly = find('');
const findAndLock = find('FOR UPDATE');

/** The calls of a namespace that are known of these, by their keys; `lock`: their rows are locked, in the order of keys. */
export async function findCalls(
  query: Query,
  namespace: number,
  keys: readonly string[],
  lock = false,
): Promise<ReadonlyMap<string, FoundCall>> {
  const { rows } = await query(lock ? findAndLock : findOnly, [namespace, [...keys].sort()]);
  return new Map(
    rows.map((row) => [
      textOf(row, 'uuid') ?? '',
      { row: callRowOf(row), nextTry: optionalNumberOf(row, 'next_try') },
    ]),
  );
}

/** A call that may be new, in the order of keys. */
export interface NewRow {
  readonly key: string;
  readonly hash: number;
  readonly billsec: number;
}

/** Writes calls that are in flight from now on, those that are not known yet; gives the keys of these. */
export async function insertCalls(
  query: Query,
  rows: readonly NewRow[],
  { namespace, run, at }: { readonly namespace: number; readonly run: number; readonly at: number },
): Promise<ReadonlySet<string>> {
  const inserted = await query(
    `INSERT INTO amocalls.calls (namespace, uuid, state, run, at, hash, billsec)
     SELECT $1, new.uuid, 0, $2, $3, new.hash, new.billsec
     FROM unnest($4::text[], $5::bigint[], $6::bigint[]) AS new (uuid, hash, billsec)
     ON CONFLICT DO NOTHING RETURNING uuid`,
    [
      namespace,
      run,
      at,
      rows.map(({ key }) => key),
      rows.map(({ hash }) => hash),
      rows.map(({ billsec }) => billsec),
    ],
  );
  return new Set(inserted.rows.map((row) => textOf(row, 'uuid') ?? ''));
}

/** Rows of calls that are to be as they are given, by their keys, each once; `ofRun`: only those that this run has now. */
export async function replaceCalls(
  query: Query,
  namespace: number,
  rows: readonly (readonly [key: string, row: CallRow])[],
  ofRun: number | null = null,
): Promise<void> {
  if (rows.length === 0) return;
  // An upsert finds its rows by the primary key whatever the planner believes of the table.
  await query(
    `INSERT INTO amocalls.calls (namespace, uuid, state, run, at, reasons, hash, billsec, receipt)
     SELECT $1, new.* FROM unnest($2::text[], $3::smallint[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[],
       $8::bigint[], $9::text[]) AS new (uuid, state, run, at, reasons, hash, billsec, receipt)
     ON CONFLICT (namespace, uuid) DO UPDATE SET state = excluded.state, run = excluded.run, at = excluded.at,
       reasons = excluded.reasons, hash = excluded.hash, billsec = excluded.billsec, receipt = excluded.receipt
       WHERE calls.run = coalesce($10::integer, calls.run)`,
    [
      namespace,
      rows.map(([key]) => key),
      rows.map(([, { state }]) => state),
      rows.map(([, { run }]) => run),
      rows.map(([, { at }]) => at),
      rows.map(([, { reasons }]) => reasons),
      rows.map(([, { hash }]) => hash),
      rows.map(([, { billsec }]) => billsec),
      rows.map(([, { receipt }]) => receipt),
      ofRun,
    ],
  );
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
