import { createHash } from 'node:crypto';
import { type CallRow, callRowOf } from '../call-row.js';
import { optionalNumberOf, textOf } from '../cells.js';
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

/** The calls of a namespace that are known of these, by their keys; `FOR UPDATE` locks them, in the order of keys. */
export async function findCalls(
  query: Query,
  namespace: number,
  keys: readonly string[],
  lock: '' | 'FOR UPDATE OF calls',
): Promise<ReadonlyMap<string, FoundCall>> {
  const { rows } = await query(
    `SELECT calls.uuid, state, run, at, reasons, hash, billsec, receipt, next_try
     FROM amocalls.calls LEFT JOIN amocalls.deferrals
       ON deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid
     WHERE calls.namespace = $1 AND calls.uuid = ANY($2::text[]) ORDER BY calls.uuid ${lock}`,
    [namespace, keys],
  );
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

/** Rows of calls that are to be as they are given, by their keys; `ofRun`: only those that this run has now. */
export async function replaceCalls(
  query: Query,
  namespace: number,
  rows: readonly (readonly [key: string, row: CallRow])[],
  ofRun: number | null = null,
): Promise<void> {
  if (rows.length === 0) return;
  await query(
    `UPDATE amocalls.calls SET state = new.state, run = new.run, at = new.at, reasons = new.reasons,
       hash = new.hash, billsec = new.billsec, receipt = new.receipt
     FROM unnest($2::text[], $3::smallint[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[],
       $9::text[]) AS new (uuid, state, run, at, reasons, hash, billsec, receipt)
     WHERE calls.namespace = $1 AND calls.uuid = new.uuid AND calls.run = coalesce($10::integer, calls.run)`,
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
  await query(`DELETE FROM amocalls.${table} WHERE namespace = $1 AND uuid = ANY($2::text[])`, [
    namespace,
    keys,
  ]);
}
