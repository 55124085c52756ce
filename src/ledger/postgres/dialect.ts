// What PostgreSQL says in its own words: many rows in one statement, where they are still as they were read.

import { createHash } from 'node:crypto';
import { groupBy } from '../../core/group.js';
import type { Dialect, RowWrite, SqlValue, Statement, Work } from '../database.js';
import { type CallRow, callColumns, numberOf, stateNumbers, textOf, valuesOf } from '../rows.js';

/** Longer texts do not fit into a page of PostgreSQL's index. */
const longestKey = 600;

/** A uuid by its hash where it is too long, or no text to PostgreSQL (a zero, half of a surrogate pair). */
function keyOf(uuid: string): string {
  if (uuid.length <= longestKey && !uuid.includes('\0') && uuid.isWellFormed()) return uuid;
  return `sha256 ${createHash('sha256').update(uuid, 'utf16le').digest('hex')}`;
}

/** A text that PostgreSQL takes: it keeps no zero. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

/** What PostgreSQL says in its own words: of hosts with clocks of their own, of many writers, each statement a way there and back. */
export const postgresDialect: Dialect = {
  keyOf,
  storable,
  clock: 'extract(epoch FROM clock_timestamp())::float8',
  // While the database was away nobody could say that it lives: silence counts from when the database began again.
  heartbeat: 'greatest(runs.heartbeat, floor(extract(epoch FROM pg_postmaster_start_time()))::bigint)',
  pauseFreshMs: 20,
  raiseRunId: `SELECT setval(pg_get_serial_sequence('amocalls.runs', 'id'),
    greatest($1::bigint, nextval(pg_get_serial_sequence('amocalls.runs', 'id'))), false)`,
  lockRuns: 'LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE',
  beginsWith: (column, value) => `starts_with(${column}, ${value})`,
  // Rows are locked in the order of their keys, in all processes, so that none waits for another one that waits for it.
  findCalls: (namespace, keys, lock) => ({
    sql: lock ? findAndLock : findOnly,
    values: [namespace],
    lists: [[...keys].sort()],
  }),
  writeRows,
  *inspect() {
    const { rows } = yield {
      sql: `SELECT sum(pg_total_relation_size(class.oid))::bigint AS bytes FROM pg_catalog.pg_class AS class
        WHERE class.relkind = 'r' AND class.relnamespace = to_regnamespace('amocalls')`,
    };
    // PostgreSQL looks after its own pages.
    return { faults: [], bytes: numberOf(rows[0], 'bytes') };
  },
};

const columns = callColumns.join(', ');

/** The known calls: an inner query for each key, so that no plan ever reads the whole namespace in search of them. */
const find = (
  lock: '' | 'FOR UPDATE',
) => `SELECT calls.* FROM unnest($2::text[]) AS asked (uuid) CROSS JOIN LATERAL (
    SELECT uuid, ${columns} FROM calls
    WHERE namespace = $1 AND calls.uuid = asked.uuid COLLATE "C" LIMIT 1 ${lock}) AS calls`;
const findOnly = find('');
const findAndLock = find('FOR UPDATE');

/** Columns of rows, the first of which has this number, one list each. */
const listsFrom = (first: number) => {
  const types = [
    'text',
    'smallint',
    'integer',
    'bigint',
    'text',
    'bigint',
    'bigint',
    'bigint',
    'text',
    'text',
    'integer',
    'bigint',
  ];
  const lists = types.map((type, at) => `$${first + at}::${type}[]`);
  return `unnest(${lists.join(', ')}) AS new (uuid, ${columns})`;
};
const newColumns = callColumns.map((column) => `new.${column}`).join(', ');
const excludedColumns = callColumns.map((column) => `excluded.${column}`).join(', ');

const insert = `INSERT INTO calls (namespace, uuid, ${columns})
  SELECT $1, new.uuid, ${newColumns} FROM ${listsFrom(2)} ON CONFLICT DO NOTHING RETURNING uuid`;

/** An upsert finds its rows by the primary key whatever the planner believes of the table; it inserts none that is gone. */
const replace = `INSERT INTO calls (namespace, uuid, ${columns})
  SELECT $1, new.uuid, ${newColumns} FROM ${listsFrom(4)} CROSS JOIN LATERAL (
    SELECT 1 FROM calls WHERE namespace = $1 AND calls.uuid = new.uuid COLLATE "C" LIMIT 1) AS found
  ON CONFLICT (namespace, uuid) DO UPDATE SET (${columns}) = (${excludedColumns})
    WHERE calls.run = $2 AND calls.state = $3 RETURNING uuid`;

const remove = `DELETE FROM calls
  WHERE namespace = $1 AND run = $2 AND state = $3 AND uuid = ANY($4::text[] COLLATE "C") RETURNING uuid`;

/** One statement writes the rows that are new, or were in the same state of the same run; in the order of their keys, see above. */
function* writeRows(namespace: number, writes: readonly RowWrite[]): Work<ReadonlySet<string>> {
  const moved = new Set<string>();
  const sorted = [...writes].sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  const nameOf = ({ before, after }: RowWrite) => `${before?.run} ${before?.state} ${after === 'delete'}`;
  for (const group of groupBy(sorted, nameOf).values()) {
    const { rows, count } = yield statementOf(namespace, group);
    if (count === group.length) continue;
    const written = new Set(rows.map((row) => textOf(row, 'uuid')));
    for (const { key } of group) if (!written.has(key)) moved.add(key);
  }
  return moved;
}

function statementOf(namespace: number, group: readonly RowWrite[]): Statement {
  const keys = group.map(({ key }) => key);
  const rows = group.flatMap(({ after }) => (after === 'delete' ? [] : [after]));
  const before = group[0]?.before;
  if (before === undefined) return { sql: insert, values: [namespace], lists: [keys, ...listsOf(rows)] };
  const values = [namespace, before.run, stateNumbers[before.state]];
  if (rows.length === 0) return { sql: remove, values, lists: [keys] };
  return { sql: replace, values, lists: [keys, ...listsOf(rows)] };
}

/** The values of rows, a list for each column. */
function listsOf(rows: readonly CallRow[]): readonly (readonly SqlValue[])[] {
  const values = rows.map(valuesOf);
  return callColumns.map((_, column) => values.map((row) => row[column] ?? null));
}
