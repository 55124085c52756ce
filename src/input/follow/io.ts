import { type FSWatcher, watch } from 'node:fs';
import type { FilePart, InputIo } from '../source.js';

/** What following needs from the outside. */
export interface FollowIo extends InputIo {
  /** Takes what is wrong with a file that is followed all the same. */
  readonly warn: InputIo['note'];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Whether to wait on after the end of a stream that was reached then, in milliseconds since 1970: calls may become complete. */
  readonly lingers?: (endedAt: number) => boolean;
  /** How far the file of this id (`FileSource.id`) was read by an earlier process; the fingerprint is compared by the reader. */
  readonly checkpoint?: (id: string) => Checkpoint | undefined | Promise<Checkpoint | undefined>;
}

/** How far a file was read by an earlier process. */
export interface Checkpoint {
  /** What is still to be read of it; the last part has no end. */
  readonly parts: readonly FilePart[];
  /** Its fingerprint up to the offset of the last part. */
  readonly fingerprint: string;
}

/** Whether the reading is to end. */
export function isAborted({ signal }: Pick<FollowIo, 'signal'>): boolean {
  return signal?.aborted === true;
}

/** How often and how long, in milliseconds. */
export const times = {
  /** A file is looked at so often, where nothing tells that it was written. */
  look: 1000,
  /** The same where the watch tells of writes: every so many times. */
  trustedLooks: 5,
  /** As `look`, while a rotated file may still be written. */
  lookAtRotation: 200,
  /** Without a write for so long, a rotated file is complete, and the next one is read. */
  rotation: 1000,
  /** Without a write for so long, a quote that is still open is a stray one. */
  quote: 2000,
  /** Without a write for so long, a file is closed. */
  close: 5 * 60_000,
};

/** Tells when something may have been written in a folder. */
interface FolderWatch {
  /** Resolves when a file of such a name was touched since the last call, after `milliseconds` at the latest. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** The names of the files that were touched since the last call. */
  readonly touched: () => ReadonlySet<string>;
  readonly close: () => void;
}

/**
 * Watches a folder. Where the system cannot (a network mount, a container, no folder yet), `wait` simply waits, and the
 * watch is tried again.
 */
export function watchFolder(
  folder: string,
  isOfInterest: (name: string) => boolean,
  { sleep, signal }: Pick<FollowIo, 'sleep' | 'signal'>,
): FolderWatch {
  let watcher: FSWatcher | undefined;
  let names = new Set<string>();
  let wake = new AbortController();
  const stop = () => wake.abort();
  signal?.addEventListener('abort', stop);
  function start(): void {
    try {
      watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name !== null && !isOfInterest(name)) return;
        names.add(name ?? '');
        wake.abort();
      });
      watcher.on('error', end);
    } catch {
      watcher = undefined;
    }
  }
  function end(): void {
    watcher?.close();
    watcher = undefined;
  }
  start();
  return {
    async wait(milliseconds) {
      if (watcher === undefined) start();
      if (!wake.signal.aborted && signal?.aborted !== true) await sleep(milliseconds, wake.signal);
      wake = new AbortController();
    },
    touched() {
      const touched = names;
      names = new Set();
      return touched;
    },
    close() {
      end();
      signal?.removeEventListener('abort', stop);
    },
  };
}
