import type { Batch, Row } from '../core/row.js';
import type { Block } from './compression.js';
import { bytesOf, lineDecoder, type TextSource } from './encoding.js';
import { maxRecordBytes, recordTooLong } from './errors.js';
import type { FilePart } from './source.js';

/** A place in a text or a file: how far in, and on which line. */
export interface Position {
  readonly index: number;
  /** From 1. */
  readonly line: number;
}

/** The rows parsed from a text, and where parsing has to go on, now or in the next run. */
export interface ParsedRows extends Position {
  readonly rows: Row[];
}

/**
 * Parses the records of `text`, which starts at the start of a record, on `line`.
 * Whole lines, except at the end of the file (`final`). A record that may go on after the text is left.
 */
export type ParseLines = (text: string, line: number, final: boolean) => ParsedRows | Promise<ParsedRows>;

/** A format whose records are lines; `hint` is what to do about a line too long for a record. */
export interface LineFormat {
  readonly parse: ParseLines;
  readonly hint: string;
}

/** Reads the rows of a file of lines: all of them, or those of some parts where the file can be entered in the middle. */
export async function* readLines(
  input: TextSource,
  parts: readonly FilePart[] | undefined,
  { parse, hint }: LineFormat,
): AsyncGenerator<Batch> {
  const { source, encoding } = input;
  const hasOffsets = source.isPlain && encoding.isBytewise;
  const size = source.size ?? 0;
  // A file that is shorter than it was is another file: it is read from its start.
  const fits = hasOffsets && parts?.every(({ offset, end }) => Math.max(offset, end ?? 0) <= size) === true;
  for (const part of fits ? (parts ?? []) : [undefined]) {
    const index = Math.max(part?.offset ?? 0, encoding.bom);
    yield* lineBatches(bytesOf(input, part && { ...part, offset: index }), {
      file: source.file,
      start: { index, line: part?.line ?? 1 },
      decode: lineDecoder(input),
      parse,
      hasOffsets,
      hint,
    });
  }
}

export interface LineBatchOptions extends LineFormat {
  readonly file: string;
  readonly start: Position;
  readonly decode: (bytes: Buffer) => string;
  /** Whether offsets in the file mean something, so that batches tell where the next one starts. */
  readonly hasOffsets: boolean;
}

/** Turns blocks of bytes into batches of rows: cuts them after line ends, decodes the pieces, has their records parsed. */
export async function* lineBatches(
  blocks: AsyncIterable<Block>,
  options: LineBatchOptions,
): AsyncGenerator<Batch> {
  let at = options.start;
  let pending: Buffer = Buffer.alloc(0);
  let stored = at.index;
  async function batch(cut: number, final: boolean): Promise<Batch> {
    const text = options.decode(pending.subarray(0, cut));
    const parsed = await options.parse(text, at.line, final);
    const used =
      parsed.index === text.length ? cut : byteIndex(pending, cut, countBreaks(text, parsed.index));
    at = { index: at.index + used, line: parsed.line };
    pending = pending.subarray(used);
    const next = options.hasOffsets ? { next: { offset: at.index, line: at.line } } : {};
    return { rows: parsed.rows, bytesRead: options.hasOffsets && !final ? at.index : stored, ...next };
  }
  // Blocks without a line end are only collected: joining each would copy a long line over and over.
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const block of blocks) {
    waiting.push(block.bytes);
    length += block.bytes.length;
    stored = block.stored;
    if (length > maxRecordBytes + block.bytes.length)
      throw recordTooLong(options.file, at.line, options.hint);
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
