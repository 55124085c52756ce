// The texts that cells name by number, in one buffer.

import { UserError } from '../../core/errors.js';
import { displayName } from '../errors.js';
import { parseXml } from './xml.js';

/** All texts of a workbook together, in UTF-8. */
const mostBytes = 256 * 1024 * 1024;
const mostTexts = 16_000_000;

/** The texts that cells name by number. They lie in one buffer: a string each would take three times the memory. */
export class SharedStrings {
  #bytes = Buffer.alloc(64 * 1024);
  #length = 0;
  #ends = new Uint32Array(4096);
  #count = 0;

  add(text: string, file: string): void {
    const size = Buffer.byteLength(text);
    if (this.#length + size > mostBytes || this.#count >= mostTexts)
      throw new UserError(`${displayName(file)}: the texts of the workbook take more than 256 MiB`, {
        hint: 'Export it as CSV, which may have any size.',
      });
    if (this.#length + size > this.#bytes.length) {
      const bytes = Buffer.alloc(Math.max(this.#length + size, this.#bytes.length * 2));
      this.#bytes.copy(bytes, 0, 0, this.#length);
      this.#bytes = bytes;
    }
    if (this.#count >= this.#ends.length) {
      const ends = new Uint32Array(this.#ends.length * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#length += this.#bytes.write(text, this.#length);
    this.#ends[this.#count] = this.#length;
    this.#count += 1;
  }

  /** The text of a number, from 0; undefined for one that is not there. */
  get(index: number): string | undefined {
    if (!(index >= 0 && index < this.#count)) return undefined;
    return this.#bytes.toString('utf8', index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
  }
}

/** Reads the part with the shared texts: runs of a rich text are joined, phonetic hints left out. */
export async function readSharedStrings(blocks: AsyncIterable<Buffer>, file: string): Promise<SharedStrings> {
  const strings = new SharedStrings();
  const text = createTextCollector(file);
  await parseXml(blocks, {
    open: text.open,
    text: text.text,
    close: (name) => {
      text.close(name);
      if (name === 'si') strings.add(text.take(), file);
    },
  });
  return strings;
}

/** No text of a workbook is longer than 32,767 characters; others write longer ones. */
const longestText = 1024 * 1024;

/** Collects the text of an item: what stands in its `t`, outside of `rPh`. */
export function createTextCollector(file: string) {
  let isText = false;
  let isPhonetic = false;
  let collected = '';
  const add = (piece: string) => {
    collected += piece;
    if (collected.length > longestText)
      throw new UserError(`${displayName(file)}: has a cell with more than 1 MiB of text`, {
        hint: 'Is it a table of calls?',
      });
  };
  return {
    open: (name: string) => {
      if (name === 'rPh') isPhonetic = true;
      else if (name === 't') isText = !isPhonetic;
    },
    close: (name: string) => {
      if (name === 'rPh') isPhonetic = false;
      else if (name === 't') isText = false;
    },
    text: (piece: string) => {
      if (isText) add(piece);
    },
    add,
    /** What was collected, and begins anew. */
    take: (): string => {
      const text = collected;
      collected = '';
      return unescaped(text);
    },
  };
}

/** Characters that XML cannot hold are written `_x000D_` (ECMA-376, part 1, 22.9.2.19). */
function unescaped(text: string): string {
  return text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text;
}
