import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { amocalls, calls, csv, runsOnNode, workdir } from './harness.js';

/** With letters that stand differently in an address, in a form and in JSON. */
const key = 'planted/key "0123456789" +&=';
const spellings = [key, 'planted', encodeURIComponent(key)];

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service that repeats what it was asked wherever it can. */
async function echo(
  answer: (asked: { key: string; url: string; uuids: readonly string[] }) => Answer,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const url = request.url ?? '';
      const uuids = body.startsWith('[')
        ? JSON.parse(body).map(({ uniq }: { readonly uniq: string }) => uniq)
        : [...new URLSearchParams(body)].filter(([name]) => name.endsWith('[uuid]')).map(([, uuid]) => uuid);
      const bearer = request.headers.authorization?.replace(/^Bearer /, '');
      const asked = bearer ?? new URL(url, 'http://x').searchParams.get('key') ?? '';
      const { status, headers = {}, body: text = '' } = answer({ key: asked, url, uuids });
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const add = (success: readonly string[], errors: object) =>
  JSON.stringify({ response: { calls: { add: { success, errors } } } });

const answers: Readonly<Record<string, Parameters<typeof echo>[0]>> = {
  success: ({ uuids }) => ({ status: 200, body: add(uuids, []) }),
  '401 with the key in it': ({ key: asked, url }) => ({
    status: 401,
    body: JSON.stringify({ response: { error: `wrong key ${asked} in ${url}` } }),
  }),
  'reasons with the key in them': ({ key: asked, url, uuids }) => ({
    status: 200,
    body: add([], Object.fromEntries(uuids.map((uuid) => [uuid, [`key ${asked}`, `at ${url}`]]))),
  }),
  'a uuid that is the key': ({ key: asked, uuids }) => ({ status: 200, body: add([...uuids, asked], []) }),
  '301 with the key in its Location': ({ url }) => ({
    status: 301,
    headers: { location: `https://x.example${url}` },
  }),
  '301 with the key in its path': ({ key: asked }) => ({
    status: 301,
    headers: { location: `https://x.example/${encodeURIComponent(asked)}/` },
  }),
  '400 with the key in it': ({ url }) => ({ status: 400, body: `bad request: ${url}` }),
  'HTML with the key in it': ({ url }) => ({ status: 200, body: `<p>${url}</p>` }),
};

const notes = (uuids: readonly string[], more: object) =>
  JSON.stringify({
    _embedded: {
      calls: uuids.map((_, at) => ({ id: at + 1, entity_id: 1, entity_type: 'contact', request_id: at })),
    },
    ...more,
  });
const problem = (asked: string) => ({ title: `bad ${asked}`, detail: `token ${asked}` });

/** The same for API v4, which has its token in the head of the request. */
const answersOfV4: Readonly<Record<string, Parameters<typeof echo>[0]>> = {
  success: ({ uuids }) => ({ status: 200, body: notes(uuids, {}) }),
  '401 with the token in it': ({ key: asked }) => ({ status: 401, body: JSON.stringify(problem(asked)) }),
  '403 as a text with the token in it': ({ key: asked }) => ({ status: 403, body: `no ${asked}` }),
  'errors with the token in them': ({ key: asked, uuids }) => ({
    status: 200,
    body: JSON.stringify({ errors: uuids.map((_, at) => ({ request_id: at, ...problem(asked) })) }),
  }),
  'validation errors with the token in them': ({ key: asked, uuids }) => ({
    status: 400,
    body: JSON.stringify({
      'validation-errors': uuids.map((_, at) => ({
        request_id: at,
        errors: [{ code: asked, path: asked, detail: `is not ${encodeURIComponent(asked)}` }],
      })),
    }),
  }),
  'a request_id that is the token': ({ key: asked, uuids }) => ({
    status: 200,
    body: notes(uuids, { errors: [{ request_id: asked, title: 'x' }] }),
  }),
  'an entity that is the token': ({ key: asked, uuids }) => ({
    status: 200,
    body: JSON.stringify({
      _embedded: {
        calls: uuids.map((_, at) => ({ id: 1, entity_id: 1, entity_type: asked, request_id: at })),
      },
    }),
  }),
  '301 with the token in its Location': ({ key: asked }) => ({
    status: 301,
    headers: { location: `https://x.example/${encodeURIComponent(asked)}/` },
  }),
  'HTML with the token in it': ({ key: asked }) => ({ status: 200, body: `<p>${asked}</p>` }),
};

/** All bytes of all files below a folder. */
function bytesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

interface Place {
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

const identity = { AMOCALLS_CODE: 'c', AMOCALLS_ACCOUNT_ID: '1000' };
const profile = (url: string, more: object) =>
  JSON.stringify({ code: 'c', account_id: '1000', base_url: url, ...more });
const places: Readonly<Record<string, (url: string) => Place>> = {
  environment: (url) => ({ files: {}, env: { ...identity, AMOCALLS_BASE_URL: url, AMOCALLS_KEY: key } }),
  profile: (url) => ({ files: { '.amocallsrc': profile(url, { key }) }, env: {} }),
  'environment of v4': (url) => ({
    files: {},
    env: { AMOCALLS_API: 'v4', AMOCALLS_BASE_URL: url, AMOCALLS_TOKEN: key },
  }),
  'profile of v4': (url) => ({
    files: { '.amocallsrc': JSON.stringify({ api: 'v4', base_url: url, token: key }) },
    env: {},
  }),
  token_file: (url) => ({
    files: {
      '.amocallsrc': JSON.stringify({ api: 'v4', base_url: url, token_file: 'token.txt' }),
      'token.txt': `${key}\n`,
    },
    env: {},
  }),
  key_file: (url) => ({
    files: { '.amocallsrc': profile(url, { key_file: 'key.txt' }), 'key.txt': `${key}\n` },
    env: {},
  }),
};

/** What tells of a run afterwards, where the key may have been kept. */
const looks = [['history', 'call-0', 'call-1', '--verbose'], ['config']];

/** Runs import with the key in that place, then looks; gives all that was printed and written. */
async function traces(
  url: string,
  {
    place = 'environment',
    args = [],
    env = {},
    after = looks,
  }: {
    readonly place?: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly after?: readonly (readonly string[])[];
  },
) {
  const { files, env: own } = places[place]?.(url) ?? { files: {}, env: {} };
  const cwd = workdir({ 'calls.csv': csv(calls(3)), ...files });
  const sending = ['--rejects', 'state-rejects.csv', '--rate', '0', '--retries', '0'];
  const run = { cwd, env: { ...own, ...env } };
  const imported = await amocalls(['import', 'calls.csv', ...sending, ...args], run);
  const looked = await Promise.all(after.map((look) => amocalls(look, run)));
  const written = readdirSync(cwd)
    .filter((name) => !(name in files))
    .map((name) =>
      name === 'state' ? bytesBelow(path.join(cwd, name)) : readFileSync(path.join(cwd, name), 'latin1'),
    );
  const printed = [imported, ...looked].flatMap(({ stdout, stderr }) => [stdout, stderr]);
  return { imported, all: [...printed, ...written].join('\n') };
}

/** Sends to a service that answers so, and expects no trace of the key, in whatever form the outcomes are printed. */
async function expectNoTraces(answer: Parameters<typeof echo>[0] | undefined, place: string): Promise<void> {
  if (answer === undefined) throw new Error('no such answer');
  const url = await echo(answer);
  for (const output of ['table', 'json']) {
    const after = output === 'json' ? looks.slice(0, 1) : [];
    const args = ['--verbose', '--output', output];
    const { imported, all } = await traces(url, { place, args, after });
    expect(imported.stdout).not.toBe('');
    expectNone(all);
  }
}

function expectNone(all: string): void {
  for (const spelling of spellings) expect(all).not.toContain(spelling);
}

describe('the key is found in no output, ledger, rejects file or history', () => {
  test.each(Object.keys(answers))('after %s', (name) => expectNoTraces(answers[name], 'environment'));

  test.each(Object.keys(answersOfV4))('nor the token of v4 after %s', (name) =>
    expectNoTraces(answersOfV4[name], 'environment of v4'),
  );

  test.each(Object.keys(places))('when it comes from the %s', async (place) => {
    const isV4 = /v4|token/.test(place);
    const url = await echo(({ uuids }) => ({
      status: 200,
      body: isV4 ? notes(uuids, {}) : add(uuids, []),
    }));
    const { imported, all } = await traces(url, { place, args: ['--verbose'] });
    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stderr).toContain(isV4 ? '/api/v4/calls' : 'key=***');
    expectNone(all);
  });

  test('when nobody answers', async () => {
    const { imported, all } = await traces('http://127.0.0.1:1', { args: ['--verbose'] });
    expect(imported.code).toBe(5);
    expectNone(all);
  });

  test('when Node tells all it does', async () => {
    const url = await echo(({ uuids }) => ({ status: 200, body: add(uuids, []) }));
    const { imported, all } = await traces(url, { env: { NODE_DEBUG: 'http,https,net,tls,undici' } });
    expect(imported.code).toBe(0);
    expect(imported.stderr).toMatch(/NET \d+/);
    expectNone(all);
  });

  test('when Node tells all it does with v4', async () => {
    const url = await echo(({ uuids }) => ({ status: 200, body: notes(uuids, {}) }));
    const env = { NODE_DEBUG: 'http,https,net,tls,undici' };
    const { imported, all } = await traces(url, { place: 'environment of v4', env });
    expect(imported.code).toBe(0);
    expect(imported.stderr).toMatch(/NET \d+/);
    expectNone(all);
  });

  test('when amocalls has a bug', async ({ skip }) => {
    if (!runsOnNode) skip('the executable takes no NODE_OPTIONS, which would break it from outside');
    const url = await echo(({ uuids }) => ({ status: 200, body: add(uuids, []) }));
    const script =
      'globalThis.setImmediate = () => { throw new Error("a bug with " + process.env.AMOCALLS_KEY); };';
    const cwd = workdir({ 'break.cjs': script, 'calls.csv': csv(calls(3)) });
    const env = {
      ...identity,
      AMOCALLS_BASE_URL: url,
      AMOCALLS_KEY: key,
      NODE_OPTIONS: `--require=${cwd}/break.cjs`,
    };
    const { code, stdout, stderr } = await amocalls(['import', 'calls.csv', '--verbose'], { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toContain('bug in amocalls: Error: a bug with ***');
    expectNone(stdout + stderr);
  });
});
