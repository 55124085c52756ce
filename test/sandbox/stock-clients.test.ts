import { Agent } from 'node:http';
import https from 'node:https';
import { Amo } from '@shevernitskiy/amo';
import { Client } from 'amocrm-js';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.js';
import { closeAll, start } from './exchange.js';

afterEach(closeAll);

const call = {
  uniq: 'c-1',
  direction: 'inbound',
  duration: 5,
  source: 'PBX',
  phone: '74950000101',
  link: 'https://pbx.example/c-1.mp3',
  call_status: 4,
  call_responsible: 504_141,
  call_result: 'talked',
  responsible_user_id: 504_141,
  created_by: 504_141,
  updated_by: 504_141,
  created_at: 1_704_110_340,
  updated_at: 1_704_110_340,
} as const;

/** What OAuth would need. */
const app = { client_id: '', client_secret: '', redirect_uri: '' };

/** The client of Shevernitskiy; it would speak TLS to the address, so it is given the one of the sandbox. */
function amoOf({ url, credentials }: Sandbox): Amo {
  const token = {
    token_type: 'Bearer',
    expires_in: 86_400,
    access_token: credentials.token,
    refresh_token: '',
  };
  const auth = { ...token, expires_at: Date.now() + 86_400_000 };
  const amo = new Amo('127.0.0.1', { ...auth, ...app }, { request_delay: 0 });
  Object.assign(amo.raw, { url_base: url });
  return amo;
}

/** amocrm-js knows no ports and no plain HTTP: Node's agent for https leads to the sandbox as long as the test runs. */
function amocrmOf({ port, credentials }: Sandbox): Client {
  const { globalAgent } = https;
  const agent = Object.assign(new Agent(), { defaultPort: port });
  Object.assign(https, { globalAgent: agent });
  onTestFinished(() => {
    Object.assign(https, { globalAgent });
    agent.destroy();
  });
  return new Client({ domain: '127.0.0.1', auth: { ...app, bearer: credentials.token } });
}

test('@shevernitskiy/amo reads account and users, adds calls, reads and edits their notes', async () => {
  const sandbox = await start({ api: 'v4', unknownNumber: /^7499/ });
  const amo = amoOf(sandbox);
  expect(await amo.account.getAccount()).toMatchObject({ id: 1000, name: 'Sandbox' });
  expect(await amo.user.getUsers({ limit: 2 })).toMatchObject({
    _embedded: { users: [{ id: 504_141 }, {}] },
  });
  const added = await amo.call.addCalls([call, { ...call, uniq: 'c-2', phone: '74990000001' }]);
  expect(added).toMatchObject({
    errors: [{ title: 'Entity not found', request_id: '1' }],
    _embedded: { calls: [{ id: 100_001, entity_type: 'contact', request_id: '0' }] },
  });
  const filter = 'filter[note_type][]=call_in';
  const notes = await amo.raw.get({ url: '/api/v4/contacts/notes', query: filter });
  expect(notes).toMatchObject({
    _embedded: { notes: [{ id: 100_001, params: { uniq: 'c-1', duration: 5 } }] },
  });
  const entity_id = added._embedded.calls[0]?.entity_id ?? 0;
  const note = { id: 100_001, entity_id, updated_at: 0, _links: { self: { href: '' } } };
  const change = { ...note, note_type: 'call_in', params: { duration: 9 } };
  await amo.note.updateNoteById(note.id, 'contacts', change);
  expect(sandbox.notes()).toMatchObject([{ id: 100_001, params: { uniq: 'c-1', duration: 9 } }]);
  const lead = {
    source_uid: 'c-2',
    source_name: 'PBX',
    metadata: { ...call, phone: '74990000001', from: '1' },
  };
  const sip = { ...lead.metadata, called_at: call.created_at, service_code: 'x', is_call_event_needed: true };
  expect(await amo.unsorted.addUnsortedSip([{ ...lead, metadata: sip }])).toMatchObject({
    _embedded: { unsorted: [{ uid: expect.any(String), request_id: '0' }] },
  });
});

test('@shevernitskiy/amo takes the errors for what they are', async () => {
  const sandbox = await start({ api: 'v4' });
  const amo = amoOf(sandbox);
  const invalid = amo.call.addCalls([{ ...call, duration: -1 }]);
  await expect(invalid).rejects.toMatchObject({
    response: { 'validation-errors': [{ request_id: '0', errors: [{ path: 'duration' }] }] },
  });
  await expect(amo.note.getNotesByEntityType('leads')).rejects.toThrow('204');
});

test('amocrm-js reads account and users page by page, adds calls, reads and edits their notes', async () => {
  const sandbox = await start({ api: 'v4', users: 3 });
  const client = amocrmOf(sandbox);
  const get = async (url: string, query: object = {}) => (await client.request.get(url, query)).data;
  expect(await get('/api/v4/account')).toMatchObject({ id: 1000 });
  const first = await get('/api/v4/users', { limit: 2 });
  expect(first).toMatchObject({ _page: 1, _embedded: { users: [{ id: 504_141 }, { id: 504_142 }] } });
  const { next } = JSON.parse(JSON.stringify(first))._links;
  expect(await get(next.href)).toMatchObject({ _page: 2, _embedded: { users: [{ id: 504_143 }] } });
  const { data } = await client.request.post('/api/v4/calls', [call]);
  expect(data).toMatchObject({ _embedded: { calls: [{ id: 100_001, request_id: '0' }] } });
  const query = { filter: { note_type: ['call_in'], updated_at: { from: 0 } } };
  expect(await get('/api/v4/contacts/notes', query)).toMatchObject({
    _embedded: { notes: [{ id: 100_001 }] },
  });
  await client.request.patch('/api/v4/contacts/notes', [
    { id: 100_001, note_type: 'call_in', params: { link: 'https://pbx.example/late.mp3' } },
  ]);
  expect(sandbox.notes()).toMatchObject([{ params: { uniq: 'c-1', link: 'https://pbx.example/late.mp3' } }]);
  expect(sandbox.requests().map(({ method, status }) => `${method} ${status}`)).toEqual([
    'GET 200',
    'GET 200',
    'GET 200',
    'POST 200',
    'GET 200',
    'PATCH 200',
  ]);
});
