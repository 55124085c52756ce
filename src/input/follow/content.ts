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
  holds,
} from './fingerprint.js';
import { fileId, type Listed } from './glob.js';

const blockBytes = 64 * 1024;
const nothing = Buffer.alloc(0);

/** Where content is: a file by its path and by its device and inode, plain or compressed. */
export interface ContentPlace extends Pick<Listed, 'path' | 'name' | 'id'> {
  readonly isCompressed: boolean;
}

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
  /** Somebody has looked whether the compressed file holds what was read. */
  #isSure = false;

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
   * Opens the file at a place: `renamed` where another file stands there, `cut` where it holds no longer what was read. Throws the
   * errors of the file system, for what is no file too, and UserError for what cannot be decompressed.
   */
  async open(place: ContentPlace): Promise<'open' | 'renamed' | 'cut'> {
    if (place.isCompressed) return (await this.#isStillIn(place)) ? 'open' : 'cut';
    if (this.#handle !== undefined) return 'open';
    const handle = await open(place.path, 'r');
    try {
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
      if (fileId(stats) !== place.id) return 'renamed';
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

  /** The first bytes of the file, which is so long. */
  async first(place: ContentPlace, size: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.between(
      place,
      0,
      place.isCompressed ? headBytes : Math.min(headBytes, size),
    )) {
      chunks.push(chunk);
      length += chunk.length;
    }
    return Buffer.concat(chunks, length);
  }

  /** The rows begin at an offset, behind the mark at the start perhaps. */
  async begin(offset: number, first: Buffer): Promise<void> {
    this.#offset = offset;
    if (this.#handle !== undefined) await this.#readEdges(this.#handle);
    else this.#head = Buffer.from(first.subarray(0, Math.min(edgeBytes, offset)));
    this.#hasEdges = true;
  }

  /** The bytes of a stretch. */
  async *between({ path, isCompressed }: ContentPlace, from: number, end: number): AsyncGenerator<Buffer> {
    if (isCompressed) {
      let left = end - from;
      for await (const chunk of contentOf(path, from)) {
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

  /**
   * Reads on, of the open file up to a size; in each block of it, the bytes before tell whether they are still those that were read:
   * where they are not, `cut` is the last that comes.
   */
  async *readOn(place: ContentPlace, size: number): AsyncGenerator<Buffer | 'cut'> {
    const all = place.isCompressed ? this.#rest(place.path) : this.#blocks(size);
    for await (const fresh of all) {
      if (fresh !== 'cut') this.#take(fresh);
      yield fresh;
    }
  }

  async *#blocks(size: number): AsyncGenerator<Buffer | 'cut'> {
    const handle = this.#handle;
    if (handle === undefined) return;
    do {
      const known = this.#tail.length;
      const length = known + Math.min(blockBytes, Math.max(0, size - this.#offset));
      const buffer = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await handle.read(buffer, 0, length, this.#offset - known);
      const isCut = !buffer.subarray(0, Math.min(known, bytesRead)).equals(this.#tail);
      if (isCut) yield 'cut';
      if (isCut || bytesRead <= known) return;
      yield buffer.subarray(known, bytesRead);
    } while (this.#offset < size);
  }

  /** What follows in the compressed file at a path. */
  async *#rest(path: string): AsyncGenerator<Buffer> {
    let known = Math.min(edgeBytes, this.#offset);
    this.#tail = nothing;
    for await (const chunk of contentOf(path, this.#offset - known)) {
      const old = chunk.subarray(0, known);
      known -= old.length;
      if (old.length > 0) this.#tail = Buffer.concat([this.#tail, old]);
      if (chunk.length > old.length) yield chunk.subarray(old.length);
    }
  }

  /** These bytes were read. */
  #take(fresh: Buffer): void {
    if (this.#head.length < edgeBytes && this.#offset === this.#head.length)
      this.#head = Buffer.concat([this.#head, fresh.subarray(0, edgeBytes - this.#head.length)]);
    const last = fresh.length >= edgeBytes ? fresh : Buffer.concat([this.#tail, fresh]);
    this.#tail = Buffer.from(last.subarray(Math.max(0, last.length - edgeBytes)));
    this.#offset += fresh.length;
  }

  /** What was read is known to stand in another file now: it is read on there. */
  async move(): Promise<void> {
    this.#isSure = true;
    await this.release();
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

  async #isStillIn(place: ContentPlace): Promise<boolean> {
    const known = this.fingerprint;
    if (this.#isSure || known === undefined) return true;
    this.#isSure = (await holds(place, known)) === 'yes';
    return this.#isSure;
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
