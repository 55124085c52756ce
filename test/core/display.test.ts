import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationText, shellQuoted, utcTime } from '../../src/core/display.js';

it.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [3599, '59 min 59 s'],
  [7500, '2 h 05 min'],
])('%s seconds are shown as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

it('a time is shown in UTC, to the second', () => {
  expect(utcTime(Date.UTC(2024, 10, 3, 10, 15, 0, 999))).toBe('2024-11-03 10:15:00 UTC');
});

it('a time of any day is that which Date shows', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (at) => {
      expect(utcTime(at)).toBe(`${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`);
    }),
  );
});

it('a shell takes a quoted word as the word that it was', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '`', '\\', '*', '\n', 'ё', ';') });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellQuoted).join(' ')}`;
      const out = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(out.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});
