// What was touched in a folder, as far as the system tells.

import { type FSWatcher, watch } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { LoopPause } from '../../core/pause.js';
import type { FollowIo } from './io.js';

/** Tells what was touched in a folder, as far as the system tells us: on network mounts and in some containers it does not. */
export class FolderWatch {
  readonly #folder: string;
  readonly #isOfInterest: (name: string) => boolean;
  readonly #pause: LoopPause;
  #watcher: FSWatcher | undefined;
  #touched = new Set<string>();

  constructor(
    folder: string,
    isOfInterest: (name: string) => boolean,
    io: Pick<FollowIo, 'sleep' | 'signal'>,
  ) {
    this.#folder = folder;
    this.#isOfInterest = isOfInterest;
    this.#pause = new LoopPause(io);
    this.#start();
  }

  /** Resolves when something was touched since the last call, after so many milliseconds at the latest. */
  async wait(milliseconds: number): Promise<void> {
    if (this.#watcher === undefined) this.#start();
    await this.#pause.wait(milliseconds);
  }

  /** The names of the files that were touched since the last call. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  close(): void {
    this.#end();
    this.#pause.close();
  }

  #start(): void {
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, (_, name) => {
        if (name !== null && !this.#isOfInterest(name)) return;
        this.#touched.add(name ?? '');
        this.#pause.wake();
      });
      this.#watcher.on('error', () => this.#end());
    } catch {
      this.#watcher = undefined;
    }
  }

  #end(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

/** File systems of Linux whose writes are told: those of this machine. Mounts of a network, of FUSE or of another kernel are none. */
const local: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
]);

/** Whether the system is known to tell of writes in a folder. */
export async function isToldOf(folder: string): Promise<boolean> {
  const found = await statfs(folder).catch(() => undefined);
  return found !== undefined && local.has(found.type);
}
