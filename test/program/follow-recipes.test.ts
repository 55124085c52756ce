import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import type { Sandbox } from '../../src/sandbox/server.js';
import { logLine, ringGroup } from './asterisk-log.js';
import { eventually, follow } from './following.js';
import { amocalls, service, workdir } from './harness.js';

const seed = 1;
const callCount = 30;
/** In real time: the calls begin within this, and the rows of one call are written within that; milliseconds. */
const traffic = 8000;
const spread = 800;
/** Longer than the rows of a call take, and the second that a time in the log leaves out. */
const recipe = ['--preset', 'asterisk', '--timezone', 'UTC', '--settle', '4s'];

/** Writes the rows of many calls one after the other, calls among each other; resolves when all are written. */
async function writeTraffic(log: string): Promise<void> {
  const all: Promise<void>[] = [];
  for (let number = 1; number <= callCount; number++) {
    const draw = (purpose: string) => seededRandom(seed, `${number} ${purpose}`);
    all.push(
      after(draw('begin') * traffic, async () => {
        const isTransferred = draw('transfer') < 0.3;
        const rows = ringGroup(number, Math.floor(Date.now() / 1000), { isTransferred });
        const written = draw('ring group') < 0.7 ? rows : rows.slice(3, 4);
        for (const row of written) {
          appendFileSync(log, logLine(row));
          await after((draw(row.uniqueid) * spread) / rows.length, () => undefined);
        }
      }),
    );
  }
  await Promise.all(all);
}

function after(milliseconds: number, then: () => void | Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => Promise.resolve(then()).then(resolve, reject), milliseconds);
  });
}

/** What a sandbox holds, call by call, but for how and when each arrived. */
function heldBy(sandbox: Sandbox): readonly object[] {
  return sandbox
    .calls()
    .map(({ request: _, ...call }) => call)
    .sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
}

test('the recipes of the README, cron and follow, give what one import of the whole log gives', async () => {
  const cwd = workdir({ 'Master.csv': '' });
  const log = path.join(cwd, 'Master.csv');
  const [cron, live, whole] = [await service(), await service(), await service()];
  const ledger = (name: string) => ['--ledger', path.join(cwd, `${name}.db`)];
  const running = follow(['Master.csv', ...recipe, ...ledger('live')], { cwd, env: live.env });
  let minutes = 0;
  /** One line of the crontab, at a simulated minute. */
  async function runCron() {
    const args = ['import', 'Master.csv', ...recipe, '--rate', '0', '--quiet', ...ledger('cron')];
    const { code, stdout, stderr } = await amocalls(args, { cwd, env: cron.env });
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    minutes += 1;
  }

  appendFileSync(log, logLine(ringGroup(0, Math.floor(Date.now() / 1000))[3] ?? never()));
  let isWriting = true;
  const writing = writeTraffic(log).finally(() => {
    isWriting = false;
  });
  while (isWriting) await runCron();
  await writing;
  await eventually(async () => {
    await runCron();
    expect(cron.sandbox.calls()).toHaveLength(callCount + 1);
    expect(live.sandbox.calls()).toHaveLength(callCount + 1);
  });
  const { code, stderr } = await running.stop();
  expect(code, stderr).toBe(143);

  const args = ['import', 'Master.csv', ...recipe, '--settle', '0', '--rate', '0', ...ledger('whole')];
  expect((await amocalls(args, { cwd, env: whole.env })).code).toBe(0);
  expect(heldBy(whole.sandbox)).toHaveLength(callCount + 1);
  expect(heldBy(live.sandbox)).toEqual(heldBy(whole.sandbox));
  expect(heldBy(cron.sandbox)).toEqual(heldBy(whole.sandbox));
  expect(minutes).toBeGreaterThan(3);
  expect(readFileSync(log, 'utf8').split('\n').length).toBeGreaterThan(callCount * 3);
}, 180_000);

function never(): never {
  throw new Error('a ring group has a root');
}
