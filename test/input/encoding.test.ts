import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { fixtures, read, readText } from './harness.js';

const fixture = (name: string) => join(fixtures, `input-${name}`);

it('takes a UTF-8 byte order mark off, and leaves none in the first name', async () => {
  const { table } = await readText('\ufeffuuid,caller\n1,2\n');
  expect(table).toMatchObject({ encoding: 'utf-8', columns: ['uuid', 'caller'] });
});

it('reads UTF-16 with tabs, as Excel writes "Unicode text"', async () => {
  const { table, cells, lines } = await read(fixture('excel-unicode.txt'));
  expect(table).toMatchObject({ encoding: 'utf-16le', delimiter: '\t', columns: ['Откуда', 'Куда', 'Имя'] });
  expect(cells.map((row) => row[2])).toEqual(['Жанна, 📞', 'Объект']);
  expect(lines).toEqual([2, 3]);
});

it('reads big-endian UTF-16', async () => {
  const bytes = Buffer.from('\ufeffимя,to\nЖанна,101\n', 'utf16le').swap16();
  const { table, cells } = await readText(bytes);
  expect(table.encoding).toBe('utf-16be');
  expect(cells).toEqual([['Жанна', '101']]);
});

it('reads windows-1251 where many bytes are not UTF-8, and says so', async () => {
  const { table, cells, notes } = await read(fixture('windows-1251.csv'));
  expect(table).toMatchObject({ encoding: 'windows-1251', columns: ['Откуда', 'Куда', 'Имя'] });
  expect(cells.map((row) => row[2])).toEqual(['Жанна', 'Объект «Юг»']);
  expect(notes).toEqual([expect.stringContaining('read as windows-1251')]);
});

it.each<[string, string, string]>([
  ['Spanish', 'Fecha;Dirección;Duración\n2024;Llamada;1\n', 'windows-1252'],
  ['Portuguese', 'Data;Direção;Duração\n2024;Ligação não atendida;1\n', 'windows-1252'],
  ['German', 'Datum;Länge;Empfänger\n2024;Müller;1\n', 'windows-1252'],
])('tells windows-1252 from windows-1251 by the words that come out: %s', async (_, text, encoding) => {
  const { table, notes } = await readText(Buffer.from(text, 'latin1'));
  expect([table.encoding, table.columns.join(';')]).toEqual([encoding, text.split('\n')[0]]);
  expect(notes).toEqual([expect.stringContaining(`read as ${encoding}`)]);
  // The header counts, however few of the other lines have such letters.
  const long = Buffer.from(text + '2024;x;1\n'.repeat(5000), 'latin1');
  expect((await readText(long)).table.columns.join(';')).toBe(text.split('\n')[0]);
});

it.each(['utf16le', 'utf16be'])('reads %s without a byte order mark, and says so', async (order) => {
  const bytes = Buffer.from('Имя,Куда,Дата\nЖанна АБВГДЕ,101,2024-11-20 10:00:00\n', 'utf16le');
  const { table, cells, notes } = await readText(order === 'utf16le' ? bytes : bytes.swap16());
  expect(table.encoding).toBe(order.replace('utf', 'utf-'));
  expect(cells).toEqual([['Жанна АБВГДЕ', '101', '2024-11-20 10:00:00']]);
  expect(notes).toEqual([expect.stringContaining('has no byte order mark and was read as utf-16')]);
});

it('names NUL bytes in a value, and takes no such row for a record', async () => {
  const { rows } = await readText(`uuid,to\n\0\0\0u1,101\nu2,101\n`);
  expect(rows.map(({ problem }) => problem)).toEqual([
    'a NUL byte in "uuid" before or in "u1": the file is damaged here',
    undefined,
  ]);
  const json = await readText('{"uuid":"u\\u00001"}\n{"uuid":"u2"}\n', {}, 'calls.ndjson');
  expect(json.rows.map(({ problem }) => problem !== undefined)).toEqual([true, false]);
});

it('stays with UTF-8 where few bytes are bad, and says so once', async () => {
  const text = Buffer.from(`name,to,from\n${'Ann,101,102\n'.repeat(500)}X?,103,104\n`);
  text[text.indexOf('?')] = 0xe9;
  const { table, cells, notes } = await readText(text);
  expect(table.encoding).toBe('utf-8');
  expect(cells.at(-1)?.[0]).toBe('X\ufffd');
  expect(notes).toEqual([expect.stringContaining('some bytes are not UTF-8')]);
});

it('stays with UTF-8 where names are cut in the middle of a character', async () => {
  const cut = Buffer.concat([Buffer.from('Жанна Жанн').subarray(0, -1), Buffer.from(',101\n')]);
  const { table } = await readText(Buffer.concat([Buffer.from('имя,to\n'), cut, cut]));
  expect(table.encoding).toBe('utf-8');
});

it.each(['calls.csv', 'calls.ndjson', 'calls.json'])(
  'does not stumble over a bad byte far down: %s',
  async (name) => {
    const line = name.endsWith('csv') ? 'Жанна,101,102\n' : '{"name":"Жанна","to":"101","from":"102"}\n';
    const start = name.endsWith('csv') ? 'name,to,from\n' : name.endsWith('ndjson') ? '' : '[';
    const body = Buffer.from(start + line.repeat(30_000) + line.replace('Жанна', 'X?'));
    body[body.lastIndexOf('?')] = 0xff;
    const { rows, cells, notes } = await readText(body, {}, name);
    expect(rows.filter((row) => row.problem === undefined)).toHaveLength(30_001);
    expect(cells[30_000]?.[0]).toBe('X\ufffd');
    expect(notes.filter((note) => note.includes('not UTF-8'))).toHaveLength(1);
  },
);

it('keeps characters whole that blocks cut, whatever the encoding', async () => {
  // The first look ends in the middle of a character.
  const text = `имя,to12345\n${'Ж📞,1\n'.repeat(40_000)}`;
  expect(Buffer.from(text)[256 * 1024]).toBeGreaterThan(0x7f);
  const whole = Array.from({ length: 40_000 }, () => ['Ж📞', '1']);
  const { cells: plain, notes } = await readText(text);
  expect(plain).toEqual(whole);
  expect(notes).toEqual([]);
  expect((await readText(Buffer.from(`\ufeff${text}`, 'utf16le'))).cells).toEqual(whole);
  const bytes = Buffer.from(`[{"имя":"Ж📞","to":"1"},{"имя":"📞Ж","to":"2"}]`);
  const single = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
  const { cells } = await read('-', {}, { stdin: single });
  expect(cells).toEqual([
    ['Ж📞', '1'],
    ['📞Ж', '2'],
  ]);
});

it('takes the encoding that is asked for, and spells it as TextDecoder does', async () => {
  const { table, cells } = await readText(Buffer.from('name,to\n\xf6\xc1\xce\xce\xc1,1\n', 'latin1'), {
    encoding: 'KOI8',
  });
  expect(table.encoding).toBe('koi8-r');
  expect(cells).toEqual([['Жанна', '1']]);
  const latin = await readText(Buffer.from('name,to\nJosé,1\n', 'latin1'), { encoding: 'latin1' });
  expect(latin.cells[0]?.[0]).toBe('José');
  expect(latin.notes).toEqual([]);
});

it('tells the place of the next rows in bytes, bad ones and long characters included', async () => {
  const body = Buffer.from(`имя,to,x\n${'Ж?📞,1,2\n'.repeat(20_000)}`);
  for (let index = body.indexOf('?'); index >= 0; index = body.indexOf('?', index)) body[index] = 0xff;
  const { batches } = await readText(body, { encoding: 'utf-8' });
  expect(batches.length).toBeGreaterThan(2);
  for (const { next } of batches) {
    expect(body[(next?.offset ?? 0) - 1]).toBe(10);
    const before = body.subarray(0, next?.offset).toString('latin1').split('\n').length;
    expect(next?.line).toBe(before);
  }
});
