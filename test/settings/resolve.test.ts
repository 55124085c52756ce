import { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { resolveSettings, showSettings } from '../../src/settings/resolve.js';
import { flagsOf } from '../../src/settings/table.js';
import { complaint, setupWith } from './setup.js';

describe('precedence, one value at a time', () => {
  const files = { '.amocallsrc': 'code: from_profile\naccount_id: 3\nchunk_size: 50\nledger: here/l.db\n' };

  test('a flag beats the environment, which beats the profile, which beats the default', async () => {
    const setup = setupWith(files);
    const { values, sources } = await resolveSettings(
      setup.with({ code: 'from_flag' }, { AMOCALLS_CODE: 'from_env', AMOCALLS_ACCOUNT_ID: '2' }),
    );
    expect(values).toMatchObject({ code: 'from_flag', accountId: '2', chunkSize: 50, concurrency: 4 });
    expect(sources.code).toEqual({ kind: 'flag', name: '--code' });
    expect(sources.accountId).toEqual({ kind: 'env', name: 'AMOCALLS_ACCOUNT_ID' });
    expect(sources.chunkSize).toEqual({
      kind: 'profile',
      file: setup.at('.amocallsrc'),
      profile: 'default',
      key: 'chunk_size',
    });
    expect(sources.concurrency).toEqual({ kind: 'default' });
  });

  test.each([
    ['AMOCALLS_CODE', { code: 'x' }],
    ['AMOCALLS_KEY', { key: 'x' }],
    ['AMOCALLS_ACCOUNT_ID', { accountId: '7' }],
    ['AMOCALLS_BASE_URL', { baseUrl: 'https://h.example' }],
  ])('%s is read', async (name, expected) => {
    const { values } = await resolveSettings(
      setupWith().with({}, { [name]: Object.values(expected)[0] ?? '' }),
    );
    expect(values).toMatchObject(expected);
  });

  test('an empty variable of the environment counts as absent, an empty flag does not', async () => {
    const setup = setupWith(files);
    const { values } = await resolveSettings(setup.with({}, { AMOCALLS_CODE: '' }));
    expect(values.code).toBe('from_profile');
    expect(await complaint(resolveSettings(setup.with({ code: '' })))).toContain('--code: is empty');
  });

  test('a flag that says no is a value', async () => {
    const setup = setupWith(files);
    const { values, sources } = await resolveSettings(setup.with({ ledger: false, color: false }));
    expect(values).toMatchObject({ ledger: false, color: false });
    expect(sources.ledger).toEqual({ kind: 'flag', name: '--no-ledger' });
  });

  test('a map given by flags replaces that of the profile as a whole', async () => {
    const setup = setupWith({ '.amocallsrc': 'map: {caller: a, to: b}' });
    const { values } = await resolveSettings(setup.with({ map: ['caller=c'] }));
    expect(values.map).toEqual([{ field: 'caller', source: 'c' }]);
  });

  test('what is no setting is ignored', async () => {
    const { values } = await resolveSettings(setupWith().with({ harbour: '1', key: 'x', keyFile: 'y' }));
    expect(values).not.toHaveProperty('harbour');
    expect(values.key).toBeUndefined();
  });
});

test('paths begin at the working directory, in a profile at its file, with ~/ at home', async () => {
  const setup = setupWith({ '.amocallsrc': 'ledger: l.db\nrejects: ~/r.csv\nkey_file: ../k\n', 'sub/x': '' });
  const input = { ...setup.input, cwd: setup.at('sub') };
  expect((await resolveSettings(input)).values).toMatchObject({
    ledger: setup.at('l.db'),
    rejects: setup.home('r.csv'),
    keyFile: setup.home('k'),
  });
  const given = {
    ...input,
    flags: { rejects: 'r.csv' },
    env: { AMOCALLS_LEDGER: '~/l.db', AMOCALLS_KEY_FILE: 'k' },
  };
  expect((await resolveSettings(given)).values).toMatchObject({
    ledger: setup.home('l.db'),
    rejects: setup.at('sub/r.csv'),
    keyFile: setup.at('sub/k'),
  });
});

test('any reading or sending option may stand in a profile, as YAML has it', async () => {
  const setup = setupWith({
    '.amocallsrc': [
      'timezone: Europe/Moscow',
      'columns: [a, b]',
      'map: {caller: from, link: "https://pbx.example/{file}"}',
      'set: {type: inbound}',
      'type_map: {1: inbound, 2: outbound}',
      'keep_rows: true',
      'delimiter: ";"',
      'internal: \\d{3}',
      'rate: 2.5',
      'ledger: false',
    ].join('\n'),
  });
  const { values } = await resolveSettings(setup.input);
  expect(values).toMatchObject({
    timezone: 'Europe/Moscow',
    columns: ['a', 'b'],
    map: [
      { field: 'caller', source: 'from' },
      { field: 'link', source: 'https://pbx.example/{file}' },
    ],
    set: [{ field: 'type', value: 'inbound' }],
    typeMap: { 1: 'inbound', 2: 'outbound' },
    keepRows: true,
    delimiter: ';',
    internal: /^(?:\d{3})$/,
    rate: 2.5,
    ledger: false,
  });
});

test.each([
  ['chunk_size: [1]', 'chunk_size: a list is not a whole number from 1 to 1000'],
  ['chunk_size:', 'chunk_size: has no value'],
  ['since: 2026-11-01', 'since: a date without quotes is not a text; put the value in quotes'],
  ['key: 12345678901234567890', 'key: is read as a number; put it in quotes'],
  ['keep_rows: maybe', 'keep_rows: "maybe" is neither true nor false'],
  ['base_url: http://sip.amocrm.com', 'base_url: must be https'],
  [
    'base_url: https://sip.amocrm.comhttp://127.0.0.1:8080',
    'base_url: holds more than one address; give one,',
  ],
  ['base_url: https://proxy.example//amo', 'base_url: must not have // in its path'],
])('a profile with %s is refused by file, profile and setting', async (line, expected) => {
  const setup = setupWith({ '.amocallsrc': `profiles:\n  main:\n    ${line}\n` });
  expect(await complaint(resolveSettings(setup.input))).toContain(
    `${setup.at('.amocallsrc')}, profile "main", ${expected}`,
  );
});

test('a wrong variable of the environment is refused by its name', async () => {
  const text = await complaint(resolveSettings(setupWith().with({}, { AMOCALLS_BASE_URL: 'nowhere' })));
  expect(text).toContain('AMOCALLS_BASE_URL: is not an address such as https://sip.amocrm.com');
});

test('flags reach the settings through Commander under the names of the table', async () => {
  const command = new Command().exitOverride();
  for (const { flags = '', negation } of flagsOf('import')) {
    command.addOption(new Option(flags));
    if (negation) command.addOption(new Option(negation.flag));
  }
  const words =
    '--chunk-size 7 -n --no-ledger --no-color -q --on-lost-answer resend --account-id 5 --keep-rows';
  command.parse(words.split(' '), { from: 'user' });
  const { values, sources } = await resolveSettings(setupWith().with(command.opts()));
  expect(values).toMatchObject({
    chunkSize: 7,
    dryRun: true,
    ledger: false,
    color: false,
    quiet: true,
    verbose: false,
    onLostAnswer: 'resend',
    accountId: '5',
    keepRows: true,
  });
  expect(sources.dryRun).toEqual({ kind: 'flag', name: '--dry-run' });
  expect(sources.rows).toEqual({ kind: 'default' });
});

test('config shows every value, where it comes from, and the key masked', async () => {
  const key = 'planted-key-0123456789';
  const setup = setupWith({
    '.amocallsrc': `profiles: {main: {code: c, key: ${key}, internal: '\\d{3}', type_map: {1: inbound}, columns: [a, b], map: {caller: x, to: y}}}`,
  });
  const resolved = await resolveSettings(setup.with({ accountId: '5' }));
  const shown = showSettings(resolved);
  expect(JSON.stringify(shown)).not.toContain('planted');
  expect(JSON.stringify(resolved.profile)).not.toContain('planted');
  const from = (setting: string) => `${setup.at('.amocallsrc')}, profile "main", ${setting}`;
  expect(shown.slice(0, 2)).toEqual([
    { setting: 'profile', value: 'main', source: 'default' },
    { setting: 'config', value: setup.at('.amocallsrc'), source: 'default' },
  ]);
  expect(shown).toEqual(
    expect.arrayContaining([
      { setting: 'code', value: 'c', source: from('code') },
      { setting: 'key', value: '****6789', source: from('key') },
      { setting: 'key_file', value: '', source: 'default' },
      { setting: 'account_id', value: '5', source: '--account-id' },
      { setting: 'base_url', value: 'https://sip.amocrm.com', source: 'default' },
      { setting: 'internal', value: '\\d{3}', source: from('internal') },
      { setting: 'type_map', value: '1=inbound', source: from('type_map') },
      { setting: 'columns', value: 'a,b', source: from('columns') },
      { setting: 'map', value: 'caller=x,to=y', source: from('map') },
      { setting: 'rate', value: '6.5', source: 'default' },
    ]),
  );
  expect(shown.map(({ setting }) => setting)).not.toContain('dry_run');
});
