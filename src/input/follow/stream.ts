// Standard input and pipes, line by line.

import type { Readable } from 'node:stream';
import { LoopPause } from '../../core/pause.js';
import type { Batch } from '../../core/row.js';
import type { LineReader } from '../lines.js';
import { chunksOf } from '../source.js';
import { type AskedIo, type FollowIo, isAborted, times, untilAsked, whileFull } from './io.js';
import type { GrowingLines, SharedColumns } from './shared-columns.js';

/** The rows of standard input or a pipe, as soon as their lines are written; ends where the stream ends, and no call is due. */
export async function* followStream(
  file: string,
  stream: Readable,
  shared: SharedColumns,
  io: AskedIo,
): AsyncGenerator<Batch> {
  const lines = new StreamLines(file, shared, io);
  const chunks = chunksOf(file, stream, io);
  const pause = new LoopPause(io);
  let coming = new Coming(chunks.next(), pause);
  let quietSince = io.now();
  try {
    while (!isAborted(io)) {
      await pause.wait(pauseOf(lines, io));
      if (!coming.isHere) {
        const batch = io.now() - quietSince >= times.quote ? await lines.flush() : undefined;
        if (shared.first !== undefined) yield { ...(batch ?? lines.nothing), caughtUp: true };
        continue;
      }
      const got = await coming.value;
      if (got.done === true) break;
      quietSince = io.now();
      const batch = await lines.push(got.value);
      if (batch !== undefined) yield stream.readableLength > 0 ? batch : { ...batch, caughtUp: true };
      yield* whileFull(io, lines.nothing);
      coming = new Coming(chunks.next(), pause);
    }
    if (isAborted(io)) return;
    const rest = await lines.end();
    if (shared.first !== undefined) yield { ...(rest ?? lines.nothing), caughtUp: true };
    yield* waitForDue(lines, io);
  } finally {
    // Not `chunks.return()`, which would wait for the chunk that is awaited.
    stream.destroy();
    pause.close();
  }
}

/** After the end of a stream that nobody can read again, the calls that only the clock completes are waited for. */
async function* waitForDue(lines: StreamLines, io: AskedIo): AsyncGenerator<Batch> {
  const { asked, now, settleMs = 0 } = io;
  const latest = now() + settleMs + times.look;
  while (!isAborted(io) && asked.demand.dueAt <= latest) {
    await io.sleep(untilAsked(io, Number.POSITIVE_INFINITY), io.signal);
    yield { ...lines.nothing, caughtUp: true };
  }
}

/** A look is needed only where a quote is open, or when a call is due. */
function pauseOf(lines: StreamLines, io: AskedIo): number {
  return untilAsked(io, lines.isHolding ? times.look : times.trustedLook);
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

/** Lines of a stream, once it is known what is in them. */
class StreamLines {
  readonly #file: string;
  readonly #shared: SharedColumns;
  readonly #warn: FollowIo['warn'];
  #head: Buffer = Buffer.alloc(0);
  #reader: LineReader | undefined;
  #adapt: GrowingLines['adapt'] = (rows) => rows;
  #bytesRead = 0;

  constructor(file: string, shared: SharedColumns, io: FollowIo) {
    this.#file = file;
    this.#shared = shared;
    this.#warn = io.warn;
  }

  get nothing(): Batch {
    return { rows: [], bytesRead: this.#bytesRead };
  }

  get isHolding(): boolean {
    return this.#reader?.isHolding === true;
  }

  async push(bytes: Buffer): Promise<Batch | undefined> {
    this.#bytesRead += bytes.length;
    if (this.#reader !== undefined) return this.#adapted(await this.#reader.push(bytes, this.#bytesRead));
    this.#head = Buffer.concat([this.#head, bytes]);
    return this.#start(false);
  }

  async flush(): Promise<Batch | undefined> {
    return this.#adapted(await this.#reader?.flush());
  }

  async end(): Promise<Batch | undefined> {
    const before = this.#reader === undefined ? await this.#start(true) : undefined;
    const rest = this.#adapted(await this.#reader?.end());
    return before && rest ? { ...rest, rows: [...before.rows, ...rest.rows] } : (rest ?? before);
  }

  async #start(isAll: boolean): Promise<Batch | undefined> {
    const head = { file: this.#file, bytes: this.#head, isAll };
    const lines = await this.#shared.open(head, { warn: this.#warn, openEnd: 'read' });
    if (lines === undefined) return undefined;
    this.#head = Buffer.alloc(0);
    this.#adapt = lines.adapt;
    this.#reader = lines.reader({ index: 0, line: 1 }, false);
    return this.#adapted(await this.#reader.push(head.bytes.subarray(lines.bom), this.#bytesRead));
  }

  #adapted(batch: Batch | undefined): Batch | undefined {
    return batch && { ...batch, rows: this.#adapt(batch.rows) };
  }
}
