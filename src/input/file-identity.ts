import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';

/** What tells whether a file is the one that was read before, and still begins with the same bytes. */
export interface FileIdentity {
  /** Device and inode: stays when the file is moved, changes when another takes its name. */
  readonly file: string;
  /** A fingerprint of so many bytes from the start; undefined where the file is shorter. */
  readonly fingerprint: (bytes: number) => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

const blockSize = 4096;
/** Blocks that are looked at, spread evenly: a file of any size costs the same. */
const blocks = 32;

/** Looks at a file; undefined for what is no plain file (standard input, a pipe) or is not there. */
export async function identify(file: string, cwd: string): Promise<FileIdentity | undefined> {
  if (file === '-') return undefined;
  const full = path.resolve(cwd, file);
  // Opening a named pipe waits for its writer, and closing it again leaves the writer without a reader.
  const found = await stat(full).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  const handle = await open(full).catch(() => undefined);
  if (handle === undefined) return undefined;
  const stats = await closingOnError(handle, () => handle.stat({ bigint: true }));
  if (!stats.isFile()) {
    await handle.close();
    return undefined;
  }
  const size = Number(stats.size);
  return {
    file: fileId(stats),
    fingerprint: async (bytes) => (bytes > size ? undefined : fingerprintOf(handle, bytes)),
    close: () => handle.close(),
  };
}

/** The fingerprint of so many bytes of the file at an absolute path; undefined where it is shorter, another file, or not there. */
export async function fingerprintAt(file: string, bytes: number, id?: string): Promise<string | undefined> {
  const identity = await identify(file, '/');
  if (identity === undefined) return undefined;
  try {
    return id === undefined || identity.file === id ? await identity.fingerprint(bytes) : undefined;
  } finally {
    await identity.close();
  }
}

/** Does something with an opened file; closes it where that fails, and throws the error on. */
export async function closingOnError<T>(
  opened: { readonly close: () => Promise<void> },
  use: () => Promise<T>,
): Promise<T> {
  try {
    return await use();
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Device and inode of a file. */
export function fileId({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** The fingerprint of so many bytes from the start of an open file, which has as many. */
export async function fingerprintOf(handle: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256').update(String(bytes));
  const buffer = Buffer.alloc(blockSize);
  const last = Math.max(0, bytes - blockSize);
  for (let block = 0; block < blocks; block++) {
    const at = Math.floor((last * block) / (blocks - 1));
    const { bytesRead } = await handle.read(buffer, 0, Math.min(blockSize, bytes - at), at);
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest('hex');
}
