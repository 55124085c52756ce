// Standard input and pipes, line by line.

import type { Readable } from 'node:stream';
import { LoopPause } from '../../core/pause.js';
import type { Batch } from '../../core/row.js';
import { chunksOf } from '../source.js';
import { FileRows } from './file-rows.js';
import { type FollowContext, isAborted, times, untilAsked, whileFull } from './io.js';

/** The rows of standard input or a pipe, as soon as their lines are written; ends where the stream ends, and no call is due. */
export async function* followStream(
  file: string,
  stream: Readable,
  io: FollowContext,
): AsyncGenerator<Batch> {
  const lines = new StreamRows(file, undefined, io);
  const chunks = chunksOf(file, stream, io);
  const pause = new LoopPause(io);
  let coming = new Coming(chunks.next(), pause);
  let quietSince = io.now();
  try {
    while (!isAborted(io)) {
      await pause.wait(pauseOf(lines, io));
      if (!coming.isHere) {
        if (io.now() - quietSince >= times.quote) yield* lines.flush();
        if (lines.isStarted) yield { ...lines.nothing, caughtUp: true };
        continue;
      }
      const got = await coming.value;
      if (got.done === true) break;
      quietSince = io.now();
      for await (const batch of lines.take(got.value, false))
        yield stream.readableLength > 0 ? batch : { ...batch, caughtUp: true };
      yield* whileFull(io, lines.nothing);
      coming = new Coming(chunks.next(), pause);
    }
    if (isAborted(io)) return;
    if (!lines.isStarted) yield* lines.take(Buffer.alloc(0), true);
    yield* lines.finish(false);
    if (lines.isStarted) yield { ...lines.nothing, caughtUp: true };
    yield* waitForDue(lines, io);
  } finally {
    // Not `chunks.return()`, which would wait for the chunk that is awaited.
    stream.destroy();
    pause.close();
  }
}

/** After the end of a stream that nobody can read again, the calls that only the clock completes are waited for. */
async function* waitForDue(lines: StreamRows, io: FollowContext): AsyncGenerator<Batch> {
  const { now, settleMs = 0 } = io;
  const latest = now() + settleMs + times.look;
  while (!isAborted(io) && io.demand.dueAt <= latest) {
    await io.sleep(untilAsked(io, Number.POSITIVE_INFINITY), io.signal);
    yield { ...lines.nothing, caughtUp: true };
  }
}

/** A look is needed only where a quote is open, or when a call is due. */
function pauseOf(lines: StreamRows, io: FollowContext): number {
  return untilAsked(io, lines.isWaiting ? times.look : times.trustedLook);
}

/** Something that comes at some time, and is asked for again and again until then. */
class Coming<T> {
  readonly value: Promise<T>;
  #isHere = false;

  constructor(value: Promise<T>, pause: LoopPause) {
    this.value = value;
    const arrive = () => {
      this.#isHere = true;
      pause.wake();
    };
    value.then(arrive, arrive);
  }

  get isHere(): boolean {
    return this.#isHere;
  }
}

/** The rows of a stream, once it is known what is in it. */
class StreamRows extends FileRows {
  #head: Buffer = Buffer.alloc(0);
  #bytesRead = 0;

  get nothing(): Batch {
    return { rows: [], bytesRead: this.#bytesRead };
  }

  async *take(bytes: Buffer, isAll: boolean): AsyncGenerator<Batch> {
    this.#bytesRead += bytes.length;
    let fresh = bytes;
    if (!this.isStarted) {
      this.#head = Buffer.concat([this.#head, bytes]);
      if (!(await this.start(this.#head, isAll))) return;
      fresh = this.#head.subarray(this.place.offset);
      this.#head = Buffer.alloc(0);
    }
    yield* this.push(fresh, this.#bytesRead, false);
  }
}
