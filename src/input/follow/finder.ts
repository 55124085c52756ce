// Finds the files of a name or a pattern in their folder, and gives each to its watcher.

import { UserError } from '../../core/errors.js';
import type { FileProblems } from './file-problems.js';
import { fingerprintAt, holds } from './fingerprint.js';
import { FolderNames } from './folder-names.js';
import { byAge, isCompressedName, type Listed, listed, uncompressedName } from './glob.js';
import { type FollowContext, times } from './io.js';
import { type Circumstances, type Comparison, type Fate, fateOf } from './rotation.js';
import { Watcher } from './watcher.js';
import type { WatcherList } from './watcher-list.js';

/** When the files of each name were last written before they were listed, and those of all names, in nanoseconds. */
interface LastWrites {
  readonly of: ReadonlyMap<string, bigint>;
  readonly all: bigint;
}

/** Later than any write. */
const newest = 2n ** 63n;
/** So often a look begins anew, since a file was cut. */
export const mostRounds = 10;

/** Looks at the folder: names only find files, and each file is one that was read before, under whatever name, or a new one. */
export class Finder {
  readonly #context: FollowContext;
  readonly #names: FolderNames;
  readonly #list: WatcherList;
  readonly #problems: FileProblems;
  /** Rotated files that are not to be read, id and last write, after so many cuts: one more puts all in question. */
  #leftAlone: { readonly cuts: number; readonly files: Set<string> } = { cuts: 0, files: new Set() };
  /** The latest write of all files that were ever found. */
  #latestNs = 0n;
  #hasLooked = false;
  #isFirst = true;
  /** The last look found something new: a folder that is changed while it is read may hide a name. */
  #isUncertain = true;

  constructor(context: FollowContext, list: WatcherList, problems: FileProblems) {
    this.#context = context;
    this.#names = new FolderNames(context);
    this.#list = list;
    this.#problems = problems;
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
    const { glob } = this.#context;
    if (!this.isUncertain && (await this.#areAsBefore(touched))) return [];
    const asked = await this.#names.look(this.#list, this.#isFirst ? 'all' : touched);
    let files = await listed(glob.folder, asked);
    for (let round = 0; round < mostRounds; round++) {
      const { cuts } = this.#list;
      await this.#match(files.filter(({ isFile }) => isFile).sort(byAge), new Set(asked));
      if (this.#list.cuts === cuts) break;
      files = await listed(glob.folder, asked);
    }
    this.#isFirst &&= this.#names.isEmpty;
    const isFolder = files.some(({ name, isFile }) => glob.isMain(name) && !isFile);
    if (isFolder && !glob.isPattern) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
    return this.#dropCut();
  }

  /** Whether all that was touched are files that are where they were, so that nobody needs to look at the folder. */
  async #areAsBefore(touched: ReadonlySet<string>): Promise<boolean> {
    if (touched.size === 0 || ![...touched].every((name) => this.#names.mainOf(name) === name)) return false;
    const files = await listed(this.#context.glob.folder, [...touched]);
    const found = files.map((file) => ({ file, watcher: this.#list.byId(file.id) }));
    if (files.length < touched.size || found.some(({ file, watcher }) => watcher?.name !== file.name))
      return false;
    for (const { file, watcher } of found) watcher?.found(file);
    return true;
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
    const isHere = (one: Watcher) =>
      here.has(one) || (!asked.has(one.name) && this.#names.mainOf(one.name) !== undefined);
    const missing = new Set(this.#list.all.filter((one) => !isHere(one) && !one.isCut));
    const since = this.#lastWrites();
    this.#isUncertain = false;
    for (const file of unknown) {
      // Renamed while we look, it is listed twice.
      if (this.#list.byId(file.id)?.isCut === false) continue;
      const fate = await this.#fate(file, { missing, since });
      if (fate.is === 'moved') missing.delete(fate.from);
      await this.#act(file, fate);
    }
    for (const { id, mtimeNs } of files) {
      const watcher = this.#list.byId(id);
      if (watcher === undefined) continue;
      watcher.sinceNs = mtimeNs;
      if (watcher.name === watcher.main) watcher.target = this.#names.target;
    }
    this.#dropMissing(missing);
  }

  /** Finds out what became of a file that no watcher has by its device and inode. */
  async #fate(
    file: Listed,
    { missing, since }: { readonly missing: ReadonlySet<Watcher>; readonly since: LastWrites },
  ): Promise<Fate<Watcher>> {
    const main = this.#names.mainOf(file.name) ?? file.name;
    const isRotated = main !== file.name;
    const isOfName = (one: Watcher) => one.main === main;
    const compared = new Map<Watcher, Comparison>();
    let looksForCuts = 0;
    let isCopy: boolean | undefined;
    for (;;) {
      const facts: Circumstances<Watcher> = {
        original: isRotated ? this.#list.all.find((one) => isOfName(one) && one.name === main) : undefined,
        lost: [...this.#list.cut.keys(), ...missing].filter(isOfName),
        isBeingCompressed: this.#names.mainOf(uncompressedName(file.name)) !== undefined,
        isLeftAlone: this.#isLeftAlone(file),
        isRewritten: this.#list.isRewritten(file.id),
        lastWriteNs: since.of.get(main) ?? since.all,
        looksForCuts,
        compared,
        isCopy,
      };
      const fate = fateOf({ ...file, main }, facts);
      if (fate.is !== 'unknown') return fate;
      if (fate.ask === 'cuts') {
        looksForCuts++;
        await this.#findCut(main);
      } else if (fate.ask === 'content') compared.set(fate.of, await this.#compare(file, fate.of));
      else isCopy = await this.#isCopy(file, fate.of);
    }
  }

  /** Acts on what became of a file. */
  async #act(file: Listed, fate: Fate<Watcher>): Promise<void> {
    if (fate.is === 'unfinished') return;
    const isCopy = fate.is === 'copy' && fate.isWhole;
    if (fate.is === 'old' || isCopy) this.#filesLeftAlone().add(`${file.id}:${file.mtimeNs}`);
    if (fate.is === 'old') {
      this.#filesLeftAlone().add(String(file.mtimeNs));
      return;
    }
    this.#isUncertain = true;
    if (fate.is === 'moved') await this.#list.move(fate.from, file);
    if (fate.is !== 'new') return;
    const main = this.#names.mainOf(file.name) ?? file.name;
    this.#list.add(new Watcher(main, file, this.#context));
  }

  #isLeftAlone({ id, name, mtimeNs }: Listed): boolean {
    const files = this.#filesLeftAlone();
    if (files.has(`${id}:${mtimeNs}`)) return true;
    // Compressing keeps the last write.
    return isCompressedName(name) && files.has(String(mtimeNs));
  }

  #filesLeftAlone(): Set<string> {
    const { cuts } = this.#list;
    if (this.#leftAlone.cuts !== cuts) this.#leftAlone = { cuts, files: new Set() };
    return this.#leftAlone.files;
  }

  /** Files of this name may have been cut just now: then a rotated one may be the copy that has their content. */
  async #findCut(main: string): Promise<void> {
    for (const watcher of this.#list.all) {
      if (watcher.main !== main || watcher.isCompressed) continue;
      if (!watcher.isCut) await watcher.verify().catch(() => undefined); // whoever reads it says what is wrong
      if (watcher.isCut) this.#list.setAside(watcher, this.#context.now());
    }
  }

  async #compare(file: Listed, { fingerprint: print, isFinished }: Watcher): Promise<Comparison> {
    if (print === undefined) return 'no';
    try {
      return await holds(file, print);
    } catch (error) {
      if (!(error instanceof UserError)) return 'no';
      if (!isFinished) this.#problems.warn(file.path, error);
      return 'unreadable';
    }
  }

  async #isCopy(file: Listed, original: Watcher): Promise<boolean> {
    const print = await fingerprintAt(original.path, file.size);
    return print !== undefined && (await holds(file, print).catch(() => 'no')) === 'yes';
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
    if (missing.size === 0 || this.#names.isEmpty) return;
    const now = this.#context.now();
    for (const watcher of missing) {
      watcher.goneAt ??= now;
      if (!this.#isFirst && (watcher.isOpen || now - watcher.goneAt < times.close)) continue;
      this.#list.drop(watcher);
      if (this.#isFirst) this.#problems.tellLost(watcher.checkpoint, watcher.shown);
    }
  }

  /** Files that were cut and whose content was found in no copy for a while. */
  #dropCut(): readonly Watcher[] {
    const dropped: Watcher[] = [];
    for (const [watcher, since] of this.#list.cut) {
      if (this.#context.now() - since < times.cut) continue;
      this.#list.cut.delete(watcher);
      dropped.push(watcher);
      this.#problems.tellLost(watcher.checkpoint, watcher.shown);
    }
    return dropped;
  }
}
