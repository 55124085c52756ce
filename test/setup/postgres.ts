import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterAll, onTestFinished } from 'vitest';
import { type PostgresServer, startPostgres } from './postgres-server.mjs';
import { whyMissing } from './tools.mjs';

export { hasPostgres, type PostgresServer, startPostgres } from './postgres-server.mjs';

/** What a test that needs a PostgreSQL says where there is none. */
export const noPostgres = whyMissing('initdb');

/** The PostgreSQL of a test file, started when the first test asks for it, gone after the last one. */
export function sharedPostgres(): () => Promise<PostgresServer> {
  let starting: Promise<PostgresServer> | undefined;
  afterAll(async () => (await starting)?.stop());
  return () => {
    starting ??= startPostgres();
    return starting;
  };
}

/** A way to a server that can be cut. */
export interface Cable {
  readonly port: number;
  /** Ends every connection, and takes no other one. */
  readonly cut: () => void;
  /** Lets nothing through any more, without a word. */
  readonly freeze: () => void;
  /** Takes connections again. */
  readonly repair: () => void;
}

/** A TCP proxy on loopback before a port, gone when the test is over. */
export async function layCable(target: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((inner) => {
    const outer = createConnection(target, '127.0.0.1');
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
      socket.pipe(other);
    }
    if (isCut) inner.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    repair() {
      isCut = false;
    },
  };
}
