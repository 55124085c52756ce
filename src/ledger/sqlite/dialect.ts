// What SQLite says in its own words.

import { statSync } from 'node:fs';
import { type Dialect, hostClock, query, type RowWrite, type SqlValue, type Work } from '../database.js';
import { callColumns, stateNumbers, textOf } from '../rows.js';

/** What SQLite says in its own words: of one host, of one writer at a time, whose statements cost little each. */
export function sqliteDialect(file: string): Dialect {
  return {
    // SQLite ends a text of JSON at a zero, and knows no half of a surrogate pair.
    keyOf: (uuid) => (uuid.includes('\0') || !uuid.isWellFormed() ? JSON.stringify(uuid) : uuid),
    storable: (text) => text,
    clock: hostClock,
    heartbeat: 'runs.heartbeat',
    pauseFreshMs: 0,
    raiseRunId: "UPDATE sqlite_sequence SET seq = max(seq, $1 - 1) WHERE name = 'runs'",
    beginsWith: (column, value) => `${column} >= ${value} AND ${column} < ${value} || char(0x10ffff)`,
    findCalls: (namespace, keys) => ({ sql: find, values: [namespace, JSON.stringify(keys)] }),
    writeRows,
    *inspect() {
      const { rows } = yield* query('PRAGMA quick_check(3)');
      const said = rows.map((row) => textOf(row, 'quick_check') ?? '');
      return { faults: said.filter((text) => text !== 'ok'), bytes: statSync(file).size };
    },
  };
}

const columns = callColumns.join(', ');
const placesFrom = (first: number) => callColumns.map((_, at) => `$${first + at}`).join(', ');
/** A row that is still as it was read. */
const asRead = 'namespace = $1 AND uuid = $2 AND run = $3 AND state = $4';
const find = `SELECT uuid, ${columns} FROM calls
  WHERE namespace = $1 AND uuid IN (SELECT value FROM json_each($2))`;
const insert = `INSERT INTO calls (namespace, uuid, ${columns}) VALUES ($1, $2, ${placesFrom(3)}) ON CONFLICT DO NOTHING`;
const replace = `UPDATE calls SET (${columns}) = (${placesFrom(5)}) WHERE ${asRead}`;
const remove = `DELETE FROM calls WHERE ${asRead}`;
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
  const was = before === undefined ? null : stateNumbers[before.state];
  if (after === 'delete') return [namespace, key, before?.run ?? 0, was];
  const { run, at, reasons, hash, identity, billsec, receipt, former, tries, nextTry } = after;
  const is = stateNumbers[after.state];
  return before === undefined
    ? [namespace, key, is, run, at, reasons, hash, identity, billsec, receipt, former, tries, nextTry]
    : [
        namespace,
        key,
        before.run,
        was,
        is,
        run,
        at,
        reasons,
        hash,
        identity,
        billsec,
        receipt,
        former,
        tries,
        nextTry,
      ];
}
