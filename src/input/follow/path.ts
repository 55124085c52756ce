import { UserError } from '../../core/errors.js';
import type { Batch, RowPlace } from '../../core/row.js';
import { displayName, readError } from '../errors.js';
import { times } from './io.js';
import { PathFiles } from './path-files.js';
import type { Tail, TailContext } from './tail.js';

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
