import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sandboxEnvironment } from '../../src/sandbox/server.js';
import type { RequestEntry } from '../../src/sandbox/store.js';
import { call, closeAll, form, lists, noon, post, send, start } from './exchange.js';

afterEach(closeAll);

describe('calls', () => {
  it('that are good are queued, and the answer is as PHP writes it', async () => {
    const sandbox = await start();
    const seen = await post(sandbox, [
      call('a/1', { link: 'https://pbx.example/a b+c&d?\u0436' }),
      call('2'),
    ]);
    expect(seen.status).toBe(200);
    expect(seen.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(seen.body).toBe('{"response":{"calls":{"add":{"success":["a\\/1","2"],"errors":[]}}}}');
    expect(sandbox.calls()).toEqual([
      {
        uuid: 'a/1',
        caller: '101',
        to: '74950000101',
        date: '1704110340',
        type: 'inbound',
        billsec: '5',
        link: 'https://pbx.example/a b+c&d?\u0436',
        account_id: '1000',
        request: 1,
        times: 1,
      },
      expect.objectContaining({ uuid: '2' }),
    ]);
  });

  it.each([
    [{ uuid: undefined }, 'uuid is required'],
    [{ uuid: '' }, 'uuid is required'],
    [{ caller: undefined }, 'caller is required'],
    [{ caller: '+74950000101' }, 'caller "+74950000101" is not digits only'],
    [{ to: 'sip:101' }, 'to "sip:101" is not digits only'],
    [{ date: '2024-01-01' }, 'date "2024-01-01" is not a Unix time in whole seconds'],
    [{ date: '1704110340.5' }, 'date "1704110340.5" is not a Unix time in whole seconds'],
    [{ date: noon }, `date ${noon} is not between the year 2000 and tomorrow`],
    [{ date: 60 }, 'date 60 is not between the year 2000 and tomorrow'],
    [{ type: 'missed' }, 'type "missed" is not inbound or outbound'],
    [{ type: '' }, 'type is required'],
    [{ billsec: '1.5' }, 'billsec "1.5" is not a whole number of seconds'],
    [{ account_id: 1001 }, 'account_id "1001" is not the account of the request'],
  ])('with %j are rejected, the others of the request are not', async (changes, reason) => {
    const sandbox = await start();
    const seen = await post(sandbox, [call('good'), call('bad', changes)]);
    const uuid = 'uuid' in changes ? '' : 'bad';
    expect(lists(seen)).toEqual({ success: ['good'], errors: { [uuid]: [reason] } });
    expect(sandbox.calls().map((queued) => queued.uuid)).toEqual(['good']);
  });

  it('get every reason at once', async () => {
    const sandbox = await start();
    const seen = await post(sandbox, 'request[add][0][uuid]=x');
    expect(lists(seen)).toEqual({
      success: [],
      errors: {
        x: [
          'caller is required',
          'to is required',
          'date is required',
          'type is required',
          'billsec is required',
        ],
      },
    });
  });

  it('past the limit of variables vanish without a word', async () => {
    const sandbox = await start();
    const calls = Array.from({ length: 200 }, (_, index) =>
      call(`u${index}`, { link: 'x', account_id: 1000 }),
    );
    const seen = await post(sandbox, calls);
    expect(seen.status).toBe(200);
    expect(sandbox.calls()).toHaveLength(125);
    expect(lists(seen)).toHaveProperty('errors.u125');
    expect(seen.body).not.toContain('u126');
  });

  it('can be rejected, and left unnamed, by pattern', async () => {
    const sandbox = await start({ rejectPattern: /^bad/g, forgetPattern: /lost$/ });
    const seen = await post(sandbox, [call('bad-1'), call('bad-2'), call('is-lost'), call('good')]);
    expect(lists(seen)).toEqual({
      success: ['good'],
      errors: {
        'bad-1': ['the sandbox is set to reject this uuid'],
        'bad-2': ['the sandbox is set to reject this uuid'],
      },
    });
    expect(sandbox.calls().map((queued) => queued.uuid)).toEqual(['good']);
  });

  it('that come twice are counted', async () => {
    const sandbox = await start({ anyAccount: true });
    await post(sandbox, [call('x'), call('y')]);
    await post(sandbox, [call('x')]);
    await post(sandbox, [call('x')], {
      query: 'code=sandbox&key=deadbeefdeadbeefdeadbeefdeadbeef&account_id=7',
    });
    expect(sandbox.calls().map(({ uuid, account_id, times }) => `${account_id} ${uuid} ${times}`)).toEqual([
      '1000 x 2',
      '1000 y 1',
      '1000 x 2',
      '7 x 1',
    ]);
  });
});

describe('a request', () => {
  it.each([
    ['code=wrong&key=deadbeefdeadbeefdeadbeefdeadbeef&account_id=1000', 'wrong credentials'],
    ['code=sandbox&key=wrong&account_id=1000', 'wrong credentials'],
    ['code=sandbox&account_id=1000', 'wrong credentials'],
    ['code=sandbox&key=deadbeefdeadbeefdeadbeefdeadbeef&account_id=1001', 'wrong account'],
    ['code=sandbox&key=deadbeefdeadbeefdeadbeefdeadbeef', 'wrong account'],
  ])('with the query %s is refused with 401', async (query, fault) => {
    const sandbox = await start();
    const seen = await post(sandbox, [call('x')], { query });
    expect(seen.status).toBe(401);
    expect(JSON.parse(seen.body)).toEqual({
      response: { error: expect.any(String), error_code: expect.any(String) },
    });
    expect(sandbox.requests()).toMatchObject([{ status: 401, fault, calls: 0, uuids: [] }]);
    expect(sandbox.calls()).toEqual([]);
  });

  it('that is not a form is refused with 400', async () => {
    const sandbox = await start();
    expect((await post(sandbox, '{}', { contentType: 'application/json' })).status).toBe(400);
    const contentType = 'application/x-www-form-urlencoded; charset=UTF-8';
    expect((await post(sandbox, [call('x')], { contentType })).status).toBe(200);
  });

  it('to any other address gets 404', async () => {
    const sandbox = await start();
    for (const what of [
      'POST /api/calls/add',
      'POST /',
      'GET /api/calls/add/',
      'POST /api/v2/calls',
      'PUT /calls',
    ]) {
      expect([what, (await send(sandbox, what)).status]).toEqual([what, 404]);
    }
    expect(sandbox.requests().every((entry) => entry.fault === 'unknown address')).toBe(true);
  });

  it("over nginx's limit gets 413, over PHP's an empty form with 200", async () => {
    const body = (size: number) => `${form([call('x')])}&pad=`.padEnd(size, 'x');
    const strict = await start();
    expect((await post(strict, body(1024 * 1024))).status).toBe(200);
    const seen = await post(strict, body(1024 * 1024 + 1));
    expect([seen.status, seen.headers['content-type']]).toEqual([413, 'text/html']);
    expect(strict.requests()[1]).toMatchObject({ bytes: 1024 * 1024 + 1, fault: 'body too large' });

    const lax = await start({ maxBodyBytes: 9 * 1024 * 1024 });
    expect(lists(await post(lax, body(8 * 1024 * 1024)))).toEqual({ success: ['x'], errors: [] });
    expect(lists(await post(lax, body(8 * 1024 * 1024 + 1)))).toEqual({ success: [], errors: [] });
  });

  it('with too many calls gets 413', async () => {
    const sandbox = await start({ maxCallsPerRequest: 2 });
    expect((await post(sandbox, [call('a'), call('b')])).status).toBe(200);
    expect((await post(sandbox, [call('c'), call('d'), call('e')])).status).toBe(413);
    expect(sandbox.totals()).toEqual({ requests: 2, calls: 5, queued: 2 });
  });

  it('with a uuid to refuse is refused as a whole', async () => {
    const sandbox = await start({ refuse: { pattern: /bad/ } });
    const seen = await post(sandbox, [call('a'), call('bad'), call('c')]);
    expect([seen.status, JSON.parse(seen.body)]).toEqual([
      400,
      { response: { error: 'The request cannot be processed', error_code: '400' } },
    ]);
    expect(lists(await post(sandbox, [call('a'), call('c')]))).toEqual({ success: ['a', 'c'], errors: [] });
    expect(sandbox.requests().map(({ fault, queued }) => [fault, queued])).toEqual([
      ['refused uuid', 0],
      [null, 2],
    ]);
    const other = await start({ refuse: { pattern: /bad/, status: 422 } });
    expect((await post(other, [call('bad')])).status).toBe(422);
  });

  it('beyond the rate limit gets 429, and 403 for good after ten of them', async () => {
    const sandbox = await start({ maxPerSecond: 0 });
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await post(sandbox, [call('x')])).status);
    expect(statuses).toEqual([...Array<number>(10).fill(429), 403, 403]);
    expect(sandbox.calls()).toEqual([]);
  });
});

describe('the store', () => {
  it('says of each request what a test needs, and never the key', async () => {
    const entries: RequestEntry[] = [];
    const sandbox = await start({ onRequest: (entry) => entries.push(entry) });
    const before = performance.timeOrigin + performance.now();
    const body = form([call('x'), call('', {})]);
    await post(sandbox, body);
    const [entry] = sandbox.requests();
    expect(entry).toEqual({
      number: 1,
      at: expect.any(Number),
      method: 'POST',
      path: '/api/calls/add/',
      account_id: '1000',
      user_agent: 'test/1',
      bytes: body.length,
      status: 200,
      fault: null,
      calls: 2,
      queued: 1,
      uuids: ['x', ''],
    });
    expect(entry?.at).toBeGreaterThanOrEqual(before);
    expect(entry?.at).toBeLessThanOrEqual(performance.timeOrigin + performance.now());
    expect(entries).toEqual([entry]);
    for (const route of ['GET /', 'GET /calls', 'GET /requests']) {
      expect((await send(sandbox, route)).body).not.toContain(sandbox.credentials.key);
    }
  });

  it('is read over HTTP, and forgotten on request', async () => {
    const sandbox = await start();
    const read = async (route: string): Promise<unknown> => JSON.parse((await send(sandbox, route)).body);
    expect(await read('GET /calls')).toEqual([]);
    await post(sandbox, [call('x'), call('a b&c')]);
    expect(await read('GET /calls')).toEqual(sandbox.calls());
    expect(await read('GET /requests')).toEqual(sandbox.requests());
    expect(await read('GET /calls?uuid=a%20b%26c')).toMatchObject([{ uuid: 'a b&c' }]);
    for (const route of ['DELETE /calls', 'POST /reset']) {
      expect((await send(sandbox, route)).status).toBe(204);
      expect(await read('GET /requests')).toEqual([]);
      await post(sandbox, [call('x')]);
      expect(sandbox.totals()).toEqual({ requests: 1, calls: 1, queued: 1 });
    }
    expect((await send(sandbox, 'GET /')).body).toContain('Nothing that is sent here reaches amoCRM');
  });

  it('of more than a block of calls arrives whole', async () => {
    const sandbox = await start();
    for (let count = 0; count < 20; count += 1) {
      await post(
        sandbox,
        Array.from({ length: 100 }, (_, index) => call(`${count}-${index}`)),
      );
    }
    expect(JSON.parse((await send(sandbox, 'GET /calls')).body)).toEqual(sandbox.calls());
    expect(sandbox.calls()).toHaveLength(2000);
  });

  it.each([
    [undefined, [1, 2, 3], 3],
    [3, [2, 3], 2],
    [0, [], 0],
  ] as const)('with keep %s holds the requests %j', async (keep, numbers, queued) => {
    const sandbox = await start({ keep });
    await post(sandbox, [call('a')]);
    await post(sandbox, [call('b'), call('c', { to: '' })]);
    await post(sandbox, [call('d')]);
    expect(sandbox.requests().map((entry) => entry.number)).toEqual(numbers);
    expect(sandbox.calls()).toHaveLength(queued);
    expect(sandbox.totals()).toEqual({ requests: 3, calls: 4, queued: 3 });
  });
});

describe('the server', () => {
  it('keeps connections open for the next request', async () => {
    const sandbox = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    agent.on('free', (socket: { localPort?: number }) => ports.add(socket.localPort));
    for (const uuid of ['a', 'b', 'c']) await post(sandbox, [call(uuid)], { agent });
    agent.destroy();
    expect(sandbox.calls()).toHaveLength(3);
    expect(ports.size).toBe(1);
  });

  it('listens on ::1 too, and tells how to reach it', async () => {
    const sandbox = await start({ host: '::1', code: 'shop', key: 'ab'.repeat(16), accountId: '39' });
    expect(sandbox.url).toBe(`http://[::1]:${sandbox.port}`);
    expect((await post(sandbox, [call('x')])).status).toBe(200);
    expect(sandboxEnvironment(sandbox)).toEqual([
      ['AMOCALLS_BASE_URL', sandbox.url],
      ['AMOCALLS_CODE', 'shop'],
      ['AMOCALLS_KEY', 'ab'.repeat(16)],
      ['AMOCALLS_ACCOUNT_ID', '39'],
    ]);
  });

  it('says so when its port is taken', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({
      name: 'UserError',
      message: `port ${port} on 127.0.0.1: is already in use`,
      hint: 'Choose another port, or 0 for a free one.',
    });
  });

  it('survives a connection that is gone when the answer is ready', async () => {
    const sandbox = await start({ onRequest: () => void sandbox.close() });
    expect((await post(sandbox, [call('x')])).broken).toBe('ECONNRESET');
    expect(sandbox.calls()).toHaveLength(1);
  });

  it('survives a client that goes away in the middle of a body', async () => {
    const sandbox = await start();
    const socket = connect(sandbox.port, '127.0.0.1');
    socket.write('POST /api/calls/add/ HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nreq', () =>
      socket.destroy(),
    );
    await new Promise((resolve) => socket.on('close', resolve));
    expect((await post(sandbox, [call('x')])).status).toBe(200);
    expect(sandbox.totals().requests).toBe(1);
  });
});

it.each([
  ['its own address', {}, 200],
  ['localhost, at the port of a tunnel', { host: 'localhost:8080' }, 200],
  ['a page of its own', { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, 200],
  ['a name that was made to lead here', { host: 'evil.example:8080' }, 403],
  ['a name that begins like this machine', { host: 'localhost.evil.example' }, 403],
  ["another site's page", { origin: 'https://evil.example' }, 403],
  ['a page without an address', { origin: 'null' }, 403],
])('the sandbox answers as it should to %s', async (_, headers: Record<string, string>, status) => {
  const sandbox = await start();
  const found = await new Promise<number | undefined>((resolve, reject) => {
    const options = { port: sandbox.port, host: '127.0.0.1', path: '/calls', headers };
    get(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
  expect(found).toBe(status);
});
