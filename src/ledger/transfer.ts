// Carries records from one ledger to another.

import { groupBy } from '../core/group.js';
import { isObject } from '../core/json.js';
import {
  type SavedCall,
  type SavedKind,
  type SavedProblem,
  type SavedRecord,
  type SavedRun,
  savedOf,
  type TakenRuns,
  type Transfer,
} from '../core/saved-record.js';
import { addCheckpoint } from './checkpoints.js';
import { keepUuid, namespaceOf } from './claims.js';
import { type Connection, type Dialect, query, type SqlValue, type Work } from './database.js';
import { insertProblem } from './history.js';
import { planRelease } from './planner.js';
import { acceptedRow, type CallRow, callRowOf, isOpen, numberOf, textOf, uuidOf } from './rows.js';

/** So many records are read or written at a time. */
export const transferPage = 1000;

/** None of any kind. */
export const noneTaken: Readonly<Record<SavedKind, number>> = { run: 0, call: 0, problem: 0, checkpoint: 0 };

/** Carries what a ledger keeps. */
export function openTransfer(connection: Connection, dialect: Dialect): Transfer {
  return {
    save: () => carriedRecords(connection),
    async take(records, runs) {
      // A transaction that is tried again begins with the runs as they were.
      const { taken, tried } = await connection.transaction(function* () {
        const before = { byNumber: new Map(runs.byNumber), used: new Set(runs.used) };
        return { taken: yield* take(dialect, records, before), tried: before };
      });
      for (const [number, id] of tried.byNumber) runs.byNumber.set(number, id);
      for (const id of tried.used) runs.used.add(id);
      return taken;
    },
  };
}

/** A place in the order of a table: the values by which it is sorted. */
type Place = readonly (string | number)[];

/** A table that is carried, page by page. */
interface CarriedTable {
  /** Gives the rows behind a place, in their order, without a limit. */
  readonly sql: string;
  /** Before the first row. */
  readonly first: Place;
  readonly placeOf: (row: unknown) => Place;
  readonly recordOf: (row: unknown) => SavedRecord | undefined;
}

const placeById = (row: unknown) => [numberOf(row, 'id')];

const tables: readonly CarriedTable[] = [
  {
    sql: 'SELECT * FROM runs WHERE id > $1 ORDER BY id',
    first: [0],
    placeOf: placeById,
    recordOf: (row) => savedOf('run', row),
  },
  {
    sql: `SELECT calls.*, namespaces.address, namespaces.code, namespaces.account, runs.id AS known_run,
        uuids.uuid AS kept
      FROM calls JOIN namespaces ON namespaces.id = calls.namespace LEFT JOIN uuids ON uuids.key = calls.uuid
      LEFT JOIN runs ON runs.id = calls.run
      WHERE (calls.namespace, calls.uuid) > ($1, $2) ORDER BY calls.namespace, calls.uuid`,
    first: [0, ''],
    placeOf: (row) => [numberOf(row, 'namespace'), textOf(row, 'uuid') ?? ''],
    recordOf: savedCallOf,
  },
  {
    sql: `SELECT problems.*, namespaces.address, namespaces.code, namespaces.account
      FROM problems JOIN namespaces ON namespaces.id = problems.namespace
      WHERE problems.id > $1 ORDER BY problems.id`,
    first: [0],
    placeOf: placeById,
    recordOf: (row) => savedOf('problem', row),
  },
  {
    sql: 'SELECT * FROM checkpoints WHERE (file, reading) > ($1, $2) ORDER BY file, reading',
    first: ['', ''],
    placeOf: (row) => [textOf(row, 'file') ?? '', textOf(row, 'reading') ?? ''],
    recordOf: (row) => savedOf('checkpoint', row),
  },
];

/** The records of tables, page by page. */
async function* carriedRecords(connection: Connection): AsyncGenerator<readonly SavedRecord[]> {
  for (const { sql, first, placeOf, recordOf } of tables) {
    for (let place: Place | undefined = first; place !== undefined; ) {
      const values: Place = place;
      const { rows } = await connection.read(() => query(`${sql} LIMIT ${transferPage}`, values));
      yield rows.flatMap((row) => recordOf(row) ?? []);
      place = rows.length < transferPage ? undefined : placeOf(rows.at(-1));
    }
  }
}

/** A call as it is carried; undefined for one that was never sent. */
function savedCallOf(row: unknown): SavedRecord | undefined {
  const found = callRowOf(row);
  const left = isOpen(found) ? planRelease(found) : found;
  if (left === 'delete' || !isObject(row)) return undefined;
  return savedOf('call', {
    ...row,
    ...left,
    uuid: uuidOf(row),
    next_try: left.nextTry,
    run: row['known_run'],
  });
}

/** Takes records that are not known; to run inside a transaction. */
function* take(dialect: Dialect, records: readonly SavedRecord[], runs: TakenRuns) {
  const taken = { ...noneTaken };
  const { lockRuns } = dialect;
  if (lockRuns !== undefined && records.some(({ kind }) => kind === 'run')) yield* query(lockRuns);
  const calls: SavedCall[] = [];
  for (const record of records) {
    if (record.kind === 'call') calls.push(record);
    else taken[record.kind] += yield* takeOne(dialect, record, runs);
  }
  taken.call = yield* takeCalls(dialect, calls, runs);
  return taken;
}

/** Takes a record; gives 1 where it was not known. */
function takeOne(dialect: Dialect, record: Exclude<SavedRecord, SavedCall>, runs: TakenRuns): Work<number> {
  if (record.kind === 'run') return takeRun(dialect, record, runs);
  if (record.kind === 'problem') return takeProblem(dialect, record);
  const { file, reading, checkpoint, at } = record;
  return addCheckpoint([dialect.storable(file), dialect.storable(reading)], checkpoint, at);
}

/** A run keeps its number where the ledger never gave a number as high. */
function* takeRun(
  { raiseRunId }: Dialect,
  { id, process, command, profile, files, started, finished, exit, summary }: SavedRun,
  { byNumber, used }: TakenRuns,
): Work<number> {
  const known = yield* query(
    'SELECT id FROM runs WHERE started = $1 AND process = $2 AND command = $3 AND files = $4 ORDER BY id',
    [started, process, command, files],
  );
  const same = known.rows.map((row) => numberOf(row, 'id')).find((one) => !used.has(one));
  let number = same;
  if (number === undefined) {
    yield* query(raiseRunId, [id]);
    const optional: readonly SqlValue[] = [profile, finished, exit, summary].map((value) => value ?? null);
    const { rows } = yield* query(
      `INSERT INTO runs (process, command, files, started, heartbeat, profile, finished, exit, summary)
       VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8) RETURNING id`,
      [process, command, files, started, ...optional],
    );
    number = numberOf(rows[0], 'id');
  }
  byNumber.set(id, number);
  used.add(number);
  return same === undefined ? 1 : 0;
}

function* takeCalls(dialect: Dialect, calls: readonly SavedCall[], runs: TakenRuns): Work<number> {
  const placeOf = ({ address, code, account }: SavedCall) => JSON.stringify([address, code, account]);
  let taken = 0;
  for (const group of groupBy(calls, placeOf).values()) {
    const [first] = group;
    if (first === undefined) continue;
    const namespace = yield* namespaceOf(dialect, first, first.account);
    const byKey = new Map(group.map((call) => [dialect.keyOf(call.uuid), call]));
    const writes = [...byKey].map(([key, call]) => ({ key, before: undefined, after: rowOf(call, runs) }));
    for (const [key, { uuid }] of byKey) yield* keepUuid(key, uuid);
    const known = yield* dialect.writeRows(namespace, writes);
    const inserted = [...byKey].filter(([key]) => !known.has(key));
    for (const [key, { changed_hash: hash, changed_billsec: billsec, changed_at: at }] of inserted) {
      if (hash === undefined || billsec === undefined || at === undefined) continue;
      yield* query(
        `UPDATE calls SET changed_hash = $3, changed_billsec = $4, changed_at = $5
         WHERE namespace = $1 AND uuid = $2`,
        [namespace, key, hash, billsec, at],
      );
    }
    taken += inserted.length;
  }
  return taken;
}

/** The row of a call that comes from another ledger; its run is 0 where none is known. */
function rowOf(
  { state, run = 0, at, reasons, hash, identity, billsec, receipt, tries, next_try }: SavedCall,
  { byNumber }: TakenRuns,
): CallRow {
  return {
    ...acceptedRow,
    state,
    run: byNumber.get(run) ?? 0,
    at,
    reasons: reasons ?? null,
    hash: hash ?? null,
    identity: identity ?? null,
    billsec: billsec ?? null,
    receipt: receipt ?? null,
    tries: tries ?? null,
    nextTry: next_try ?? null,
  };
}

function* takeProblem(dialect: Dialect, problem: SavedProblem): Work<number> {
  const { account, file, reading, content, status, uuid, line = null, reasons, at } = problem;
  const { storable } = dialect;
  const namespace = yield* namespaceOf(dialect, problem, account);
  const { count } = yield* query(`${insertProblem} ON CONFLICT DO NOTHING`, [
    namespace,
    storable(file),
    reading,
    content,
    status,
    uuid === undefined ? null : storable(uuid),
    line,
    reasons,
    at,
  ]);
  return count;
}
