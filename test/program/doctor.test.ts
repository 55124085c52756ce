import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { generate } from 'selfsigned';
import { expect, onTestFinished, test } from 'vitest';
import { amocalls, calls, csv, service, startProgram, workdir } from './harness.js';

interface Finding {
  readonly check: string;
  readonly status: string;
  readonly says: string;
  readonly do?: string;
}

/** What doctor finds, by the names of its lines. */
async function examine(cwd: string, env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { code, stdout, stderr } = await amocalls(['doctor', '--output', 'json', ...args], { cwd, env });
  const { checks }: { readonly checks: readonly Finding[] } = JSON.parse(stdout);
  return { code, stdout, stderr, found: new Map(checks.map((one) => [one.check, one])) };
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const key = 'doctor-test-key-0000000000000000';
const account = { AMOCALLS_CODE: 'my_service', AMOCALLS_KEY: key, AMOCALLS_ACCOUNT_ID: '39099' };

test('all is well: exit 0, a line each, and the service is asked for nothing but a GET', async () => {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'a.csv': csv(calls(2)) });
  await amocalls(['import', 'a.csv'], { cwd, env });
  const sent = sandbox.requests().length;
  const { code, found, stdout } = await examine(cwd, env);
  expect([...found.values()].filter(({ status }) => status !== 'ok')).toEqual([]);
  expect([...found.keys()]).toEqual([
    ...['node', 'profile', 'credentials', 'reading', 'name', 'proxy', 'connection', 'clock', 'key'],
    ...['ledger', 'open calls', 'pause', 'last run', 'time zones'],
  ]);
  expect(code).toBe(0);
  expect(found.get('last run')?.says).toMatch(/^import a\.csv \(.*\) ended with exit code 0$/);
  expect(sandbox.requests().length).toBe(sent);
  expect(stdout).not.toContain(env['AMOCALLS_KEY']);
});

test('with API v4 it names the account behind the token', async () => {
  const { env } = await service({ api: 'v4' });
  const { code, found, stdout } = await examine(workdir(), env);
  expect([code, found.get('account')?.status]).toEqual([0, 'ok']);
  expect(found.get('account')?.says).toContain('the token is valid');
  expect(stdout).not.toContain(env['AMOCALLS_TOKEN']);
});

test('with API v4 it counts the calls of the file that was read last whose extensions have no user', async () => {
  const { env } = await service({ api: 'v4', users: 3 });
  const row = (uuid: string, to: string) => `${uuid},2020-01-05T10:00:00Z,74950000001,${to},5\n`;
  const cwd = workdir({
    '.amocallsrc': 'users: { 101: 504141 }\n',
    'a.csv': `uuid,date,caller,to,billsec\n${row('a', '101')}${row('b', '102')}${row('c', '102')}`,
  });
  expect((await examine(cwd, env)).found.get('extensions')).toBeUndefined();
  await amocalls(['import', 'a.csv'], { cwd, env });
  expect((await examine(cwd, env)).found.get('extensions')).toMatchObject({
    status: 'warning',
    says: '2 of 3 calls of a.csv have no user: 102 (2)',
  });
  writeFileSync(path.join(cwd, '.amocallsrc'), 'users: { 101: 504141, 102: 504142 }\n');
  expect((await examine(cwd, env)).found.get('extensions')?.status).toBe('ok');
});

test('with API v4 and users in the profile it names the extensions whose user does not exist', async () => {
  const { env, sandbox } = await service({ api: 'v4', users: 300 });
  const users = async (text: string) => {
    const { code, found } = await examine(workdir({ '.amocallsrc': text }), env);
    return { code, line: found.get('users') };
  };
  expect(await users('source: PBX\n')).toMatchObject({ code: 0, line: { status: 'warning' } });
  // User 300 of the account is on the second page.
  expect(await users('users: { 101: 504141, 102: 504440 }\n')).toMatchObject({
    code: 0,
    line: { status: 'ok', says: 'all 2 are in the account' },
  });
  expect(await users('users: { 101: 504141, 103: 504441, "007": 5 }\n')).toMatchObject({
    code: 0,
    line: {
      status: 'warning',
      says: 'these user ids are not in the account: 103 (504441), 007 (5)',
      do: expect.stringContaining('amocalls users'),
    },
  });
  expect(new Set(sandbox.requests().map(({ method }) => method))).toEqual(new Set(['GET']));
});

test('a token that may not list users is no problem: they are not checked', async () => {
  const server = createServer(({ url }, response) => {
    const isAccount = url === '/api/v4/account';
    response.writeHead(isAccount ? 200 : 403, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAccount ? { id: 1, name: 'Own' } : { title: 'Forbidden', status: 403 }));
  });
  const address = `http://127.0.0.1:${await portOf(server)}`;
  const env = { AMOCALLS_API: 'v4', AMOCALLS_BASE_URL: address, AMOCALLS_TOKEN: 'a-token-of-a-test-000' };
  const { code, found } = await examine(workdir({ '.amocallsrc': 'users: { 101: 1 }\n' }), env);
  expect([code, found.get('users')]).toEqual([
    0,
    { check: 'users', status: 'ok', says: expect.stringMatching(/^not checked: .*403/) },
  ]);
});

test('an expired token is named with what to do', async () => {
  const { env } = await service({ api: 'v4' });
  const { code, found } = await examine(workdir(), { ...env, AMOCALLS_TOKEN: 'expired-token-0000' });
  expect([code, found.get('account')?.status]).toEqual([3, 'problem']);
  expect(found.get('account')?.says).toContain('401');
  expect(found.get('account')?.do).toMatch(/token/);
});

test('no profile: it names the folders, and init', async () => {
  const cwd = workdir();
  const { env } = await service();
  const { code, found } = await examine(cwd, { AMOCALLS_BASE_URL: env['AMOCALLS_BASE_URL'] ?? '' });
  expect([code, found.get('profile')?.status]).toEqual([3, 'problem']);
  expect(found.get('profile')?.says).toContain(cwd);
  expect(found.get('profile')?.do).toBe('Run: amocalls init');
  expect(found.get('credentials')?.says).toContain('code, key, account_id: missing (');
});

test.skipIf(process.platform === 'win32')(
  'a profile that others may read is named with the chmod',
  async () => {
    const { env } = await service();
    const address = env['AMOCALLS_BASE_URL'];
    const profile = `code: my_service\nkey: ${key}\naccount_id: 39099\nbase_url: ${address}\n`;
    const cwd = workdir();
    writeFileSync(path.join(cwd, '.amocallsrc'), profile, { mode: 0o644 });
    const { code, found, stderr } = await examine(cwd, {});
    expect([code, found.get('profile')?.status, stderr]).toEqual([0, 'warning', '']);
    expect(found.get('profile')?.says).toContain('mode 644; ');
    expect(found.get('profile')?.do).toBe(`Run: chmod 600 ${path.join(cwd, '.amocallsrc')}`);
  },
);

test('a profile that cannot be read is a line, and the others are still looked at', async () => {
  const { code, found } = await examine(workdir({ '.amocallsrc': 'cod: x\n' }), {});
  expect([code, found.get('profile')?.status]).toEqual([3, 'problem']);
  expect(found.get('profile')?.says).toContain('unknown setting "cod"');
  expect([found.has('ledger'), found.has('time zones')]).toEqual([true, true]);
});

test('what a broken profile would decide is not checked against the defaults', async () => {
  const { found } = await examine(workdir({ '.amocallsrc': 'cod: x\n' }), {});
  for (const check of ['credentials', 'connection', 'ledger']) {
    expect(found.get(check)).toEqual({
      check,
      status: 'warning',
      says: expect.stringContaining('not checked'),
    });
  }
  expect([found.has('name'), found.has('last run')]).toEqual([false, false]);
});

test.each([
  ['localhost', 'none'],
  ['example.com, .LOCALHOST', 'none'],
  ['*', 'none'],
  ['localhost:1', '127.0.0.1:9, by HTTPS_PROXY'],
  ['calhost', '127.0.0.1:9, by HTTPS_PROXY'],
])('with NO_PROXY=%s the proxy is %s', async (noProxy, says) => {
  const proxy = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: noProxy };
  const env = { ...account, AMOCALLS_BASE_URL: 'https://localhost:2', ...proxy };
  expect((await examine(workdir(), env)).found.get('proxy')?.says).toBe(says);
});

test('--verbose shows the request', async () => {
  const { env } = await service({ api: 'v4' });
  const { stderr } = await examine(workdir(), env, '--verbose');
  expect(stderr).toMatch(/^GET http:\S+\/api\/v4\/account .* -> 200 in \d+ ms$/m);
});

test('calls that wait are counted in the ledger, whatever the last run read', async () => {
  const { env } = await service({ api: 'v4', unknownNumber: /^7495/ });
  const now = Math.floor(Date.now() / 1000) - 60;
  const waiting = [1, 2, 3].map((at) => [`w-${at}`, '74950000001', '101', now, 'inbound', 5, '']);
  const cwd = workdir({
    'a.csv': csv(waiting),
    'b.csv': csv([['b', '74990000001', '101', now, 'inbound', 5, '']]),
  });
  await amocalls(['import', 'a.csv'], { cwd, env });
  await amocalls(['import', 'b.csv'], { cwd, env });
  expect((await examine(cwd, env)).found.get('open calls')?.says).toBe('0 unconfirmed, 3 waiting');
});

test('a name that nobody knows is named, and no connection is tried', async () => {
  const env = { ...account, AMOCALLS_BASE_URL: 'https://no-such-host.invalid' };
  const { code, found } = await examine(workdir(), env);
  expect([code, found.get('name')?.status]).toEqual([3, 'problem']);
  expect(found.get('name')?.says).toContain('no-such-host.invalid cannot be looked up');
  expect(found.get('name')?.do).toContain('DNS');
  expect(found.get('connection')?.says).toBe('not tried, since the name cannot be looked up');
});

test('a certificate that nobody vouches for is named with what to do, and the key stays here', async () => {
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }]);
  const seen: string[] = [];
  const keys = { key: certificate.private, cert: certificate.cert };
  const server = createSecureServer(keys, (request, response) => {
    seen.push(String(request.url));
    response.end();
  });
  const env = { ...account, AMOCALLS_BASE_URL: `https://localhost:${await portOf(server)}` };
  const { code, found } = await examine(workdir(), env);
  expect([code, found.get('TLS')?.status, seen]).toEqual([3, 'problem', []]);
  expect(found.get('TLS')?.says).toMatch(/self-signed certificate/i);
  expect(found.get('TLS')?.do).toContain('NODE_EXTRA_CA_CERTS');
});

test.each([
  [600, 'problem', '10 min 00 s ahead of'],
  [-600, 'problem', '10 min 00 s behind'],
  [0, 'ok', 'same time as'],
])('a clock %s seconds off is %s', async (seconds, status, words) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.setHeader('date', new Date(Date.now() - seconds * 1000).toUTCString());
    response.end();
  });
  const env = { ...account, AMOCALLS_BASE_URL: `http://127.0.0.1:${await portOf(server)}` };
  const { code, found } = await examine(workdir(), env);
  expect([code, found.get('clock')?.status]).toEqual([seconds === 0 ? 0 : 3, status]);
  // Within the second that the header cuts off.
  expect(found.get('clock')?.says.replace(/9 min 59 s|10 min 01 s/, '10 min 00 s')).toContain(words);
  if (seconds !== 0) expect(found.get('clock')?.do).toContain('Set the clock');
  expect(seen.length).toBe(1);
  expect(seen[0]).toMatch(/^GET \/ /);
  expect(seen[0]).not.toContain(key);
});

test('a ledger that is damaged is named with what to do, whether it opens or not', async () => {
  const { env } = await service();
  const cwd = workdir({
    'a.csv': csv(calls(3000)),
    'none.db': 'this is no database, and never was one\n'.repeat(50),
  });
  // Only the end of a process is sure to fold the log of the database into its file.
  await startProgram(['import', 'a.csv', '--ledger', 'l.db', '--rate', '0'], { cwd, env });
  expect((await examine(cwd, env, '--ledger', 'l.db')).found.get('ledger')?.status).toBe('ok');
  const file = path.join(cwd, 'l.db');
  const bytes = readFileSync(file);
  bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192);
  writeFileSync(file, bytes);
  for (const name of ['l.db', 'none.db']) {
    const { code, found } = await examine(cwd, env, '--ledger', name);
    expect([name, code, found.get('ledger')?.status]).toEqual([name, 3, 'problem']);
    expect(found.get('ledger')?.says).toContain('damaged');
    expect(found.get('ledger')?.do).toContain('may be sent twice');
  }
});

test('what is unconfirmed, and a run that was cut short, are warnings', async () => {
  const { env } = await service({ faults: { 'close-after': 1 } });
  const cwd = workdir({ 'a.csv': csv(calls(2)) });
  await amocalls(['import', 'a.csv', '--retries', '0'], { cwd, env });
  const { found } = await examine(cwd, env);
  expect(found.get('open calls')).toMatchObject({
    status: 'warning',
    do: 'To list them: amocalls history --unconfirmed',
  });
  expect(found.get('open calls')?.says).toContain('2 unconfirmed');
  expect(found.get('last run')?.status).toBe('warning');
});

test('no ledger is made by looking, and --quiet shows what is not well alone', async () => {
  const { env } = await service();
  const cwd = workdir();
  const { code, stdout } = await amocalls(['doctor', '--quiet', '--ledger', 'l.db'], { cwd, env });
  expect([code, stdout]).toEqual([0, '']);
  expect(statSync(path.join(cwd, 'l.db'), { throwIfNoEntry: false })).toBeUndefined();
});

test.each([
  ['preset: asterixk', /preset "asterixk": there is no such preset/],
  ['since: garbage', /"garbage" is not a date/],
  ['timezone: Europe/Moscow\nrecordings_root: .', /recordings_root: needs recordings_url/],
])('what import would refuse is found before it is needed: %s', async (line, says) => {
  const { env } = await service();
  const { code, found } = await examine(workdir({ '.amocallsrc': `${line}\n` }), env);
  expect([code, found.get('reading')?.status]).toEqual([3, 'problem']);
  expect(found.get('reading')?.says).toMatch(says);
});

test('a ledger that cannot be created is found before it is needed, and what was not tried is said', async () => {
  const { env } = await service();
  const cwd = workdir({ file: '' });
  const { code, found } = await examine(cwd, env, '--ledger', 'file/l.db');
  expect([code, found.get('ledger')?.status]).toEqual([3, 'problem']);
  expect(found.get('ledger')?.says).toContain('cannot be created');
  expect(found.get('key')?.says).toContain('not tried');
});
