import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { amocalls, calls, csv, service, workdir } from './harness.js';

test('an unattended run reports a problem once; a person sees it each time; history lists it', async () => {
  const { env } = await service();
  const hidden = ['hidden', 'anonymous', '101', '1700000000', 'inbound', '0'];
  const cwd = workdir({ 'Master.csv': csv([...calls(3), [...hidden, ...(calls(1)[0] ?? []).slice(6)]]) });
  const run = (...flags: readonly string[]) =>
    amocalls(['import', 'Master.csv', '--rate', '0', ...flags], { cwd, env });

  const first = await run('--quiet');
  expect([first.code, first.stdout.includes('hidden number')]).toEqual([3, true]);
  const second = await run('--quiet');
  expect([second.code, second.stdout, second.stderr]).toEqual([0, '', '']);
  const person = await run();
  expect([person.code, person.stdout.includes('hidden number')]).toEqual([3, true]);

  appendFileSync(path.join(cwd, 'Master.csv'), 'other,withheld,101,1700000001,inbound,0\n');
  const third = await run('--quiet');
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
  expect(await run('import', 'Master.csv', '--quiet')).toMatchObject({ code: 0, stdout: '' });
});

test('a file that is read whole each time reports its problems once too', async () => {
  const { env } = await service();
  const cwd = workdir({
    'calls.json': JSON.stringify([
      { uuid: 'a', caller: 'anonymous', to: '101', date: 1_700_000_000, type: 'inbound', billsec: 0 },
    ]),
  });
  const run = () => amocalls(['import', 'calls.json', '--quiet'], { cwd, env });
  expect((await run()).code).toBe(3);
  expect(await run()).toMatchObject({ code: 0, stdout: '' });
});
