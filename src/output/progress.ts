import type { Context } from '../context.js';
import type { Animation } from './progress-line.js';
import { type ProgressState, progressText } from './progress-text.js';
import { cut } from './text.js';

export interface ProgressOptions {
  readonly context: Pick<Context, 'stderr' | 'env' | 'now' | 'sleep'>;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** A line on stderr that tells how far a run is, and is gone when the run ends. */
export interface Progress {
  /** Tells the newest state; cheap, it is shown at the next frame. */
  update(state: ProgressState): void;
  /** Takes the line away until the next frame; to be called before anything else is written to a terminal. */
  clear(): void;
  /** Takes the line away for good. */
  stop(): void;
}

/** Short runs stay silent, and never load what draws. */
const delay = 300;

/** Opens the progress of a run: nothing where stderr is no terminal or a dumb one, in CI, with --quiet and --verbose. */
export function openProgress({ context, quiet, verbose }: ProgressOptions): Progress {
  const { env, stderr } = context;
  if (quiet || verbose || !stderr.isTTY || env['TERM'] === 'dumb' || env['CI']) {
    return { update() {}, clear() {}, stop() {} };
  }
  const stop = new AbortController();
  let state: ProgressState | undefined;
  const start = context.now();
  const text = (): string => {
    if (state === undefined) return '';
    return cut(progressText(state, (context.now() - start) / 1000), stderr.columns - 3);
  };
  const line = { clear(): void {} };
  // The line is a decoration: a run whose files are replaced by an update meanwhile goes on without it.
  animate({ context, text, line, signal: stop.signal }).catch(() => line.clear());
  return {
    update: (newest) => {
      state = newest;
    },
    clear: () => line.clear(),
    stop() {
      stop.abort();
      line.clear();
      line.clear = () => {};
    },
  };
}

async function animate(animation: Animation): Promise<void> {
  const { context, signal } = animation;
  await context.sleep(delay, signal);
  if (signal.aborted) return;
  const { draw } = await import('./progress-line.js');
  await draw(animation);
}
