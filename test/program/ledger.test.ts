import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadDriver } from '../../src/ledger/sqlite/driver.js';
import { openLedgerStore } from '../../src/ledger/store.js';
import { amocalls, calls, csv, runsOnNode, service, startProgram, workdir } from './harness.js';

test('a ledger that another process has locked is named, nothing is sent, and no file is left open', async () => {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'calls.csv': csv(calls(3)) });
  await amocalls(['history', '--ledger', 'ledger.db'], { cwd, env });
  const { DatabaseSync } = await loadDriver();
  const other = new DatabaseSync(path.join(cwd, 'ledger.db'));
  onTestFinished(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  const { code, stderr } = await amocalls(['import', 'calls.csv', '--ledger', 'ledger.db'], { cwd, env });
  expect([code, sandbox.requests().length]).toEqual([2, 0]);
  expect(stderr).toBe(
    `error: ledger ${path.join(cwd, 'ledger.db')}: another process has it locked\n` +
      'hint: Wait until that process has ended, or name another file with --ledger.\n',
  );
}, 30_000);

test('a new ledger is pointed out where calls may have been sent before, and not in practice', async () => {
  const { env } = await service();
  const cwd = workdir({ 'calls.csv': csv(calls(1)) });
  const run = async (...flags: readonly string[]) =>
    (await amocalls(['import', 'calls.csv', ...flags], { cwd, env })).stderr;
  expect(await run('--ledger', 'first.db')).toContain('a new ledger was created');
  expect(await run('--ledger', 'second.db', '--sandbox')).not.toContain('a new ledger');
});

test('the database of another program is refused by every command, and left as it is', async () => {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'calls.csv': csv(calls(3)) });
  const name = path.join(cwd, 'cdr.db');
  const { DatabaseSync } = await loadDriver();
  const other = new DatabaseSync(name);
  other.exec('CREATE TABLE cdr (a)');
  other.close();
  const before = readFileSync(name);
  for (const command of [['import', 'calls.csv'], ['history'], ['doctor']]) {
    const { code, stdout, stderr } = await amocalls([...command, '--ledger', 'cdr.db'], { cwd, env });
    expect([code, stdout + stderr]).toEqual([
      command[0] === 'doctor' ? 3 : 2,
      expect.stringContaining('is a database of another program'),
    ]);
  }
  expect(sandbox.requests()).toEqual([]);
  expect(readFileSync(name)).toEqual(before);
});

test.each([
  'pg://u:sesame@h/db',
  'mysql://u:sesame@h/db',
  'postgres:/u:sesame@h/db',
  'sqlite://h/db?password=sesame',
])('an address that is not known is refused, and is no file: %s', async (ledger) => {
  const cwd = workdir({ 'calls.csv': csv(calls(1)) });
  const { code, stderr, stdout } = await amocalls(['history'], { cwd, env: { AMOCALLS_LEDGER: ledger } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('is not an address that amocalls knows')]);
  expect(stdout + stderr).not.toContain('sesame');
  expect(readdirSync(cwd)).toEqual(['calls.csv']);
});

const fast = ['--rate', '0', '--output', 'json'];
const fastClock = `--require ${JSON.stringify(fileURLToPath(new URL('../setup/fast-clock.cjs', import.meta.url)))}`;

test('a process that is stopped in the middle of a request holds up the next run for 60 s at most', async ({
  skip,
}) => {
  skip(!runsOnNode, 'the executable takes no NODE_OPTIONS, which would set its clock');
  const { env, sandbox } = await service({
    faults: { 'timeout-after': 1 },
    onRequest: () => stopped.child.kill('SIGSTOP'),
  });
  const cwd = workdir({ 'calls.csv': csv(calls(3)) });
  const stopped = startProgram(['import', 'calls.csv', ...fast], { cwd, env });
  onTestFinished(() => {
    stopped.child.kill('SIGKILL');
  });
  await expect.poll(() => sandbox.requests().length, { timeout: 10_000 }).toBe(1);
  const next = await amocalls(['import', 'calls.csv', ...fast], {
    cwd,
    env: { ...env, NODE_OPTIONS: fastClock },
  });
  expect([next.code, sandbox.requests().length]).toEqual([0, 1]);
  const { calls: outcomes, summary } = JSON.parse(next.stdout);
  expect(summary).toMatchObject({ read: 3, waiting: 3 });
  expect(outcomes[0].reasons).toEqual([
    'another process has been sending this call for 60 s; the next run tries again',
  ]);
}, 30_000);

describe('a call that changed after it was sent', () => {
  const [row = []] = calls(1);
  const changedRow = row.map((cell, at) => (at === 5 ? 17 : cell));

  async function changed() {
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv([row]), 'later.csv': csv([changedRow]) });
    const run = (...args: readonly string[]) => amocalls(args, { cwd, env });
    expect((await run('import', 'calls.csv', ...fast)).code).toBe(0);
    return { run, sandbox };
  }

  test('is reported once as a warning, and each time as a duplicate that changed', async () => {
    const { run, sandbox } = await changed();
    const first = await run('import', 'later.csv', ...fast);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('warning: call-0: changed since it was sent: talk time 0 s, now 17 s\n');
    expect(JSON.parse(first.stdout).summary).toMatchObject({ duplicate: 1, changed: 1 });
    const table = await run('import', 'later.csv', '--rate', '0');
    expect(table.stdout).toContain('changed since it was sent: talk time 0 s, now 17 s');
    expect(table.stdout).toContain('1 read: 1 duplicate (1 changed since sent)');
    expect(table.stderr).not.toContain('changed since');
    expect(sandbox.requests().length).toBe(1);
  });

  test('is listed by history --changed, until --resend-changed sends it again', async () => {
    const { run, sandbox } = await changed();
    expect((await run('history', '--changed')).stdout).toBe('No changed calls.\n');
    await run('import', 'later.csv', ...fast);
    const listed = JSON.parse((await run('history', '--changed', '--output', 'json')).stdout);
    expect(listed.calls).toMatchObject([
      { uuid: 'call-0', status: 'accepted', billsec: 0, changed: { billsec: 17, at: expect.any(Number) } },
    ]);
    expect((await run('history', '--changed')).stdout).toContain('talk time 0 s, now 17 s');
    const again = await run('import', 'later.csv', '--resend-changed', ...fast);
    expect(JSON.parse(again.stdout).summary).toMatchObject({ accepted: 1, changed: 0 });
    expect(sandbox.requests().map(({ uuids }) => uuids)).toEqual([['call-0'], ['call-0']]);
    expect((await run('history', '--changed')).stdout).toBe('No changed calls.\n');
  });
});

test('history --problems lists what was reported, with file, line and reason', async () => {
  const cwd = workdir();
  const show = (...args: readonly string[]) =>
    amocalls(['history', '--ledger', 'ledger.db', '--problems', ...args], { cwd });
  expect((await show()).stdout).toBe('No problems.\n');
  const store = await openLedgerStore(path.join(cwd, 'ledger.db'), {
    now: () => 1_700_000_000_000,
    processName: 'a process',
    seeProcess: () => 'gone',
  });
  const run = await store.beginRun(
    { command: 'import', profile: undefined, files: [], isEndless: false },
    { address: 'http://127.0.0.1', code: 'c' },
  );
  const reasons = ['caller: "anonymous" is a hidden number'];
  await run.reportProblems('/var/log/cdr.csv', 'r', [
    { content: 1, status: 'invalid', uuid: 'a', account: '1', reasons, line: 4 },
  ]);
  await store.close();
  const problem = { file: '/var/log/cdr.csv', line: 4, status: 'invalid', uuid: 'a', account_id: '1' };
  expect(JSON.parse((await show('--output', 'json')).stdout).problems).toMatchObject([
    { ...problem, reasons },
  ]);
  expect(JSON.parse((await show('--output', 'ndjson')).stdout)).toMatchObject(problem);
  const table = (await show()).stdout;
  expect(table).toMatch(
    /invalid +a +\/var\/log\/cdr\.csv:4 +2023-11-14 22:13:20 UTC +caller: "anonymous" is a hidden/,
  );
  const together = await show('--changed');
  expect([together.code, together.stderr]).toEqual([
    2,
    expect.stringContaining('only one of them can be given'),
  ]);
});
