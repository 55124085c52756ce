// The watchers of a name or a pattern: finds files, and which of them were read before.

import path from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Batch, RowPlace } from '../../core/row.js';
import { type Attention, type Checkpoint, checkpointName, type FileState, hasMore } from './checkpoint.js';
import { holds } from './content.js';
import { FileProblems } from './file-problems.js';
import type { Fingerprint } from './fingerprint.js';
import { FoundAs, type Place } from './found-as.js';
import {
  byAge,
  type Glob,
  isAbsence,
  isCompressedName,
  type Listed,
  listed,
  mainOf,
  namesIn,
  uncompressedName,
} from './glob.js';
import { times } from './io.js';
import { Watcher, type WatcherContext } from './watcher.js';

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

export interface WatchersOptions {
  readonly glob: Glob;
  /** What the user gave. */
  readonly file: string;
  readonly context: WatcherContext & { readonly tidyHeap: () => void };
}

/** When the files of each name were last written before they were listed, and those of all names, in nanoseconds. */
interface LastWrites {
  readonly of: ReadonlyMap<string, bigint>;
  readonly all: bigint;
}

/** Later than any write. */
const newest = 2n ** 63n;
/** A folder that is changed while it is listed may hide a name; it is found in doubt when it was written so much earlier. */
const marginNs = 60_000_000_000n;
/** So many files are open at the same time, beside the one that is being read. */
const mostOpen = 64;
/** Closed files of a pattern that are looked at each time, in turn: where the watch is deaf, they may be written all the same. */
const closedAtOnce = 16;
/** So many files are listed, or announced at once: writing each of thousands to the disk alone would take minutes. */
const atOnce = 250;
/** So often a look begins anew, since a file was cut. */
const mostRounds = 10;

/**
 * The watchers of one name or pattern, in order of age. `find` looks at the folder: names only find files, and each file is the
 * one that was read before, under whatever name and compressed or not, or a new one.
 */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #place: Place;
  #all: Watcher[];
  readonly #byId = new Map<string, Watcher>();
  /** The names in the folder, with that under which each was found. */
  #mains = new Map<string, string>();
  /** Rotated files that are not to be read: id and last write. Those of copies are forgotten when a file is cut. */
  readonly #archive = new Set<string>();
  readonly #copies = new Set<string>();
  /** Files that were cut, whose content is looked for, and since when by our clock. */
  readonly #cut = new Map<Watcher, number>();
  /** How many files were found cut. */
  #cuts = 0;
  /** The ids of files in which something new began, whatever name they have now. */
  readonly #rewritten = new Set<string>();
  /** Cut files that were given up: what came of a last line is still to be read. */
  #forsaken: Watcher[] = [];
  readonly #open = new Set<Watcher>();
  readonly #announced = new Set<Watcher>();
  readonly #problems: FileProblems;
  #opened: OpenedSource[] = [];
  #removed: string[] = [];
  /** The latest write of all files that were ever found. */
  #latestNs = 0n;
  #hasLooked = false;
  #isFirst = true;
  /** The last look found something new: a folder that is changed while it is read may hide a name. */
  #isUncertain = true;
  #turn = 0;

  /** @param checkpoints what earlier runs knew; thousands of them, and not kept */
  constructor(options: WatchersOptions, checkpoints: readonly Checkpoint[]) {
    this.#options = options;
    const { isMain, folder, isPattern } = options.glob;
    this.#place = { folder, file: options.file, isPattern };
    this.#problems = new FileProblems(options.context);
    this.#all = checkpoints
      .filter(({ path: full }) => path.dirname(full) === folder && isMain(path.basename(full)))
      .map((checkpoint) => this.#remembered(checkpoint));
    this.#all.sort((one, other) => (one.mtimeNs < other.mtimeNs ? -1 : 1));
    for (const watcher of this.#all) this.#byId.set(watcher.id, watcher);
  }

  /** Whether there is more to find out than what will be written. */
  get isPending(): boolean {
    return this.#isUncertain || this.#cut.size > 0 || this.#all.some((one) => one.isPending || one.isHolding);
  }

  /** Whether any file of such a name is there. */
  get isEmpty(): boolean {
    return this.#mains.size === 0;
  }

  /** The files that are to be read or read on now. */
  get pending(): readonly Watcher[] {
    return this.#all.filter((one) => one.isPending);
  }

  /** The file that the name leads to; of a pattern, the newest. */
  get current(): Watcher | undefined {
    return this.#all.findLast(({ name, as }) => name === as.name);
  }

  takeChanges(): SourceChanges {
    const changes = { opened: this.#opened, removed: this.#removed };
    this.#opened = [];
    this.#removed = [];
    return changes;
  }

  /**
   * Finds out what is in the folder now.
   *
   * @param touched names of files that were written since the last time
   * @throws the errors of the file system, for a folder in the place of the file too
   */
  async find(touched: ReadonlySet<string>): Promise<void> {
    const { glob } = this.#options;
    if (!this.#isUncertain && this.#cut.size === 0 && (await this.#areAsBefore(touched))) return;
    const before = this.#mains;
    this.#mains = new Map();
    for (const name of await namesIn(glob.folder)) {
      const main = before.get(name) ?? mainOf(name, glob);
      if (main !== undefined) this.#mains.set(name, main);
    }
    const asked = this.#namesToLookAt(before, touched);
    let files = await this.#listed(asked);
    for (let round = 0; round < mostRounds; round++) {
      const wereCut = this.#cuts;
      await this.#match(files.filter(({ isFile }) => isFile).sort(byAge), new Set(asked));
      if (this.#cuts === wereCut) break;
      files = await this.#listed(asked);
    }
    this.#isFirst &&= this.isEmpty;
    const isFolder = files.some(({ name, isFile }) => glob.isMain(name) && !isFile);
    if (isFolder && !glob.isPattern) throw Object.assign(new Error('no regular file'), { code: 'EISDIR' });
  }

  /**
   * Reads all that is written now.
   *
   * @param report takes what is wrong with a file, once until it changes; what it throws ends the reading
   */
  async *read(report: (error: UserError) => void): AsyncGenerator<Batch> {
    for (const forsaken of this.#forsaken.splice(0)) {
      yield* forsaken.finish();
      await forsaken.close();
    }
    for (let round = 0; round < mostRounds; round++) {
      let isAnyCut = false;
      const toRead = this.#all.filter((one) => one.isPending || one.isOpen);
      for (const [at, watcher] of toRead.entries()) {
        if (at % atOnce === 0) for (const next of toRead.slice(at, at + atOnce)) this.announce(next);
        try {
          yield* watcher.read();
          isAnyCut ||= watcher.isCut;
          if (watcher.isCut) this.#setAside(watcher);
          else yield* this.#closeQuiet(watcher);
          if (watcher.name === watcher.as.name && watcher.isStarted) this.#problems.solve(watcher.as.shown);
        } catch (error) {
          await this.#failed(watcher, error, report);
        }
      }
      if (!isAnyCut) return;
      await this.find(new Set());
    }
  }

  /** Opens a file and recognises it, without reading it; what it was cut to or from is found first. */
  async prepare(watcher: Watcher): Promise<boolean> {
    const isReady = await watcher.prepare();
    if (!watcher.isCut) return isReady;
    this.#setAside(watcher);
    await this.find(new Set());
    const { current } = this;
    return current !== undefined && current !== watcher && (await current.prepare());
  }

  /** Says what is wrong with the name itself, once until it changes; what `report` throws ends the reading. */
  complain(error: unknown, report: (error: UserError) => void): void {
    this.#problems.report(this.#options.file, error, report);
  }

  /** Nothing more is read: tells of what is nowhere, and closes all. */
  async close(): Promise<void> {
    for (const watcher of this.#cut.keys()) this.#problems.tellLost(watcher.checkpoint, watcher.as.shown);
    for (const watcher of [...this.#all, ...this.#cut.keys(), ...this.#forsaken]) {
      if (watcher.isOpen) await watcher.close();
    }
  }

  /** A file as an earlier run knew it; where it is now has to be found. */
  #remembered(checkpoint: Checkpoint): Watcher {
    const { path: full, id, size, mtimeNs } = checkpoint;
    const name = path.basename(full);
    const watcher = new Watcher(
      new FoundAs(name, this.#place),
      { path: full, name, id, size, mtimeNs, isFile: true },
      this.#options.context,
      checkpoint,
    );
    watcher.isPending = hasMore(checkpoint);
    return watcher;
  }

  async #listed(names: readonly string[]): Promise<Listed[]> {
    const { glob, context } = this.#options;
    const files: Listed[] = [];
    for (let at = 0; at < names.length; at += atOnce) {
      files.push(...(await listed(glob.folder, names.slice(at, at + atOnce))));
      context.tidyHeap();
    }
    return files;
  }

  /** Whether all that was touched are files that are where they were, so that nobody needs to look at the folder. */
  async #areAsBefore(touched: ReadonlySet<string>): Promise<boolean> {
    if (touched.size === 0 || ![...touched].every((name) => this.#mains.get(name) === name)) return false;
    const files = await listed(this.#options.glob.folder, [...touched]);
    const found = files.map((file) => ({ file, watcher: this.#byId.get(file.id) }));
    if (files.length < touched.size || found.some(({ file, watcher }) => watcher?.name !== file.name))
      return false;
    for (const { file, watcher } of found) watcher?.found(file);
    return true;
  }

  /** All names at the first look and under a plain name; then those that are new, were touched, are open, or whose turn it is. */
  #namesToLookAt(before: ReadonlyMap<string, string>, touched: ReadonlySet<string>): readonly string[] {
    const names = [...this.#mains.keys()];
    if (this.#isFirst || !this.#options.glob.isPattern || this.#cut.size > 0) return names;
    const from = (this.#turn++ * closedAtOnce) % Math.max(1, names.length);
    const turn = new Set(names.slice(from, from + closedAtOnce));
    const open = new Set(this.#all.filter((one) => one.isOpen || one.isPending).map((one) => one.name));
    return names.filter((name) => !before.has(name) || touched.has(name) || open.has(name) || turn.has(name));
  }

  /** Gives the files that are there, the oldest first, to their watchers; makes watchers for the others. */
  async #match(files: readonly Listed[], asked: ReadonlySet<string>): Promise<void> {
    const here = new Set<Watcher>();
    const unknown: Listed[] = [];
    for (const file of files) {
      const watcher = this.#byId.get(file.id);
      if (watcher === undefined || watcher.isCut) unknown.push(file);
      else {
        watcher.found(file);
        here.add(watcher);
      }
    }
    const isHere = (one: Watcher) => {
      const name = one.name;
      return here.has(one) || (!asked.has(name) && this.#mains.has(name));
    };
    const missing = new Set(this.#all.filter((one) => !isHere(one) && !one.isCut));
    const since = this.#lastWrites();
    let isNews = false;
    for (const file of unknown) {
      const isTaken = await this.#take(file, { missing, since });
      isNews ||= isTaken;
    }
    for (const file of files) {
      const watcher = this.#byId.get(file.id);
      if (watcher !== undefined) watcher.sinceNs = file.mtimeNs;
    }
    this.#isUncertain = isNews;
    this.#dropMissing(missing);
    this.#dropCut();
  }

  /** Takes in a file that no watcher has by its device and inode; false where it is not to be read. */
  async #take(
    file: Listed,
    { missing, since }: { readonly missing: Set<Watcher>; readonly since: LastWrites },
  ): Promise<boolean> {
    const main = this.#mains.get(file.name) ?? file.name;
    const isMain = main === file.name;
    // Renamed while we look, it is listed twice.
    if (this.#byId.get(file.id)?.isCut === false) return false;
    const key = `${file.id}:${file.mtimeNs}`;
    // Compressing keeps the last write.
    const isArchived =
      this.#archive.has(key) || (isCompressedName(file.name) && this.#archive.has(String(file.mtimeNs)));
    if (!isMain && (isArchived || this.#copies.has(key))) return false;
    // What is being compressed is not complete, and its content still is where it was.
    if (isCompressedName(file.name) && this.#mains.has(uncompressedName(file.name))) return false;
    if (!isMain) await this.#findCut(main);
    const found = await this.#moveHolder(file, main, missing);
    if (found !== 'nobody') return true;
    const copy = isMain || isCompressedName(file.name) ? 'no' : await this.#isCopy(file, main);
    if (copy === 'read') this.#copies.add(key);
    if (copy !== 'no') return true;
    // It may have been cut meanwhile: what was a copy of it is then where its content is.
    if (!isMain && (await this.#findCut(main))) {
      const late = await this.#moveHolder(file, main, missing);
      if (late !== 'nobody') return true;
    }
    if (
      !isMain &&
      !this.#rewritten.delete(file.id) &&
      file.mtimeNs < (since.of.get(main) ?? since.all) - marginNs
    ) {
      this.#archive.add(key).add(String(file.mtimeNs));
      return false;
    }
    const watcher = new Watcher(new FoundAs(main, this.#place), file, this.#options.context);
    this.#all.push(watcher);
    this.#byId.set(file.id, watcher);
    return true;
  }

  /** Files of this name may have been cut just now: then a rotated one may be the copy that has their content. True for any. */
  async #findCut(main: string): Promise<boolean> {
    const full = path.join(this.#options.glob.folder, main);
    let isAny = false;
    for (const watcher of this.#all) {
      if (watcher.as.main !== full || watcher.isCompressed) continue;
      if (!watcher.isCut) await watcher.verify().catch(() => undefined); // whoever reads it says what is wrong
      if (!watcher.isCut) continue;
      this.#setAside(watcher);
      isAny = true;
    }
    return isAny;
  }

  /**
   * Has the watcher whose content a file holds read on there, of those whose own file was cut or is nowhere: that of which most
   * was read. `unknown` where the file was renamed while we looked.
   */
  async #moveHolder(
    file: Listed,
    main: string,
    missing: Set<Watcher>,
  ): Promise<'moved' | 'nobody' | 'unknown'> {
    const full = path.join(this.#options.glob.folder, main);
    const candidates = [...this.#cut.keys(), ...missing]
      .filter(({ as }) => as.main === full)
      .sort((one, other) => (other.fingerprint?.bytes ?? 0) - (one.fingerprint?.bytes ?? 0));
    for (const watcher of candidates) {
      const holds = await this.#isHeldBy(file, watcher);
      if (holds === undefined) return 'unknown';
      if (!holds) continue;
      missing.delete(watcher);
      await this.#move(watcher, file);
      return 'moved';
    }
    return 'nobody';
  }

  async #isHeldBy(file: Listed, watcher: Watcher): Promise<boolean | undefined> {
    const isCompressed = isCompressedName(file.name);
    if (!watcher.isCut && isCompressed && watcher.isAsOldAs(file)) return true;
    const print = watcher.fingerprint;
    if (print === undefined || (isCompressed && file.mtimeNs < watcher.mtimeNs)) return false;
    return this.#holds(file, print);
  }

  async #holds(file: Listed, print: Fingerprint): Promise<boolean | undefined> {
    try {
      return await holds(file, print);
    } catch (error) {
      if (error instanceof UserError) this.#problems.warn(file.path, error);
      return false;
    }
  }

  /** Whether a rotated file is a copy of the one that the name leads to, which is not cut yet, and whether all of it was read there. */
  async #isCopy(file: Listed, main: string): Promise<'no' | 'unread' | 'read'> {
    // Of an empty one the copying has only begun.
    if (file.size === 0) return 'read';
    const full = path.join(this.#options.glob.folder, main);
    const original = this.#all.find((one) => one.path === full && !one.isCut);
    if (original === undefined || file.size > original.size) return 'no';
    const print = await original.fingerprintOf(file.size);
    if (print === undefined || (await this.#holds(file, print)) !== true) return 'no';
    return original.bytesRead < file.size ? 'unread' : 'read';
  }

  /**
   * The last write of each name that was seen when its files were last listed: what was rotated away since is not older. Of names
   * that nobody knows, what was there at the first look is left alone.
   */
  #lastWrites(): LastWrites {
    const of = new Map<string, bigint>();
    for (const { as, sinceNs } of [...this.#all, ...this.#cut.keys()]) {
      const main = as.name;
      if (sinceNs >= (of.get(main) ?? sinceNs)) of.set(main, sinceNs);
      if (sinceNs > this.#latestNs) this.#latestNs = sinceNs;
    }
    const all = this.#hasLooked || this.#latestNs > 0n ? this.#latestNs : newest;
    this.#hasLooked = true;
    return { of, all };
  }

  async #move(watcher: Watcher, file: Listed): Promise<void> {
    this.#removed.push(checkpointName({ path: watcher.as.main, id: watcher.id }));
    if (this.#byId.get(watcher.id) === watcher) this.#byId.delete(watcher.id);
    this.#cut.delete(watcher);
    await watcher.moveTo(file);
    this.#byId.set(file.id, watcher);
    if (!this.#all.includes(watcher)) this.#all.push(watcher);
    this.#announced.delete(watcher);
    this.announce(watcher, true);
  }

  /** It is read from now on: there is to be a checkpoint of it. */
  announce(watcher: Watcher, isMoved = false): void {
    if (this.#announced.has(watcher)) return;
    this.#announced.add(watcher);
    this.#opened.push({
      source: watcher,
      state: () => watcher.state(),
      isOpen: () => this.#announced.has(watcher),
      doneTo: watcher.place,
      attention: watcher.again,
      isNew: isMoved || watcher.checkpoint?.isWhole === true || watcher.isUnread,
    });
  }

  #setAside(watcher: Watcher): void {
    this.#cut.set(watcher, this.#options.context.now());
    this.#rewritten.add(watcher.id);
    this.#cuts++;
    this.#copies.clear();
    if (this.#byId.get(watcher.id) === watcher) this.#byId.delete(watcher.id);
    this.#all = this.#all.filter((one) => one !== watcher);
  }

  /** Files that are found nowhere: at the start they are told; later they are forgotten, after they were read to their ends. */
  #dropMissing(missing: ReadonlySet<Watcher>): void {
    if (missing.size === 0 || this.isEmpty) return;
    const now = this.#options.context.now();
    const dropped = new Set<Watcher>();
    for (const watcher of missing) {
      watcher.goneAt ??= now;
      if (!this.#isFirst && (watcher.isOpen || now - watcher.goneAt < times.close)) continue;
      dropped.add(watcher);
      if (this.#isFirst) this.#problems.tellLost(watcher.checkpoint, watcher.as.shown);
      if (this.#byId.get(watcher.id) === watcher) this.#byId.delete(watcher.id);
      this.#removed.push(checkpointName({ path: watcher.as.main, id: watcher.id }));
    }
    if (dropped.size > 0) this.#all = this.#all.filter((one) => !dropped.has(one));
  }

  /** Files that were cut and whose content was found in no copy for a while. */
  #dropCut(): void {
    for (const [watcher, since] of this.#cut) {
      if (this.#options.context.now() - since < times.cut) continue;
      this.#cut.delete(watcher);
      this.#forsaken.push(watcher);
      this.#problems.tellLost(watcher.checkpoint, watcher.as.shown);
    }
  }

  /** Closes a file to which nobody has written for long, and of many that are open the one that was opened first. */
  async *#closeQuiet(watcher: Watcher): AsyncGenerator<Batch> {
    if (!watcher.isOpen) {
      await this.#closeOne(watcher);
      return;
    }
    this.#open.add(watcher);
    if (watcher === this.current) return;
    if (watcher.isQuiet()) {
      yield* watcher.finish();
      await this.#closeOne(watcher);
    }
    const [first] = this.#open;
    if (first !== undefined && this.#open.size > mostOpen) await this.#closeOne(first);
  }

  async #closeOne(watcher: Watcher): Promise<void> {
    this.#announced.delete(watcher);
    this.#open.delete(watcher);
    if (watcher.isOpen) await watcher.close();
  }

  async #failed(watcher: Watcher, error: unknown, report: (error: UserError) => void): Promise<void> {
    if (!(error instanceof UserError)) {
      await watcher.fail();
      watcher.isPending = true;
      // Renamed or removed since it was found: the next look tells.
      if (isAbsence(error)) return;
    } else if (watcher !== this.current) {
      watcher.giveUp();
      await this.#closeOne(watcher);
    }
    const isRotated = watcher.name !== watcher.as.name;
    if (isRotated) this.#problems.warn(watcher.path, error);
    else this.#problems.report(watcher.as.shown, error, report);
  }
}
