import { stat } from 'node:fs/promises';
import path from 'node:path';
import { closingOnError, fileId } from '../file-identity.js';
import type { FilePart } from '../source.js';
import { times } from './io.js';
import { absent, findCheckpoints, type Listed, listedAt, rotatedFiles } from './rotation.js';
import { Tail, type TailContext, type TailStart } from './tail.js';

/** Closed files that are remembered, so that they are not taken for new ones. */
const mostClosed = 1024;
/** What was rotated away long before the last write that was seen is not looked at again. */
const marginNs = 60_000_000_000n;
/** Rounds of looking for files that are rotated while we look. */
const mostRounds = 10;

/** Finds the files behind one name and keeps them open: rotation by rename and by copy, absence and return. */
export class PathFiles {
  readonly #context: TailContext;
  #tails: readonly Tail[] = [];
  #closed: readonly Tail[] = [];
  /** Rotated files that need not be read: id and last write. */
  readonly #archive = new Set<string>();
  /** The last file, closed because it was quiet for long. */
  #paused: Tail | undefined;
  /** The same as `archive` of copies of files that are read; they are needed where the file is truncated next. */
  readonly #copies = new Set<string>();
  #isResumed = false;
  /** Whether the last look for rotated files found none. */
  #isCertain = true;
  /** Files that were truncated, whose copy is not found yet. */
  #cut: readonly Tail[] = [];
  /** The last write that was seen: what was put there and rotated away since is not older. */
  #since = 0n;

  constructor(context: TailContext) {
    this.#context = context;
  }

  /** In the order of their rows; the last one is the one that the name led to when it was last looked at. */
  get tails(): readonly Tail[] {
    return this.#tails;
  }

  /** Whether rows are held back until a rotated file is complete. */
  get isHolding(): boolean {
    return this.#tails.slice(0, -1).some((tail) => !this.isComplete(tail));
  }

  /** Whether there is more to find out than what is written. */
  get isPending(): boolean {
    return this.isHolding || !this.#isCertain || this.#cut.length > 0;
  }

  /** Whether all of them are closed. */
  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** Whether a file is no longer written. */
  isComplete(tail: Tail): boolean {
    return tail.isCopy || this.#context.now() - tail.changedAt >= times.rotation;
  }

  /**
   * Finds out what the name leads to now; opens it, and what came between. Throws the errors of the file system.
   *
   * @returns false where no file was there yet
   */
  async find(): Promise<boolean> {
    const { path: main } = this.#context;
    if (!this.#isResumed) await this.#resume();
    const stats = await stat(main, { bigint: true }).catch(absent);
    const last = this.#tails.at(-1);
    this.#since = last?.mtimeNs ?? this.#since;
    if (stats === undefined) return last !== undefined || this.#paused !== undefined;
    if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
    const id = fileId(stats);
    if (last?.id === id && this.#isCertain && !this.isHolding) return true;
    if (this.#paused?.id === id) await this.#wake(this.#paused);
    else await this.#collect();
    if (this.#tails.length > 0) this.#paused = undefined;
    return true;
  }

  /** Takes those that were truncated and whose copy was not found. */
  takeCut(): readonly Tail[] {
    const cut = this.#cut;
    this.#cut = [];
    return cut;
  }

  /** After truncation: what was not read yet is in a copy (copytruncate), if there is one; then comes what was written since. */
  async replace(cut: Tail): Promise<void> {
    await this.#putAside(cut);
    const found = await this.#collect();
    // What was rotated away in the same manner since are copies too.
    for (const tail of found) tail.isCopy = tail !== this.#tails.at(-1);
  }

  /** Closes a file that is not read on; it may be found again. */
  async drop(tail: Tail): Promise<void> {
    this.#tails = this.#tails.filter((one) => one !== tail);
    await tail.close();
  }

  /** Closes a file that was read to its end. */
  async retire(tail: Tail): Promise<void> {
    await this.drop(tail);
    this.#closed = [...this.#closed, tail].slice(-mostClosed);
  }

  /** Says that all are about to be closed; the last one is opened again when it changes. */
  pause(): void {
    this.#paused = this.#tails.at(-1);
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) await tail.close();
  }

  /** Opens what an earlier process had not read to its end: all of it or, where that fails, nothing. */
  async #resume(): Promise<void> {
    const { files, archive } = await findCheckpoints(this.#context.path, this.#context.checkpoint);
    const tails: Tail[] = [];
    try {
      for (const { file, parts } of files) {
        const tail = await this.#open(file.path, parts);
        if (tail !== undefined) tails.push(tail);
      }
    } catch (error) {
      for (const tail of tails) await tail.close();
      throw error;
    }
    for (const file of archive) this.#archive.add(keyOf(file));
    this.#tails = tails;
    this.#isResumed = true;
  }

  /** Opens a file again that was closed, when it has changed. */
  async #wake(paused: Tail): Promise<void> {
    const [file] = await listedAt(this.#context.path);
    if (file === undefined || file.mtimeNs === paused.mtimeNs) return;
    const whole = await this.#open(file.path);
    if (whole === undefined) return;
    const isSame = await closingOnError(whole, () => paused.isIn(whole));
    if (isSame) await whole.close();
    const tail = isSame ? await this.#open(file.path, paused.rest) : whole;
    if (tail !== undefined) this.#tails = [...this.#tails, tail];
  }

  async #putAside(cut: Tail): Promise<void> {
    await this.drop(cut);
    this.#cut = [...this.#cut, cut];
    this.#copies.clear();
    this.#since = cut.mtimeNs;
  }

  /**
   * Opens what is not known yet, the oldest first: what the name leads to, and files that were put there and rotated away
   * between two looks. The next look does the same once more: a folder that is changed while it is read may hide a name.
   */
  async #collect(): Promise<readonly Tail[]> {
    const found: Tail[] = [];
    const last = this.#tails.at(-1);
    let files = await this.#unknown();
    const isCertain = files.length === 0;
    try {
      for (let round = 0; round < mostRounds && files.length > 0; round++) {
        const before = found.length;
        for (const file of files) found.push(...(await this.#take(file.path)));
        files = found.length > before ? await this.#unknown() : [];
      }
    } finally {
      this.#isCertain = isCertain;
      await this.#order(found);
    }
    if (last !== undefined && last !== this.#tails.at(-1)) last.changedAt = this.#context.now();
    return found;
  }

  /** Opens a file, unless it is known. While we look, files are renamed: only what is open is certain. */
  async #take(file: string): Promise<readonly Tail[]> {
    const tail = await this.#open(file);
    if (tail === undefined) return [];
    const isNew = await closingOnError(tail, async () => {
      if (await this.#isKnown(tail)) return false;
      const cut = await this.#cutIn(tail);
      if (cut !== undefined) {
        tail.continue(cut);
        this.#cut = this.#cut.filter((one) => one !== cut);
      }
      return true;
    });
    if (!isNew) {
      await tail.close();
      return [];
    }
    this.#tails = [...this.#tails, tail];
    return [tail];
  }

  /** The truncated file whose copy this is: the one of which most was read, for many begin with the same header. */
  async #cutIn(tail: Tail): Promise<Tail | undefined> {
    const cuts = [...this.#cut].sort((one, other) => other.offset - one.offset);
    for (const cut of cuts) if (await cut.isIn(tail)) return cut;
    return undefined;
  }

  /** Puts files in the order of their rows: those that are new by their last write, what the name leads to last. */
  async #order(found: readonly Tail[]): Promise<void> {
    const current = await stat(this.#context.path, { bigint: true }).catch(() => undefined);
    const id = current && fileId(current);
    const fresh = found
      .filter((tail) => this.#tails.includes(tail))
      .sort((one, other) => Number(one.mtimeNs - other.mtimeNs));
    const all = [...this.#tails.filter((tail) => !found.includes(tail)), ...fresh];
    this.#tails = [...all.filter((tail) => tail.id !== id), ...all.filter((tail) => tail.id === id)];
  }

  async #unknown(): Promise<Listed[]> {
    const { path: main } = this.#context;
    const rotated = (await rotatedFiles(main)).filter(
      (file) =>
        file.mtimeNs >= this.#since - marginNs &&
        !this.#archive.has(keyOf(file)) &&
        !this.#copies.has(keyOf(file)),
    );
    // The file itself comes first, so that copies of it are known as such.
    const files = [...(await listedAt(main)), ...rotated];
    return files.filter((file) => this.#tails.every(({ id }) => id !== file.id));
  }

  /** Whether a file is open already, was read and closed, or is a copy of one that is open. */
  async #isKnown(tail: Tail): Promise<boolean> {
    if (this.#tails.some(({ id }) => id === tail.id)) return true;
    for (const closed of this.#closed) if (closed.id === tail.id && (await closed.isIn(tail))) return true;
    for (const open of this.#tails) {
      if (await open.contains(tail)) {
        // A file that was written just now may be written again with the same time.
        if (this.#context.now() - tail.changedAt > times.rotation) this.#copies.add(keyOf(tail));
        return true;
      }
      // It was perhaps truncated since the copy was made, which then has the rest of it.
      if (await open.isReplaced()) await this.#putAside(open);
    }
    return false;
  }

  async #open(file: string, parts?: readonly FilePart[]): Promise<Tail | undefined> {
    const { path: main, name } = this.#context;
    const shown = file === main ? name : path.join(path.dirname(name), path.basename(file));
    const start: TailStart = { path: file, name: shown };
    return Tail.open(parts === undefined ? start : { ...start, parts }, this.#context).catch(absent);
  }
}

function keyOf({ id, mtimeNs }: { readonly id: string; readonly mtimeNs: bigint }): string {
  return `${id}:${mtimeNs}`;
}
