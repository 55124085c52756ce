import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fileQuoted, shellQuoted } from '../../src/core/display.js';
import { sanitise } from '../../src/output/terminal.js';

const plain = ['a', ' ', "'", '"', '$', '`', '\\', '*', '!', '~', '=', '#', '&', '(', '{', '%', 'ё', ';'];
const unseen = [
  '\n',
  '\t',
  '\r',
  '\u001b',
  '\u0007',
  '\u007f',
  '\u0085',
  '\u0090',
  '\u200b',
  '\u202e',
  '\u{e0041}',
];

/** What a shell makes of words that were quoted and shown on a terminal. */
function taken(shell: string, words: readonly string[]): readonly string[] {
  const script = `printf '%s\\0' ${sanitise(words.map(shellQuoted).join(' '))}`;
  const out = execFileSync(shell, ['-c', script], { encoding: 'utf8', env: { LC_ALL: 'C' } });
  return out.split('\0').slice(0, -1);
}

it.each([
  ['sh', plain],
  ['bash', [...plain, ...unseen]],
])('%s takes a quoted word as the word that it was, after a terminal has shown it', (shell, characters) => {
  const word = fc.string({ unit: fc.constantFrom(...characters) });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      expect(taken(shell, words)).toEqual(words);
    }),
    { numRuns: 12 },
  );
});

it.each([
  ['calls.csv', 'calls.csv'],
  ['', "''"],
  ['my calls.csv', "'my calls.csv'"],
  ["o'clock", "'o'\\''clock'"],
  ['=ls', "'=ls'"],
  ['~root', "'~root'"],
  ['a\nb', "$'a\\012b'"],
  ["\u001b]0;it's\u0007", "$'\\033]0;it\\'s\\007'"],
  ['\u202efdp.csv', "$'\\342\\200\\256fdp.csv'"],
])('%j is quoted as %s', (word, quoted) => {
  expect(shellQuoted(word)).toBe(quoted);
});

it.each([
  ['-rf.csv', './-rf.csv'],
  ['-x y', "'./-x y'"],
  ['-', '-'],
  ['a-b', 'a-b'],
])('the name %j of a file is no option of a command', (name, quoted) => {
  expect(fileQuoted(name)).toBe(quoted);
});
