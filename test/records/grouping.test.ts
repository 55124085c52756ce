import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Entry, Outcome } from '../../src/core/outcome.js';
import type { Batch, Row } from '../../src/core/row.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import { readRecords } from '../../src/records/read-records.js';
import { now, read, tableOf } from './in-memory-table.js';
import { amocalls } from './preset-fixtures.js';
import { source, trackedFile } from './progress.js';

const columns = ['uid', 'type', 'client', 'user', 'start', 'wait', 'duration', 'record', 'status'];
const preset = findPreset('megapbx');

interface Leg {
  readonly uid: string;
  readonly user?: string;
  readonly at?: number;
  readonly duration?: string;
  readonly record?: string;
  readonly type?: string;
}

function row({ uid, user = '101', at = 0, duration = '10', record = '', type = 'in' }: Leg): string[] {
  return [uid, type, '74950000001', user, String(1_790_000_000 + at), '1', duration, record, ''];
}

function rowsOf(legs: readonly Leg[]): Row[] {
  return legs.map((leg, index) => ({ line: index + 2, cells: row(leg) }));
}

const single = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index): Leg => ({ uid: `single-${from + index}` }));

describe('the rows of one call', () => {
  it('become one record of the earliest start, the longest talk and any recording, with the first line', async () => {
    const { entries } = await read(
      tableOf(
        columns,
        rowsOf([
          { uid: 'a', user: '103', at: 40, duration: '5', record: 'https://pbx.example/a.mp3' },
          { uid: 'a', user: '102', at: 20, duration: '60' },
          { uid: 'a', user: '101', at: 0, duration: '30' },
        ]),
      ),
      { preset },
    );
    expect(entries).toHaveLength(1);
    const [entry] = entries;
    expect(entry?.call).toMatchObject({
      uuid: 'a',
      date: 1_790_000_000,
      to: '102',
      billsec: 60,
      link: 'https://pbx.example/a.mp3',
    });
    expect(entry?.origin).toMatchObject({ line: 2, rows: 3, row: { line: 3 } });
  });

  it('are one invalid record where no row of them can be sent', async () => {
    const rows = rowsOf([
      { uid: 'a', user: '101', duration: 'an hour' },
      { uid: 'a', user: '102', duration: 'a while' },
    ]);
    const { entries } = await read(tableOf(columns, rows), { preset });
    expect(entries).toMatchObject([{ status: 'invalid', uuid: 'a', origin: { rows: 2 } }]);
  });

  it('do not take in a row that could not be read', async () => {
    const rows: Row[] = [
      ...rowsOf([{ uid: 'a' }]),
      { line: 3, cells: ['a'], problem: 'a quote is not closed' },
    ];
    const { entries } = await read(tableOf(columns, rows), { preset });
    expect(entries.map((entry) => ['status' in entry ? entry.status : 'valid', entry.origin.line])).toEqual([
      ['invalid', 3],
      ['valid', 2],
    ]);
  });

  it('are invalid beside a row that lost the id of its call with its end, for it may be one of them', async () => {
    const freepbx = findPreset('freepbx');
    const names = ['calldate', 'src', 'dst', 'channel', 'dstchannel', 'lastapp', 'billsec', 'disposition'];
    const cdr = (id: number, to: string) => [
      ...['2026-10-05 12:00:00', '74950000001', to, 'SIP/t-1', `SIP/${to}-2`, 'Dial', '9', 'ANSWERED'],
      `17900000${id}.1`,
    ];
    const cells = [
      cdr(10, '101'),
      cdr(11, '102'),
      cdr(11, '103').slice(0, 7),
      cdr(12, '104'),
      cdr(13, '105'),
    ];
    const rows = cells.map((one, at): Row => ({ line: at + 2, cells: one }));
    const options = { preset: freepbx, timezone: 'UTC', allow: ['zone' as const] };
    const { calls, reasons } = await read(tableOf([...names, 'uniqueid'], rows), options);
    expect(calls.map(({ to }) => to)).toEqual(['101', '105']);
    const beside = ['line 4 beside it cannot be read, and may be a part of this call'];
    expect(reasons.filter(([reason]) => reason === beside[0])).toEqual([beside, beside]);
  });

  it('are invalid with a row of theirs that ends too early', async () => {
    const rows: Row[] = [...rowsOf([{ uid: 'a' }]), { line: 4, cells: ['a', 'in', '74950000001'] }];
    const { entries } = await read(tableOf(columns, rows), { preset });
    expect(entries).toMatchObject([
      {
        status: 'invalid',
        uuid: 'a',
        reasons: [
          `line 4 of this call: the row ends before its column "status" (3 cells of ${columns.length})`,
        ],
        origin: { rows: 2 },
      },
    ]);
  });
});

describe('the window', () => {
  it('joins rows up to 5,000 rows apart', async () => {
    const { calls, notes } = await read(
      tableOf(columns, rowsOf([{ uid: 'a' }, ...single(4998), { uid: 'a' }])),
      { preset },
    );
    expect(calls).toHaveLength(4999);
    expect(notes).toEqual([]);
  });

  it('tells once of calls whose rows stand further apart, and gives the later ones the same uuid', async () => {
    const legs = [{ uid: 'a' }, { uid: 'b' }, ...single(5300), { uid: 'a' }, { uid: 'b' }];
    const { calls, notes } = await read(tableOf(columns, rowsOf(legs)), { preset });
    expect(calls.filter(({ uuid }) => uuid === 'a')).toHaveLength(2);
    expect(notes.filter((note) => note.includes('too far apart'))).toHaveLength(1);
    expect(notes[0]).toContain('2 calls have rows that are too many or too far apart');
    expect(notes[0]).toContain('the first in line 5304');
  });

  it('does not grow without end where all rows have one id', async () => {
    const { entries, notes } = await read(
      tableOf(columns, rowsOf(Array.from({ length: 2500 }, () => ({ uid: 'a' })))),
      { preset },
    );
    expect(entries.map(({ origin }) => origin.rows)).toEqual([1000, 1000, 500]);
    expect(notes.join()).toContain('too many');
  });
});

describe('how far a file is done', () => {
  /** Rows in batches, each of which knows where it stands: a row is ten bytes long. */
  async function entriesOf(legs: readonly Leg[], size: number) {
    const rows = rowsOf(legs).map((row, index) => ({ ...row, line: index + 1 }));
    async function* batches(): AsyncGenerator<Batch> {
      for (let at = 0; at < rows.length; at += size) {
        const end = Math.min(at + size, rows.length);
        const place = { offset: at * 10, line: at + 1, end: { offset: end * 10, line: end + 1 } };
        yield { rows: rows.slice(at, end), bytesRead: end * 10, range: { source, ...place } };
      }
    }
    const table = tableOf(columns, rows, { batches: batches() });
    const options = {
      map: [],
      set: [],
      accountId: '1',
      requireAccount: true,
      inboundLayout: 'natural',
      now: () => now,
    } as const;
    return readRecords(table, { ...options, preset }, () => undefined);
  }

  it('is never behind a row of a call that has no outcome, but for those that need attention', async () => {
    const legs = Array.from(
      { length: 16_000 },
      (_, index): Leg => ({ uid: `call-${Math.floor(index / 7) + (index % 3)}` }),
    );
    const isLate = ({ call }: Entry) => Number(call?.uuid.slice(5)) % 10 === 3;
    const tracked = trackedFile();
    const settled = new Set<string>();
    const late: Entry[] = [];
    const { batches } = await entriesOf(legs, 300);
    for await (const batch of batches) {
      const { doneTo } = await tracked.read(batch, (entry) => !isLate(entry));
      for (const entry of batch.entries) {
        if (isLate(entry)) late.push(entry);
        else settled.add(entry.call?.uuid ?? '');
      }
      const first = legs.findIndex(({ uid }) => !settled.has(uid));
      expect(doneTo.offset).toBeLessThanOrEqual(first < 0 ? 160_000 : first * 10);
      expect(doneTo.offset).toBeGreaterThan((first < 0 ? 16_000 : first) * 10 - 3000);
    }
    const outcomes = late.map(({ origin }): Outcome => ({ status: 'unconfirmed', uuid: null, origin }));
    tracked.record(outcomes);
    const { doneTo, attention } = await tracked.checkpoint();
    expect(doneTo).toEqual({ offset: 160_000, line: 16_001 });
    const lines = legs.flatMap(({ uid }, at) => (Number(uid.slice(5)) % 10 === 3 ? [at + 1] : []));
    expect(attention.flatMap((one) => one.lines)).toEqual(lines);
    expect(attention.every((one) => one.lines.every((line) => line >= one.line))).toBe(true);
    tracked.record(outcomes.slice(1).map((outcome) => ({ ...outcome, status: 'accepted' })));
    expect((await tracked.checkpoint()).attention.flatMap((one) => one.lines)).toEqual(
      legs.flatMap(({ uid }, at) => (uid === late[0]?.call?.uuid ? [at + 1] : [])),
    );
  });

  it('is not known once a uuid was built, for that counts repetitions', async () => {
    const tracked = trackedFile();
    const entries: Entry[] = [];
    const { batches } = await entriesOf([{ uid: 'a' }, { uid: '' }, { uid: 'b' }], 1);
    for await (const batch of batches) {
      entries.push(...batch.entries);
      await tracked.read(batch);
    }
    expect((await tracked.checkpoint()).doneTo.offset).toBe(10);
    expect(entries).toHaveLength(3);
  });
});

it('--limit counts calls, not rows', async () => {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'amocalls-'));
  const legs = Array.from({ length: 12 }, (_, index): Leg => ({ uid: `call-${Math.floor(index / 2)}` }));
  const lines = [columns, ...legs.map(row)].map((cells) => cells.join(','));
  writeFileSync(path.join(cwd, 'calls.csv'), `${lines.join('\n')}\n`);
  const sent = [
    'import',
    'calls.csv',
    '--preset',
    'megapbx',
    '--sandbox',
    '--no-ledger',
    '--output',
    'ndjson',
  ];
  const { stdout } = await amocalls([...sent, '--limit', '3'], { cwd });
  const results: readonly { readonly status?: string; readonly uuid?: string }[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(results.filter(({ status }) => status === 'accepted').map(({ uuid }) => uuid)).toEqual([
    'call-0',
    'call-1',
    'call-2',
  ]);
});
