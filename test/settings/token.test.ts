import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadKey, requireToken } from '../../src/settings/credentials.js';
import { resolveSettings, showSettings } from '../../src/settings/resolve.js';
import { complaint, complaintAboutFlag, forSomebodyElse, type Setup, setupWith } from './setup.js';

const account = 'api: v4\nbase_url: https://mycompany.amocrm.ru\n';
const token = 'eyJ0eXAi.planted-token.0123456789';

async function credentials(
  setup: Setup,
  flags: Record<string, unknown> = {},
  env: Record<string, string> = {},
) {
  return requireToken(await resolveSettings(setup.with(flags, env)), setup.input.warn);
}

test('token and address of a profile are what a run of v4 needs', async () => {
  const setup = setupWith({ '.amocallsrc': `${account}token: "${token}"\n` });
  expect(await credentials(setup)).toEqual({ token, accountId: '', baseUrl: 'https://mycompany.amocrm.ru' });
  expect(setup.warnings).toEqual([]);
});

test('the environment alone is enough', async () => {
  const env = { AMOCALLS_API: 'v4', AMOCALLS_TOKEN: 't', AMOCALLS_BASE_URL: 'https://a.kommo.com' };
  expect(await credentials(setupWith(), {}, env)).toMatchObject({
    token: 't',
    baseUrl: 'https://a.kommo.com',
  });
});

test('v4 has no default address, and fifty calls a request', async () => {
  const setup = setupWith({ '.amocallsrc': 'api: v4\ntoken: t\n' });
  const { values } = await resolveSettings(setup.input);
  expect([values.baseUrl, values.chunkSize]).toEqual(['', 50]);
  const text = await complaint(credentials(setup));
  expect(text).toContain('base_url: missing (');
  expect(text).toContain('AMOCALLS_BASE_URL');
  expect(await complaint(credentials(setupWith({ '.amocallsrc': 'api: v4\n' })))).toContain(
    'base_url, token: missing (',
  );
  expect(await complaint(credentials(setupWith({ '.amocallsrc': account })))).toMatch(/^token: missing \(/);
  const given = await resolveSettings(setup.with({ chunkSize: '200', api: 'v4' }));
  expect(given.values.chunkSize).toBe(200);
});

test('token_file begins at the profile file, its content is the token, trimmed', async () => {
  const setup = setupWith({
    '.amocallsrc': `${account}token_file: main.token\n`,
    'main.token': ` ${token}\r\n`,
  });
  expect(await credentials(setup)).toMatchObject({ token });
  const { values, sources } = loadKey(await resolveSettings(setup.input), setup.input.warn);
  expect(values.tokenFile).toBe(setup.at('main.token'));
  expect(sources.token).toMatchObject({ kind: 'profile', key: 'token_file' });
});

test('AMOCALLS_TOKEN beats the token_file of a profile, and AMOCALLS_TOKEN_FILE its token', async () => {
  const chosen = { baseUrl: 'https://mine.amocrm.ru' };
  const file = setupWith({ '.amocallsrc': `${account}token_file: not-there\n` });
  expect(await credentials(file, chosen, { AMOCALLS_TOKEN: 't' })).toMatchObject({ token: 't' });
  const text = setupWith({ '.amocallsrc': `${account}token: weaker\n`, t: 'stronger' });
  expect(await credentials(text, chosen, { AMOCALLS_TOKEN_FILE: 't' })).toMatchObject({ token: 'stronger' });
});

test('two tokens from one place are a mistake', async () => {
  const setup = setupWith({ '.amocallsrc': `${account}token: t\ntoken_file: f\n` });
  expect(await complaint(resolveSettings(setup.input))).toContain('the token is given twice');
});

test.each([
  ['is not there', undefined, 'cannot be read: no such file'],
  ['is empty', ' \n', 'is empty'],
  ['has two lines', 'planted\ntoken', 'second line'],
])('a complaint names the token file that %s, and not its content', async (_, content, expected) => {
  const setup = setupWith({
    '.amocallsrc': `${account}token_file: main.token\n`,
    ...(content === undefined ? {} : { 'main.token': content }),
  });
  const text = await complaint(credentials(setup));
  expect(text).toContain(`token file ${setup.at('main.token')}`);
  expect(text).toContain(expected);
  expect(text).not.toContain('planted');
});

describe('a token goes only to an address that its owner chose', () => {
  const strange = 'api: v4\nbase_url: https://elsewhere.example\n';

  test.each(['AMOCALLS_TOKEN', 'AMOCALLS_TOKEN_FILE'])(
    '%s is not sent to the address of a profile',
    async (name) => {
      const setup = setupWith({ '.amocallsrc': strange, planted: 'planted' });
      const text = await complaint(credentials(setup, {}, { [name]: 'planted' }));
      expect(text).toContain(`${name}: is not sent to https://elsewhere.example`);
      const chosen = { baseUrl: 'https://mine.example' };
      expect(await credentials(setup, chosen, { [name]: 'planted' })).toMatchObject(chosen);
    },
  );

  test("a profile that lies there and is not one's own does not get a token file from outside of its folder", async () => {
    const setup = forSomebodyElse(setupWith({ '.amocallsrc': `${strange}token_file: ~/secret\n` }));
    mkdirSync(setup.home('.config'), { recursive: true });
    writeFileSync(setup.home('secret'), 'planted', { mode: 0o600 });
    const text = await complaint(credentials(setup));
    expect(text).toContain(`token file ${setup.home('secret')}: is not sent to https://elsewhere.example`);
    expect(text).not.toContain('planted');
    expect(await credentials(setup, { config: '.amocallsrc' })).toMatchObject({ token: 'planted' });
  });

  test('the key of calls/add does not matter to a profile of v4', async () => {
    const setup = setupWith({ '.amocallsrc': `${strange}token: own\n` });
    expect(await credentials(setup, {}, { AMOCALLS_KEY: 'k' })).toMatchObject({ token: 'own' });
  });
});

test.skipIf(process.platform === 'win32')(
  'a token that others may read brings a warning with the chmod',
  async () => {
    const setup = setupWith({
      '.amocallsrc': `${account}token_file: main.token\n`,
      'main.token': token,
      'other.yaml': 'token: t\n',
    });
    chmodSync(setup.at('main.token'), 0o640);
    await credentials(setup);
    chmodSync(setup.at('other.yaml'), 0o604);
    await resolveSettings(setup.with({ config: 'other.yaml' }));
    expect(setup.warnings.map((text) => /chmod 600 (\S+)/.exec(text)?.[1])).toEqual([
      setup.at('main.token'),
      setup.at('other.yaml'),
    ]);
  },
);

test('config shows the token masked, and the users', async () => {
  const setup = setupWith({
    '.amocallsrc': `${account}token: "${token}"\nusers: { 101: 504141, "0102": 7 }\n`,
  });
  const shown = showSettings(await resolveSettings(setup.input));
  const shownAs = (name: string) => shown.find(({ setting }) => setting === name)?.value;
  expect([shownAs('token'), shownAs('users')]).toEqual(['****6789', '101=504141,0102=7']);
  expect(JSON.stringify(shown)).not.toContain('planted');
});

test.each([
  ['a list', '[101]', 'is not a map of extension to user id'],
  ['a name for an id', '{ 101: Anna }', '"101": "Anna" is not the id of a user'],
  ['zero for an id', '{ 101: 0 }', '"101": "0" is not the id of a user'],
])('users that are %s are refused', async (_name, users, expected) => {
  const setup = setupWith({ '.amocallsrc': `${account}users: ${users}\n` });
  expect(await complaint(resolveSettings(setup.input))).toContain(expected);
});

test.each([
  ['unknown', 'lead', '--unknown'],
  ['unknownDirection', 'both', '--unknown-direction'],
  ['pipelineId', '7', '--pipeline-id'],
  ['source', 'PBX', '--source'],
])('the flag %s is refused where it would do nothing', async (name, value, flag) => {
  expect(await complaintAboutFlag({ [name]: value })).toContain(`${flag}: needs --api v4\n`);
  const { values } = await resolveSettings(setupWith().with({ [name]: value, unknown: 'lead', api: 'v4' }));
  expect(String(values.api)).toBe('v4');
});

test.each([
  ['unknownDirection', 'both', '--unknown-direction'],
  ['pipelineId', '7', '--pipeline-id'],
])('the flag %s is refused where no lead is made', async (name, value, flag) => {
  for (const others of [{}, { unknown: 'wait' }])
    expect(await complaintAboutFlag({ [name]: value, api: 'v4', ...others })).toContain(
      `${flag}: needs --unknown lead\n`,
    );
});

test('the code of a service is refused as a flag with v4, which has none; a profile may hold one', async () => {
  expect(await complaintAboutFlag({ code: 'x', api: 'v4' })).toContain('--code: needs --api calls-add\n');
  const setup = setupWith({ '.amocallsrc': `${account}code: x\n` });
  expect((await resolveSettings(setup.with({ api: 'v4' }))).values.code).toBe('x');
});

test.each([
  ['abc\u200Edef', 'holds an invisible character (U+200E)'],
  ['abc\uD800', 'holds an invisible character (U+D800)'],
  ['abc\u0007', 'holds a control character or a second line'],
  ['токен', 'holds a character that no token has (U+0442)'],
])('a token that no header can carry (%j) is refused where it is read', async (wrong, says) => {
  const json = JSON.stringify({ api: 'v4', base_url: 'https://mycompany.amocrm.ru', token: wrong });
  const profile = await complaint(resolveSettings(setupWith({ '.amocallsrc': json }).input));
  expect(profile).toContain(says);
  expect(profile).not.toContain(wrong);
  if (wrong.isWellFormed()) {
    const file = setupWith({ '.amocallsrc': `${account}token_file: t\n`, t: wrong });
    expect(await complaint(credentials(file))).toContain(says);
  }
});
