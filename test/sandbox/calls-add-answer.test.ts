import { describe, expect, it } from 'vitest';
import { answerText, phpArray, phpString } from '../../src/sandbox/calls-add-handler.js';
import type { AnswerFault } from '../../src/sandbox/faults.js';

/** What json_encode of PHP 8.2.36 wrote. */
const strings: readonly (readonly [text: string, json: string])[] = [
  ['a/b', '"a\\/b"'],
  ['\u00E9\u{1F600}\u2028', '"\\u00e9\\ud83d\\ude00\\u2028"'],
  ['\t\b\f\u0001\n\r', '"\\t\\b\\f\\u0001\\n\\r"'],
  ['\u007F', '"\u007F"'],
  ['" \\ <>&\'', '"\\" \\\\ <>&\'"'],
  ['1699999999.12', '"1699999999.12"'],
];

describe('JSON as PHP writes it', () => {
  it.each(strings)('writes the text %j', (text, json) => {
    expect(phpString(text)).toBe(json);
  });

  it('makes a list of the keys 0, 1, … in order, and an object of all else', () => {
    expect(phpArray([])).toBe('[]');
    expect(
      phpArray([
        ['0', '1'],
        ['1', '2'],
      ]),
    ).toBe('[1,2]');
    expect(phpArray([['1', '1']])).toBe('{"1":1}');
    expect(
      phpArray([
        ['a', '1'],
        ['0', '2'],
      ]),
    ).toBe('{"a":1,"0":2}');
    expect(phpArray([['', '1']])).toBe('{"":1}');
  });
});

describe('an answer', () => {
  const decided = { success: ['7', 'a/b'], errors: new Map([['x', ['one', 'two']]]) };
  const clean = { success: ['7', 'a/b'], errors: new Map() };
  const text = (from: typeof decided | typeof clean, ...faults: AnswerFault[]) =>
    answerText(from, new Set(faults), (purpose) => (purpose.startsWith('order 0') ? 0.9 : 0.1))
      .replace('{"response":{"calls":{"add":{', '')
      .replace(/\}\}\}\}$/, '');

  it.each<[typeof decided | typeof clean, AnswerFault[], string]>([
    [decided, [], '"success":["7","a\\/b"],"errors":{"x":["one","two"]}'],
    [clean, [], '"success":["7","a\\/b"],"errors":[]'],
    [decided, ['numbers'], '"success":[7,"a\\/b"],"errors":{"x":["one","two"]}'],
    [decided, ['holes'], '"success":{"1":"7","2":"a\\/b"},"errors":{"x":["one","two"]}'],
    [decided, ['shuffle'], '"success":["a\\/b","7"],"errors":{"x":["one","two"]}'],
    [decided, ['single-reason'], '"success":["7","a\\/b"],"errors":{"x":"one; two"}'],
    [decided, ['errors-null'], '"success":["7","a\\/b"],"errors":{"x":["one","two"]}'],
    [clean, ['errors-null'], '"success":["7","a\\/b"],"errors":null'],
    [clean, ['errors-absent'], '"success":["7","a\\/b"]'],
    [decided, ['both'], '"success":["7","a\\/b","x"],"errors":{"x":["one","two"]}'],
    [clean, ['unknown-uuid'], '"success":["7","a\\/b","a-uuid-that-was-not-sent"],"errors":[]'],
  ])('of %j with %j', (from, faults, json) => {
    expect(text(from, ...faults)).toBe(json);
  });

  it('turns a map of errors for the uuids 0 and 1 into a list of lists', () => {
    const errors = new Map([
      ['0', ['no']],
      ['1', ['no']],
    ]);
    expect(text({ success: [], errors })).toBe('"success":[],"errors":[["no"],["no"]]');
  });
});
