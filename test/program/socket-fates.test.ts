import { execFile } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiName } from '../../src/sandbox/api.js';
import { certificate, trusting } from './certificate.js';
import { apis, clock } from './harness.js';

/** What a server does with a socket, once the head of a request has come. */
type Fate = (socket: Socket, answer: string) => void;

const json = 'content-type: application/json\r\n';
const sized = (text: string) => `${json}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const endless = (socket: Socket, text: string) => {
  const timer = setInterval(() => socket.write(text), 20);
  socket.on('close', () => clearInterval(timer));
};

/** By what they are called: what the server does, and what becomes of the call. Unnamed: nobody knows whether it arrived. */
const fates: Readonly<Record<string, readonly [Fate, string]>> = {
  'an answer': [(socket, answer) => socket.write(`HTTP/1.1 200 OK\r\n${sized(answer)}`), 'accepted 0'],
  'an answer, then garbage': [
    (socket, answer) => socket.write(`HTTP/1.1 200 OK\r\n${sized(answer)}%%%%\0garbage`),
    'accepted 0',
  ],
  'an answer, then another one': [
    (socket, answer) => socket.write(`HTTP/1.1 200 OK\r\n${sized(answer)}`.repeat(2)),
    'accepted 0',
  ],
  'an answer that ends with its socket': [
    (socket, answer) => socket.end(`HTTP/1.0 200 OK\r\n${json}\r\n${answer}`),
    'accepted 0',
  ],
  'an answer behind a hundred 1xx': [
    (socket, answer) =>
      socket.write(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)}HTTP/1.1 200 OK\r\n${sized(answer)}`),
    'accepted 0',
  ],
  '1xx without end': [(socket) => endless(socket, 'HTTP/1.1 100 Continue\r\n\r\n'), 'unconfirmed 3'],
  silence: [() => undefined, 'unconfirmed 3'],
  'an end': [(socket) => socket.end(), 'unconfirmed 3'],
  'a reset': [(socket) => socket.destroy(), 'unconfirmed 3'],
  'a switch of protocols': [
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    'unconfirmed 3',
  ],
  'half a status line, then silence': [(socket) => socket.write('HTTP/1.1 20'), 'unconfirmed 3'],
  'half a status line, then an end': [(socket) => socket.end('HTTP/1.1 20'), 'unconfirmed 3'],
  'a status of 099': [
    (socket) => socket.write('HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n'),
    'unconfirmed 3',
  ],
  'a status of 999': [
    (socket) => socket.write('HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'),
    'unconfirmed 3',
  ],
  'a head without end': [(socket) => endless(socket, 'x'), 'unconfirmed 3'],
  'a header of 100 kB': [
    (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
    'unconfirmed 3',
  ],
  'another protocol': [(socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'), 'unconfirmed 3'],
  'a body that stops': [
    (socket, answer) => socket.write(`HTTP/1.1 200 OK\r\n${sized(answer).slice(0, -3)}`),
    'unconfirmed 3',
  ],
  'a body that breaks off': [
    (socket, answer) => socket.end(`HTTP/1.1 200 OK\r\n${sized(answer).slice(0, -3)}`),
    'unconfirmed 3',
  ],
  'a body in wrong chunks': [
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n${json}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`),
    'unconfirmed 3',
  ],
  'a body without end': [
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${json}\r\n[`);
      endless(socket, ' '.repeat(1_000_000));
    },
    'unconfirmed 3',
  ],
  'a refusal whose body stops': [
    (socket) => socket.write('HTTP/1.1 429 Slow\r\ncontent-length: 9\r\n\r\n'),
    'unsent 5',
  ],
  '303, which says that it was taken': [
    (socket) => socket.write('HTTP/1.1 303 See Other\r\nlocation: /done\r\ncontent-length: 0\r\n\r\n'),
    'unconfirmed 5',
  ],
  '302, which is never followed': [
    (socket) => socket.write('HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n'),
    'unsent 5',
  ],
};

const answers: Readonly<Record<ApiName, string>> = {
  'calls-add': '{"response":{"calls":{"add":{"success":["u"],"errors":[]}}}}',
  v4: '{"_embedded":{"calls":[{"id":1,"entity_id":2,"entity_type":"contact","request_id":0}]}}',
};

/** Gives each request the fate that stands first in its path. */
function serve(socket: Socket, answer: string): void {
  let head = '';
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (text) => {
    head += String(text);
    const at = head.indexOf('\r\n\r\n');
    if (at < 0) return;
    const name = decodeURIComponent(/^[A-Z]+ \/([^/ ]*)/.exec(head)?.[1] ?? '');
    head = '';
    fates[name]?.[0](socket, answer);
  });
}

async function listen(server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

/** A proxy: what it writes once CONNECT has come, and whether it then leads on. */
async function listenAsProxy(says: string | undefined, leadsOn: boolean) {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      const [, port] = /^CONNECT localhost:(\d+)/.exec(head.toString('latin1')) ?? [];
      if (says !== undefined && !leadsOn) socket.end(says);
      if (says === undefined || !leadsOn) return;
      const inner = connect(Number(port), '127.0.0.1', () => {
        socket.write(says);
        socket.pipe(inner).pipe(socket);
      });
      inner.on('error', () => socket.destroy());
      socket.on('close', () => inner.destroy());
    });
  });
  return { url: `127.0.0.1:${await listen(server)}`, connections: () => connections };
}

const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
/** Sends one call to each address at once, and prints status and exit code of each, in their order. */
const sender = `
const { sendCalls } = require(${JSON.stringify(library)});
const call = { uuid: 'u', caller: '74950000001', to: '101', date: 1732086900, type: 'inbound', billsec: 5 };
const own = { calls: { code: 'c', key: 'k', accountId: '1' }, v4: { api: 'v4', token: 't' } };
async function send(baseUrl) {
  const settings = process.argv[1] === 'v4' ? own.v4 : own.calls;
  const run = sendCalls([call], { ...settings, baseUrl, ledger: false, retries: 0, timeout: 3 });
  const statuses = [];
  for await (const { status } of run) statuses.push(status);
  return [...statuses, run.exitCode].join(' ');
}
Promise.all(process.argv.slice(2).map(send)).then((all) => console.log(JSON.stringify(all)));
`;

async function send(
  api: ApiName,
  addresses: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const args = ['-e', sender, api, ...addresses];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...clock, ...env },
    timeout: 50_000,
  });
  const found: unknown = JSON.parse(stdout);
  return Array.isArray(found) ? found : [];
}

const ways = ['direct', 'TLS', 'proxy'] as const;

test.each(apis.flatMap((api) => ways.map((way) => [api, way] as const)))(
  'whatever becomes of a socket, its call has a result (%s, %s)',
  async (api, way) => {
    const keys = { key: certificate.private, cert: certificate.cert };
    const serveApi = (socket: Socket) => serve(socket, answers[api]);
    const port = await listen(way === 'direct' ? createServer(serveApi) : createTlsServer(keys, serveApi));
    const proxy = way === 'proxy' ? await listenAsProxy('HTTP/1.1 200 OK\r\n\r\n', true) : undefined;
    const base = way === 'direct' ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
    const names = Object.keys(fates);
    const env = { ...trusting(), ...(proxy === undefined ? {} : { HTTPS_PROXY: proxy.url }) };
    const found = await send(
      api,
      names.map((name) => `${base}/${encodeURIComponent(name)}`),
      env,
    );
    const expected = Object.entries(fates).map(([name, [, outcome]]) => [name, outcome]);
    expect(names.map((name, at) => [name, found[at]])).toEqual(expected);
    if (proxy !== undefined) expect(proxy.connections()).toBe(names.length);
  },
);

const proxies: Readonly<Record<string, string | undefined>> = {
  'stays silent': undefined,
  'closes CONNECT': '',
  'asks for a password': 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n',
  'cannot reach the service': 'HTTP/1.1 502 Bad Gateway\r\n\r\n',
  'closes the tunnel before TLS': 'HTTP/1.1 200 OK\r\n\r\n',
  'speaks no TLS': 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n',
  'switches protocols': 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  'speaks another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
};

test.each(Object.entries(proxies))(
  'a proxy that %s is asked once a try, and what never left is not sent',
  async (_, says) => {
    const proxy = await listenAsProxy(says, false);
    const found = await send('calls-add', ['https://localhost:1'], { HTTPS_PROXY: proxy.url });
    expect([found, proxy.connections()]).toEqual([['unsent 5'], 1]);
  },
);

test('a service that accepts and says nothing of TLS ends within the limit, and nothing was sent', async () => {
  const port = await listen(createServer((socket) => socket.on('error', () => undefined)));
  expect(await send('v4', [`https://localhost:${port}`], {})).toEqual(['unsent 5']);
});
