import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { sandboxEnvironment } from '../../src/sandbox/server.js';
import { closeAll, noon, send, start, v4, v4Call } from './exchange.js';

afterEach(closeAll);

/** A file of contacts for one test. */
function contactsFile(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-contacts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'contacts.csv');
  writeFileSync(file, text);
  return file;
}

describe('calls of v4', () => {
  it('become notes, and the answer names each with the entity that has its number', async () => {
    const sandbox = await start({ api: 'v4' });
    const { status, type, body } = await v4(sandbox, 'POST calls', [
      v4Call('a', { request_id: 'first', link: 'https://pbx.example/a.mp3', call_status: 4 }),
      v4Call('b', { direction: 'outbound', phone: '+7 (495) 000-01-07', call_responsible: 504_141 }),
    ]);
    expect([status, type]).toEqual([200, 'application/hal+json']);
    expect(body).toEqual({
      _total_items: 2,
      errors: [],
      _embedded: {
        calls: [
          {
            id: 100_001,
            entity_id: expect.any(Number),
            entity_type: 'contact',
            account_id: 1000,
            request_id: 'first',
            _embedded: {
              entity: {
                id: expect.any(Number),
                _links: { self: { href: expect.stringMatching(/^http:.*\/api\/v4\/contacts\/\d+$/) } },
              },
            },
          },
          expect.objectContaining({ id: 100_002, entity_type: 'lead', request_id: '1' }),
        ],
      },
    });
    expect(sandbox.notes()).toEqual([
      {
        id: 100_001,
        entity_type: 'contacts',
        entity_id: expect.any(Number),
        note_type: 'call_in',
        created_at: noon / 1000 - 60,
        updated_at: noon / 1000,
        params: {
          uniq: 'a',
          duration: 5,
          source: 'PBX',
          phone: '74950000101',
          link: 'https://pbx.example/a.mp3',
          call_status: 4,
        },
      },
      expect.objectContaining({ id: 100_002, entity_type: 'leads', note_type: 'call_out' }),
    ]);
    expect(sandbox.calls()).toEqual([
      expect.objectContaining({ uuid: 'a', account_id: '1000', note_id: 100_001, times: 1, duration: 5 }),
      expect.objectContaining({
        uuid: 'b',
        direction: 'outbound',
        call_responsible: 504_141,
        entity_type: 'lead',
      }),
    ]);
    expect(sandbox.requests()).toMatchObject([
      { method: 'POST', path: '/api/v4/calls', status: 200, fault: null, queued: 2, uuids: ['a', 'b'] },
    ]);
  });

  it('that come twice become two notes, of the same entity', async () => {
    const sandbox = await start({ api: 'v4' });
    await v4(sandbox, 'POST calls', [v4Call('a')]);
    await v4(sandbox, 'POST calls', [v4Call('a', { phone: '84950000101' })]);
    const [first, second] = sandbox.notes();
    expect([first?.id, second?.id]).toEqual([100_001, 100_002]);
    expect(first?.entity_id).toBe(second?.entity_id);
    expect(sandbox.calls().map(({ times }) => times)).toEqual([2, 2]);
  });

  it.each([
    [{ direction: undefined }, 'FieldMissing', 'direction'],
    [{ direction: 'in' }, 'NotSupportedChoice', 'direction'],
    [{ duration: undefined }, 'FieldMissing', 'duration'],
    [{ duration: '5' }, 'InvalidType', 'duration'],
    [{ duration: -1 }, 'InvalidType', 'duration'],
    [{ source: '' }, 'InvalidType', 'source'],
    [{ phone: 'anonymous' }, 'InvalidType', 'phone'],
    [{ phone: 74950000101 }, 'InvalidType', 'phone'],
    [{ uniq: 7 }, 'InvalidType', 'uniq'],
    [{ link: null }, 'InvalidType', 'link'],
    [{ call_status: 8 }, 'NotSupportedChoice', 'call_status'],
    [{ created_at: '2024-01-01' }, 'InvalidType', 'created_at'],
    [{ call_responsible: {} }, 'InvalidType', 'call_responsible'],
  ])(
    'with %j are named in validation-errors, and none of the request is added',
    async (changes, code, where) => {
      const sandbox = await start({ api: 'v4' });
      const { status, type, body } = await v4(sandbox, 'POST calls', [
        v4Call('good'),
        v4Call('bad', changes),
      ]);
      expect([status, type]).toEqual([400, 'application/problem+json']);
      expect(body).toEqual({
        'validation-errors': [
          { request_id: '1', errors: [{ code, path: where, detail: expect.any(String) }] },
        ],
        title: 'Bad Request',
        type: 'https://httpstatus.es/400',
        status: 400,
        detail: 'Request validation failed',
      });
      expect([sandbox.calls(), sandbox.notes()]).toEqual([[], []]);
    },
  );

  it('can be rejected, lost and refused by their uuid', async () => {
    const sandbox = await start({
      api: 'v4',
      rejectPattern: /^bad/,
      forgetPattern: /^lost/,
      refuse: { pattern: /^poison/ },
    });
    const rejected = await v4(sandbox, 'POST calls', [v4Call('good'), v4Call('bad')]);
    expect(rejected).toMatchObject({
      status: 400,
      body: { 'validation-errors': [{ request_id: '1', errors: [{ path: 'uniq' }] }] },
    });
    const lost = await v4(sandbox, 'POST calls', [v4Call('lost'), v4Call('good')]);
    expect(lost).toMatchObject({ status: 200, body: { _embedded: { calls: [{ request_id: '1' }] } } });
    const refused = await v4(sandbox, 'POST calls', [v4Call('good'), v4Call('poison')]);
    expect(refused.status).toBe(400);
    expect(refused.body).not.toHaveProperty('validation-errors');
    expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['good']);
  });

  it('are at most 250 in a request', async () => {
    const sandbox = await start({ api: 'v4' });
    const many = Array.from({ length: 251 }, (_, index) => v4Call(`c${index}`));
    expect((await v4(sandbox, 'POST calls', many)).status).toBe(422);
    expect((await v4(sandbox, 'POST calls', many.slice(1))).status).toBe(200);
    const small = await start({ api: 'v4', maxCallsPerRequest: 2 });
    expect((await v4(small, 'POST calls', many.slice(248))).status).toBe(413);
    expect([sandbox.totals().queued, small.totals().queued]).toEqual([250, 0]);
  });
});

describe('a number that no contact has', () => {
  it('is an error beside the other calls, and refuses the request where there are no others', async () => {
    const sandbox = await start({ api: 'v4', unknownNumber: /^7499/ });
    const unknown = v4Call('b', { phone: '+74990000001' });
    const error = { title: 'Entity not found', code: 263, detail: expect.any(String) };
    expect(await v4(sandbox, 'POST calls', [v4Call('a'), unknown])).toMatchObject({
      status: 200,
      body: {
        _total_items: 1,
        errors: [{ ...error, request_id: '1' }],
        _embedded: { calls: [{ request_id: '0' }] },
      },
    });
    expect(await v4(sandbox, 'POST calls', [unknown])).toMatchObject({
      status: 400,
      body: { _total_items: 0, errors: [{ ...error, request_id: '0' }], _embedded: { calls: [] } },
    });
    expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['a']);
  });

  it('is known once it is added to the file of contacts, while the sandbox runs', async () => {
    const contacts = contactsFile('\uFEFFИмя;Рабочий телефон;Мобильный телефон\nИван;8 (495) 000-01-01;\n');
    const sandbox = await start({ api: 'v4', contacts });
    const ask = async (phone: string) => (await v4(sandbox, 'POST calls', [v4Call('a', { phone })])).status;
    expect([await ask('74950000101'), await ask('+4950000101'), await ask('79160000002')]).toEqual([
      200, 200, 400,
    ]);
    writeFileSync(contacts, `${readFileSync(contacts, 'utf8')}Пётр;;+7 916 000-00-02\n`);
    expect([await ask('79160000002'), await ask('79160000003')]).toEqual([200, 400]);
    rmSync(contacts);
    expect([await ask('79160000002'), await ask('79160000003')]).toEqual([200, 400]);
  });

  it('cannot come from a file that is none', async () => {
    const contacts = contactsFile('name,number\nx,1\n');
    await expect(start({ api: 'v4', contacts })).rejects.toMatchObject({
      name: 'UserError',
      message: `contacts file ${contacts}: has no column named phone or телефон`,
    });
    await expect(start({ api: 'v4', contacts: `${contacts}.not` })).rejects.toMatchObject({
      name: 'UserError',
      message: `contacts file ${contacts}.not: cannot be read`,
    });
  });
});

describe('incoming leads', () => {
  const lead = (uid: string, metadata: object = {}) => ({
    source_uid: uid,
    source_name: 'PBX',
    request_id: 'r',
    metadata: {
      phone: '74990000001',
      called_at: noon / 1000 - 60,
      duration: 5,
      service_code: 'amocalls',
      uniq: uid,
      is_call_event_needed: true,
      ...metadata,
    },
    _embedded: { contacts: [{ name: '74990000001' }] },
  });

  it('are made for numbers that nobody has', async () => {
    const sandbox = await start({ api: 'v4', unknownNumber: /./ });
    expect(await v4(sandbox, 'POST leads/unsorted/sip', [lead('a')])).toMatchObject({
      status: 200,
      body: {
        _total_items: 1,
        _embedded: {
          unsorted: [{ uid: expect.stringMatching(/^[\da-f]{38}$/), account_id: 1000, request_id: 'r' }],
        },
      },
    });
    expect(sandbox.calls()).toMatchObject([
      { uuid: 'a', via: 'unsorted', phone: '74990000001', duration: 5, created_at: noon / 1000 - 60 },
    ]);
    expect(sandbox.notes()).toEqual([]);
  });

  it('need what the service needs', async () => {
    const sandbox = await start({ api: 'v4' });
    const { status, body } = await v4(sandbox, 'POST leads/unsorted/sip', [
      { ...lead('a', { called_at: 'now' }), source_name: undefined },
    ]);
    expect([status, body]).toEqual([
      400,
      expect.objectContaining({
        'validation-errors': [
          {
            request_id: 'r',
            errors: [
              expect.objectContaining({ code: 'FieldMissing', path: 'source_name' }),
              expect.objectContaining({ code: 'InvalidType', path: 'metadata.called_at' }),
            ],
          },
        ],
      }),
    ]);
  });
});

describe('account and users', () => {
  it('are told to who has the token', async () => {
    const sandbox = await start({ api: 'v4', accountId: '39', users: 3 });
    expect(await v4(sandbox, 'GET account')).toMatchObject({
      status: 200,
      type: 'application/hal+json',
      body: { id: 39, name: 'Sandbox', _links: { self: { href: `${sandbox.url}/api/v4/account` } } },
    });
    expect(await v4(sandbox, 'GET users')).toMatchObject({
      body: {
        _total_items: 3,
        _page_count: 1,
        _embedded: { users: [{ id: 504_141, name: 'User 1', email: 'user1@example.com' }, {}, {}] },
      },
    });
  });

  it('come in pages that lead to the next', async () => {
    const sandbox = await start({ api: 'v4', users: 5 });
    const ids: number[] = [];
    let next: string | undefined = `${sandbox.url}/api/v4/users?limit=2`;
    while (next !== undefined) {
      const { pathname, search }: URL = new URL(next);
      const { body } = await v4(sandbox, `GET ${`${pathname}${search}`.replace('/api/v4/', '')}`);
      const page = JSON.parse(JSON.stringify(body));
      ids.push(...page._embedded.users.map(({ id }: { id: number }) => id));
      next = page._links.next?.href;
    }
    expect(ids).toEqual([504_141, 504_142, 504_143, 504_144, 504_145]);
    expect((await v4(sandbox, 'GET users?limit=2&page=4')).status).toBe(204);
  });

  it.each(['', 'Bearer wrong', 'Basic abc'])('are not for the header %j', async (authorization) => {
    const sandbox = await start({ api: 'v4' });
    const seen = await send(sandbox, 'GET /api/v4/account', '', { authorization });
    expect([seen.status, seen.headers['content-type']]).toEqual([401, 'application/problem+json']);
    expect(JSON.parse(seen.body)).toEqual({
      title: 'Unauthorized',
      type: 'https://httpstatus.es/401',
      status: 401,
      detail: 'Unauthorized',
    });
    expect(sandbox.requests()).toMatchObject([{ status: 401, fault: 'wrong credentials' }]);
  });
});

describe('notes', () => {
  async function withNotes() {
    const sandbox = await start({ api: 'v4' });
    await v4(sandbox, 'POST calls', [
      v4Call('a'),
      v4Call('b', { direction: 'outbound' }),
      v4Call('c', { phone: '74950000107' }),
    ]);
    const uniqs = async (what: string) => {
      const { status, body } = await v4(sandbox, what);
      if (status === 204) return 204;
      const { _embedded } = JSON.parse(JSON.stringify(body));
      return _embedded.notes.map(({ params }: { params: { uniq: string } }) => params.uniq);
    };
    return { sandbox, uniqs };
  }

  it('are listed by entity and filtered by type, id and time', async () => {
    const { uniqs } = await withNotes();
    expect(await uniqs('GET contacts/notes')).toEqual(['a', 'b']);
    expect(await uniqs('GET leads/notes')).toEqual(['c']);
    expect(await uniqs('GET companies/notes')).toBe(204);
    expect(await uniqs('GET contacts/notes?filter[note_type]=call_out')).toEqual(['b']);
    expect(
      await uniqs('GET contacts/notes?filter[note_type][]=call_in&filter[note_type][]=call_out'),
    ).toEqual(['a', 'b']);
    expect(await uniqs('GET contacts/notes?filter[note_type][0]=common')).toBe(204);
    expect(await uniqs('GET contacts/notes?filter[id][]=100002')).toEqual(['b']);
    expect(await uniqs(`GET contacts/notes?filter[updated_at][from]=${noon / 1000}`)).toEqual(['a', 'b']);
    expect(await uniqs(`GET contacts/notes?filter[updated_at][to]=${noon / 1000 - 1}`)).toBe(204);
    expect(await uniqs('GET contacts/notes?order[id]=desc')).toEqual(['b', 'a']);
    expect(await uniqs('GET contacts/notes?limit=1&page=2')).toEqual(['b']);
    expect(await uniqs('GET contacts/1/notes')).toBe(204);
  });

  it('are found one by one', async () => {
    const { sandbox } = await withNotes();
    expect(await v4(sandbox, 'GET leads/notes/100003')).toMatchObject({
      status: 200,
      body: { id: 100_003, note_type: 'call_in', params: { uniq: 'c' } },
    });
    expect((await v4(sandbox, 'GET contacts/notes/100003')).status).toBe(404);
  });

  it('are edited, alone and in lists; params that are not given stay', async () => {
    const { sandbox } = await withNotes();
    const link = 'https://pbx.example/a.mp3';
    expect(
      await v4(sandbox, 'PATCH contacts/1/notes/100001', {
        note_type: 'call_in',
        params: { link, duration: 9 },
      }),
    ).toMatchObject({ status: 200, body: { id: 100_001, updated_at: noon / 1000 } });
    expect(
      await v4(sandbox, 'PATCH contacts/notes', [{ id: 100_002, params: { duration: 7 } }]),
    ).toMatchObject({ status: 200, body: { _embedded: { notes: [{ id: 100_002 }] } } });
    expect(sandbox.notes()).toMatchObject([
      { id: 100_001, params: { uniq: 'a', link, duration: 9 } },
      { id: 100_002, note_type: 'call_out', params: { uniq: 'b', duration: 7 } },
      { id: 100_003, params: { uniq: 'c', duration: 5 } },
    ]);
    const read = await send(sandbox, 'GET /notes');
    expect(JSON.parse(read.body)).toEqual(sandbox.notes());
  });

  it.each([
    ['PATCH leads/1/notes/100001', { params: {} }, 404],
    ['PATCH contacts/1/notes/7', { params: {} }, 404],
    ['PATCH contacts/1/notes/100001', {}, 400],
    ['PATCH contacts/1/notes/100001', { note_type: 'common', params: {} }, 400],
    [
      'PATCH contacts/notes',
      [
        { id: 100_001, params: { duration: 1 } },
        { id: 7, params: {} },
      ],
      400,
    ],
    ['PATCH contacts/notes', [], 400],
  ])('are not edited by %s %j', async (what, body, status) => {
    const { sandbox } = await withNotes();
    expect((await v4(sandbox, what, body)).status).toBe(status);
    expect(sandbox.notes().map(({ params }) => params['duration'])).toEqual([5, 5, 5]);
  });

  it('of earlier runs are taken as they come where none are kept', async () => {
    const sandbox = await start({ api: 'v4', keep: 0 });
    expect(await v4(sandbox, 'PATCH contacts/1/notes/7', { params: {} })).toMatchObject({
      status: 200,
      body: { id: 7 },
    });
    expect(sandbox.notes()).toEqual([]);
  });
});

describe('a request to v4', () => {
  it.each([
    ['GET nothing', 404],
    ['GET leads', 404],
    ['GET calls', 405],
    ['DELETE contacts/notes/100001', 405],
    ['POST account', 405],
  ])('%s gets %i', async (what, status) => {
    const sandbox = await start({ api: 'v4' });
    expect((await v4(sandbox, what, what.startsWith('POST') ? {} : undefined)).status).toBe(status);
  });

  it.each(['', '{', '{}', '[]', '7'])('with the body %j is no list', async (body) => {
    const sandbox = await start({ api: 'v4' });
    const authorization = `Bearer ${sandbox.credentials.token}`;
    const contentType = 'application/json; charset=utf-8';
    const seen = await send(sandbox, 'POST /api/v4/calls', body, { authorization, contentType });
    expect([seen.status, JSON.parse(seen.body).detail]).toEqual([400, 'The body must be a list in JSON']);
  });

  it('has to be JSON, and within the size', async () => {
    const sandbox = await start({ api: 'v4', maxBodyBytes: 200 });
    const authorization = `Bearer ${sandbox.credentials.token}`;
    expect((await send(sandbox, 'POST /api/v4/calls', '[]', { authorization })).status).toBe(400);
    const long = `[${' '.repeat(200)}]`;
    expect((await send(sandbox, 'POST /api/v4/calls', long, { authorization })).status).toBe(413);
  });

  it('to calls/add is unknown there, and v4 is unknown to calls/add', async () => {
    const sandbox = await start({ api: 'v4' });
    expect((await send(sandbox, 'POST /api/calls/add/')).status).toBe(404);
    expect((await v4(await start(), 'GET account')).status).toBe(404);
  });

  it('beyond the rate limit gets 429, and 403 for good after ten of them', async () => {
    const sandbox = await start({ api: 'v4', maxPerSecond: 0 });
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await v4(sandbox, 'GET account')).status);
    expect(statuses).toEqual([...Array<number>(10).fill(429), 403, 403]);
  });
});

describe('the record of v4', () => {
  it('holds no token, is read over HTTP and forgotten on request', async () => {
    const sandbox = await start({ api: 'v4', token: 'planted-token-0123456789' });
    await v4(sandbox, 'POST calls', [v4Call('a')]);
    for (const route of ['GET /', 'GET /calls', 'GET /notes', 'GET /requests']) {
      const { status, body } = await send(sandbox, route);
      expect([status, body.includes('planted-token')]).toEqual([200, false]);
    }
    expect(JSON.parse((await send(sandbox, 'GET /calls?uuid=a')).body)).toEqual(sandbox.calls());
    await send(sandbox, 'POST /reset');
    expect([sandbox.calls(), sandbox.notes(), sandbox.requests()]).toEqual([[], [], []]);
  });

  it('tells how to reach it', async () => {
    const sandbox = await start({ api: 'v4', token: 'abc' });
    expect(sandboxEnvironment(sandbox)).toEqual([
      ['AMOCALLS_API', 'v4'],
      ['AMOCALLS_BASE_URL', sandbox.url],
      ['AMOCALLS_TOKEN', 'abc'],
    ]);
    expect((await start()).ledgerAddress).toBe(sandbox.ledgerAddress);
  });
});
