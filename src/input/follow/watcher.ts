// Reads one file, whatever its name is by now.

import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { Batch, FirstSeen, Row, RowPlace } from '../../core/row.js';
import type { LineReader } from '../lines.js';
import { headBytes } from '../source.js';
import { type Attention, type Checkpoint, type FileState, fileStart, hasMore } from './checkpoint.js';
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
import { seenSince, seenUpTo } from './first-seen.js';
import { type FoundAs, fileId, isCompressedName, type Listed } from './glob.js';
import { type GrowingFormat, recogniseGrowing, refused } from './growing-format.js';
import { type FollowIo, times } from './io.js';
import type { SharedColumns } from './shared-columns.js';

const blockBytes = 64 * 1024;
const nothing = Buffer.alloc(0);
const unchanged = (rows: readonly Row[]) => rows;

/** What all watchers of a table are read with. */
export interface WatcherContext extends Pick<FollowIo, 'note' | 'warn' | 'now' | 'settleMs'> {
  readonly shared: SharedColumns;
  /** Somebody wrote no more to a file that is read once and for all: its last line is taken without its end. */
  readonly openEnd: 'read' | 'leave-cut';
  /** Whether earlier runs have read files of these names: rows of calls that they sent may be missing here. */
  readonly isEntered: boolean;
}

/** Thousands of files have the same header. */
function withoutHeader({ header: _, ...checkpoint }: Checkpoint): Checkpoint {
  return checkpoint;
}

/**
 * Reads one file, whatever its name is by now: it has an open descriptor, a place up to which it was read, a parser of its
 * own and a fingerprint. Renamed, it is read on; copied or compressed, its content is read on there (`moveTo`).
 */
export class Watcher {
  readonly as: FoundAs;
  /** Where in the folder it is, and how it was when it was last looked at. */
  name: string;
  id: string;
  size: number;
  mtimeNs: bigint;
  /** Its last write when the folder was last looked at as a whole: what was rotated away since is not older. */
  sinceNs: bigint;
  /** When its last write was noticed, by our clock. */
  changedAt: number;
  /** There is something to find out: it was never read, or is not as it was. */
  isPending = true;
  /** It was cut or written anew: what was read is no longer in it. */
  isCut = false;
  /** Since when it was found nowhere, by our clock. */
  goneAt: number | undefined;
  /** What an earlier run knew of it, until it is read. */
  checkpoint: Checkpoint | undefined;
  readonly #context: WatcherContext;
  #isCompressed: boolean;
  /** Somebody has looked whether the compressed file holds what was read. */
  #isSure = false;
  #handle: FileHandle | undefined;
  #format: Pick<GrowingFormat, 'bom' | 'reader'> | undefined;
  #reader: LineReader | undefined;
  #adapt: (rows: readonly Row[]) => readonly Row[] = unchanged;
  /** Where to read on; while there is a reader, it knows better. */
  #place: RowPlace;
  /** Rows before that place which are to be read once more. */
  #again: readonly Attention[];
  /** So many bytes were given to the reader; the first and the last of them. */
  #offset: number;
  #head: Buffer = nothing;
  #tail: Buffer = nothing;
  /** While it is closed. */
  #fingerprint: Fingerprint | undefined;
  #hasRows: boolean;
  #readAt: number;
  #seen: FirstSeen;
  /** Nobody has looked at it before: its rows were written at any time. */
  #isFirstPass: boolean;
  #lastLine = 1;
  #isFinished = false;

  constructor(as: FoundAs, file: Listed, context: WatcherContext, checkpoint?: Checkpoint) {
    this.as = as;
    this.#context = context;
    this.checkpoint = checkpoint !== undefined && hasMore(checkpoint) ? withoutHeader(checkpoint) : undefined;
    this.name = file.name;
    this.id = file.id;
    this.size = file.size;
    this.mtimeNs = file.mtimeNs;
    this.sinceNs = checkpoint?.sinceNs ?? file.mtimeNs;
    this.changedAt = Math.min(context.now(), Number(file.mtimeNs / 1_000_000n));
    this.#isCompressed = isCompressedName(file.name);
    const isWhole = checkpoint?.isWhole === true;
    this.#place = isWhole ? fileStart : (checkpoint?.doneTo ?? fileStart);
    this.#offset = this.#place.offset;
    this.#again = isWhole ? [] : (checkpoint?.attention ?? []);
    this.#fingerprint = checkpoint?.fingerprint;
    this.#hasRows = checkpoint?.fingerprint !== undefined;
    this.#readAt = checkpoint?.readAt ?? 0;
    this.#seen = checkpoint === undefined ? [] : [[checkpoint.readTo.line, 0]];
    if (checkpoint !== undefined && checkpoint.seen.length > 0) this.#seen = checkpoint.seen;
    this.#isFirstPass = checkpoint === undefined;
  }

  /** Absolute. */
  get path(): string {
    return path.join(this.as.folder, this.name);
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  get isCompressed(): boolean {
    return this.#isCompressed;
  }

  /** Whether its columns are known. */
  get isStarted(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether rows wait for the end of a quoted text, which may be a stray quote. */
  get isHolding(): boolean {
    return this.#reader?.isHolding === true;
  }

  /** Where the next row starts. */
  get place(): RowPlace {
    if (this.#reader === undefined) return this.#place;
    const { index, line } = this.#reader.position;
    return { offset: index, line };
  }

  /** What was read of it so far, in short; undefined where that was no row yet. */
  get fingerprint(): Fingerprint | undefined {
    if (!this.#hasRows) return undefined;
    return this.#reader === undefined ? this.#fingerprint : fingerprint(this.#offset, this.#head, this.#tail);
  }

  /** Whether nobody has looked at it before. */
  get isUnread(): boolean {
    return this.#isFirstPass;
  }

  /** Rows before that place which are read once more first. */
  get again(): readonly Attention[] {
    return this.#again;
  }

  /** How many of its bytes were read. */
  get bytesRead(): number {
    return this.#offset;
  }

  /** Whether these are all, and nobody writes to it any more. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Its content up to so many bytes, in short. */
  async fingerprintOf(bytes: number): Promise<Fingerprint | undefined> {
    if (this.#handle !== undefined) return fingerprintOf(this.#handle, bytes);
    const handle = await open(this.path, 'r').catch(() => undefined);
    try {
      return handle && (await fingerprintOf(handle, bytes));
    } finally {
      await handle?.close();
    }
  }

  /** Whether nothing was written to it for long. */
  isQuiet(): boolean {
    return this.#context.now() - this.changedAt >= times.close;
  }

  /** What is known of it, for its checkpoint; undefined where its content is no longer there. */
  state(): FileState | undefined {
    if (this.isCut) return undefined;
    const { as, id, size, mtimeNs, sinceNs, place, fingerprint: print } = this;
    const { now, settleMs = 0 } = this.#context;
    const compressedLength = this.#isFinished ? this.#offset : this.#offset + 1;
    const length = this.#isCompressed ? compressedLength : size;
    const read = { length, readTo: place, readAt: this.#readAt };
    const { header } = this.#context.shared;
    const state = { path: as.main, id, size, mtimeNs, sinceNs, ...read, ...(header && { header }) };
    const seen = seenSince(this.#seen, now() - settleMs);
    return print === undefined ? { ...state, seen } : { ...state, seen, fingerprint: print };
  }

  /** The file was found as it is now: under another name, written to, or as it was. */
  found(file: Listed): void {
    this.name = file.name;
    this.goneAt = undefined;
    if (this.#reader === undefined) this.#isCompressed = isCompressedName(file.name);
    if (file.size === this.size && file.mtimeNs === this.mtimeNs) return;
    this.isPending = true;
    this.#isFinished = false;
  }

  /** Its content is in another file now: a copy, or compressed. Reads on there. */
  async moveTo(file: Listed): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    this.isPending = !this.#isFinished || file.mtimeNs !== this.mtimeNs;
    this.name = file.name;
    this.id = file.id;
    this.size = file.size;
    this.mtimeNs = file.mtimeNs;
    this.#isCompressed = isCompressedName(file.name);
    this.#isSure = true;
    this.isCut = false;
    this.goneAt = undefined;
  }

  /**
   * Opens it, makes sure that it is the one that was read, and recognises it by its first lines; false where it is not
   * (`isCut`), or has no row yet. Throws UserError for what cannot be followed, and the errors of the file system.
   */
  async prepare(): Promise<boolean> {
    if (this.#isCompressed) return (await this.#isStillThere()) && this.#start(await this.#contentHead());
    if (!(await this.#open()) || this.#handle === undefined) return false;
    if (this.#reader !== undefined) return true;
    // An earlier run may have known it shorter, and empty.
    await this.look();
    if (this.isCut) return false;
    return this.#start(await bytesAt(this.#handle, 0, Math.min(headBytes, this.size)));
  }

  /** Reads what is written now; less where it `isCut`. Throws what `prepare` throws. */
  async *read(): AsyncGenerator<Batch> {
    if (this.#isCompressed) {
      if (this.isPending) yield* this.#readCompressed();
      return;
    }
    const wasOpen = this.isOpen;
    if (!(await this.#open())) return;
    await this.look();
    if (this.isCut) return;
    const isNews = this.isPending || !wasOpen;
    this.isPending = false;
    if (!isNews) {
      yield* this.#flush();
      return;
    }
    if (!(await this.prepare())) {
      if (!this.isCut) this.#isFirstPass = false;
      return;
    }
    yield* this.#readAgain();
    yield* this.#readOn();
    if (!this.isCut) yield* this.#endPass();
  }

  /** Looks whether the open file has changed (`isPending`), without reading it. */
  async look(): Promise<void> {
    const stats = await this.#handle?.stat({ bigint: true });
    if (stats === undefined) return;
    const size = Number(stats.size);
    if (size === this.size && stats.mtimeNs === this.mtimeNs && size >= this.#offset) return;
    this.changedAt = this.#context.now();
    this.isPending = true;
    this.#isFinished = false;
    // A file that is empty again had perhaps something in between.
    this.isCut = size < Math.max(this.size, this.#offset) || (size === 0 && stats.mtimeNs !== this.mtimeNs);
    if (this.isCut) return;
    this.size = size;
    this.mtimeNs = stats.mtimeNs;
  }

  /** Makes sure that what was read is still in it, where it may have changed. */
  async verify(): Promise<void> {
    if (this.#handle === undefined && this.isPending && !this.#isCompressed) await this.#open();
    if (this.#handle === undefined) return;
    await this.look();
    if (!this.isCut) this.isCut = !(await bytesBefore(this.#handle, this.#offset)).equals(this.#tail);
  }

  /** Reads a last line without an end: nobody writes on. */
  async *finish(): AsyncGenerator<Batch> {
    if (this.#reader === undefined) return;
    const from = this.place;
    const batch = await this.#reader.end();
    if (batch !== undefined) yield this.#batch(batch, from);
  }

  /** Closes it, until it is found changed. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#fingerprint = this.fingerprint;
    this.#place = this.place;
    this.#offset = this.#place.offset;
    this.#format = undefined;
    this.#reader = undefined;
    this.#adapt = unchanged;
    this.#handle = undefined;
    this.#head = nothing;
    this.#tail = nothing;
    await handle?.close();
  }

  /** It cannot be read, and nobody tries again until it changes. */
  giveUp(): void {
    this.isPending = false;
    this.#isFinished = true;
  }

  /** After an error of the file system: the next reading opens it anew. */
  async fail(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  async #open(): Promise<boolean> {
    if (this.#handle !== undefined) return true;
    const handle = await open(this.path, 'r');
    try {
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
      // Renamed since it was found: the next look finds it again.
      if (fileId(stats) !== this.id) this.isPending = true;
      else if (this.#reader !== undefined) this.#handle = handle;
      else if (await this.#isContentOf(handle, Number(stats.size))) {
        this.#head = await bytesAt(handle, 0, Math.min(edgeBytes, this.#offset));
        this.#tail = await bytesBefore(handle, this.#offset);
        this.#handle = handle;
      } else this.isCut = true;
    } finally {
      if (this.#handle !== handle) await handle.close();
    }
    return this.#handle !== undefined;
  }

  /** Whether a file holds what was read. */
  async #isContentOf(handle: FileHandle, size: number): Promise<boolean> {
    const known = this.#fingerprint;
    if (known === undefined) return size >= this.#offset;
    return (await fingerprintOf(handle, known.bytes))?.hash === known.hash;
  }

  /** Whether the compressed file at its path holds what was read; where it was looked into before, it does. */
  async #isStillThere(): Promise<boolean> {
    if (this.#isSure || this.#fingerprint === undefined) return true;
    this.#isSure = (await holds(this, this.#fingerprint)) === 'yes';
    this.isCut = !this.#isSure;
    return this.#isSure;
  }

  async #contentHead(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of contentOf(this.path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= headBytes) break;
    }
    return Buffer.concat(chunks).subarray(0, headBytes);
  }

  /** Recognises the file by its first bytes, and makes its reader. */
  async #start(bytes: Buffer): Promise<boolean> {
    if (this.#reader !== undefined) return true;
    const { shared, warn, openEnd } = this.#context;
    const rules = { options: shared.options(), note: shared.note, warn, openEnd };
    const head = { file: this.as.shown, bytes, isAll: this.#isCompressed && bytes.length < headBytes };
    const format = await recogniseGrowing(head, rules);
    if (format === undefined) return false;
    if ('what' in format) throw refused(this.as.shown, format);
    this.#adapt = shared.adopt(format);
    this.checkpoint = undefined;
    this.#place = { ...this.#place, offset: Math.max(this.#place.offset, format.bom) };
    this.#offset = this.#place.offset;
    this.#head = Buffer.from(bytes.subarray(0, Math.min(edgeBytes, this.#offset)));
    if (this.#handle !== undefined) this.#tail = await bytesBefore(this.#handle, this.#offset);
    this.#format = { bom: format.bom, reader: format.reader };
    this.#reader = this.#readerFrom(this.#place);
    return true;
  }

  #readerFrom({ offset, line }: RowPlace): LineReader | undefined {
    const index = Math.max(offset, this.#format?.bom ?? 0);
    return this.#format?.reader({ index, line }, true);
  }

  /** Reads the rows that need attention once more. */
  async *#readAgain(): AsyncGenerator<Batch> {
    const parts = this.#again;
    this.#again = [];
    for (const part of parts) {
      const reader = this.#readerFrom(part);
      if (reader === undefined) return;
      const lines = new Set(part.lines);
      let from: RowPlace = part;
      let at = part.offset;
      for await (const bytes of this.#bytes(part.offset, part.end)) {
        at += bytes.length;
        const batch = await reader.push(bytes, at);
        if (batch === undefined) continue;
        yield this.#batch(batch, from, lines);
        from = batch.next ?? from;
      }
      const rest = await reader.end();
      if (rest !== undefined) yield this.#batch(rest, from, lines);
    }
  }

  /** The bytes of a stretch of it. */
  async *#bytes(from: number, end: number): AsyncGenerator<Buffer> {
    if (this.#isCompressed) {
      let left = end - from;
      for await (const chunk of contentOf(this.path, from)) {
        yield chunk.subarray(0, left);
        left -= chunk.length;
        if (left <= 0) return;
      }
      return;
    }
    for (let at = from; at < end && this.#handle !== undefined; ) {
      const bytes = await bytesAt(this.#handle, at, Math.min(blockBytes, end - at));
      if (bytes.length === 0) return;
      yield bytes;
      at += bytes.length;
    }
  }

  /** Reads on up to the end; in each block, the bytes before it tell whether they are still the ones that were read. */
  async *#readOn(): AsyncGenerator<Batch> {
    while (this.#handle !== undefined) {
      const known = this.#tail.length;
      const length = known + Math.min(blockBytes, Math.max(0, this.size - this.#offset));
      const buffer = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await this.#handle.read(buffer, 0, length, this.#offset - known);
      this.isCut = !buffer.subarray(0, Math.min(known, bytesRead)).equals(this.#tail);
      const fresh = buffer.subarray(known, bytesRead);
      if (this.isCut || fresh.length === 0) return;
      yield* this.#push(fresh);
      if (this.#offset >= this.size) return;
    }
  }

  async *#readCompressed(): AsyncGenerator<Batch> {
    this.isPending = false;
    if (this.#isFinished || !(await this.prepare())) return;
    yield* this.#readAgain();
    for await (const chunk of contentOf(this.path, this.#offset)) yield* this.#push(chunk);
    yield* this.finish();
    this.#isFinished = true;
    await this.close();
  }

  async *#push(fresh: Buffer): AsyncGenerator<Batch> {
    if (this.#reader === undefined) return;
    if (this.#head.length < edgeBytes && this.#offset === this.#head.length)
      this.#head = Buffer.concat([this.#head, fresh.subarray(0, edgeBytes - this.#head.length)]);
    const last = fresh.length >= edgeBytes ? fresh : Buffer.concat([this.#tail, fresh]);
    this.#tail = Buffer.from(last.subarray(Math.max(0, last.length - edgeBytes)));
    this.#offset += fresh.length;
    const from = this.place;
    const batch = await this.#reader.push(fresh, this.#offset);
    if (batch !== undefined) yield this.#batch(batch, from);
  }

  /** Rows that were held back for a quote that may be a stray one, when nothing came for a while. */
  async *#flush(): AsyncGenerator<Batch> {
    if (this.#reader === undefined || this.#context.now() - this.changedAt < times.quote) return;
    const from = this.place;
    const batch = await this.#reader.flush();
    if (batch !== undefined) yield this.#batch(batch, from);
  }

  /** All that is written was read: of a file that nobody had looked at, the call of the last row may still get more. */
  async *#endPass(): AsyncGenerator<Batch> {
    this.#isFinished = this.place.offset === this.size;
    if (!this.#isFirstPass) return;
    this.#isFirstPass = false;
    const writtenAt = Math.min(this.#context.now(), Number(this.mtimeNs / 1_000_000n));
    const { line, offset } = this.place;
    this.#seen = seenUpTo([[this.#lastLine, 0]], line, writtenAt);
    if (this.#hasRows) yield { rows: [], bytesRead: offset, lastRowAt: writtenAt };
  }

  #batch(batch: Batch, from: RowPlace, lines?: ReadonlySet<number>): Batch {
    const { isMatch, shown } = this.as;
    const { now, isEntered } = this.#context;
    const end = batch.next ?? from;
    const rows = lines === undefined ? batch.rows : batch.rows.filter(({ line }) => lines.has(line));
    const seenNow: FirstSeen = [...this.#seen, [Number.POSITIVE_INFINITY, now()]];
    const waits = !this.#isCompressed && !this.#isFirstPass;
    const last = batch.rows.at(-1);
    if (last !== undefined && lines === undefined) {
      this.#hasRows = true;
      this.#readAt = now();
      this.#lastLine = last.line;
    }
    if (lines === undefined && waits) this.#seen = seenUpTo(this.#seen, end.line, now());
    return {
      rows: this.#adapt(rows),
      bytesRead: batch.bytesRead,
      range: { source: this, offset: from.offset, line: from.line, end },
      ...(isMatch ? { file: shown } : {}),
      ...(waits ? { seen: seenNow } : {}),
      ...(isEntered ? { isRest: true } : {}),
    };
  }
}
