import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';
import ora from 'ora';
import type { Context, OutputStream } from '../context.js';
import { openWriter } from './stdout.js';

const frame = 100;

/** What is drawn, where, and until when. */
export interface Animation {
  readonly context: Pick<Context, 'stderr' | 'sleep'>;
  readonly text: () => string;
  /** Gets the way to take the line away. */
  readonly line: { clear(): void };
  readonly signal: AbortSignal;
}

/**
 * Draws frame after frame until the signal aborts. ora's own start() is not used: it replaces the write function of
 * the process's streams and hides the cursor, which a killed run would leave hidden.
 */
export async function draw({ context, text, line, signal }: Animation): Promise<void> {
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
