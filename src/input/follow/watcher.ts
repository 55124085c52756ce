// Reads one file, whatever its name is by now.

import path from 'node:path';
import type { Batch } from '../../core/row.js';
import { headBytes } from '../source.js';
import { type Attention, type Checkpoint, checkpointName, type FileState, hasMore } from './checkpoint.js';
import { Content } from './content.js';
import { FileRows } from './file-rows.js';
import type { Fingerprint } from './fingerprint.js';
import { isCompressedName, type Listed, shownName } from './glob.js';
import { type FollowContext, times } from './io.js';

/**
 * Reads one file, whatever its name is by now: it has its content, with what was read of it, and its rows. Renamed, it is read
 * on; copied or compressed, its content is read on there (`moveTo`).
 */
export class Watcher {
  /** The name in the folder under which it was found first: the one that is followed, or one that a pattern stands for. */
  readonly main: string;
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
  isCompressed: boolean;
  /** All of it is read, and nobody writes to it any more. */
  isFinished = false;
  /** It could not be read: a later run tries again. */
  #isGivenUp = false;
  /** Since when it was found nowhere, by our clock. */
  goneAt: number | undefined;
  /** Where the name led to when it was found under it: a link may lead elsewhere tomorrow. */
  target: string | undefined;
  /** It is remembered how far it is done, until it is retired. */
  isAnnounced = false;
  /** What an earlier run knew of it, until it is read. */
  checkpoint: Checkpoint | undefined;
  readonly #context: FollowContext;
  readonly #content: Content;
  readonly rows: FileRows;

  constructor(main: string, file: Listed, context: FollowContext, checkpoint?: Checkpoint) {
    this.main = main;
    this.#context = context;
    this.name = file.name;
    this.id = file.id;
    this.size = file.size;
    this.mtimeNs = file.mtimeNs;
    this.target = checkpoint?.target;
    this.sinceNs = checkpoint?.sinceNs ?? file.mtimeNs;
    this.changedAt = Math.min(context.now(), Number(file.mtimeNs / 1_000_000n));
    this.checkpoint = checkpoint !== undefined && hasMore(checkpoint) ? checkpoint : undefined;
    this.rows = new FileRows(main, this, context, checkpoint);
    this.#content = new Content(this.rows.place.offset, checkpoint?.fingerprint);
    this.isCompressed = isCompressedName(file.name);
  }

  /** Absolute. */
  get path(): string {
    return path.join(this.#context.glob.folder, this.name);
  }

  /** Its main name for messages. */
  get shown(): string {
    return shownName(this.main, this.#context.glob);
  }

  /** The name of its checkpoint. */
  get checkpointName(): string {
    return checkpointName({ path: this.#mainPath, id: this.id });
  }

  get #mainPath(): string {
    return path.join(this.#context.glob.folder, this.main);
  }

  get isOpen(): boolean {
    return this.#content.isOpen;
  }

  /** What was read of it so far, in short; undefined where that was no row yet. */
  get fingerprint(): Fingerprint | undefined {
    return this.rows.hasRows ? this.#content.fingerprint : undefined;
  }

  /** How many of its bytes were read. */
  get bytesRead(): number {
    return this.#content.bytesRead;
  }

  /** What is known of it, for its checkpoint; undefined where its content is no longer there. */
  state(): FileState | undefined {
    if (this.isCut) return undefined;
    const { id, size, mtimeNs, sinceNs, fingerprint, bytesRead, target } = this;
    const unread = this.isFinished && !this.#isGivenUp ? 0 : 1;
    return {
      path: this.#mainPath,
      id,
      size,
      mtimeNs,
      sinceNs,
      length: this.isCompressed ? bytesRead + unread : size,
      ...this.rows.state,
      ...(fingerprint && { fingerprint }),
      ...(target && { target }),
    };
  }

  /** Whether nothing was written to it for long. */
  isQuiet(): boolean {
    return this.#context.now() - this.changedAt >= times.close;
  }

  /** The file was found as it is now: under another name, written to, or as it was. */
  found(file: Listed): void {
    this.name = file.name;
    this.goneAt = undefined;
    if (!this.rows.isStarted) this.isCompressed = isCompressedName(file.name);
    if (file.size === this.size && file.mtimeNs === this.mtimeNs) return;
    this.isPending = true;
    this.isFinished = false;
    this.#isGivenUp = false;
  }

  /** Its content is in another file now: a copy, or compressed. Reads on there. */
  async moveTo(file: Listed): Promise<void> {
    await this.#content.move();
    this.isPending = !this.isFinished || file.mtimeNs !== this.mtimeNs;
    this.name = file.name;
    this.id = file.id;
    this.size = file.size;
    this.mtimeNs = file.mtimeNs;
    this.isCompressed = isCompressedName(file.name);
    this.isCut = false;
    this.goneAt = undefined;
  }

  /**
   * Opens it, makes sure that it is the one that was read, and recognises it by its first lines; false where it is not
   * (`isCut`), or has no row yet. Throws UserError for what cannot be followed, and the errors of the file system.
   */
  async prepare(): Promise<boolean> {
    if (!(await this.#open())) return false;
    if (this.rows.isStarted) return true;
    // An earlier run may have known it shorter, and empty.
    await this.look();
    if (this.isCut) return false;
    const first = await this.#content.first(this, this.size);
    const isAll = (this.isCompressed || this.#isLeft) && first.length < headBytes;
    if (!(await this.rows.start(first, isAll))) return false;
    this.checkpoint = undefined;
    await this.#content.begin(this.rows.place.offset, first);
    return true;
  }

  /** Reads what is written now; less where it `isCut`. Throws what `prepare` throws. */
  async *read(): AsyncGenerator<Batch> {
    if (this.isCompressed) {
      yield* this.#readCompressed();
      return;
    }
    const wasOpen = this.isOpen;
    if (!(await this.#open())) return;
    await this.look();
    if (this.isCut) return;
    const isNews = this.isPending || !wasOpen;
    this.isPending = false;
    if (!isNews) {
      if (this.#context.now() - this.changedAt >= times.quote) yield* this.rows.flush();
      return;
    }
    if (!(await this.prepare())) {
      if (!this.isCut) this.rows.isFirstPass = false;
      return;
    }
    yield* this.#readOn();
    if (this.isCut) return;
    this.isFinished = this.rows.place.offset === this.size;
    if (!this.rows.isFirstPass) return;
    const last = this.rows.endFirstPass(Math.min(this.#context.now(), Number(this.mtimeNs / 1_000_000n)));
    if (last !== undefined) yield last;
  }

  /** Looks whether the open file has changed (`isPending`), without reading it. */
  async look(): Promise<void> {
    const now = await this.#content.stat();
    if (now === undefined) return;
    const { size, mtimeNs } = now;
    if (size === this.size && mtimeNs === this.mtimeNs && size >= this.bytesRead) return;
    this.changedAt = this.#context.now();
    this.isPending = true;
    this.isFinished = false;
    this.#isGivenUp = false;
    // A file that is empty again had perhaps something in between.
    this.isCut = size < Math.max(this.size, this.bytesRead) || (size === 0 && mtimeNs !== this.mtimeNs);
    if (this.isCut) return;
    this.size = size;
    this.mtimeNs = mtimeNs;
  }

  /** Makes sure that what was read is still in it, where it may have changed. */
  async verify(): Promise<void> {
    if (!this.isOpen && this.isPending && !this.isCompressed) await this.#open();
    await this.look();
    if (!this.isCut) this.isCut = !(await this.#content.isUnchanged());
  }

  /** Whether nobody has written to it for so long that a last line without an end is taken for a whole one. */
  get isOld(): boolean {
    return this.#context.now() - Number(this.mtimeNs / 1_000_000n) >= times.writing;
  }

  /** Reads a last line without an end: nobody writes on. */
  finish(): AsyncGenerator<Batch> {
    return this.rows.finish(this.#isNew);
  }

  /** Closes it, until it is found changed. */
  async close(): Promise<void> {
    this.rows.close();
    await this.#content.close(this.rows.place.offset);
  }

  /** It cannot be read, and this run does not try again until it changes. */
  giveUp(): void {
    this.isPending = false;
    this.isFinished = true;
    this.#isGivenUp = true;
  }

  /** After an error of the file system: the next reading opens it anew. */
  fail(): Promise<void> {
    return this.#content.release();
  }

  /** Whether its rows are written while it is read. */
  get #isNew(): boolean {
    return !this.isCompressed && !this.rows.isFirstPass;
  }

  /** It is read once and for all as it is now: its only row may have no end. */
  get #isLeft(): boolean {
    return this.#context.openEnd === 'leave-cut' && this.isOld;
  }

  async #open(): Promise<boolean> {
    const is = await this.#content.open(this);
    // Renamed since it was found: the next look finds it again.
    if (is === 'renamed') this.isPending = true;
    if (is === 'cut') this.isCut = true;
    return is === 'open';
  }

  /** Reads what needs attention once more, then what follows what was read. */
  async *#readOn(): AsyncGenerator<Batch> {
    const again = ({ offset, end }: Attention) => this.#content.between(this, offset, end);
    yield* this.rows.readAgain(again, this.#isNew);
    for await (const fresh of this.#content.readOn(this, this.size)) {
      if (fresh === 'cut') this.isCut = true;
      else yield* this.rows.push(fresh, this.bytesRead, this.#isNew);
    }
  }

  async *#readCompressed(): AsyncGenerator<Batch> {
    const isNews = this.isPending && !this.isFinished;
    this.isPending = false;
    if (!isNews || !(await this.prepare())) return;
    yield* this.#readOn();
    yield* this.finish();
    this.isFinished = true;
    await this.close();
  }
}
