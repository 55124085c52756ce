import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { FilePart, InputIo } from './options.js';
import { unreadable } from './trouble.js';
import { type Block, unpack } from './unpack.js';

/** Bytes that are looked at before anything is decided about a file. */
const headBytes = 256 * 1024;
/** Rows of a block live together; small blocks keep them in the young generation. */
const blockBytes = 32 * 1024;

/** A file or standard input, opened and unpacked. */
export interface Source {
  readonly file: string;
  /** Bytes as stored; absent for a stream. */
  readonly size?: number;
  /** A regular file that is not packed: offsets mean something, and somebody may still be writing it. */
  readonly plain: boolean;
  /** Whether `blocks` may be called more than once. */
  readonly again: boolean;
  /** The first bytes, unpacked: 256 KiB, or all there are. */
  readonly head: Buffer;
  /** Whether `head` is all there is. */
  readonly whole: boolean;
  /** Unpacked bytes in order, of a stretch (plain files only). Throws UserError when reading fails. */
  readonly blocks: (part?: Pick<FilePart, 'offset' | 'end'>) => AsyncGenerator<Block>;
}

/** Opens `file` ('-' is standard input), whatever it is packed in. Throws UserError: missing, a folder, not readable, broken packing. */
export async function openSource(file: string, io: InputIo): Promise<Source> {
  if (file === '-') return ofStream(file, io.stdin, io);
  const path = resolve(io.cwd, file);
  const stats = await statOf(file, path);
  if (!stats.isFile()) return ofStream(file, createReadStream(path), io);
  const raw = (start = 0, end = Number.POSITIVE_INFINITY) =>
    chunksOf(file, createReadStream(path, { start, end: end - 1, highWaterMark: blockBytes }), io);
  const first = await unpack(file, raw());
  const head = await headOf(first.blocks);
  await first.blocks.return(undefined);
  const plain = first.packing === undefined;
  async function* blocks(part?: Pick<FilePart, 'offset' | 'end'>): AsyncGenerator<Block> {
    yield* plain
      ? counted(raw(part?.offset, part?.end), part?.offset ?? 0)
      : (await unpack(file, raw())).blocks;
  }
  return { file, size: stats.size, plain, again: true, ...bound(head), blocks };
}

async function statOf(file: string, path: string): Promise<Stats> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    return stats;
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function ofStream(file: string, stream: Readable, io: InputIo): Promise<Source> {
  const { blocks: rest } = await unpack(file, chunksOf(file, stream, io));
  const head = await headOf(rest);
  async function* blocks(): AsyncGenerator<Block> {
    yield { bytes: head.bytes, stored: head.stored };
    yield* rest;
  }
  return { file, plain: false, again: false, ...bound(head), blocks };
}

interface Head {
  readonly bytes: Buffer;
  readonly stored: number;
  readonly ended: boolean;
}

/** Takes blocks until there are enough for a first look. */
async function headOf(blocks: AsyncGenerator<Block>): Promise<Head> {
  const taken: Buffer[] = [];
  let length = 0;
  let stored = 0;
  while (length < headBytes) {
    const next = await blocks.next();
    if (next.done === true) return { bytes: Buffer.concat(taken), stored, ended: true };
    taken.push(next.value.bytes);
    length += next.value.bytes.length;
    stored = next.value.stored;
  }
  return { bytes: Buffer.concat(taken), stored, ended: false };
}

function bound(head: Head): Pick<Source, 'head' | 'whole'> {
  return { head: head.bytes.subarray(0, headBytes), whole: head.ended };
}

async function* counted(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Block> {
  let stored = offset;
  for await (const bytes of chunks) {
    stored += bytes.length;
    yield { bytes, stored };
  }
}

/** The chunks of a stream; ends where the signal aborts, fails with a UserError. */
async function* chunksOf(file: string, stream: Readable, io: InputIo): AsyncGenerator<Buffer> {
  if (io.signal !== undefined) addAbortSignal(io.signal, stream);
  try {
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (error) {
    if (io.signal?.aborted !== true) throw unreadable(file, error);
  }
}
