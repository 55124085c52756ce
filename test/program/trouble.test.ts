import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needs } from '../setup/needs.js';
import { amocalls, calls, csv, service, startProgram, workdir } from './harness.js';

const command = ['import', 'calls.csv', '--rate', '0', '--output', 'json'];

describe('the intent to send', () => {
  needs('strace');

  test('is synced to the disk before the first byte of the request leaves', async () => {
    const { env } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const watch = [
      '-f',
      '-y',
      '-s',
      '8192',
      '-o',
      'trace',
      '-e',
      'trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg',
    ];
    const { code, stderr } = await amocalls(command, { cwd, env, under: ['strace', ...watch] });
    expect(code, stderr).toBe(0);
    const lines = readFileSync(path.join(cwd, 'trace'), 'utf8').split('\n');
    const request = lines.findIndex((line) => line.includes('"POST /api/calls/add/'));
    const before = lines.slice(0, request);
    const intent = before.findLastIndex(
      (line) => /pwrite64\(\d+<[^>]*ledger\.db-wal>/.test(line) && line.includes('call-0'),
    );
    const sync = before.findLastIndex((line) => /f(data)?sync\(\d+<[^>]*ledger\.db-wal>/.test(line));
    expect(intent).toBeGreaterThan(0);
    expect(sync).toBeGreaterThan(intent);
  });
});

interface Refused {
  readonly code: number | null;
  readonly stderr: string;
}

/** Nothing was sent, the error names the ledger and says what to do. */
function expectRefusal({ code, stderr }: Refused, requests: number, message: RegExp): void {
  const failures = stderr.split('\n').filter((line) => line.startsWith('{'));
  expect(failures.length, stderr).toBe(1);
  const { error } = JSON.parse(failures[0] ?? '');
  expect(error).toMatchObject({ message: expect.stringMatching(message), hint: expect.any(String), exit: 2 });
  expect([code, requests]).toEqual([2, 0]);
}

/** A file system of its own, too small for a ledger that grows; only root can have one. */
function tinyDisk(): string | undefined {
  const folder = path.join(workdir(), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

describe('a ledger that cannot be used', () => {
  test('on a disk without room: nothing is sent', async ({ skip }) => {
    const disk = tinyDisk();
    if (disk === undefined) return skip('only root can mount a disk that is too small');
    const { sandbox, env } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(30)), 'none.csv': csv([]) });
    const ledger = path.join(disk, 'ledger.db');
    await amocalls(['import', 'none.csv', '--ledger', ledger], { cwd, env });
    expect(existsSync(ledger)).toBe(true);
    spawnSync('dd', ['if=/dev/zero', `of=${disk}/filler`, 'bs=1k']);
    const refused = await amocalls([...command, '--ledger', ledger], { cwd, env });
    expectRefusal(
      refused,
      sandbox.totals().requests,
      /ledger\.db: the disk (is full|refuses to read or write it)$/,
    );

    rmSync(path.join(disk, 'filler'));
    const { code } = await amocalls([...command, '--ledger', ledger], { cwd, env });
    expect(code).toBe(0);
  });

  test('that may not grow: nothing is sent', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(30)) });
    const script = `ulimit -f 1; trap '' XFSZ; exec "$0" "$@"`;
    const run = await amocalls(command, { cwd, env, under: ['bash', '-c', script] });
    expectRefusal(run, sandbox.totals().requests, /the disk refuses to read or write it$/);
  });

  test('because its folder is a file: nothing is sent', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)), state: 'a file' });
    const refused = await amocalls(command, { cwd, env });
    expectRefusal(refused, sandbox.totals().requests, /cannot be opened$/);
  });

  test('because it is damaged, or no ledger: nothing is sent, nothing is changed', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)), 'my.db': 'some text\n'.repeat(500) });
    const refused = await amocalls([...command, '--ledger', 'my.db'], { cwd, env });
    expectRefusal(refused, sandbox.totals().requests, /my\.db: is damaged or is not a ledger$/);
    expect(readFileSync(path.join(cwd, 'my.db'), 'utf8')).toBe('some text\n'.repeat(500));
  });

  test('because its pages are broken: nothing is sent', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)), 'none.csv': csv([]) });
    // Only the end of a process is sure to fold the log of the database into its file.
    await startProgram(['import', 'none.csv', '--ledger', 'my.db'], { cwd, env });
    const bytes = readFileSync(path.join(cwd, 'my.db'));
    writeFileSync(path.join(cwd, 'my.db'), bytes.fill(0xa5, 100));
    const refused = await amocalls([...command, '--ledger', 'my.db'], { cwd, env });
    expectRefusal(refused, sandbox.totals().requests, /is damaged or is not a ledger$/);
  });
});
