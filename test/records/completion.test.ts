import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/call.js';
import { Problem } from '../../src/core/errors.js';
import type { Batch, Row, Table } from '../../src/core/row.js';
import type { Checkpoint } from '../../src/input/follow/checkpoint.js';
import { parseCallDate } from '../../src/records/dates.js';
import { completeAt, signsOf } from '../../src/records/open-calls.js';
import { openPreset } from '../../src/records/preset-reader.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import type { Preset } from '../../src/records/presets/preset.js';
import { readRecords } from '../../src/records/read-records.js';
import type { RecordOptions } from '../../src/records/record-options.js';
import { openZone, type Zone } from '../../src/records/time-zones.js';
import { service, workdir } from '../program/harness.js';
import { tableOf } from './in-memory-table.js';
import { amocalls, expectedOf, fixtures, flagOf, open } from './preset-fixtures.js';
import { source, trackedFile } from './progress.js';

const liveFile = new URL('../../fixtures/live/asterisk-ring-group.csv', import.meta.url);
const lines = readFileSync(liveFile, 'utf8').trimEnd().split('\n');
const clockAt = (time: string) => Date.UTC(2024, 9, 5, ...time.split(':').map(Number)) / 1000;

const asterisk = findPreset('asterisk');
const ringGroup: readonly Row[] = lines.map((text, index) => ({
  line: index + 1,
  cells: text.split(',').map((cell) => cell.replaceAll('"', '')),
}));
const columns = asterisk.nameColumns?.(ringGroup.map((row) => row.cells)) ?? [];
const talk = { uuid: '1728140400.100', type: 'inbound', caller: '74950000071', to: '103', billsec: 17 };

/** A table whose rows are ten bytes long each, in these batches; each knows where it stands. */
function growing(
  names: readonly string[],
  batches: readonly (readonly Row[] | 'caught up' | (() => void))[],
  more: Partial<Table> = {},
  from = 0,
): Table {
  async function* all(): AsyncGenerator<Batch> {
    let at = from;
    for (const batch of batches) {
      if (typeof batch === 'function') {
        batch();
        continue;
      }
      if (batch === 'caught up') {
        yield { rows: [], bytesRead: at * 10, caughtUp: true };
        continue;
      }
      const end = at + batch.length;
      const place = { offset: at * 10, line: at + 1, end: { offset: end * 10, line: end + 1 } };
      at = end;
      yield { rows: batch, bytesRead: at * 10, range: { source, ...place } };
    }
  }
  return tableOf(names, [], { sample: ringGroup, headerLine: 0, ...more, batches: all() });
}

interface Given {
  readonly calls: readonly Call[];
  readonly waiting: readonly { readonly line: number | undefined; readonly reason: string | undefined }[];
  /** Up to here the file is done, but for the lines that need attention. */
  readonly doneTo: number;
  readonly attention: readonly number[];
}

/** Reads a table; gives what each batch gave, and the notes. */
async function batchesOf(table: Table, options: Partial<RecordOptions>, tracked = trackedFile()) {
  const notes: string[] = [];
  const { batches } = await readRecords(
    table,
    {
      map: [],
      set: [],
      accountId: '1',
      requireAccount: true,
      inboundLayout: 'natural',
      timezone: 'UTC',
      preset: asterisk,
      now: () => clockAt('20:00:00'),
      ...options,
    },
    (text, hint) => notes.push(hint === undefined ? text : `${text} | ${hint}`),
  );
  const given: Given[] = [];
  for await (const batch of batches) {
    const { entries } = batch;
    const { doneTo, attention } = await tracked.read(batch);
    given.push({
      calls: entries.flatMap((entry) => entry.call ?? []),
      waiting: entries.flatMap((entry) =>
        'status' in entry && entry.status === 'waiting'
          ? [{ line: entry.origin.line, reason: entry.reasons?.[0] }]
          : [],
      ),
      doneTo: doneTo.offset,
      attention: attention.flatMap(({ lines }) => lines),
    });
  }
  return { given, notes, checkpoint: await tracked.checkpoint() };
}

/** One run over the first rows of the ring group at a time of day. */
async function runAt(time: string, rows: number, options: Partial<RecordOptions> = {}) {
  const table = growing(columns, [ringGroup.slice(0, rows)]);
  const { given, notes } = await batchesOf(table, { now: () => clockAt(time), ...options });
  return {
    calls: given.flatMap((batch) => batch.calls),
    waiting: given.flatMap((batch) => batch.waiting),
    doneTo: given.at(-1)?.doneTo,
    attention: given.at(-1)?.attention,
    notes,
  };
}

describe('a ring group whose rows are written one after the other', () => {
  it('waits while its root is missing, with the line of its first row', async () => {
    const { calls, waiting, doneTo, attention, notes } = await runAt('15:00:21', 2);
    expect(calls).toEqual([]);
    expect(waiting).toEqual([
      {
        line: 1,
        reason: 'the main row of this call has not come yet; complete after 19:00:20 UTC at the latest',
      },
    ]);
    expect([doneTo, attention]).toEqual([20, [1, 2]]);
    expect(notes).toEqual([
      'calls.csv: 1 call is waiting, since more rows may come | A run after 19:00:20 UTC sends it.',
    ]);
  });

  it('waits until its last sign is two minutes old, then it is one call', async () => {
    const { waiting } = await runAt('15:02:36', 4);
    expect(waiting.map(({ reason }) => reason)).toEqual([
      'rows of this call may still come; complete after 15:02:37 UTC',
    ]);
    const { calls, doneTo, attention, notes } = await runAt('15:02:37', 4);
    expect(calls).toMatchObject([talk]);
    expect([doneTo, attention]).toEqual([40, []]);
    expect(notes).toEqual([]);
  });

  it('goes by the latest end, in whatever order its rows stand', async () => {
    const { given } = await batchesOf(growing(columns, [ringGroup.toReversed()]), {
      now: () => clockAt('15:02:36'),
    });
    expect(given.flatMap((batch) => batch.waiting)).toHaveLength(1);
  });

  it('waits as long as --settle says', async () => {
    expect((await runAt('15:01:06', 4, { settle: 30 })).calls).toEqual([]);
    expect((await runAt('15:01:07', 4, { settle: 30 })).calls).toMatchObject([talk]);
  });

  it('is sent at once with --settle 0, and with --keep-rows', async () => {
    expect((await runAt('15:00:21', 2, { settle: 0 })).calls).toMatchObject([{ billsec: 0 }]);
    expect((await runAt('15:00:21', 2, { keepRows: true })).calls).toHaveLength(2);
  });

  it('is sent after four hours, whatever is missing', async () => {
    expect((await runAt('19:00:36', 3)).calls).toEqual([]);
    expect((await runAt('19:00:37', 3)).calls).toMatchObject([{ ...talk, uuid: talk.uuid }]);
  });

  it('counts among the calls of the note', async () => {
    const other = ringGroup.map(({ line, cells }) => ({
      line: line + 4,
      cells: cells.map((cell) => cell.replaceAll('1728140400.100', '1728140401.200')),
    }));
    const rows = [...ringGroup, ...other.slice(0, 3)];
    const { notes } = await batchesOf(growing(columns, [rows]), { now: () => clockAt('15:01:00') });
    expect(notes).toEqual([
      'calls.csv: 2 calls are waiting, since more rows may come | A run after 15:02:37 UTC sends the first of them, a run after 19:00:37 UTC the last.',
    ]);
    const one = await batchesOf(growing(columns, [ringGroup]), { now: () => clockAt('15:01:00') });
    expect(one.notes).toEqual([
      'calls.csv: 1 call is waiting, since more rows may come | A run after 15:02:37 UTC sends it.',
    ]);
  });
});

describe('a file that is followed', () => {
  it('gives a call when the clock completes it, and starts again before its first row until then', async () => {
    let time = '15:00:21';
    const set = (to: string) => () => {
      time = to;
    };
    const table = growing(columns, [
      ...(['caught up', ringGroup.slice(0, 2), 'caught up', set('15:00:38'), ringGroup.slice(2)] as const),
      ...(['caught up', set('15:02:36'), 'caught up', set('15:02:37'), 'caught up', 'caught up'] as const),
    ]);
    const { given, notes } = await batchesOf(table, { now: () => clockAt(time) });
    expect(given.map(({ calls, doneTo }) => [calls.map(({ billsec }) => billsec), doneTo])).toEqual([
      ...([
        [[], 0],
        [[], 0],
        [[], 0],
        [[], 0],
        [[], 0],
        [[], 0],
      ] as const),
      ...([
        [[17], 40],
        [[], 40],
      ] as const),
    ]);
    expect(notes).toEqual([]);
  });

  it('gives all there is with --settle 0', async () => {
    const table = growing(columns, [ringGroup, 'caught up']);
    const { given } = await batchesOf(table, { now: () => clockAt('15:00:38'), settle: 0 });
    expect(given.map(({ calls }) => calls.length)).toEqual([0, 1]);
  });

  it('asks nothing of 2,000 open calls while nothing happens', async () => {
    const rows = Array.from({ length: 2000 }, (_, index): Row => {
      const [first] = ringGroup;
      return {
        line: index + 1,
        cells: (first?.cells ?? []).map((cell) =>
          cell.replaceAll('1728140400.100', `1728140400.${1000 + index}`),
        ),
      };
    });
    let asked = 0;
    const counts: number[] = [];
    const note = () => {
      counts.push(asked);
    };
    const table = growing(columns, [rows, 'caught up', note, 'caught up', note]);
    const { given } = await batchesOf(table, {
      now: () => {
        asked++;
        return clockAt('15:00:21');
      },
    });
    const [before = 0, after = 0] = counts;
    expect(after - before).toBeLessThanOrEqual(3);
    expect(given.flatMap(({ waiting }) => waiting)).toHaveLength(2000);
  });
});

describe('the window of 5,000 rows', () => {
  const others = (count: number): Row[] =>
    Array.from({ length: count }, (_, index) => ({
      line: index + 10,
      cells: (ringGroup[3]?.cells ?? []).map((cell) =>
        cell.replaceAll('1728140400.100', `1728140400.${1000 + index}`),
      ),
    }));

  it('lets go no call that the clock does not complete', async () => {
    const table = growing(columns, [ringGroup.slice(0, 2), others(6000), ringGroup.slice(2)]);
    const { given, notes } = await batchesOf(table, { now: () => clockAt('15:02:38') });
    const calls = given.flatMap((batch) => batch.calls).filter(({ uuid }) => uuid === talk.uuid);
    expect(calls).toMatchObject([talk]);
    expect(notes.join()).not.toContain('too far apart');
  });

  it('is kept for an old export: root and later legs are not cut apart by the clock', async () => {
    const table = growing(columns, [ringGroup.slice(3), others(4000), ringGroup.slice(0, 3)]);
    const { given } = await batchesOf(table, {});
    const calls = given.flatMap((batch) => batch.calls).filter(({ uuid }) => uuid === talk.uuid);
    expect(calls).toMatchObject([talk]);
  });
});

it('a row that comes in time keeps its call open, also while others are let go', async () => {
  const leg = (ringGroup[2]?.cells ?? []).map((cell) => cell.replace('15:00:37', '15:02:50'));
  const singles = Array.from({ length: 300 }, (_, index): Row => {
    const cells = (ringGroup[3]?.cells ?? []).map((cell) =>
      cell.replaceAll('1728140400.100', `1728140400.${1000 + index}`),
    );
    return { line: index + 10, cells };
  });
  let time = '15:00:38';
  const later = () => {
    time = '15:03:00';
  };
  const rows = [{ line: 5, cells: leg }, ...singles];
  const table = growing(columns, [ringGroup.slice(3), 'caught up', later, rows, 'caught up']);
  const { given } = await batchesOf(table, { now: () => clockAt(time) });
  const calls = given.flatMap((batch) => batch.calls);
  expect(calls).toHaveLength(300);
  expect(calls.map(({ uuid }) => uuid)).not.toContain(talk.uuid);
  expect(given.at(-1)?.waiting).toHaveLength(1);
});

describe('rows of the future', () => {
  it('are reported once, with both times', async () => {
    const { waiting, notes } = await runAt('13:00:00', 4);
    expect(waiting).toHaveLength(1);
    expect(notes[0]).toBe(
      'calls.csv: line 1 ends at 2024-10-05 15:00:20 UTC, but the clock of this machine shows 2024-10-05 13:00:00 UTC | ' +
        'Check --timezone and the clock. A call whose end is in the future waits until then, 4 hours at most.',
    );
    expect(notes).toHaveLength(2);
  });

  it('are waited for four hours from when they were seen', async () => {
    let time = '09:00:00';
    const set = (to: string) => () => {
      time = to;
    };
    const table = growing(columns, [
      ...([ringGroup, 'caught up', set('12:59:59'), 'caught up', set('13:00:00'), 'caught up'] as const),
    ]);
    const { given } = await batchesOf(table, { now: () => clockAt(time) });
    expect(given.map(({ calls }) => calls.length)).toEqual([0, 0, 0, 1]);
  });
});

const files = fixtures().map(({ file, expected }) => ({ file, expected: expectedOf(expected) }));
const later = () => clockAt('15:00:00') + 100_000_000;

/** Rows as a phone system writes them: each when it ends. Knows at which times so many of them may have been written. */
function written(read: readonly Row[], preset: Preset, names: readonly string[], zone: Zone | undefined) {
  const dates = { zone, order: 'dmy', now: later() } as const;
  const reader = openPreset(preset, { columns: names, sample: [], format: 'csv' }, () => false);
  const { read: fieldsOf } = reader;
  const several = preset.rowsPerCall === 'several' ? reader : undefined;
  const rules = { preset: several, order: 'dmy', settle: 120, now: () => 0 } as const;
  const signs = new Map(
    read.map((row) => {
      const { uuid, date } = fieldsOf(row.cells);
      const { end, isRoot } = signsOf(rules, row.cells, parseCallDate(date, dates));
      return [row, { id: uuid, end, isRoot }] as const;
    }),
  );
  const signOf = (row: Row) => signs.get(row) ?? { id: '', end: Number.NaN, isRoot: true };
  const rows = read.toSorted((one, other) => signOf(one).end - signOf(other).end);

  /** A time after the last of these rows, before anybody can take a call for complete that is not; undefined: none. */
  function clockAfter(count: number, share: number): number | undefined {
    const seen = rows.slice(0, count).map(signOf);
    const open = new Set(rows.slice(count).map((row) => signOf(row).id));
    const earliest = Math.max(...seen.map(({ end }) => end));
    const dues = [...open].map((id) => {
      const own = seen.filter((sign) => sign.id === id && id !== '');
      const lastSign = Math.max(...own.map(({ end }) => end));
      const hasRoot = own.some(({ isRoot }) => isRoot);
      const due = completeAt({ lastSign, hasRoot, since: Number.POSITIVE_INFINITY }, rules);
      return own.length === 0 ? Number.POSITIVE_INFINITY : due;
    });
    const latest = Math.min(...dues, earliest + 5 * 3600);
    return earliest < latest ? Math.floor(earliest + share * (latest - earliest)) : undefined;
  }
  return { rows, clockAfter };
}

type Done = Pick<Checkpoint, 'doneTo' | 'attention'>;

describe('a file that is cut at any row into any number of runs gives the same calls as one run', () => {
  it.each(files)('$file', async ({ file, expected }) => {
    const preset = findPreset(flagOf(expected, '--preset') ?? '');
    const table = await open(file, preset);
    const timezone = flagOf(expected, '--timezone');
    const zone = timezone === undefined ? undefined : openZone(timezone);
    const read: Row[] = [];
    for await (const batch of table.batches) read.push(...batch.rows);
    const names = table.columns;
    const writing = written(read, preset, names, zone instanceof Problem ? undefined : zone);
    const { clockAfter } = writing;
    const rows = writing.rows.map((row, index): Row => ({ ...row, line: index + 1 }));

    /** Reads rows on from where a run was done, up to others; gives the calls, and how far it is done then. */
    const run = async ({ doneTo, attention }: Done, until: number, now: () => number) => {
      async function* batches(): AsyncGenerator<Batch> {
        for (const { offset, line, end, lines } of attention) {
          const range = { source, offset, line, end: { offset: end, line: end / 10 + 1 } };
          yield { rows: rows.filter((row) => lines.includes(row.line)), bytesRead: 0, range };
        }
        const end = { offset: until * 10, line: until + 1 };
        const rest = rows.slice(doneTo.offset / 10, until);
        yield { rows: rest, bytesRead: 0, range: { source, ...doneTo, end }, isRest: doneTo.offset > 0 };
      }
      const { format, sample } = table;
      const part = tableOf(names, [], { format, sample, file, headerLine: 0, batches: batches() });
      const country = flagOf(expected, '--country');
      const { given, checkpoint } = await batchesOf(
        part,
        { preset, timezone, country, dateOrder: 'dmy', now },
        trackedFile(doneTo, attention),
      );
      const calls = given.flatMap((batch) => batch.calls);
      return { calls, waiting: given.flatMap((batch) => batch.waiting), done: checkpoint };
    };
    const start: Done = { doneTo: { offset: 0, line: 1 }, attention: [] };
    const whole = await run(start, rows.length, later);
    expect(whole.waiting).toEqual([]);

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ place: fc.nat(rows.length), share: fc.nat(999) }), { maxLength: 6 }),
        fc.boolean(),
        async (cuts, isRestarted) => {
          const sent = new Map<string, Call>();
          let from = start;
          const keep = ({ calls, done }: { readonly calls: readonly Call[]; readonly done: Done }) => {
            from = isRestarted ? done : start;
            for (const call of calls) {
              expect(call).toEqual(sent.get(call.uuid) ?? call);
              sent.set(call.uuid, call);
            }
          };
          for (const cut of cuts.toSorted((one, other) => one.place - other.place)) {
            const now = clockAfter(cut.place, cut.share / 1000);
            if (now !== undefined) keep(await run(from, cut.place, () => now));
          }
          keep(await run(from, rows.length, later));
          expect(sorted(sent.values())).toEqual(sorted(whole.calls));
        },
      ),
      { numRuns: 3 },
    );
  });
});

const sorted = (calls: Iterable<Call>) => [...calls].sort((one, other) => (one.uuid < other.uuid ? -1 : 1));

describe('import of a log that grows, a run after each row', () => {
  it.each([
    ['one by one', [1, 1, 1, 1]],
    ['in the middle', [2, 2]],
    ['before the last', [3, 1]],
    ['all at once', [4]],
  ])('sends one call of 17 s: %s', async (_, steps) => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'Master.csv': '' });
    let now = clockAt('15:00:21');
    const runNow = () =>
      amocalls(
        [
          'import',
          'Master.csv',
          '--preset',
          'asterisk',
          '--timezone',
          'UTC',
          '--ledger',
          'l.db',
          '--unattended',
        ],
        { cwd, env: { ...env, AMOCALLS_NO_CONFIG: '1' }, now: () => now * 1000 },
      );
    let at = 0;
    for (const step of steps) {
      appendFileSync(path.join(cwd, 'Master.csv'), `${lines.slice(at, at + step).join('\n')}\n`);
      at += step;
      expect(await runNow()).toEqual({ code: 0, stdout: '', stderr: '' });
      now += 17;
    }
    expect(sandbox.calls()).toEqual([]);
    now = clockAt('15:05:00');
    for (let again = 0; again < 2; again++) expect((await runNow()).code).toBe(0);
    expect(sandbox.calls()).toMatchObject([{ ...talk, billsec: '17' }]);
  });

  it('says what waits, and when a run would send it', async () => {
    const { env } = await service();
    const cwd = workdir({ 'Master.csv': `${lines.slice(0, 2).join('\n')}\n` });
    const args = ['import', 'Master.csv', '--preset', 'asterisk', '--timezone', 'UTC', '--no-ledger'];
    const at = { cwd, env, now: () => clockAt('15:00:21') * 1000 };
    const { code, stdout, stderr } = await amocalls(args, at);
    expect(code).toBe(0);
    expect(stdout).toContain('1 read from 2 rows: 1 waiting');
    expect(stderr).toContain('Master.csv: 1 call is waiting, since more rows may come');
    const json = await amocalls([...args, '--output', 'json'], at);
    expect(JSON.parse(json.stdout)).toMatchObject({
      calls: [{ uuid: talk.uuid, status: 'waiting', file: 'Master.csv', line: 1 }],
      summary: { read: 1, waiting: 1, rows: 2 },
    });
  });
});
