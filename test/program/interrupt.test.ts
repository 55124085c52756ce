import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  amocalls,
  calls,
  csv,
  type RunningProgram,
  runsOnNode,
  service,
  startProgram,
  workdir,
} from './harness.js';

const command = ['import', 'calls.csv', '--rate', '0', '--chunk-size', '10', '--output', 'json'];

/** A run that is sent signals; `strike` is called for each request that arrives. */
async function start(
  strike: (child: RunningProgram['child']) => void,
  options: Parameters<typeof service>[0] = {},
  more: readonly string[] = [],
) {
  let running: RunningProgram | undefined;
  const { sandbox, env } = await service({
    ...options,
    onRequest: ({ number }) => number === 1 && running && strike(running.child),
  });
  const cwd = workdir({ 'calls.csv': csv(calls(200)) });
  running = startProgram([...command, ...more], { cwd, env });
  return { running, sandbox, env, cwd };
}

/** What history knows, in a form for tests. */
async function historyOf(cwd: string, ...args: readonly string[]) {
  const { stdout } = await amocalls(['history', '--output', 'json', ...args], { cwd });
  return JSON.parse(stdout);
}

describe('the first signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s lets requests in flight end, records them, prints the counts: exit %i',
    async (signal, exit) => {
      const { running, sandbox, env, cwd } = await start((child) => child.kill(signal), { latencyMs: 150 }, [
        '--concurrency',
        '2',
      ]);
      const { code, stdout } = await running;
      expect(code).toBe(exit);
      const { summary, calls: told } = JSON.parse(stdout);
      expect(summary.accepted).toBe(sandbox.totals().queued);
      expect(summary.accepted).toBeGreaterThan(0);
      expect(summary.accepted).toBeLessThanOrEqual(20);
      expect(summary.unconfirmed).toBe(0);
      expect(summary.read).toBe(summary.accepted + summary.unsent);
      expect(told.length).toBe(summary.read);
      expect((await historyOf(cwd)).runs).toMatchObject([
        { state: 'ended', exit, summary: { ...summary, seconds: expect.any(Number) } },
      ]);

      const next = await amocalls(command, { cwd, env });
      expect(next.code).toBe(0);
      expect(JSON.parse(next.stdout).summary.accepted).toBe(200 - summary.accepted);
      const arrived = sandbox.requests().flatMap(({ uuids }) => uuids);
      expect([arrived.length, new Set(arrived).size]).toEqual([200, 200]);
    },
  );

  test('ends the wait for a Retry-After at once: nothing more is sent', async () => {
    const { running, sandbox } = await start(() => undefined, {
      faults: { '429-seconds': 1 },
      retryAfterSeconds: 100,
    });
    let signals = 0;
    running.child.stderr.on('data', (text: string) => {
      if (text.includes('asked for a pause') && ++signals === 1) running.child.kill('SIGINT');
    });
    const { code, stdout, stderr } = await running;
    expect(code).toBe(130);
    // Several requests in flight were asked for the same pause.
    expect(stderr.match(/asked for a pause/g)).toHaveLength(1);
    const { summary } = JSON.parse(stdout);
    expect(summary.unsent, stdout).toBe(summary.read);
    expect(sandbox.totals().requests).toBeLessThanOrEqual(4);
  });

  test('leaves a rejects file that is complete and can be imported', async () => {
    const { running, env, cwd } = await start((child) => child.kill('SIGINT'), { latencyMs: 50 }, [
      ...['--rejects', 'rejects.csv', '--concurrency', '1'],
    ]);
    const { summary } = JSON.parse((await running).stdout);
    const again = ['import', 'rejects.csv', '--rate', '0', '--output', 'json'];
    const next = await amocalls(again, { cwd, env });
    expect(next.code, next.stderr).toBe(0);
    expect(JSON.parse(next.stdout).summary).toMatchObject({ read: summary.unsent, accepted: summary.unsent });
  });
});

test('a terminal that closes says so more than once: that is one signal, and what is in flight is recorded', async () => {
  const { running, cwd, sandbox } = await start(
    (child) => {
      for (let times = 0; times < 5; times++) setTimeout(() => child.kill('SIGHUP'), times * 30);
    },
    { latencyMs: 500 },
  );
  const { code, signal } = await running;
  expect([code, signal]).toEqual([129, null]);
  expect(sandbox.totals().queued).toBeGreaterThan(0);
  expect((await historyOf(cwd, '--unconfirmed')).calls).toEqual([]);
});

test.runIf(runsOnNode)('a program that ends before its work did exits with 1, and says so', async () => {
  // A request that never ends, and nothing else that keeps the process alive.
  const patch = `const http = require('node:http');
    const wait = globalThis.setTimeout;
    globalThis.setTimeout = (...given) => wait(...given).unref();
    http.request = () => Object.assign(new (require('node:events'))(), { end() {}, destroy() {} });`;
  const cwd = workdir({ 'calls.csv': csv(calls(3)), 'patch.cjs': patch });
  const { env } = await service();
  const options = { cwd, env: { ...env, NODE_OPTIONS: '--require ./patch.cjs' } };
  const { code, stdout, stderr } = await amocalls(['import', 'calls.csv'], options);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('bug in amocalls: Error: the program ended before its work did');
});

test('a check that is interrupted says so, and proposes nothing', async () => {
  const input = csv(calls(20_000));
  const running = startProgram(['check', '-', '--format', 'csv'], {
    cwd: workdir(),
    input,
    isInputOpen: true,
  });
  running.child.stdout.once('data', () => running.child.kill('SIGINT'));
  const { code, stdout, stderr } = await running;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('note: interrupted: only what was read so far is shown');
  expect(stdout).not.toContain('to send it');
});

test('a second signal leaves at once, and the ledger stays sound', async () => {
  let ticking: NodeJS.Timeout | undefined;
  const { running, env, cwd, sandbox } = await start(
    (child) => {
      ticking ??= setInterval(() => child.kill('SIGINT'), 50);
    },
    { faults: { 'timeout-after': 1 } },
    ['--concurrency', '1'],
  );
  const { signal } = await running;
  clearInterval(ticking);
  expect(signal).toBe('SIGINT');
  expect((await historyOf(cwd)).runs).toMatchObject([{ state: 'died' }]);
  const { calls: open } = await historyOf(cwd, '--unconfirmed');
  expect(open.map(({ uuid }: { uuid: string }) => uuid).sort()).toEqual(
    [...(sandbox.requests()[0]?.uuids ?? [])].sort(),
  );
  expect(env['AMOCALLS_BASE_URL']).toBe(sandbox.url);
  const ledger = path.join(cwd, 'state', 'amocalls', 'ledger.db');
  const held = await amocalls(
    ['import', 'calls.csv', '--rate', '0', '--ledger', ledger, '--limit', '10', '--output', 'json'],
    { cwd, env },
  );
  expect([held.code, JSON.parse(held.stdout).summary.unconfirmed]).toEqual([3, 10]);
});
