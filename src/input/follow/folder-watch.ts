// What was touched in a folder, as far as the system tells.

import { type FSWatcher, watch } from 'node:fs';
import { Pause } from '../../core/pause.js';
import type { FollowIo } from './io.js';

/** Tells what was touched in a folder, as far as the system tells us: on network mounts and in some containers it does not. */
export class FolderWatch {
  readonly #folder: string;
  readonly #isOfInterest: (name: string) => boolean;
  readonly #pause: Pause;
  #watcher: FSWatcher | undefined;
  #touched = new Set<string>();

  constructor(
    folder: string,
    isOfInterest: (name: string) => boolean,
    io: Pick<FollowIo, 'sleep' | 'signal'>,
  ) {
    this.#folder = folder;
    this.#isOfInterest = isOfInterest;
    this.#pause = new Pause(io);
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

  /** Begins anew: the folder itself may be another one now. */
  restart(): void {
    this.#end();
    this.#start();
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
