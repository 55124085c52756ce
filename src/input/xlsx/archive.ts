// The parts of a ZIP archive: checksums, limits against bombs.

import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, openPromise } from 'yauzl';
import { UserError } from '../../core/errors.js';
import { displayName, errorText } from '../errors.js';

/** What an inflated part may be at most: a sheet of a million rows has about one GiB. */
const limits = { entries: 10_000, bytes: 4 * 1024 ** 3, freeBytes: 64 * 1024 ** 2, ratio: 400 };

/** The parts of a ZIP archive. Names are compared without case and leading slash, as OPC (ECMA-376, part 2) wants it. */
export interface Archive {
  readonly has: (name: string) => boolean;
  /** The size of a part, inflated; 0 for one that is not there. */
  readonly sizeOf: (name: string) => number;
  /** The inflated bytes of a part, in order. Throws UserError: not there, damaged, encrypted, a bomb. */
  readonly read: (name: string) => AsyncGenerator<Buffer>;
  readonly close: () => void;
}

/**
 * Opens a ZIP archive. Throws UserError where it is damaged.
 *
 * @param file its name for messages
 * @param place its path, or all its bytes
 */
export async function openArchive(file: string, place: string | Buffer): Promise<Archive> {
  const options = { lazyEntries: true, autoClose: false };
  try {
    const zip = await (typeof place === 'string'
      ? openPromise(place, options)
      : fromBufferPromise(place, options));
    // What fails is heard where it is read.
    zip.on('error', () => undefined);
    try {
      const entries = new Map<string, Entry>();
      if (zip.entryCount > limits.entries) throw new Error(`it has ${zip.entryCount} parts`);
      for await (const entry of zip.eachEntry()) {
        const key = keyOf(entry.fileName);
        if (!entries.has(key)) entries.set(key, entry);
      }
      const open = (entry: Entry) => zip.openReadStreamPromise(entry);
      return {
        has: (name) => entries.has(keyOf(name)),
        sizeOf: (name) => entries.get(keyOf(name))?.uncompressedSize ?? 0,
        read: (name) => readEntry(file, name, entries.get(keyOf(name)), open),
        close: () => zip.close(),
      };
    } catch (error) {
      zip.close();
      throw error;
    }
  } catch (error) {
    throw damaged(file, error);
  }
}

function keyOf(name: string): string {
  return name.replace(/^\/+/, '').toLowerCase();
}

async function* readEntry(
  file: string,
  name: string,
  entry: Entry | undefined,
  open: (entry: Entry) => Promise<Readable>,
): AsyncGenerator<Buffer> {
  if (entry === undefined) throw damaged(file, new Error(`its part ${name} is missing`));
  if (entry.isEncrypted())
    throw new UserError(`${displayName(file)}: the workbook is encrypted`, {
      hint: 'Save it without a password, and import that file.',
    });
  const { compressedSize, uncompressedSize } = entry;
  const isBomb =
    uncompressedSize > limits.bytes ||
    (uncompressedSize > limits.freeBytes && uncompressedSize > compressedSize * limits.ratio);
  if (isBomb)
    throw new UserError(
      `${displayName(file)}: its part ${name} would grow from ${Math.ceil(compressedSize / 1024)} KiB to ${Math.ceil(uncompressedSize / 1024 ** 2)} MiB when it is decompressed`,
      { hint: 'No table of calls looks like that; the file may be an attack. Export the calls as CSV.' },
    );
  let stream: Readable | undefined;
  let sum = 0;
  try {
    stream = await open(entry);
    for await (const chunk of stream) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      sum = crc32(bytes, sum);
      yield bytes;
    }
    if (sum !== entry.crc32) throw new Error(`the checksum of its part ${name} is wrong`);
  } catch (error) {
    throw damaged(file, error);
  } finally {
    stream?.destroy();
  }
}

/** The UserError for a workbook that cannot be read; one that is a UserError already stays as it is. */
export function damaged(file: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  const reason = errorText(cause).replace(/\s+/g, ' ').slice(0, 200);
  return new UserError(`${displayName(file)}: the workbook is damaged: ${reason}`, {
    hint: 'The file may be truncated: copy or export it again, or export it as CSV.',
    cause,
  });
}
