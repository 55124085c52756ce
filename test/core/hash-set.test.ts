import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHashSet, createRecentSet } from '../../src/core/hash.js';

describe('the set of what was seen', () => {
  it('answers like a Set of the texts', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ maxLength: 3 }),
            fc.nat(300).map((n) => `1504525166.${n}`),
          ),
          { maxLength: 3000 },
        ),
        fc.constantFrom(0, 1, 100, 10_000, 1e15),
        (texts, expected) => {
          const [seen, model] = [createHashSet(expected), new Set<string>()];
          for (const text of texts) {
            expect(seen.add(text)).toBe(!model.has(text));
            model.add(text);
          }
          expect(seen.size).toBe(model.size);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('holds a hundred thousand ids that differ in one digit', () => {
    const seen = createHashSet();
    for (const expected of [true, false]) {
      let agreeing = 0;
      for (let i = 0; i < 100_000; i++) if (seen.add(`pbx-1504525166.${i}`) === expected) agreeing++;
      expect(agreeing).toBe(100_000);
    }
  });

  it('tells texts of one scope from those of another, wherever the border runs', () => {
    const seen = createHashSet();
    expect(seen.add('23', '1')).toBe(true);
    expect(seen.add('3', '12')).toBe(true);
    expect(seen.add('123')).toBe(true);
    expect(seen.add('23', '1')).toBe(false);
    expect(seen.size).toBe(3);
  });
});

it('a set of what was seen lately forgets only what is older than so many texts, and takes no more than twice as many', () => {
  const recent = createRecentSet(100);
  const added = Array.from({ length: 1000 }, (_, at) => `call-${at}`);
  for (const [at, text] of added.entries()) {
    expect(recent.add(text)).toBe(true);
    expect(added.slice(Math.max(0, at - 99), at + 1).every((one) => recent.has(one))).toBe(true);
    expect(added.slice(0, Math.max(0, at - 199)).some((one) => recent.has(one))).toBe(false);
  }
  expect(recent.add('call-999')).toBe(false);
  expect(recent.add('call-900')).toBe(false);
});
