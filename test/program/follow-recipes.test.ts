import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Context } from '../../src/context.js';
import { run } from '../../src/run.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.js';
import { blocksOf, pageOf } from '../docs/pages.js';
import { createClock } from '../input/following.js';
import { logLine, ringGroup } from './asterisk-log.js';
import { workdir } from './harness.js';

const seed = 1;
const callCount = 150;
/** Calls end within so many seconds; the last transferred leg and --settle come after it. */
const traffic = 600;
const afterwards = 300;
const started = Math.floor(Date.UTC(2024, 2, 5, 9, 0) / 1000);
const log = '/var/log/asterisk/cdr-csv/Master.csv';

/** The words after `amocalls` in the first line of docs/recipes.md that has this word of it. */
function recipeOf(language: string, command: string): readonly string[] {
  const lines = blocksOf(pageOf('docs/recipes.md'))
    .filter((block) => block.language === language)
    .flatMap(({ text }) => text.split('\n'));
  const line = lines.find((text) => text.includes(`amocalls ${command} ${log}`)) ?? '';
  return line.slice(line.indexOf(`${command} `)).split(' ');
}

/** Ten minutes of a PBX: each line with the second at which Asterisk writes it, the end of its channel. */
function writeTraffic(): readonly (readonly [second: number, line: string])[] {
  const calls = Array.from({ length: callCount }, (_, number) => {
    const draw = (purpose: string) => seededRandom(seed, `${number} ${purpose}`);
    const isTransferred = draw('transfer') < 0.3;
    const rows = ringGroup(number, started + Math.ceil(draw('end') * traffic), { isTransferred });
    if (draw('ring group') > 0.7) return rows.slice(3, 4);
    // The leg that a call was transferred to lasts after its root.
    return rows.map((row, at) => (at < 4 ? row : { ...row, end: row.end + Math.ceil(draw('leg') * 60) }));
  });
  return calls
    .flat()
    .map((row) => [row.end - started, logLine(row)] as const)
    .sort(([one], [other]) => one - other);
}

type Clock = Pick<Context, 'now' | 'sleep'>;

/** A clock for a run that ends while the other one stands: its sleep is over at once. */
function clockAhead({ now }: Clock): Clock {
  let slept = 0;
  return {
    now: () => now() + slept,
    async sleep(milliseconds) {
      slept += milliseconds;
      await delay(1);
    },
  };
}

/** A folder with a profile for a sandbox of its own, and how amocalls runs there. */
async function host(clock: Clock) {
  const sandbox = await startSandbox({ ...clock, maxPerSecond: 1000 });
  const { code, key, accountId } = sandbox.credentials;
  const values = { code, key, account_id: accountId, base_url: sandbox.url };
  const cwd = workdir({ 'config.json': JSON.stringify({ profiles: { main: values } }) });
  const env = {
    AMOCALLS_CONFIG: path.join(cwd, 'config.json'),
    AMOCALLS_LEDGER: path.join(cwd, 'ledger.db'),
  };
  const amocalls = async (args: readonly string[], own: Clock, interrupt = new AbortController().signal) => {
    const printed = { stdout: '', stderr: '' };
    const collect = (name: keyof typeof printed) => {
      const stream = new PassThrough().setEncoding('utf8').on('data', (text: string) => {
        printed[name] += text;
      });
      return { stream, isTTY: false, columns: 80 };
    };
    const stdin = new PassThrough();
    stdin.end();
    const context: Context = {
      ...own,
      cwd,
      env,
      homedir: cwd,
      user: undefined,
      interrupt,
      stdin,
      stdout: collect('stdout'),
      stderr: collect('stderr'),
      random: Math.random,
      processName: 'recipe',
      seeProcess: () => 'gone',
      licenses: () => Promise.resolve(''),
      hide: () => undefined,
    };
    return { exit: await run(args, context), ...printed };
  };
  return { sandbox, amocalls, held: () => heldBy(sandbox) };
}

/** What a sandbox holds, call by call, but for how each arrived. */
function heldBy(sandbox: Sandbox): readonly object[] {
  return sandbox
    .calls()
    .map(({ request: _, ...call }) => call)
    .sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
}

test('ten minutes of the recipes, cron and follow, give what one import of the whole log gives', async () => {
  const file = path.join(workdir({ 'Master.csv': '' }), 'Master.csv');
  const as = (words: readonly string[]) => words.map((word) => (word === log ? file : word));
  const [cronLine, service] = [as(recipeOf('crontab', 'import')), as(recipeOf('ini', 'follow'))];
  expect([cronLine[1], service[1]]).toEqual([file, file]);

  const clock = createClock(started * 1000);
  const [cron, live, whole] = [await host(clock), await host(clock), await host(clock)];
  const interrupt = new AbortController();
  const following = live.amocalls(service, clock, interrupt.signal);
  const lines = [...writeTraffic()];
  for (let second = 0; second <= traffic + afterwards; second++) {
    while (lines[0] !== undefined && lines[0][0] <= second) appendFileSync(file, lines.shift()?.[1] ?? '');
    if (second % 60 === 0) {
      const { exit, stdout, stderr } = await cron.amocalls(cronLine, clockAhead(clock));
      expect([exit, stdout, stderr]).toEqual([0, '', '']);
    }
    // What was written, and what was answered, is seen within this second.
    await delay(10);
    clock.advance(1000);
  }
  expect(lines).toEqual([]);
  interrupt.abort('SIGTERM');
  const { exit, stderr } = await following;
  expect(exit, stderr).toBe(143);

  const import_ = ['import', file, '--preset', 'asterisk', '--timezone', 'UTC'];
  expect((await whole.amocalls(import_, clockAhead(clock))).exit).toBe(0);
  expect(whole.held()).toHaveLength(callCount);
  expect(live.held()).toEqual(whole.held());
  expect(cron.held()).toEqual(whole.held());
  expect(readFileSync(file, 'utf8').split('\n').length).toBeGreaterThan(callCount * 3);
}, 180_000);
