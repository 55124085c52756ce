import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { amocalls, calls, csv, service, workdir } from './harness.js';

const fast = ['--rate', '0'];

/** A service of our own making, and when its requests came. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse, number: number) => void) {
  const times: number[] = [];
  const server = createServer((request, response) => {
    times.push(performance.timeOrigin + performance.now());
    request.resume().on('end', () => answer(request, response, times.length));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const env = {
    AMOCALLS_BASE_URL: `http://127.0.0.1:${port}`,
    AMOCALLS_CODE: 'c',
    AMOCALLS_KEY: 'planted-key-0123456789',
    AMOCALLS_ACCOUNT_ID: '1000',
  };
  return { times, env };
}

/** The failure among the notes on stderr. */
function errorOf(stderr: string): { readonly message: string; readonly hint: string } {
  return JSON.parse(stderr.split('\n').find((line) => line.startsWith('{')) ?? '').error;
}

function accept(uuids: readonly string[]): string {
  return JSON.stringify({ response: { calls: { add: { success: uuids, errors: [] } } } });
}

describe('a service that refuses the whole request for one call', () => {
  test.each([
    [['call-0'], 15],
    [['call-17', 'call-99'], 25],
    [['call-3', 'call-4', 'call-50', 'call-72', 'call-98'], 50],
  ])('finds %j among 100 within %i requests, the others are accepted', async (bad, most) => {
    const { sandbox, env } = await service({ refuse: { pattern: new RegExp(`^(${bad.join('|')})$`) } });
    const cwd = workdir({ 'calls.csv': csv(calls(100)) });
    const { code, stdout } = await amocalls(['import', 'calls.csv', '--output', 'json', ...fast], {
      cwd,
      env,
    });
    expect(code).toBe(3);
    const { calls: told, summary } = JSON.parse(stdout);
    expect(summary).toMatchObject({ accepted: 100 - bad.length, rejected: bad.length });
    const rejected = told.filter(({ status }: { status: string }) => status === 'rejected');
    expect(rejected.map(({ uuid }: { uuid: string }) => uuid).sort()).toEqual([...bad].sort());
    for (const { reasons } of rejected) {
      expect(reasons).toEqual(['HTTP 400: The request cannot be processed (code 400)']);
    }
    expect(sandbox.totals()).toMatchObject({ queued: 100 - bad.length });
    expect(sandbox.totals().requests).toBeLessThanOrEqual(most);
  });
});

describe('Retry-After', () => {
  const seconds = 2;
  test.each([
    ['in seconds', () => ({ 'retry-after': String(seconds) }), ''],
    ['as a date', () => ({ 'retry-after': new Date(Date.now() + seconds * 1000 + 999).toUTCString() }), ''],
    ['in JSON', () => ({}), JSON.stringify({ retry_after: seconds })],
  ])('%s is kept by the run and by one that starts meanwhile', async (_name, headers, body) => {
    const cwd = workdir({ 'a.csv': csv(calls(3, 'a')), 'b.csv': csv(calls(3, 'b')) });
    let second: ReturnType<typeof amocalls> | undefined;
    let pausedAt = 0;
    const { times, env } = await listen((_request, response, number) => {
      if (number > 1) return void response.writeHead(200).end(accept([]));
      pausedAt = Date.now();
      response.writeHead(429, headers()).end(body, () => {
        second = amocalls(['import', 'b.csv', ...fast], { cwd, env });
      });
    });
    await amocalls(['import', 'a.csv', '--concurrency', '1', ...fast], { cwd, env });
    await second;
    expect(times.length).toBe(3);
    for (const time of times.slice(1)) expect(time - pausedAt).toBeGreaterThanOrEqual(seconds * 1000);
  });

  test('of more than two minutes stops the run, and the next one before it sends', async () => {
    const { times, env } = await listen((_request, response) => {
      response.writeHead(429, { 'retry-after': '300' }).end();
    });
    const cwd = workdir({ 'calls.csv': csv(calls(30)) });
    const args = [
      'import',
      'calls.csv',
      '--chunk-size',
      '10',
      '--concurrency',
      '1',
      '--output',
      'json',
      ...fast,
    ];
    for (const requests of [1, 0]) {
      const { code, stdout, stderr } = await amocalls(args, { cwd, env });
      expect(code).toBe(5);
      expect(JSON.parse(stdout).summary).toMatchObject({ unsent: 30, requests, retries: 0 });
      const { message, hint } = errorOf(stderr);
      expect(message).toMatch(/^the service asked to wait (300|29\d) s$/);
      expect(hint).toMatch(
        /^Run the same command again after \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\. It sends only what is left\.$/,
      );
    }
    expect(times.length).toBe(1);
  });

  test('of more than two minutes is told even where no retry is allowed', async () => {
    const { env } = await listen(
      (_request, response) => void response.writeHead(503, { 'retry-after': '600' }).end(),
    );
    const cwd = workdir({ 'calls.csv': csv(calls(1)) });
    const { code, stderr } = await amocalls(['import', 'calls.csv', '--retries', '0', ...fast], { cwd, env });
    expect(code).toBe(5);
    expect(stderr).toContain('asked to wait 600 s');
  });
});

describe('a service that keeps failing', () => {
  test('opens the breaker: the run ends, sends stay within the budget, the rest is unsent', async () => {
    const { sandbox, env } = await service({ faults: { '500': 1 } });
    const cwd = workdir({ 'calls.csv': csv(calls(1000)) });
    const args = [
      'import',
      'calls.csv',
      '--chunk-size',
      '10',
      '--concurrency',
      '1',
      '--output',
      'json',
      ...fast,
    ];
    const { code, stdout, stderr } = await amocalls(args, { cwd, env });
    expect(code).toBe(5);
    expect(JSON.parse(stdout).summary).toMatchObject({ read: 1000, unconfirmed: 50, unsent: 950 });
    expect(errorOf(stderr).message).toContain('5 requests in a row');
    expect(sandbox.totals().requests).toBe(5);
  });

  test('is not there at all: exit 5, everything unsent', async () => {
    const cwd = workdir({ 'calls.csv': csv(calls(2)) });
    const { env } = await service();
    const nobody = { ...env, AMOCALLS_BASE_URL: 'http://127.0.0.1:1' };
    const { code, stdout, stderr } = await amocalls(
      ['import', 'calls.csv', '--retries', '0', '--output', 'json'],
      { cwd, env: nobody },
    );
    expect([code, JSON.parse(stdout).summary.unsent]).toEqual([5, 2]);
    expect(errorOf(stderr).message).toContain('connection refused');
  });
});

describe('an answer that stops the run', () => {
  test.each([
    [401, 4],
    [402, 4],
    [403, 4],
    [404, 5],
    [301, 5],
  ])('%i: exit %i after one request', async (status, exit) => {
    const { times, env } = await listen((request, response) => {
      response.writeHead(status, { location: `https://other.example/calls?key=${request.url}` }).end();
    });
    const cwd = workdir({ 'calls.csv': csv(calls(20)) });
    const args = [
      'import',
      'calls.csv',
      '--chunk-size',
      '5',
      '--concurrency',
      '1',
      '--output',
      'json',
      ...fast,
    ];
    const { code, stdout, stderr } = await amocalls(args, { cwd, env });
    expect([code, times.length]).toEqual([exit, 1]);
    expect(JSON.parse(stdout).summary).toMatchObject({ read: 20, unsent: 20 });
    const { message } = errorOf(stderr);
    expect(message).toContain(String(status));
    if (status === 301) expect(message).toContain('redirects to https://other.example/calls (301)');
    expect(stdout + stderr).not.toContain('planted');
  });
});
