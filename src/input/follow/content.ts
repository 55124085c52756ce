// Whether a file holds the content of a fingerprint, compressed or not.

import { open } from 'node:fs/promises';
import { contentOf, type Fingerprint, fileId, fingerprintOf, fingerprintThrough } from './fingerprint.js';
import { absent, isCompressedName, type Listed } from './glob.js';

/**
 * Whether a file begins with the content of a fingerprint, compressed or not; undefined where another file has its name by now,
 * or none.
 *
 * @throws UserError for damaged data, or a compression that this Node cannot read, and the errors of the file system
 */
export async function holds(
  file: Pick<Listed, 'path' | 'name' | 'id'>,
  { bytes, hash }: Fingerprint,
): Promise<boolean | undefined> {
  if (isCompressedName(file.name)) {
    const print = await fingerprintThrough(contentOf(file.path, file.path), bytes);
    return print?.hash === hash;
  }
  const handle = await open(file.path, 'r').catch(absent);
  if (handle === undefined) return undefined;
  try {
    if (fileId(await handle.stat({ bigint: true })) !== file.id) return undefined;
    return (await fingerprintOf(handle, bytes))?.hash === hash;
  } finally {
    await handle.close();
  }
}
