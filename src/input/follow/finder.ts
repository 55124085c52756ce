// Finds the files of a name or a pattern in their folder, and gives each to its watcher.

import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { FileProblems } from './file-problems.js';
import type { RowContext } from './file-rows.js';
import { holds } from './fingerprint.js';
import {
  byAge,
  isCompressedName,
  type Listed,
  linkTarget,
  listed,
  mainOf,
  namesAtTarget,
  namesIn,
  uncompressedName,
} from './glob.js';
import { times } from './io.js';
import { type Circumstances, type Fate, fateOf, type Held } from './rotation.js';
import { Watcher } from './watcher.js';
import type { WatcherList } from './watcher-list.js';

/** When the files of each name were last written before they were listed, and those of all names, in nanoseconds. */
interface LastWrites {
  readonly of: ReadonlyMap<string, bigint>;
  readonly all: bigint;
}

/** Later than any write. */
const newest = 2n ** 63n;
/** Closed files of a pattern that are looked at each time, in turn: where the watch is deaf, they may be written all the same. */
const closedAtOnce = 16;
/** So many files are listed at once, before the heap is tidied. */
const listedAtOnce = 250;
/** So often a look begins anew, since a file was cut. */
export const mostRounds = 10;

/** What a finder goes by. */
export interface FinderOptions {
  readonly context: RowContext & { readonly tidyHeap: () => void };
  readonly problems: FileProblems;
}

/** Looks at the folder: names only find files, and each file is one that was read before, under whatever name, or a new one. */
export class Finder {
  readonly #options: FinderOptions;
  readonly #list: WatcherList;
  /** The names in the folder, with that under which each was found. */
  #mains = new Map<string, string>();
  /** Rotated files that are not to be read: id and last write. */
  readonly #archive = new Set<string>();
  /** The same of copies, with how many files were cut by then. */
  readonly #copies = new Set<string>();
  /** The latest write of all files that were ever found. */
  #latestNs = 0n;
  #hasLooked = false;
  #isFirst = true;
  /** The last look found something new: a folder that is changed while it is read may hide a name. */
  #isUncertain = true;
  #turn = 0;
  /** Where the name leads to, where it is a link. */
  #target: string | undefined;

  constructor(options: FinderOptions, list: WatcherList) {
    this.#options = options;
    this.#list = list;
  }

  /** Whether the next look may find what the last one could not. */
  get isUncertain(): boolean {
    return this.#isUncertain || this.#list.cut.size > 0;
  }

  /**
   * Finds out what is in the folder now.
   *
   * @param touched names of files that were written since the last time
   * @returns files that were cut, and whose content was not found: what came of a last line is still to be read
   * @throws the errors of the file system, for a folder in the place of the file too
   */
  async find(touched: ReadonlySet<string>): Promise<readonly Watcher[]> {
    const { glob } = this.#options.context;
    if (!this.isUncertain && (await this.#areAsBefore(touched))) return [];
    const before = this.#mains;
    await this.#findNames(before);
    const asked = this.#namesToLookAt(before, touched);
    let files = await this.#listed(asked);
    for (let round = 0; round < mostRounds; round++) {
      const { cuts } = this.#list;
      await this.#match(files.filter(({ isFile }) => isFile).sort(byAge), new Set(asked));
      if (this.#list.cuts === cuts) break;
      files = await this.#listed(asked);
    }
    this.#isFirst &&= this.#mains.size === 0;
    const isFolder = files.some(({ name, isFile }) => glob.isMain(name) && !isFile);
    if (isFolder && !glob.isPattern) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
    return this.#dropCut();
  }

  /** Finds the names of all files, those behind links too. */
  async #findNames(before: ReadonlyMap<string, string>): Promise<void> {
    const { file, folder, isPattern, isMain } = this.#options.context.glob;
    this.#mains = new Map();
    for (const name of await namesIn(folder)) {
      const main = before.get(name) ?? mainOf(name, this.#options.context.glob);
      if (main !== undefined) this.#mains.set(name, main);
    }
    if (isPattern) return;
    const own = path.basename(file);
    this.#target = await linkTarget(path.join(folder, own));
    const now = this.#target && path.relative(folder, this.#target);
    const targets = new Set([...this.#list.all, ...this.#list.cut.keys()].map((one) => one.target));
    for (const target of targets) {
      const names = target === undefined ? [] : await namesAtTarget(target, folder);
      for (const name of names) if (name !== now && !isMain(name)) this.#mains.set(name, own);
    }
  }

  async #listed(names: readonly string[]): Promise<Listed[]> {
    const { context } = this.#options;
    const files: Listed[] = [];
    for (let at = 0; at < names.length; at += listedAtOnce) {
      files.push(...(await listed(context.glob.folder, names.slice(at, at + listedAtOnce))));
      context.tidyHeap();
    }
    return files;
  }

  /** Whether all that was touched are files that are where they were, so that nobody needs to look at the folder. */
  async #areAsBefore(touched: ReadonlySet<string>): Promise<boolean> {
    if (touched.size === 0 || ![...touched].every((name) => this.#mains.get(name) === name)) return false;
    const files = await listed(this.#options.context.glob.folder, [...touched]);
    const found = files.map((file) => ({ file, watcher: this.#list.byId(file.id) }));
    if (files.length < touched.size || found.some(({ file, watcher }) => watcher?.name !== file.name))
      return false;
    for (const { file, watcher } of found) watcher?.found(file);
    return true;
  }

  /** All names at the first look and under a plain name; then those that are new, were touched, are open, or whose turn it is. */
  #namesToLookAt(before: ReadonlyMap<string, string>, touched: ReadonlySet<string>): readonly string[] {
    const names = [...this.#mains.keys()];
    if (this.#isFirst || !this.#options.context.glob.isPattern || this.#list.cut.size > 0) return names;
    const from = (this.#turn++ * closedAtOnce) % Math.max(1, names.length);
    const turn = new Set(names.slice(from, from + closedAtOnce));
    const open = new Set(this.#list.all.filter((one) => one.isOpen || one.isPending).map((one) => one.name));
    return names.filter((name) => !before.has(name) || touched.has(name) || open.has(name) || turn.has(name));
  }

  /** Gives the files that are there, the oldest first, to their watchers; makes watchers for the others. */
  async #match(files: readonly Listed[], asked: ReadonlySet<string>): Promise<void> {
    const here = new Set<Watcher>();
    const unknown: Listed[] = [];
    for (const file of files) {
      const watcher = this.#list.byId(file.id);
      if (watcher === undefined || watcher.isCut) unknown.push(file);
      else {
        watcher.found(file);
        here.add(watcher);
      }
    }
    const isHere = (one: Watcher) => here.has(one) || (!asked.has(one.name) && this.#mains.has(one.name));
    const missing = new Set(this.#list.all.filter((one) => !isHere(one) && !one.isCut));
    const since = this.#lastWrites();
    this.#isUncertain = false;
    for (const file of unknown) {
      // Renamed while we look, it is listed twice.
      if (this.#list.byId(file.id)?.isCut === false) continue;
      const fate = await this.#fate(file, { missing, since });
      if (fate.is === 'moved') missing.delete(fate.from);
      await this.#settle(file, fate);
    }
    for (const { id, mtimeNs } of files) {
      const watcher = this.#list.byId(id);
      if (watcher === undefined) continue;
      watcher.sinceNs = mtimeNs;
      if (watcher.name === watcher.main) watcher.target = this.#target;
    }
    this.#dropMissing(missing);
  }

  /** Finds out what became of a file that no watcher has by its device and inode. */
  async #fate(
    file: Listed,
    { missing, since }: { readonly missing: ReadonlySet<Watcher>; readonly since: LastWrites },
  ): Promise<Fate<Watcher>> {
    const main = this.#mains.get(file.name) ?? file.name;
    const isRotated = main !== file.name;
    const isOfName = (one: Watcher) => one.main === main;
    const held = new Map<Watcher, Held>();
    let looksForCuts = 0;
    let isCopy: boolean | undefined;
    for (;;) {
      const facts: Circumstances<Watcher> = {
        original: isRotated ? this.#list.all.find((one) => isOfName(one) && one.name === main) : undefined,
        lost: [...this.#list.cut.keys(), ...missing].filter(isOfName),
        isBeingCompressed: this.#mains.has(uncompressedName(file.name)),
        isLeftAlone: this.#isArchived(file) || this.#copies.has(this.#copyKey(file)),
        isRewritten: this.#list.isRewritten(file.id),
        lastWriteNs: since.of.get(main) ?? since.all,
        ...{ looksForCuts, held, isCopy },
      };
      const fate = fateOf({ ...file, main }, facts);
      if (fate.is !== 'unknown') return fate;
      if (fate.ask === 'cuts') {
        looksForCuts++;
        await this.#findCut(main);
      } else if (fate.ask === 'held') held.set(fate.of, await this.#held(file, fate.of));
      else isCopy = await this.#isCopy(file, fate.of);
    }
  }

  /** Acts on what became of a file. */
  async #settle(file: Listed, fate: Fate<Watcher>): Promise<void> {
    const { context } = this.#options;
    if (fate.is === 'unfinished') return;
    if (fate.is === 'old') {
      this.#archive.add(keyOf(file)).add(String(file.mtimeNs));
      return;
    }
    this.#isUncertain = true;
    if (fate.is === 'moved') await this.#list.move(fate.from, file);
    if (fate.is === 'copy' && fate.isSettled) this.#copies.add(this.#copyKey(file));
    if (fate.is !== 'new') return;
    const main = this.#mains.get(file.name) ?? file.name;
    this.#list.add(new Watcher(main, file, context));
  }

  /** Compressing keeps the last write. */
  #isArchived(file: Listed): boolean {
    const isCompressed = isCompressedName(file.name);
    return this.#archive.has(keyOf(file)) || (isCompressed && this.#archive.has(String(file.mtimeNs)));
  }

  /** What a copy was found to be holds until a file is cut. */
  #copyKey(file: Listed): string {
    return `${this.#list.cuts} ${keyOf(file)}`;
  }

  /** Files of this name may have been cut just now: then a rotated one may be the copy that has their content. */
  async #findCut(main: string): Promise<void> {
    for (const watcher of this.#list.all) {
      if (watcher.main !== main || watcher.isCompressed) continue;
      if (!watcher.isCut) await watcher.verify().catch(() => undefined); // whoever reads it says what is wrong
      if (watcher.isCut) this.#list.setAside(watcher, this.#options.context.now());
    }
  }

  async #held(file: Listed, { fingerprint: print, isFinished }: Watcher): Promise<Held> {
    if (print === undefined) return 'no';
    try {
      return await holds(file, print);
    } catch (error) {
      if (!(error instanceof UserError)) return 'no';
      if (!isFinished) this.#options.problems.warn(file.path, error);
      return 'unreadable';
    }
  }

  async #isCopy(file: Listed, original: Watcher): Promise<boolean> {
    const print = await original.fingerprintOf(file.size);
    return print !== undefined && (await holds(file, print)) === 'yes';
  }

  /**
   * The last write of each name that was seen when its files were last listed: what was rotated away since is not older. Of names
   * that nobody knows, what was there at the first look is left alone.
   */
  #lastWrites(): LastWrites {
    const of = new Map<string, bigint>();
    for (const { main, sinceNs } of [...this.#list.all, ...this.#list.cut.keys()]) {
      if (sinceNs >= (of.get(main) ?? sinceNs)) of.set(main, sinceNs);
      if (sinceNs > this.#latestNs) this.#latestNs = sinceNs;
    }
    const all = this.#hasLooked || this.#latestNs > 0n ? this.#latestNs : newest;
    this.#hasLooked = true;
    return { of, all };
  }

  /** Files that are found nowhere: at the start they are told; later they are forgotten, after they were read to their ends. */
  #dropMissing(missing: ReadonlySet<Watcher>): void {
    if (missing.size === 0 || this.#mains.size === 0) return;
    const now = this.#options.context.now();
    const dropped = new Set<Watcher>();
    for (const watcher of missing) {
      watcher.goneAt ??= now;
      if (!this.#isFirst && (watcher.isOpen || now - watcher.goneAt < times.close)) continue;
      dropped.add(watcher);
      if (this.#isFirst) this.#options.problems.tellLost(watcher.checkpoint, watcher.shown);
    }
    this.#list.drop(dropped);
  }

  /** Files that were cut and whose content was found in no copy for a while. */
  #dropCut(): readonly Watcher[] {
    const dropped: Watcher[] = [];
    for (const [watcher, since] of this.#list.cut) {
      if (this.#options.context.now() - since < times.cut) continue;
      this.#list.giveUp(watcher);
      dropped.push(watcher);
      this.#options.problems.tellLost(watcher.checkpoint, watcher.shown);
    }
    return dropped;
  }
}

/** A file as it is now. */
function keyOf({ id, mtimeNs }: Listed): string {
  return `${id}:${mtimeNs}`;
}
