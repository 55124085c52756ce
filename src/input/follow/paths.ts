import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { UserError } from '../../core/errors.js';
import type { Batch, RowPlace } from '../../core/row.js';
import { displayName } from '../errors.js';
import type { FollowIo } from './io.js';
import type { FollowedPath } from './path.js';
import { listFiles } from './rotation.js';

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

export interface PatternOptions {
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
