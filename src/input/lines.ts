// Bytes to lines to batches of rows, with offsets and line numbers.

import type { Batch, Row } from '../core/row.js';
import { lineBreaksIn } from '../core/text.js';
import type { Block } from './compression.js';
import { bytesOf, lineDecoder, type TextSource } from './encoding.js';
import { maxRecordBytes, recordTooLong } from './errors.js';

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

/** A format whose records are lines. */
export interface LineFormat {
  readonly parse: ParseLines;
  /** What to do about a line too long for a record. */
  readonly hint: string;
  /** Called when all of a file was parsed. Throws UserError where what was asked for was not in it. */
  readonly end?: () => void;
}

/**
 * What becomes of a last line without its end: `read`, nobody writes on; `leave-cut`, it is left where something of it
 * is missing; `leave`, somebody is writing it now.
 */
export type OpenEnd = 'read' | 'leave-cut' | 'leave';

/** How the lines of a file are parsed, whatever its format. */
export interface LineRules {
  /** Its name; '-' is standard input. */
  readonly file: string;
  readonly openEnd: OpenEnd;
  readonly note: (text: string, hint?: string) => void;
}

/** The lines of a file as rows. */
export interface LineRows {
  /** Those of NDJSON grow while rows are parsed. */
  readonly columns: readonly string[];
  /** A new parser, for one pass through the file; see `Table.rescan` for `enough`. */
  readonly lines: (enough?: number) => LineFormat;
}

/** Reads the rows of a file of lines. */
export async function* readLines(input: TextSource, { parse, hint, end }: LineFormat): AsyncGenerator<Batch> {
  const { source, encoding, note } = input;
  yield* lineBatches(bytesOf(input), {
    file: source.file,
    start: { index: encoding.bom, line: 1 },
    decode: lineDecoder(encoding, { file: source.file, note }),
    parse,
    hasOffsets: source.isPlain && encoding.isBytewise,
    hint,
  });
  end?.();
}

export interface LineReaderOptions extends LineFormat {
  readonly file: string;
  readonly start: Position;
  readonly decode: (bytes: Buffer) => string;
  /** Whether offsets in the file mean something, so that batches tell where the next one starts. */
  readonly hasOffsets: boolean;
  /** Hears of a line too long for a record, which is then a row with a problem; absent: the reader throws. */
  readonly onTooLong?: (line: number) => void;
}

/** Turns the bytes of a file into batches of rows as they come: cuts them after line ends, decodes the pieces, has their records parsed. */
export class LineReader {
  readonly #options: LineReaderOptions;
  #at: Position;
  /** From the first record on that was not parsed; whole lines of it up to `#whole`. */
  #pending: Buffer = Buffer.alloc(0);
  #whole = 0;
  /** Blocks after it without a line end are only collected: joining each would copy a long line over and over. */
  #waiting: Buffer[] = [];
  #length = 0;
  #stored: number;
  /** Bytes that were dropped of a line too long; 0 where none is being skipped. */
  #skipped = 0;

  constructor(options: LineReaderOptions) {
    this.#options = options;
    this.#at = options.start;
    this.#stored = options.start.index;
  }

  /** Where the first record starts that was not parsed yet. */
  get position(): Position {
    return this.#at;
  }

  /** Whether whole lines are kept back, because their last record may go on. */
  get isHolding(): boolean {
    return this.#whole > 0;
  }

  /** Takes the next bytes, up to `stored` in the file; gives a batch where they end a line. */
  async push(bytes: Buffer, stored: number): Promise<Batch | undefined> {
    this.#stored = stored;
    if (this.#skipped > 0) return this.#skip(bytes);
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    if (this.#length > maxRecordBytes + bytes.length) return this.#tooLong();
    if (!bytes.includes(lf) && !bytes.includes(cr)) return undefined;
    const before = this.#pending.length;
    this.#join();
    const cut = afterLastBreak(this.#pending, before);
    return cut > 0 ? this.#parse(cut, false) : undefined;
  }

  /** Parses whole lines that were kept because their last record may go on: nothing has come for a while. */
  async flush(): Promise<Batch | undefined> {
    return this.#whole > 0 ? this.#parse(this.#whole, true) : undefined;
  }

  /** Parses all that is left, a line without an end too: nothing more will come. */
  async end(): Promise<Batch | undefined> {
    this.#join();
    return this.#pending.length > 0 ? this.#parse(this.#pending.length, true) : undefined;
  }

  #join(): void {
    const [first] = this.#waiting;
    const isOnly = this.#waiting.length === 1 && this.#pending.length === 0;
    this.#pending = isOnly && first ? first : Buffer.concat([this.#pending, ...this.#waiting]);
    this.#waiting = [];
  }

  async #parse(cut: number, final: boolean): Promise<Batch> {
    const text = this.#options.decode(this.#pending.subarray(0, cut));
    const { rows, index, line } = await this.#options.parse(text, this.#at.line, final);
    const used = index === text.length ? cut : byteIndex(this.#pending, cut, lineBreaksIn(text, index));
    this.#pending = this.#pending.subarray(used);
    this.#length -= used;
    this.#whole = cut - used;
    return this.#moveTo({ index: this.#at.index + used, line }, rows, final);
  }

  #moveTo(to: Position, rows: readonly Row[], final: boolean): Batch {
    this.#at = to;
    if (!this.#options.hasOffsets) return { rows, bytesRead: this.#stored };
    const next = { offset: to.index, line: to.line };
    return { rows, bytesRead: final ? this.#stored : to.index, next };
  }

  async #tooLong(): Promise<Batch | undefined> {
    const { file, hint, onTooLong } = this.#options;
    const before = await this.flush();
    if (onTooLong === undefined) throw recordTooLong(file, this.#at.line, hint);
    onTooLong(this.#at.line);
    this.#join();
    const bytes = this.#pending;
    this.#pending = Buffer.alloc(0);
    this.#length = 0;
    const after = await this.#skip(bytes);
    return before && after ? { ...after, rows: [...before.rows, ...after.rows] } : (before ?? after);
  }

  /** Drops the bytes of a line too long; after its end, a row stands for it. */
  async #skip(bytes: Buffer): Promise<Batch | undefined> {
    const end = bytes.indexOf(lf) + 1;
    this.#skipped += end > 0 ? end : bytes.length;
    if (end === 0) return undefined;
    const { index, line } = this.#at;
    const row: Row = { line, cells: [], problem: 'a line of more than 16 MiB' };
    const batch = this.#moveTo({ index: index + this.#skipped, line: line + 1 }, [row], false);
    this.#skipped = 0;
    const more = end < bytes.length ? await this.push(bytes.subarray(end), this.#stored) : undefined;
    return more === undefined ? batch : { ...more, rows: [row, ...more.rows] };
  }
}

/** Reads blocks of bytes to batches of rows. */
export async function* lineBatches(
  blocks: AsyncIterable<Block>,
  options: LineReaderOptions,
): AsyncGenerator<Batch> {
  const reader = new LineReader(options);
  for await (const { bytes, stored } of blocks) {
    const batch = await reader.push(bytes, stored);
    if (batch !== undefined) yield batch;
  }
  const rest = await reader.end();
  if (rest !== undefined) yield rest;
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

/** So much of a damaged cell is told, in UTF-16 units. */
const longestRest = 60;

/** A row as it is; with a problem where a cell holds a NUL byte, as a power cut leaves them in a file that was being written. */
export function withoutNul(row: Row, columns: readonly string[]): Row {
  const at = row.cells.findIndex((cell) => cell.includes('\0'));
  if (at < 0 || row.problem !== undefined) return row;
  const name = columns[at] ?? '';
  const rest = (row.cells[at] ?? '').replaceAll('\0', '').slice(0, longestRest);
  const before = rest === '' ? '' : ` before or in "${rest}"`;
  return {
    ...row,
    problem: `a NUL byte in ${name === '' ? `column ${at + 1}` : `"${name}"`}${before}: the file is damaged here`,
  };
}
