// The watchers of a name or a pattern, in order of age, and what is to be remembered of their files.

import type { RowPlace } from '../../core/row.js';
import type { Attention, FileState } from './checkpoint.js';
import type { Listed } from './glob.js';
import type { Watcher } from './watcher.js';

/** A file that is about to be read. */
export interface OpenedSource {
  /** What the ranges of its rows name. */
  readonly source: object;
  /** What is known of it now; undefined where its content is no longer there. */
  readonly state: () => FileState | undefined | Promise<FileState | undefined>;
  /** Whether more of it may be read before it is opened again. */
  readonly isOpen: () => boolean;
  readonly doneTo: RowPlace;
  readonly attention: readonly Attention[];
  /** Nothing is remembered of it, or it was somewhere else. */
  readonly isNew: boolean;
}

/** What has changed about the files of a glob since it was asked last. */
export interface SourceChanges {
  readonly opened: readonly OpenedSource[];
  /** Names of checkpoints whose file is gone, or has moved. */
  readonly removed: readonly string[];
}

/** The watchers of one name or pattern; each file is one watcher's. */
export class WatcherList {
  #all: Watcher[];
  readonly #byId = new Map<string, Watcher>();
  /** Files that were cut, whose content is looked for, and since when by our clock. */
  readonly #cut = new Map<Watcher, number>();
  /** The ids of files in which something new began, whatever name they have now. */
  readonly #rewritten = new Set<string>();
  readonly #announced = new Set<Watcher>();
  #opened: OpenedSource[] = [];
  #removed: string[] = [];
  /** How many files were found cut. */
  cuts = 0;

  /** @param watchers of files that earlier runs knew */
  constructor(watchers: readonly Watcher[]) {
    this.#all = watchers.toSorted((one, other) => (one.mtimeNs < other.mtimeNs ? -1 : 1));
    for (const watcher of this.#all) this.#byId.set(watcher.id, watcher);
  }

  /** Those whose file has their content, as far as is known. */
  get all(): readonly Watcher[] {
    return this.#all;
  }

  get cut(): ReadonlyMap<Watcher, number> {
    return this.#cut;
  }

  /** The file that the name leads to; of a pattern, the newest. */
  get current(): Watcher | undefined {
    return this.#all.findLast(({ name, main }) => name === main);
  }

  /** The watcher of a file by its device and inode; undefined where its content is no longer there. */
  byId(id: string): Watcher | undefined {
    return this.#byId.get(id);
  }

  add(watcher: Watcher): void {
    this.#all.push(watcher);
    this.#byId.set(watcher.id, watcher);
    this.#rewritten.delete(watcher.id);
  }

  isRewritten(id: string): boolean {
    return this.#rewritten.has(id);
  }

  /** A file was cut: its content has to be found. */
  setAside(watcher: Watcher, now: number): void {
    this.#cut.set(watcher, now);
    this.#rewritten.add(watcher.id);
    this.cuts++;
    this.#forget(new Set([watcher]));
  }

  /** The content of a watcher stands in another file: it is read on there. */
  async move(watcher: Watcher, file: Listed): Promise<void> {
    this.#removed.push(watcher.checkpointName);
    this.#cut.delete(watcher);
    this.#forget(new Set([watcher]));
    await watcher.moveTo(file);
    this.add(watcher);
    this.#announced.delete(watcher);
    this.announce(watcher, true);
  }

  /** Files that are gone for good: there are to be no checkpoints of them. */
  drop(gone: ReadonlySet<Watcher>): void {
    for (const one of gone) this.#removed.push(one.checkpointName);
    this.#forget(gone);
  }

  /** The content of a file that was cut is not looked for any longer. */
  giveUp(watcher: Watcher): void {
    this.#cut.delete(watcher);
  }

  /** A file is read from now on: there is to be a checkpoint of it. */
  announce(watcher: Watcher, isMoved = false): void {
    if (this.#announced.has(watcher)) return;
    this.#announced.add(watcher);
    this.#opened.push({
      source: watcher,
      state: () => watcher.state,
      isOpen: () => this.#announced.has(watcher),
      doneTo: watcher.rows.place,
      attention: watcher.rows.again,
      isNew: isMoved || watcher.checkpoint?.isWhole === true || watcher.rows.isFirstPass,
    });
  }

  /** No more is read of a file before it is announced again. */
  retire(watcher: Watcher): void {
    this.#announced.delete(watcher);
  }

  takeChanges(): SourceChanges {
    const changes = { opened: this.#opened, removed: this.#removed };
    this.#opened = [];
    this.#removed = [];
    return changes;
  }

  #forget(gone: ReadonlySet<Watcher>): void {
    if (gone.size === 0) return;
    for (const one of gone) if (this.#byId.get(one.id) === one) this.#byId.delete(one.id);
    this.#all = this.#all.filter((one) => !gone.has(one));
  }
}
