// The secrets of links, and their signature as secure_link of nginx checks it.

import { createHash, randomBytes } from 'node:crypto';
import { type Parsed, Problem } from '../core/errors.js';
import { linesOf } from '../core/text.js';

/** What links are signed with. */
export interface LinkKey {
  /** Which secret it is, from 1: it stands in the link as `k`, so that a secret can be replaced while old links still play. */
  readonly id: number;
  /** `A-Z a-z 0-9 _ -` only: nginx would read anything else as its own syntax. */
  readonly secret: string;
}

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

/**
 * The expiry of a link that never expires: the last second of the year 9999. nginx answers 403 to a link without an expiry,
 * and to one whose expiry is 0 (tried with 1.22).
 */
export const neverExpires = 253_402_300_799;

/**
 * What stands behind a link so that nginx's `secure_link` module opens it, `?md5=…&expires=…&k=1`.
 *
 * @param link an http or https address
 * @param expires unix seconds
 * @returns a Problem where no server would find what the link names
 */
export function signatureOf(link: string, key: LinkKey, expires: number): Parsed<string> {
  const uri = serverPath(link);
  if (uri instanceof Problem) return uri;
  const query = `md5=${digestOf(uri, key, expires)}&expires=${expires}&k=${key.id}`;
  return `${link.includes('?') ? '&' : '?'}${query}`;
}

/** The digest that `secure_link_md5 "$secure_link_expires$uri <secret>"` compares: MD5 in base64url, without padding. */
function digestOf(uri: Buffer, { secret }: LinkKey, expires: number): string {
  return createHash('md5').update(`${expires}`).update(uri).update(` ${secret}`).digest('base64url');
}

/**
 * The path of a link as nginx has it in `$uri`, and as Apache and Node find a file by it: percent signs decoded, `//` merged,
 * dots resolved (ngx_http_parse_complex_uri).
 *
 * @returns bytes, since a name need not be UTF-8; a Problem where the server refuses the path
 */
export function serverPath(link: string): Parsed<Buffer> {
  if (link.includes('#'))
    return new Problem('has a #, and the server never sees what follows it: write it as %23');
  const [, path = '/'] = /^https?:\/\/[^/?\\]*([^?]*)/i.exec(link) ?? [];
  // A browser takes a backslash for a slash.
  const bytes = Buffer.from(path.replaceAll('\\', '/')).toString('latin1');
  if (/%(?![0-9a-f]{2})/i.test(bytes)) return new Problem('has a % that is not an escape: write it as %25');
  if (bytes.includes('%00')) return new Problem('has a NUL');
  const decoded = bytes.replace(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  const parts: string[] = [];
  const names = decoded.split('/').slice(1);
  for (const name of names) {
    if (name === '..' && parts.pop() === undefined) return new Problem('leads out of the folder with ".."');
    if (name !== '..' && name !== '.' && name !== '') parts.push(name);
  }
  const isFolder = ['', '.', '..'].includes(names.at(-1) ?? '');
  return Buffer.from(`/${parts.join('/')}${isFolder && parts.length > 0 ? '/' : ''}`, 'latin1');
}

/** A link without the signature that `signatureOf` gave it, and whether it had one. */
export function withoutSignature(link: string): { readonly link: string; readonly isSigned: boolean } {
  const [address = '', query] = link.split('?', 2);
  if (query === undefined) return { link, isSigned: false };
  const kept = query.split('&').filter((part) => !/^(?:md5|expires|k)=/.test(part));
  const isSigned = query.split('&').some((part) => part.startsWith('md5='));
  return { link: kept.length === 0 ? address : `${address}?${kept.join('&')}`, isSigned };
}
