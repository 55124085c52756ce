import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { neverExpires, serverPath, signatureOf, withoutSignature } from '../../src/recordings/signature.js';
import { toolPath, whyMissing } from '../setup/tools.mjs';

const key = { id: 1, secret: 'Hq7_4PbW-x0mZk2s9dVtJ3yLrC8nEfUa' };

/** The digest by a program that is not ours, as nginx's manual computes it. */
function byOpenssl(uri: Buffer, expires: number): string {
  const input = Buffer.concat([Buffer.from(`${expires}`), uri, Buffer.from(` ${key.secret}`)]);
  return execFileSync('openssl', ['md5', '-binary'], { input }).toString('base64url');
}

describe('the path that nginx hashes', () => {
  it.each([
    ['https://h/rec/a.mp3', '/rec/a.mp3'],
    ['https://h/rec/a%20b.mp3', '/rec/a b.mp3'],
    ['https://h/rec//2024///a.mp3', '/rec/2024/a.mp3'],
    ['https://h/rec/./x/../a.mp3', '/rec/a.mp3'],
    ['https://h/rec/%2e%2e/a.mp3', '/a.mp3'],
    ['https://h/rec/%D0%96.mp3', '/rec/Ж.mp3'],
    ['https://h/rec/Ж.mp3', '/rec/Ж.mp3'],
    ['https://h/rec/a%23b%25c+d.mp3?x=1', '/rec/a#b%c+d.mp3'],
    ['https://h/rec\\a.mp3', '/rec/a.mp3'],
    ['https://h/rec/a%2Fb.mp3', '/rec/a/b.mp3'],
    ['https://h', '/'],
    ['https://h/rec/', '/rec/'],
  ])('of %s is %s', (link, path) => {
    expect(String(serverPath(link))).toBe(path);
  });

  it.each([
    ['https://h/rec/../../a.mp3', /leads out/],
    ['https://h/rec/100%.mp3', /%25/],
    ['https://h/rec/a%00.mp3', /NUL/],
    ['https://h/rec/a#b.mp3', /%23/],
  ])('of %s is none', (link, why) => {
    const found = serverPath(link);
    expect(found instanceof Problem ? found.text : found).toMatch(why);
  });
});

it('signs any path as openssl does', ({ skip }) => {
  skip(toolPath('openssl') === undefined, whyMissing('openssl'));
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 1 }),
      fc.nat(),
      (names, expires) => {
        fc.pre(
          names.every((name) => name !== '.' && name !== '..' && !name.includes('\0') && !name.includes('/')),
        );
        const link = `https://pbx.example/rec/${names.map((name) => encodeURIComponent(name.toWellFormed())).join('/')}`;
        const uri = Buffer.from(`/rec/${names.map((name) => name.toWellFormed()).join('/')}`);
        expect(signatureOf(link, key, expires)).toBe(
          `?md5=${byOpenssl(uri, expires)}&expires=${expires}&k=1`,
        );
      },
    ),
    { numRuns: 25 },
  );
});

it('goes behind a query, and is taken off again', () => {
  const link = 'https://h/rec/a.mp3?from=crm';
  const signature = signatureOf(link, key, neverExpires);
  expect(signature).toMatch(/^&md5=[\w-]{22}&expires=253402300799&k=1$/);
  expect(withoutSignature(`${link}${String(signature)}`)).toEqual({ link, isSigned: true });
  expect(withoutSignature(link)).toEqual({ link, isSigned: false });
});
