import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import { needsThat } from '../setup/needs.js';

const root = path.resolve(import.meta.dirname, '../..');
const executable = path.join(root, `build/amocalls-${process.platform}-${process.arch}`);
const isBuilt = existsSync(executable);

/**
 * A folder that holds the executable, the libraries that it names, and the demo file. As root it becomes the root of the
 * file system, so that nothing else can be found; otherwise the executable runs in it without environment.
 */
const place = mkdtempSync(path.join(tmpdir(), 'amocalls-executable-'));
const isRoot = process.getuid?.() === 0;
const words = isRoot ? ['chroot', place, '/amocalls'] : [path.join(place, 'amocalls')];

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [program = '', ...rest] = [...words, ...args];
  const { status, stdout, stderr } = spawnSync(program, rest, {
    cwd: place,
    env: isRoot ? { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env } : env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  if (!isBuilt) return;
  copyFileSync(executable, path.join(place, 'amocalls'));
  copyFileSync(path.join(root, 'fixtures/demo-calls.csv'), path.join(place, 'demo-calls.csv'));
  const { stdout } = spawnSync('ldd', [executable], { encoding: 'utf8' });
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(path.dirname(path.join(place, library)), { recursive: true });
    copyFileSync(library, path.join(place, library));
  }
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('the executable, where there is no Node, no npm and no node_modules', () => {
  needsThat(isBuilt, 'the executable: it is not built (npm run build:binary)');

  test('prints its version', () => {
    expect(run(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('imports the demo file, and its ledger remembers that', () => {
    const imported = run([
      'import',
      'demo-calls.csv',
      '--sandbox',
      '--unattended',
      '--ledger',
      'ledger.db',
      '--output',
      'json',
    ]);
    expect([imported.status, imported.stderr]).toEqual([3, '']);
    expect(JSON.parse(imported.stdout).summary).toMatchObject({ read: 11, accepted: 8, invalid: 2 });
    const [, sent = ''] = /^([\d.]+),/m.exec(readFileSync(path.join(place, 'demo-calls.csv'), 'utf8')) ?? [];
    const history = run(['history', '--ledger', 'ledger.db', sent, '--output', 'json']);
    expect([history.status, history.stderr]).toEqual([0, '']);
    expect(history.stdout).toContain('accepted');
  });

  test('follows a file until it is asked to end', async ({ skip }) => {
    if (!/^ {2}follow /m.test(run(['--help']).stdout)) skip('this version has no follow');
    const [program = '', ...rest] = words;
    const args = ['follow', 'demo-calls.csv', '--sandbox', '--no-ledger', '--output', 'ndjson'];
    const child = spawn(program, [...rest, ...args], { cwd: place, env: { PATH: '/usr/sbin:/usr/bin' } });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
      if (!child.killed && stdout.includes('"accepted"')) child.kill('SIGTERM');
    });
    expect(await new Promise((resolve) => child.on('close', resolve)), stdout).toBe(143);
  });

  test('prints a completion script that bash can read', () => {
    const { status, stdout, stderr } = run(['completion', 'bash']);
    expect([status, stderr]).toEqual([0, '']);
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test('prints the licences of amocalls, of its packages, of Node and of what Node holds', () => {
    const { status, stdout, stderr } = run(['licenses']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(readFileSync(path.join(root, 'LICENSE'), 'utf8'));
    for (const name of [/^commander \d/m, /^undici \d/m, /^Node\.js \d/m, /^- V8,/m, /^- OpenSSL,/m])
      expect(stdout).toMatch(name);
  });

  test('takes no NODE_OPTIONS', () => {
    const { status, stderr } = run(['--version'], { NODE_OPTIONS: '--require=/not/there.js' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.each([
    [['--help']],
    [
      [
        'add',
        '--caller',
        '74950000001',
        '--to',
        '101',
        '--type',
        'inbound',
        '--billsec',
        '0',
        '--sandbox',
        '--no-ledger',
      ],
    ],
    [['check', 'demo-calls.csv']],
  ])('%j runs code that was compiled when it was built', (args) => {
    expect(run(args, { NODE_DEBUG: 'amocalls' }).stderr).not.toContain('code cache rejected');
  });

  test('needs the glibc that docs/install.md names, no newer one', () => {
    const page = readFileSync(path.join(root, 'docs/install.md'), 'utf8');
    const [, named] = /glibc (\d\.\d+) or newer/.exec(page) ?? [];
    const needed = [...readFileSync(executable, 'latin1').matchAll(/\0GLIBC_2\.(\d+)(?=\0)/g)].map(
      ([, minor]) => Number(minor),
    );
    expect(`2.${Math.max(...needed)}`).toBe(named);
  });
});
