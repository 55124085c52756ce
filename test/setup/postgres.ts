import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Transform } from 'node:stream';
import { inject, onTestFinished } from 'vitest';
import { type PostgresServer, queryPostgres } from './postgres-server.mjs';
import { whyMissing } from './tools.mjs';

export { hasPostgres, type PostgresServer, startPostgres } from './postgres-server.mjs';

/** What a test that needs a PostgreSQL says where there is none. */
export const noPostgres = whyMissing('initdb');

/** The PostgreSQL that all tests of a run share: what they may do with it. */
export type SharedPostgres = Pick<PostgresServer, 'port' | 'newDatabase' | 'query'>;

/** Gives the shared PostgreSQL; it is started when the first test asks for it. */
export function sharedPostgres(): () => Promise<SharedPostgres> {
  let asked: Promise<SharedPostgres> | undefined;
  return () => {
    asked ??= askForPostgres();
    return asked;
  };
}

async function askForPostgres(): Promise<SharedPostgres> {
  const port = Number(await askKeeper('port'));
  return {
    port,
    query: (sql, database) => queryPostgres(port, sql, database),
    newDatabase: () => askKeeper('database'),
  };
}

/** Asks test/setup/postgres-keeper.ts. */
async function askKeeper(what: 'port' | 'database'): Promise<string> {
  const response = await fetch(`${inject('postgresKeeper')}/${what}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`there is no PostgreSQL: ${text}`);
  return text;
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
  /** Ends the connection over which the server says this next, before it is heard. */
  readonly losesNext: (answer: string) => void;
}

/** A TCP proxy on loopback before a port, gone when the test is over. */
export async function layCable(target: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let lost: string | undefined;
  const server: Server = createServer((inner) => {
    const outer = createConnection(target, '127.0.0.1');
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    inner.pipe(outer);
    const hearing = new Transform({
      transform(bytes: Buffer, _, done) {
        if (lost === undefined || !bytes.includes(lost)) return done(null, bytes);
        lost = undefined;
        inner.destroy();
      },
    });
    outer.pipe(hearing).pipe(inner);
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
    losesNext(answer) {
      lost = answer;
    },
  };
}

/** PgBouncer, as Debian installs it; undefined where there is none. */
const pooler = ['/usr/sbin/pgbouncer', '/usr/local/bin/pgbouncer'].find((file) => existsSync(file));
export const hasPooler = pooler !== undefined;
export const noPooler = 'no PgBouncer here (Debian: pgbouncer)';

/** A PgBouncer before a server, gone when the test is over; gives its port. */
export async function startPooler(port: number, mode: 'session' | 'transaction'): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-pooler-'));
  chmodSync(folder, 0o755);
  const own = await freePort();
  const config = path.join(folder, 'pgbouncer.ini');
  writeFileSync(
    config,
    `[databases]\n* = host=127.0.0.1 port=${port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1
listen_port = ${own}\nauth_type = any\npool_mode = ${mode}\nunix_socket_dir =\n`,
  );
  const isRoot = process.getuid?.() === 0;
  const ids = isRoot ? { uid: Number(execFileSync('id', ['-u', 'postgres'])) } : {};
  const running = spawn(pooler ?? '', ['-q', config], { ...ids, stdio: 'ignore' });
  onTestFinished(async () => {
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  for (let tries = 0; !(await answers(own)); tries++) {
    if (tries > 200) throw new Error('PgBouncer did not start');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return own;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => undefined);
    socket.once('connect', () => socket.destroy());
  });
}
