import { isGap, valueEnd } from './json-text.js';
import { maxRecordBytes, tooLong } from './trouble.js';

/** A step of reading that pauses where it needs more text. */
export type Step<T> = Generator<void, T, void>;

/** A place in a text that comes in blocks and is forgotten once it has been read. */
export class Cursor {
  text = '';
  index = 0;
  ended = false;
  #line = 1;
  #nextBreak: RegExpExecArray | null | undefined;
  #kept: number | undefined;
  readonly #breaks = /\r\n|\r|\n/g;

  constructor(readonly file: string) {}

  /** Adds text, and forgets what has been read and is not kept. */
  grow(more: string): void {
    let start = this.#kept ?? this.index;
    // The LF of a CR at the end may come with the new text: they are one line end.
    if (start > 0 && start === this.text.length && this.text.endsWith('\r')) start--;
    this.#countTo(start);
    this.text = this.text.slice(start) + more;
    this.index -= start;
    if (this.#kept !== undefined) this.#kept -= start;
    this.#nextBreak = undefined;
    this.#breaks.lastIndex = 0;
  }

  /** Line of the file on which the text at the index stands. */
  line(): number {
    if (this.#kept === undefined) {
      this.#countTo(this.index);
      return this.#line;
    }
    return this.#line + (this.text.slice(this.#kept, this.index).match(/\r\n|\r|\n/g)?.length ?? 0);
  }

  /** Keeps the text from here on, until it is released. */
  keep(): void {
    this.#countTo(this.index);
    this.#kept = this.index;
  }

  /** Gives up the kept text. */
  release(): string {
    const text = this.text.slice(this.#kept ?? this.index, this.index);
    this.#kept = undefined;
    return text;
  }

  /** Goes back to where the kept text starts, and gives it up. */
  rewind(): void {
    this.index = this.#kept ?? this.index;
    this.#kept = undefined;
  }

  /** Goes over gaps to the next character: its code, or -1 at the end of the file. */
  *peek(): Step<number> {
    for (;;) {
      while (this.index < this.text.length && isGap(this.text.charCodeAt(this.index))) this.index++;
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
    const held = this.text.length - (this.#kept ?? this.index);
    if (held > maxRecordBytes)
      throw tooLong(
        this.file,
        this.line(),
        'If the records stand in a list inside of it, name that list with --path.',
      );
    yield;
  }

  #countTo(index: number): void {
    // Nothing stands before the start: a long text that is waiting for its end is not looked through in vain.
    while (index > 0) {
      if (this.#nextBreak === undefined) this.#nextBreak = this.#breaks.exec(this.text);
      if (this.#nextBreak === null || this.#nextBreak.index >= index) return;
      this.#line++;
      this.#nextBreak = undefined;
    }
  }
}
