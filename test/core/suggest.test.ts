import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, editDistance, suggest } from '../../src/core/suggest.js';

test.each([
  ['calller', 'caller'],
  ['claler', 'caller'],
  ['calle', 'caller'],
  ['CALLER', 'caller'],
  ['chunksize', 'chunk_size'],
  ['chunk-size', 'chunk_size'],
  ['tp', 'to'],
  ['clalre', 'caller'],
  ['xcllar', undefined],
  ['timmezonee', 'timezone'],
  ['zebra', undefined],
  ['', undefined],
])('the word nearest to "%s" is %s', (word, expected) => {
  expect(suggest(word, ['caller', 'to', 'chunk_size', 'timezone'])).toBe(expected);
});

test('of two words that are equally near, the first is meant', () => {
  expect(suggest('rats', ['rate', 'rath'])).toBe('rate');
  expect(suggest('ratee', ['ratel', 'rate'])).toBe('ratel');
});

test('of two words the nearer one wins, wherever it stands', () => {
  expect(suggest('rates', ['retries', 'rate'])).toBe('rate');
  expect(suggest('rates', ['rate', 'retries'])).toBe('rate');
});

test('the suggestion is a sentence, or nothing', () => {
  expect(didYouMean('jsn', ['csv', 'json'])).toBe('. Did you mean "json"?');
  expect(didYouMean('xlsx', ['csv', 'json'])).toBe('');
});

test('two swapped letters are one slip', () => {
  expect(editDistance('abcd', 'acbd')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

test('a distance is the same both ways, zero only to itself, at most the longer length', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      expect(distance).toBe(editDistance(right, left));
      expect(distance === 0).toBe(left === right);
      expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
    }),
  );
});
