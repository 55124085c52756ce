// Reads the files of a name or a pattern, the oldest first.

import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Batch } from '../../core/row.js';
import { type Checkpoint, hasMore } from './checkpoint.js';
import { FileProblems } from './file-problems.js';
import { Finder, mostRounds } from './finder.js';
import { isAbsence } from './glob.js';
import type { FollowContext } from './io.js';
import { Watcher } from './watcher.js';
import { WatcherList } from './watcher-list.js';

/** So many files are open at the same time, beside the one that is being read. */
const mostOpen = 64;
/** So many files are announced at once: writing each of thousands to the disk alone would take minutes. */
const announcedAtOnce = 250;

/** The watchers of one name or pattern: `find` looks at the folder, `read` gives what is written. */
export class Watchers {
  readonly #problems: FileProblems;
  readonly #file: string;
  readonly list: WatcherList;
  readonly #finder: Finder;
  /** Cut files that were given up: what came of a last line is still to be read. */
  readonly #forsaken: Watcher[] = [];
  readonly #open = new Set<Watcher>();
  readonly #now: () => number;

  /** @param checkpoints what earlier runs knew; thousands of them, and not kept */
  constructor(context: FollowContext, checkpoints: readonly Checkpoint[]) {
    const { glob } = context;
    this.#problems = new FileProblems(context);
    this.#file = glob.file;
    this.#now = context.now;
    const remembered: Watcher[] = [];
    for (const checkpoint of checkpoints) {
      const { path: full, id, size, mtimeNs } = checkpoint;
      const name = path.basename(full);
      if (path.dirname(full) !== glob.folder || !glob.isMain(name)) continue;
      // Where it is now has to be found.
      const file = { path: full, name, id, size, mtimeNs, isFile: true };
      const watcher = new Watcher(name, file, context, checkpoint);
      watcher.isPending = hasMore(checkpoint);
      remembered.push(watcher);
    }
    this.list = new WatcherList(remembered);
    this.#finder = new Finder(context, this.list, this.#problems);
  }

  /** Whether there is more to find out than what will be written. */
  get isPending(): boolean {
    return this.#finder.isUncertain || this.list.all.some((one) => one.isPending || one.rows.isWaiting);
  }

  /** The files that are to be read or read on now. */
  get pending(): readonly Watcher[] {
    return this.list.all.filter((one) => one.isPending);
  }

  /** Whether the name is a link: nobody is told of writes to what it leads to. */
  get isLink(): boolean {
    return this.list.current?.target !== undefined;
  }

  /**
   * Finds out what is in the folder now.
   *
   * @param touched names of files that were written since the last time
   * @throws the errors of the file system, for a folder in the place of the file too
   */
  async find(touched: ReadonlySet<string>): Promise<void> {
    this.#forsaken.push(...(await this.#finder.find(touched)));
  }

  /**
   * Reads all that is written now.
   *
   * @param report takes what is wrong with a file, once until it changes; what it throws ends the reading
   */
  async *read(report: (error: UserError) => void): AsyncGenerator<Batch> {
    for (const forsaken of this.#forsaken.splice(0)) {
      yield* forsaken.finish();
      await this.#closeOne(forsaken);
    }
    for (let round = 0; round < mostRounds; round++) {
      let isAnyCut = false;
      const toRead = this.list.all.filter((one) => one.isPending || one.isOpen);
      for (const [at, watcher] of toRead.entries()) {
        if (at % announcedAtOnce === 0)
          for (const next of toRead.slice(at, at + announcedAtOnce)) this.list.announce(next);
        try {
          yield* watcher.read();
          isAnyCut ||= watcher.isCut;
          if (watcher.isCut) this.list.setAside(watcher, this.#now());
          else yield* this.#closeQuiet(watcher);
          if (watcher.name === watcher.main && watcher.rows.isStarted) this.#problems.solve(watcher.shown);
        } catch (error) {
          await this.#failed(watcher, error, report);
        }
      }
      if (!isAnyCut) return;
      await this.find(new Set());
    }
  }

  /** Opens the current file and recognises it, without reading it; what it was cut to or from is found first. */
  async prepare(): Promise<boolean> {
    const { current: watcher } = this.list;
    if (watcher === undefined) return false;
    const isReady = await watcher.prepare();
    if (!watcher.isCut) return isReady;
    this.list.setAside(watcher, this.#now());
    await this.find(new Set());
    const { current } = this.list;
    return current !== undefined && current !== watcher && (await current.prepare());
  }

  /** Says what is wrong with the name itself, once until it changes; what `report` throws ends the reading. */
  complain(error: unknown, report: (error: UserError) => void): void {
    this.#problems.report(this.#file, error, report);
  }

  /** Nothing more is read: tells of what is nowhere, and closes all. */
  async close(): Promise<void> {
    const cut = [...this.list.cut.keys()];
    for (const watcher of cut) this.#problems.tellLost(watcher.checkpoint, watcher.shown);
    for (const watcher of [...this.list.all, ...cut, ...this.#forsaken]) {
      if (watcher.isOpen) await watcher.close();
    }
  }

  /** Closes a file to which nobody has written for long, and of many that are open the one that was opened first. */
  async *#closeQuiet(watcher: Watcher): AsyncGenerator<Batch> {
    if (!watcher.isOpen) {
      await this.#closeOne(watcher);
      return;
    }
    this.#open.add(watcher);
    if (watcher === this.list.current) return;
    if (watcher.isQuiet()) {
      yield* watcher.finish();
      await this.#closeOne(watcher);
    }
    const [first] = this.#open;
    if (first !== undefined && this.#open.size > mostOpen) await this.#closeOne(first);
  }

  async #closeOne(watcher: Watcher): Promise<void> {
    watcher.isAnnounced = false;
    this.#open.delete(watcher);
    if (watcher.isOpen) await watcher.close();
  }

  async #failed(watcher: Watcher, error: unknown, report: (error: UserError) => void): Promise<void> {
    if (!(error instanceof UserError)) {
      await watcher.fail();
      watcher.isPending = true;
      // Renamed or removed since it was found: the next look tells.
      if (isAbsence(error)) return;
    } else if (watcher !== this.list.current) {
      watcher.giveUp();
      await this.#closeOne(watcher);
    }
    const isRotated = watcher.name !== watcher.main;
    if (isRotated) this.#problems.warn(watcher.path, error);
    else this.#problems.report(watcher.shown, error, report);
  }
}
