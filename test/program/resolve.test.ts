import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { amocalls, begin, calls, csv, service, workdir } from './harness.js';

/** Answers in place of the service; true where it did. */
type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A sandbox of v4 behind a server that lets requests through, unless the test answers them itself. */
async function serviceBehind(intercept: { answer: Interception }) {
  const { env } = await service({ api: 'v4', faults: { unnamed: 1 } });
  const inner = env['AMOCALLS_BASE_URL'] ?? '';
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (intercept.answer(request, response)) return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const reply = await fetch(`${inner}${request.url}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? '',
      },
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await reply.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { asked, env: { ...env, AMOCALLS_BASE_URL: `http://127.0.0.1:${port}` } };
}

/** A service whose answers named none of 40 calls, which it has. */
async function unconfirmedCalls() {
  const intercept: { answer: Interception } = { answer: () => false };
  const { asked, env } = await serviceBehind(intercept);
  // Numbers of their own, so that some are of contacts and some of others.
  const rows = calls(40).map(([uuid = '', , ...rest], at) => [uuid, `7495${1_000_000 + at}`, ...rest]);
  const cwd = workdir({ 'calls.csv': csv(rows) });
  const sent = await amocalls(['import', 'calls.csv', '--rate', '0'], { cwd, env });
  expect(sent.stderr).toContain(
    'Later runs look for them in amoCRM; amocalls resolve does so at once. To send those that are not there, run the same command with --on-lost-answer resend.',
  );
  asked.length = 0;
  const statusOf = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .slice(0, -1)
      .map((line): { readonly status: string; readonly reasons?: readonly string[] } => JSON.parse(line));
  return { intercept, asked, env, cwd, statusOf };
}

const resolve = ['resolve', '--output', 'ndjson', '--rate', '0'];
const isFor = (owner: string) => (request: IncomingMessage) =>
  request.url?.includes(`/${owner}/notes`) === true;

describe('resolve', () => {
  test('asks a service that is busy for a moment again, after the pause that it asks for', async () => {
    const { intercept, asked, env, cwd, statusOf } = await unconfirmedCalls();
    const answers = [429, 503];
    intercept.answer = (_request, response) => {
      const status = answers.shift();
      if (status === undefined) return false;
      response.writeHead(status, { 'retry-after': '1' }).end();
      return true;
    };
    const started = Date.now();
    const run = await amocalls(resolve, { cwd, env });
    expect(run.code, run.stderr).toBe(0);
    expect(Date.now() - started).toBeGreaterThan(2000);
    expect(new Set(asked.slice(0, 3)).size).toBe(1);
    expect(statusOf(run.stdout).every(({ status }) => status === 'accepted')).toBe(true);
  });

  test('reports and keeps what was found before a look-up failed, and ends its run', async () => {
    const { intercept, env, cwd, statusOf } = await unconfirmedCalls();
    intercept.answer = (request, response) => {
      if (!isFor('leads')(request)) return false;
      response.writeHead(500).end();
      return true;
    };
    const run = await amocalls(resolve, { cwd, env });
    expect(run.code, run.stderr).toBe(5);
    expect(run.stderr).toContain('the service could not be reached: HTTP 500');
    const first = statusOf(run.stdout);
    const found = first.filter(({ status }) => status === 'accepted').length;
    expect([first.length, found > 0, found < 40]).toEqual([40, true, true]);
    expect(first.find(({ status }) => status === 'unconfirmed')?.reasons).toEqual([
      'the search ended before this call was found',
    ]);
    const { stdout } = await amocalls(['history', '--output', 'json'], { cwd, env });
    const [last] = JSON.parse(stdout).runs;
    expect(last).toMatchObject({ command: 'resolve', state: 'ended', exit: 5, summary: { accepted: found } });

    intercept.answer = () => false;
    const again = await amocalls(resolve, { cwd, env });
    expect([again.code, statusOf(again.stdout).length], again.stderr).toEqual([0, 40 - found]);
  });

  test.each([
    ['while it waits for an answer', () => true],
    ['while it pauses', (response: ServerResponse) => response.writeHead(429, { 'retry-after': '60' }).end()],
  ] as const)('ends at Ctrl-C %s, and keeps what was found', async (_when, answer) => {
    const { intercept, env, cwd, statusOf } = await unconfirmedCalls();
    const run = begin(resolve, { cwd, env });
    intercept.answer = (request, response) => {
      if (!isFor('leads')(request)) return false;
      answer(response);
      setTimeout(() => run.interrupt('SIGINT'), 100);
      return true;
    };
    const started = Date.now();
    const { code, stdout, stderr } = await run;
    expect(code, stderr).toBe(130);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(statusOf(stdout).some(({ status }) => status === 'accepted')).toBe(true);
    const { stdout: runs } = await amocalls(['history', '--output', 'json'], { cwd, env });
    expect(JSON.parse(runs).runs[0]).toMatchObject({ command: 'resolve', state: 'ended', exit: 130 });
  });
});

test.each([['users'], ['doctor']])(
  '%s ends at the first Ctrl-C, while the service does not answer',
  async (name) => {
    const intercept: { answer: Interception } = { answer: () => false };
    const { env } = await serviceBehind(intercept);
    const run = begin([name, '--api', 'v4'], { cwd: workdir(), env });
    intercept.answer = () => {
      setTimeout(() => run.interrupt('SIGINT'), 100);
      return true;
    };
    const started = Date.now();
    const { code, stderr } = await run;
    expect(code, stderr).toBe(130);
    expect(Date.now() - started).toBeLessThan(8000);
  },
);

test('users prints so many rows of a table', async () => {
  const { env } = await service({ api: 'v4', users: 5 });
  const { stdout } = await amocalls(['users', '--rows', '2'], { cwd: workdir(), env });
  expect(stdout.trimEnd().split('\n')).toHaveLength(4);
  expect(stdout).toContain('… and 3 more');
});
