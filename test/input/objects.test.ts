import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { closeTable } from '../../src/core/row.js';
import { readObjects, readTable } from '../../src/input/open.js';

/** Objects of a source that has to be closed. */
function source(count: number) {
  const state = { given: 0, isClosed: false };
  async function* objects() {
    try {
      for (; state.given < count; state.given++) yield { uuid: `u-${state.given}` };
    } finally {
      state.isClosed = true;
    }
  }
  return { state, objects: objects() };
}

it('gives all objects, with their number as the line, and a sample of the first thousand', async () => {
  const { state, objects } = source(2300);
  const table = await readObjects(objects, 'crm');
  expect(table.sample).toHaveLength(1000);
  expect(state.given).toBeLessThan(1001);
  const rows = [];
  for await (const batch of table.batches) rows.push(...batch.rows);
  expect(rows.map(({ line }) => line)).toEqual(Array.from({ length: 2300 }, (_, at) => at + 1));
  expect(rows.at(-1)?.cells).toEqual(['u-2299']);
  expect(state.isClosed).toBe(true);
});

it.each([0, 1, 2])(
  'closes the source of its objects where reading stops after %i batches',
  async (batches) => {
    const { state, objects } = source(5000);
    const table = await readObjects(objects, 'crm');
    expect(state.isClosed).toBe(false);
    let left = batches;
    if (left > 0) for await (const _ of table.batches) if (--left === 0) break;
    if (batches === 0) await closeTable(table);
    expect(state.isClosed).toBe(true);
    expect(state.given).toBeLessThan(1001);
  },
);

it.each([0, 1])('closes standard input where reading stops after %i batches', async (batches) => {
  const stdin = new PassThrough();
  stdin.write('uuid,caller\n');
  // More than is looked at, and no end.
  for (let at = 0; at < 30_000; at++) stdin.write(`u-${at},74950000001\n`);
  const table = await readTable('-', {}, { stdin, cwd: '/', note: () => undefined });
  if (batches > 0) for await (const _ of table.batches) break;
  else await closeTable(table);
  expect(stdin.destroyed).toBe(true);
});
