import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { RecordOptions } from '../../src/records/record-options.js';
import { size } from '../setup/campaign.js';
import { read, tableOf } from './in-memory-table.js';

/*
 * A valid file in which one thing is broken gives calls of the original, or none of them; never another call. What no program can
 * see is left out: two numbers of the same kind under each other's name.
 */
const columns = ['uniqueid', 'date', 'from', 'to', 'direction', 'billsec'];
const zones = ['UTC', 'Europe/Berlin', 'Asia/Omsk', '+05:30', '-03:00', 'Europe/Moscow'];

type Rows = readonly (readonly string[])[];

/** 2024-11-20 00:00:00 UTC. */
const day = 1_732_060_800;
const wall = (unix: number) =>
  new Date((unix + 3 * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');

/** Calls of a server in Moscow, some of them late by their queue. */
const file = fc.array(
  fc.record({
    at: fc.nat(80_000),
    late: fc.constantFrom(0, 0, 0, 2, 5),
    number: fc.integer({ min: 74_950_000_000, max: 74_950_999_999 }),
    extension: fc.integer({ min: 100, max: 199 }),
    isOut: fc.boolean(),
    billsec: fc.nat(600),
  }),
  { minLength: 4, maxLength: 12 },
);

type Calls = typeof file extends fc.Arbitrary<infer T> ? T : never;

const rowsOf = (calls: Calls): Rows =>
  calls.map(({ at, late, number, extension, isOut, billsec }, row) => {
    const sides = isOut ? [extension, number] : [number, extension];
    const id = `${day + at}.${row}`;
    return [id, wall(day + at + late), ...sides.map(String), isOut ? 'out' : 'in', String(billsec)];
  });

interface Broken {
  readonly names?: readonly string[];
  readonly rows?: Rows;
  readonly options?: Partial<RecordOptions>;
}

/** What can be broken, with what was broken so. */
const breaks: Readonly<Record<string, (rows: Rows, pick: number) => Broken>> = {
  'another zone': (_, pick) => ({ options: { timezone: zones[pick % zones.length] } }),
  'ids as zone': () => ({ options: { timezone: 'ids' } }),
  'from and to under each other’s name': () => ({ names: columns.with(2, 'to').with(3, 'from') }),
  'client and employee under each other’s name': () => ({
    names: columns.with(2, 'client').with(3, 'employee'),
  }),
  'the direction under a name that says nothing': () => ({ names: columns.with(4, 'Sens') }),
  'the direction dropped': (rows) => ({
    names: columns.toSpliced(4, 1),
    rows: rows.map((cells) => cells.toSpliced(4, 1)),
  }),
  'cells padded': (rows) => ({ rows: rows.map((cells) => cells.map((cell) => `  ${cell}\t `)) }),
  'a cell shifted': (rows, pick) => ({
    rows: rows.map((cells, row) => (row === pick % rows.length ? ['x', ...cells.slice(0, -1)] : cells)),
  }),
};

const callsOf = async ({ names = columns, rows = [], options = {} }: Broken): Promise<readonly string[]> => {
  try {
    const { calls } = await read(tableOf(names, rows), { timezone: 'Europe/Moscow', ...options });
    return calls.map((call) => JSON.stringify(call));
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
};

it.each(Object.keys(breaks))('a file with %s gives no call that it does not hold', async (name) => {
  await fc.assert(
    fc.asyncProperty(file, fc.nat(100), async (calls, pick) => {
      const rows = rowsOf(calls);
      const original = await callsOf({ rows });
      expect(original).toHaveLength(rows.length);
      const broken = await callsOf({ rows, ...breaks[name]?.(rows, pick) });
      expect(broken.filter((call) => !original.includes(call))).toEqual([]);
    }),
    { numRuns: size(10, 150) },
  );
});
