import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Batch, RowPlace } from '../../core/row.js';
import { displayName, readError } from '../errors.js';
import { fileId, identify } from '../file-identity.js';
import type { FilePart } from '../source.js';
import { type Checkpoint, times } from './io.js';
import { type Listed, rotatedFiles } from './rotation.js';
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
      yield* this.#closeOld();
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
    const [file] = await lookAt(this.#context.path);
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
        if (!isLast) {
          this.#tails = this.#tails.filter((one) => one !== tail);
          await tail.close();
        }
        throw error;
      }
      if (tail.isTruncated) return tail;
      if (!isLast && !this.#isComplete(tail)) return this.#truncatedAfter(tail);
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
    await cut.close();
    this.#tails = this.#tails.filter((tail) => tail !== cut);
    this.#cut.push(cut);
    this.#copies.clear();
    this.#since = cut.mtimeNs;
    const found = await this.#collect();
    // What was rotated away in the same manner since are copies too.
    for (const tail of found) tail.isCopy = tail !== this.#tails.at(-1);
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
        for (const file of files) found.push(...(await this.#take(file.path)));
        files = await this.#unknown();
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
    for (const cut of this.#cut)
      if (await cut.isIn(tail)) {
        tail.continue(cut);
        this.#cut = this.#cut.filter((one) => one !== cut);
        break;
      }
    this.#tails.push(tail);
    return [tail];
  }

  /** Puts files in the order of their rows: those that are new by their last write, what the name leads to last. */
  async #order(found: readonly Tail[]): Promise<void> {
    const current = await stat(this.#context.path, { bigint: true }).catch(() => undefined);
    const id = current && fileId(current);
    const fresh = [...found].sort((one, other) => Number(one.mtimeNs - other.mtimeNs));
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
    const files = [...rotated, ...(await lookAt(main))];
    return files.filter((file) => this.#tails.every(({ id }) => id !== file.id));
  }

  /** Whether a file is open already, was read and closed, or is a copy of one that is open. */
  async #isKnown(tail: Tail): Promise<boolean> {
    if (this.#tails.some(({ id }) => id === tail.id)) return true;
    const closed = this.#closed.filter(({ id }) => id === tail.id);
    for (const one of [...closed, ...this.#tails.filter(({ isDistinct }) => isDistinct)])
      if (await one.isIn(tail)) {
        this.#copies.add(keyOf(tail));
        return true;
      }
    return false;
  }

  /** At the start: goes on where an earlier process stopped, also where the file was rotated since. */
  async #resume(): Promise<void> {
    const { path: main } = this.#context;
    const [current] = await lookAt(main);
    const saved = current && (await this.#context.checkpoint?.(current.id));
    const isSame = saved !== undefined && (await matches(main, saved));
    let isFound = false;
    for (const file of await rotatedFiles(main)) {
      const parts = await this.#savedParts(file, isSame ? undefined : saved);
      isFound ||= parts !== undefined;
      if (!isFound) this.#archive.add(keyOf(file));
      else {
        const tail = await this.#open(file.path, parts);
        if (tail !== undefined) this.#tails.push(tail);
      }
    }
    const tail = current && (await this.#open(main, isSame ? saved.parts : undefined));
    if (tail !== undefined) this.#tails.push(tail);
  }

  /** What is to be read of a rotated file: by its own checkpoint, or by that of the file whose copy it is. */
  async #savedParts(file: Listed, copied: Checkpoint | undefined): Promise<readonly FilePart[] | undefined> {
    const own = await this.#context.checkpoint?.(file.id);
    if (own !== undefined && (await matches(file.path, own))) return own.parts;
    return copied !== undefined && (await matches(file.path, copied)) ? copied.parts : undefined;
  }

  async #open(file: string, parts?: readonly FilePart[]): Promise<Tail | undefined> {
    const { path: main, name } = this.#context;
    const shown = file === main ? name : path.join(path.dirname(name), path.basename(file));
    const start: TailStart = { path: file, name: shown };
    return Tail.open(parts === undefined ? start : { ...start, parts }, this.#context).catch(absent);
  }

  /** Closes rotated files that nobody has written to for long. */
  async *#closeOld(): AsyncGenerator<Batch> {
    const now = this.#context.now();
    for (const [index, tail] of this.#tails.slice(0, -1).entries()) {
      const isTooMany = this.#isComplete(tail) && index < this.#tails.length - 1 - mostOpen;
      if (!isTooMany && now - tail.changedAt < times.close) return;
      yield* tail.finish();
      await this.#close(tail);
      this.#tails = this.#tails.filter((one) => one !== tail);
    }
  }

  async #close(tail: Tail): Promise<void> {
    await tail.close();
    this.#closed = [...this.#closed, tail].slice(-mostClosed);
  }
}

/** What is at a path: one file, or none. */
async function lookAt(file: string): Promise<Listed[]> {
  const stats = await stat(file, { bigint: true }).catch(absent);
  if (stats?.isFile() !== true) return [];
  return [{ path: file, id: fileId(stats), size: Number(stats.size), mtimeNs: stats.mtimeNs }];
}

/** Whether a file begins as it did when the checkpoint was made. */
async function matches(file: string, { parts, fingerprint }: Checkpoint): Promise<boolean> {
  const identity = await identify(file, '/');
  const found = await identity?.fingerprint(parts.at(-1)?.offset ?? 0);
  await identity?.close();
  return found === fingerprint;
}

function keyOf({ id, mtimeNs }: { readonly id: string; readonly mtimeNs: bigint }): string {
  return `${id}:${mtimeNs}`;
}

/** Files come and go while we look. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return;
  throw error;
}
