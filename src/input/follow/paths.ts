import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Batch, RowPlace } from '../../core/row.js';
import { displayName, readError } from '../errors.js';
import { type FollowIo, times } from './io.js';
import { PathFiles } from './path-files.js';
import { listFiles } from './rotation.js';
import type { Tail, TailContext } from './tail.js';

/** What a name stands for. */
export interface FollowedPaths {
  /** Whether a file of this name may be one of them, or have been. */
  readonly isOfInterest: (name: string) => boolean;
  /** What is wrong at the first look ends the program: the user has named a file. */
  readonly isRequired: boolean;
  /** Whether rows are held back until a rotated file is complete. */
  readonly isHolding: boolean;
  /** Whether the next look has to find out more than what was written. */
  readonly isPending: boolean;
  /** Where the next row will be read. */
  readonly place: RowPlace | undefined;
  /** Reads all that is written now; `touched` are names of files that were written since the last time. */
  readonly look: (touched: ReadonlySet<string>, report: (error: UserError) => void) => AsyncGenerator<Batch>;
  readonly close: () => Promise<void>;
}

/** A plain name: one file at a time. */
export function onePath(full: string, open: (full: string) => FollowedPath): FollowedPaths {
  const one = open(full);
  const stem = path.parse(full).name;
  return {
    isOfInterest: (name) => name.startsWith(stem),
    isRequired: true,
    get isHolding() {
      return one.isHolding;
    },
    get isPending() {
      return one.isPending;
    },
    get place() {
      return one.place;
    },
    look: (_, report) => one.look(report),
    close: () => one.close(),
  };
}

/** Closed files that are looked at each time, in turn: where the watch is deaf, they may be written all the same. */
const closedAtOnce = 16;

interface PatternOptions {
  readonly file: string;
  readonly folder: string;
  readonly names: RegExp;
  readonly open: (full: string) => FollowedPath;
  readonly note: FollowIo['note'];
}

/** A pattern: every file of such a name, also those that come later. */
export class MatchingPaths implements FollowedPaths {
  readonly isRequired = false;
  readonly #options: PatternOptions;
  /** In the order in which they came. */
  readonly #paths = new Map<string, FollowedPath>();
  #turn = 0;

  constructor(options: PatternOptions) {
    this.#options = options;
  }

  readonly isOfInterest = (name: string): boolean => this.#options.names.test(name);

  get isHolding(): boolean {
    return [...this.#paths.values()].some((one) => one.isHolding);
  }

  get isPending(): boolean {
    return [...this.#paths.values()].some((one) => one.isPending);
  }

  get place(): RowPlace | undefined {
    return [...this.#paths.values()].findLast((one) => one.place !== undefined)?.place;
  }

  async *look(touched: ReadonlySet<string>, report: (error: UserError) => void): AsyncGenerator<Batch> {
    await this.#find();
    const newest = [...this.#paths.keys()].at(-1);
    const turn = this.#nextTurn();
    for (const [name, one] of this.#paths) {
      if (one.isPaused && !touched.has(name) && !turn.has(name)) continue;
      yield* one.look(report);
      if (name !== newest && !one.isPaused && one.isQuiet) yield* one.pause(true);
    }
  }

  async close(): Promise<void> {
    for (const one of this.#paths.values()) await one.close();
  }

  /** Takes in files that are new: at the start in the order in which they were written. */
  async #find(): Promise<void> {
    const { file, folder, names, open, note } = this.#options;
    const isFirst = this.#turn === 0;
    const found = isFirst
      ? (await listFiles(folder, names)).map((one) => path.basename(one.path))
      : (await readdir(folder).catch(() => [])).filter((name) => names.test(name)).sort();
    for (const name of found)
      if (!this.#paths.has(name)) this.#paths.set(name, open(path.join(folder, name)));
    if (isFirst && found.length === 0)
      note(`${displayName(file)}: there is no file of such a name yet; it is read when it comes`);
  }

  /** The names whose turn it is. */
  #nextTurn(): ReadonlySet<string> {
    const names = [...this.#paths.keys()];
    const start = (this.#turn++ * closedAtOnce) % Math.max(1, names.length);
    return new Set(names.slice(start, start + closedAtOnce));
  }
}

/** Rotated files that are kept open at most. */
const mostOpen = 16;

/** Reads one name: the files behind it, one after the other. */
export class FollowedPath {
  readonly #context: TailContext;
  readonly #files: PathFiles;
  #problem: string | undefined;

  constructor(context: TailContext) {
    this.#context = context;
    this.#files = new PathFiles(context);
  }

  /** Whether rows are held back until a rotated file is complete. */
  get isHolding(): boolean {
    return this.#files.isHolding;
  }

  /** Whether there is more to find out than what is written. */
  get isPending(): boolean {
    return this.#files.isPending;
  }

  /** Where the next row will be read. */
  get place(): RowPlace | undefined {
    return this.#files.tails.at(-1)?.place;
  }

  /** Whether all of its files are closed. */
  get isPaused(): boolean {
    return this.#files.isPaused;
  }

  /** Whether nothing was written for long. */
  get isQuiet(): boolean {
    const now = this.#context.now();
    return this.#files.tails.every(({ changedAt }) => now - changedAt >= times.close);
  }

  /**
   * Reads all that is written now.
   *
   * @param report takes what is wrong with the file, once until it changes; what it throws ends the reading
   */
  async *look(report: (error: UserError) => void): AsyncGenerator<Batch> {
    let failure: unknown;
    try {
      if (!(await this.#files.find())) this.#await();
    } catch (error) {
      failure = error;
    }
    try {
      for (const unfound of this.#files.takeCut()) yield* unfound.finish();
      for (let cut = yield* this.#readAll(); cut !== undefined; cut = yield* this.#readAll())
        await this.#files.replace(cut);
    } catch (error) {
      failure ??= error;
    }
    if (failure !== undefined) this.#fail(readError(this.#context.name, failure, 'follow'), report);
    else if (this.#problem !== undefined && this.#files.tails.at(-1)?.isStarted === true) {
      this.#problem = undefined;
      this.#context.note(`${displayName(this.#context.name)}: it can be read now`);
    }
  }

  /** Closes files that were quiet for long; the last one is opened again when it changes. */
  async *pause(isOld: boolean): AsyncGenerator<Batch> {
    this.#files.pause();
    for (const tail of this.#files.tails) {
      if (isOld) yield* tail.finish();
      await this.#files.retire(tail);
    }
  }

  close(): Promise<void> {
    return this.#files.close();
  }

  #await(): void {
    if (this.#problem !== undefined) return;
    this.#problem = 'missing';
    this.#context.note(
      `${displayName(this.#context.name)}: there is no such file yet; it is read when it comes`,
    );
  }

  #fail(problem: UserError, report: (error: UserError) => void): void {
    if (problem.message === this.#problem) return;
    this.#problem = problem.message;
    report(problem);
  }

  /** Reads file after file; gives one that was truncated. */
  async *#readAll(): AsyncGenerator<Batch, Tail | undefined> {
    for (const tail of this.#files.tails) {
      const isLast = tail === this.#files.tails.at(-1);
      try {
        yield* tail.read();
      } catch (error) {
        if (!(error instanceof UserError)) await tail.reopen();
        // A rotated file that cannot be read must not hold back those after it.
        if (!isLast && (error instanceof UserError || tail.hasFailed)) {
          await this.#files.drop(tail);
        }
        tail.hasFailed = true;
        throw error;
      }
      if (tail.isTruncated) return tail;
      tail.hasFailed = false;
      if (isLast) continue;
      if (!this.#files.isComplete(tail)) return this.#truncatedAfter(tail);
      yield* this.#closeOld(tail);
    }
    return undefined;
  }

  /** Looks at the files whose rows are held back: one of them that was truncated. */
  async #truncatedAfter(tail: Tail): Promise<Tail | undefined> {
    const { tails } = this.#files;
    for (const later of tails.slice(tails.indexOf(tail) + 1)) {
      await later.look();
      if (later.isTruncated) return later;
    }
    return undefined;
  }

  /** Closes a rotated file that was read to its end, if nobody has written to it for long or many came after it. */
  async *#closeOld(tail: Tail): AsyncGenerator<Batch> {
    const { tails } = this.#files;
    const after = tails.length - 1 - tails.indexOf(tail);
    if (after <= mostOpen && this.#context.now() - tail.changedAt < times.close) return;
    yield* tail.finish();
    await this.#files.retire(tail);
  }
}
