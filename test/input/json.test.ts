import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { checkpointAt, readFrom } from './following.js';
import { fileOf, fixtures, objects, read, readText } from './harness.js';

const fixture = (name: string) => join(fixtures, `input-${name}`);
const two = '[{"uuid":"1"},{"uuid":"2"}]';
const both = [{ uuid: '1' }, { uuid: '2' }];
const json = (text: string, options = {}) => readText(text, options, 'calls.json');
const ndjson = (text: string, options = {}) => readText(text, options, 'calls.ndjson');

it.each([
  ['a list', two],
  ['a list over several lines', '\ufeff [\n {"uuid":"1"},\n {"uuid":"2"}\n]\n'],
  ['calls', `{"calls":${two},"next_page_uri":null}`],
  ['data', `{"status":"ok","data":${two}}`],
  ['data.records', `{"result":true,"data":{"pagination":{"x":[1]},"records":${two}}}`],
  ['data.list', `{"data":[{"list":${two}}]}`],
  ['data.list as an object', `{"data":{"list":${two}}}`],
  ['result.data', `{"jsonrpc":"2.0","id":1,"result":{"data":${two},"metadata":{"data":[1]}}}`],
  ['stats', `{"status":"success","start":"2024-10-05","stats":${two}}`],
  ['cdr', `{"cdr":${two}}`],
  ['cdr_root', `{"cdr_root":${two}}`],
  ['records', `{"records":${two}}`],
  ['items', `{"items":${two},"total":2}`],
  ['value', `{"@odata.context":"x","value":${two}}`],
  ['list', `{"list":${two}}`],
  ['response.anything', `{"response":{"rows_of_it":${two}}}`],
  ['a map keyed by id', '{"1001":{"uuid":"1"},"1002":{"uuid":"2"}}'],
  ['objects glued together', '{"uuid":"1"}{"uuid":"2"}'],
  ['objects one after the other', '{\n"uuid":"1"\n}\n\n{\n"uuid":"2"\n}\n'],
  ['pages glued together', '{"calls":[{"uuid":"1"}]}\n{"calls":[{"uuid":"2"}]}'],
  ['a callback around it', `/**/ asterisk_cb(${two});`],
])('finds the records of %s', async (_, text) => {
  expect(objects(await json(text))).toEqual(both);
  // The same from a pipe whose blocks are single bytes.
  const stdin = Readable.from([...Buffer.from(text)].map((byte) => Buffer.from([byte])));
  expect(objects(await read('-', {}, { stdin }))).toEqual(both);
});

it('takes an object that holds no list for a record', async () => {
  expect(objects(await json('{"uuid":"1","x":{"y":2},"tags":["a"]}'))).toEqual([
    { uuid: '1', 'x.y': '2', tags: 'a' },
  ]);
  expect(objects(await json('{"uuid":"1","data":"x","items":["a","b"]}'))).toEqual([
    { uuid: '1', data: 'x', items: 'a,b' },
  ]);
});

it('gives no rows for an envelope around an empty list', async () => {
  expect((await json('{"status":"ok","data":[]}')).rows).toEqual([]);
  expect((await json('[]')).rows).toEqual([]);
});

it('reads the fixtures: nested lists, a map by id, a callback', async () => {
  const nested = await read(fixture('envelope-with-nested-lists.json'));
  expect(objects(nested)[1]).toEqual({ caller_number: '74950000002', talk_duration: '13' });
  expect(objects(await read(fixture('keyed-by-id.json'))).map((call) => call['generalCallID'])).toEqual([
    '1001',
    '1002',
  ]);
  expect(objects(await read(fixture('callback.json')))[0]?.['uniqueid']).toBe('1728118801.10');
});

it('makes every value a text, nested ones under their path, and loses no digit', async () => {
  const reading = await read(fixture('nested.json'));
  expect(objects(reading)).toEqual([
    {
      'core-uuid': 'n1',
      'variables.uuid': 'n2',
      'variables.billsec': '12',
      'callflow.0.caller_profile.destination_number': '101',
      'callflow.1.times.created': '1728118801000001',
      tags: 'a,b',
      ok: 'true',
      big: '12345678901234567890',
      id: '1728118801.10',
      phone: '7.9E+10',
      ['__proto__.x']: '1',
      constructor: 'c',
    },
  ]);
  expect(reading.table.columns).toContain('empty');
});

it('leaves texts alone that look like numbers', async () => {
  const [call] = objects(
    await json('[{"a":":1.10,","b":"[1e5]","c":1.10,"d":"say \\"x\\": 12345678901234567890 "}]'),
  );
  expect(call).toEqual({ a: ':1.10,', b: '[1e5]', c: '1.10', d: 'say "x": 12345678901234567890 ' });
});

it('adds columns as they appear and never moves one', async () => {
  const { table, cells } = await json('[{"a":1},{"b":2,"a":3},{"c":4},{"a":5}]');
  expect(table.columns).toEqual(['a', 'b', 'c']);
  expect(cells).toEqual([['1'], ['3', '2'], ['', '', '4'], ['5']]);
});

it('tells the line on which an element starts', async () => {
  expect((await json('[\n{"a":\n1},\r\n\r\n{"a":2}, {"a":3},\r{"a":4}\n]')).lines).toEqual([2, 5, 5, 6]);
  expect((await json('\n{"status":\n"ok","data":[\n\n{"a":1}\n,{"a":2}]}')).lines).toEqual([5, 6]);
  expect((await json('\n{"a":1}\n{\n"a":2}\n')).lines).toEqual([2, 3]);
});

it('makes a broken element a row with a problem and reads on', async () => {
  const { rows, lines } = await json('[{"a":1},\n{"a":oops},\n7,\n{"a":2}]');
  expect(rows.map((row) => row.problem?.slice(0, 17))).toEqual([
    undefined,
    'not JSON: Unexpec',
    'not a JSON object',
    undefined,
  ]);
  expect(lines).toEqual([1, 2, 3, 4]);
});

it('says where a list breaks off', async () => {
  const inside = await json('[{"a":1},\n{"a":2');
  expect(inside.rows[1]).toMatchObject({
    line: 2,
    problem: expect.stringContaining('in the middle of this record'),
  });
  const between = await json('[{"a":1},\n');
  expect(between.rows[1]).toMatchObject({ problem: expect.stringContaining('ends before its list') });
  const after = await json('{"calls":[{"a":1}],"x"');
  expect(after.rows[1]).toMatchObject({ problem: expect.stringContaining('cannot be read') });
});

it('reads on after one broken object among glued ones', async () => {
  const { rows } = await json('{"a":1}\n{"a" 2}\n{"a":3}\n', { format: 'json' });
  expect(rows.map((row) => row.problem !== undefined)).toEqual([false, true, false]);
});

it.each([
  ['CSV', 'uuid,caller\n1,2\n', 'line 1', 'neither an object nor a list'],
  ['a cut object', '{"a":1,\n"b"', 'line 1', 'in the middle'],
  ['a broken object', '\n{"a" 1}', 'line 2', 'not valid JSON'],
])('refuses %s that is called JSON, with the line', async (_, text, line, message) => {
  const error = await json(text).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message: expect.stringContaining(line), hint: expect.any(String) });
  expect(error).toMatchObject({ message: expect.stringContaining(message) });
});

it.each([
  ['deep.down', `{"deep":{"down":${two}}}`],
  ['deep.down', `{"deep":[{"down":[{"uuid":"1"}]},{"down":[{"uuid":"2"}]}]}`],
  ['deep', `[{"deep":{"uuid":"1"}},{"deep":{"uuid":"2"}}]`],
  ['deep', '{"deep":{"7":{"uuid":"1"},"8":{"uuid":"2"}}}'],
  ['data.rows', `{"data":{"records":[{"uuid":"0"}],"rows":${two}}}`],
])('follows --path %s', async (path, text) => {
  expect(objects(await json(text, { path }))).toEqual(both);
});

it('follows --path in every line of NDJSON', async () => {
  expect(objects(await ndjson('{"call":{"uuid":"1"}}\n{"call":{"uuid":"2"}}\n', { path: 'call' }))).toEqual(
    both,
  );
});

it.each([
  ['a document', 'data.calls', `{"status":"ok","data":${two}}`],
  ['NDJSON', 'x', '{"status":1,"data":2}\n{"status":1}\n'],
])('says where a --path could have led: %s', async (_, path, text) => {
  await expect(json(text, { path })).rejects.toMatchObject({
    message: expect.stringContaining('was not found'),
    hint: expect.stringContaining('status, data'),
  });
});

it('accepts a --path to an empty list, and a rest of a file without records', async () => {
  expect((await json('{"x":{"data":[]}}', { path: 'x.data' })).rows).toEqual([]);
  const file = fileOf('{"x":{"a":1}}\n', 'calls.ndjson');
  expect((await readFrom(checkpointAt(file, { offset: 14, line: 2 }), { path: 'x' })).rows).toEqual([]);
});

it('keeps the text of what cannot be read', async () => {
  const { rows } = await ndjson('{"a":1}\nbad {"a":2}\n7\n');
  expect(rows.map((row) => row.text)).toEqual([undefined, 'bad {"a":2}', '7']);
  const list = await json('[{"a":1},\n{"a":oops},{"a":');
  expect(list.rows.map((row) => row.text)).toEqual([undefined, '{"a":oops}', '{"a":']);
});

it('unfolds a value into the records that a preset sees in it', async () => {
  const unfold = (value: unknown) =>
    typeof value === 'object' && value !== null ? Object.values(value) : [];
  const text = '{"cdr_root":[{"main_cdr":{"uuid":"1"},"sub_cdr_1":{"uuid":"2"}}]}';
  const reading = await json(text, { unfold });
  expect(objects(reading)).toEqual(both);
  expect(reading.lines).toEqual([1, 1]);
  expect(objects(await ndjson('{"main":{"uuid":"1"},"sub":{"uuid":"2"}}\n', { unfold }))).toEqual(both);
});

it('reads NDJSON: a bad line is one row with a problem, glued objects are several', async () => {
  const reading = await read(fixture('log-with-json.ndjson'));
  expect(reading.table.format).toBe('ndjson');
  expect(reading.lines).toEqual([1, 2, 4, 4, 5, 6]);
  expect(reading.rows.map((row) => row.problem?.slice(0, 9))).toEqual([
    undefined,
    'not JSON:',
    undefined,
    undefined,
    'not JSON:',
    undefined,
  ]);
});

it('reads the objects in the log of a program, and says once that its other lines are skipped', async () => {
  const reading = await read(fixture('node-app.log'));
  expect(reading.table.format).toBe('ndjson');
  expect(reading.lines).toEqual([3, 7, 8, 9]);
  expect(reading.rows.map((row) => row.problem?.slice(0, 9))).toEqual([
    undefined,
    undefined,
    'not JSON:',
    undefined,
  ]);
  expect(objects(reading)[0]).toMatchObject({ uuid: 'l1', billsec: '11', note: 'a } and a { "b" in it' });
  expect(reading.notes).toEqual([expect.stringContaining('lines without one are skipped')]);
});

it('leaves a log line that is still being written for the next run, with an object or without', async () => {
  const whole = '[2024-02-08T22:18:11] CDR: {"uuid":"1"}\n[2024-02-08T22:18:12] stored\n';
  for (const cut of ['[2024-02-08T22:19:00] CDR: {"uuid":', '[2024-02-08T22:19']) {
    const file = fileOf(whole + cut, 'app.log');
    const first = await read(file);
    expect(first.rows.map((row) => row.cells)).toEqual([['1']]);
    expect(first.batches.at(-1)?.next).toEqual({ offset: whole.length, line: 3 });
    writeFileSync(file, `${whole}[2024-02-08T22:19:00] CDR: {"uuid":"2"}\n`);
    const second = await readFrom(checkpointAt(file, { offset: whole.length, line: 3 }));
    expect([second.cells, second.lines]).toEqual([[['2']], [3]]);
  }
});

it.each([
  ['CSV with a column of JSON', 'when\tdata\n2024-02-08 10:00:00\t{"a":1}\n', 'csv'],
  ['CSV whose last cell is JSON', 'when,data\n2024-02-08 10:00:00,{"a":1}\n', 'csv'],
  ['a log that starts in the middle of it', 'at main\n10:00:01 CDR={"uuid":"1"}\n', 'ndjson'],
  [
    'a syslog',
    'Feb  8 22:18:11 pbx cdrd[12]: {"uuid":"1"}\r\nFeb  8 22:18:12 pbx cdrd[12]: ok\r\n',
    'ndjson',
  ],
])('knows %s', async (_, text, format) => {
  expect((await readText(text, {}, 'export.txt')).table.format).toBe(format);
});

it('leaves a cut last line of NDJSON for the next run, and enters where a batch said', async () => {
  const text = '{"uuid":"1"}\n{"uuid":"2"}\n{"uu';
  const { rows, notes, batches, table } = await ndjson(text);
  expect(rows).toHaveLength(2);
  expect(notes).toEqual([expect.stringContaining('line 3')]);
  expect(batches.at(-1)?.next).toEqual({ offset: 26, line: 3 });
  expect(table.sample).toHaveLength(2);
  const later = await readFrom(
    checkpointAt(fileOf(`${text}id":"3"}\n`, 'calls.ndjson'), { offset: 26, line: 3 }),
  );
  expect(later.cells).toEqual([['3']]);
  expect(later.lines).toEqual([3]);
});

it('reads a last line of NDJSON that is whole, and the next run enters at its start', async () => {
  const { rows, batches } = await ndjson('{"uuid":"1"}\n{"uuid":"2"}');
  expect(rows).toHaveLength(2);
  expect(batches.at(-1)?.next).toEqual({ offset: 13, line: 2 });
});

it.each([
  ['calls.json', '{"a":1}\n{"a":2}\n', 'ndjson'],
  ['calls.json', '{"calls":[{"a":1}]}\n{"calls":[]}\n', 'json'],
  ['calls.jsonl', '[{"a":1}]', 'json'],
  ['calls.jsonl', '{\n"a":1}', 'json'],
  ['calls.jsonl', 'oops\n{"a":1}', 'ndjson'],
  ['calls', '{"a":1}\n{"a":2}\n', 'ndjson'],
  ['calls.txt', ' [ {"a":1}]', 'json'],
  ['calls.log', 'cb([{"a":1}])', 'json'],
  ['calls', 'a,b\n1,2\n', 'csv'],
  ['calls', '[];1728118801;1728118830;;101;;\n[id1,id2];1728118802;;;;;\n', 'csv'],
  ['calls.csv', '{"a",b\n1,2\n', 'csv'],
  ['calls.JSON.gz', '[{"a":1}]', 'json'],
])('tells the format of %s by its ending and its text', async (name, text, format) => {
  const { table } = await readText(text, {}, name);
  expect(table.format).toBe(format);
});

it('refuses one record that no call can be, in a list as in a document', async () => {
  const long = `{"a":"${'x'.repeat(17 * 1024 * 1024)}"}`;
  await expect(json(`[{"a":1},\n${long}]`)).rejects.toThrow('line 2: has a record of more than 16 MiB');
  await expect(json(`{"unknown":[${long}]}`)).rejects.toMatchObject({
    hint: expect.stringContaining('--path'),
  });
});

it('is not upset by depth, or by names without number', async () => {
  const deep = '{"a":'.repeat(50_000);
  const { rows } = await json(`[${deep}1${'}'.repeat(50_000)},{"a":1}]`);
  expect(rows[0]?.problem).toBe('nested too deeply');
  expect(rows[1]?.problem).toBeUndefined();
  const wrapped = await json(`${'{"data":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
  expect(wrapped.rows[0]?.problem).toBe('nested too deeply');
  const names = await ndjson(Array.from({ length: 5000 }, (_, n) => `{"n${n}":1}\n`).join(''));
  expect(names.table.columns).toHaveLength(4096);
  expect(names.rows.at(-1)?.problem).toContain('different fields');
});
