import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';
import type { Context, OutputStream } from '../context.js';
import { type ProgressState, progressText } from './progress-text.js';
import { cut } from './text.js';
import { openWriter } from './writer.js';

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

/** Short runs stay silent, and never load ora. */
const delay = 300;
const frame = 100;

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
  const animation = animate({ context, text, line, signal: stop.signal });
  // The line is a decoration: a run whose files are replaced by an update meanwhile goes on without it.
  animation.catch(() => line.clear());
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

interface Animation {
  readonly context: Pick<Context, 'stderr' | 'sleep'>;
  readonly text: () => string;
  readonly line: { clear(): void };
  readonly signal: AbortSignal;
}

/**
 * Draws frame after frame until the signal aborts. ora's own start() is not used: it replaces the write function of
 * the process's streams and hides the cursor, which a killed run would leave hidden.
 */
async function animate({ context, text, line, signal }: Animation): Promise<void> {
  await context.sleep(delay, signal);
  if (signal.aborted) return;
  const { default: ora } = await import('ora');
  const spinner = ora({
    stream: terminal(context.stderr),
    isEnabled: true,
    color: false,
    discardStdin: false,
  });
  line.clear = () => void spinner.clear();
  while (!signal.aborted) {
    spinner.text = text();
    spinner.render();
    await context.sleep(frame, signal);
  }
}

/** The stream as ora wants a terminal: it moves the cursor, and passes everything on at once. */
function terminal({ stream, columns }: OutputStream): Writable {
  const writer = openWriter(stream);
  const passing = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      void writer.write(String(chunk));
      done();
    },
  });
  return Object.assign(passing, {
    isTTY: true,
    columns,
    cursorTo: (x: number) => cursorTo(passing, x),
    moveCursor: (dx: number, dy: number) => moveCursor(passing, dx, dy),
    clearLine: (direction: -1 | 0 | 1) => clearLine(passing, direction),
  });
}
