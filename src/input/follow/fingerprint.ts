// What a file holds up to an offset, in short, compressed or not.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { decompress } from '../compression.js';
import { absent, fileId, isCompressedName, type Listed } from './glob.js';

/** What a file holds up to an offset, in short: the same content has the same wherever it is, compressed or not. */
export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

/** So many bytes at the start, and as many before the offset, make a fingerprint. */
export const edgeBytes = 4096;

/** The fingerprint of content of so many bytes, by its first and its last `edgeBytes`. */
export function fingerprint(bytes: number, head: Uint8Array, tail: Uint8Array): Fingerprint {
  const hash = createHash('sha256').update(`${bytes}\n`).update(head).update(tail);
  return { bytes, hash: hash.digest('base64url') };
}

/** The fingerprint of so many bytes of an open file; undefined where it is shorter. */
export async function fingerprintOf(handle: FileHandle, bytes: number): Promise<Fingerprint | undefined> {
  const head = await bytesAt(handle, 0, Math.min(edgeBytes, bytes));
  const tail = await bytesBefore(handle, bytes);
  return head.length + tail.length < 2 * Math.min(edgeBytes, bytes)
    ? undefined
    : fingerprint(bytes, head, tail);
}

/** The fingerprint of so many bytes of the plain file at a path; undefined where there is none, or it is shorter. */
export async function fingerprintAt(path: string, bytes: number): Promise<Fingerprint | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  try {
    return handle && (await fingerprintOf(handle, bytes));
  } finally {
    await handle?.close();
  }
}

/** The fingerprint of so many bytes of content that comes in order; undefined where there is less of it. */
async function fingerprintThrough(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<Fingerprint | undefined> {
  const edge = Math.min(edgeBytes, bytes);
  const head = Buffer.alloc(edge);
  let tail: Uint8Array = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of content) {
    const part = chunk.subarray(0, bytes - at);
    if (at < edge) head.set(part.subarray(0, edge - at), at);
    const joined = part.length >= edge ? part : Buffer.concat([tail, part]);
    tail = Buffer.from(joined.subarray(Math.max(0, joined.length - edge)));
    at += part.length;
    if (at === bytes) return fingerprint(bytes, head, tail);
  }
  return bytes === 0 ? fingerprint(0, head, tail) : undefined;
}

/** The bytes of an open file at an offset; fewer where it ends. */
export async function bytesAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}

/** The last bytes of an open file before an offset, `edgeBytes` of them at most. */
export function bytesBefore(handle: FileHandle, offset: number): Promise<Buffer> {
  const length = Math.min(edgeBytes, offset);
  return bytesAt(handle, offset - length, length);
}

/**
 * The content of a compressed file, from an offset of it on.
 *
 * @throws UserError for damaged data, or a compression that this Node cannot read
 */
export async function* contentOf(path: string, from = 0): AsyncGenerator<Buffer> {
  const { blocks } = await decompress(path, chunksOf(path));
  let at = 0;
  for await (const { bytes } of blocks) {
    const skip = Math.min(bytes.length, Math.max(0, from - at));
    at += bytes.length;
    if (skip < bytes.length) yield bytes.subarray(skip);
  }
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path)) yield Buffer.from(chunk);
}

/**
 * Whether a file begins with the content of a fingerprint, compressed or not; `gone` where another file has its name by now, or
 * none.
 *
 * @throws UserError for damaged data, or a compression that this Node cannot read, and the errors of the file system
 */
export async function holds(
  { path, name, id }: Pick<Listed, 'path' | 'name' | 'id'>,
  { bytes, hash }: Fingerprint,
): Promise<'yes' | 'no' | 'gone'> {
  const answer = (print: Fingerprint | undefined) => (print?.hash === hash ? 'yes' : 'no');
  if (isCompressedName(name)) return answer(await fingerprintThrough(contentOf(path), bytes));
  const handle = await open(path, 'r').catch(absent);
  if (handle === undefined) return 'gone';
  try {
    const isThere = fileId(await handle.stat({ bigint: true })) === id;
    return isThere ? answer(await fingerprintOf(handle, bytes)) : 'gone';
  } finally {
    await handle.close();
  }
}
