// Decompresses gzip and zstd while they stream.

import { Duplex, pipeline, Readable } from 'node:stream';
import { fileQuoted } from '../core/display.js';
import { UserError } from '../core/errors.js';
import { displayName, errorText } from './errors.js';

/** Decompressed bytes, with how many bytes as stored were read up to their end. */
export interface Block {
  readonly bytes: Buffer;
  readonly stored: number;
}

type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** How many first bytes tell the compression. */
const magicLength = 6;

/** The compression of a file by its first bytes (RFC 1952, RFC 8878; bzip2, xz); undefined where it is not compressed. */
export function compressionOf(bytes: Buffer): Compression | undefined {
  if (bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return 'gzip';
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd';
  const start = bytes.toString('latin1', 0, magicLength);
  if (/^BZh[1-9]1A$/.test(start)) return 'bzip2';
  if (start === '\xfd7zXZ\0') return 'xz';
  return undefined;
}

/**
 * Decompresses the chunks of a file as they come; chunks that are not compressed pass through.
 *
 * @returns the compression found in the first bytes, if any, and the decompressed blocks, which throw UserError for damaged data
 */
export async function decompress(
  file: string,
  chunks: AsyncGenerator<Buffer>,
): Promise<{ compression: Compression | undefined; blocks: AsyncGenerator<Block> }> {
  const first: Buffer[] = [];
  let length = 0;
  while (length < magicLength) {
    const next = await chunks.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(first);
  const compression = compressionOf(head);
  const counter = { stored: head.length };
  const stored = countStored(head, chunks, counter);
  const bytes = compression === undefined ? stored : inflate(file, stored, compression);
  return { compression, blocks: toBlocks(bytes, counter) };
}

async function* countStored(
  head: Buffer,
  rest: AsyncGenerator<Buffer>,
  counter: { stored: number },
): AsyncGenerator<Buffer> {
  try {
    yield head;
    for await (const chunk of rest) {
      counter.stored += chunk.length;
      yield chunk;
    }
  } finally {
    await rest.return(undefined);
  }
}

async function* toBlocks(bytes: AsyncIterable<Buffer>, counter: { stored: number }): AsyncGenerator<Block> {
  for await (const chunk of bytes) yield { bytes: chunk, stored: counter.stored };
}

async function* inflate(
  file: string,
  stored: AsyncGenerator<Buffer>,
  compression: Compression,
): AsyncGenerator<Buffer> {
  const stream = await decompressor(file, compression);
  // Errors of both reach the reader through the last stream of the pipeline.
  pipeline(Readable.from(stored), stream, () => undefined);
  try {
    for await (const chunk of stream) yield chunk;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${displayName(file)}: the ${compression} data is damaged: ${errorText(cause)}`, {
      hint: 'The file may be truncated: copy or export it again.',
      cause,
    });
  }
}

async function decompressor(file: string, compression: Compression): Promise<Duplex> {
  if (compression === 'bzip2' || compression === 'xz') {
    throw new UserError(
      `${displayName(file)}: is compressed with ${compression}, which amocalls cannot read`,
      {
        hint: `Decompress it: ${compression} -dc ${file === '-' ? 'calls.csv' : fileQuoted(file)} | amocalls import -`,
      },
    );
  }
  const zlib = await import('node:zlib');
  const options = { chunkSize: 32 * 1024 };
  if (compression === 'gzip') return zlib.createGunzip(options);
  // Node has zstd from 22.15 and 23.8 on.
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  const stream: unknown = typeof create === 'function' ? create(options) : undefined;
  if (stream instanceof Duplex) return stream;
  throw new UserError(
    `${displayName(file)}: is compressed with zstd, which this version of Node.js cannot read`,
    {
      hint: `Use Node.js 22.15 or later, or decompress it: zstd -dc ${file === '-' ? 'calls.csv.zst' : fileQuoted(file)} | amocalls import -`,
    },
  );
}
