// The bytes of one file, plain or compressed: what was read of them, and whether it still stands there.

import { type FileHandle, open } from 'node:fs/promises';
import { headBytes } from '../source.js';
import {
  bytesAt,
  bytesBefore,
  contentOf,
  edgeBytes,
  type Fingerprint,
  fingerprint,
  fingerprintOf,
} from './fingerprint.js';
import { fileId } from './glob.js';

const blockBytes = 64 * 1024;
const nothing = Buffer.alloc(0);

/** The bytes of one file. A plain one is open while it is read; a compressed one is read through each time. */
export class Content {
  #handle: FileHandle | undefined;
  /** So many bytes were read; the first and the last of them, while that is known. */
  #offset: number;
  #head: Buffer = nothing;
  #tail: Buffer = nothing;
  /** Of what was read, while its edges are not at hand. */
  #known: Fingerprint | undefined;
  #hasEdges = false;

  /** @param known the fingerprint of what earlier runs read, of which so many bytes are read again */
  constructor(bytesRead: number, known: Fingerprint | undefined) {
    this.#offset = bytesRead;
    this.#known = known;
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  get bytesRead(): number {
    return this.#offset;
  }

  /** What was read, in short; undefined where nobody knows. */
  get fingerprint(): Fingerprint | undefined {
    return this.#hasEdges ? fingerprint(this.#offset, this.#head, this.#tail) : this.#known;
  }

  /**
   * Opens the plain file at a path, by its device and inode: `renamed` where another file stands there, `cut` where it holds
   * no longer what was read. Throws the errors of the file system, for what is no file too.
   */
  async open(path: string, id: string): Promise<'open' | 'renamed' | 'cut'> {
    if (this.#handle !== undefined) return 'open';
    const handle = await open(path, 'r');
    try {
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
      if (fileId(stats) !== id) return 'renamed';
      if (!this.#hasEdges) {
        if (!(await this.#isIn(handle, Number(stats.size)))) return 'cut';
        await this.#readEdges(handle);
      }
      this.#handle = handle;
      return 'open';
    } finally {
      if (this.#handle !== handle) await handle.close();
    }
  }

  /** How long the open file is now, and when it was last written. */
  async stat(): Promise<{ readonly size: number; readonly mtimeNs: bigint } | undefined> {
    const stats = await this.#handle?.stat({ bigint: true });
    return stats && { size: Number(stats.size), mtimeNs: stats.mtimeNs };
  }

  /** Whether the last bytes that were read still stand in the open file. */
  async isUnchanged(): Promise<boolean> {
    return this.#handle === undefined || (await bytesBefore(this.#handle, this.#offset)).equals(this.#tail);
  }

  /** The first bytes of the open file, which is so long, or of the compressed one at a path. */
  async first(size: number, compressed: string | undefined): Promise<Buffer> {
    if (this.#handle !== undefined) return bytesAt(this.#handle, 0, Math.min(headBytes, size));
    if (compressed === undefined) return nothing;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of contentOf(compressed)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= headBytes) break;
    }
    return Buffer.concat(chunks).subarray(0, headBytes);
  }

  /** The rows begin at an offset, behind the mark at the start perhaps. */
  async begin(offset: number, first: Buffer): Promise<void> {
    this.#offset = offset;
    if (this.#handle !== undefined) await this.#readEdges(this.#handle);
    else this.#head = Buffer.from(first.subarray(0, Math.min(edgeBytes, offset)));
    this.#hasEdges = true;
  }

  /** The bytes of a stretch, of the open file or the compressed one at a path. */
  async *between(from: number, end: number, compressed: string | undefined): AsyncGenerator<Buffer> {
    if (compressed !== undefined) {
      let left = end - from;
      for await (const chunk of contentOf(compressed, from)) {
        yield chunk.subarray(0, left);
        left -= chunk.length;
        if (left <= 0) return;
      }
    }
    for (let at = from; at < end && this.#handle !== undefined; ) {
      const bytes = await bytesAt(this.#handle, at, Math.min(blockBytes, end - at));
      if (bytes.length === 0) return;
      yield bytes;
      at += bytes.length;
    }
  }

  /** What follows in the open file up to a size; `cut` where the bytes before are not those that were read. */
  async next(size: number): Promise<Buffer | 'cut' | undefined> {
    if (this.#handle === undefined) return undefined;
    const known = this.#tail.length;
    const length = known + Math.min(blockBytes, Math.max(0, size - this.#offset));
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, this.#offset - known);
    if (!buffer.subarray(0, Math.min(known, bytesRead)).equals(this.#tail)) return 'cut';
    return bytesRead > known ? buffer.subarray(known, bytesRead) : undefined;
  }

  /** What follows in the compressed file at a path. */
  async *rest(compressed: string): AsyncGenerator<Buffer> {
    let known = Math.min(edgeBytes, this.#offset);
    this.#tail = nothing;
    for await (const chunk of contentOf(compressed, this.#offset - known)) {
      const old = chunk.subarray(0, known);
      known -= old.length;
      if (old.length > 0) this.#tail = Buffer.concat([this.#tail, old]);
      if (chunk.length > old.length) yield chunk.subarray(old.length);
    }
  }

  /** These bytes were read. */
  take(fresh: Buffer): void {
    if (this.#head.length < edgeBytes && this.#offset === this.#head.length)
      this.#head = Buffer.concat([this.#head, fresh.subarray(0, edgeBytes - this.#head.length)]);
    const last = fresh.length >= edgeBytes ? fresh : Buffer.concat([this.#tail, fresh]);
    this.#tail = Buffer.from(last.subarray(Math.max(0, last.length - edgeBytes)));
    this.#offset += fresh.length;
  }

  /** Lets the file go: it is read on by its edges, wherever it is then. */
  async release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  /** Lets the file go, and keeps little: it is read on from an offset. */
  async close(offset: number): Promise<void> {
    this.#known = this.fingerprint;
    this.#offset = offset;
    this.#hasEdges = false;
    this.#head = nothing;
    this.#tail = nothing;
    await this.release();
  }

  async #isIn(handle: FileHandle, size: number): Promise<boolean> {
    if (this.#known === undefined) return size >= this.#offset;
    return (await fingerprintOf(handle, this.#known.bytes))?.hash === this.#known.hash;
  }

  async #readEdges(handle: FileHandle): Promise<void> {
    this.#head = await bytesAt(handle, 0, Math.min(edgeBytes, this.#offset));
    this.#tail = await bytesBefore(handle, this.#offset);
  }
}
