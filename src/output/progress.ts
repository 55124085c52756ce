// The progress of a run as a line on a terminal: when it is shown, what it says, drawn by ora.

import type { Ora } from 'ora';
import type { Context } from '../context.js';
import { durationText } from '../core/display.js';
import { type Status, statuses } from '../core/outcome.js';
import type { Tally } from '../core/summary.js';
import { openWriter } from './stdout.js';
import { cut } from './width.js';

export interface ProgressOptions {
  readonly context: Pick<Context, 'stderr' | 'env' | 'now' | 'sleep'>;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** A line on stderr that shows how far a run is, and is gone when the run ends. */
export interface Progress {
  /** Sets the newest state; cheap, it is shown at the next frame. */
  update(state: ProgressState | { readonly doing: string }): void;
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
  const writer = openWriter(stderr.stream);
  const start = context.now();
  const measure = createPaceMeter();
  let state: ProgressState | { readonly doing: string } | undefined;
  let isDrawn = false;
  const text = (): string => {
    if (state === undefined) return '';
    const now = context.now();
    const seconds = (now - start) / 1000;
    if ('doing' in state) return `${state.doing} · ${durationText(seconds)}`;
    const wait = waitText(state.wait?.(), now);
    return [...wait, progressText(state, seconds, measure(state, seconds), wait.length > 0)].join(' · ');
  };
  const draw = (spinner: Ora): void => {
    spinner.text = cut(text(), stderr.columns - 3);
    void writer.write(`${eraseLine}${spinner.frame()}`);
    isDrawn = true;
  };
  const clear = (): void => {
    if (isDrawn) void writer.write(eraseLine);
    isDrawn = false;
  };
  return {
    update: (newest) => {
      // Begun by the first state: a command that has none would be kept alive by its line.
      // The line is a decoration: a run whose files are replaced by an update meanwhile goes on without it.
      if (state === undefined) animate(context.sleep, draw, stop.signal).catch(clear);
      state = newest;
    },
    clear,
    stop() {
      stop.abort();
      clear();
    },
  };
}

/** Milliseconds. */
const frame = 100;

/** Puts the cursor to the start of its line, and empties that. */
const eraseLine = '\u001B[1G\u001B[0K';

/**
 * Draws frame after frame until the signal aborts; nothing for a short run. Only the frames are ora's: its own start()
 * replaces the write function of the process's streams and hides the cursor, which a killed run would leave hidden.
 */
async function animate(
  sleep: Context['sleep'],
  draw: (spinner: Ora) => void,
  signal: AbortSignal,
): Promise<void> {
  await sleep(delay, signal);
  if (signal.aborted) return;
  const { default: ora } = await import('ora');
  const spinner = ora({ color: false });
  while (!signal.aborted) {
    draw(spinner);
    await sleep(frame, signal);
  }
}

/** How far a run is. */
interface ProgressState {
  readonly tally: Tally;
  /** Bytes of this run's files read so far, and of all of them together; absent where that is not known (a stream). */
  readonly bytes?: { readonly read: number; readonly size: number };
  /** Records read so far: reading runs ahead of sending. Absent: those of the tally. */
  readonly records?: number;
  /** The run ends after so many records. */
  readonly limit?: number;
  /** What is waited for, and until or since when (milliseconds since 1970). */
  readonly wait?: () => ShownWait | undefined;
}

type ShownWait = { readonly why: string } & ({ readonly until: number } | { readonly since: number });

/** What is waited for, and how long, where that is more than a second. */
function waitText(wait: ShownWait | undefined, now: number): readonly string[] {
  if (wait === undefined) return [];
  const seconds = ('until' in wait ? wait.until - now : now - wait.since) / 1000;
  return seconds < 1 ? [] : [wait.why, durationText(seconds)];
}

/** How fast a run is at the moment. */
interface Pace {
  /** Records a second that get their outcome. */
  readonly records: number;
  /** Share of the whole (0 to 1) a second. */
  readonly share: number;
}

function doneOf({ tally }: ProgressState): number {
  return Object.values(tally.counts).reduce((sum, number) => sum + number, 0);
}

/** The share of the whole that has an outcome, 0 to 1; undefined where the size is not known. */
function shareOf(state: ProgressState): number | undefined {
  const { bytes, limit, records } = state;
  const done = doneOf(state);
  const ofLimit = limit === undefined || limit <= 0 ? 0 : done / limit;
  if (bytes === undefined || bytes.size <= 0) return limit === undefined ? undefined : Math.min(1, ofLimit);
  const ofRead = records === undefined || records <= 0 ? 1 : done / records;
  return Math.min(1, Math.max(ofLimit, (bytes.read / bytes.size) * ofRead));
}

/** The pace is that of the last so many seconds: a run speeds up, and slows down when it is asked to. */
const paceSeconds = 10;
const sampleSeconds = 0.5;

/** Makes what measures the pace of a run; it is to be called now and then, with the seconds since the run began. */
export function createPaceMeter(): (state: ProgressState, seconds: number) => Pace {
  const samples = [{ seconds: 0, done: 0, share: 0 }];
  return (state, seconds) => {
    const now = { seconds, done: doneOf(state), share: shareOf(state) ?? 0 };
    while (samples[1] !== undefined && samples[1].seconds <= seconds - paceSeconds) samples.shift();
    const before = samples[0] ?? now;
    if (seconds - (samples.at(-1)?.seconds ?? 0) >= sampleSeconds) samples.push(now);
    const span = Math.max(seconds - before.seconds, Number.EPSILON);
    return { records: (now.done - before.done) / span, share: (now.share - before.share) / span };
  };
}

const wordOf: Readonly<Partial<Record<Status | 'valid', string>>> = { accepted: 'queued' };

/**
 * The progress of a run in one line, after so many seconds: counts by status, calls a second, percent and time left of what
 * has no outcome yet (where the size is known), time elapsed. While the run waits, how long the rest takes is not known.
 */
export function progressText(
  state: ProgressState,
  seconds: number,
  pace: Pace = createPaceMeter()(state, seconds),
  isWaiting = false,
): string {
  const { tally } = state;
  const counts = [...statuses, 'valid' as const]
    .filter((status) => tally.counts[status] > 0)
    .map((status) => `${tally.counts[status]} ${wordOf[status] ?? status}`);
  const parts = counts.length > 0 ? [counts.join(', ')] : isWaiting ? [] : ['reading'];
  if (!isWaiting && doneOf(state) > 0 && seconds > 0) parts.push(`${rate(pace.records)} calls/s`);
  const share = shareOf(state);
  if (share !== undefined) {
    parts.push(`${Math.floor(share * 100)} %`);
    if (!isWaiting && pace.share > 0 && share < 1)
      parts.push(`${durationText((1 - share) / pace.share)} left`);
  }
  return [...parts, durationText(seconds) + (isWaiting ? ' in all' : '')].join(' · ');
}

function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}
