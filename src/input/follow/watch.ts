import { type FSWatcher, watch } from 'node:fs';

/** Tells when something may have been written in a folder. */
export interface FolderWatch {
  /** Resolves when a file of such a name was touched since the last call, after `milliseconds` at the latest. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** The names of the files that were touched since the last call. */
  readonly touched: () => ReadonlySet<string>;
  readonly close: () => void;
}

export interface WatchOptions {
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly isOfInterest: (name: string) => boolean;
}

/**
 * Watches a folder. Where the system cannot (a network mount, a container, no folder yet), `wait` simply waits, and the
 * watch is tried again.
 */
export function watchFolder(folder: string, { sleep, signal, isOfInterest }: WatchOptions): FolderWatch {
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
