// Records that are carried to another ledger, and those of another one.

import type {
  SavedCall,
  SavedFile,
  SavedProblem,
  SavedRecord,
  SavedRun,
  TakenRuns,
  Transfer,
} from '../../core/saved-record.js';
import { numberOf, textOf } from '../rows.js';
import {
  type CarriedTable,
  carriedRecords,
  changeOfSaved,
  deferralOfSaved,
  noneTaken,
  rowOfSaved,
  savedCallOf,
  savedFileOf,
  savedProblemOf,
  savedRunOf,
} from '../transfer.js';
import { type Claims, insertCall, openClaims } from './claims.js';
import type { Connections } from './connections.js';
import type { Database } from './driver.js';
import { queries } from './history.js';
import { namespaceOf } from './namespaces.js';

/** Carries what a ledger in a file keeps. */
export function openTransfer({ durable, guarded, commit }: Connections): Transfer {
  return {
    save: () => carriedRecords(tables, (sql, place) => guarded(() => durable.prepare(sql).all(...place))),
    take: (records, runs) => commit(() => take(durable, records, runs)),
  };
}

/** What is carried. */
const tables: readonly CarriedTable[] = [
  {
    sql: 'SELECT * FROM runs WHERE id > ? ORDER BY id',
    first: [0],
    placeOf: (row) => [numberOf(row, 'id')],
    recordOf: savedRunOf,
  },
  {
    sql: `${queries.savedCalls} WHERE (calls.namespace, calls.uuid) > (?, ?) ORDER BY calls.namespace, calls.uuid`,
    first: [0, ''],
    placeOf: (row) => [numberOf(row, 'namespace'), textOf(row, 'uuid') ?? ''],
    recordOf: savedCallOf,
  },
  {
    sql: `${queries.savedProblems} WHERE problems.id > ? ORDER BY problems.id`,
    first: [0],
    placeOf: (row) => [numberOf(row, 'id')],
    recordOf: savedProblemOf,
  },
  {
    sql: `SELECT file, reading, mark AS checkpoint, at FROM marks WHERE (file, reading) > (?, ?)
      ORDER BY file, reading`,
    first: ['', ''],
    placeOf: (row) => [textOf(row, 'file') ?? '', textOf(row, 'reading') ?? ''],
    recordOf: savedFileOf,
  },
];

/** Takes records that are not known; to run inside a transaction. */
function take(database: Database, records: readonly SavedRecord[], runs: TakenRuns) {
  const taken = { ...noneTaken };
  const spaces = new Map<string, Claims>();
  const claimsOf = ({ address, code, account }: SavedCall | SavedProblem): Claims => {
    const name = JSON.stringify([address, code, account]);
    const claims =
      spaces.get(name) ?? openClaims(database, namespaceOf(database, { address, code }, account));
    spaces.set(name, claims);
    return claims;
  };
  for (const record of records) if (isTaken(record)) taken[record.kind] += 1;
  return taken;

  function isTaken(record: SavedRecord): boolean {
    switch (record.kind) {
      case 'run':
        return takeRun(database, record, runs);
      case 'call':
        return takeCall(database, claimsOf(record), record, runs.byNumber.get(record.run ?? 0) ?? 0);
      case 'problem':
        return takeProblem(database, claimsOf(record).namespace, record);
      default:
        return takeCheckpoint(database, record);
    }
  }
}

/** A run keeps its number where the ledger never gave a number as high. */
function takeRun(database: Database, run: SavedRun, { byNumber, used }: TakenRuns): boolean {
  const { id, process, command, profile, files, started, finished, exit, summary } = run;
  const same = database
    .prepare(
      'SELECT id FROM runs WHERE started = ? AND process = ? AND command = ? AND files = ? ORDER BY id',
    )
    .all(started, process, command, files)
    .map((row) => numberOf(row, 'id'))
    .find((known) => !used.has(known));
  const last = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'runs'").get();
  const isFree = last === undefined || id > numberOf(last, 'seq');
  const number =
    same ??
    Number(
      database
        .prepare(
          `INSERT INTO runs (id, process, command, profile, files, started, heartbeat, finished, exit, summary)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          isFree ? id : null,
          process,
          command,
          profile ?? null,
          files,
          started,
          started,
          finished ?? null,
          exit ?? null,
          summary ?? null,
        ).lastInsertRowid,
    );
  byNumber.set(id, number);
  used.add(number);
  return same === undefined;
}

function takeCall(database: Database, claims: Claims, call: SavedCall, run: number): boolean {
  const known = { row: rowOfSaved(call, run), deferral: deferralOfSaved(call) };
  if (!insertCall(claims, call.uuid, known)) return false;
  const change = changeOfSaved(call);
  if (change !== undefined) {
    database
      .prepare(
        'INSERT INTO changes (namespace, uuid, hash, billsec, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(claims.namespace, call.uuid, ...change);
  }
  return true;
}

function takeProblem(database: Database, namespace: number, problem: SavedProblem): boolean {
  const { file, reading, content, status, uuid = null, line = null, reasons, at } = problem;
  const { changes } = database
    .prepare(
      `INSERT INTO problems (namespace, file, reading, content, status, uuid, line, reasons, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .run(namespace, file, reading, content, status, uuid, line, reasons, at);
  return Number(changes) === 1;
}

function takeCheckpoint(database: Database, { file, reading, checkpoint, at }: SavedFile): boolean {
  const { changes } = database
    .prepare('INSERT INTO marks (file, reading, mark, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .run(file, reading, checkpoint, at);
  return Number(changes) === 1;
}
