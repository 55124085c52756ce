import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import { needsThat } from '../setup/needs.js';
import { toolPath, whyMissing } from '../setup/tools.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const deb = path.join(root, `build/amocalls_${version}_${architecture}.deb`);
const config = '/etc/amocalls/config.yaml';

/** Why the package cannot be installed here; undefined where it can. */
function obstacle(): string | undefined {
  if (!existsSync(deb)) return 'it is not built (npm run build:binary && npm run build:deb)';
  if (process.getuid?.() !== 0) return 'only root can install it';
  if (spawnSync('dpkg', ['--version']).error !== undefined) return 'there is no dpkg here';
  if (existsSync('/etc/amocalls') || existsSync('/usr/bin/amocalls'))
    return 'amocalls is installed here, and the test would purge it';
  return undefined;
}

const why = obstacle();

function run(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** As the service runs it: the user amocalls, who has no shell and no rights. */
const asService = (...args: readonly string[]) => run('setpriv', ...user, '/usr/bin/amocalls', ...args);
const user = ['--reuid=amocalls', '--regid=amocalls', '--init-groups', '--reset-env'];

/** `0640 root:amocalls` */
function rightsOf(file: string): string {
  return run('stat', '-c', '0%a %U:%G', file).stdout.trim();
}

/** Unpacking 112 MB and syncing them to the disk takes its time. */
const minutes = 180_000;

describe('the Debian package', { timeout: minutes }, () => {
  needsThat(why === undefined, `the Debian package: ${why}`);

  beforeAll(() => {
    if (why !== undefined) return;
    expect(run('dpkg', '-i', deb)).toMatchObject({ status: 0 });
  }, minutes);

  afterAll(() => {
    if (why !== undefined) return;
    run('dpkg', '--purge', 'amocalls');
  }, minutes);

  test('brings the program, its pages, its completions and its unit', () => {
    expect(run('amocalls', '--version').stdout).toBe(`${version}\n`);
    const files = run('dpkg', '-L', 'amocalls').stdout.split('\n');
    expect(files).toEqual(
      expect.arrayContaining([
        '/usr/share/man/man1/amocalls.1.gz',
        '/usr/share/bash-completion/completions/amocalls',
        '/usr/share/zsh/vendor-completions/_amocalls',
        '/usr/share/fish/vendor_completions.d/amocalls.fish',
        '/usr/lib/systemd/system/amocalls-follow.service',
        '/usr/share/doc/amocalls/copyright',
      ]),
    );
    expect(run('bash', '-n', '/usr/share/bash-completion/completions/amocalls').status).toBe(0);
    expect(run('dpkg', '--verify', 'amocalls').stdout).toBe('');
  });

  test('keeps the key from everybody but root and the service', () => {
    expect(rightsOf('/etc/amocalls')).toBe('0750 root:amocalls');
    expect(rightsOf(config)).toBe('0640 root:amocalls');
    expect(rightsOf('/etc/amocalls/follow.env')).toBe('0640 root:amocalls');
    expect(rightsOf('/var/lib/amocalls')).toBe('0750 amocalls:amocalls');
    const { status, stderr } = asService('config', '--config', config);
    expect([status, stderr]).toEqual([0, '']);
    const stranger = run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'cat', config);
    expect(stranger.stderr).toContain('Permission denied');
  });

  test('the service remembers what was sent in /var/lib/amocalls', () => {
    const demo = path.join('/var/lib/amocalls', 'demo-calls.csv');
    run('install', '-o', 'amocalls', path.join(root, 'fixtures/demo-calls.csv'), demo);
    const ledger = ['--ledger', '/var/lib/amocalls/ledger.db'];
    expect(asService('import', demo, ...ledger, '--config', config, '--sandbox', '--unattended').status).toBe(
      3,
    );
    expect(statSync('/var/lib/amocalls/ledger.db').size).toBeGreaterThan(0);
  });

  test('the unit is one that systemd understands', ({ skip }) => {
    const unit = '/usr/lib/systemd/system/amocalls-follow.service';
    skip(toolPath('systemd-analyze') === undefined, whyMissing('systemd-analyze'));
    const { status, stderr } = run('systemd-analyze', 'verify', '--man=no', unit);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('an upgrade leaves the profile as it was changed', () => {
    appendFileSync(config, '# changed here\n');
    expect(run('dpkg', '-i', deb)).toMatchObject({ status: 0 });
    expect(readFileSync(config, 'utf8')).toContain('# changed here');
    expect(rightsOf(config)).toBe('0640 root:amocalls');
  });

  test('remove leaves profile and ledger, purge leaves nothing', () => {
    expect(run('dpkg', '--remove', 'amocalls').status).toBe(0);
    expect(
      [config, '/var/lib/amocalls/ledger.db', '/usr/bin/amocalls'].map((file) => existsSync(file)),
    ).toEqual([true, true, false]);
    expect(run('dpkg', '--purge', 'amocalls').status).toBe(0);
    expect(['/etc/amocalls', '/var/lib/amocalls'].map((file) => existsSync(file))).toEqual([false, false]);
    expect(run('getent', 'passwd', 'amocalls').stdout + run('getent', 'group', 'amocalls').stdout).toBe('');
  });
});
