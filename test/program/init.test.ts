import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { needs } from '../setup/needs.js';
import { amocalls, service, workdir } from './harness.js';
import { atPrompts, type Step } from './terminal.js';

const enter = '\r';
const ctrlC = '\u0003';
const ctrlU = '\u0015';
const down = '\u001B[B';
const key = 'init-test-key-0000000000000abcd';
const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/presets/${name}`, import.meta.url)));

/** The answers for calls/add at this address, without a sample file. */
function callsAdd(address: string): readonly Step[] {
  return [
    ['Which API', enter],
    ['Code of the service', `my_service${enter}`],
    ['Key of the service', `${key}${enter}`],
    ['Id of the account', `39099${enter}`],
    ['Address of the service', `${address}${enter}`],
    ['A file with calls', enter],
    ['Time zone of the phone', enter],
  ];
}

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

test('without a terminal it is refused, and says what to write by hand', async () => {
  const cwd = workdir();
  const { code, stderr } = await amocalls(['init'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('amocalls init: needs a terminal to ask its questions');
  expect(stderr).toContain(
    `Write ${path.join(cwd, '.config', 'amocalls', 'config.yaml')} by hand: code, key_file`,
  );
  expect(readdirSync(cwd)).toEqual([]);
});

describe('on a terminal', () => {
  needs('python3');

  test('a profile is asked for, written for its owner alone, shown without the key, and tried', async () => {
    const { env } = await service();
    const cwd = workdir();
    const address = env['AMOCALLS_BASE_URL'] ?? '';
    const { code, shown, stdout } = await atPrompts(['init'], callsAdd(address), {
      cwd,
      env: { TZ: 'Asia/Omsk' },
    });
    expect(code, shown).toBe(0);
    const file = path.join(cwd, '.config', 'amocalls', 'config.yaml');
    const secret = path.join(cwd, '.config', 'amocalls', 'config.key');
    expect([modeOf(file), modeOf(secret)]).toEqual(['600', '600']);
    expect(readFileSync(secret, 'utf8')).toBe(`${key}\n`);
    expect(readFileSync(file, 'utf8')).toContain(
      [
        'default_profile: "main"',
        'profiles:',
        '  main:',
        '    code: "my_service"',
        '    account_id: 39099',
        `    base_url: "${address}"`,
        '    timezone: "Asia/Omsk"',
        '    key_file: "config.key"',
      ].join('\n'),
    );
    expect(stdout).not.toContain(key);
    expect(shown).toContain('holds the key ****abcd');
    expect(shown).toMatch(/ok +credentials +code my_service, account 39099, key \*{4}abcd/);
    expect(readdirSync(path.dirname(file)).sort()).toEqual(['config.key', 'config.yaml']);
  });

  test('a sample file gives the preset, and the zone of its ids where this machine stands elsewhere', async () => {
    const { env } = await service();
    const cwd = workdir({ 'cdr.csv': fixture('freepbx-queue.csv') });
    const steps: readonly Step[] = [
      ...callsAdd(env['AMOCALLS_BASE_URL'] ?? '').slice(0, 5),
      ['A file with calls', `no-such.csv${enter}`],
      ['no such file', ''],
      ['A file with calls', `cdr.csv${enter}`],
      ['Use the preset freepbx', enter],
      ['the unique ids of the file say UTC+03:00', enter],
    ];
    const args = ['init', '--config', '.amocallsrc', '--profile', 'office'];
    const { code, shown } = await atPrompts(args, steps, { cwd });
    expect(code, shown).toBe(0);
    const text = readFileSync(path.join(cwd, '.amocallsrc'), 'utf8');
    expect(text).toContain('    preset: "freepbx"\n    timezone: "ids"\n    key_file: ".amocallsrc.key"\n');
    expect(shown).toContain('next: amocalls check cdr.csv, then amocalls import cdr.csv --limit 3');
    const sent = await amocalls(['import', 'cdr.csv', '--limit', '3', '--sandbox', '--no-ledger'], { cwd });
    expect([sent.code, sent.stdout.includes('2 queued')], sent.stderr).toEqual([0, true]);
  });

  test('API v4 is asked for an address and a token; of a sample the extensions without a user are counted', async () => {
    const { env } = await service({ api: 'v4' });
    const row = 'a,2020-01-05T10:00:00Z,74950000001,102,5\n';
    const cwd = workdir({ 'calls.csv': `uuid,date,caller,to,billsec\n${row}` });
    const token = env['AMOCALLS_TOKEN'] ?? '';
    const { code, shown } = await atPrompts(
      ['init', '--config', 'amo.yaml'],
      [
        ['Which API', `${down}${enter}`],
        ['Address of the account', `${env['AMOCALLS_BASE_URL']}${enter}`],
        ['Long-lived token', `${token}${enter}`],
        ['A file with calls', `calls.csv${enter}`],
      ],
      { cwd },
    );
    expect(code, shown).toBe(0);
    expect(shown).toMatch(/extensions +1 of 1 calls of calls\.csv have no user: 102 \(1\)/);
    expect(readFileSync(path.join(cwd, 'amo.token'), 'utf8')).toBe(`${token}\n`);
    expect(shown).toContain('the token is valid');
    expect(shown).not.toContain(token);
  });

  test('Enter takes the address and the zone that are shown, typing replaces them', async () => {
    const cwd = workdir();
    const asked = callsAdd('');
    const taken = async (zone: string, name: string) => {
      const steps = [...asked.slice(0, 6), ['Time zone of the phone', `${zone}${enter}`] as const];
      const { shown } = await atPrompts(['init', '--config', name], steps, {
        cwd,
        env: { TZ: 'Asia/Omsk', HTTPS_PROXY: 'http://127.0.0.1:9' },
      });
      expect(shown).toContain('Address of the service');
      return readFileSync(path.join(cwd, name), 'utf8');
    };
    const byDefault = await taken('', 'a.yaml');
    expect(byDefault).toContain('base_url: "https://sip.amocrm.com"\n    timezone: "Asia/Omsk"\n');
    expect(await taken('Europe/Moscow', 'b.yaml')).toContain('timezone: "Europe/Moscow"\n');
  });

  test('what cannot be right is asked again', async () => {
    const { env } = await service();
    const [api, code, secret, , address, sample, zone] = callsAdd(env['AMOCALLS_BASE_URL'] ?? '');
    const steps = [
      api,
      code,
      secret,
      ['Id of the account', `abc${enter}`],
      ['This ', `${ctrlU}39099${enter}`],
      ['Address of the service', `https://sip.amocrm.comhttp://127.0.0.1:9${enter}`],
      ['This holds more than one address', `${ctrlU}${address?.[1]}`],
      sample,
      zone,
    ];
    const { code: exit, shown } = await atPrompts(
      ['init'],
      steps.flatMap((step) => (step === undefined ? [] : [[step[0] ?? '', step[1] ?? ''] as const])),
      { cwd: workdir() },
    );
    expect(exit, shown).toBe(0);
  });

  test('nothing is changed without asking, and no leaves everything as it was', async () => {
    const cwd = workdir({ '.amocallsrc': 'code: old\n' });
    const steps: readonly Step[] = [['Change it?', 'n']];
    const { code, shown } = await atPrompts(['init'], steps, { cwd });
    expect([code, shown.includes('nothing was written')], shown).toEqual([0, true]);
    expect(readFileSync(path.join(cwd, '.amocallsrc'), 'utf8')).toBe('code: old\n');
  });

  test('a profile that is there is shown and changed field by field; Enter keeps, all else stays', async () => {
    const { env } = await service();
    const cwd = workdir();
    const old = 'code: old\nkey: key-of-the-office-0000wxyz\naccount_id: 7\nmap: { to: dst } # ours\n';
    writeFileSync(path.join(cwd, '.amocallsrc'), old, { mode: 0o644 });
    const steps: readonly Step[] = [
      ['Change it?', 'y'],
      ['Which API', enter],
      ['Code of the service', enter],
      ['Key of the service (from the vendor; Enter: the same)', enter],
      ['Id of the account', `39099${enter}`],
      ['Address of the service', `${env['AMOCALLS_BASE_URL']}${enter}`],
      ['A file with calls', enter],
      ['Time zone of the phone', enter],
    ];
    const { code, shown } = await atPrompts(['init'], steps, { cwd });
    expect(code, shown).toBe(0);
    expect(shown).toContain('key: "****wxyz"');
    expect(shown).toContain('the key was not changed');
    expect(shown).toContain('next: amocalls check calls.csv, then amocalls import calls.csv --limit 3');
    expect(modeOf(path.join(cwd, '.amocallsrc'))).toBe('600');
    const text = readFileSync(path.join(cwd, '.amocallsrc'), 'utf8');
    expect(text).toContain('code: old');
    expect(text).toContain('key: key-of-the-office-0000wxyz');
    expect(text).toContain('account_id: 39099');
    expect(text).toContain('map: {to: dst} # ours');
  });

  test.each(['package.json', 'amocalls.config.js', 'profile.mts'])('%s is refused at once', async (name) => {
    const { code, shown } = await atPrompts(['init', '--config', name], [], { cwd: workdir() });
    expect([code, shown.includes('init writes only YAML or JSON files')], shown).toEqual([2, true]);
  });

  test('a file in the home folder is found by ~', async () => {
    const { env } = await service();
    const cwd = workdir({ 'cdr.csv': fixture('freepbx-queue.csv') });
    const steps: readonly Step[] = [
      ...callsAdd(env['AMOCALLS_BASE_URL'] ?? '').slice(0, 5),
      ['A file with calls', `~/cdr.csv${enter}`],
      ['Use the preset freepbx', enter],
      ['the unique ids of the file say UTC+03:00', enter],
    ];
    const { code, shown } = await atPrompts(['init'], steps, { cwd });
    expect(code, shown).toBe(0);
  });

  test('a second profile leaves the first one, its key and its comments as they are, and is tried', async () => {
    const { env } = await service();
    const first =
      '# Of the office.\nprofiles:\n  main:\n    code: first # from the vendor\n    key_file: amo.key\n    account_id: 7\n';
    const cwd = workdir({
      'amo.yaml': first,
      'amo.key': 'first-key-of-the-office-00\n',
      'amo.yaml.new': 'mine',
    });
    const args = ['init', '--config', 'amo.yaml', '--profile', 'second'];
    const { code, shown } = await atPrompts(args, callsAdd(env['AMOCALLS_BASE_URL'] ?? ''), { cwd });
    expect(code, shown).toBe(0);
    expect(shown).not.toContain('Overwrite');
    const text = readFileSync(path.join(cwd, 'amo.yaml'), 'utf8');
    expect(text).toContain(
      '# Of the office.\ndefault_profile: "main"\nprofiles:\n  main:\n    code: first # from the vendor\n',
    );
    expect(text).toContain('  second:\n    code: "my_service"\n');
    expect(readFileSync(path.join(cwd, 'amo.key'), 'utf8')).toBe('first-key-of-the-office-00\n');
    expect(readFileSync(path.join(cwd, 'amo-second.key'), 'utf8')).toBe(`${key}\n`);
    expect(modeOf(path.join(cwd, 'amo.yaml'))).toBe('600');
    expect(shown).toMatch(/ok +profile +"second" of/);
    expect(readdirSync(cwd).sort()).toEqual(
      expect.arrayContaining(['amo-second.key', 'amo.key', 'amo.yaml', 'amo.yaml.new']),
    );
    expect(readFileSync(path.join(cwd, 'amo.yaml.new'), 'utf8')).toBe('mine');
  });

  test('a file without profiles becomes one with two; the keys of the first are not shown', async () => {
    const { env } = await service();
    const cwd = workdir({ '.amocallsrc': 'code: old\nkey: key-of-the-first-one-0000\naccount_id: 7\n' });
    const args = ['init', '--profile', 'second'];
    const { code, shown } = await atPrompts(args, callsAdd(env['AMOCALLS_BASE_URL'] ?? ''), { cwd });
    expect(code, shown).toBe(0);
    expect(shown).not.toContain('key-of-the-first-one-0000');
    const used = await amocalls(['config', '--output', 'json'], { cwd });
    expect(used.stdout).toContain('profile \\"default\\"');
    expect([used.code, used.stdout.includes('"value":"old"')], used.stdout).toEqual([0, true]);
  });

  test('a file that root has given to the group of a service stays readable by it', async ({ skip }) => {
    skip(userInfo().uid !== 0, 'only root can give a file to another group');
    const { env } = await service();
    const cwd = workdir({ 'amo.yaml': 'profiles:\n  main:\n    code: first\n' });
    chownSync(path.join(cwd, 'amo.yaml'), 0, 65_534);
    chmodSync(path.join(cwd, 'amo.yaml'), 0o640);
    const args = ['init', '--config', 'amo.yaml', '--profile', 'second'];
    const { code, shown } = await atPrompts(args, callsAdd(env['AMOCALLS_BASE_URL'] ?? ''), { cwd });
    expect(code, shown).toBe(0);
    for (const name of ['amo.yaml', 'amo.key']) {
      expect([modeOf(path.join(cwd, name)), statSync(path.join(cwd, name)).gid]).toEqual(['640', 65_534]);
    }
    expect(shown).toContain('(readable by you and its group)');
  });

  test('a file that cannot be read as a profile is not touched', async () => {
    const cwd = workdir({ 'amo.yaml': 'a: [\n' });
    const { code, shown } = await atPrompts(['init', '--config', 'amo.yaml'], [], { cwd });
    expect([code, shown.includes('amo.yaml, line')], shown).toEqual([2, true]);
    expect(readFileSync(path.join(cwd, 'amo.yaml'), 'utf8')).toBe('a: [\n');
  });

  test.each([0, 2, 4, 6])('Ctrl-C at question %s leaves nothing behind, exit 130', async (at) => {
    const cwd = workdir();
    const steps = callsAdd('http://127.0.0.1:9').map((step, index) =>
      index === at ? ([step[0], ctrlC] as const) : step,
    );
    const { code, shown } = await atPrompts(['init'], steps.slice(0, at + 1), { cwd });
    expect([code, existsSync(path.join(cwd, '.config'))], shown).toEqual([130, false]);
    expect(shown).toContain('nothing was written');
    expect(shown).not.toContain(key);
  });
});
