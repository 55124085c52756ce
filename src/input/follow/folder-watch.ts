import { type FSWatcher, watch } from 'node:fs';
import type { FollowIo } from './io.js';

/** Tells what was touched in a folder, as far as the system tells us: on network mounts and in some containers it does not. */
export class FolderWatch {
  readonly #folder: string;
  readonly #isOfInterest: (name: string) => boolean;
  readonly #io: Pick<FollowIo, 'sleep' | 'signal'>;
  #watcher: FSWatcher | undefined;
  #touched = new Set<string>();
  #wake = new AbortController();
  readonly #stop = () => this.#wake.abort();

  constructor(
    folder: string,
    isOfInterest: (name: string) => boolean,
    io: Pick<FollowIo, 'sleep' | 'signal'>,
  ) {
    this.#folder = folder;
    this.#isOfInterest = isOfInterest;
    this.#io = io;
    io.signal?.addEventListener('abort', this.#stop);
    this.#start();
  }

  /** Resolves when something was touched since the last call, after so many milliseconds at the latest. */
  async wait(milliseconds: number): Promise<void> {
    const { sleep, signal } = this.#io;
    if (this.#watcher === undefined) this.#start();
    if (!this.#wake.signal.aborted && signal?.aborted !== true) await sleep(milliseconds, this.#wake.signal);
    this.#wake = new AbortController();
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
    this.#io.signal?.removeEventListener('abort', this.#stop);
  }

  #start(): void {
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, (_, name) => {
        if (name !== null && !this.#isOfInterest(name)) return;
        this.#touched.add(name ?? '');
        this.#wake.abort();
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
