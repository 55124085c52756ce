import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, onTestFinished } from 'vitest';

/** A PostgreSQL of the tests, in a folder of its own on a free port of loopback. */
export interface PostgresServer {
  readonly port: number;
  /** The address of a new, empty database. */
  readonly newDatabase: () => Promise<string>;
  /** Runs statements as the superuser, on a database or on none in particular. */
  readonly query: (sql: string, database?: string) => Promise<readonly Record<string, unknown>[]>;
  /** Ends all processes of the server at once, as a power cut would. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** The folder of PostgreSQL's programs: Debian keeps them beside the versions; undefined where there is none. */
function findPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => path.join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(path.delimiter),
  ];
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(path.join(folder, name))),
  );
}

const programs = findPrograms();

/** Whether a PostgreSQL can be had here. */
export const hasPostgres = programs !== undefined && process.platform !== 'win32';

/** What a test that needs one says where there is none. */
export const noPostgres = 'no PostgreSQL here: install the programs initdb and postgres (Debian: postgresql)';

/** PostgreSQL refuses to run as root: then it runs as the user that Debian made for it, or as nobody. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const idOf = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch {
      // the next one
    }
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts a PostgreSQL; it is gone, folder included, when `stop` was called. */
export async function startPostgres(): Promise<PostgresServer & { readonly stop: () => Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-postgres-'));
  const user = serverUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const initdb = ['-D', data, '-U', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'];
  execFileSync(path.join(programs ?? '', 'initdb'), initdb, { ...user, env, cwd: folder, stdio: 'ignore' });
  const port = await freePort();
  let running: ChildProcess | undefined;
  let databases = 0;

  const clientOf = (database = 'postgres') =>
    new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database, ssl: false });

  async function query(sql: string, database?: string) {
    const client = clientOf(database);
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query(sql);
      return rows;
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      max_connections: 200,
      shared_buffers: '64MB',
      // No power cut is played here: what the server's own death leaves is in the memory of the system.
      fsync: 'off',
      full_page_writes: 'off',
      log_min_messages: 'panic',
      restart_after_crash: 'off',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const args = ['-D', data, '-p', String(port), ...flags];
    // A group of its own, so that all its processes can be ended at once.
    running = spawn(path.join(programs ?? '', 'postgres'), args, {
      ...user,
      env,
      cwd: folder,
      stdio: 'ignore',
      detached: true,
    });
    for (let tries = 0; ; tries++) {
      try {
        await query('SELECT 1');
        return;
      } catch (error) {
        if (tries > 200 || running.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const server = running;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    process.kill(signal === 'SIGKILL' ? -server.pid : server.pid, signal);
    await gone;
  }

  await start();
  return {
    port,
    query,
    start,
    kill: () => end('SIGKILL'),
    async newDatabase() {
      databases += 1;
      await query(`CREATE DATABASE test_${databases}`);
      return `postgres://postgres@127.0.0.1:${port}/test_${databases}?sslmode=disable`;
    },
    async stop() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The PostgreSQL of a test file, started when the first test asks for it, gone after the last one. */
export function sharedPostgres(): () => Promise<PostgresServer> {
  let starting: ReturnType<typeof startPostgres> | undefined;
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
  readonly mend: () => void;
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
    mend() {
      isCut = false;
    },
  };
}
