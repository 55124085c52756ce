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
const mostClosed = 64;
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
  #problem: string | undefined;
  #isResumed = false;
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
      let cut = yield* this.#readAll();
      while (cut !== undefined) {
        yield* this.#replace(cut);
        cut = yield* this.#readAll();
      }
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
    if (last?.id === id) return;
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
    const tail = await this.#open(file.path, (await paused.isIn(file)) ? paused.rest : undefined);
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
      if (!isLast && !this.#isComplete(tail)) return undefined;
    }
    return undefined;
  }

  #isComplete(tail: Tail): boolean {
    return tail.isCopy || this.#context.now() - tail.changedAt >= times.rotation;
  }

  /** After truncation: the rest is in a copy (copytruncate), if there is one; then comes what was written since. */
  async *#replace(cut: Tail): AsyncGenerator<Batch> {
    const at = this.#tails.indexOf(cut);
    const before = this.#tails.slice(0, at);
    const after = this.#tails.slice(at + 1);
    const copy = await this.#copyOf(cut);
    if (copy === undefined) yield* cut.finish();
    await cut.close();
    this.#tails = copy === undefined ? [...before, ...after] : [...before, copy, ...after];
    this.#since = cut.mtimeNs;
    await this.#collect();
  }

  async #copyOf(cut: Tail): Promise<Tail | undefined> {
    const files = await rotatedFiles(this.#context.path);
    for (const file of files.reverse()) {
      if (!(await cut.isIn(file))) continue;
      const tail = await this.#open(file.path, cut.rest);
      if (tail !== undefined) tail.isCopy = true;
      return tail;
    }
    return undefined;
  }

  /**
   * Opens what is not known yet, the oldest first: what the name leads to, and files that were put there and rotated away
   * between two looks.
   */
  async #collect(): Promise<void> {
    const found: Tail[] = [];
    const last = this.#tails.at(-1);
    for (let round = 0; round < mostRounds; round++) {
      const files = await this.#unknown();
      for (const file of files) {
        const tail = await this.#open(file.path);
        if (tail === undefined) continue;
        if (this.#tails.some(({ id }) => id === tail.id)) {
          await tail.close();
          continue;
        }
        this.#tails.push(tail);
        found.push(tail);
      }
      if (files.length === 0) break;
    }
    const current = await stat(this.#context.path, { bigint: true }).catch(absent);
    const id = current && fileId(current);
    found.sort((one, other) => (one.mtimeNs < other.mtimeNs ? -1 : Number(one.mtimeNs > other.mtimeNs)));
    const rotated = [...this.#tails.filter((tail) => !found.includes(tail)), ...found];
    this.#tails = [...rotated.filter((tail) => tail.id !== id), ...rotated.filter((tail) => tail.id === id)];
    if (last !== undefined && last !== this.#tails.at(-1)) last.changedAt = this.#context.now();
  }

  async #unknown(): Promise<Listed[]> {
    const { path: main } = this.#context;
    const unknown: Listed[] = [];
    for (const file of [...(await rotatedFiles(main)), ...(await lookAt(main))]) {
      if (this.#tails.some(({ id }) => id === file.id)) continue;
      if (file.path !== main && (file.mtimeNs < this.#since || this.#archive.has(keyOf(file)))) continue;
      if (await this.#isRead(file)) this.#archive.add(keyOf(file));
      else unknown.push(file);
    }
    return unknown;
  }

  /** Whether a file is one that was closed, or a copy of one that is open. */
  async #isRead(file: Listed): Promise<boolean> {
    for (const tail of this.#closed) if (tail.id === file.id && (await tail.isIn(file))) return true;
    for (const tail of this.#tails) if (await tail.isIn(file)) return true;
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
      const [first] = parts ?? [];
      isFound ||= parts !== undefined;
      const isDone = first !== undefined && parts?.length === 1 && first.offset >= file.size;
      if (!isFound || isDone) this.#archive.add(keyOf(file));
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

function keyOf({ id, mtimeNs }: Listed): string {
  return `${id}:${mtimeNs}`;
}

/** Files come and go while we look. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return;
  throw error;
}
