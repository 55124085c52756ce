// Starts a PostgreSQL of one's own: in a folder that is gone afterwards, on a free port of loopback. For tests and benchmarks.
import { execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { toolPath } from './tools.mjs';

const initdb = toolPath('initdb');
/** The folder of PostgreSQL's programs; undefined where there is none. */
const programs = initdb && path.dirname(initdb);
const cache = path.resolve(import.meta.dirname, '../../node_modules/.cache/amocalls-postgres');

/** Whether a PostgreSQL can be had here. */
export const hasPostgres = programs !== undefined && process.platform !== 'win32';

/** PostgreSQL refuses to run as root: then it runs as the user that Debian made for it, or as nobody. */
function serverUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const idOf = (flag) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch {
      // the next one
    }
  }
  return {};
}

/** A port below those that systems give to connections going out: nobody takes it while the server is away. */
async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The processes that this one started, which are sessions of their own, so that no signal to a group finds them. */
function childrenOf(parent) {
  if (process.platform !== 'linux') return [];
  const isChild = (id) => {
    try {
      return readFileSync(`/proc/${id}/status`, 'utf8').includes(`\nPPid:\t${parent}\n`);
    } catch {
      return false;
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isChild(name));
}

/**
 * Makes the files of a new server: by initdb, whose result is kept for the next ones (node_modules/.cache), since it costs more
 * than all that most tests do with it.
 */
function makeData(data, options) {
  const version = execFileSync(initdb ?? '', ['--version'], { encoding: 'utf8' }).replaceAll(/[^\w.]+/g, '-');
  const kept = path.join(cache, `${version}${options.uid ?? process.getuid?.() ?? ''}`);
  if (existsSync(kept)) {
    execFileSync('cp', ['-a', kept, data]);
    return;
  }
  const flags = ['-U', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'];
  execFileSync(initdb ?? '', ['-D', data, ...flags], options);
  try {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(path.join(cache, 'new-'));
    execFileSync('cp', ['-a', data, path.join(own, 'data')]);
    renameSync(path.join(own, 'data'), kept);
    rmSync(own, { recursive: true });
  } catch {
    // Somebody else was quicker, or may write here when we may not: then each server is made anew.
  }
}

/** Runs statements on the PostgreSQL of that port as the superuser, on a database or on none in particular. */
export async function queryPostgres(port, sql, database = 'postgres') {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** No power cut is played in tests: what the server's own death leaves is in the memory of the system. */
const quick = { fsync: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL; `stop` ends it and removes its folder.
 *
 * @param isDurable whether commits wait for the disk, as they do by default
 */
export async function startPostgres({ isDurable = false, settings = {} } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-postgres-'));
  const user = serverUser();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const options = { ...user, env, cwd: folder, stdio: 'ignore' };
  makeData(data, options);
  const port = await freePort();
  let running;
  let databases = 0;

  const query = (sql, database) => queryPostgres(port, sql, database);

  async function start() {
    const all = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      max_connections: '200',
      shared_buffers: '64MB',
      log_min_messages: 'panic',
      restart_after_crash: 'off',
      ...(isDurable ? {} : quick),
      ...settings,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const args = ['-D', data, '-p', String(port), ...flags];
    for (let tries = 0; ; tries++) {
      // As long as a process of a killed server is still going down, the next one ends at once: another one is started.
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) {
        running = spawn(path.join(programs ?? '', 'postgres'), args, options);
      }
      try {
        await query('SELECT 1');
        return;
      } catch (error) {
        if (tries > 400) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }

  /** Since version 15 a new database is written to the log by default, which costs three times as much as a copy of files. */
  async function copying() {
    const [{ server_version_num: version }] = await query('SHOW server_version_num');
    return Number(version) >= 150_000 ? ' STRATEGY file_copy' : '';
  }

  async function end(signal) {
    const server = running;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    const children = signal === 'SIGKILL' ? childrenOf(server.pid) : [];
    for (const id of [server.pid, ...children]) {
      try {
        process.kill(Number(id), signal);
      } catch {
        // It is gone already.
      }
    }
    await gone;
  }

  await start();
  return {
    port,
    folder,
    /** Runs statements as the superuser, on a database or on none in particular. */
    query,
    start,
    /** Ends all processes of the server at once. */
    kill: () => end('SIGKILL'),
    /** The address of a new, empty database. */
    async newDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await query(`CREATE DATABASE ${name}${await copying()}`);
      return `postgres://postgres@127.0.0.1:${port}/${name}?sslmode=disable`;
    },
    async stop() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
