import type { Batch, Row } from '../core/row.js';
import { maxRecordBytes, tooLong } from './trouble.js';
import type { Block } from './unpack.js';

/** A place in a text or a file: how far in, and on which line. */
export interface Place {
  readonly index: number;
  /** From 1. */
  readonly line: number;
}

/** What was read of a text: its rows, and where reading has to go on, now or in the next run. */
export interface Taken extends Place {
  readonly rows: Row[];
}

/**
 * Reads the records of `text`, which starts at the start of a record, on `line`.
 * Whole lines, except at the end of the file (`final`). A record that may go on after the text is left.
 */
export type TakeRecords = (text: string, line: number, final: boolean) => Taken | Promise<Taken>;

export interface LineReading {
  readonly file: string;
  readonly start: Place;
  readonly decode: (bytes: Buffer) => string;
  readonly take: TakeRecords;
  /** Whether offsets in the file mean something, so that batches tell where the next one starts. */
  readonly tracked: boolean;
  /** What to do about a line that is too long for any record. */
  readonly hint: string;
}

/** Turns blocks of bytes into batches of rows: cuts them after line ends, decodes the pieces, has their records taken. */
export async function* lineBatches(
  blocks: AsyncIterable<Block>,
  reading: LineReading,
): AsyncGenerator<Batch> {
  let at = reading.start;
  let pending: Buffer = Buffer.alloc(0);
  let stored = at.index;
  async function batch(cut: number, final: boolean): Promise<Batch> {
    const text = reading.decode(pending.subarray(0, cut));
    const taken = await reading.take(text, at.line, final);
    const used = taken.index === text.length ? cut : byteIndex(pending, cut, countBreaks(text, taken.index));
    at = { index: at.index + used, line: taken.line };
    pending = pending.subarray(used);
    const next = reading.tracked ? { next: { offset: at.index, line: at.line } } : {};
    return { rows: taken.rows, bytesRead: reading.tracked && !final ? at.index : stored, ...next };
  }
  // Blocks without a line end are only collected: joining each would copy a long line over and over.
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const block of blocks) {
    waiting.push(block.bytes);
    length += block.bytes.length;
    stored = block.stored;
    if (length > maxRecordBytes + block.bytes.length) throw tooLong(reading.file, at.line, reading.hint);
    if (!block.bytes.includes(lf) && !block.bytes.includes(cr)) continue;
    const before = pending.length;
    pending = waiting.length === 1 && before === 0 ? block.bytes : Buffer.concat([pending, ...waiting]);
    const cut = afterLastBreak(pending, before);
    if (cut > 0) yield await batch(cut, false);
    waiting = [];
    length = pending.length;
  }
  pending = Buffer.concat([pending, ...waiting]);
  if (pending.length > 0) yield await batch(pending.length, true);
}

const lf = 10;
const cr = 13;

/**
 * Index after the last line end; 0 if there is none. A CR at the very end does not count: its LF may follow.
 * Looked for in what is new since the last time, and one byte before: that may have been such a CR.
 */
function afterLastBreak(bytes: Buffer, from: number): number {
  const last = bytes.length - 1;
  const fresh = bytes.subarray(Math.max(0, from - 1));
  const found = Math.max(
    fresh.lastIndexOf(lf),
    fresh.lastIndexOf(cr, bytes[last] === cr ? fresh.length - 2 : undefined),
  );
  // lastIndexOf takes a negative start as counted from the end: a lone CR would be found after all.
  return found < 0 || (bytes[last] === cr && fresh.length === 1)
    ? 0
    : found + 1 + bytes.length - fresh.length;
}

/** How many line ends stand in a text from an index on: CR, LF and CRLF count as one each. */
export function countBreaks(text: string, from = 0): number {
  let count = 0;
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === lf || (code === cr && text.charCodeAt(index + 1) !== lf)) count++;
  }
  return count;
}

/** The index in `bytes` (up to `end`) after which so many line ends, and what follows them, are left. */
function byteIndex(bytes: Buffer, end: number, breaksLeft: number): number {
  let left = breaksLeft;
  for (let index = end - 1; index >= 0; index--) {
    const byte = bytes[index];
    if (byte !== lf && !(byte === cr && bytes[index + 1] !== lf)) continue;
    if (left === 0) return index + 1;
    left--;
  }
  return 0;
}

/** Visits the lines of a text, their ends left out; an empty last one is none. */
export function eachLine(text: string, visit: (start: number, end: number) => void): void {
  let nextLf = -1;
  let nextCr = -1;
  for (let start = 0; start < text.length; ) {
    if (nextLf < start) nextLf = indexOrEnd(text, '\n', start);
    if (nextCr < start) nextCr = indexOrEnd(text, '\r', start);
    const end = Math.min(nextLf, nextCr);
    visit(start, end);
    start = end + (end === nextCr && nextLf === end + 1 ? 2 : 1);
  }
}

/** The index of a text in another, or the length of that one. */
export function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
}
