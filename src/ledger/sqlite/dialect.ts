// What SQLite says in its own words.

import { statSync } from 'node:fs';
import {
  type CheckpointStatements,
  type Dialect,
  hostClock,
  query,
  type RowWrite,
  type SqlValue,
  type Work,
} from '../database.js';
import type { FoundCall } from '../planner.js';
import { callColumns, callRowOf, deferralOf, stateNumbers, textOf } from '../rows.js';

const checkpoints: CheckpointStatements = {
  prune: 'DELETE FROM marks WHERE at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET $1)',
  find: `SELECT file, reading, mark AS checkpoint FROM marks WHERE file >= $1 AND file < $1 || char(0x10ffff)
    AND (file, reading) > ($2, $3) ORDER BY file, reading LIMIT 1000`,
  page: `SELECT file, reading, mark AS checkpoint, at FROM marks WHERE (file, reading) > ($1, $2)
    ORDER BY file, reading`,
  firstPlace: ['', ''],
  placeOf: (row) => [textOf(row, 'file') ?? '', textOf(row, 'reading') ?? ''],
  insert: 'INSERT INTO marks (file, reading, mark, at) VALUES ($1, $2, $3, $4)',
  update: 'ON CONFLICT (file, reading) DO UPDATE SET mark = excluded.mark, at = excluded.at',
  remove: 'DELETE FROM marks WHERE file = $1 AND reading = $2',
  keyOf: ({ file, reading }) => [file, reading],
  valuesOf: ({ file, reading, checkpoint, at }) => [file, reading, checkpoint, at],
};

/** What SQLite says in its own words: of one host, of one writer at a time, whose statements cost little each. */
export function sqliteDialect(file: string): Dialect {
  return {
    keyOf: (uuid) => uuid,
    storable: (text) => text,
    clock: hostClock,
    heartbeat: 'runs.heartbeat',
    forUpdate: '',
    skipLocked: '',
    forShare: '',
    pauseFreshMs: 0,
    raiseRunId: "UPDATE sqlite_sequence SET seq = max(seq, $1 - 1) WHERE name = 'runs'",
    checkpoints,
    findCalls,
    writeRows,
    *removeRows(table, namespace, keys) {
      const remove = `DELETE FROM ${table} WHERE namespace = $1 AND uuid = $2`;
      for (const key of keys) yield* query(remove, [namespace, key]);
    },
    *writeDeferrals(namespace, deferrals) {
      for (const { key, tries, nextTry } of deferrals) yield* query(defer, [namespace, key, tries, nextTry]);
    },
    *inspect() {
      const { rows } = yield* query('PRAGMA quick_check(3)');
      const said = rows.map((row) => textOf(row, 'quick_check') ?? '');
      return { faults: said.filter((text) => text !== 'ok'), bytes: statSync(file).size };
    },
  };
}

const columns = callColumns.join(', ');
const places = callColumns.map((_, at) => `$${at + 3}`).join(', ');
const find = `SELECT uuid, ${columns} FROM calls WHERE namespace = $1 AND uuid = $2`;
const findDeferral = 'SELECT tries, next_try FROM deferrals WHERE namespace = $1 AND uuid = $2';
const insert = `INSERT INTO calls (namespace, uuid, ${columns}) VALUES ($1, $2, ${places}) ON CONFLICT DO NOTHING`;
const replace = `UPDATE calls SET (${columns}) = (${places}) WHERE namespace = $1 AND uuid = $2 AND run = $12 AND state = $13`;
const remove = 'DELETE FROM calls WHERE namespace = $1 AND uuid = $2 AND run = $3 AND state = $4';
const defer = `INSERT INTO deferrals (namespace, uuid, tries, next_try) VALUES ($1, $2, $3, $4)
  ON CONFLICT (namespace, uuid) DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`;

function* findCalls(namespace: number, keys: readonly string[]): Work<ReadonlyMap<string, FoundCall>> {
  const found = new Map<string, FoundCall>();
  for (const cells of (yield { sql: find, each: keys.map((key) => [namespace, key]) }).rows) {
    const [row, key] = [callRowOf(cells), textOf(cells, 'uuid') ?? ''];
    const isFinal = row.state === 'accepted' || row.state === 'rejected';
    const deferrals = isFinal ? undefined : yield* query(findDeferral, [namespace, key]);
    found.set(key, { row, deferral: deferralOf(deferrals?.rows[0]) });
  }
  return found;
}

function* writeRows(namespace: number, writes: readonly RowWrite[]): Work<ReadonlySet<string>> {
  const moved = new Set<string>();
  for (const sql of [insert, replace, remove]) {
    const group = writes.filter((write) => statementOf(write) === sql);
    const each = group.map((write) => valuesOf(namespace, write));
    if (each.length === 0) continue;
    for (const at of (yield { sql, each }).misses ?? []) moved.add(group[at]?.key ?? '');
  }
  return moved;
}

function statementOf({ before, after }: RowWrite): string {
  return after === 'delete' ? remove : before === undefined ? insert : replace;
}

/** Each list of values written out: put together of others, they took a quarter of the time of a claim. */
function valuesOf(namespace: number, { key, before, after }: RowWrite): readonly SqlValue[] {
  const run = before?.run ?? 0;
  const was = before === undefined ? null : stateNumbers[before.state];
  if (after === 'delete') return [namespace, key, run, was];
  const { at, reasons, hash, identity, billsec, receipt, former } = after;
  const is = stateNumbers[after.state];
  const by = after.run;
  return before === undefined
    ? [namespace, key, is, by, at, reasons, hash, identity, billsec, receipt, former]
    : [namespace, key, is, by, at, reasons, hash, identity, billsec, receipt, former, run, was];
}
