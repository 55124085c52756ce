import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { namesOf, requestFaults } from '../../src/sandbox/faults.js';
import { call, closeAll, post, type Seen, send, start } from './exchange.js';

afterEach(closeAll);

const full = '{"response":{"calls":{"add":{"success":["x"],"errors":[]}}}}';
const html = { 'content-type': 'text/html' };

/** What the client sees of each fault; the two without an answer have a test of their own, so have those of v4. */
const seenOf: Readonly<
  Record<Exclude<keyof typeof requestFaults, 'timeout' | 'timeout-after' | '403-html' | '405'>, object>
> = {
  '500': { status: 500, headers: html },
  '500-after': { status: 500, headers: html },
  '502': { status: 502, headers: html },
  '502-after': { status: 502, headers: html },
  '503': { status: 503, headers: html },
  '504': { status: 504, headers: html },
  '504-after': { status: 504, headers: html },
  '429-html': { status: 429, headers: html },
  '429-json': { status: 429, body: '{"title":"Too Many Requests","status":429,"retry_after":90}' },
  '429-seconds': { status: 429, headers: { 'retry-after': '90' } },
  '429-date': { status: 429, headers: { 'retry-after': 'Mon, 01 Jan 2024 12:01:30 GMT' } },
  close: { status: 0, broken: 'ECONNRESET' },
  'close-after': { status: 0, broken: 'ECONNRESET' },
  reset: { status: 0, broken: 'ECONNRESET' },
  'reset-after': { status: 0, broken: 'ECONNRESET' },
  truncated: { status: 200, body: full.slice(0, full.length / 2), broken: 'ECONNRESET' },
  cut: { status: 200, body: full.slice(0, full.length / 2) },
  html: { status: 200, headers: html, body: expect.stringContaining('<html>') },
  '204': { status: 204, body: '' },
  empty: { status: 200, body: '' },
  '301': { status: 301, headers: { location: '/moved/api/calls/add/' } },
  '400': { status: 400, body: expect.stringContaining('"error_code":"400"') },
  '413': { status: 413, headers: html },
  '422': { status: 422, body: expect.stringContaining('"error_code":"422"') },
  '401': { status: 401, body: expect.stringContaining('"error_code":"110"') },
  '402': { status: 402, body: expect.stringContaining('"error_code":"402"') },
  '403': { status: 403, body: expect.stringContaining('"error_code":"403"') },
  '404': { status: 404, headers: html },
};

describe('a fault', () => {
  it.each(Object.entries(seenOf))(
    '%s looks like this, and queues the call or does not',
    async (name, seen) => {
      const sandbox = await start({ faults: { [name]: 1 }, retryAfterSeconds: 90 });
      const got = await post(sandbox, [call('x')]);
      expect(got).toMatchObject(seen);
      expect(got.broken).toBe('broken' in seen ? seen.broken : undefined);
      const fault = namesOf(requestFaults).find((known) => known === name);
      expect(sandbox.calls()).toHaveLength(fault !== undefined && requestFaults[fault].queues ? 1 : 0);
      const status = got.status === 0 ? null : got.status;
      expect(sandbox.requests()).toMatchObject([{ fault: name, status, calls: 1, uuids: ['x'] }]);
    },
  );

  it.each([
    ['timeout', 0],
    ['timeout-after', 1],
  ] as const)('%s leaves the client without an answer', async (name, queued) => {
    const abort = new AbortController();
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const sandbox = await start({ faults: { [name]: 1 }, onRequest: () => arrived() });
    const answers: Seen[] = [];
    const waiting = post(sandbox, [call('x')], { signal: abort.signal }).then((seen) => answers.push(seen));
    await arrival;
    await send(sandbox, 'GET /');
    expect(answers).toEqual([]);
    expect(sandbox.requests()).toMatchObject([{ fault: name, status: null, queued }]);
    expect(sandbox.calls()).toHaveLength(queued);
    abort.abort();
    await waiting;
    expect(answers).toMatchObject([{ status: 0, broken: 'ABORT_ERR' }]);
  });

  it.each([
    ['close', 'end'],
    ['reset', 'ECONNRESET'],
  ])('%s ends the connection with %s', async (name, ending) => {
    const sandbox = await start({ faults: { [name]: 1 } });
    const socket = connect(sandbox.port, '127.0.0.1');
    const ended = new Promise((resolve) => {
      socket.on('end', () => resolve('end')).resume();
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    const query = 'code=sandbox&key=deadbeefdeadbeefdeadbeefdeadbeef&account_id=1000';
    const type = 'content-type: application/x-www-form-urlencoded';
    socket.write(
      `POST /api/calls/add/?${query} HTTP/1.1\r\nhost: localhost\r\n${type}\r\ncontent-length: 0\r\n\r\n`,
    );
    expect(await ended).toBe(ending);
    socket.destroy();
  });

  it('of a call concerns that call alone', async () => {
    const sandbox = await start({ faults: { reject: 0.3, forget: 0.3, unnamed: 0.3 } });
    const uuids = Array.from({ length: 100 }, (_, index) => `u${index}`);
    const body = JSON.parse(
      (
        await post(
          sandbox,
          uuids.map((uuid) => call(uuid)),
        )
      ).body,
    );
    const { success, errors } = body.response.calls.add;
    const queued = sandbox.calls().map(({ uuid }) => uuid);
    const rejected = Object.keys(errors);
    const unnamed = queued.filter((uuid) => !success.includes(uuid));
    const forgotten = uuids.filter((uuid) => !queued.includes(uuid) && !rejected.includes(uuid));
    for (const group of [success, rejected, unnamed, forgotten]) expect(group.length).toBeGreaterThan(8);
    expect(success.filter((uuid: string) => !queued.includes(uuid))).toEqual([]);
    expect(success.length + rejected.length + unnamed.length + forgotten.length).toBe(100);
  });

  it('meets the same requests for the same seed, however many are on the way at once', async () => {
    const run = async (seed: number, parallel: boolean) => {
      const sandbox = await start({ seed, faults: { '500': 0.3, 'close-after': 0.3, shuffle: 0.5 } });
      const bodies = Array.from({ length: 30 }, (_, index) => [call(`a${index}`), call(`b${index}`)]);
      const answers: unknown[] = [];
      const one = async (index: number) => {
        const { status, body } = await post(sandbox, bodies[index] ?? []);
        answers[index] = [status, body];
      };
      const all = bodies.map((_body, index) => (parallel ? one(index) : undefined));
      await Promise.all(all);
      if (!parallel) for (const index of bodies.keys()) await one(index);
      return answers;
    };
    const alone = await run(5, false);
    expect(await run(5, true)).toEqual(alone);
    expect(await run(6, false)).not.toEqual(alone);
  });

  it('comes after the check of the credentials', async () => {
    const sandbox = await start({ faults: { '500': 1 } });
    expect((await post(sandbox, [call('x')], { query: 'code=x' })).status).toBe(401);
  });
});

describe('latency', () => {
  it('holds back an answer that was decided at once', async () => {
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const sandbox = await start({ latencyMs: 100_000_000, onRequest: () => arrived() });
    const waiting = post(sandbox, [call('x')]);
    await arrival;
    expect((await send(sandbox, 'GET /calls')).body).toContain('"x"');
    await sandbox.close();
    expect((await waiting).broken).toBe('ECONNRESET');
  });

  it('ends', async () => {
    const sandbox = await start({ latencyMs: [1, 5] });
    expect((await post(sandbox, [call('x')])).status).toBe(200);
  });
});
