// The file of link secrets.

import { randomBytes } from 'node:crypto';
import { type Parsed, Problem } from '../core/errors.js';
import { linesOf } from '../core/text.js';
import type { LinkKey } from './signature.js';

/** A secret that was taken out of use: its line stays, since the number of a line is the id of its key. */
const retired = '-';

/**
 * Reads a file of link secrets: one a line, `#` begins a comment. The number of the line among them is the id of its key; a
 * line that holds `-` is a key that is no longer valid.
 *
 * @returns the keys in the order of their ids, at least one; the last one signs
 */
export function parseSecrets(text: string): Parsed<readonly LinkKey[]> {
  const lines = linesOf(text)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const wrong = lines.findIndex((line) => line !== retired && !/^[A-Za-z0-9_-]+$/.test(line));
  if (wrong >= 0) return new Problem(`secret ${wrong + 1} has characters other than A-Z a-z 0-9 _ -`);
  const keys = lines.flatMap((secret, at) => (secret === retired ? [] : [{ id: at + 1, secret }]));
  return keys.length === 0 ? new Problem('holds no secret') : keys;
}

/** Characters of a secret: a shorter one can be guessed from one signed link, since MD5 is fast. */
export const shortestSecret = 20;

/** Makes a secret of 256 bits, in characters that nginx takes as they are. */
export function makeSecret(): string {
  // One that begins with "-" would look like a retired one, or like a flag in a shell.
  for (;;) {
    const secret = randomBytes(32).toString('base64url');
    if (!secret.startsWith('-')) return secret;
  }
}
