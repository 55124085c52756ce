import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { needs } from '../setup/needs.js';
import {
  hasPostgres,
  layCable,
  noPostgres,
  type PostgresServer,
  sharedPostgres,
  startPooler,
  startPostgres,
} from '../setup/postgres.js';
import { amocalls, calls, csv, service, startProgram, workdir } from './harness.js';

const server = sharedPostgres();
const secret = 'planted-password-4711';

describe('a ledger in PostgreSQL', () => {
  beforeEach(({ skip }) => skip(!hasPostgres, noPostgres));

  test('is asked by every command, and no output holds its password', async () => {
    const address = (await (await server()).newDatabase()).replace('postgres@', `postgres:${secret}@`);
    const { env, sandbox } = await service();
    const cwd = workdir({
      'calls.csv': csv(calls(3)),
      'ledger.url': `${address}\n`,
      '.amocallsrc': 'ledger_file: ledger.url\n',
    });
    const outputs: string[] = [];
    const run = async (...args: readonly string[]) => {
      const ended = await amocalls(args, { cwd, env });
      outputs.push(ended.stdout, ended.stderr);
      return ended;
    };
    expect((await run('doctor')).stdout).toMatch(/ledger +none yet; the first run creates postgres:/);
    expect((await run('import', 'calls.csv', '--rate', '0', '--verbose')).code).toBe(0);
    expect((await run('import', 'calls.csv', '--rate', '0')).stdout).toContain('3 duplicate');
    expect(sandbox.requests().length).toBe(1);
    expect((await run('history')).stdout).toContain('3 accepted');
    expect((await run('history', 'call-1', '--output', 'json')).stdout).toContain('"accepted"');
    expect((await run('doctor')).stdout).toMatch(/ledger +postgres:.*intact/);
    expect((await run('config', '--output', 'json')).code).toBe(0);
    const refused = await run('history', '--ledger', address);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('a password in a flag')]);
    const wrong = await amocalls(['history'], {
      cwd,
      env: { ...env, AMOCALLS_LEDGER: address.replace(/test_\d+/, 'none') },
    });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('there is no such database')]);
    expect([...outputs, wrong.stderr].join('\n')).not.toContain(secret);
    expect(
      JSON.stringify(
        await (await server()).query('SELECT * FROM amocalls.runs', path.basename(new URL(address).pathname)),
      ),
    ).not.toContain(secret);
  }, 60_000);

  test('that is away ends an import with 2, and nothing is sent', async () => {
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const ledger = ['--ledger', 'postgres://me@127.0.0.1:1/db'];
    const { code, stderr } = await amocalls(['import', 'calls.csv', ...ledger], { cwd, env });
    expect([code, sandbox.requests().length]).toEqual([2, 0]);
    expect(stderr).toMatch(
      /^error: ledger postgres:\/\/me@127.0.0.1:1\/db: cannot be reached: .*\nhint: Check that/,
    );
  });

  test('that goes away under follow is waited for, while nothing is sent', async () => {
    const { newDatabase, port } = await server();
    const cable = await layCable(port);
    const address = (await newDatabase()).replace(`:${port}/`, `:${cable.port}/`);
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(2)) });
    const running = startProgram(['follow', 'calls.csv', '--rate', '0', '--ledger', address], { cwd, env });
    onTestFinished(() => void running.child.kill('SIGKILL'));
    let stderr = '';
    running.child.stderr.on('data', (text: string) => {
      stderr += text;
    });
    const patience = { timeout: 15_000 };
    await expect.poll(() => sandbox.calls().length, patience).toBe(2);
    cable.cut();
    await expect.poll(() => stderr, patience).toContain('is not available: ');
    const more = csv(calls(2, 'later')).split('\n').slice(1).join('\n');
    writeFileSync(path.join(cwd, 'calls.csv'), more, { flag: 'a' });
    expect(sandbox.calls().length).toBe(2);
    cable.repair();
    await expect.poll(() => sandbox.calls().length, patience).toBe(4);
    expect(stderr).toContain('is available again');
    running.child.kill('SIGTERM');
    const { code, stdout } = await running;
    expect([code, stdout]).toEqual([143, expect.stringContaining('4 queued')]);
    expect(
      sandbox
        .requests()
        .flatMap(({ uuids }) => uuids)
        .sort(),
    ).toEqual(['call-0', 'call-1', 'later-0', 'later-1']);
  }, 60_000);

  test('that is away when follow starts is waited for too; Ctrl-C ends the waiting', async () => {
    const { newDatabase, port } = await server();
    const cable = await layCable(port);
    cable.cut();
    const address = (await newDatabase()).replace(`:${port}/`, `:${cable.port}/`);
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(2)) });
    const start = () => {
      const running = startProgram(['follow', 'calls.csv', '--rate', '0', '--ledger', address], { cwd, env });
      onTestFinished(() => void running.child.kill('SIGKILL'));
      return running;
    };
    const isAway = (running: ReturnType<typeof start>) =>
      new Promise<void>((resolve) => {
        let stderr = '';
        running.child.stderr.on('data', (text: string) => {
          stderr += text;
          if (stderr.includes('is not available: ')) resolve();
        });
      });
    const stopped = start();
    await isAway(stopped);
    stopped.child.kill('SIGINT');
    expect((await stopped).code).toBe(130);
    const running = start();
    await isAway(running);
    expect(sandbox.requests()).toEqual([]);
    cable.repair();
    await expect.poll(() => sandbox.calls().length, { timeout: 15_000 }).toBe(2);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([143, expect.stringContaining('is available again')]);
  }, 60_000);
});

describe('a PostgreSQL that is killed and starts again', () => {
  needs('initdb');

  test('while a call of follow waits for its turn: a run that comes at once does not send it too, and follow goes on', async () => {
    const postgres = await startPostgres();
    onTestFinished(postgres.stop);
    const address = await postgres.newDatabase();
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const flags = ['--ledger', address, '--chunk-size', '1', '--concurrency', '1'];
    const running = startProgram(['follow', 'calls.csv', '--rate', '0.3', ...flags], { cwd, env });
    onTestFinished(() => void running.child.kill('SIGKILL'));
    const patience = { timeout: 30_000 };
    await expect.poll(() => sandbox.requests().length, patience).toBe(1);
    await postgres.kill();
    await expect.poll(() => running.said.stderr, patience).toContain('is not available: ');
    await postgres.start();
    const resend = ['import', 'calls.csv', '--on-lost-answer', 'resend', '--rate', '0', '--unattended'];
    const other = await amocalls([...resend, ...flags], { cwd, env });
    expect([0, 3]).toContain(other.code);
    await expect.poll(() => sandbox.calls().length, patience).toBe(3);
    const runs = await amocalls(['history', '--ledger', address, '--output', 'json'], { cwd, env });
    expect(JSON.parse(runs.stdout).runs.at(-1)).toMatchObject({ command: 'follow', state: 'running' });
    running.child.kill('SIGTERM');
    expect((await running).code).toBe(143);
    const arrived = sandbox.requests().flatMap(({ uuids }) => uuids);
    expect(arrived.toSorted()).toEqual(['call-0', 'call-1', 'call-2']);
  }, 60_000);

  test('under an import, which ends with a sentence; the next one sends what is left', async () => {
    const postgres = await startPostgres();
    onTestFinished(postgres.stop);
    const address = await postgres.newDatabase();
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const flags = ['--ledger', address, '--chunk-size', '1', '--concurrency', '1'];
    const running = startProgram(['import', 'calls.csv', '--rate', '0.5', ...flags], { cwd, env });
    await expect.poll(() => sandbox.requests().length, { timeout: 30_000 }).toBe(1);
    await postgres.kill();
    const { code, stderr } = await running;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: ledger postgres:.*: .*\nhint: Nothing more was sent\./m);
    expect(stderr).not.toContain('bug in amocalls');
    await postgres.start();
    const again = await amocalls(
      ['import', 'calls.csv', '--rate', '0', '--on-lost-answer', 'resend', ...flags],
      { cwd, env },
    );
    expect(again.code, again.stderr).toBe(0);
    expect(new Set(sandbox.calls().map(({ uuid }) => uuid)).size).toBe(3);
  }, 60_000);
});

describe('a PgBouncer before PostgreSQL', () => {
  needs('initdb', 'pgbouncer');

  async function behind(mode: 'session' | 'transaction') {
    const { newDatabase, port } = await server();
    const url = new URL(await newDatabase());
    url.port = String(await startPooler(port, mode));
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const run = (...args: readonly string[]) => amocalls([...args, '--ledger', url.href], { cwd, env });
    return { run, sandbox };
  }

  test('serves runs and doctor where it keeps sessions', async () => {
    const { run, sandbox } = await behind('session');
    const first = await run('import', 'calls.csv', '--rate', '0');
    expect(first.code, first.stderr).toBe(0);
    expect((await run('import', 'calls.csv', '--rate', '0')).stdout).toContain('3 duplicate');
    expect((await run('doctor')).stdout).toMatch(/ok +ledger +postgres:.*intact/);
    expect(sandbox.requests().length).toBe(1);
  });

  test('is refused before anything is sent where it shares them, by doctor too', async () => {
    const { run, sandbox } = await behind('transaction');
    for (const args of [['import', 'calls.csv'], ['follow', 'calls.csv'], ['history']] as const) {
      const { code, stderr } = await run(...args);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(
          /^error: ledger .*: a pooler in front of it does not keep sessions\nhint: .*pool_mode/,
        ),
      ]);
    }
    const { code, stdout } = await run('doctor', '--output', 'json');
    const finding = JSON.parse(stdout).checks.find(({ check }: { check: string }) => check === 'ledger');
    expect([code, finding.status, finding.says]).toEqual([3, 'problem', expect.stringContaining('pooler')]);
    expect(sandbox.requests()).toEqual([]);
  });
});

describe('a PostgreSQL that wants TLS and a password', () => {
  beforeEach(({ skip }) => skip(!hasPostgres, noPostgres));

  async function guarded() {
    const postgres: PostgresServer = await startPostgres();
    onTestFinished(postgres.stop);
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    const { folder, port, query } = postgres;
    const { uid, gid } = statSync(path.join(folder, 'data'));
    const write = (name: string, text: string) => {
      writeFileSync(path.join(folder, name), text);
      chownSync(path.join(folder, name), uid, gid);
      chmodSync(path.join(folder, name), 0o600);
    };
    write('server.crt', cert);
    write('server.key', key);
    await query(`CREATE ROLE calls LOGIN PASSWORD '${secret}'`);
    await query('CREATE DATABASE calls OWNER calls');
    await query(`ALTER SYSTEM SET ssl_cert_file = '${path.join(folder, 'server.crt')}'`);
    await query(`ALTER SYSTEM SET ssl_key_file = '${path.join(folder, 'server.key')}'`);
    await query('ALTER SYSTEM SET ssl = on');
    write(
      'data/pg_hba.conf',
      'host all postgres 127.0.0.1/32 trust\nhostssl all calls 127.0.0.1/32 scram-sha-256\n',
    );
    await query('SELECT pg_reload_conf()');
    const cwd = workdir({
      'ca.pem': cert,
      '.pgpass': `localhost:*:calls:calls:${secret}\n`,
      'calls.csv': csv(calls(3)),
    });
    const addressOf = (host: string, mode: string) =>
      `postgres://calls@${host}:${port}/calls?sslmode=${mode}`;
    const history = (host: string, mode: string, env: Readonly<Record<string, string>> = {}) =>
      amocalls(['history', '--ledger', addressOf(host, mode)], { cwd, env });
    return { cwd, history, addressOf };
  }

  test('is reached as sslmode says, with the password of the environment or the password file', async () => {
    const { cwd, history, addressOf } = await guarded();
    const trusted = `&sslrootcert=${path.join(cwd, 'ca.pem')}`;
    await expect
      .poll(async () => (await history('localhost', 'require')).stderr, { timeout: 10_000 })
      .toContain(': does not exist yet');
    const { env: sender } = await service();
    const made = await amocalls(['import', 'calls.csv', '--ledger', addressOf('localhost', 'require')], {
      cwd,
      env: sender,
    });
    expect(made.stderr).toContain('a new ledger was created');
    for (const mode of ['prefer', `verify-ca${trusted}`, `verify-full${trusted}`]) {
      const { code, stderr } = await history('localhost', mode);
      expect([code, stderr]).toEqual([0, '']);
    }
    const byNumber = { PGPASSWORD: secret };
    expect((await history('127.0.0.1', `verify-ca${trusted}`, byNumber)).code).toBe(0);
    for (const [host, mode, env, message] of [
      ['127.0.0.1', `verify-full${trusted}`, byNumber, /certificate of PostgreSQL is not trusted/],
      ['localhost', 'verify-full', {}, /certificate of PostgreSQL is not trusted/],
      ['localhost', 'disable', {}, /refuses this user/],
      ['127.0.0.1', 'require', {}, /refuses this user/],
      ['localhost', 'require', { PGPASSWORD: 'wrong-password' }, /refuses this user/],
    ] as const) {
      const { code, stderr } = await history(host, mode, env);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
      expect(stderr).not.toContain(secret);
    }
  }, 60_000);
});

test('PGPASSWORD does not go to a host that only a profile in the folder names', async () => {
  const cwd = workdir({ '.amocallsrc': 'ledger: postgres://u@db.example/d\n' });
  const { code, stderr } = await amocalls(['history'], { cwd, env: { PGPASSWORD: secret } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('PGPASSWORD: is not sent to db.example')]);
});
