import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { checkpointAt, readFrom } from './following.js';
import { fileOf, fixtures, read, readText } from './harness.js';

const fixture = (name: string) => join(fixtures, `input-${name}`);
const words = (...known: string[]) => ({
  knownNames: (cells: readonly string[]) => cells.filter((cell) => known.includes(cell)).length,
});

it('reads a file of unescaped quotes: one row a line, each with the columns of the header', async () => {
  const { table, cells, lines } = await read(fixture('unescaped-quotes.csv'));
  expect(table.columns).toHaveLength(16);
  expect(cells.map((row) => row.length)).toEqual([16, 16, 16, 16]);
  expect(cells.map((row) => row[1])).toEqual([
    '"Desk 10" <114>',
    '"Desk, East" <115>',
    'Desk 12 <116>',
    '"Desk 10" <114>',
  ]);
  expect(cells[0]?.[8]).toBe('SIP/trunk/74950000001,300');
  expect(lines).toEqual([2, 3, 4, 5]);
});

it('lets no stray quote swallow rows, and says where it was', async () => {
  const { cells, lines, notes } = await read(fixture('stray-quotes.csv'));
  expect(cells.map((row) => row[0])).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  expect(cells.map((row) => row[4])).toEqual(['Ann', '"Bob', 'Cid', 'Dan', 'Eve"', 'Fay']);
  expect(lines).toEqual([2, 3, 4, 5, 6, 7]);
  expect(notes).toEqual([expect.stringContaining('stray-quotes.csv, line 3')]);
});

it('makes a line whose quotes cannot be understood a row with a problem, and reads on', async () => {
  const { rows, lines } = await readText('a,b,c,d\n1,2,3,4\n1,"2,3\n5,6,7,8\n5,6,7,9\n');
  expect(lines).toEqual([2, 3, 4, 5]);
  expect(rows.map((row) => row.problem !== undefined)).toEqual([false, true, false, false]);
  expect(rows[1]?.cells).toEqual(['1', '"2', '3']);
});

it('believes no odd quote that swallows the delimiters of its line', async () => {
  const text = `a;b;c;d;e\n6;"7;8;9";x;10\n6;"7;8;9"x;10\n${'1;2;3;4;5\n'.repeat(20)}`;
  const { cells } = await readText(text);
  // Well-formed quotes mean what they say; where they are not, the columns of the other rows decide.
  expect(cells[0]).toEqual(['6', '7;8;9', 'x', '10']);
  expect(cells[1]).toEqual(['6', '"7', '8', '9"x', '10']);
});

it('keeps line breaks inside quotes and counts them as lines', async () => {
  const { table, cells, lines } = await read(fixture('transcripts.csv'));
  expect(table.columns[0]).toBe('Call Time');
  expect(cells[0]?.[4]).toBe('Hello, this is Ann.\r\nGood morning, I call about\r\nthe "blue" order.');
  expect(cells[2]?.[4]).toBe('one\n\nthree');
  expect(lines).toEqual([2, 5, 6, 9]);
});

it('finds the header below title lines by its names', async () => {
  const { table, cells, lines, notes } = await read(
    fixture('titles-above-header.csv'),
    words('Дата', 'Откуда', 'Куда'),
  );
  expect(table).toMatchObject({
    delimiter: ';',
    headerLine: 4,
    columns: ['Дата', 'Откуда', 'Куда', 'Тип', 'Разговор'],
  });
  expect(cells.map((row) => row[0])).toEqual(['05.10.2024 10:00', '05.10.2024 10:05', 'Всего']);
  expect(lines).toEqual([5, 6, 8]);
  expect(notes).toEqual([expect.stringContaining('the header is on line 4')]);
});

it('takes the delimiter of a sep= line and skips it', async () => {
  const { table, cells, lines } = await read(fixture('excel-sep-line.csv'));
  expect(table).toMatchObject({ delimiter: ';', headerLine: 2, columns: ['uuid', 'caller', 'to', 'name'] });
  expect(cells.map((row) => row[3])).toEqual(['Ann, East', 'Bob; West']);
  expect(lines).toEqual([3, 4]);
});

it('skips the row of SQL types below the header', async () => {
  const { table, lines } = await read(fixture('sql-types-row'));
  expect(table.columns[4]).toBe('pkid');
  expect(lines).toEqual([3, 4]);
});

it('opens rows that are quoted as a whole', async () => {
  const { table, cells } = await read(fixture('whole-line-quotes.csv'));
  expect(table.columns).toEqual(['uuid', 'caller', 'to', 'name']);
  expect(cells).toEqual([
    ['c1', '74950000001', '101', 'Ann, East'],
    ['c2', '74950000002', '102', 'Bob'],
  ]);
});

it('takes the spaces around names off', async () => {
  expect((await readText(' uuid , caller\n1, 2\n')).table.columns).toEqual(['uuid', 'caller']);
});

it('reads CR as a line end, in a long file too', async () => {
  const long = await readText(`uuid,caller,to\r${'d1,74950000001,101\r'.repeat(20_000)}`);
  expect(long.lines.at(-1)).toBe(20_001);
  const { cells, lines } = await read(fixture('cr-only.csv'));
  expect(cells.map((row) => row[0])).toEqual(['d1', 'd2']);
  expect(lines).toEqual([2, 3]);
});

it.each([
  [',', 'uuid,caller,note\n1,2,a;b\n3,4,c;d\n'],
  [';', 'uuid;caller;sum\n1;2;98,4\n3;4;12,5\n5;6;7,0\n'],
  ['\t', 'uuid\tcaller\tdate\n1\t2\tOct 5, 2024\n3\t4\tOct 6, 2024\n'],
  ['|', 'uuid|caller|to\n1|2|3\n'],
  [';', '"a";"b, c, d, e";"c"\n"1";"2, 2, 2, 2";"3"\n'],
  [';', 'a;b;c;d,d\n1;2;3;4,5\n1;2;3;4,5\n1;2;3;4,5;6\n1;2;3;4,5\n'],
  [';', 'a;b;c;d\n1;2;3;4\n1;2;3\n1;2;3;4;5\n1;2;3;4\n'],
])('finds the delimiter %j', async (delimiter, text) => {
  expect((await readText(text)).table.delimiter).toBe(delimiter);
});

it('takes the delimiter that is asked for, in words too', async () => {
  expect((await readText('a;b,c;d\n1;2,3;4\n', { delimiter: ',' })).table.columns).toEqual(['a;b', 'c;d']);
  expect((await readText('a\tb\n1\t2\n', { delimiter: '\\t' })).table.columns).toEqual(['a', 'b']);
  await expect(readText('a,b\n1,2\n', { delimiter: '"' })).rejects.toThrow('cannot separate columns');
});

it('has no header where the columns are given, or where a preset knows them', async () => {
  const text = 'x1,74950000001,101\nx2,74950000002,102\n';
  const given = await readText(text, { columns: ['uuid', 'caller', 'to'] });
  expect(given.table.headerLine).toBeUndefined();
  expect(given.lines).toEqual([1, 2]);
  const named = await readText(text, {
    nameColumns: (rows) => (rows[0]?.length === 3 ? ['a', 'b', 'c'] : undefined),
  });
  expect(named.table.columns).toEqual(['a', 'b', 'c']);
  expect(named.cells[0]?.[0]).toBe('x1');
  expect((await readText(text, { nameColumns: () => undefined })).table.columns[0]).toBe('x1');
});

it('allows rows of any length and drops blank ones', async () => {
  const { cells, lines } = await readText('a,b,c\n\n1\n , ,\n1,2,3,4\n""\n5,6,7\n');
  expect(cells).toEqual([['1'], ['1', '2', '3', '4'], ['5', '6', '7']]);
  expect(lines).toEqual([3, 5, 7]);
});

it('leaves a cell as it stands: NULL, dashes and spaces too', async () => {
  const { cells } = await readText('a,b,c,d\nNULL,\\N,-, x \n');
  expect(cells).toEqual([['NULL', '\\N', '-', ' x ']]);
});

it('leaves a short last line without an end for the next run, which enters there', async () => {
  const { table, cells, notes, batches } = await read(fixture('cut-last-line.csv'));
  expect(cells.map((row) => row[0])).toEqual(['e1', 'e2']);
  expect(table.sample).toHaveLength(2);
  expect(notes).toEqual([expect.stringContaining('line 4: the last line has no line end')]);
  expect(batches.at(-1)?.next).toEqual({ offset: 80, line: 4 });
});

it.each([
  ['with all its columns', 'a,b,c\n1,2,3\n4,5,6'],
  ['with the columns that rows have', 'a,b,c,d,e\n1,2,3\n4,5,6\n7,8,9'],
])('reads a last line without an end that is complete: %s', async (_, text) => {
  const { cells, notes } = await readText(text);
  expect(cells.at(-1)).toHaveLength(3);
  expect(notes).toEqual([]);
});

it('reads the last line of standard input, however short', async () => {
  const { cells, table } = await read(
    '-',
    {},
    { stdin: Readable.from([Buffer.from('a,b,c\n1,2,3\n'), Buffer.from('4,5')]) },
  );
  expect(cells).toEqual([
    ['1', '2', '3'],
    ['4', '5'],
  ]);
  expect(table.size).toBeUndefined();
  expect(table.rescan).toBeUndefined();
});

it('leaves a quote that is still open at the end for the next run', async () => {
  const { cells, notes } = await readText('a,b,c\n1,2,3\n4,5,"six and');
  expect(cells).toEqual([['1', '2', '3']]);
  expect(notes).toHaveLength(1);
});

it('enters a plain file where a batch said the next one starts, with the same rows and lines', async () => {
  const lines = Array.from({ length: 9000 }, (_, n) =>
    n % 7 === 0 ? `${n},"строка\r\n""${n}""",x` : `${n},имя ${n},"y"`,
  );
  const file = fileOf(`\ufeffид,имя,пусто\r\n${lines.join('\r\n')}\r\n`);
  const all = await read(file);
  expect(all.batches.length).toBeGreaterThan(3);
  for (const [index, batch] of all.batches.entries()) {
    if (batch.next === undefined) throw new Error('no place to enter');
    const { rows, table } = await readFrom(checkpointAt(file, batch.next));
    expect(rows).toEqual(all.batches.slice(index + 1).flatMap((later) => later.rows));
    expect(table?.columns).toEqual(['ид', 'имя', 'пусто']);
  }
});

it('enters a file at its start without taking its byte order mark for text', async () => {
  const file = fileOf('\ufeff1,2\n3,4\n');
  const { cells } = await readFrom(checkpointAt(file, { offset: 0, line: 1 }), { columns: ['a', 'b'] });
  expect(cells[0]).toEqual(['1', '2']);
});

it('reads, of what is done, only the rows that need attention', async () => {
  const file = fileOf('a,b,c\n1,2,3\n4,5,6\n7,8,9\n');
  const attention = [{ offset: 6, line: 2, end: 18, lines: [3] }];
  const { cells, lines } = await readFrom(checkpointAt(file, { offset: 18, line: 4 }, attention));
  expect(cells).toEqual([
    ['4', '5', '6'],
    ['7', '8', '9'],
  ]);
  expect(lines).toEqual([3, 4]);
});

it('can be read again, gives its first rows beforehand, tells its size and about how many rows it has', async () => {
  const text = `a,b,c\n${Array.from({ length: 25_000 }, (_, n) => `${n},x,y\n`).join('')}`;
  const { table, rows } = await readText(text);
  expect(table.sample).toEqual(rows.slice(0, 1000));
  expect(table.size).toBe(text.length);
  expect(table.rows).toBeGreaterThan(24_000);
  expect(table.rows).toBeLessThan(30_000);
  const again = [];
  for await (const batch of table.rescan?.() ?? []) again.push(...batch.rows);
  expect(again).toEqual(rows);
});

it('gives no rows for a header alone', async () => {
  const { table, rows } = await readText('a,b,c\n');
  expect(table.columns).toEqual(['a', 'b', 'c']);
  expect(rows).toEqual([]);
});

it('refuses a line that no record can be', async () => {
  await expect(readText(`a,b\n1,2\n${'x'.repeat(17 * 1024 * 1024)}`)).rejects.toThrow(
    'line 3: has a record of more than 16 MiB',
  );
  await expect(readText('x'.repeat(300_000))).rejects.toThrow('line 1: is longer than 256 KiB');
});

it.each([
  ['closes in the next row', '"Romashka; M', 'a "b'],
  ['closes in the next row as a text does', '"Romashka; M', 'Roga"'],
  ['closes many rows further on', '"Romashka; M', 'x'],
])('never makes one call of two rows: a quote that %s', async (_, first, second) => {
  const row = (id: number, name: string) => `u${id};${name};7495000000${id};101;2026-01-05 10:00:0${id};5`;
  const text = ['uuid;name;caller;to;date;billsec', row(1, 'a'), row(2, 'b'), row(3, first), row(4, second)];
  const { rows } = await readText(`${[...text, row(5, 'c'), row(6, 'x"y"'), row(7, 'd"')].join('\n')}\n`);
  expect(rows.map(({ cells }) => cells[0])).toEqual(['u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7']);
  expect(rows.map(({ problem }) => problem !== undefined)).toEqual([
    false,
    false,
    true,
    ...Array(4).fill(false),
  ]);
});

it('reads a text with a line break whose rest has as many delimiters as a row', async () => {
  const rest = '74950000001,101,2026-03-04 10:15:00,63';
  const text = `uuid,comment,from,to,date,billsec\nk1,"called\nback, ""please""",${rest}\nk2,x,${rest}\nk3,y,${rest}\n`;
  const { cells, rows } = await readText(text);
  expect(cells.map(([uuid, comment]) => [uuid, comment])).toEqual([
    ['k1', 'called\nback, "please"'],
    ['k2', 'x'],
    ['k3', 'y'],
  ]);
  expect(rows.filter(({ problem }) => problem !== undefined)).toEqual([]);
});

it('reads a text with line breaks whose lines have as many delimiters as a row', async () => {
  const text =
    'id,when,said\n1,2026-01-05,"yes, no, ""ok""\nnot now, later, perhaps"\n2,2026-01-06,x\n3,2026-01-07,y\n';
  expect((await readText(text)).cells[0]).toEqual([
    '1',
    '2026-01-05',
    'yes, no, "ok"\nnot now, later, perhaps',
  ]);
});

it.each([
  (id: number) => `"Romashka ${id}`,
  (id: number) => `"Roma"shka ${id}`,
  (id: number) => (id % 40 === 0 ? '"x; y' : 'x'),
])(
  'reads a stray quote in each of 20,000 rows in far less than the square of its length would take (%#)',
  async (name) => {
    const rows = Array.from({ length: 20_000 }, (_, id) => `u${id};${name(id)};74950000001;101;2026-01-05\n`);
    expect((await readText(`uuid;name;caller;to;date\n${rows.join('')}`)).rows).toHaveLength(20_000);
  },
  15_000,
);

it('takes no row with more filled cells than the header has columns, unless that is allowed', async () => {
  const text = 'a\tb\tc\n1\t2\t3\n1\tx\t2\t3\n4\t5\t6\t\t\n';
  expect((await readText(text)).rows.map(({ problem }) => problem)).toEqual([
    undefined,
    'it has 4 cells, the header has 3 columns: no cell of it can be trusted (--allow cells)',
    undefined,
  ]);
  const allowed = await readText(text, { allowsMoreCells: true });
  expect(allowed.rows.every(({ problem }) => problem === undefined)).toBe(true);
  const named = await readText('1\t2\t3\n1\t2\t3\t4\n', { columns: ['a', 'b', 'c'] });
  expect(named.rows.every(({ problem }) => problem === undefined)).toBe(true);
});
