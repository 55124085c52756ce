// The rows of one file: where the next one stands, which are read once more, and when they were first seen.

import type { Batch, FirstSeen, RowPlace } from '../../core/row.js';
import type { LineReader } from '../lines.js';
import {
  type Attention,
  type Checkpoint,
  type FileState,
  fileStart,
  seenSince,
  seenUpTo,
} from './checkpoint.js';
import { shownName } from './glob.js';
import type { FollowContext } from './io.js';
import type { GrowingLines } from './shared-columns.js';

/** The rows of one file, in batches that say where they stand. */
export class FileRows {
  readonly #main: string;
  readonly #source: object | undefined;
  readonly #context: FollowContext;
  /** Once it is recognised. */
  #lines: GrowingLines | undefined;
  #reader: LineReader | undefined;
  /** Where to read on; while there is a reader, it knows better. */
  #place: RowPlace;
  /** Rows before that place which are to be read once more. */
  #again: readonly Attention[];
  #hasRows: boolean;
  #readAt: number;
  #seen: FirstSeen;
  #lastLine = 1;
  /** Nobody has looked at it before: its rows were written at any time. */
  isFirstPass: boolean;

  /** @param main the name under which it was found first, `source`: what the ranges of its rows name, in a file */
  constructor(main: string, source: object | undefined, context: FollowContext, checkpoint?: Checkpoint) {
    this.#main = main;
    this.#source = source;
    this.#context = context;
    const known = checkpoint?.isWhole === true ? undefined : checkpoint;
    this.#place = known?.doneTo ?? fileStart;
    this.#again = known?.attention ?? [];
    this.#hasRows = checkpoint?.fingerprint !== undefined;
    this.#readAt = checkpoint?.readAt ?? 0;
    this.#seen = checkpoint === undefined ? [] : [[checkpoint.readTo.line, 0]];
    if (checkpoint !== undefined && checkpoint.seen.length > 0) this.#seen = checkpoint.seen;
    this.isFirstPass = checkpoint === undefined;
  }

  /** Whether its columns are known. */
  get isStarted(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether rows wait for the end of a quoted text, which may be a stray quote. */
  get isWaiting(): boolean {
    return this.#reader?.isHolding === true;
  }

  /** Whether there were any, in an earlier run perhaps. */
  get hasRows(): boolean {
    return this.#hasRows;
  }

  /** Where the next row starts. */
  get place(): RowPlace {
    if (this.#reader === undefined) return this.#place;
    const { index, line } = this.#reader.position;
    return { offset: index, line };
  }

  /** Rows before that place which are read once more first. */
  get again(): readonly Attention[] {
    return this.#again;
  }

  /** What is known of them, for the checkpoint of the file. */
  get state(): Pick<FileState, 'readTo' | 'readAt' | 'seen' | 'header'> {
    const { now, settleMs = 0, shared } = this.#context;
    const seen = seenSince(this.#seen, now() - settleMs);
    const state = { readTo: this.place, readAt: this.#readAt, seen };
    return shared.header === undefined ? state : { ...state, header: shared.header };
  }

  /**
   * Recognises the file by its first bytes; false where no row is among them yet.
   *
   * @throws UserError for what cannot be followed
   */
  async start(bytes: Buffer, isAll: boolean): Promise<boolean> {
    const file = shownName(this.#main, this.#context.glob);
    const lines = await this.#context.shared.open({ file, bytes, isAll }, this.#context);
    if (lines === undefined) return false;
    this.#lines = lines;
    this.#place = { ...this.#place, offset: Math.max(this.#place.offset, lines.bom) };
    this.#reader = readerFrom(lines, this.#place);
    return true;
  }

  /** Takes the next bytes, which end at an offset; `isNew`: they are written while somebody reads the file. */
  async *push(bytes: Buffer, end: number, isNew: boolean): AsyncGenerator<Batch> {
    const from = this.place;
    const batch = await this.#reader?.push(bytes, end);
    if (batch !== undefined) yield this.#taken(batch, from, isNew);
  }

  /** Gives rows that wait for the end of a quote that may be a stray one. */
  async *flush(): AsyncGenerator<Batch> {
    const from = this.place;
    const batch = await this.#reader?.flush();
    if (batch !== undefined) yield this.#taken(batch, from, !this.isFirstPass);
  }

  /** Reads a last line without an end: nobody writes on. */
  async *finish(isNew: boolean): AsyncGenerator<Batch> {
    const from = this.place;
    const batch = await this.#reader?.end();
    if (batch !== undefined) yield this.#taken(batch, from, isNew);
  }

  /** Reads rows that need attention once more. */
  async *readAgain(
    between: (part: Attention) => AsyncIterable<Buffer>,
    isNew: boolean,
  ): AsyncGenerator<Batch> {
    const parts = this.#again;
    this.#again = [];
    for (const part of parts) {
      if (this.#lines === undefined) return;
      const reader = readerFrom(this.#lines, part);
      const lines = new Set(part.lines);
      const only = ({ rows, ...batch }: Batch) => ({
        ...batch,
        rows: rows.filter(({ line }) => lines.has(line)),
      });
      let from: RowPlace = part;
      let at = part.offset;
      for await (const bytes of between(part)) {
        at += bytes.length;
        const batch = await reader.push(bytes, at);
        if (batch === undefined) continue;
        yield this.#placed(only(batch), from, isNew);
        from = batch.next ?? from;
      }
      const rest = await reader.end();
      if (rest !== undefined) yield this.#placed(only(rest), from, isNew);
    }
  }

  /** All that was written at a time (milliseconds since 1970) is read: the call of the last row may still get more. */
  endFirstPass(writtenAt: number): Batch | undefined {
    this.isFirstPass = false;
    const { line, offset } = this.place;
    this.#seen = seenUpTo([[this.#lastLine, 0]], line, writtenAt);
    return this.#hasRows ? { rows: [], bytesRead: offset, lastRowAt: writtenAt } : undefined;
  }

  /** Nothing is read of it until it is recognised again. */
  close(): void {
    this.#place = this.place;
    this.#lines = undefined;
    this.#reader = undefined;
  }

  /** Rows that come for the first time. */
  #taken(batch: Batch, from: RowPlace, isNew: boolean): Batch {
    const placed = this.#placed(batch, from, isNew);
    const { now } = this.#context;
    const last = batch.rows.at(-1);
    if (last !== undefined) {
      this.#hasRows = true;
      this.#readAt = now();
      this.#lastLine = last.line;
    }
    if (isNew) this.#seen = seenUpTo(this.#seen, (batch.next ?? from).line, now());
    return placed;
  }

  #placed(batch: Batch, from: RowPlace, isNew: boolean): Batch {
    const { now, isEntered, glob } = this.#context;
    const source = this.#source;
    const seen: FirstSeen = [...this.#seen, [Number.POSITIVE_INFINITY, now()]];
    return {
      rows: this.#lines?.adapt(batch.rows) ?? batch.rows,
      bytesRead: batch.bytesRead,
      ...(source && { range: { source, offset: from.offset, line: from.line, end: batch.next ?? from } }),
      ...(glob.isPattern ? { file: shownName(this.#main, glob) } : {}),
      ...(isNew ? { seen } : {}),
      ...(isEntered ? { isRest: true } : {}),
    };
  }
}

function readerFrom({ bom, reader }: GrowingLines, { offset, line }: RowPlace): LineReader {
  return reader({ index: Math.max(offset, bom), line }, true);
}
