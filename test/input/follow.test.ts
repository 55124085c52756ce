import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path, { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { followFile } from '../../src/input/follow/follow.js';
import { checkpointAt, folderOf, follow } from './following.js';

const header = 'id,caller,to\n';
const row = (id: string) => `${id},74950000001,101\n`;
const columns = ['id', 'caller', 'to'];

function fileOf(content?: string, name = 'cdr.csv'): string {
  const file = join(folderOf(), name);
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

it('gives what is there, then every line as it is written, and says when that was all', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  expect(following.ids()).toEqual(['a1']);
  expect(following.table()).toMatchObject({ format: 'csv', delimiter: ',', columns, headerLine: 1 });
  expect(following.table()?.sample).toHaveLength(1);
  expect(following.table()?.rescan).toBeUndefined();
  appendFileSync(file, row('a2') + row('a3'));
  await following.look();
  expect(following.ids()).toEqual(['a1', 'a2', 'a3']);
  const last = following.batches.at(-1);
  expect(last).toMatchObject({ rows: [], caughtUp: true });
  const ranges = following.batches.flatMap(({ range }) => (range === undefined ? [] : [range]));
  expect(ranges.map(({ offset, line, end }) => [offset, line, end.offset, end.line])).toEqual([
    [0, 1, 32, 3],
    [32, 3, 70, 5],
  ]);
  expect(following.batches.filter(({ rows, caughtUp }) => rows.length > 0 && caughtUp)).toEqual([]);
});

it('leaves a line without its end alone until it has one', async () => {
  const file = fileOf(`${header}${row('a1')}a2,7495000`);
  const following = follow(file);
  await following.look();
  await following.pass(600_000);
  expect(following.ids()).toEqual(['a1']);
  appendFileSync(file, '0002,102\n');
  await following.look();
  expect(following.cells().at(-1)).toEqual(['a2', '74950000002', '102']);
  expect(following.notes).toEqual([]);
});

it('waits for a file that does not exist yet, and for its first row', async () => {
  const file = fileOf();
  const following = follow(file, { columns });
  await following.look();
  expect(following.notes).toEqual([expect.stringContaining('there is no such file yet')]);
  expect(following.batches).toEqual([]);
  writeFileSync(file, '');
  await following.look();
  appendFileSync(file, 'b1,7495');
  await following.look();
  expect(following.batches).toEqual([]);
  appendFileSync(file, '0000001,101\n');
  await following.look();
  expect(following.ids()).toEqual(['b1']);
});

it('reads the old file to its end after a rotation by rename, then the new one', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  appendFileSync(file, row('a2'));
  renameSync(file, `${file}.1`);
  writeFileSync(file, header + row('b1'));
  appendFileSync(`${file}.1`, row('a3'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'a2', 'a3', 'b1']);
  appendFileSync(`${file}.1`, row('a4'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'a2', 'a3', 'b1', 'a4']);
  const sources = following.batches.flatMap(({ rows, range }) => rows.map(() => range?.source));
  expect(sources.map((source) => sources.indexOf(source))).toEqual([0, 0, 0, 3, 0]);
  expect(following.batches.findLast(({ rows }) => rows[0]?.cells[0] === 'b1')?.rows[0]?.line).toBe(2);
});

it('loses no row of a file that was put there and rotated away between two looks', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  appendFileSync(file, row('a2'));
  for (const round of ['b', 'c', 'd']) {
    for (const n of [3, 2, 1])
      try {
        renameSync(`${file}.${n}`, `${file}.${n + 1}`);
      } catch {}
    renameSync(file, `${file}.1`);
    writeFileSync(file, header + row(`${round}1`) + row(`${round}2`));
  }
  await following.look(8);
  expect(following.ids()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'd1', 'd2']);
});

it('finds the rest of a file that was copied and truncated, and what was written since', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  appendFileSync(file, `${row('a2')}${row('a3')}`);
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  appendFileSync(file, row('b1'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'a2', 'a3', 'b1']);
  // As long as before, with other content, and without a header: nobody writes it again.
  copyFileSync(file, `${file}.2`);
  writeFileSync(file, `${row('c1')}`);
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
});

it('notices a truncated file that is longer again when it is looked at', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  writeFileSync(file, header + row('b1') + row('b2') + row('b3'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'b1', 'b2', 'b3']);
  expect(following.batches.findLast(({ range }) => range)?.range).toMatchObject({ end: { line: 5 } });
});

it('reads on when a file vanishes and comes back, as the same or as another', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  renameSync(file, `${file}-away`);
  await following.look();
  appendFileSync(`${file}-away`, row('a2'));
  await following.look();
  renameSync(`${file}-away`, file);
  appendFileSync(file, row('a3'));
  await following.look();
  unlinkSync(file);
  await following.look();
  writeFileSync(file, header + row('b1'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'a2', 'a3', 'b1']);
  expect(following.warnings).toEqual([]);
});

it('takes the columns of a later file by their names', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'to,id,new,caller\n102,b1,x,74950000002\n');
  await following.look(4);
  expect(following.table()?.columns).toEqual(['id', 'caller', 'to', 'new']);
  expect(following.cells().at(-1)).toEqual(['b1', '74950000002', '102', 'x']);
});

it('follows NDJSON, from its first line on', async () => {
  const file = fileOf('{"id":"a1","x":{"y":1}}\n', 'log');
  const following = follow(file);
  await following.look();
  appendFileSync(file, '{"x":{"y":2},"z":3,"id":"a2"}\n{"id":');
  await following.look();
  expect(following.table()).toMatchObject({ format: 'ndjson', columns: ['id', 'x.y', 'z'] });
  expect(following.cells()).toEqual([
    ['a1', '1'],
    ['a2', '2', '3'],
  ]);
  renameSync(file, `${file}.1`);
  writeFileSync(file, '{"z":4,"id":"b1"}\n');
  await following.look(4);
  expect(following.cells().at(-1)).toEqual(['b1', '', '4']);
});

it('says of a folder how to follow the files in it', async () => {
  const folder = folderOf();
  const error = await follow(folder).ended.catch((error: unknown) => error);
  expect(error).toMatchObject({ hint: expect.stringContaining(`'${folder}/*.csv'`) });
});

it('closes a stream whose rows are not read to their end', async () => {
  const stdin = new PassThrough();
  stdin.write(header + row('a1'));
  const io = { stdin, cwd: '/', note: () => undefined, warn: () => undefined, now: Date.now };
  const { table } = await followFile(
    '-',
    {},
    { ...io, sleep: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined) },
  );
  for await (const { rows } of table.batches) {
    expect(rows).toHaveLength(1);
    break;
  }
  expect(stdin.destroyed).toBe(true);
});

it.each([
  ['a folder', (file: string) => mkdirSync(file), 'is a folder'],
  ['a JSON document', (file: string) => writeFileSync(file, '[\n{"id":"1"}\n]\n'), 'a JSON document'],
  ['a workbook', (file: string) => writeFileSync(file, 'PK\x03\x04rest'), 'an Excel workbook'],
  ['gzip', (file: string) => writeFileSync(file, Buffer.from('1f8b0800', 'hex')), 'a compressed file'],
  ['UTF-16', (file: string) => writeFileSync(file, '\ufeffid,to\n1,2\n', 'utf16le'), 'utf-16le'],
  ['a first line without end', (file: string) => writeFileSync(file, 'x'.repeat(300_000)), '256 KiB'],
])('refuses %s with a reason', async (_, make, message) => {
  const file = fileOf(undefined, 'cdr');
  make(file);
  const error = await follow(file).ended.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message: expect.stringContaining(message), hint: expect.any(String) });
});

it.each([
  ['a folder', (file: string) => mkdirSync(file), 'is a folder'],
  [
    'binary data',
    (file: string) => writeFileSync(file, Buffer.alloc(4096, '\x01\x02\x03\x04\x05\n')),
    'binary data',
  ],
  ['a JSON document', (file: string) => writeFileSync(file, '[\n{"id":"1"}\n]\n'), 'a JSON document'],
])('survives %s in its place: reported once, and read on when it is gone', async (_, make, message) => {
  const file = fileOf(header + row('a1'), 'cdr');
  const following = follow(file);
  await following.look();
  renameSync(file, `${file}.1`);
  make(file);
  appendFileSync(`${file}.1`, row('a2'));
  await following.look(20);
  expect(following.ids()).toEqual(['a1', 'a2']);
  expect(following.warnings).toEqual([expect.stringContaining(message)]);
  rmSync(file, { recursive: true });
  writeFileSync(file, header + row('b1'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'a2', 'b1']);
  expect(following.warnings).toHaveLength(1);
  expect(following.notes).toEqual([expect.stringContaining('can be read again')]);
});

it('survives binary data that is written over the file', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  writeFileSync(file, Buffer.alloc(8192, '\x01\x02\x03\x04\x05\n'));
  await following.look(4);
  expect(following.warnings).toEqual([expect.stringContaining('binary data')]);
  writeFileSync(file, header + row('b1'));
  await following.look(4);
  expect(following.ids()).toEqual(['a1', 'b1']);
});

it('skips a line of 100 MB up to its end, with a row that says so, and little memory', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  const block = Buffer.alloc(1024 * 1024, 'x');
  for (let written = 0; written < 100; written++) appendFileSync(file, block);
  await following.look();
  expect(following.ids()).toEqual(['a1']);
  expect(following.warnings).toEqual([expect.stringContaining('line 3: is longer than 16 MiB')]);
  expect((await following.checkpoints())[0]?.readTo).toEqual({ line: 3, offset: 32 });
  appendFileSync(file, `tail\n${row('a2')}`);
  await following.look();
  expect(following.ids()).toEqual(['a1', 'a line of more than 16 MiB', 'a2']);
  expect((await following.checkpoints())[0]?.readTo).toMatchObject({ line: 5 });
  expect(following.warnings).toHaveLength(1);
});

it('waits for the end of a quoted text, but not for ever', async () => {
  const file = fileOf(`${header}a1,"two\n`);
  // The clock of the disk need not be ours, and what was written long ago is waited for no more.
  utimesSync(file, new Date(), new Date());
  const following = follow(file, { columns });
  await following.look();
  appendFileSync(file, `lines",101\n${row('a2')}`);
  await following.look();
  expect(following.cells().slice(-2)).toEqual([
    ['a1', 'two\nlines', '101'],
    ['a2', '74950000001', '101'],
  ]);
  appendFileSync(file, `a3,"stray,101\n`);
  await following.look(1);
  appendFileSync(file, row('a4'));
  await following.look();
  expect(following.ids().at(-1)).toBe('a2');
  await following.look(4);
  expect(following.ids().slice(-2)).toEqual(['a3', 'a4']);
});

it('detects the encoding where the first lines did not tell it', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  appendFileSync(file, Buffer.from('\xc6\xe0\xed\xed\xe0,74950000001,101\n', 'latin1'));
  await following.look();
  expect(following.ids()).toEqual(['a1', 'Жанна']);
  expect(following.notes).toEqual([expect.stringContaining('windows-1251')]);
});

it('takes every file of a pattern, also those that come later', async () => {
  const folder = folderOf();
  const file = (day: number) => join(folder, `cdr-2026112${day}.csv`);
  writeFileSync(file(4), header + row('a1'));
  writeFileSync(file(5), header + row('b1'));
  writeFileSync(join(folder, 'cdr-latest.csv'), header + row('no'));
  const following = follow(join(folder, 'cdr-%Y%m%d.csv'));
  await following.look();
  writeFileSync(file(6), header + row('c1'));
  appendFileSync(file(5), row('b2'));
  await following.look();
  expect([...following.ids()].sort()).toEqual(['a1', 'b1', 'b2', 'c1']);
  // Files that were quiet for long are closed, and found again when they are written.
  await following.pass(600_000);
  appendFileSync(file(4), row('a2'));
  await following.look();
  appendFileSync(file(6), row('c2'));
  await following.look();
  expect([...following.ids()].sort()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
  const names = following.batches.flatMap((batch) => batch.rows.map(() => batch.file));
  expect(new Set(names)).toEqual(new Set([file(4), file(5), file(6)]));
});

it('waits for the first file of a pattern with an asterisk', async () => {
  const folder = folderOf();
  const following = follow(join(folder, 'cdr*.csv'));
  await following.look();
  expect(following.notes).toEqual([expect.stringContaining('no file of that name yet')]);
  writeFileSync(join(folder, 'cdr(1).csv'), header + row('a1'));
  await following.look();
  expect(following.ids()).toEqual(['a1']);
});

it('goes on after a restart where it stopped, also in a file that was rotated away since', async () => {
  const file = fileOf();
  writeFileSync(`${file}.3`, header + row('old'));
  utimesSync(`${file}.3`, new Date(0), new Date(0));
  writeFileSync(file, header + row('a1'));
  const first = follow(file);
  await first.look();
  const checkpoints = await first.checkpoints();
  await first.stop();
  appendFileSync(file, row('a2'));
  const second = follow(file, {}, { checkpoints });
  await second.look();
  expect(second.ids()).toEqual(['a2']);
  expect(second.table()?.sample.map(({ cells }) => cells[0])).toEqual(['a1', 'a2']);
  await second.stop();
  renameSync(file, `${file}.2`);
  writeFileSync(`${file}.1`, header + row('b1'));
  writeFileSync(file, header + row('c1'));
  const third = follow(file, {}, { checkpoints });
  await third.look(8);
  expect(third.ids()).toEqual(['a2', 'b1', 'c1']);
  await third.stop();
  unlinkSync(file);
  const fourth = follow(file, {}, { checkpoints });
  await fourth.look(8);
  expect(fourth.ids()).toEqual(['a2', 'b1']);
});

it('reads the rest of a rotated file once where a folder has its name', async () => {
  const file = fileOf(header + row('a1'));
  const first = follow(file);
  await first.look();
  const checkpoints = await first.checkpoints();
  await first.stop();
  appendFileSync(file, row('a2'));
  renameSync(file, `${file}.1`);
  mkdirSync(file);
  const second = follow(path.join(path.dirname(file), 'cdr*.csv'), {}, { checkpoints });
  await second.look(8);
  rmSync(file, { recursive: true });
  writeFileSync(file, header + row('b1'));
  await second.look(8);
  expect(second.ids()).toEqual(['a2', 'b1']);
});

it('goes on in the copy of a file that was truncated while nobody followed it', async () => {
  const file = fileOf(header + row('a1'));
  const first = follow(file);
  await first.look();
  const checkpoints = await first.checkpoints();
  await first.stop();
  appendFileSync(file, row('a2'));
  copyFileSync(file, `${file}-20261126`);
  writeFileSync(file, header + row('b1'));
  const second = follow(file, {}, { checkpoints });
  await second.look(8);
  expect(second.ids()).toEqual(['a2', 'b1']);
});

it('reads again the rows before a checkpoint that need attention', async () => {
  const file = fileOf(header + row('a1') + row('a2') + row('a3'));
  const attention = [{ offset: 13, line: 2, end: 51, lines: [2] }];
  const following = follow(
    file,
    {},
    { checkpoints: [checkpointAt(file, { offset: 70, line: 5 }, attention)] },
  );
  await following.look();
  appendFileSync(file, row('a4'));
  await following.look();
  expect(following.ids()).toEqual(['a1', 'a4']);
});

it('says of each file how it is found again, of a rotated one too, and not of one that was truncated', async () => {
  const file = fileOf(header + row('a1'));
  const following = follow(file);
  await following.look();
  renameSync(file, `${file}.1`);
  writeFileSync(file, header + row('b1'));
  await following.look(4);
  await following.pass(600_000);
  const known = await following.checkpoints();
  expect(known.map(({ fingerprint, readTo, length }) => [fingerprint?.bytes, readTo, length])).toEqual([
    [32, { offset: 32, line: 3 }, 32],
    [32, { offset: 32, line: 3 }, 32],
  ]);
  const [old, current] = known;
  expect(current?.fingerprint?.hash).not.toBe(old?.fingerprint?.hash);
  truncateSync(file);
  await following.look(4);
  expect((await following.checkpoints()).map(({ id, fingerprint }) => [id, fingerprint])).toEqual([
    [old?.id, old?.fingerprint],
    [current?.id, undefined],
  ]);
});

it('gives the lines of standard input as they come', async () => {
  const stdin = new PassThrough();
  const following = follow('-', {}, { stdin });
  stdin.write(`${header}${row('a1')}a2,7`);
  await following.look();
  expect(following.ids()).toEqual(['a1']);
  expect(following.table()).toMatchObject({ file: '-', columns });
  stdin.write(`4950000001,101\n`);
  await expect.poll(() => following.ids()).toEqual(['a1', 'a2']);
  await following.look();
  expect(following.batches.at(-1)).toMatchObject({ rows: [], caughtUp: true });
  stdin.end('a3,7495,101');
  await following.ended;
  expect(following.ids()).toEqual(['a1', 'a2', 'a3']);
});

it('stops at once when it is interrupted, wherever it is', async () => {
  const file = fileOf();
  const waiting = follow(file);
  await waiting.look();
  await waiting.stop();
  await waiting.ended;
  const stdin = follow('-', {}, { stdin: new PassThrough() });
  await stdin.stop();
  await stdin.ended;
  expect(stdin.table()?.columns).toEqual([]);
});
