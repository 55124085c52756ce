import { expect, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { commandNames, helpOf, longFlag, showValue } from '../../src/settings/setting.js';
import { flagsOf, type SettingName, settingNames, settingTable } from '../../src/settings/table.js';
import { complaintAboutFlag } from './setup.js';

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test.each(settingNames)('%s is spelt the same way as flag, in a profile and in the environment', (name) => {
  const setting = settingTable[name];
  if (setting.flags) expect(longFlag(setting)).toBe(`--${snake(name).replaceAll('_', '-')}`);
  if (setting.profile) expect(setting.profile).toBe(snake(name));
  if (setting.env) expect(setting.env).toBe(`AMOCALLS_${snake(name).toUpperCase()}`);
  expect(setting.commands.length).toBeGreaterThan(0);
});

test.each(settingNames.filter((name) => settingTable[name].default !== undefined))(
  'the default of %s is what its own parser would make of it',
  (name) => {
    const setting = settingTable[name];
    const parsed = setting.parse(
      typeof setting.default === 'boolean' ? setting.default : showValue(setting.default),
    );
    expect(parsed).toEqual(setting.default);
  },
);

test('no two settings share a flag, a short flag or a name in the environment', () => {
  const all = settingNames.flatMap((name) => {
    const { flags, negation, env } = settingTable[name];
    return [...(flags?.match(/--?[a-z-]+(?=[ ,]|$)/g) ?? []), negation?.flag, env].filter(
      (one) => one !== undefined,
    );
  });
  expect(all.toSorted()).toEqual([...new Set(all)].toSorted());
});

test.each(['key', 'token'] as const)('there is no flag for the %s', (secret) => {
  expect(longFlag(settingTable[secret])).toBeUndefined();
  expect(longFlag(settingTable[`${secret}File`])).toBeUndefined();
  for (const command of commandNames)
    expect(flagsOf(command).some(({ flags }) => flags?.includes(`--${secret}`))).toBe(false);
});

test('api stands before the settings whose default depends on it', () => {
  const dependent = settingNames.filter((name) => settingTable[name].v4Default !== undefined);
  expect(dependent.every((name) => settingNames.indexOf(name) > settingNames.indexOf('api'))).toBe(true);
});

test('help shows the default and the name in the environment', () => {
  expect(helpOf(settingTable.chunkSize)).toMatch(/\(default: 100\)$/);
  expect(helpOf(settingTable.internal)).toMatch(/\(default: \\d\{2,5\}\)$/);
  expect(helpOf(settingTable.keepRows)).not.toMatch(/default/);
  expect(helpOf(settingTable.baseUrl)).toMatch(
    /\(default: https:\/\/sip\.amocrm\.com\) \[AMOCALLS_BASE_URL\]$/,
  );
});

const good: readonly [SettingName, unknown, unknown][] = [
  ['chunkSize', '100', 100],
  ['chunkSize', 1000, 1000],
  ['rate', '6.5', 6.5],
  ['rate', 0, 0],
  ['timeout', '0.5', 0.5],
  ['retries', '0', 0],
  ['rows', 'all', 'all'],
  ['rows', 'ALL', 'all'],
  ['rows', '20', 20],
  ['output', 'JSON', 'json'],
  ['keepRows', true, true],
  ['keepRows', 'false', false],
  ['color', false, false],
  ['columns', 'a, b,,c', ['a', 'b', '', 'c']],
  ['columns', ['a,b', 'c', 3], ['a,b', 'c', '3']],
  [
    'map',
    ['caller=from', 'link=https://pbx.example/?f={file}&a=b'],
    [
      { field: 'caller', source: 'from' },
      { field: 'link', source: 'https://pbx.example/?f={file}&a=b' },
    ],
  ],
  [
    'map',
    { caller: 'from', 'Account-ID': 3 },
    [
      { field: 'caller', source: 'from' },
      { field: 'account_id', source: '3' },
    ],
  ],
  [
    'map',
    [{ caller: 'from' }, 'to=dst'],
    [
      { field: 'caller', source: 'from' },
      { field: 'to', source: 'dst' },
    ],
  ],
  ['set', 'type=inbound', [{ field: 'type', value: 'inbound' }]],
  ['set', ['link='], [{ field: 'link', value: '' }]],
  ['typeMap', ['1=inbound,2=Outbound'], { 1: 'inbound', 2: 'outbound' }],
  ['typeMap', ['1=inbound', '2=missed'], { 1: 'inbound', 2: 'missed' }],
  ['typeMap', { 1: 'inbound', IN: 'internal' }, { 1: 'inbound', IN: 'internal' }],
  ['delimiter', 'tab', '\t'],
  ['delimiter', '\t', '\t'],
  ['delimiter', '\\t', '\t'],
  ['delimiter', ';', ';'],
  ['delimiter', ' ', ' '],
  ['encoding', 'CP1251', 'windows-1251'],
  ['timezone', 'Europe/Moscow', 'Europe/Moscow'],
  ['country', 'kz', 'KZ'],
  ['country', 'UK', 'GB'],
  ['internal', '1\\d\\d', /^(?:1\d\d)$/],
  ['ledger', false, false],
  ['accountId', 39099, '39099'],
  ['accountId', '0039', '0039'],
  ['key', '  abc  ', 'abc'],
  [
    'map',
    ['type=', 'link='],
    [
      { field: 'type', source: '' },
      { field: 'link', source: '' },
    ],
  ],
  ['baseUrl', 'https://sip.amocrm.ru/', 'https://sip.amocrm.ru'],
  ['baseUrl', 'https://proxy.example:8443/amo/', 'https://proxy.example:8443/amo'],
  ['baseUrl', 'https://sip.amocrm.ru//', 'https://sip.amocrm.ru'],
  ['baseUrl', 'http://localhost:8080', 'http://localhost:8080'],
  ['baseUrl', 'http://127.1.2.3:80', 'http://127.1.2.3'],
  ['baseUrl', 'http://127.1:1', 'http://127.0.0.1:1'],
  ['baseUrl', 'http://[::1]:8080/', 'http://[::1]:8080'],
];

test.each(good)('%s takes %j', (name, raw, expected) => {
  expect(settingTable[name].parse(raw)).toEqual(expected);
});

const bad: readonly [SettingName, unknown, string][] = [
  ['chunkSize', 'abc', '"abc" is not a whole number from 1 to 1000'],
  ['chunkSize', '0', '"0" is not'],
  ['chunkSize', '1001', '"1001" is not'],
  ['chunkSize', '1e2', '"1e2" is not'],
  ['chunkSize', '', '"" is not'],
  ['chunkSize', 2.5, '"2.5" is not'],
  ['chunkSize', [1], 'a list is not'],
  ['chunkSize', true, '"true" is not'],
  ['concurrency', '65', '1 to 64'],
  ['rate', '6,5', '"6,5" is not a number from 0 to 1000, such as 6 or 6.5'],
  ['rate', '-1', 'is not a number'],
  ['rate', 'Infinity', 'is not a number'],
  ['rate', Number.NaN, 'is not a number'],
  ['timeout', '0', '0.1 to 3600'],
  ['rows', 'many', 'or "all"'],
  ['output', 'jsn', '"jsn" is none of table, json, ndjson. Did you mean "json"?'],
  ['keepRows', 'maybe', 'neither true nor false'],
  ['columns', ',,', 'has no name'],
  ['columns', 'a,b,a', '"a" is given twice'],
  ['columns', [['a']], 'a list is not a name'],
  ['columns', { a: 1 }, 'a map is not a name'],
  ['map', ['calller=from'], '"calller" is none of the fields uuid, caller, to,'],
  ['map', ['caller'], '"caller" is not in the form name=value'],
  ['map', ['=x'], 'is not in the form'],
  ['map', ['caller='], '"caller" is mapped to nothing'],
  ['map', ['billsec='], '"billsec" is mapped to nothing'],
  ['map', ['caller=a', 'caller=b'], '"caller" is given twice'],
  ['map', { caller: null }, '"caller": nothing is not a text'],
  ['typeMap', ['1=inbuond'], '"1" is mapped to "inbuond"'],
  ['delimiter', 'ab', 'is neither one character'],
  ['delimiter', '"', 'is neither one character'],
  ['delimiter', 'x', 'is neither one character'],
  ['encoding', 'cp9999', 'is not a known encoding'],
  ['timezone', 'Moscow', 'is not an IANA time zone'],
  ['timezone', '+3', 'is not an IANA time zone'],
  ['timezone', 'MSK', 'Did you mean "Europe/Moscow"?'],
  ['country', 'RUS', 'is not a country code'],
  ['country', 'XQ', 'is not a country code'],
  ['internal', '(', 'is not a regular expression'],
  ['since', new Date(0), 'put the value in quotes'],
  ['ledger', true, 'names no file'],
  ['key', '', 'is empty'],
  ['key', 12345, 'put it in quotes'],
  ['key', 'a\nb', 'second line'],
  ['accountId', 'abc', 'must be digits only'],
  ['accountId', 2 ** 60, 'in quotes'],
  ['baseUrl', 'sip.amocrm.com', 'is not an address'],
  ['baseUrl', 'ftp://sip.amocrm.com', 'is not an https address'],
  ['baseUrl', 'http://sip.amocrm.com', 'must be https: the key would be sent to sip.amocrm.com'],
  ['baseUrl', 'http://127.0.0.1.example.com', 'must be https'],
  ['baseUrl', 'http://localhost.example.com', 'must be https'],
  ['baseUrl', 'http://128.0.0.1', 'must be https'],
  ['baseUrl', 'https://me:pw@sip.amocrm.com', 'user name or a password'],
  ['baseUrl', 'https://sip.amocrm.com/?key=1', 'before the ? or #'],
  ['baseUrl', 'https://sip.amocrm.com/?', 'before the ? or #'],
  ['baseUrl', 'https://sip.amocrm.com/#x', 'before the ? or #'],
];

test.each(bad)('%s refuses %j', (name, raw, expected) => {
  const parsed = settingTable[name].parse(raw);
  expect(parsed instanceof Problem && parsed.text).toContain(expected);
});

test('an address that is refused is not repeated: a key may stand in it', () => {
  for (const address of [
    'https://h.example/?key=planted-key',
    'https://u:planted-key@h.example',
    'planted-key',
  ]) {
    const parsed = settingTable.baseUrl.parse(address);
    expect(parsed instanceof Problem && parsed.text).not.toContain('planted-key');
  }
});

test('a key that was given as the account is not repeated', () => {
  const parsed = settingTable.accountId.parse('planted-key');
  expect(parsed instanceof Problem && parsed.text).not.toContain('planted-key');
});

test('a wrong flag is named, with what it takes', async () => {
  expect(await complaintAboutFlag({ chunkSize: 'abc' })).toBe(
    '--chunk-size: "abc" is not a whole number from 1 to 1000\n--chunk-size <n>: calls per request at most, 1 to 1000; with v4 250 at most, and 50 by default.',
  );
});
