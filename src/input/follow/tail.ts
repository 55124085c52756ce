import { type FileHandle, open } from 'node:fs/promises';
import type { Batch, FileSource, Row, RowPlace } from '../../core/row.js';
import { closingOnError, fileId, fingerprintAt, fingerprintOf } from '../file-identity.js';
import type { LineReader } from '../lines.js';
import { type FilePart, headBytes } from '../source.js';
import { detectGrowing, type SharedColumns } from './format.js';
import { type FollowIo, times } from './io.js';
import { rotatedFiles } from './rotation.js';

const blockBytes = 64 * 1024;
/** So many bytes before the place that was reached tell whether they are still the ones that were read. */
const anchorBytes = 256;

/** What all files that come under one name are read with. */
export interface TailContext extends Pick<FollowIo, 'note' | 'warn' | 'now' | 'checkpoint'> {
  /** The name, absolute. */
  readonly path: string;
  /** The same for messages. */
  readonly name: string;
  /** Whether the name is one of those that a pattern stands for: then batches say which. */
  readonly isMatch: boolean;
  readonly shared: SharedColumns;
  /** Counts the files. */
  readonly nextOrder: () => number;
}

/** A file to open: its path, the name for messages, and what of it is to be read. */
export interface TailStart {
  readonly path: string;
  readonly name: string;
  readonly parts?: readonly FilePart[];
}

interface State {
  readonly size: number;
  readonly mtimeNs: bigint;
}

/** One file on the disk, read by its descriptor: up to what is written now, and on when more is. */
export class Tail {
  readonly source: FileSource;
  /** When its last write was noticed, by our clock, in milliseconds. */
  changedAt: number;
  /** It was cut or written anew: what was read is no longer in it. */
  isTruncated = false;
  /** The last attempt to read it failed. */
  hasFailed = false;
  /** It is a copy that nobody writes. */
  isCopy = false;
  readonly #context: TailContext;
  readonly #path: string;
  #parts: readonly FilePart[];
  #handle: FileHandle | undefined;
  #openedNs = 0n;
  #seen: State | undefined;
  /** The state in which it was last read. */
  #tried: State | undefined;
  #offset = 0;
  #anchor: Buffer = Buffer.alloc(0);
  #reader: LineReader | undefined;
  #adapt: (rows: readonly Row[]) => readonly Row[] = (rows) => rows;

  private constructor(start: TailStart, context: TailContext, id: string) {
    this.#context = context;
    this.#path = start.path;
    this.#parts = start.parts ?? [{ offset: 0, line: 1 }];
    this.changedAt = context.now();
    const fingerprint = (bytes: number) => this.#fingerprint(bytes);
    this.source = { file: start.name, id, order: context.nextOrder(), fingerprint };
  }

  /** Opens a file. Throws the error of the file system; EISDIR for what is no regular file. */
  static async open(start: TailStart, context: TailContext): Promise<Tail> {
    const handle = await open(start.path, 'r');
    return closingOnError(handle, async () => {
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
      const tail = new Tail(start, context, fileId(stats));
      tail.#handle = handle;
      tail.#openedNs = stats.mtimeNs;
      // Until it is read, what it begins with tells whether it is still the same.
      tail.#offset = Math.min(anchorBytes, Number(stats.size));
      tail.#anchor = await bytesBefore(handle, tail.#offset);
      tail.changedAt = Math.min(tail.changedAt, Number(stats.mtimeMs));
      return tail;
    });
  }

  get id(): string {
    return this.source.id;
  }

  /** Its last write that was seen before it was truncated, as the file system has it. */
  get mtimeNs(): bigint {
    return this.#seen?.mtimeNs ?? this.#openedNs;
  }

  /** Whether its first rows were recognised. */
  get isStarted(): boolean {
    return this.#reader !== undefined;
  }

  /** How many of its bytes are known. */
  get offset(): number {
    return this.#offset;
  }

  /** Where the next row starts; undefined while its first rows are not there. */
  get place(): RowPlace | undefined {
    if (this.#reader === undefined) return undefined;
    const { index, line } = this.#reader.position;
    return this.#placed({ offset: index, line });
  }

  /** What has to be read of it later: from the first row on that was not read yet. */
  get rest(): readonly FilePart[] {
    if (this.#reader === undefined) return this.#parts;
    const { index, line } = this.#reader.position;
    return [{ offset: index, line }];
  }

  /**
   * Reads what is written now; less where it `isTruncated`. Throws UserError for what cannot be followed, once for each
   * state of the file, and the errors of the file system.
   */
  async *read(): AsyncGenerator<Batch> {
    const now = await this.look();
    if (now === undefined || this.isTruncated || this.#handle === undefined) return;
    if (now === this.#tried && (this.#reader === undefined || now.size <= this.#offset)) {
      yield* this.#flush();
      return;
    }
    this.#tried = now;
    if (this.#reader === undefined) {
      if (await this.isReplaced()) return;
      yield* this.#start(this.#handle);
    }
    if (this.#reader !== undefined)
      yield* this.#readTo(now.size, { handle: this.#handle, reader: this.#reader });
  }

  /** Looks whether the file has changed, without reading it; gives its state, the same value while it is the same. */
  async look(): Promise<State | undefined> {
    const stats = await this.#handle?.stat({ bigint: true });
    if (stats === undefined) return undefined;
    const seen = this.#seen;
    const now = { size: Number(stats.size), mtimeNs: stats.mtimeNs };
    if (seen?.size === now.size && seen.mtimeNs === now.mtimeNs) return seen;
    if (seen !== undefined) {
      this.changedAt = this.#context.now();
      // A file that is empty again had perhaps something in between.
      this.isTruncated = now.size < Math.max(seen.size, this.#offset) || now.size === 0;
    }
    if (!this.isTruncated) this.#seen = now;
    return now;
  }

  /** Reads a last line without an end: nobody will write on. */
  async *finish(): AsyncGenerator<Batch> {
    const batch = await this.#reader?.end();
    if (batch !== undefined) yield this.#batch(batch);
  }

  /** After an error of the file system: opens the file anew, if it is still the same one. */
  async reopen(): Promise<void> {
    const handle = await open(this.#path, 'r').catch(() => undefined);
    if (handle === undefined) return;
    const stats = await closingOnError(handle, () => handle.stat({ bigint: true }));
    const isSame = fileId(stats) === this.id;
    await (isSame ? this.#handle : handle)?.close().catch(() => undefined);
    if (isSame) this.#handle = handle;
  }

  /** Goes on where the reading of another file stopped that begins in the same way. */
  continue(other: Tail): void {
    this.#parts = other.rest;
  }

  /** Whether another file begins with all that was read of this one. */
  async isIn(other: Tail): Promise<boolean> {
    if (this.#anchor.length === 0 || other.#handle === undefined) return false;
    return this.#anchor.equals(await bytesBefore(other.#handle, this.#offset));
  }

  /** Whether another file is a copy of this one, made since it was read. */
  async contains(other: Tail): Promise<boolean> {
    if (this.#handle === undefined || other.#handle === undefined) return false;
    const { size } = await other.#handle.stat();
    if (size === 0 || size < this.#offset) return false;
    return (await bytesBefore(other.#handle, size)).equals(await bytesBefore(this.#handle, size));
  }

  /** Whether what was read is no longer in it. */
  async isReplaced(): Promise<boolean> {
    await this.look();
    if (this.#handle === undefined || this.isTruncated) return this.isTruncated;
    this.isTruncated = !this.#anchor.equals(await bytesBefore(this.#handle, this.#offset));
    return this.isTruncated;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Recognises the file and gets ready to read from where it is to be read; reads the parts before that. */
  async *#start(handle: FileHandle): AsyncGenerator<Batch> {
    const { shared, warn } = this.#context;
    const { file } = this.source;
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    const start = { head: head.subarray(0, bytesRead), isAll: false };
    const format = await detectGrowing(file, start, shared.options(), { note: shared.note, warn });
    if (format === undefined) return;
    this.#adapt = shared.adopt(format);
    for (const { offset, line, end } of this.#parts) {
      const index = Math.max(offset, format.bom);
      this.#offset = index;
      this.#anchor = await bytesBefore(handle, index);
      const reader = format.reader({ start: { index, line }, hasOffsets: true });
      if (end === undefined) this.#reader = reader;
      else {
        yield* this.#readTo(end, { handle, reader });
        const batch = await reader.end();
        if (batch !== undefined) yield this.#batch(batch);
      }
    }
  }

  async *#readTo(
    end: number,
    { handle, reader }: { readonly handle: FileHandle; readonly reader: LineReader },
  ): AsyncGenerator<Batch> {
    do {
      const known = this.#anchor.length;
      const buffer = Buffer.allocUnsafeSlow(known + Math.min(blockBytes, Math.max(0, end - this.#offset)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#offset - known);
      if (!buffer.subarray(0, Math.min(known, bytesRead)).equals(this.#anchor)) {
        this.isTruncated = true;
        return;
      }
      const fresh = buffer.subarray(known, bytesRead);
      if (fresh.length === 0) return;
      this.#offset += fresh.length;
      this.#anchor = Buffer.from(buffer.subarray(Math.max(0, bytesRead - anchorBytes), bytesRead));
      const batch = await reader.push(fresh, this.#offset);
      if (batch !== undefined) yield this.#batch(batch);
    } while (this.#offset < end);
  }

  async *#flush(): AsyncGenerator<Batch> {
    if (this.#context.now() - this.changedAt < times.quote) return;
    const batch = await this.#reader?.flush();
    if (batch !== undefined) yield this.#batch(batch);
  }

  #batch(batch: Batch): Batch {
    const { isMatch, name } = this.#context;
    return {
      ...batch,
      rows: this.#adapt(batch.rows),
      ...(isMatch ? { file: name } : {}),
      ...(batch.next === undefined ? {} : { next: this.#placed(batch.next) }),
    };
  }

  #placed(place: RowPlace): RowPlace {
    return { ...place, source: this.source };
  }

  async #fingerprint(bytes: number): Promise<string | undefined> {
    if (this.isTruncated) return undefined;
    const own = this.#handle && (await ownFingerprint(this.#handle, bytes).catch(() => undefined));
    if (own !== undefined) return own;
    // It was closed, perhaps just now: the run is ending, or it was quiet for long.
    for (const path of [
      this.#path,
      this.#context.path,
      ...(await rotatedFiles(this.#context.path)).map((one) => one.path),
    ]) {
      const fingerprint = await fingerprintAt(path, bytes, this.id);
      if (fingerprint !== undefined) return fingerprint;
    }
    return undefined;
  }
}

async function ownFingerprint(handle: FileHandle, bytes: number): Promise<string | undefined> {
  return (await handle.stat()).size < bytes ? undefined : fingerprintOf(handle, bytes);
}

/** The bytes of a file before an offset, few of them. */
async function bytesBefore(handle: FileHandle, offset: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.min(anchorBytes, offset));
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset - bytes.length);
  return bytes.subarray(0, bytesRead);
}
