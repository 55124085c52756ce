// A file or standard input as blocks of bytes.

import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { type Block, decompress } from './compression.js';
import { readError } from './errors.js';
import type { FileHead } from './format.js';

/** What reading needs from the outside. */
export interface InputIo {
  readonly stdin: Readable;
  /** Folder that relative names start from. */
  readonly cwd: string;
  /** Takes something worth knowing about a file, with what the user may do about it. */
  readonly note: (text: string, hint?: string) => void;
  /** Ends the reading where it stands, without an error. */
  readonly signal?: AbortSignal;
  /** The time of an unattended run, in milliseconds since 1970: a later run reads what is left. Absent: a person looks. */
  readonly unattendedAt?: number;
}

/** How much of a file is looked at before anything is decided about it. */
export const headBytes = 256 * 1024;
/** Rows of a block live together; small blocks keep them in the young generation. */
const blockBytes = 32 * 1024;
/** How long after its last write a file is taken for one that is still being written, in milliseconds. */
const growingMs = 60_000;

/** A file or standard input, opened, as decompressed bytes. */
export interface ByteSource {
  readonly file: string;
  /** Bytes as stored; absent for a stream. */
  readonly size?: number;
  /** A regular file that is not compressed: offsets mean something, and somebody may still be writing it. */
  readonly isPlain: boolean;
  /** An unattended run reads a file that was written just now: it leaves a last line without an end, whatever it holds. */
  readonly isGrowing: boolean;
  /** Whether `blocks` may be called more than once. */
  readonly isRereadable: boolean;
  /** The first bytes, decompressed: 256 KiB, or all there are. */
  readonly head: FileHead;
  /** Decompressed bytes in order. Throws UserError when reading fails. */
  readonly blocks: () => AsyncIterable<Block>;
}

/** Opens `file` ('-' is standard input), compressed or not. Throws UserError: missing, a folder, not readable, damaged. */
export async function openSource(file: string, io: InputIo): Promise<ByteSource> {
  if (file === '-') return fromStream(file, io.stdin, io);
  const path = resolve(io.cwd, file);
  const stats = await statFile(file, path);
  if (!stats.isFile()) return fromStream(file, createReadStream(path), io);
  // Each reading ends where the file ended when it was opened: what was looked through before is what is sent.
  const part = { highWaterMark: blockBytes, ...(stats.size > 0 && { end: stats.size - 1 }) };
  const raw = () => chunksOf(file, createReadStream(path, part), io);
  const first = await decompress(file, raw());
  const { head } = await readHead(file, first.blocks);
  await first.blocks.return(undefined);
  const isPlain = first.compression === undefined;
  const { unattendedAt } = io;
  const isGrowing = unattendedAt !== undefined && unattendedAt - stats.mtimeMs < growingMs;
  async function* blocks(): AsyncGenerator<Block> {
    yield* (await decompress(file, raw())).blocks;
  }
  return { file, size: stats.size, isPlain, isGrowing, isRereadable: true, head, blocks };
}

async function statFile(file: string, path: string): Promise<Stats> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    return stats;
  } catch (error) {
    throw readError(file, error);
  }
}

async function fromStream(file: string, stream: Readable, io: InputIo): Promise<ByteSource> {
  const { blocks: rest } = await decompress(file, chunksOf(file, stream, io));
  const { head, read } = await readHead(file, rest);
  const blocks = () => prepend([read], rest);
  return { file, isPlain: false, isGrowing: false, isRereadable: false, head, blocks };
}

/** Reads blocks until there are enough bytes for the head; gives all that was read as one block, too. */
async function readHead(
  file: string,
  blocks: AsyncGenerator<Block>,
): Promise<{ readonly head: FileHead; readonly read: Block }> {
  const blocksRead: Buffer[] = [];
  let length = 0;
  let stored = 0;
  let isAll = false;
  while (length < headBytes) {
    const next = await blocks.next();
    if (next.done === true) {
      isAll = true;
      break;
    }
    blocksRead.push(next.value.bytes);
    length += next.value.bytes.length;
    stored = next.value.stored;
  }
  const bytes = Buffer.concat(blocksRead);
  return { head: { file, bytes: bytes.subarray(0, headBytes), isAll }, read: { bytes, stored } };
}

/** The chunks of a stream; ends where the signal aborts, fails with a UserError. */
export async function* chunksOf(
  file: string,
  stream: Readable,
  io: Pick<InputIo, 'signal'>,
): AsyncGenerator<Buffer> {
  if (io.signal !== undefined) addAbortSignal(io.signal, stream);
  try {
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (error) {
    if (io.signal?.aborted !== true) throw readError(file, error);
  }
}

/**
 * Puts back what was taken from a generator: first the items, then its rest. `return` ends the generator, also where
 * nothing was read of it yet, so that its source is closed.
 */
export function prepend<T>(items: readonly T[], rest: AsyncGenerator<T>): AsyncIterableIterator<T> {
  const left = [...items];
  return {
    async next() {
      const item = left.shift();
      return item === undefined ? rest.next() : { done: false, value: item };
    },
    async return() {
      left.length = 0;
      return rest.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
