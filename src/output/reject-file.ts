import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import type { Encode } from './encoding.js';

/** Where rejects go: the name as the user knows it, and the absolute path. */
export interface Place {
  readonly name: string;
  readonly path: string;
}

/** A file that grows by blocks of whole lines; it is created, for its owner alone, with the first of them. */
export interface RejectFile {
  /** Adds the lines, after the header where the file is new; throws a UserError that names the file. */
  append(lines: string): Promise<void>;
  close(): Promise<void>;
}

/** A file of rejects that does not exist before the first `append`; `header` is '' or a line. */
export function rejectFile(place: Place, header: string, encode: Encode): RejectFile {
  let file: FileHandle | undefined;
  let begun = false;
  return {
    async append(lines) {
      try {
        file ??= await open(place.path, 'a', 0o600);
        const { size } = await file.stat();
        await appendWhole(file, encode(begun || size > 0 ? lines : header + lines), size);
        begun = true;
      } catch (cause) {
        throw unwritable(place, cause);
      }
    },
    async close() {
      await file?.close();
      file = undefined;
    },
  };
}

/** Appends all of the bytes or, as far as the disk lets us, none: half a line would spoil what is added later. */
async function appendWhole(file: FileHandle, bytes: Buffer, size: number): Promise<void> {
  try {
    await file.appendFile(bytes);
  } catch (error) {
    await file.truncate(size).catch(() => {});
    throw error;
  }
}

/** The failure of a file of rejects in the user's words. */
export function unwritable({ name }: Place, cause: unknown): UserError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UserError(`--rejects ${name} cannot be written: ${why}`, {
    hint: 'Make room, or name a file in a folder that you may write to; then run the same command again.',
    cause,
  });
}
