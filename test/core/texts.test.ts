import { expect, test } from 'vitest';
import {
  clockText,
  durationText,
  fileQuoted,
  localTime,
  offsetText,
  pauseText,
  shellQuoted,
  utcOffset,
} from '../../src/core/display.js';
import { isJson, isObject, jsonIn, parseJson } from '../../src/core/json.js';
import { hasPassword, isAddress, isDatabaseAddress, maskPassword } from '../../src/core/ledger-address.js';
import { formsOfSecret, withoutSecrets } from '../../src/core/secrets.js';
import { detached, lineBreaksIn, linesOf, startOfLastLine } from '../../src/core/text.js';

test.each([
  [0, 'UTC', 'UTC'],
  [10_800, '+03:00', 'UTC+03:00'],
  [-34_200, '-09:30', 'UTC-09:30'],
  [20_700, '+05:45', 'UTC+05:45'],
  // A zone of before the railways: Moscow was 2:30:17 ahead.
  [9017, '+02:30', 'UTC+02:30'],
])('a clock %i s ahead of UTC stands at %s', (seconds, offset, told) => {
  expect([offsetText(seconds), utcOffset(seconds)]).toEqual([offset, told]);
});

test.each([
  [0, '0:00', '0 s'],
  [59, '0:59', '59 s'],
  [60, '1:00', '1 min 00 s'],
  [185, '3:05', '3 min 05 s'],
  [3599, '59:59', '59 min 59 s'],
  [3600, '1:00:00', '1 h 00 min'],
  [7505, '2:05:05', '2 h 05 min'],
])('%i s are %s on a recorder, and %s in a text', (seconds, clock, text) => {
  expect([clockText(seconds), durationText(seconds)]).toEqual([clock, text]);
});

test('a time in a text is whole seconds of a clock, a pause says where, until when and why', () => {
  expect(localTime(1_700_000_000)).toBe('2023-11-14 22:13:20');
  expect(durationText(59.5)).toBe('1 min 00 s');
  const pause = { address: 'https://x.example', until: 1_700_000_000_999 };
  expect(pauseText({ ...pause, reason: 'HTTP 503' })).toBe(
    'nothing is sent to https://x.example until 2023-11-14 22:13:20 UTC: HTTP 503',
  );
  expect(pauseText(pause)).toContain('UTC: the service asked for');
});

test.each([
  ['a.csv', 'a.csv', 'a.csv'],
  ['-x', '-x', './-x'],
  ['-', '-', '-'],
  ['a b', "'a b'", "'a b'"],
  ['=a', "'=a'", "'=a'"],
  ['a=b', 'a=b', 'a=b'],
  ['', "''", "''"],
  ["it's", "'it'\\''s'", "'it'\\''s'"],
  ["a\n'\\", "$'a\\012\\'\\\\'", "$'a\\012\\'\\\\'"],
  ['\u200b', "$'\\342\\200\\213'", "$'\\342\\200\\213'"],
])('%j is %s as a word of a shell, and %s as a file', (word, quoted, file) => {
  expect([shellQuoted(word), fileQuoted(word)]).toEqual([quoted, file]);
});

test.each<[unknown, boolean]>([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  ['{}', false],
  [undefined, false],
])('whether %j is an object of JSON: %s', (value, expected) => {
  expect(isObject(value)).toBe(expected);
});

test.each<[unknown, unknown]>([
  ['[1]', [1]],
  [' {"a":1}', { a: 1 }],
  ['"[1]"', undefined],
  ['1', undefined],
  ['[1', undefined],
  ['{"a":[', undefined],
  [[1], [1]],
  [{ a: 1 }, { a: 1 }],
  [null, undefined],
  [7, undefined],
])('the list or object in %j is %j', (value, expected) => {
  expect(jsonIn(value)).toEqual(expected);
});

test('a text is JSON as a whole, or not at all', () => {
  expect([parseJson('[1]'), parseJson('null'), parseJson('[1] x')]).toEqual([[1], null, undefined]);
  expect([isJson('null'), isJson('7'), isJson(''), isJson('{')]).toEqual([true, true, false, false]);
});

test.each([
  ['calls.db', false, false, false, 'calls.db'],
  ['./a@b:c.db', false, false, false, './a@b:c.db'],
  ['C:/calls.db', false, false, false, 'C:/calls.db'],
  ['postgres://me@host/calls', true, true, false, 'postgres://me@host/calls'],
  ['PostgreSQL://me:p@host/calls', true, true, true, 'PostgreSQL://me:***@host/calls'],
  ['postgres://me:p@q@host/calls', true, true, true, 'postgres://me:***@host/calls'],
  ['postgresql:me', false, true, false, 'postgresql:me'],
  ['postgres:me', false, true, false, 'postgres:me'],
  ['calls.db?password=pq', false, false, false, 'calls.db?password=pq'],
  ['mysql://me:p@host/calls', false, true, true, 'mysql://me:***@host/calls'],
  ['x postgres://me:p@host/calls', false, false, false, 'x postgres://me:p@host/calls'],
  ['postgres://h/c?password=pq&a=b', true, true, true, 'postgres://h/c?password=***&a=b'],
  ['postgres://h/c?a=b&sslpassword=p', true, true, true, 'postgres://h/c?a=b&sslpassword=***'],
  ['postgres://h/c?PASSWD=p', true, true, true, 'postgres://h/c?PASSWD=***'],
  ['postgres://h/c?pass=p', true, true, true, 'postgres://h/c?pass=***'],
  ['postgres://me:p\nq@host/calls', true, true, true, 'postgres://me:***@host/calls'],
])('%s as the name of a ledger', (ledger, isDatabase, isAny, has, shown) => {
  expect([isDatabaseAddress(ledger), isAddress(ledger), hasPassword(ledger), maskPassword(ledger)]).toEqual([
    isDatabase,
    isAny,
    has,
    shown,
  ]);
});

test('a secret is found in all its forms, and a short one in none', () => {
  const forms = formsOfSecret('a b"ё');
  expect(forms).toEqual(['a b"ё', 'a%20b%22%D1%91', 'a+b%22%D1%91', 'a b\\"ё']);
  expect(formsOfSecret('abc')).toEqual([]);
  expect(formsOfSecret('abcd')).toHaveLength(4);
  expect(withoutSecrets('key=a+b%22%D1%91&k=a b"ё a b"ё', forms)).toBe('key=***&k=*** ***');
});

test('lines of a text', () => {
  expect(linesOf('a\r\nb\rc\nd')).toEqual(['a', 'b', 'c', 'd']);
  expect(linesOf('a\nb\nc', 2)).toEqual(['a', 'b']);
  expect(['', 'a', 'a\r\n', '\n\r'].map((text) => lineBreaksIn(text))).toEqual([0, 0, 1, 2]);
  expect(['', 'ab', 'a\nb', 'a\rb', 'a\nb\r', 'a\r\n'].map(startOfLastLine)).toEqual([0, 0, 2, 2, 4, 3]);
  expect(detached('abc')).toBe('abc');
});
