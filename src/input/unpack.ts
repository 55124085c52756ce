import { Duplex, pipeline, Readable } from 'node:stream';
import { UserError } from '../core/errors.js';
import { magicLength, type Packing, packingOf } from './magic.js';
import { nameOf } from './trouble.js';

/** Unpacked bytes, with how many stored bytes were read up to them. */
export interface Block {
  readonly bytes: Buffer;
  readonly stored: number;
}

/** The unpacked blocks of stored chunks, and what they were packed with by their first bytes. */
export async function unpack(
  file: string,
  chunks: AsyncGenerator<Buffer>,
): Promise<{ packing: Packing | undefined; blocks: AsyncGenerator<Block> }> {
  const first: Buffer[] = [];
  let length = 0;
  while (length < magicLength) {
    const next = await chunks.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const packing = packingOf(Buffer.concat(first));
  const counter = { stored: 0 };
  const stored = counting(first, chunks, counter);
  const bytes = packing === undefined ? stored : unpacked(file, stored, packing);
  return { packing, blocks: stamped(bytes, counter) };
}

async function* counting(
  first: readonly Buffer[],
  rest: AsyncGenerator<Buffer>,
  counter: { stored: number },
): AsyncGenerator<Buffer> {
  try {
    for (const chunk of first) {
      counter.stored += chunk.length;
      yield chunk;
    }
    for await (const chunk of rest) {
      counter.stored += chunk.length;
      yield chunk;
    }
  } finally {
    await rest.return(undefined);
  }
}

async function* stamped(bytes: AsyncIterable<Buffer>, counter: { stored: number }): AsyncGenerator<Block> {
  for await (const chunk of bytes) yield { bytes: chunk, stored: counter.stored };
}

async function* unpacked(
  file: string,
  stored: AsyncGenerator<Buffer>,
  packing: Packing,
): AsyncGenerator<Buffer> {
  const unpacker = await unpackerOf(file, packing);
  // Errors of both reach the reader through the last stream of the pipeline.
  pipeline(Readable.from(stored), unpacker, () => undefined);
  try {
    for await (const chunk of unpacker) yield chunk;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${nameOf(file)}: its ${packing} packing is broken: ${says}`, {
      hint: 'Copy or export the file again; perhaps it was cut on the way.',
      cause,
    });
  }
}

async function unpackerOf(file: string, packing: Packing): Promise<Duplex> {
  const zlib = await import('node:zlib');
  const options = { chunkSize: 32 * 1024 };
  if (packing === 'gzip') return zlib.createGunzip(options);
  // Node has zstd from 22.15 and 23.8 on.
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress');
  const made: unknown = typeof make === 'function' ? make(options) : undefined;
  if (made instanceof Duplex) return made;
  throw new UserError(`${nameOf(file)}: it is packed with zstd, which this Node cannot open`, {
    hint: `Use Node 22.15 or later, or unpack it: zstd -dc ${file === '-' ? 'calls.csv.zst' : file} | amocalls import -`,
  });
}
