import type { Readable } from 'node:stream';
import type { Batch } from '../../core/row.js';
import type { LineReader } from '../lines.js';
import { chunksOf } from '../source.js';
import { detectGrowing, type SharedColumns } from './format.js';
import { type FollowIo, isAborted, times } from './io.js';

/** The rows of standard input or a pipe, as soon as their lines are written; ends where the stream ends, and nothing `lingers`. */
export async function* followStream(
  file: string,
  stream: Readable,
  shared: SharedColumns,
  io: FollowIo,
): AsyncGenerator<Batch> {
  const lines = new StreamLines(file, shared, io);
  const chunks = chunksOf(file, stream, io);
  let chunk = chunks.next();
  let quietSince = io.now();
  try {
    while (!isAborted(io)) {
      const got = await withinTick(chunk, io);
      if (got === undefined) {
        const batch = io.now() - quietSince >= times.quote ? await lines.flush() : undefined;
        if (shared.first !== undefined) yield { ...(batch ?? lines.nothing), caughtUp: true };
      } else if (got.done === true) {
        const batch = isAborted(io) ? undefined : await lines.end();
        const endedAt = io.now();
        if (shared.first !== undefined) yield { ...(batch ?? lines.nothing), caughtUp: true };
        while (!isAborted(io) && io.lingers?.(endedAt) === true) {
          await io.sleep(times.look, io.signal);
          yield { ...lines.nothing, caughtUp: true };
        }
        return;
      } else {
        quietSince = io.now();
        const batch = await lines.push(got.value);
        if (batch !== undefined) yield stream.readableLength > 0 ? batch : { ...batch, caughtUp: true };
        chunk = chunks.next();
      }
    }
  } finally {
    // Not `chunks.return()`, which would wait for the chunk that is awaited.
    stream.destroy();
  }
}

/** What comes within a tick; undefined where nothing does. */
async function withinTick<T>(coming: Promise<T>, io: FollowIo): Promise<T | undefined> {
  const wake = new AbortController();
  try {
    return await Promise.race([coming, io.sleep(times.look, wake.signal).then(() => undefined)]);
  } finally {
    wake.abort();
  }
}

/** Lines of a stream, once it is known what is in them. */
class StreamLines {
  #head: Buffer = Buffer.alloc(0);
  #reader: LineReader | undefined;
  #bytesRead = 0;

  constructor(
    readonly file: string,
    readonly shared: SharedColumns,
    readonly io: FollowIo,
  ) {}

  get nothing(): Batch {
    return { rows: [], bytesRead: this.#bytesRead };
  }

  async push(bytes: Buffer): Promise<Batch | undefined> {
    this.#bytesRead += bytes.length;
    if (this.#reader !== undefined) return this.#reader.push(bytes, this.#bytesRead);
    this.#head = Buffer.concat([this.#head, bytes]);
    return this.#start(false);
  }

  async flush(): Promise<Batch | undefined> {
    return this.#reader?.flush();
  }

  async end(): Promise<Batch | undefined> {
    const before = this.#reader === undefined ? await this.#start(true) : undefined;
    const rest = await this.#reader?.end();
    return before && rest ? { ...rest, rows: [...before.rows, ...rest.rows] } : (rest ?? before);
  }

  async #start(isAll: boolean): Promise<Batch | undefined> {
    const start = { head: this.#head, isAll };
    const { file, shared, io } = this;
    const format = await detectGrowing(file, start, shared.options(), { note: shared.note, warn: io.warn });
    if (format === undefined) return undefined;
    shared.adopt(format);
    this.#reader = format.reader({ start: { index: 0, line: 1 }, hasOffsets: false });
    return this.#reader.push(this.#head.subarray(format.bom), this.#bytesRead);
  }
}
