import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { userConfigFolder } from '../../src/settings/profile-file.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { complaint, type Setup, setupWith } from './setup.js';

const flat = (code: string) => `code: ${code}\n`;

/** Writes a file into the user's config folder. */
function userFile(setup: Setup, name: string, content: string): string {
  const path = setup.home(`.config/amocalls/${name}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** The profile in force, and the code that it gives. */
async function found(setup: Setup, flags: Record<string, unknown> = {}, env: Record<string, string> = {}) {
  const { values, profile } = await resolveSettings(setup.with(flags, env));
  return { code: values.code, name: profile?.name, file: profile?.file };
}

test('without any profile file every setting has its default', async () => {
  const setup = setupWith();
  const { values, sources, profile } = await resolveSettings(setup.input);
  expect(profile).toBeUndefined();
  expect(values).toMatchObject({
    chunkSize: 100,
    rate: 6.5,
    output: 'table',
    onLostAnswer: 'hold',
    dryRun: false,
  });
  expect(values.code).toBeUndefined();
  expect(new Set(Object.values(sources).map(({ kind }) => kind))).toEqual(new Set(['default']));
});

test.each([
  ['.amocallsrc', 'code: found'],
  ['.amocallsrc', '{"code": "found"}'],
  ['.amocallsrc', '\uFEFFcode: found\r\n'],
  ['.amocallsrc.json', '{\n\t"code": "found"\n}'],
  ['.amocallsrc.json', '\uFEFF{"code": "found"}'],
  ['.amocallsrc.yaml', 'code: found'],
  ['.amocallsrc.yml', '---\ncode: found\n'],
  ['package.json', '{"name": "x", "amocalls": {"code": "found"}}'],
])('%s holding %j is a profile called default', async (name, content) => {
  const setup = setupWith({ [name]: content });
  expect(await found(setup)).toEqual({ code: 'found', name: 'default', file: setup.at(name) });
});

test('files are looked for upwards, the nearest alone counts', async () => {
  const setup = setupWith({
    'a/b/x.csv': '',
    'a/.amocallsrc.yml': 'account_id: 7',
    '.amocallsrc': flat('far'),
  });
  const { values } = await resolveSettings({ ...setup.input, cwd: setup.at('a/b') });
  expect(values).toMatchObject({ accountId: '7', code: undefined });
});

test('a package.json without the key is passed over, even a broken one', async () => {
  const setup = setupWith({
    'a/package.json': '{"name": "x"}',
    'a/b/package.json': '{',
    '.amocallsrc': flat('far'),
  });
  const { values } = await resolveSettings({ ...setup.input, cwd: setup.at('a/b') });
  expect(values.code).toBe('far');
});

test.each(['null', '[]', '"amocalls"', '{"name": "amocalls"}', ''])(
  'a package.json that holds %j is passed over',
  async (content) => {
    expect(await found(setupWith({ 'package.json': content }))).toEqual({});
  },
);

test('a folder with the name of a profile file is passed over', async () => {
  const setup = setupWith({ '.amocallsrc/x': '', '.amocallsrc.yaml': flat('found') });
  expect((await found(setup)).code).toBe('found');
});

test.each(['config.json', 'config.yaml', 'config.yml'])(
  "%s in the user's config folder comes last",
  async (name) => {
    const setup = setupWith();
    const file = userFile(setup, name, '{"code": "user"}');
    expect(await found(setup)).toEqual({ code: 'user', name: 'default', file });
    writeFileSync(setup.at('.amocallsrc'), flat('near'), { mode: 0o600 });
    expect((await found(setup)).code).toBe('near');
  },
);

test('XDG_CONFIG_HOME moves the config folder', async () => {
  const setup = setupWith({ 'xdg/amocalls/config.yaml': flat('xdg') });
  expect((await found(setup, {}, { XDG_CONFIG_HOME: setup.at('xdg') })).code).toBe('xdg');
});

test('the config folder is where each system keeps such files', () => {
  const at = (env: Record<string, string>, system: string) =>
    userConfigFolder({ env, cwd: '/', homedir: '/h', user: undefined }, system).replaceAll('\\', '/');
  expect(at({}, 'linux')).toBe('/h/.config/amocalls');
  expect(at({}, 'darwin')).toBe('/h/Library/Preferences/amocalls');
  expect(at({ APPDATA: '/roaming' }, 'win32')).toBe('/roaming/amocalls');
  expect(at({}, 'win32')).toBe('/h/AppData/Roaming/amocalls');
});

test('--config beats AMOCALLS_CONFIG, which beats every file that is found', async () => {
  const setup = setupWith({
    '.amocallsrc': flat('near'),
    'other.conf': flat('other'),
    'third.json': '{"code":"third"}',
  });
  const env = { AMOCALLS_CONFIG: 'third.json' };
  expect((await found(setup, {}, env)).code).toBe('third');
  expect(await found(setup, { config: 'other.conf' }, env)).toMatchObject({
    code: 'other',
    file: setup.at('other.conf'),
  });
});

test('a command that takes no profile reads none, however broken', async () => {
  const setup = setupWith({ '.amocallsrc': '{' });
  const { profile } = await resolveSettings({ ...setup.input, withProfile: false });
  expect(profile).toBeUndefined();
});

test.each([
  ['empty', '', 'is empty'],
  ['blank', ' \n\n', 'is empty'],
  ['all comment', '# code: x\n', 'is empty'],
  ['a text', 'hello', 'line 1: a single value where settings should be'],
  ['a list', '- code\n', 'line 1: a list where settings should be'],
  ['an open bracket', '{\n"code": "x",\n', 'line 3: unexpected end of the stream within a flow collection'],
  ['a broken line', 'code: x\nkey: "planted-key\n', 'line 3: unexpected end of the stream'],
  [
    'a comma too few',
    '{\n"code": "x"\n"key": "planted-key"}',
    'line 3: missed comma between flow collection entries',
  ],
  ['a key twice', 'code: x\nkey: planted-key\nkey: planted-key\n', 'line 3: duplicated mapping key'],
  ['an odd tag', 'key: !planted-key x\n', 'line 1: unknown tag'],
])(
  'a profile file that is %s is refused by file and line, without its content',
  async (_, content, expected) => {
    for (const name of ['.amocallsrc', '.amocallsrc.json', '.amocallsrc.yaml']) {
      const setup = setupWith({ [name]: content });
      const text = await complaint(resolveSettings(setup.input));
      expect(text).toContain(setup.at(name));
      expect(text).toContain(expected);
      expect(text).not.toContain('planted-key');
      expect(text.includes('"amocalls init"')).toBe(expected === 'is empty');
    }
  },
);

test('a profile that is asked for where there is no file names the command that writes one', async () => {
  const text = await complaint(resolveSettings(setupWith().with({ profile: 'main' })));
  expect(text).toMatch(/^profile "main": no profile file was found.*"amocalls init"/s);
});

test('a file that was named and cannot be read is an error', async () => {
  const setup = setupWith({ '.amocallsrc': flat('near'), 'package.json': '{"name":"x"}', 'folder/x': '' });
  const about = (config: string) => complaint(resolveSettings(setup.with({ config })));
  expect(await about('no.yaml')).toContain(`${setup.at('no.yaml')}: cannot be read: no such file`);
  expect(await about('folder')).toContain('is a folder');
  expect(await about('.amocallsrc/x')).toContain('no such file');
  expect(await about('package.json')).toContain('has no key "amocalls"');
});

test('a found file that may not be read is an error, not passed over', async ({ skip }) => {
  skip(process.getuid?.() === 0, 'root may read every file');
  const setup = setupWith({ '.amocallsrc': flat('near') });
  chmodSync(setup.at('.amocallsrc'), 0);
  expect(await complaint(resolveSettings(setup.input))).toContain('permission denied');
});

test('a link that leads nowhere is passed over', async () => {
  const setup = setupWith({ '.amocallsrc.yaml': flat('found') });
  symlinkSync(setup.at('nowhere'), setup.at('.amocallsrc'));
  expect((await found(setup)).code).toBe('found');
});

const two = (extra = '') => `${extra}profiles:\n  main: {code: m}\n  second: {code: s}\n`;

test.each([
  ['the one that was asked for', two('default_profile: main\n'), { profile: 'second' }, 's'],
  ['default_profile', two('default_profile: second\n'), {}, 's'],
  ['the only one', 'profiles: {lonely: {code: l}}', {}, 'l'],
  ['the one called default', 'profiles: {a: {code: a}, default: {code: d}}', {}, 'd'],
  ['a number as name', 'default_profile: 39099\nprofiles: {39099: {code: n}, a: {}}', {}, 'n'],
])('the profile in force is %s', async (_, content, flags, code) => {
  expect((await found(setupWith({ '.amocallsrc': content }), flags)).code).toBe(code);
});

test('AMOCALLS_PROFILE chooses too, and --profile beats it', async () => {
  const setup = setupWith({ '.amocallsrc': two() });
  const env = { AMOCALLS_PROFILE: 'main' };
  expect((await found(setup, {}, env)).code).toBe('m');
  expect((await found(setup, { profile: 'second' }, env)).code).toBe('s');
});

test.each([
  [
    'several and none chosen',
    two(),
    {},
    'does not say which of its profiles to use\nIt has "main", "second".',
  ],
  [
    'a mistyped name',
    two(),
    { profile: 'mian' },
    'there is no profile "mian". Did you mean "main"?\nIt has "main"',
  ],
  [
    'a wrong default',
    two('default_profile: x\n'),
    {},
    'default_profile "x" is not one of its profiles\nIt has "main"',
  ],
  ['a name for a flat file', 'code: x', { profile: 'main' }, 'there is no profile "main"\nIt has "default".'],
  ['no profile in profiles', 'profiles:\n', {}, '"profiles" holds no profile'],
  ['a default without profiles', 'default_profile: x\n', {}, '"profiles" holds no profile'],
  ['a profile without settings', 'profiles: {main: }', {}, 'profile "main": holds no settings'],
  ['a setting beside profiles', two('code: x\n'), {}, '"code" stands outside of the profiles'],
  ['an unknown key beside profiles', two('defaultprofile: x\n'), {}, 'Did you mean "default_profile"?'],
  [
    'an unknown setting',
    'code: x\nchunksize: 5\n',
    {},
    'unknown setting "chunksize". Did you mean "chunk_size"?',
  ],
  ['an unknown one in a profile', 'profiles: {m: {acount_id: 5}}', {}, 'Did you mean "account_id"?'],
  [
    'a flag in a profile',
    'dry_run: true\n',
    {},
    '"dry_run" is not allowed in a profile\nGive it on the command line: --dry-run',
  ],
  ['a printing flag in a profile', 'output: json\n', {}, '"output" is not allowed in a profile'],
  [
    'a profile at the top',
    'main:\n  code: x\n',
    {},
    'unknown setting "main"\nIf "main" is a profile, put it under',
  ],
  ['__proto__', '{"__proto__": {"code": "x"}}', {}, 'unknown setting "__proto__"'],
  ['constructor', 'constructor: x', {}, 'unknown setting "constructor"'],
])('%s: a complaint that names file and remedy', async (_, content, flags, expected) => {
  const setup = setupWith({ '.amocallsrc': content });
  const text = await complaint(resolveSettings(setup.with(flags)));
  expect(text).toContain(expected);
  expect(text).toContain(setup.at('.amocallsrc'));
});

test('a profile is asked for where there is no file: the complaint says where it was looked for', async () => {
  const setup = setupWith();
  const text = await complaint(resolveSettings(setup.with({ profile: 'main' })));
  expect(text).toContain(`in ${setup.input.cwd} and the folders above it`);
  expect(text).toContain(setup.home('.config/amocalls'));
});

/** Code that leaves a mark when it is run. */
const bomb = (setup: Setup, kind: 'cjs' | 'esm') =>
  kind === 'cjs'
    ? `require('node:fs').writeFileSync(${JSON.stringify(setup.at('ran'))}, ''); module.exports = {};`
    : `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(setup.at('ran'))}, ''); export default {};`;

/** cosmiconfig looks for its own options in the working directory of the process. */
function enter(folder: string): void {
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
}

test.each([
  ['.amocallsrc.js', 'cjs'],
  ['.amocallsrc.cjs', 'cjs'],
  ['.amocallsrc.mjs', 'esm'],
  ['.amocallsrc.ts', 'esm'],
  ['amocalls.config.js', 'cjs'],
  ['amocalls.config.mjs', 'esm'],
  ['.config/config.js', 'cjs'],
  ['.config/config.cjs', 'cjs'],
  ['.config/config.mjs', 'esm'],
  ['.config/config.ts', 'esm'],
  ['.config/amocallsrc.js', 'cjs'],
  ['home/config.js', 'cjs'],
  ['home/config.cjs', 'cjs'],
  ['home/config.mjs', 'esm'],
  ['home/config.ts', 'esm'],
  ['home/config', 'cjs'],
] as const)('%s is not run, and does not keep the next profile file from being read', async (path, kind) => {
  const setup = setupWith({ '.config/x': '' });
  enter(setup.input.cwd);
  if (path.startsWith('home/')) userFile(setup, path.slice('home/'.length), bomb(setup, kind));
  else writeFileSync(setup.at(path), bomb(setup, kind));
  userFile(setup, 'config.yaml', flat('sound'));
  expect((await found(setup)).code).toBe('sound');
  expect(existsSync(setup.at('ran'))).toBe(false);
});

test.each([
  ['.config/config.json', '{"$import": "./bomb.cjs"}', '.config/bomb.cjs'],
  ['.config/config.yaml', 'cosmiconfig: {}\n$import: ./bomb.cjs', '.config/bomb.cjs'],
  ['package.json', '{"cosmiconfig": {"$import": "./bomb.cjs"}, "name": "amocalls"}', 'bomb.cjs'],
])('what %s tells cosmiconfig to import is not run', async (path, content, target) => {
  const setup = setupWith({ [path]: content, '.amocallsrc': flat('sound') });
  writeFileSync(setup.at(target), bomb(setup, 'cjs'));
  enter(setup.input.cwd);
  expect((await found(setup)).code).toBe('sound');
  expect(existsSync(setup.at('ran'))).toBe(false);
});

test.each([
  ['.amocallsrc', '$import: ./bomb.cjs\ncode: x\n'],
  ['.amocallsrc.yaml', '$import: [./bomb.cjs]\n'],
  ['.amocallsrc.json', '{"$import": "./bomb.cjs"}'],
  ['package.json', '{"amocalls": {"$import": "./bomb.cjs"}}'],
])('$import in %s is refused, and nothing is run', async (path, content) => {
  const setup = setupWith({ [path]: content });
  writeFileSync(setup.at('bomb.cjs'), bomb(setup, 'cjs'));
  expect(await complaint(resolveSettings(setup.input))).toContain(`${setup.at(path)}: uses $import`);
  expect(existsSync(setup.at('ran'))).toBe(false);
});

test.each(['x.js', 'x.cjs', 'x.mjs', 'x.ts', 'package.js', 'x.mts'])(
  '--config %s is refused, not run',
  async (name) => {
    const setup = setupWith();
    writeFileSync(join(setup.input.cwd, name), bomb(setup, name.endsWith('.cjs') ? 'cjs' : 'esm'));
    expect(await complaint(resolveSettings(setup.with({ config: name })))).toContain(setup.at(name));
    expect(existsSync(setup.at('ran'))).toBe(false);
  },
);
