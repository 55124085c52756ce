import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { Row } from '../../src/core/row.js';
import { fileIdAt } from '../../src/input/follow/glob.js';
import { readTable } from '../../src/input/open.js';
import { fileOf, fixtures, read, readText } from './harness.js';

const csv = 'uuid,caller,to\na1,74950000001,101\na2,74950000002,102\n';
const rows = [
  ['a1', '74950000001', '101'],
  ['a2', '74950000002', '102'],
];
const stdin = (...chunks: (string | Buffer)[]) => ({
  stdin: Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
});

it('reads a file relative to the folder it was named in', async () => {
  const { table } = await read('input-cr-only.csv', {}, { cwd: fixtures });
  expect(table).toMatchObject({ file: 'input-cr-only.csv', size: 53 });
});

it.each([
  ['a missing file', () => read('nowhere.csv'), 'nowhere.csv: no such file'],
  ['a folder', () => read(tmpdir()), 'is a folder, not a file'],
  ['an empty file', () => readText(''), 'is empty'],
  ['a file of blanks', () => readText('\ufeff \n\n'), 'is empty'],
  ['empty standard input', () => read('-', {}, stdin()), 'standard input: is empty'],
  ['a cut .xlsx', () => readText(Buffer.from('PK\x03\x04rest')), 'the workbook is damaged'],
  [
    'an .xlsx that is said to be CSV',
    () => readText(Buffer.from('PK\x03\x04rest'), { format: 'csv' }),
    'an Excel workbook (.xlsx)',
  ],
  ['an old .xls', () => readText(Buffer.from('d0cf11e0a1b11ae1', 'hex')), 'an old Excel workbook'],
  ['HTML', () => readText('\ufeff\n <!DOCTYPE html><table>'), 'a web page'],
  ['an Excel XML', () => readText('<?xml version="1.0"?><Workbook/>'), 'a web page'],
  [
    'an unknown encoding',
    () => readText(csv, { encoding: 'koi-9' }),
    '--encoding koi-9: is not a known encoding',
  ],
])('says in a sentence what is wrong with %s', async (_, reading, message) => {
  const error = await reading().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({
    message: expect.stringContaining(message),
    exitCode: 2,
    hint: expect.any(String),
  });
});

it('takes an empty file for a log without calls where no header is needed, with a word', async () => {
  const { cells, notes, table } = await readText('', { columns: ['uuid', 'caller', 'to'] });
  expect([cells, table.columns]).toEqual([[], []]);
  expect(notes).toEqual([expect.stringContaining('is empty, so there are no calls yet')]);
});

it('closes standard input where it is refused, so that its writer does not wait', async () => {
  const pipe = new PassThrough();
  pipe.write(`<!DOCTYPE html>${' '.repeat(300_000)}`);
  await expect(read('-', {}, { stdin: pipe })).rejects.toThrow('a web page');
  expect(pipe.destroyed).toBe(true);
});

it('tells how to save a spreadsheet as CSV', async () => {
  await expect(readText(Buffer.from('d0cf11e0a1b11ae1', 'hex'))).rejects.toMatchObject({
    hint: expect.stringContaining('CSV UTF-8'),
  });
});

it('says so where a file may not be read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'calls.csv');
  writeFileSync(file, csv);
  chmodSync(folder, 0o755);
  chmodSync(file, 0);
  // The superuser may read everything: for this reading, it is nobody.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(read(file)).rejects.toThrow('permission denied');
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

it('does not open a named pipe to identify it: its writer would lose its reader', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  execFileSync('mkfifo', [join(folder, 'calls')]);
  expect(await fileIdAt(join(folder, 'calls'))).toBeUndefined();
}, 5000);

it('opens gzip by its first bytes, whatever the file is called', async () => {
  const { cells, table, batches } = await readText(zlib.gzipSync(csv), {}, 'calls.csv');
  expect(cells).toEqual(rows);
  expect(batches.every((batch) => batch.next === undefined)).toBe(true);
  expect(batches.at(-1)?.bytesRead).toBe(table.size);
});

it('opens gzip from standard input, byte by byte', async () => {
  const bytes = [...zlib.gzipSync(csv)].map((byte) => Buffer.from([byte]));
  expect((await read('-', {}, stdin(...bytes))).cells).toEqual(rows);
});

it('reads every member of a gzip file', async () => {
  const [head = '', ...rest] = csv.split(/(?<=\n)/);
  const members = Buffer.concat([zlib.gzipSync(head), ...rest.map((line) => zlib.gzipSync(line))]);
  expect((await readText(members, {}, 'calls.csv.gz')).cells).toEqual(rows);
});

it('reads a compressed file twice', async () => {
  const { table } = await readText(zlib.gzipSync(csv), {}, 'calls.gz');
  const again = [];
  for await (const batch of table.rescan?.() ?? []) again.push(...batch.rows.map((row) => row.cells));
  expect(again).toEqual(rows);
});

it('says so where a gzip file is cut or damaged', async () => {
  const packed = zlib.gzipSync(csv.repeat(50));
  await expect(readText(packed.subarray(0, packed.length - 10))).rejects.toThrow('the gzip data is damaged');
  const damaged = Buffer.from(packed);
  damaged.fill(0xff, 20, 30);
  await expect(readText(damaged)).rejects.toThrow('the gzip data is damaged');
});

it('opens zstd where Node can, and says what to do where it cannot', async () => {
  const packed = Buffer.from(
    'KLUv/QRYdQEAVAJ1dWlkLGNhbGxlcix0bwphMSw3NDk1MDEsMTAxCmEyMiwxMDIKAgA2jb9AE76cMAA=',
    'base64',
  );
  const reading = readText(packed, {}, 'calls.csv.zst');
  if ('createZstdDecompress' in zlib) await expect(reading.then(({ cells }) => cells)).resolves.toEqual(rows);
  else
    await expect(reading).rejects.toMatchObject({
      message: expect.stringContaining('zstd'),
      hint: expect.stringContaining('22.15'),
    });
});

it('reads a pipe that has a name, which can be opened only once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-pipe-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'calls');
  execFileSync('mkfifo', [pipe]);
  const reading = read(pipe);
  spawn('sh', ['-c', `printf '${csv.replaceAll('\n', '\\n')}' > ${pipe}`]);
  const { cells, table } = await reading;
  expect(cells).toEqual(rows);
  expect(table.rescan).toBeUndefined();
});

it('stops without an error when it is interrupted, and leaves out what the interruption cut', async () => {
  const stop = new AbortController();
  const slow = new PassThrough();
  slow.write(`uuid,caller,to\n${'a1,74950000001,101\n'.repeat(20_000)}cut,7495`);
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  const table = await readTable('-', {}, { stdin: slow, cwd: '/', note, signal: stop.signal });
  const got: Row[] = [];
  for await (const batch of table.batches) {
    got.push(...batch.rows);
    stop.abort('SIGINT');
  }
  expect(got.length).toBeGreaterThan(0);
  expect(got.every((row) => row.cells.length === 3)).toBe(true);
  expect(notes).toEqual([]);
});

it('opens nothing more once it is interrupted', async () => {
  const { rows: got, table } = await read(fileOf(csv), {}, { signal: AbortSignal.abort('SIGINT') });
  expect(got).toEqual([]);
  expect(table.sample).toEqual([]);
});

it('closes the file when the reader has enough', async () => {
  const file = fileOf(`a,b,c\n${'1,2,3\n'.repeat(200_000)}`);
  const before = tenthDescriptor(file);
  for (let round = 0; round < 5; round++) {
    const table = await readTable(file, {}, { stdin: Readable.from([]), cwd: '/', note: () => undefined });
    for await (const _ of table.batches) break;
  }
  await expect.poll(() => tenthDescriptor(file)).toBe(before);
});

/** Descriptors are given out lowest first: files left open raise the tenth one. */
function tenthDescriptor(file: string): number {
  const descriptors = Array.from({ length: 10 }, () => openSync(file, 'r'));
  for (const descriptor of descriptors) closeSync(descriptor);
  return Math.max(...descriptors);
}
