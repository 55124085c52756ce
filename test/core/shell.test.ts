import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellQuoted } from '../../src/core/display.js';

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
