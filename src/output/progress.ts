import type { Context } from '../context.js';
import { type Status, statuses } from '../core/outcome.js';
import type { Tally } from '../core/summary.js';
import type { Animation } from './spinner.js';
import { cut } from './terminal.js';

export interface ProgressOptions {
  readonly context: Pick<Context, 'stderr' | 'env' | 'now' | 'sleep'>;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** A line on stderr that shows how far a run is, and is gone when the run ends. */
export interface Progress {
  /** Sets the newest state; cheap, it is shown at the next frame. */
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
  const { draw } = await import('./spinner.js');
  await draw(animation);
}

/** How far a run is. */
export interface ProgressState {
  readonly tally: Tally;
  /** Bytes of this run's files read so far, and of all of them together; absent where that is not known (a stream). */
  readonly bytes?: { readonly read: number; readonly size: number };
}

const wordOf: Readonly<Partial<Record<Status | 'valid', string>>> = { accepted: 'queued' };

/**
 * The progress of a run in one line, after so many seconds: counts by status, calls a second, percent and time left
 * (where the size is known), time elapsed.
 */
export function progressText({ tally, bytes }: ProgressState, seconds: number): string {
  const counts = [...statuses, 'valid' as const]
    .filter((status) => tally.counts[status] > 0)
    .map((status) => `${tally.counts[status]} ${wordOf[status] ?? status}`);
  const done = Object.values(tally.counts).reduce((sum, number) => sum + number, 0);
  const parts = [counts.length === 0 ? 'reading' : counts.join(', ')];
  if (done > 0 && seconds > 0) parts.push(`${rate(done / seconds)} calls/s`);
  if (bytes !== undefined && bytes.size > 0) {
    const share = Math.min(1, bytes.read / bytes.size);
    parts.push(`${Math.floor(share * 100)} %`);
    if (share > 0 && share < 1) parts.push(`${duration((seconds * (1 - share)) / share)} left`);
  }
  return [...parts, duration(seconds)].join(' · ');
}

function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

/** Seconds as people read them: `8 s`, `3 min 05 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
