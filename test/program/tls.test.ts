import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { certificate, trusting } from './certificate.js';
import { amocalls, calls, csv, service, startProgram, workdir } from './harness.js';

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return isAddress(address) ? address.port : 0;
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

/**
 * The sandbox behind TLS with a certificate of our own, and the environment that leads to it.
 *
 * @param closesSilently a connection is closed when the second request comes through it
 */
async function secureService(closesSilently = false) {
  const { sandbox, env } = await service();
  const keys = { key: certificate.private, cert: certificate.cert };
  const server = createTlsServer(keys, (socket) => {
    const inner = connect(sandbox.port, '127.0.0.1');
    let answered = false;
    if (closesSilently)
      inner.once('data', () => {
        answered = true;
      });
    socket.on('data', () => {
      if (answered) socket.destroy();
    });
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  const port = await portOf(server);
  return { sandbox, port, env: { ...env, AMOCALLS_BASE_URL: `https://localhost:${port}` } };
}

/** A proxy that opens tunnels, and all that it ever gets to see in the clear. */
async function tunnelProxy(scheme: 'http' | 'https' = 'http') {
  const seen: string[] = [];
  const refuse: RequestListener = (request, response) => {
    seen.push(request.url ?? '');
    response.writeHead(500).end();
  };
  const keys = { key: certificate.private, cert: certificate.cert };
  const server = scheme === 'http' ? createHttpServer(refuse) : createHttpsServer(keys, refuse);
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    const port = Number(request.url?.split(':')[1]);
    const inner = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy());
    socket.on('error', () => inner.destroy());
  });
  const host = scheme === 'http' ? '127.0.0.1' : 'localhost';
  return { seen, url: `${scheme}://${host}:${await portOf(server)}` };
}

const args = ['import', 'a.csv', '--retries', '0', '--output', 'json'];
const files = () => workdir({ 'a.csv': csv(calls(3)) });

test('a certificate that nobody vouches for is refused: nothing is sent, exit 5', async () => {
  const { sandbox, env } = await secureService();
  const { code, stdout, stderr } = await amocalls(args, { cwd: files(), env });
  expect([code, JSON.parse(stdout).summary.unsent]).toEqual([5, 3]);
  expect(stderr).toMatch(/self-signed certificate/i);
  expect(sandbox.requests()).toHaveLength(0);
});

test.each(['direct', 'through a proxy'])(
  'no variable of the environment switches that off (%s)',
  async (way) => {
    const { sandbox, env } = await secureService();
    const proxy = await tunnelProxy();
    const careless = {
      ...env,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      ...(way === 'direct' ? {} : { HTTPS_PROXY: proxy.url }),
    };
    const { code } = await amocalls(args, { cwd: files(), env: careless });
    expect([code, sandbox.requests().length]).toEqual([5, 0]);
  },
);

test.each(['direct', 'through a proxy'])(
  'a service that closes its sockets after each answer, and does not say so, costs one lost answer of a run (%s)',
  async (way) => {
    const { env } = await secureService(true);
    const proxy = way === 'direct' ? {} : { HTTPS_PROXY: (await tunnelProxy()).url };
    const cwd = workdir({ 'a.csv': csv(calls(12)) });
    const fast = ['--rate', '0', '--concurrency', '1', '--chunk-size', '1'];
    const { stdout } = await amocalls([...args, ...fast], { cwd, env: { ...env, ...trusting(), ...proxy } });
    expect(JSON.parse(stdout).summary).toMatchObject({ read: 12, accepted: 11, unconfirmed: 1 });
  },
);

test('a private CA is trusted when NODE_EXTRA_CA_CERTS names it', async () => {
  const { sandbox, env } = await secureService();
  const { code, stderr } = await amocalls(args, { cwd: files(), env: { ...env, ...trusting() } });
  expect([code, sandbox.calls().length], stderr).toEqual([0, 3]);
});

test.each(['http', 'https'] as const)(
  'HTTPS_PROXY is used, and sees a tunnel, never the key (%s)',
  async (scheme) => {
    const { sandbox, port, env } = await secureService();
    const proxy = await tunnelProxy(scheme);
    const proxied = { ...env, ...trusting(), HTTPS_PROXY: proxy.url };
    const { code, stderr } = await amocalls(args, { cwd: files(), env: proxied });
    expect([code, sandbox.calls().length], stderr).toEqual([0, 3]);
    expect(proxy.seen).toEqual([`CONNECT localhost:${port}`]);
  },
);

test.each(['http', 'https'] as const)(
  'a tunnel carries requests for longer than its making may take (%s)',
  async (scheme) => {
    const { sandbox, port, env } = await secureService();
    const proxy = await tunnelProxy(scheme);
    const cwd = workdir({ 'a.csv': csv(calls(6)) });
    const slow = ['--timeout', '2', '--rate', '2', '--concurrency', '1', '--chunk-size', '1'];
    const proxied = { ...env, ...trusting(), HTTPS_PROXY: proxy.url };
    const { code, stdout } = await amocalls([...args, ...slow], { cwd, env: proxied });
    expect([code, JSON.parse(stdout).summary.accepted, sandbox.calls().length]).toEqual([0, 6, 6]);
    // A machine that is busy may leave one unused for so long that it is made anew.
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT localhost:${port}`]));
    expect(proxy.seen.length).toBeLessThan(6);
  },
);

test('NO_PROXY leads past the proxy', async () => {
  const { sandbox, env } = await secureService();
  const proxy = await tunnelProxy();
  const direct = { ...env, ...trusting(), HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' };
  const { code } = await amocalls(args, { cwd: files(), env: direct });
  expect([code, sandbox.calls().length, proxy.seen]).toEqual([0, 3, []]);
});

test('a proxy that is not there is a service that cannot be reached, and its password is in no message', async () => {
  const { sandbox, env } = await secureService();
  const dead = { ...env, HTTPS_PROXY: 'http://user:proxy-secret@127.0.0.1:9' };
  const { code, stdout, stderr } = await amocalls([...args, '--verbose'], { cwd: files(), env: dead });
  expect([code, sandbox.requests().length]).toEqual([5, 0]);
  expect(stdout + stderr).not.toContain('proxy-secret');
});

test.each([
  ['//', 'HTTPS_PROXY: is not the address of a proxy'],
  ['http://user:proxy-secret@host:port', 'HTTPS_PROXY: is not the address of a proxy'],
  ['ftp://user:proxy-secret@host:21', 'HTTPS_PROXY: is a proxy of the kind ftp, which is not supported'],
])('an address of a proxy that cannot be one (%s) is refused in a sentence', async (address, says) => {
  const { env } = await secureService();
  const proxied = { ...env, HTTPS_PROXY: address };
  const { code, stdout, stderr } = await amocalls(args, { cwd: files(), env: proxied });
  const { message, hint } = JSON.parse(stderr).error;
  expect([code, message]).toEqual([2, says]);
  expect(hint).toBe('Write it as http://host:port, or http://user:password@host:port.');
  expect(stdout + stderr).not.toContain('proxy-secret');
});

test('a proxy that stays silent does not hold up Ctrl-C', async () => {
  const { env } = await secureService();
  let program: ReturnType<typeof startProgram> | undefined;
  const silent = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => program?.child.kill('SIGINT'));
  });
  const proxied = { ...env, HTTPS_PROXY: `127.0.0.1:${await portOf(silent)}` };
  const before = performance.now();
  program = startProgram(args, { cwd: files(), env: proxied });
  const { code, stdout } = await program;
  expect([code, JSON.parse(stdout).summary.unsent]).toEqual([130, 3]);
  expect(performance.now() - before).toBeLessThan(8000);
});
