import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { amocalls, calls, csv, service, workdir } from './harness.js';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Somebody else than whoever owns the files of a test. */
const another = 65_533;

/** Words that run the program as another user, who owns nothing. */
const asUser = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];

/** Where stolen keys would go: a listener that counts. */
async function listener() {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  return { url: `http://127.0.0.1:${port}`, requests: () => requests };
}

/** A folder that everybody may enter, with a profile in it. */
function shared(content: string, mode = 0o644, owner = nobody): string {
  const cwd = workdir({ '.amocallsrc': content, 'calls.csv': csv(calls(2)) });
  chmodSync(cwd, 0o755);
  chmodSync(path.join(cwd, 'calls.csv'), 0o644);
  chmodSync(path.join(cwd, '.amocallsrc'), mode);
  chownSync(path.join(cwd, '.amocallsrc'), owner, owner);
  return cwd;
}

describe('a profile that was found, and its owner', () => {
  beforeEach(({ skip }) => skip(!isRoot, 'only root can give a file to another user'));

  test("somebody else's gets no key, no password, and writes nothing", async () => {
    const { url, requests } = await listener();
    const cwd = shared(`code: x\naccount_id: 1\nkey_file: secret\nbase_url: ${url}\nrejects: chosen.csv\n`);
    writeFileSync(path.join(cwd, 'secret'), 'planted-key-0123456789', { mode: 0o600 });
    const { code, stderr } = await amocalls(['import', 'calls.csv', '--no-ledger'], { cwd });
    const file = path.join(cwd, '.amocallsrc');
    expect([code, requests()]).toEqual([2, 0]);
    expect(stderr).toBe(
      `error: profile file ${file}: belongs to another user (uid ${nobody}), so it is used only where you name it\n` +
        `hint: If you trust it: --config ${file}, or AMOCALLS_CONFIG=${file}. If it is yours: chown -h 0 ${file}\n`,
    );
  });

  test('what its hint says settles it', async () => {
    const cwd = shared('code: found\n');
    const shows = async (args: readonly string[], env = {}) => {
      const { code, stdout } = await amocalls(['config', ...args], { cwd, env });
      return [code, stdout.includes('found')];
    };
    expect(await shows([])).toEqual([2, false]);
    expect(await shows(['--config', '.amocallsrc'])).toEqual([0, true]);
    expect(await shows([], { AMOCALLS_CONFIG: path.join(cwd, '.amocallsrc') })).toEqual([0, true]);
    execFileSync('chown', ['-h', '0', path.join(cwd, '.amocallsrc')]);
    expect(await shows([])).toEqual([0, true]);
    chmodSync(path.join(cwd, '.amocallsrc'), 0o666);
    expect(await shows([])).toEqual([2, false]);
    execFileSync('chmod', ['go-w', path.join(cwd, '.amocallsrc')]);
    expect(await shows([])).toEqual([0, true]);
  });

  test.each([
    ["of one's own", another, another, 0o600, {}, 0],
    ["of one's own, group writable by umask", another, another, 0o664, {}, 0],
    ['that everybody may write', another, another, 0o666, {}, 2],
    ["of root's", another, 0, 0o644, {}, 0],
    ["of somebody else's", another, nobody, 0o644, {}, 2],
    ["of somebody else's, whatever SUDO_UID says", another, nobody, 0o644, { SUDO_UID: `${nobody}` }, 2],
    ['of whom root runs this for', 0, nobody, 0o644, { SUDO_UID: `${nobody}`, SUDO_GID: `${nobody}` }, 0],
    ['of another than root runs this for', 0, nobody, 0o644, { SUDO_UID: '1000', SUDO_GID: '1000' }, 2],
  ])('a profile %s, run by %d, owned by %d, mode %o', async (_, uid, owner, mode, env, expected) => {
    const cwd = shared('code: x\n', mode, owner);
    const { code, stderr } = await amocalls(['config'], { cwd, env, under: asUser(uid) });
    expect(code, stderr).toBe(expected);
  });

  test("a link of somebody else's to a file of one's own is somebody else's choice", async () => {
    const cwd = workdir({ 'mine.yaml': 'code: x\n' });
    mkdirSync(path.join(cwd, 'shared'));
    const link = path.join(cwd, 'shared/.amocallsrc');
    symlinkSync('../mine.yaml', link);
    expect((await amocalls(['config'], { cwd: path.join(cwd, 'shared') })).code).toBe(0);
    lchownSync(link, nobody, nobody);
    const { code, stderr } = await amocalls(['config'], { cwd: path.join(cwd, 'shared') });
    expect([code, stderr.includes(`uid ${nobody}`)]).toEqual([2, true]);
  });

  test("a package.json of somebody else's is passed over, unless it speaks of amocalls", async () => {
    const cwd = workdir({ 'package.json': '{"name": "x"}' });
    chownSync(path.join(cwd, 'package.json'), nobody, nobody);
    expect((await amocalls(['config'], { cwd })).code).toBe(0);
    writeFileSync(path.join(cwd, 'package.json'), '{"amocalls": {"code": "x"}}');
    expect((await amocalls(['config'], { cwd })).code).toBe(2);
  });

  test('doctor says the same as a finding', async () => {
    const { code, stdout } = await amocalls(['doctor', '--output', 'json'], { cwd: shared('code: x\n') });
    const profile = JSON.parse(stdout).checks.find(({ check }: { check: string }) => check === 'profile');
    expect([code, profile.status]).toEqual([3, 'problem']);
    expect(profile.says).toContain(`belongs to another user (uid ${nobody})`);
  });
});

describe.skipIf(process.platform === 'win32')('what is no regular file', () => {
  test.each(['config', 'check', 'doctor'])('is no profile, and is not waited for (%s)', async (command) => {
    const cwd = workdir({ 'a.csv': csv(calls(1)) });
    execFileSync('mkfifo', [path.join(cwd, '.amocallsrc')]);
    const args = command === 'check' ? ['check', 'a.csv'] : [command];
    const { code, stdout, stderr } = await amocalls(args, { cwd });
    expect(code).toBe(command === 'doctor' ? 3 : 2);
    expect(stdout + stderr).toContain('is a pipe, a device or a socket');
  });

  test.each(['pipe', '/dev/zero', '/dev/tty'])('is refused where it is named, too (%s)', async (name) => {
    const cwd = workdir();
    if (name === 'pipe') execFileSync('mkfifo', [path.join(cwd, name)]);
    const { code, stderr } = await amocalls(['config', '--config', name], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a pipe, a device or a socket')]);
  });

  test('is no file of a key', async () => {
    const cwd = workdir({ 'a.csv': csv(calls(1)) });
    execFileSync('mkfifo', [path.join(cwd, 'key')]);
    const env = { AMOCALLS_CODE: 'c', AMOCALLS_ACCOUNT_ID: '1', AMOCALLS_KEY_FILE: 'key' };
    const { code, stderr } = await amocalls(['import', 'a.csv'], { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a pipe, a device or a socket')]);
  });

  test('what a shell hands over is read: --config <(…)', async () => {
    const cwd = workdir();
    const under = ['bash', '-c', '"$@" --config <(echo "code: from-a-shell")', 'bash'];
    const { code, stdout } = await amocalls(['config'], { cwd, under });
    expect([code, stdout.includes('from-a-shell')]).toEqual([0, true]);
  });
});

describe.skipIf(process.platform === 'win32')('a ledger', () => {
  test.each([
    ['pipe', 'ledger .*pipe: is a device, a pipe or a socket'],
    ['/dev/null', 'ledger /dev/null: is a device, a pipe or a socket'],
    ['folder', 'ledger .*folder: is a folder'],
    ['open/link.db', 'link\\.db is a link in a folder that others may write to'],
  ])(
    'that is no file of its own (%s) is refused before anything is sent, by every command',
    async (name, says) => {
      const { env, sandbox } = await service();
      const cwd = workdir({ 'a.csv': csv(calls(2)) });
      execFileSync('mkfifo', [path.join(cwd, 'pipe')]);
      for (const folder of ['folder', 'open']) mkdirSync(path.join(cwd, folder));
      chmodSync(path.join(cwd, 'open'), 0o777);
      symlinkSync(path.join(cwd, 'victim.db'), path.join(cwd, 'open/link.db'));
      for (const command of [
        ['import', 'a.csv'],
        ['follow', 'a.csv'],
        ['history', 'export'],
      ]) {
        const { code, stdout, stderr } = await amocalls([...command, '--ledger', name], { cwd, env });
        expect([code, stdout + stderr]).toEqual([2, expect.stringMatching(new RegExp(says))]);
      }
      expect(sandbox.requests()).toEqual([]);
      expect(existsSync(path.join(cwd, 'victim.db'))).toBe(false);
    },
  );

  test('behind a link in a folder of one’s own is followed', async () => {
    const { env } = await service();
    const cwd = workdir({ 'a.csv': csv(calls(2)) });
    mkdirSync(path.join(cwd, 'disk'));
    symlinkSync(path.join(cwd, 'disk/l.db'), path.join(cwd, 'l.db'));
    expect((await amocalls(['import', 'a.csv', '--rate', '0', '--ledger', 'l.db'], { cwd, env })).code).toBe(
      0,
    );
    expect(existsSync(path.join(cwd, 'disk/l.db'))).toBe(true);
  });
});

describe('files that are written', () => {
  const flags = ['--ledger', 'l.db', '--output', 'json'];
  test.each([
    [['--rejects', '-'], '--rejects -: is not a file; standard output is for the result'],
    [['--rejects', 'a.csv'], 'a.csv: is one of the files that are read'],
    [['--report', 'l.db'], 'l.db: is the ledger'],
    [['--rejects', 'l.db-wal'], 'l.db-wal: is the ledger'],
    [['--rejects', 'same/l.db'], 'l.db: is the ledger'],
    [['--report', '.amocallsrc'], '.amocallsrc: is the profile'],
    [['--rejects', 'the.key'], 'the.key: is a file with a secret'],
    [['--report', 'x.csv', '--rejects', 'same/x.csv'], 'x.csv: is the file of --rejects'],
    [['--report', '/dev/null'], '/dev/null: is a device, a pipe or a socket'],
    [['--rejects', '/dev/null'], '/dev/null: is a device, a pipe or a socket'],
    [['--rejects', 'open/link.csv'], 'link.csv is a link in a folder that others may write to'],
    [['--report', 'open/link.csv'], 'link.csv is a link in a folder that others may write to'],
  ])('%j are refused before anything is sent', async (given, says) => {
    const { env: sandboxEnv, sandbox } = await service();
    const profile = 'key_file: the.key\n';
    const env = { ...sandboxEnv, AMOCALLS_KEY: '' };
    const cwd = workdir({ 'a.csv': csv(calls(2)), '.amocallsrc': profile, 'the.key': 'k' });
    mkdirSync(path.join(cwd, 'open'));
    chmodSync(path.join(cwd, 'open'), 0o777);
    symlinkSync(path.join(cwd, 'victim'), path.join(cwd, 'open/link.csv'));
    symlinkSync('.', path.join(cwd, 'same'));
    const { code, stderr } = await amocalls(['import', 'a.csv', ...flags, ...given], { cwd, env });
    expect([code, sandbox.requests().length]).toEqual([2, 0]);
    const [last = ''] = stderr.trimEnd().split('\n').slice(-1);
    expect(JSON.parse(last).error.message).toContain(says);
    expect(existsSync(path.join(cwd, 'victim'))).toBe(false);
  });

  test('are no file that a pattern of follow would read', async () => {
    const { env } = await service();
    const args = ['follow', 'log/*', '--report', 'log/report.html', '--ledger', 'l.db'];
    const cwd = workdir();
    mkdirSync(path.join(cwd, 'log'));
    const { code, stderr } = await amocalls(args, { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is one of the files that are read')]);
  });

  test('are said to be open where others may read the numbers in them', async () => {
    const { env } = await service({ rejectPattern: /./ });
    const cwd = workdir({ 'a.csv': csv(calls(2)), 'bad.csv': '', 'report.html': '' });
    for (const file of ['bad.csv', 'report.html']) chmodSync(path.join(cwd, file), 0o644);
    const args = ['import', 'a.csv', '--rejects', 'bad.csv', '--report', 'report.html', '--report-numbers'];
    const { stderr } = await amocalls(args, { cwd, env });
    const [bad, report] = [path.join(cwd, 'bad.csv'), path.join(cwd, 'report.html')];
    expect(stderr).toContain(`${bad}: holds phone numbers, and other users of this machine can read it`);
    expect(stderr).toContain(`Run: chmod 600 ${bad}`);
    expect(stderr).toContain(`${report}, which other users of this machine can read`);
    expect([statSync(bad).mode & 0o777, statSync(report).mode & 0o777]).toEqual([0o644, 0o644]);
  });
});

describe.skipIf(process.platform === 'win32')('what comes out', () => {
  test('the command that check proposes names the file as it is, whatever its name is', async () => {
    const name = "-\u001b]0;owned\u0007 $(touch pwned) `id` it's \u202efdp\n.csv";
    const cwd = workdir({ [name]: csv(calls(1)) });
    const { code, stdout, stderr } = await amocalls(['check', `./${name}`], { cwd });
    expect([code, /[\u0000-\u0009\u000b-\u001f\u202e]/.test(stdout + stderr)], stdout).toEqual([0, false]);
    const command = /^to send it: (amocalls import .*)$/m.exec(stdout)?.[1] ?? '';
    const script = `amocalls() { printf '%s\\0' "$@"; }; ${command}`;
    const words = execFileSync('bash', ['-c', script], { cwd, encoding: 'utf8' }).split('\0');
    expect(words).toContain(`./${name}`);
    expect(existsSync(path.join(cwd, 'pwned'))).toBe(false);
  });

  test('a hundred thousand control characters in a field are no work', async () => {
    const header = 'uuid,caller,to,date,type,billsec';
    const row = `x${'\u0090'.repeat(100_000)},anonymous,101,1732086900,inbound,5`;
    const cwd = workdir({ 'a.csv': `${header}\n${row}\n` });
    const started = performance.now();
    const { code } = await amocalls(['check', 'a.csv'], { cwd });
    expect(code).toBe(3);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
