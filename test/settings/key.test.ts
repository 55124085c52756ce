import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadKey, maskKey, requireCredentials } from '../../src/settings/key.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { complaint, type World, worldWith } from './world.js';

type Flags = Record<string, unknown>;
type Env = Record<string, string>;

async function credentials(world: World, flags: Flags = {}, env: Env = {}) {
  return requireCredentials(await resolveSettings(world.with(flags, env)), world.input.warn);
}

const account = 'code: c\naccount_id: 5\n';

test('code, key, account and address of a profile are what a run needs', async () => {
  const world = worldWith({ '.amocallsrc': `${account}key: "0123"\n` });
  expect(await credentials(world)).toEqual({
    code: 'c',
    key: '0123',
    accountId: '5',
    baseUrl: 'https://sip.amocrm.com',
  });
  expect(world.warnings).toEqual([]);
});

test('the environment alone is enough', async () => {
  const env = { AMOCALLS_CODE: 'c', AMOCALLS_KEY: 'k', AMOCALLS_ACCOUNT_ID: '5' };
  expect(await credentials(worldWith(), {}, env)).toMatchObject({ code: 'c', key: 'k', accountId: '5' });
});

test('one complaint lists all that is missing, and how to give it', async () => {
  const nothing = await complaint(credentials(worldWith()));
  expect(nothing).toContain('Missing code, key, account_id');
  expect(nothing).toContain('AMOCALLS_CODE, AMOCALLS_KEY, AMOCALLS_ACCOUNT_ID');
  expect(nothing).toContain('.amocallsrc');
  expect(nothing).toContain('--sandbox');
  const world = worldWith({ '.amocallsrc': 'account_id: 5\nkey: k\n' });
  const some = await complaint(credentials(world));
  expect(some).toContain('Missing code: ');
  expect(some).toContain(`profile "default" of ${world.at('.amocallsrc')}`);
});

describe('key_file', () => {
  const profile = `${account}key_file: keys/main.key\n`;

  test('its content is the key, trimmed, and its path begins at the profile file', async () => {
    const world = worldWith({ '.amocallsrc': profile, 'keys/main.key': '\uFEFF  abc \r\n', 'sub/x': '' });
    const resolved = await resolveSettings({ ...world.input, cwd: world.at('sub') });
    expect(requireCredentials(resolved, world.input.warn)).toMatchObject({ key: 'abc' });
    const { values, sources } = loadKey(resolved, world.input.warn);
    expect(values).toMatchObject({ key: 'abc', keyFile: world.at('keys/main.key') });
    expect(sources.key).toMatchObject({ kind: 'profile', key: 'key_file' });
    expect(world.warnings).toEqual([]);
  });

  test('AMOCALLS_KEY_FILE begins at the working directory and beats the key of a profile', async () => {
    const world = worldWith({ '.amocallsrc': `${account}key: weaker\n`, 'sub/k': 'stronger' });
    const resolved = await resolveSettings({
      ...world.input,
      cwd: world.at('sub'),
      env: { AMOCALLS_KEY_FILE: 'k' },
    });
    expect(resolved.values.key).toBeUndefined();
    expect(requireCredentials(resolved, world.input.warn)).toMatchObject({ key: 'stronger' });
  });

  test('AMOCALLS_KEY beats the key_file of a profile, which need not even be there', async () => {
    const world = worldWith({ '.amocallsrc': profile });
    expect(await credentials(world, {}, { AMOCALLS_KEY: 'k' })).toMatchObject({ key: 'k' });
  });

  test.each([
    ['is not there', undefined, 'cannot be read: there is no such file'],
    ['is empty', ' \n', 'is empty'],
    ['has two lines', 'planted\nkey', 'second line'],
  ])('a complaint names the file that %s, and not its content', async (_, content, expected) => {
    const world = worldWith({ '.amocallsrc': profile, ...(content && { 'keys/main.key': content }) });
    const text = await complaint(credentials(world));
    expect(text).toContain(
      `${world.at('.amocallsrc')}, profile "default", key_file: key file ${world.at('keys/main.key')}`,
    );
    expect(text).toContain(expected);
    expect(text).not.toContain('planted');
  });

  test('a command that sends nothing does not read it', async () => {
    const { values } = await resolveSettings(worldWith({ '.amocallsrc': profile }).input);
    expect(values.key).toBeUndefined();
  });

  test('two keys from one place are a mistake', async () => {
    const world = worldWith({ '.amocallsrc': `${profile}key: k\n` });
    expect(await complaint(resolveSettings(world.input))).toContain('given twice');
    const env = { AMOCALLS_KEY: 'k', AMOCALLS_KEY_FILE: 'f' };
    expect(await complaint(resolveSettings(worldWith().with({}, env)))).toContain('AMOCALLS_KEY_FILE too');
  });
});

describe('a key goes only to an address that its owner chose', () => {
  const strange = 'base_url: https://elsewhere.example\n';
  const home = (world: World, name: string, content: string) => {
    mkdirSync(world.home('.config/amocalls'), { recursive: true });
    writeFileSync(world.home(name), content, { mode: 0o600 });
  };

  test.each(['AMOCALLS_KEY', 'AMOCALLS_KEY_FILE'])(
    '%s is not sent to the address of a profile',
    async (name) => {
      const world = worldWith({ '.amocallsrc': `${account}key: own\n${strange}`, planted: 'planted' });
      const text = await complaint(credentials(world, {}, { [name]: 'planted' }));
      expect(text).toContain(`The key from ${name} is not sent to https://elsewhere.example`);
      expect(text).toContain(world.at('.amocallsrc'));
      expect(text).toContain('--base-url');
    },
  );

  test('AMOCALLS_KEY is sent where the profile names the default address', async () => {
    const world = worldWith({ '.amocallsrc': `${account}base_url: https://sip.amocrm.com/\n` });
    expect(await credentials(world, {}, { AMOCALLS_KEY: 'k' })).toMatchObject({ key: 'k' });
  });

  test('AMOCALLS_KEY is sent to an address given by flag or environment', async () => {
    const world = worldWith({ '.amocallsrc': account + strange });
    const key = { AMOCALLS_KEY: 'k' };
    const chosen = { baseUrl: 'https://mine.example' };
    expect(await credentials(world, chosen, key)).toMatchObject(chosen);
    expect(await credentials(world, {}, { ...key, AMOCALLS_BASE_URL: chosen.baseUrl })).toMatchObject(chosen);
  });

  test('the key of a profile is sent to the address of the same profile, and to one given by flag', async () => {
    const world = worldWith({ '.amocallsrc': `${account}key: own\n${strange}` });
    expect(await credentials(world)).toMatchObject({ key: 'own', baseUrl: 'https://elsewhere.example' });
    const flags = { baseUrl: 'https://mine.example' };
    expect(await credentials(world, flags)).toMatchObject({ key: 'own', ...flags });
  });

  test('a profile that just lies there does not get a key file from outside of its folder', async () => {
    const world = worldWith({ '.amocallsrc': `${account}key_file: ~/secret\n${strange}` });
    home(world, 'secret', 'planted');
    const text = await complaint(credentials(world));
    expect(text).toContain(`The key file ${world.home('secret')} is not sent to https://elsewhere.example`);
    expect(text).toContain('--config');
    expect(text).not.toContain('planted');
    expect(await credentials(world, { config: '.amocallsrc' })).toMatchObject({ key: 'planted' });
  });

  test('a link out of the folder is outside of the folder', async () => {
    const world = worldWith({ '.amocallsrc': `${account}key_file: inside\n${strange}` });
    home(world, 'secret', 'planted');
    symlinkSync(world.home('secret'), world.at('inside'));
    expect(await complaint(credentials(world))).toContain('outside of its folder');
  });

  test.each(['https://sip.amocrm.ru', 'https://sip.kommo.com', 'http://127.0.0.1:8080'])(
    'a key file from anywhere goes to %s',
    async (address) => {
      const world = worldWith({ '.amocallsrc': `${account}key_file: ~/secret\nbase_url: ${address}\n` });
      home(world, 'secret', 'k');
      expect(await credentials(world)).toMatchObject({ key: 'k', baseUrl: address });
    },
  );

  test.each(['https://amocrm.ru.example', 'https://notamocrm.ru'])(
    '%s is not the vendor',
    async (address) => {
      const world = worldWith({ '.amocallsrc': `${account}key_file: ~/secret\nbase_url: ${address}\n` });
      home(world, 'secret', 'k');
      expect(await complaint(credentials(world))).toContain(address);
    },
  );

  test("a profile in the user's config folder is its owner's choice", async () => {
    const world = worldWith();
    home(world, '.config/amocalls/config.yaml', `${account}key_file: ~/secret\n${strange}`);
    home(world, 'secret', 'k');
    expect(await credentials(world)).toMatchObject({ key: 'k' });
  });
});

describe.skipIf(process.platform === 'win32')('a key that others may read', () => {
  test.each([
    ['.amocallsrc', `${account}key: k\n`],
    ['.amocallsrc', `profiles: {a: {key: k}, default: {code: c}}`],
    ['package.json', '{"amocalls": {"key": "k"}}'],
  ])('in %s (%j) brings a warning with the chmod', async (name, content) => {
    const world = worldWith({ [name]: content });
    chmodSync(world.at(name), 0o640);
    await resolveSettings(world.input);
    expect(world.warnings).toHaveLength(1);
    expect(world.warnings[0]).toContain(`Run: chmod 600 ${world.at(name)}`);
    chmodSync(world.at(name), 0o600);
    await resolveSettings(world.input);
    expect(world.warnings).toHaveLength(1);
  });

  test('in a key file brings it too, once it is read; the profile that only names it brings none', async () => {
    const world = worldWith({ '.amocallsrc': `${account}key_file: the key\n`, 'the key': 'k' });
    chmodSync(world.at('the key'), 0o604);
    chmodSync(world.at('.amocallsrc'), 0o644);
    expect(await credentials(world)).toMatchObject({ key: 'k' });
    expect(world.warnings).toHaveLength(1);
    expect(world.warnings[0]).toContain(`chmod 600 '${world.at('the key')}'`);
  });
});

test('a masked key shows its last four characters, a short one nothing', () => {
  expect(maskKey('0123456789abcdef')).toBe('****cdef');
  expect(maskKey('0123456789abcde')).toBe('****');
  expect(maskKey('')).toBe('****');
});
