// Writes to a stream that may be closed (EPIPE) or full.

import type { Writable } from 'node:stream';
import type { OutputStream } from '../context.js';
import { UserError } from '../core/errors.js';

/** A stream that may end before we do. */
interface Writer {
  /** Resolves when the stream has taken the text, which holds a fast producer back; at once when it is closed. Never rejects. */
  write(text: string): Promise<void>;
  /** True once the reader has gone (`| head`) or the stream failed: nothing is written any more. */
  readonly closed: boolean;
  /** Why the stream failed; undefined while it did not, and where only the reader has gone. */
  readonly failure: Error | undefined;
}

/** The codes of a closed reader; EOF is EPIPE on Windows. */
const gone = new Set(['EPIPE', 'EOF', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/** Writes to a stream, and outlives it: the work goes on when its reader has gone. `before` is called before each text. */
export function openWriter(stream: Writable, before: () => void = () => {}): Writer {
  let closed = false;
  let failure: Error | undefined;
  const onError = (error: NodeJS.ErrnoException): void => {
    closed = true;
    // A terminal that was closed (SIGHUP) takes nothing more: no disk failed.
    const isGone = gone.has(error.code ?? '') || (error.code === 'EIO' && 'isTTY' in stream);
    if (!isGone) failure ??= error;
  };
  stream.on('error', onError);
  return {
    write(text) {
      if (closed || text === '') return Promise.resolve();
      before();
      return new Promise((resolve) => {
        stream.write(text, (error) => {
          if (error) onError(error);
          resolve();
        });
      });
    },
    get closed() {
      return closed;
    },
    get failure() {
      return failure;
    },
  };
}

/** The writers of streams that `print` has written to: what prints without an end must not listen to its stream anew each time. */
const writers = new WeakMap<Writable, Writer>();

/** Prints a result on stdout. Throws a UserError when it cannot be written; a closed reader (`| head`) is not a failure. */
export async function print({ stream }: OutputStream, text: string): Promise<void> {
  const writer = writers.get(stream) ?? openWriter(stream);
  writers.set(stream, writer);
  await writer.write(text);
  if (writer.failure !== undefined) throw unwritable(writer.failure);
}

/** The error of a result that stdout does not take; `meanwhile` is what happened all the same. */
export function unwritable(cause: Error, meanwhile = ''): UserError {
  return new UserError(`stdout: the result cannot be written: ${cause.message}`, {
    hint: `Free some space, or write to another disk.${meanwhile}`,
    cause,
  });
}
