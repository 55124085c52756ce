import { expect, it } from 'vitest';
import { read, readText } from './harness.js';

const header = 'calldate,clid,src,dst,duration,billsec\n';

it('undoes the escapes of a dump of MySQL with quotes around its texts', async () => {
  const { table, cells } = await readText(
    `${header}"2024-05-23 16:36:09","\\"Ivanov, Ivan\\" <74950000001>","74950000001","101",42,\\N\n` +
      '"2024-05-23 17:14:58","\\"Anna \\\\ Co\\"\\\nsecond line","101","84950000002",19,12\n',
  );
  expect(table.delimiter).toBe(',');
  expect(cells).toEqual([
    ['2024-05-23 16:36:09', '"Ivanov, Ivan" <74950000001>', '74950000001', '101', '42', '\\N'],
    ['2024-05-23 17:14:58', '"Anna \\ Co"\nsecond line', '101', '84950000002', '19', '12'],
  ]);
});

it('undoes those of INTO OUTFILE, where quotes are characters, and counts lines', async () => {
  const rows = ['1\t"Tab\\\there" <7>\t\\\\x\ta', '2\t"Main"\tline\\\nbreak\tb', '3\tx\ty\tc'];
  const { cells, lines } = await readText(`id\tclid\tnote\tlast\n${rows.join('\n')}\n`);
  expect(cells).toEqual([
    ['1', '"Tab\there" <7>', '\\x', 'a'],
    ['2', '"Main"', 'line\nbreak', 'b'],
    ['3', 'x', 'y', 'c'],
  ]);
  expect(lines).toEqual([2, 3, 5]);
});

it('undoes those of COPY, which writes letters', async () => {
  const { cells } = await readText('id\tclid\tlast\n1\ta\\tb\\nc\t\\N\n2\tx\ty\n');
  expect(cells).toEqual([
    ['1', 'a\tb\nc', '\\N'],
    ['2', 'x', 'y'],
  ]);
});

it('reads a dump the same from a pipe whose blocks are single bytes, and enters it where a batch ended', async () => {
  const { Readable } = await import('node:stream');
  const text = `id\tclid\tlast\n${Array.from({ length: 40 }, (_, id) => `${id}\ta\\\tb\\\nc\\\\\t\\N\n`).join('')}`;
  const whole = await readText(text);
  expect(whole.cells[3]).toEqual(['3', 'a\tb\nc\\', '\\N']);
  const stdin = Readable.from([...Buffer.from(text)].map((byte) => Buffer.from([byte])));
  expect((await read('-', {}, { stdin })).rows).toEqual(whole.rows);
});

it.each([
  ['paths of Windows', 'id\tfile\tlast\n1\tC:\\rec\\a.wav\tx\n2\tC:\\\\rec\\b.wav\ty\n', 'C:\\rec\\a.wav'],
  ['names of servers', 'id,file,last\n1,\\\\server\\new,x\n2,\\\\server\\tea,y\n', '\\\\server\\new'],
])('leaves backslashes that are none: %s', async (_, text, cell) => {
  expect((await readText(text)).cells[0]?.[1]).toBe(cell);
});

const drawn = {
  mysql:
    '+----+-------------+-----+\n| id | src         | dst |\n+----+-------------+-----+\n|  1 | 74950000001 | 101 |\n|  2 |             | 102 |\n+----+-------------+-----+\n2 rows in set (0.00 sec)\n',
  psql: ' id |     src     | dst \n----+-------------+-----\n  1 | 74950000001 | 101\n  2 |             | 102\n(2 rows)\n\n',
  'sqlite3 .mode box':
    '┌────┬─────────────┬─────┐\n│ id │     src     │ dst │\n├────┼─────────────┼─────┤\n│ 1  │ 74950000001 │ 101 │\n│ 2  │             │ 102 │\n└────┴─────────────┴─────┘\n',
  'sqlite3 .mode markdown':
    '| id |     src     | dst |\n|----|-------------|-----|\n| 1  | 74950000001 | 101 |\n| 2  |             | 102 |\n',
  'a statement above it':
    'mysql> select id, src, dst from cdr;\n+----+-------------+-----+\n| id | src         | dst |\n+----+-------------+-----+\n|  1 | 74950000001 | 101 |\n|  2 |             | 102 |\n+----+-------------+-----+\n',
};

it.each(Object.entries(drawn))('reads a drawn table: %s', async (_, text) => {
  const knownNames = (cells: readonly string[]) =>
    cells.filter((cell) => ['id', 'src', 'dst'].includes(cell)).length;
  const { table, cells } = await readText(text, { knownNames }, 'table.txt');
  expect(table.columns).toEqual(['id', 'src', 'dst']);
  expect(cells).toEqual([
    ['1', '74950000001', '101'],
    ['2', '', '102'],
  ]);
});

it('takes a blank behind each delimiter for padding where quotes are right with it only', async () => {
  const text = 'id, name, to\n1, "Ivanov, Ivan", 101\n2, "Petrov, Petr", 102\n';
  const { table, cells } = await readText(text);
  expect(table.columns).toEqual(['id', 'name', 'to']);
  expect(cells[0]).toEqual(['1', 'Ivanov, Ivan', '101']);
});
