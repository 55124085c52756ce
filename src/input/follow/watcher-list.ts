// The watchers of a name or a pattern, in order of age, and what is to be remembered of their files.

import type { RowPlace } from '../../core/row.js';
import type { Attention, FileState } from './checkpoint.js';
import type { Listed } from './glob.js';
import type { Watcher } from './watcher.js';

/** A file of which it is remembered how far it is done; the ranges of its rows name it. */
export interface TrackedFile {
  /** What is known of it now; undefined where its content is no longer there. */
  readonly state: () => FileState | undefined | Promise<FileState | undefined>;
  /** Whether more of it may be read before it is opened again. */
  readonly isAnnounced: boolean;
}

/** A file that is about to be read. */
export interface OpenedSource {
  readonly source: TrackedFile;
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
  /** Those whose file has their content, as far as is known, by device and inode, in order of age. */
  readonly #byId: Map<string, Watcher>;
  /** Files that were cut, whose content is looked for, and since when by our clock. */
  readonly cut = new Map<Watcher, number>();
  /** The ids of files in which something new began, whatever name they have now. */
  readonly #rewritten = new Set<string>();
  #opened: OpenedSource[] = [];
  #removed: string[] = [];
  /** How many files were found cut. */
  cuts = 0;

  /** @param watchers of files that earlier runs knew */
  constructor(watchers: readonly Watcher[]) {
    const byAge = watchers.toSorted((one, other) => (one.mtimeNs < other.mtimeNs ? -1 : 1));
    this.#byId = new Map(byAge.map((one) => [one.id, one]));
  }

  get all(): readonly Watcher[] {
    return [...this.#byId.values()];
  }

  /** The file that the name leads to; of a pattern, the newest. */
  get current(): Watcher | undefined {
    return this.all.findLast(({ name, main }) => name === main);
  }

  /** The watcher of a file by its device and inode; undefined where its content is no longer there. */
  byId(id: string): Watcher | undefined {
    return this.#byId.get(id);
  }

  add(watcher: Watcher): void {
    this.#byId.set(watcher.id, watcher);
    this.#rewritten.delete(watcher.id);
  }

  isRewritten(id: string): boolean {
    return this.#rewritten.has(id);
  }

  /** A file was cut: its content has to be found. */
  setAside(watcher: Watcher, now: number): void {
    this.cut.set(watcher, now);
    this.#rewritten.add(watcher.id);
    this.cuts++;
    this.#forget(watcher);
  }

  /** The content of a watcher stands in another file: it is read on there. */
  async move(watcher: Watcher, file: Listed): Promise<void> {
    this.#removed.push(watcher.checkpointName);
    this.cut.delete(watcher);
    this.#forget(watcher);
    await watcher.moveTo(file);
    this.add(watcher);
    watcher.isAnnounced = false;
    this.announce(watcher, true);
  }

  /** A file is gone for good: there is to be no checkpoint of it. */
  drop(watcher: Watcher): void {
    this.#removed.push(watcher.checkpointName);
    watcher.isAnnounced = false;
    this.#forget(watcher);
  }

  /** A file is read from now on: there is to be a checkpoint of it. */
  announce(watcher: Watcher, isMoved = false): void {
    if (watcher.isAnnounced) return;
    watcher.isAnnounced = true;
    const { place: doneTo, again: attention, isFirstPass } = watcher.rows;
    const isNew = isMoved || watcher.checkpoint?.isWhole === true || isFirstPass;
    this.#opened.push({ source: watcher, doneTo, attention, isNew });
  }

  takeChanges(): SourceChanges {
    const changes = { opened: this.#opened, removed: this.#removed };
    this.#opened = [];
    this.#removed = [];
    return changes;
  }

  #forget(watcher: Watcher): void {
    if (this.#byId.get(watcher.id) === watcher) this.#byId.delete(watcher.id);
  }
}
