import { expect, it } from 'vitest';
import { fieldsIn } from '../../src/records/field-values.js';
import { objects, readText } from './harness.js';

const call = (uuid: string, more: object = {}) => ({
  uuid,
  caller: '74950000001',
  to: '101',
  date: '2024-11-20T10:00:00Z',
  ...more,
});
const calls = [call('1'), call('2')];
const legs = [{ from: '74950000001', to: '101', start: '2024-11-20 10:00:00', billsec: 3 }];
const json = (value: unknown, options = {}) =>
  readText(typeof value === 'string' ? value : JSON.stringify(value), { fieldsIn, ...options }, 'calls.json');
const idsOf = (reading: Awaited<ReturnType<typeof json>>) => objects(reading).map(({ uuid }) => uuid);

it.each<[string, unknown]>([
  ['beside other fields', { status: true, totalCount: 2, entries: calls }],
  ['two levels down, under names of nobody', { payload: { fetchAll: { totalCount: 2, entries: calls } } }],
  ['in one of several typed parts', [{ type: 'header' }, { type: 'table', name: 'cdr', data: calls }]],
  [
    'behind other tables',
    [
      { type: 'table', data: [{ x: 1 }] },
      { type: 'table', data: calls },
    ],
  ],
  ['as a text', { type: 30012, msg: JSON.stringify(calls) }],
  ['as a text in an object', { event: { body: JSON.stringify({ entries: calls }) } }],
  [
    'behind lists of other things',
    { users: [{ id: 1, name: 'Ann' }], entries: calls, links: [{ rel: 'x' }] },
  ],
  [
    'behind a period that has the names of sides',
    { from: '2024-11-01', to: '2024-11-30', date: '2024-12-01', entries: calls },
  ],
  ['as a map by id', { entries: { '1001': call('1'), '1002': call('2') } }],
  ['as lists in a list', { entries: [[call('1')], [call('2')]] }],
])('finds a list of calls %s', async (_, value) => {
  expect(idsOf(await json(value))).toEqual(['1', '2']);
  expect(idsOf(await json(JSON.stringify(value, null, 2)))).toEqual(['1', '2']);
});

it.each<[string, unknown]>([
  ['an empty list of a usual name', call('1', { results: [] })],
  ['its legs', call('1', { legs, calls: legs })],
  ['a list that a usual name has', call('1', { data: [{ a: 1 }] })],
])('takes a call for a record, whatever lists are in it: %s', async (_, value) => {
  expect(idsOf(await json(value))).toEqual(['1']);
  const lines = `${JSON.stringify(value)}\n${JSON.stringify(call('2'))}\n`;
  const reading = await readText(lines, { fieldsIn }, 'calls.json');
  expect([reading.table.format, idsOf(reading)]).toEqual(['ndjson', ['1', '2']]);
});

it('refuses records with ids that all hold a list of calls, which may be their legs', async () => {
  const sessions = ['1', '2'].map((uuid) => ({ uuid, legs }));
  await expect(json({ calls: sessions })).rejects.toMatchObject({
    message: expect.stringContaining('what it lists has lists of calls of its own: "calls.legs"'),
    hint: expect.stringContaining('If each of these is a call: --path calls.legs.'),
  });
  const lines = sessions.map((one) => JSON.stringify(one)).join('\n');
  await expect(readText(`${lines}\n`, { fieldsIn }, 'calls.ndjson')).rejects.toMatchObject({
    message: expect.stringContaining('"legs"'),
  });
});

it.each([
  ['a list', (days: readonly unknown[]) => JSON.stringify(days)],
  ['pages', (days: readonly unknown[]) => JSON.stringify({ response: { pages: days } })],
  ['lines', (days: readonly unknown[]) => days.map((one) => `${JSON.stringify(one)}\n`).join('')],
])('reads every call where they are listed by day in %s', async (_, textOf) => {
  const days = [
    { day: '2026-03-04', calls: [call('1')] },
    { day: '2026-03-05', calls: [call('2'), call('3')] },
  ];
  const reading = await readText(textOf(days), { fieldsIn }, 'calls.json');
  expect(idsOf(reading)).toEqual(['1', '2', '3']);
});

it('reads one record for each object of a text inside a text', async () => {
  const lines = [call('1'), call('2')].map((one) => JSON.stringify({ type: 7, msg: JSON.stringify(one) }));
  const reading = await readText(`${lines.join('\n')}\n`, { fieldsIn }, 'events.ndjson');
  expect(reading.table.columns).toEqual(['type', 'msg.uuid', 'msg.caller', 'msg.to', 'msg.date']);
  expect(reading.rows).toHaveLength(2);
});

it('refuses several lists of calls, and names the path to each', async () => {
  await expect(json({ inbound: calls, nested: { outbound: calls } })).rejects.toMatchObject({
    message: expect.stringContaining('"inbound", "nested.outbound"'),
    hint: 'Read one at a time: --path inbound, then --path nested.outbound.',
  });
  expect(idsOf(await json({ inbound: calls, outbound: [call('3')] }, { path: 'outbound' }))).toEqual(['3']);
});

it('counts what it does not read', async () => {
  const { notes } = await json({
    users: [{ id: 1 }, { id: 2 }],
    entries: calls,
    meta: { links: [{ rel: 'x' }] },
  });
  expect(notes).toEqual([
    expect.stringContaining('these objects were not read: 2 in "users", 1 in "meta.links"'),
  ]);
  const lines = `${JSON.stringify({ msg: JSON.stringify(calls) })}\n{"ping":1}\n`;
  expect((await readText(lines, { fieldsIn }, 'events.ndjson')).notes).toEqual([
    expect.stringContaining('1 without "msg"'),
  ]);
});

it('holds no more than a record of what never ends', async () => {
  const record = JSON.stringify(call('1'));
  async function* endless(opening: string) {
    yield Buffer.from(opening);
    const block = Buffer.from(`${record},`.repeat(10_000));
    for (let megabytes = 0; megabytes < 700; megabytes++) yield block;
  }
  const { Readable } = await import('node:stream');
  const { read } = await import('./harness.js');
  const stdin = Readable.from(endless(`{"entries":[${record}],"broken" {`));
  const reading = await read('-', { fieldsIn }, { stdin });
  expect(reading.rows.at(-1)?.problem).toContain('what follows here cannot be read');
  const list = Readable.from(endless(`{"entries":[${record},{"broken":{`));
  await expect(read('-', { fieldsIn }, { stdin: list })).rejects.toThrow('a record of more than 16 MiB');
});

it('reads a list of 150,000 calls in a list, and one as a text', async () => {
  const many = Array.from({ length: 150_000 }, () => ({ a: 1 }));
  expect((await json([many])).rows).toHaveLength(150_000);
  expect((await json({ data: JSON.stringify(many) }, { path: 'data' })).rows).toHaveLength(150_000);
});
