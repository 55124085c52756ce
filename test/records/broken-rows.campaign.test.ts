import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { Row } from '../../src/core/row.js';
import { defaultInternal } from '../../src/records/phone-numbers.js';
import { openPreset } from '../../src/records/preset-reader.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import type { Preset } from '../../src/records/presets/preset.js';
import { size } from '../setup/campaign.js';
import { read, tableOf } from './in-memory-table.js';
import { expectedOf, fixtures, flagOf, open } from './preset-fixtures.js';

/*
 * A row of a phone system in which one thing is broken takes its call with it: no other call comes of it. What nobody can see is left
 * out: a row that has lost the id of its call.
 */
const tables = fixtures().filter(({ file }) => /\.(?:csv|tsv|log)$/.test(file));

async function callsOf(
  columns: readonly string[],
  rows: readonly Row[],
  options: { readonly preset: Preset; readonly timezone: string | undefined },
): Promise<readonly string[]> {
  try {
    const { calls } = await read(tableOf(columns, rows), { ...options, settle: 0 });
    return calls.map((call) => JSON.stringify(call));
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

it.each(tables)('$file', async ({ file, expected }) => {
  const known = expectedOf(expected);
  const preset = findPreset(flagOf(known, '--preset') ?? '');
  const { columns, sample, headerLine } = await open(file, preset);
  const options = { preset, timezone: flagOf(known, '--timezone') };
  const original = await callsOf(columns, sample, options);
  const { read: fieldsOf } = openPreset(preset, { columns, sample: [], format: 'csv' }, defaultInternal);
  /** As the reader of tables has it. */
  const asRead = (line: number, cells: readonly string[]): Row =>
    headerLine !== undefined && preset.unquoted === undefined && cells.length > columns.length
      ? { line, cells, problem: 'it has too many cells' }
      : { line, cells };
  const breaks = (cells: readonly string[], at: number) => [cells.toSpliced(at, 0, ''), cells.slice(0, at)];
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), async (pick, place) => {
      const index = pick % sample.length;
      const { line, cells } = sample[index] ?? { line: 0, cells: [] };
      for (const broken of breaks(cells, place % (cells.length + 1))) {
        if (!broken.includes(fieldsOf(cells).uuid ?? '')) continue;
        const calls = await callsOf(columns, sample.with(index, asRead(line, broken)), options);
        expect(calls.filter((call) => !original.includes(call))).toEqual([]);
      }
    }),
    { numRuns: size(5, 60) },
  );
});
