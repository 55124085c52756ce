import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { calls, csv, service, workdir } from '../program/harness.js';
import { runHere } from '../setup/in-process.js';

const minute = 60_000;

/** A service of v4 with faults, and runs of one ledger against it; their clock moves when somebody sleeps, or when it is moved. */
async function account(fault: Parameters<typeof service>[0]) {
  const clock = { at: Date.parse('2026-03-02T09:00:00Z') };
  const { sandbox, env } = await service({ api: 'v4', now: () => clock.at, ...fault });
  const cwd = workdir({ 'calls.csv': csv(calls(40)) });
  const run = async (...args: readonly string[]) => {
    const output = args[0] === 'doctor' ? [] : ['--output', 'ndjson', '--rate', '0'];
    const ended = await runHere([...args, ...output], {
      cwd,
      homedir: cwd,
      env,
      now: () => clock.at,
      async sleep(milliseconds, signal) {
        await new Promise((resolve) => setImmediate(resolve));
        if (!signal?.aborted) clock.at += milliseconds;
      },
    });
    const lines: {
      status: string;
      uuid: string;
      via?: string;
      reasons?: string[];
      summary?: Record<string, number>;
    }[] = ended.stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    const summary = lines.find((line) => line.summary !== undefined)?.summary ?? {};
    return { ...ended, lines, summary };
  };
  return { clock, sandbox, cwd, run };
}

const importCalls = ['import', 'calls.csv', '--chunk-size', '4', '--concurrency', '1'];

describe('a run of v4 whose answers are lost', () => {
  test('looks for the calls at its end, and has none in doubt where their notes are there', async () => {
    const { run, sandbox } = await account({ faults: { 'close-after': 0.25 }, seed: 3 });
    const { code, summary, lines, stderr } = await run(...importCalls);
    expect(summary).toMatchObject({ read: 40, accepted: 40, unconfirmed: 0 });
    expect(code).toBe(0);
    const found = lines.filter(({ via }) => via === 'found');
    expect(found.length).toBeGreaterThan(0);
    expect(stderr).toContain(`calls without an answer: ${found.length}; amocalls looks for them in 5 min`);
    expect(stderr).toContain(`${found.length} of ${found.length} were found, and are accepted`);
    expect(sandbox.calls().length).toBe(40);
  });

  test('has all of them in doubt where their notes are not there, and says so each time', async () => {
    const { run, sandbox } = await account({ faults: { forget: 0.25 }, seed: 3 });
    const { code, summary, lines } = await run(...importCalls);
    const left = 40 - sandbox.calls().length;
    expect([code, summary['unconfirmed'], summary['accepted']]).toEqual([3, left, 40 - left]);
    expect(left).toBeGreaterThan(0);
    for (const { status, reasons } of lines) {
      if (status === 'unconfirmed') expect(reasons?.at(-1)).toBe('no note of this call was found');
    }
    expect((await run(...importCalls)).summary).toMatchObject({ duplicate: 40 - left, unconfirmed: left });
  });

  test('sends again what the look did not find, where the user decided so, and nothing else', async () => {
    const { run, sandbox } = await account({ faults: { forget: 0.2, unnamed: 0.2 }, seed: 5 });
    const { code, summary } = await run(...importCalls, '--on-lost-answer', 'resend');
    expect(summary['accepted']).toBe(sandbox.calls().length);
    expect(new Set(sandbox.calls().map(({ uuid }) => uuid)).size).toBe(sandbox.calls().length);
    for (let tries = 0; tries < 5; tries++) await run(...importCalls, '--on-lost-answer', 'resend');
    expect(sandbox.calls().length).toBe(40);
    expect([code, summary['unsent']]).toEqual([summary['unconfirmed'] === 0 ? 0 : 3, 0]);
  });

  test('that nobody waits for leaves young calls to later runs, which ask at growing distances', async () => {
    const { run, clock, cwd } = await account({ faults: { forget: 1 } });
    const asks = async (minutes: number) => {
      clock.at += minutes * minute;
      const { stderr } = await run('import', 'none.csv', '--unattended', '--verbose');
      return stderr.includes('GET ');
    };
    writeFileSync(path.join(cwd, 'none.csv'), csv([]));
    const first = await run('import', 'calls.csv', '--unattended', '--verbose');
    expect([first.code, first.summary['unconfirmed'], first.stderr.includes('GET ')]).toEqual([3, 40, false]);
    const asked: boolean[] = [];
    for (const minutes of [4, 2, 1, 3, 2, 10, 6, 50, 11]) asked.push(await asks(minutes));
    expect(asked).toEqual([false, true, false, false, true, false, true, false, true]);
    expect(await asks(20 * 60)).toBe(false);
  });

  test('finds the calls of a run that was cut off, whatever it reads itself', async () => {
    const { run, clock, cwd } = await account({ faults: { unnamed: 1 } });
    writeFileSync(path.join(cwd, 'none.csv'), csv([]));
    const { summary } = await run('import', 'calls.csv', '--unattended', '--chunk-size', '50');
    expect(summary['unconfirmed']).toBe(40);
    clock.at += 6 * minute;
    const { code, stderr } = await run('import', 'none.csv', '--unattended');
    expect([code, stderr]).toEqual([0, '']);
    expect((await run('import', 'calls.csv')).summary).toMatchObject({ duplicate: 40 });
  });
});

test('doctor says how many of the unconfirmed calls are in the account, and of calls/add that it cannot be asked', async () => {
  const { run, cwd, clock } = await account({ faults: { forget: 0.3, unnamed: 0.3 }, seed: 2 });
  const { summary } = await run('import', 'calls.csv', '--unattended', '--chunk-size', '1');
  clock.at += minute;
  const { stdout } = await run('doctor', '--output', 'json');
  const checks: { check: string; says: string; do?: string }[] = JSON.parse(stdout).checks;
  const found = checks.find(({ check }) => check === 'unconfirmed calls');
  expect(found?.says).toMatch(new RegExp(`^\\d+ of ${summary['unconfirmed']} are in amoCRM$`));
  expect(found?.do).toContain('--on-lost-answer resend');
  const other = await service({ faults: { unnamed: 1 } });
  const here = { cwd, homedir: cwd, env: other.env, now: () => clock.at };
  await runHere(['import', 'calls.csv', '--ledger', 'other.db'], here);
  const asked = await runHere(['doctor', '--ledger', 'other.db'], here);
  expect(asked.stdout.replaceAll(/\s+/g, ' ')).toContain('calls-add cannot tell which of them it has');
});
