// Scans JSON text that comes in blocks for the ends of values.

import { lineBreaksIn } from '../../core/text.js';
import { maxRecordBytes, recordTooLong } from '../errors.js';

// The characters of JSON's structure, and the end of a JSONP call.
export const quote = 34;
export const closeParenthesis = 41;
const comma = 44;
export const colon = 58;
export const semicolon = 59;
export const openBracket = 91;
const backslash = 92;
export const closeBracket = 93;
export const openBrace = 123;
export const closeBrace = 125;

/** A function call around JSON, as JSONP answers have it: `asterisk_cb(…)`. */
export const jsonpStart = /^\s*(?:\/\*\*\/\s*)?[A-Za-z_$][\w$.]*\s*\(\s*(?=[[{])/;

/** The index at which the object in a line of a log starts; -1 where there is none. Braces of other texts are none. */
export function objectStart(line: string): number {
  return line.search(/\{\s*"/);
}

/** Whether a character may stand between values; the record separator is that of RFC 7464. */
function isSeparator(code: number): boolean {
  return code <= 32 || code === comma || code === 0xfeff;
}

/** The index of the first character from `from` on that is no separator; the length of the text if there is none. */
export function afterSeparators(text: string, from: number): number {
  let index = from;
  while (index < text.length && isSeparator(text.charCodeAt(index))) index++;
  return index;
}

/**
 * The index after the JSON value that starts at `start`, found by brackets and quotes alone; -1 where the text ends before it.
 * A literal (number, true, null) ends at a separator or bracket, or at the end of the text if that is the end of the file (`ended`).
 */
export function valueEnd(text: string, start: number, ended: boolean): number {
  const first = text.charCodeAt(start);
  if (first === quote) return stringEnd(text, start);
  if (first !== openBrace && first !== openBracket) return literalEnd(text, start, ended);
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = stringEnd(text, index) - 1;
      if (index < 0) return -1;
    } else if (code === openBrace || code === openBracket) depth++;
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return index + 1;
  }
  return -1;
}

/** The index after the quote that closes the string which starts at `start`; -1 if there is none. */
function stringEnd(text: string, start: number): number {
  let index = text.indexOf('"', start + 1);
  while (index > 0 && isEscaped(text, index)) index = text.indexOf('"', index + 1);
  return index + 1 || -1;
}

/** Whether an odd number of backslashes stands before the index. */
function isEscaped(text: string, index: number): boolean {
  let start = index;
  while (text.charCodeAt(start - 1) === backslash) start--;
  return (index - start) % 2 === 1;
}

function literalEnd(text: string, start: number, ended: boolean): number {
  let index = start + 1;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isSeparator(code) || code === closeBracket || code === closeBrace) return index;
  }
  return ended ? index : -1;
}

/** A step of reading that pauses where it needs more text. */
export type Step<T> = Generator<void, T, void>;

/** Scans JSON text that comes in blocks and is dropped once it has been read. */
export class Scanner {
  text = '';
  index = 0;
  ended = false;
  #line = 1;
  #nextBreak: RegExpExecArray | null | undefined;
  #keptFrom: number | undefined;
  readonly #breaks = /\r\n|\r|\n/g;

  constructor(readonly file: string) {}

  /** Adds text, and forgets what has been read and is not kept. */
  grow(more: string): void {
    let start = this.#keptFrom ?? this.index;
    // The LF of a CR at the end may come with the new text: they are one line end.
    if (start > 0 && start === this.text.length && this.text.endsWith('\r')) start--;
    this.#countLinesTo(start);
    this.text = this.text.slice(start) + more;
    this.index -= start;
    if (this.#keptFrom !== undefined) this.#keptFrom -= start;
    this.#nextBreak = undefined;
    this.#breaks.lastIndex = 0;
  }

  /** Line of the file on which the text at the index stands. */
  line(): number {
    if (this.#keptFrom === undefined) {
      this.#countLinesTo(this.index);
      return this.#line;
    }
    return this.#line + lineBreaksIn(this.text.slice(this.#keptFrom, this.index));
  }

  /** Keeps the text from here on, to come back to it. */
  keep(): void {
    this.#countLinesTo(this.index);
    this.#keptFrom = this.index;
  }

  /** Goes back to where the kept text starts, and gives it up. */
  rewind(): void {
    this.index = this.#keptFrom ?? this.index;
    this.#keptFrom = undefined;
  }

  /** Skips separators up to the next character: its code, or -1 at the end of the file. */
  *peek(): Step<number> {
    for (;;) {
      this.index = afterSeparators(this.text, this.index);
      if (this.index < this.text.length) return this.text.charCodeAt(this.index);
      if (this.ended) return -1;
      yield* this.#more();
    }
  }

  /** The text of the value that starts here, and goes on after it; undefined where the file ends within it. */
  *value(): Step<string | undefined> {
    // A long value is looked through again only when twice as much of it has come.
    let enough = 0;
    for (;;) {
      const size = this.text.length - this.index;
      const end = size < enough && !this.ended ? -1 : valueEnd(this.text, this.index, this.ended);
      if (end >= 0) {
        const text = this.text.slice(this.index, end);
        this.index = end;
        return text;
      }
      if (this.ended) return undefined;
      enough = Math.max(enough, size < enough ? 0 : size * 2);
      yield* this.#more();
    }
  }

  /**
   * Goes past the value that starts here, without holding it; false where the file ends within it.
   *
   * @param onObject called for each object that is an element of a list in it
   */
  *skip(onObject: () => void): Step<boolean> {
    const around: number[] = [];
    for (;;) {
      const code = yield* this.peek();
      if (code < 0) return false;
      if (code === openBrace || code === openBracket) {
        if (code === openBrace && around.at(-1) === openBracket) onObject();
        around.push(code);
        this.index++;
      } else if (code === closeBrace || code === closeBracket) {
        around.pop();
        this.index++;
      } else if (code === colon) this.index++;
      else if ((yield* this.value()) === undefined) return false;
      if (around.length === 0) return true;
    }
  }

  /** The text up to the end of the line, and goes there. */
  *restOfLine(): Step<string> {
    for (let seen = 0; ; ) {
      const length = this.text.slice(this.index + seen).search(/[\r\n]/);
      if (length >= 0) {
        const text = this.text.slice(this.index, this.index + seen + length);
        this.index += text.length;
        return text;
      }
      if (this.ended) return this.takeRest();
      seen = this.text.length - this.index;
      yield* this.#more();
    }
  }

  /** The text that is left, up to the end of the file. */
  takeRest(): string {
    const text = this.text.slice(this.index);
    this.index = this.text.length;
    return text;
  }

  *#more(): Step<void> {
    const kept = this.text.length - (this.#keptFrom ?? this.index);
    if (kept > maxRecordBytes)
      throw recordTooLong(
        this.file,
        this.line(),
        'If the records are in a list inside of it, name that list with --path.',
      );
    yield;
  }

  #countLinesTo(index: number): void {
    // Nothing stands before the start: a long text that is waiting for its end is not looked through in vain.
    while (index > 0) {
      if (this.#nextBreak === undefined) this.#nextBreak = this.#breaks.exec(this.text);
      if (this.#nextBreak === null || this.#nextBreak.index >= index) return;
      this.#line++;
      this.#nextBreak = undefined;
    }
  }
}
