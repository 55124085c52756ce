// The signature of a link, as secure_link of nginx checks it.

import { createHash } from 'node:crypto';
import { type Parsed, Problem } from '../core/errors.js';

/** What links are signed with. */
export interface LinkKey {
  /** Which secret it is, from 1: it stands in the link as `k`, so that a secret can be replaced while old links still play. */
  readonly id: number;
  /** `A-Z a-z 0-9 _ -` only: nginx would read anything else as its own syntax. */
  readonly secret: string;
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
