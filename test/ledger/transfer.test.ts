import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LedgerStore } from '../../src/core/ledger-store.js';
import type { SavedCall, SavedRecord, SavedRun } from '../../src/core/saved-record.js';
import { needs } from '../setup/needs.js';
import { sharedPostgres } from '../setup/postgres.js';
import { engines, processOf } from './engines.js';

const server = sharedPostgres();

const whole = fc.nat(2 ** 40);
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((some) => some.replaceAll('\0', '0'));
const name = text.filter((some) => some !== '');
const list = fc.array(text, { maxLength: 2 }).map((some) => JSON.stringify(some));
const place = {
  address: fc.constantFrom('https://a.example', 'https://b.example'),
  code: fc.constantFrom('c', 'api/v4'),
  account: fc.constantFrom('', '1'),
};
const json = fc.json({ maxDepth: 1 });
const optional = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [] });

const runs: fc.Arbitrary<SavedRun> = fc
  .tuple(
    fc.record({
      kind: fc.constant('run' as const),
      id: fc.integer({ min: 1, max: 60 }),
      process: fc.constantFrom('one', 'two'),
      command: fc.constantFrom('import', 'add'),
      files: list,
      started: fc.constantFrom(1, 2),
    }),
    optional({ profile: text, summary: json }),
    fc.option(fc.record({ finished: whole, exit: fc.constantFrom(0, 3) }), { nil: {} }),
  )
  .map(([one, more, end]) => ({ ...one, ...more, ...end }));

const calls: fc.Arbitrary<SavedCall> = fc
  .tuple(
    fc.record({
      kind: fc.constant('call' as const),
      ...place,
      uuid: text,
      state: fc.constantFrom('accepted', 'rejected', 'unconfirmed', 'waiting'),
      at: whole,
    }),
    optional({ reasons: list, hash: whole, identity: whole, billsec: whole, receipt: json, run: fc.nat(60) }),
    fc.option(fc.record({ tries: fc.nat(9), next_try: whole }), { nil: {} }),
    fc.option(fc.record({ changed_hash: whole, changed_billsec: whole, changed_at: whole }), { nil: {} }),
  )
  .map(([one, more, deferral, change]) => ({ ...one, ...more, ...deferral, ...change }));

const problems = fc
  .tuple(
    fc.record({
      kind: fc.constant('problem' as const),
      ...place,
      file: name,
      reading: whole,
      content: whole,
      status: fc.constantFrom('invalid', 'rejected', 'unconfirmed'),
      reasons: list,
      at: whole,
    }),
    optional({ uuid: text, line: whole }),
  )
  .map(([one, more]) => ({ ...one, ...more }));

const checkpoints = fc.record({
  kind: fc.constant('checkpoint' as const),
  file: name,
  reading: text,
  checkpoint: json,
  at: whole,
});

const unique = <T>(one: fc.Arbitrary<T>, key: (value: T) => unknown) =>
  fc.uniqueArray(one, { maxLength: 12, selector: (value) => JSON.stringify(key(value)) });

/** A ledger: each thing once; a call names a run of it, or none. */
const ledgers: fc.Arbitrary<readonly SavedRecord[]> = fc
  .tuple(
    unique(runs, ({ id }) => id).map((some) => some.toSorted((one, other) => one.id - other.id)),
    unique(calls, ({ address, code, account, uuid }) => [address, code, account, uuid]),
    unique(problems, ({ file, content }) => [file, content]),
    unique(checkpoints, ({ file, reading }) => [file, reading]),
  )
  .map(([allRuns, allCalls, ...rest]) => {
    const ids = new Set(allRuns.map(({ id }) => id));
    const known = allCalls.map(({ run, ...call }) =>
      run !== undefined && ids.has(run) ? { ...call, run } : call,
    );
    return [...allRuns, ...known, ...rest.flat()];
  });

async function saved({ transfer }: LedgerStore): Promise<readonly SavedRecord[]> {
  const records: SavedRecord[] = [];
  for await (const page of transfer.save()) records.push(...page);
  return records;
}

/** The records in an order that does not depend on the engine, the fields of each too. */
const sorted = (records: readonly SavedRecord[]) =>
  records.map((record) => JSON.stringify(Object.entries(record).sort())).sort();

async function take(store: LedgerStore, records: readonly SavedRecord[]): Promise<number> {
  const runsTaken = { byNumber: new Map<number, number>(), used: new Set<number>() };
  const counts = await store.transfer.take(records, runsTaken);
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

describe('a ledger that goes from SQLite to PostgreSQL and back', () => {
  needs('initdb');

  test('is the same, and what is known is not taken again', async () => {
    const [sqlite, postgres] = engines;
    if (sqlite === undefined || postgres === undefined) throw new Error('two engines are expected');
    await fc.assert(
      fc.asyncProperty(ledgers, async (records) => {
        let before = records;
        for (const { newPlace } of [sqlite, postgres, sqlite]) {
          const store = await processOf(await newPlace(server), 'a process');
          expect(await take(store, before)).toBe(records.length);
          const after = await saved(store);
          expect(sorted(after)).toEqual(sorted(records));
          expect(await take(store, before)).toBe(0);
          before = after;
        }
      }),
      { numRuns: 5, interruptAfterTimeLimit: 30_000 },
    );
  }, 60_000);
});

test('two ledgers become one: runs of the same number are told apart, and each call keeps its run', async () => {
  const [sqlite] = engines;
  const run = { kind: 'run', process: 'p', command: 'import', files: '[]', started: 5 } as const;
  const call = { kind: 'call', address: 'a', code: 'c', account: '', state: 'accepted', at: 5 } as const;
  const one = [
    { ...run, id: 1 },
    { ...call, uuid: 'x', run: 1 },
  ];
  const other = [
    { ...run, id: 1, process: 'q' },
    { ...call, uuid: 'y', run: 1 },
  ];
  if (sqlite === undefined) throw new Error('an engine is expected');
  const store = await processOf(await sqlite.newPlace(server), 'a process');
  for (const records of [one, other, one, other]) await take(store, records);
  const all = await saved(store);
  expect(all.filter(({ kind }) => kind === 'run')).toMatchObject([
    { id: 1, process: 'p' },
    { id: 2, process: 'q' },
  ]);
  expect(all.filter(({ kind }) => kind === 'call')).toMatchObject([
    { uuid: 'x', run: 1 },
    { uuid: 'y', run: 2 },
  ]);
});
