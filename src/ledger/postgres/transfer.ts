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
import { keyOf, storableText, writeDeferrals, writeRows } from './call-table.js';
import { checkpointKey } from './checkpoints.js';
import type { Connection } from './connection.js';
import { queries } from './history.js';
import { createNamespaces } from './namespaces.js';
import type { Query } from './session.js';

/** Carries what a ledger in a database keeps. */
export function openTransfer(connection: Connection): Transfer {
  return {
    save: () =>
      carriedRecords(tables, async (sql, place) => (await connection.run((query) => query(sql, place))).rows),
    async take(records, runs) {
      // A transaction that is tried again begins with the runs as they were.
      const taken = await connection.transaction((query) => {
        const tried = { byNumber: new Map(runs.byNumber), used: new Set(runs.used) };
        return take(query, records, tried).then((counts) => ({ counts, tried }));
      });
      for (const [number, id] of taken.tried.byNumber) runs.byNumber.set(number, id);
      for (const id of taken.tried.used) runs.used.add(id);
      return taken.counts;
    },
  };
}

/** What is carried. */
const tables: readonly CarriedTable[] = [
  {
    sql: 'SELECT * FROM amocalls.runs WHERE id > $1 ORDER BY id',
    first: [0],
    placeOf: (row) => [numberOf(row, 'id')],
    recordOf: savedRunOf,
  },
  {
    sql: `${queries.savedCalls} WHERE (calls.namespace, calls.uuid) > ($1, $2 COLLATE "C")
      ORDER BY calls.namespace, calls.uuid`,
    first: [0, ''],
    placeOf: (row) => [numberOf(row, 'namespace'), textOf(row, 'uuid') ?? ''],
    recordOf: savedCallOf,
  },
  {
    sql: `${queries.savedProblems} WHERE problems.id > $1 ORDER BY problems.id`,
    first: [0],
    placeOf: (row) => [numberOf(row, 'id')],
    recordOf: savedProblemOf,
  },
  {
    sql: 'SELECT * FROM amocalls.checkpoints WHERE key > $1 ORDER BY key',
    first: [''],
    placeOf: (row) => [textOf(row, 'key') ?? ''],
    recordOf: savedFileOf,
  },
];

/** Takes records that are not known; to run inside a transaction. */
async function take(query: Query, records: readonly SavedRecord[], runs: TakenRuns) {
  const taken = { ...noneTaken };
  // No run begins meanwhile: it would be given a number that is taken here.
  if (records.some(({ kind }) => kind === 'run')) {
    await query('LOCK TABLE amocalls.runs IN SHARE ROW EXCLUSIVE MODE');
  }
  const calls: SavedCall[] = [];
  for (const record of records) {
    if (record.kind === 'call') calls.push(record);
    else if (await isTaken(query, record, runs)) taken[record.kind] += 1;
  }
  return { ...taken, call: await takeCalls(query, calls, runs) };
}

function isTaken(query: Query, record: Exclude<SavedRecord, SavedCall>, runs: TakenRuns): Promise<boolean> {
  if (record.kind === 'run') return takeRun(query, record, runs);
  return record.kind === 'problem' ? takeProblem(query, record) : takeCheckpoint(query, record);
}

/** A run keeps its number where the ledger never gave a number as high. */
async function takeRun(query: Query, run: SavedRun, { byNumber, used }: TakenRuns): Promise<boolean> {
  const { id, process, command, profile, files, started, finished, exit, summary } = run;
  const { rows } = await query(
    `SELECT id FROM amocalls.runs WHERE started = $1 AND process = $2 AND command = $3 AND files = $4 ORDER BY id`,
    [started, process, command, files],
  );
  const same = rows.map((row) => numberOf(row, 'id')).find((known) => !used.has(known));
  let number = same;
  if (number === undefined) {
    const next = await query("SELECT nextval(pg_get_serial_sequence('amocalls.runs', 'id')) AS id");
    number = Math.max(id, numberOf(next.rows[0], 'id'));
    await query(
      `INSERT INTO amocalls.runs (id, process, command, profile, files, started, heartbeat, finished, exit, summary)
       OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)`,
      [
        number,
        process,
        command,
        profile ?? null,
        files,
        started,
        finished ?? null,
        exit ?? null,
        summary ?? null,
      ],
    );
    await query("SELECT setval(pg_get_serial_sequence('amocalls.runs', 'id'), $1)", [number]);
  }
  byNumber.set(id, number);
  used.add(number);
  return same === undefined;
}

async function takeCalls(query: Query, calls: readonly SavedCall[], runs: TakenRuns): Promise<number> {
  const spaces = new Map<string, SavedCall[]>();
  for (const call of calls) {
    const name = JSON.stringify([call.address, call.code, call.account]);
    const group = spaces.get(name);
    if (group === undefined) spaces.set(name, [call]);
    else group.push(call);
  }
  let taken = 0;
  for (const group of spaces.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const namespace = await createNamespaces(first)(query, first.account);
    const byKey = new Map(group.map((call) => [keyOf(call.uuid), call]));
    const writes = [...byKey].map(([key, call]) => ({
      key,
      before: undefined,
      after: rowOfSaved(call, runs.byNumber.get(call.run ?? 0) ?? 0),
    }));
    const written = await writeRows(query, namespace, writes);
    const inserted = [...byKey].filter(([key]) => written.has(key));
    const deferrals = inserted.flatMap(([key, call]) => {
      const deferral = deferralOfSaved(call);
      return deferral === undefined ? [] : [{ key, ...deferral }];
    });
    await writeDeferrals(query, namespace, deferrals);
    for (const [key, call] of inserted) {
      const change = changeOfSaved(call);
      if (change === undefined) continue;
      await query(
        `INSERT INTO amocalls.changes (namespace, uuid, hash, billsec, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING`,
        [namespace, key, ...change],
      );
    }
    taken += written.size;
  }
  return taken;
}

async function takeProblem(query: Query, problem: SavedProblem): Promise<boolean> {
  const { account, file, reading, content, status, uuid, line = null, reasons, at } = problem;
  const namespace = await createNamespaces(problem)(query, account);
  const { count } = await query(
    `INSERT INTO amocalls.problems (namespace, file, reading, content, status, uuid, line, reasons, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      namespace,
      storableText(file),
      reading,
      content,
      status,
      uuid === undefined ? null : storableText(uuid),
      line,
      reasons,
      at,
    ],
  );
  return count === 1;
}

async function takeCheckpoint(query: Query, saved: SavedFile): Promise<boolean> {
  const { file, reading, checkpoint, at } = saved;
  const { count } = await query(
    `INSERT INTO amocalls.checkpoints (key, file, reading, checkpoint, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [checkpointKey(saved), storableText(file), storableText(reading), checkpoint, at],
  );
  return count === 1;
}
