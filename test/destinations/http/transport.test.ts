import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openTransport } from '../../../src/destinations/http/transport.js';

const headers = {};

/** What a server of the test does with a connection. */
interface Server {
  readonly baseUrl: string;
  /** For each connection, the number of requests that it carried. */
  readonly connections: number[];
}

/** A server on loopback that gives each request to `answer`, with how many there were before it on the same connection. */
async function serve(answer: (socket: Socket, before: number, head: string) => void): Promise<Server> {
  const connections: number[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const index = connections.push(0) - 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text) => {
      for (const head of String(text).match(/^(?:GET|POST) [\s\S]*?\r\n\r\n/gm) ?? []) {
        const before = connections[index] ?? 0;
        connections[index] = before + 1;
        answer(socket, before, head);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { baseUrl: `http://127.0.0.1:${address.port}/base/`, connections };
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

async function open({ baseUrl }: Server, special: { readonly timeoutMs?: number } = {}) {
  const traces: string[] = [];
  const transport = await openTransport(baseUrl, headers, {
    timeoutMs: 5000,
    concurrency: 1,
    env: {},
    userAgent: 'amocalls/test',
    now: Date.now,
    interrupt: new AbortController().signal,
    trace: ({ method, address, calls, bytes, outcome }) =>
      traces.push(`${method} ${address} ${calls} ${bytes} ${outcome}`),
    ...special,
  });
  onTestFinished(transport.close);
  const send = (count: number) =>
    Array.from({ length: count }).reduce<Promise<readonly string[]>>(async (before, _) => {
      const results = await before;
      const result = await transport.send({ method: 'POST', path: '/x', body: Buffer.from('abc'), calls: 1 });
      return [...results, result.kind === 'response' ? `${result.status}` : result.code];
    }, Promise.resolve([]));
  return { send, transport, traces };
}

test('a server that closes its sockets after each answer, and does not say so, costs one lost answer of the run', async () => {
  const server = await serve((socket, before) => {
    // The client has sent its next request before it can see that this socket is closed.
    if (before === 0) socket.write(ok);
    else socket.destroy();
  });
  const { send } = await open(server);
  expect(await send(20)).toEqual(['200', 'ECONNRESET', ...Array.from({ length: 18 }).fill('200')]);
  expect(server.connections).toEqual([2, ...Array.from({ length: 18 }).fill(1)]);
});

test('a server that keeps its sockets open is asked through one of them', async () => {
  const server = await serve((socket) => socket.write(ok));
  const { send } = await open(server);
  expect(await send(20)).toEqual(Array.from({ length: 20 }).fill('200'));
  expect(server.connections).toEqual([20]);
});

test('a socket that is new when it breaks, or a time-out, says nothing of those that are used again', async () => {
  let requests = 0;
  const server = await serve((socket) => {
    requests += 1;
    if (requests === 1) socket.destroy();
    else if (requests !== 4) socket.write(ok);
  });
  const { send } = await open(server, { timeoutMs: 200 });
  expect(await send(7)).toEqual(['ECONNRESET', '200', '200', 'TIMEOUT', '200', '200', '200']);
  expect(server.connections).toEqual([1, 3, 3]);
});

test('paths are put behind that of the base, and a trace shows what may be shown', async () => {
  const heads: string[] = [];
  const server = await serve((socket, _, head) => {
    heads.push(head);
    socket.write(ok);
  });
  const { transport, traces } = await open(server);
  await transport.send({ method: 'GET', path: '/plain?page=1' });
  await transport.send({
    method: 'POST',
    path: '/x?key=s',
    shownPath: '/x?key=***',
    body: Buffer.from('abc'),
    calls: 3,
  });
  const base = server.baseUrl.replace(/\/$/, '');
  expect(heads[0]).toMatch(/^GET \/base\/plain\?page=1 HTTP/);
  expect(heads[1]).toMatch(/^POST \/base\/x\?key=s HTTP/);
  expect(heads[1]?.toLowerCase()).toContain('user-agent: amocalls/test');
  expect(traces).toEqual([`GET ${base}/plain?page=1 0 0 200`, `POST ${base}/x?key=*** 3 3 200`]);
});
