// The names in a folder under which a log was written, or to which it was rotated.

import path from 'node:path';
import { linkTarget, mainOf, namesAtTarget, namesIn } from './glob.js';
import type { FollowContext } from './io.js';
import type { WatcherList } from './watcher-list.js';

/** Closed files of a pattern that are looked at each time, in turn: where the watch is deaf, they may be written all the same. */
const closedAtOnce = 16;

/** The names of a log in its folder, and behind links. */
export class FolderNames {
  readonly #context: FollowContext;
  /** Each with the name under which it was written. */
  #mains: ReadonlyMap<string, string> = new Map();
  #turn = 0;
  /** Where the name leads to, where it is a link. */
  target: string | undefined;

  constructor(context: FollowContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#mains.size === 0;
  }

  /** The name under which a file was written; undefined where none of this name is there. */
  mainOf(name: string): string | undefined {
    return this.#mains.get(name);
  }

  /**
   * Finds the names that are there now; gives those whose files are to be looked at: of a plain name all of them, of a pattern
   * those that are new, were touched, are open, or whose turn it is.
   */
  async look(list: WatcherList, touched: ReadonlySet<string> | 'all'): Promise<readonly string[]> {
    const before = this.#mains;
    const mains = new Map<string, string>();
    const { glob } = this.#context;
    for (const name of await namesIn(glob.folder)) {
      const main = before.get(name) ?? mainOf(name, glob);
      if (main !== undefined) mains.set(name, main);
    }
    if (!glob.isPattern) await this.#addLinked(mains, list);
    this.#mains = mains;
    const names = [...mains.keys()];
    if (touched === 'all' || !glob.isPattern || list.cut.size > 0) return names;
    const from = (this.#turn++ * closedAtOnce) % Math.max(1, names.length);
    const turn = new Set(names.slice(from, from + closedAtOnce));
    const open = new Set(list.all.filter((one) => one.isOpen || one.isPending).map((one) => one.name));
    return names.filter((name) => !before.has(name) || touched.has(name) || open.has(name) || turn.has(name));
  }

  /** Adds what stands where the name, as a link, led to before, and what that was rotated to. */
  async #addLinked(mains: Map<string, string>, list: WatcherList): Promise<void> {
    const { file, folder, isMain } = this.#context.glob;
    const main = path.basename(file);
    this.target = await linkTarget(path.join(folder, main));
    const now = this.target && path.relative(folder, this.target);
    const targets = new Set([...list.all, ...list.cut.keys()].map((one) => one.target));
    for (const target of targets) {
      const names = target === undefined ? [] : await namesAtTarget(target, folder);
      for (const name of names) if (name !== now && !isMain(name)) mains.set(name, main);
    }
  }
}
