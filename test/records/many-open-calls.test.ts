import { expect, it } from 'vitest';
import type { Entry } from '../../src/core/outcome.js';
import type { Batch, Row, Table } from '../../src/core/row.js';
import type { EntryBatch } from '../../src/records/entry-batches.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import { readRecords } from '../../src/records/read-records.js';
import type { RecordOptions } from '../../src/records/record-options.js';
import { tableOf } from './in-memory-table.js';
import { source } from './progress.js';

const noon = Date.UTC(2024, 9, 5, 12) / 1000;
const asterisk = findPreset('asterisk');

/** A row of Asterisk whose call ended at a time, in unix seconds. */
function rowOf(call: number, line: number, end = noon): Row {
  const text = (unix: number) => new Date(unix * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const caller = String(74_950_000_000 + call);
  const names = ['', caller, '101', 'from-internal', caller, `PJSIP/${call}`, 'PJSIP/101-1', 'Dial', ''];
  const times = [text(end - 30), text(end - 20), text(end), '30', '20', 'ANSWERED', 'DOCUMENTATION'];
  const id = `${end - 30}.${call}`;
  return { line, cells: [...names, ...times, id, '', '', id, '1'] };
}

const first = [rowOf(0, 1)];
const columns = asterisk.nameColumns?.(first.map(({ cells }) => cells)) ?? [];

function tableIn(batches: () => AsyncGenerator<Batch>): Table {
  return tableOf(columns, [], { sample: first, headerLine: 0, batches: batches() });
}

function batchOf(rows: readonly Row[]): Batch {
  const [from, to] = [rows[0]?.line ?? 1, (rows.at(-1)?.line ?? 0) + 1];
  const range = { source, offset: from * 10, line: from, end: { offset: to * 10, line: to } };
  return { rows, bytesRead: to * 10, range };
}

function* inBatches(rows: readonly Row[], size = 300): Generator<Batch> {
  for (let at = 0; at < rows.length; at += size) yield batchOf(rows.slice(at, at + size));
}

async function read(table: Table, more: Partial<RecordOptions>): Promise<AsyncIterable<EntryBatch>> {
  const options: RecordOptions = {
    ...{ map: [], set: [], accountId: '1', requireAccount: true, inboundLayout: 'natural', timezone: 'UTC' },
    ...{ preset: asterisk, now: () => noon, ...more },
  };
  return (await readRecords(table, options, () => undefined)).batches;
}

it('a run puts off the oldest of very many open calls, and what else comes of them; it sends no part of a call', async () => {
  const calls = Array.from({ length: 12_000 }, (_, call) => rowOf(call, call + 1));
  const late = [rowOf(5, 12_001), rowOf(11_999, 12_002)];
  const table = tableIn(async function* () {
    yield* inBatches([...calls, ...late]);
  });
  const entries: Entry[] = [];
  for await (const batch of await read(table, {})) entries.push(...batch.entries);
  expect(entries.filter(({ call }) => call !== undefined)).toEqual([]);
  expect(entries.map(({ origin }) => origin.rows ?? 1).reduce((sum, rows) => sum + rows)).toBe(12_002);
  // That of call 5 stands alone, that of call 11,999 is merged with the row that came just before.
  const lines = entries.map(({ origin }) => origin.line ?? 0).sort((one, other) => one - other);
  expect(lines).toEqual(Array.from({ length: 12_001 }, (_, at) => at + 1));
});

it('a file that is followed is not read on while very many calls are open; each is sent once, and whole', async () => {
  const rows = Array.from({ length: 30_000 }, (_, at) => rowOf(Math.floor(at / 2), at + 1));
  let clock = noon;
  let isFull = false;
  let waits = 0;
  let most = 0;
  const table = tableIn(async function* () {
    for (const batch of inBatches(rows)) {
      yield batch;
      for (; isFull; waits++) {
        clock += 30;
        yield { rows: [], bytesRead: batch.bytesRead };
      }
    }
    clock += 300;
    yield { rows: [], bytesRead: 0, caughtUp: true };
  });
  const sent: string[] = [];
  let taken = 0;
  for await (const batch of await read(table, { isFollowed: true, now: () => clock })) {
    isFull = batch.demand?.isFull === true;
    if (isFull) expect(batch.demand?.dueAt).toBeGreaterThan(clock * 1000);
    taken += batch.taken;
    for (const { call, origin } of batch.entries) {
      expect(origin.rows).toBe(2);
      sent.push(call?.uuid ?? '');
    }
    most = Math.max(most, taken / 2 - sent.length);
  }
  expect(new Set(sent).size).toBe(15_000);
  expect(sent).toHaveLength(15_000);
  expect(most).toBeLessThan(10_300);
  expect(waits).toBeGreaterThan(0);
});
