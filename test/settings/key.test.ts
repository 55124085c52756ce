import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { ledgerOf, loadKey, loadLinkSecrets, requireCredentials } from '../../src/settings/credentials.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { maskKey } from '../../src/settings/setting.js';
import { complaint, forSomebodyElse, type Setup, setupWith } from './setup.js';

type Flags = Record<string, unknown>;
type Env = Record<string, string>;

async function credentials(setup: Setup, flags: Flags = {}, env: Env = {}) {
  return requireCredentials(await resolveSettings(setup.with(flags, env)), setup.input.warn);
}

const account = 'code: c\naccount_id: 5\n';

test('code, key, account and address of a profile are what a run needs', async () => {
  const setup = setupWith({ '.amocallsrc': `${account}key: "0123"\n` });
  expect(await credentials(setup)).toEqual({
    code: 'c',
    key: '0123',
    accountId: '5',
    baseUrl: 'https://sip.amocrm.com',
  });
  expect(setup.warnings).toEqual([]);
});

test('the environment alone is enough', async () => {
  const env = { AMOCALLS_CODE: 'c', AMOCALLS_KEY: 'k', AMOCALLS_ACCOUNT_ID: '5' };
  expect(await credentials(setupWith(), {}, env)).toMatchObject({ code: 'c', key: 'k', accountId: '5' });
});

test('one complaint lists all that is missing, and how to give it', async () => {
  const nothing = await complaint(credentials(setupWith()));
  expect(nothing).toContain('code, key, account_id: missing (');
  expect(nothing).toContain('AMOCALLS_CODE, AMOCALLS_KEY, AMOCALLS_ACCOUNT_ID');
  expect(nothing).toContain('--sandbox');
  expect(nothing).toContain('"amocalls init"');
  const setup = setupWith({ '.amocallsrc': 'account_id: 5\nkey: k\n' });
  const some = await complaint(credentials(setup));
  expect(some).toContain('code: missing (');
  expect(some).toContain(`profile "default" of ${setup.at('.amocallsrc')}`);
  expect(some).toContain(`Write it into ${setup.at('.amocallsrc')}, or set AMOCALLS_CODE.`);
  const two = await complaint(credentials(setupWith({ '.amocallsrc': 'code: c\n' })));
  expect(two).toContain('key, account_id: missing (');
  expect(two).toContain('Write them into');
  for (const [given, name] of [
    ['code: c\nkey: k\n', 'account_id'],
    ['code: c\naccount_id: 5\n', 'key'],
  ] as const)
    expect(await complaint(credentials(setupWith({ '.amocallsrc': given })))).toMatch(`${name}: missing (`);
});

describe('key_file', () => {
  const profile = `${account}key_file: keys/main.key\n`;

  test('its content is the key, trimmed, and its path begins at the profile file', async () => {
    const setup = setupWith({ '.amocallsrc': profile, 'keys/main.key': '\uFEFF  abc \r\n', 'sub/x': '' });
    const resolved = await resolveSettings({ ...setup.input, cwd: setup.at('sub') });
    expect(requireCredentials(resolved, setup.input.warn)).toMatchObject({ key: 'abc' });
    const { values, sources } = loadKey(resolved, setup.input.warn);
    expect(values).toMatchObject({ key: 'abc', keyFile: setup.at('keys/main.key') });
    expect(sources.key).toMatchObject({ kind: 'profile', key: 'key_file' });
    expect(setup.warnings).toEqual([]);
  });

  test('AMOCALLS_KEY_FILE begins at the working directory and beats the key of a profile', async () => {
    const setup = setupWith({ '.amocallsrc': `${account}key: weaker\n`, 'sub/k': 'stronger' });
    const resolved = await resolveSettings({
      ...setup.input,
      cwd: setup.at('sub'),
      env: { AMOCALLS_KEY_FILE: 'k' },
    });
    expect(resolved.values.key).toBeUndefined();
    expect(requireCredentials(resolved, setup.input.warn)).toMatchObject({ key: 'stronger' });
  });

  test('AMOCALLS_KEY beats the key_file of a profile, which need not even be there', async () => {
    const setup = setupWith({ '.amocallsrc': profile });
    expect(await credentials(setup, {}, { AMOCALLS_KEY: 'k' })).toMatchObject({ key: 'k' });
  });

  test.each([
    ['is not there', undefined, 'cannot be read: no such file'],
    ['is empty', ' \n', 'is empty'],
    ['has two lines', 'planted\nkey', 'second line'],
  ])('a complaint names the file that %s, and not its content', async (_, content, expected) => {
    const setup = setupWith({ '.amocallsrc': profile, ...(content && { 'keys/main.key': content }) });
    const text = await complaint(credentials(setup));
    expect(text).toContain(
      `${setup.at('.amocallsrc')}, profile "default", key_file: key file ${setup.at('keys/main.key')}`,
    );
    expect(text).toContain(expected);
    expect(text).not.toContain('planted');
  });

  test('a command that sends nothing does not read it', async () => {
    const { values } = await resolveSettings(setupWith({ '.amocallsrc': profile }).input);
    expect(values.key).toBeUndefined();
  });

  test('two keys from one place are a mistake', async () => {
    const setup = setupWith({ '.amocallsrc': `${profile}key: k\n` });
    expect(await complaint(resolveSettings(setup.input))).toContain('given twice');
    const env = { AMOCALLS_KEY: 'k', AMOCALLS_KEY_FILE: 'f' };
    expect(await complaint(resolveSettings(setupWith().with({}, env)))).toContain(
      'also by AMOCALLS_KEY_FILE',
    );
  });
});

test('the secrets of links are read from their file, by what reads them', async () => {
  const parse = (text: string) => (text.startsWith('s') ? [text.trim()] : new Problem('holds no secret'));
  const secrets = async (setup: Setup) =>
    loadLinkSecrets(await resolveSettings(setup.input), parse, setup.input.warn);
  const profile = `${account}link_secret_file: links\n`;
  expect(await secrets(setupWith({ '.amocallsrc': account }))).toBeUndefined();
  expect(await secrets(setupWith({ '.amocallsrc': profile, links: 's1\n' }))).toEqual(['s1']);
  const setup = setupWith({ '.amocallsrc': profile, links: 'planted' });
  const told = await complaint(secrets(setup));
  expect(told).toContain(`link_secret_file: link secret file ${setup.at('links')}: holds no secret`);
  expect(told).toContain(`amocalls recordings secret ${setup.at('links')}`);
  expect(told).not.toContain('planted');
});

describe('a key goes only to an address that its owner chose', () => {
  const strange = 'base_url: https://elsewhere.example\n';
  const home = (setup: Setup, name: string, content: string) => {
    mkdirSync(setup.home('.config/amocalls'), { recursive: true });
    writeFileSync(setup.home(name), content, { mode: 0o600 });
  };

  test.each(['AMOCALLS_KEY', 'AMOCALLS_KEY_FILE'])(
    '%s is not sent to the address of a profile',
    async (name) => {
      const setup = setupWith({ '.amocallsrc': `${account}key: own\n${strange}`, planted: 'planted' });
      const text = await complaint(credentials(setup, {}, { [name]: 'planted' }));
      expect(text).toContain(`${name}: is not sent to https://elsewhere.example`);
      expect(text).toContain(setup.at('.amocallsrc'));
      expect(text).toContain('--base-url');
    },
  );

  test('AMOCALLS_KEY is sent where the profile names the default address', async () => {
    const setup = setupWith({ '.amocallsrc': `${account}base_url: https://sip.amocrm.com/\n` });
    expect(await credentials(setup, {}, { AMOCALLS_KEY: 'k' })).toMatchObject({ key: 'k' });
  });

  test('AMOCALLS_KEY is sent to an address given by flag or environment', async () => {
    const setup = setupWith({ '.amocallsrc': account + strange });
    const key = { AMOCALLS_KEY: 'k' };
    const chosen = { baseUrl: 'https://mine.example' };
    expect(await credentials(setup, chosen, key)).toMatchObject(chosen);
    expect(await credentials(setup, {}, { ...key, AMOCALLS_BASE_URL: chosen.baseUrl })).toMatchObject(chosen);
  });

  test('the key of a profile is sent to the address of the same profile, and to one given by flag', async () => {
    const setup = setupWith({ '.amocallsrc': `${account}key: own\n${strange}` });
    expect(await credentials(setup)).toMatchObject({ key: 'own', baseUrl: 'https://elsewhere.example' });
    const flags = { baseUrl: 'https://mine.example' };
    expect(await credentials(setup, flags)).toMatchObject({ key: 'own', ...flags });
  });

  test("a profile of one's own names any key file", async () => {
    const setup = setupWith({ '.amocallsrc': `${account}key_file: ~/secret\n${strange}` });
    home(setup, 'secret', 'k');
    expect(await credentials(setup)).toMatchObject({ key: 'k', baseUrl: 'https://elsewhere.example' });
  });

  test("a profile that lies there and is not one's own does not get a key file from outside of its folder", async () => {
    const setup = forSomebodyElse(setupWith({ '.amocallsrc': `${account}key_file: ~/secret\n${strange}` }));
    home(setup, 'secret', 'planted');
    const text = await complaint(credentials(setup));
    expect(text).toContain(`key file ${setup.home('secret')}: is not sent to https://elsewhere.example`);
    expect(text).toContain('--config');
    expect(text).not.toContain('planted');
    expect(await credentials(setup, { config: '.amocallsrc' })).toMatchObject({ key: 'planted' });
  });

  test("a profile that is not one's own sends its own key, and no key file that is not there", async () => {
    const own = forSomebodyElse(setupWith({ '.amocallsrc': `${account}key: own\n${strange}` }));
    expect(await credentials(own)).toMatchObject({ key: 'own' });
    const gone = forSomebodyElse(setupWith({ '.amocallsrc': `${account}key_file: gone\n${strange}` }));
    expect(await complaint(credentials(gone))).toContain('is not sent');
  });

  test('a link out of the folder is outside of the folder', async () => {
    const setup = forSomebodyElse(setupWith({ '.amocallsrc': `${account}key_file: inside\n${strange}` }));
    home(setup, 'secret', 'planted');
    symlinkSync(setup.home('secret'), setup.at('inside'));
    expect(await complaint(credentials(setup))).toContain('outside of its folder');
  });

  test('a folder beside the profile whose name begins like its own is outside', async () => {
    const profile = `${account}key_file: ../bc/key\n${strange}`;
    const setup = forSomebodyElse(
      setupWith({ 'b/.amocallsrc': profile, 'bc/key': 'planted', 'b/x/key': 'k' }),
    );
    const inside = { ...setup.input, cwd: setup.at('b') };
    const text = await complaint(resolveSettings(inside).then((one) => requireCredentials(one, inside.warn)));
    expect(text).toContain(`key file ${setup.at('bc/key')}: is not sent`);
    writeFileSync(setup.at('b/.amocallsrc'), profile.replace('../bc/key', 'x/key'));
    expect(requireCredentials(await resolveSettings(inside), inside.warn)).toMatchObject({ key: 'k' });
  });

  test.each(['https://sip.amocrm.ru', 'https://sip.kommo.com'])(
    'a key file from anywhere goes to %s',
    async (address) => {
      const files = { '.amocallsrc': `${account}key_file: ~/secret\nbase_url: ${address}\n` };
      const setup = forSomebodyElse(setupWith(files));
      home(setup, 'secret', 'k');
      expect(await credentials(setup)).toMatchObject({ key: 'k', baseUrl: address });
    },
  );

  test.each(['https://amocrm.ru.example', 'https://notamocrm.ru', 'http://127.0.0.1:8080'])(
    '%s is not the vendor',
    async (address) => {
      const files = { '.amocallsrc': `${account}key_file: ~/secret\nbase_url: ${address}\n` };
      const setup = forSomebodyElse(setupWith(files));
      home(setup, 'secret', 'k');
      expect(await complaint(credentials(setup))).toContain(address);
    },
  );

  test("a profile in the user's config folder is its owner's choice", async () => {
    const setup = setupWith();
    home(setup, '.config/amocalls/config.yaml', `${account}key_file: ~/secret\n${strange}`);
    home(setup, 'secret', 'k');
    expect(await credentials(setup)).toMatchObject({ key: 'k' });
  });
});

test("PGPASSWORD goes to this machine by a profile of one's own, not by one that just lies there", async () => {
  const setup = setupWith({ '.amocallsrc': `ledger: postgres://me@localhost/calls\n` });
  const env = { PGPASSWORD: 'planted' };
  const ledger = async ({ input }: Setup, flags: Flags = {}) =>
    ledgerOf(await resolveSettings({ ...input, flags }), { env, hide: () => undefined }, input.warn);
  expect(await ledger(setup)).toBe('postgres://me@localhost/calls');
  const text = await complaint(ledger(forSomebodyElse(setup)));
  expect(text).toContain('PGPASSWORD: is not sent to localhost');
  expect(await ledger(forSomebodyElse(setup), { config: setup.at('.amocallsrc') })).toContain('localhost');
});

describe.skipIf(process.platform === 'win32')('a key that others may read', () => {
  test.each([
    ['.amocallsrc', `${account}key: k\n`],
    ['.amocallsrc', `profiles: {a: {key: k}, default: {code: c}}`],
    ['package.json', '{"amocalls": {"key": "k"}}'],
  ])('in %s (%j) brings a warning with the chmod', async (name, content) => {
    const setup = setupWith({ [name]: content });
    chmodSync(setup.at(name), 0o640);
    await resolveSettings(setup.input);
    expect(setup.warnings).toHaveLength(1);
    expect(setup.warnings[0]).toContain(`Run: chmod 600 ${setup.at(name)}`);
    chmodSync(setup.at(name), 0o600);
    await resolveSettings(setup.input);
    expect(setup.warnings).toHaveLength(1);
  });

  test('brings none where root gave the file to a group', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root can give a file to another group');
    const setup = setupWith({ '.amocallsrc': `${account}key: k\n` });
    chownSync(setup.at('.amocallsrc'), 0, 1);
    chmodSync(setup.at('.amocallsrc'), 0o640);
    await resolveSettings(setup.input);
    expect(setup.warnings).toEqual([]);
    chmodSync(setup.at('.amocallsrc'), 0o644);
    await resolveSettings(setup.input);
    expect(setup.warnings).toHaveLength(1);
  });

  test('in a key file brings it too, once it is read; the profile that only names it brings none', async () => {
    const setup = setupWith({ '.amocallsrc': `${account}key_file: the key\n`, 'the key': 'k' });
    chmodSync(setup.at('the key'), 0o604);
    chmodSync(setup.at('.amocallsrc'), 0o644);
    expect(await credentials(setup)).toMatchObject({ key: 'k' });
    expect(setup.warnings).toHaveLength(1);
    expect(setup.warnings[0]).toContain(`chmod 600 '${setup.at('the key')}'`);
  });
});

test('a masked key shows its last four characters, a short one nothing', () => {
  expect(maskKey('0123456789abcdef')).toBe('****cdef');
  expect(maskKey('0123456789abcde')).toBe('****');
  expect(maskKey('')).toBe('****');
});

test.each(['ab\u200Bc', 'ab\uD800c', 'ab\nc'])(
  'a key that no address can carry (%j) is refused where it is read',
  async (key) => {
    const json = JSON.stringify({ code: 'c', account_id: '5', key });
    const text = await complaint(resolveSettings(setupWith({ '.amocallsrc': json }).input));
    expect(text).toMatch(/key: holds (an invisible|a control) character/);
  },
);
