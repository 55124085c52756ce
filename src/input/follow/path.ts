import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Batch, RowPlace } from '../../core/row.js';
import { displayName, readError } from '../errors.js';
import { fileId } from '../file-identity.js';
import type { FilePart } from '../source.js';
import { times } from './io.js';
import { findCheckpoints } from './resume.js';
import { absent, type Listed, listedAt, rotatedFiles } from './rotation.js';
import { Tail, type TailContext, type TailStart } from './tail.js';

/** Rotated files that are kept open at most. */
const mostOpen = 16;
/** Closed files that are remembered, so that they are not taken for new ones. */
const mostClosed = 1024;
/** What was rotated away long before the last write that was seen is not looked at again. */
const marginNs = 60_000_000_000n;
/** Rounds of looking for files that are rotated while we look. */
const mostRounds = 10;

/** One name, and the files behind it, one after the other: rotation by rename and by copy, absence and return. */
export class FollowedPath {
  readonly #context: TailContext;
  /** In the order of their rows; the last one is the one that the name led to when it was last looked at. */
  #tails: Tail[] = [];
  #closed: Tail[] = [];
  /** Rotated files that need not be read: id and last write. */
  readonly #archive = new Set<string>();
  /** The last file, closed because it was quiet for long. */
  #paused: Tail | undefined;
  /** The same of copies of files that are read; they are needed where the file is truncated next. */
  readonly #copies = new Set<string>();
  #problem: string | undefined;
  #isResumed = false;
  /** Whether the last look for rotated files found none. */
  #isCertain = true;
  /** Files that were truncated, whose copy is not found yet. */
  #cut: Tail[] = [];
  /** The last write that was seen: what was put there and rotated away since is not older. */
  #since = 0n;

  constructor(context: TailContext) {
    this.#context = context;
  }

  /** Whether rows are held back until a rotated file is complete. */
  get isHolding(): boolean {
    return this.#tails.slice(0, -1).some((tail) => !this.#isComplete(tail));
  }

  /** Whether there is more to find out than what is written. */
  get isPending(): boolean {
    return this.isHolding || !this.#isCertain || this.#cut.length > 0;
  }

  /** Where the next row will be read. */
  get place(): RowPlace | undefined {
    return this.#tails.at(-1)?.place;
  }

  /** Whether all of its files are closed. */
  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** Whether nothing was written for long. */
  get isQuiet(): boolean {
    const now = this.#context.now();
    return this.#tails.every(({ changedAt }) => now - changedAt >= times.close);
  }

  /**
   * Reads all that is written now.
   *
   * @param report takes what is wrong with the file, once until it changes; what it throws ends the reading
   */
  async *look(report: (error: UserError) => void): AsyncGenerator<Batch> {
    let failure = await this.#find().catch((error: unknown) => error);
    try {
      for (const unfound of this.#cut.splice(0)) yield* unfound.finish();
      for (let cut = yield* this.#readAll(); cut !== undefined; cut = yield* this.#readAll())
        await this.#replace(cut);
    } catch (error) {
      failure ??= error;
    }
    if (failure !== undefined) this.#fail(readError(this.#context.name, failure), report);
    else if (this.#problem !== undefined && this.#tails.at(-1)?.isStarted === true) {
      this.#problem = undefined;
      this.#context.note(`${displayName(this.#context.name)}: it can be read now`);
    }
  }

  #fail(problem: UserError, report: (error: UserError) => void): void {
    if (problem.message === this.#problem) return;
    this.#problem = problem.message;
    report(problem);
  }

  /** Closes files that were quiet for long; the last one is opened again when it changes. */
  async *pause(isOld: boolean): AsyncGenerator<Batch> {
    this.#paused = this.#tails.at(-1);
    for (const tail of this.#tails) {
      if (isOld) yield* tail.finish();
      await this.#close(tail);
    }
    this.#tails = [];
  }

  async close(): Promise<void> {
    for (const tail of this.#tails) await tail.close();
  }

  /** Finds out what the name leads to now; opens it, and what came between. */
  async #find(): Promise<void> {
    const { path: main, name } = this.#context;
    if (!this.#isResumed) await this.#resume();
    this.#isResumed = true;
    const stats = await stat(main, { bigint: true }).catch(absent);
    const last = this.#tails.at(-1);
    this.#since = last?.mtimeNs ?? this.#since;
    if (stats === undefined) {
      if (last === undefined && this.#paused === undefined) this.#await(name);
      return;
    }
    if (!stats.isFile()) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
    const id = fileId(stats);
    if (last?.id === id && this.#isCertain && !this.isHolding) return;
    if (this.#paused?.id === id) await this.#wake(this.#paused);
    else await this.#collect();
    if (this.#tails.length > 0) this.#paused = undefined;
  }

  #await(name: string): void {
    if (this.#problem !== undefined) return;
    this.#problem = 'missing';
    this.#context.note(`${displayName(name)}: there is no such file yet; it is read when it comes`);
  }

  /** Opens a file again that was closed, when it has changed. */
  async #wake(paused: Tail): Promise<void> {
    const [file] = await listedAt(this.#context.path);
    if (file === undefined || file.mtimeNs === paused.mtimeNs) return;
    this.#paused = undefined;
    const whole = await this.#open(file.path);
    if (whole === undefined) return;
    const isSame = await paused.isIn(whole);
    const tail = isSame ? await this.#open(file.path, paused.rest) : whole;
    if (isSame) await whole.close();
    if (tail !== undefined) this.#tails.push(tail);
  }

  /** Reads file after file; gives one that was truncated. */
  async *#readAll(): AsyncGenerator<Batch, Tail | undefined> {
    for (const tail of [...this.#tails]) {
      const isLast = tail === this.#tails.at(-1);
      try {
        yield* tail.read();
      } catch (error) {
        if (!(error instanceof UserError)) await tail.reopen();
        // A rotated file that cannot be read must not hold back those after it.
        if (!isLast && (error instanceof UserError || tail.hasFailed)) {
          this.#tails = this.#tails.filter((one) => one !== tail);
          await tail.close();
        }
        tail.hasFailed = true;
        throw error;
      }
      if (tail.isTruncated) return tail;
      tail.hasFailed = false;
      if (isLast) continue;
      if (!this.#isComplete(tail)) return this.#truncatedAfter(tail);
      yield* this.#closeOld(tail);
    }
    return undefined;
  }

  /** Looks at the files whose rows are held back: one of them that was truncated. */
  async #truncatedAfter(tail: Tail): Promise<Tail | undefined> {
    for (const later of this.#tails.slice(this.#tails.indexOf(tail) + 1)) {
      await later.look();
      if (later.isTruncated) return later;
    }
    return undefined;
  }

  #isComplete(tail: Tail): boolean {
    return tail.isCopy || this.#context.now() - tail.changedAt >= times.rotation;
  }

  /** After truncation: what was not read yet is in a copy (copytruncate), if there is one; then comes what was written since. */
  async #replace(cut: Tail): Promise<void> {
    await this.#putAside(cut);
    const found = await this.#collect();
    // What was rotated away in the same manner since are copies too.
    for (const tail of found) tail.isCopy = tail !== this.#tails.at(-1);
  }

  async #putAside(cut: Tail): Promise<void> {
    await cut.close();
    this.#tails = this.#tails.filter((tail) => tail !== cut);
    this.#cut.push(cut);
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
    if (tail === undefined || (await this.#isKnown(tail))) {
      await tail?.close();
      return [];
    }
    const cut = await this.#cutIn(tail);
    if (cut !== undefined) {
      tail.continue(cut);
      this.#cut = this.#cut.filter((one) => one !== cut);
    }
    this.#tails.push(tail);
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

  async #resume(): Promise<void> {
    const { files, archive } = await findCheckpoints(this.#context.path, this.#context.checkpoint);
    for (const file of archive) this.#archive.add(keyOf(file));
    for (const { file, parts } of files) {
      const tail = await this.#open(file.path, parts);
      if (tail !== undefined) this.#tails.push(tail);
    }
  }

  async #open(file: string, parts?: readonly FilePart[]): Promise<Tail | undefined> {
    const { path: main, name } = this.#context;
    const shown = file === main ? name : path.join(path.dirname(name), path.basename(file));
    const start: TailStart = { path: file, name: shown };
    return Tail.open(parts === undefined ? start : { ...start, parts }, this.#context).catch(absent);
  }

  /** Closes a rotated file that was read to its end, if nobody has written to it for long or many came after it. */
  async *#closeOld(tail: Tail): AsyncGenerator<Batch> {
    const after = this.#tails.length - 1 - this.#tails.indexOf(tail);
    if (after <= mostOpen && this.#context.now() - tail.changedAt < times.close) return;
    yield* tail.finish();
    this.#tails = this.#tails.filter((one) => one !== tail);
    await this.#close(tail);
  }

  async #close(tail: Tail): Promise<void> {
    await tail.close();
    this.#closed = [...this.#closed, tail].slice(-mostClosed);
  }
}

function keyOf({ id, mtimeNs }: { readonly id: string; readonly mtimeNs: bigint }): string {
  return `${id}:${mtimeNs}`;
}
