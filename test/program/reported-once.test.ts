import { appendFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDriver } from '../../src/ledger/sqlite/driver.js';
import { amocalls, calls, csv, service, workdir } from './harness.js';

test('an unattended run reports a problem once; a person sees it each time; history lists it', async () => {
  const { env } = await service();
  const hidden = ['hidden', 'anonymous', '101', '1700000000', 'inbound', '0'];
  const cwd = workdir({ 'Master.csv': csv([...calls(3), [...hidden, ...(calls(1)[0] ?? []).slice(6)]]) });
  const run = (...flags: readonly string[]) =>
    amocalls(['import', 'Master.csv', '--rate', '0', ...flags], { cwd, env });

  const first = await run('--unattended');
  expect([first.code, first.stdout.includes('hidden number')]).toEqual([3, true]);
  const second = await run('--unattended');
  expect([second.code, second.stdout, second.stderr]).toEqual([0, '', '']);
  const person = await run();
  expect([person.code, person.stdout.includes('hidden number')]).toEqual([3, true]);

  appendFileSync(path.join(cwd, 'Master.csv'), 'other,withheld,101,1700000001,inbound,0\n');
  const third = await run('--unattended');
  expect(third.code).toBe(3);
  expect(third.stdout).toContain('other');
  expect(third.stdout).not.toContain('hidden  ');

  const history = await amocalls(['history', '--problems', '--output', 'json'], { cwd, env });
  expect(JSON.parse(history.stdout).problems).toMatchObject([
    { uuid: 'hidden', line: 5 },
    { uuid: 'other', line: 6 },
  ]);
});

test('what a person saw is listed too, and is no news for the unattended run after it', async () => {
  const { env } = await service();
  const cwd = workdir({
    'Master.csv': csv([...calls(2), ['hidden', 'anonymous', ...(calls(1)[0] ?? []).slice(2)]]),
  });
  const run = (...flags: readonly string[]) => amocalls([...flags], { cwd, env });
  for (const _ of [1, 2]) expect((await run('import', 'Master.csv')).stdout).toContain('hidden number');
  const history = await run('history', '--problems', '--output', 'json');
  expect(JSON.parse(history.stdout).problems).toMatchObject([{ uuid: 'hidden', line: 4 }]);
  expect(await run('import', 'Master.csv', '--unattended')).toMatchObject({ code: 0, stdout: '' });
});

test('a file that is read whole each time reports its problems once too', async () => {
  const { env } = await service();
  const cwd = workdir({
    'calls.json': JSON.stringify([
      { uuid: 'a', caller: 'anonymous', to: '101', date: 1_700_000_000, type: 'inbound', billsec: 0 },
    ]),
  });
  const run = () => amocalls(['import', 'calls.json', '--unattended'], { cwd, env });
  expect((await run()).code).toBe(3);
  expect(await run()).toMatchObject({ code: 0, stdout: '' });
});

describe('--quiet', () => {
  const hidden = ['hidden', 'anonymous', '101', '1700000000', 'inbound', '0', ''];
  const log = csv([...calls(2), hidden]);

  /** A folder with a log in it, and what imports it. */
  async function place() {
    const { env } = await service();
    const cwd = workdir({ 'Master.csv': log });
    const run = (...args: readonly string[]) => amocalls(args, { cwd, env });
    const commands = async () => {
      const { stdout } = await run('history', '--output', 'json');
      return JSON.parse(stdout).runs.map(({ command }: { command: string }) => command);
    };
    return {
      cwd,
      run,
      commands,
      imports: (...flags: readonly string[]) => run('import', 'Master.csv', ...flags),
    };
  }

  test('only silences: each problem is reported each time, stdout is the same', async () => {
    const { imports, commands } = await place();
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await imports('-q');
      expect([code, stderr]).toEqual([3, '']);
      expect(stdout).toContain('hidden number');
      expect(stdout).toContain('3 read');
    }
    expect(await commands()).toEqual(['import', 'import']);
  });

  test('acts as --unattended too where an unattended run left a checkpoint, which history says once', async () => {
    const { imports, commands } = await place();
    expect((await imports('--unattended')).code).toBe(3);
    expect((await imports()).code).toBe(3);
    for (const _ of [1, 2]) expect(await imports('-q')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const said = 'import, -q taken as --unattended';
    expect(await commands()).toEqual(['import', said, 'import', 'import']);
  });

  test('acts so where an older release left a checkpoint, after a rotation too', async () => {
    const { cwd, imports, commands } = await place();
    await imports();
    const { DatabaseSync } = await loadDriver();
    const ledger = new DatabaseSync(path.join(cwd, 'state', 'amocalls', 'ledger.db'));
    const { dev, ino } = statSync(path.join(cwd, 'Master.csv'));
    ledger.exec(
      `DELETE FROM checkpoints WHERE file NOT LIKE '%.csv %'; UPDATE checkpoints SET file = '${dev}:${ino}', reading = '["0.1.0"]'`,
    );
    ledger.close();
    expect(await imports('-q')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    renameSync(path.join(cwd, 'Master.csv'), path.join(cwd, 'Master.csv.1'));
    writeFileSync(path.join(cwd, 'Master.csv'), log);
    expect(await imports('-q')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect((await commands()).filter((command: string) => command.includes('-q'))).toHaveLength(1);
  });
});

test('a profile may say that its runs are unattended; a person says that they look', async () => {
  const { env } = await service();
  const bad = { uuid: 'a', caller: 'anonymous', to: '101', date: 1_700_000_000, type: 'inbound', billsec: 0 };
  const profile = 'profiles: { main: { unattended: true, timezone: UTC } }\n';
  const cwd = workdir({ 'calls.json': JSON.stringify([bad]), '.amocallsrc': profile });
  const imports = (...flags: readonly string[]) => amocalls(['import', 'calls.json', ...flags], { cwd, env });
  expect((await imports()).code).toBe(3);
  expect(await imports()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect((await imports('--no-unattended')).code).toBe(3);
  expect((await imports('--dry-run')).stdout).toContain('hidden number');
});

test('an unattended add prints nothing while all is well', async () => {
  const { env, sandbox } = await service();
  const call = ['--caller', '74950000001', '--to', '101', '--type', 'inbound', '--billsec', '0'];
  expect(await amocalls(['add', ...call, '--unattended'], { cwd: workdir(), env })).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(sandbox.calls()).toHaveLength(1);
});
