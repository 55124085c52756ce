// Detects the encoding of a file, decodes its bytes.

import { isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../core/errors.js';
import type { Block } from './compression.js';
import { displayName } from './errors.js';
import type { FileHead, FileNote } from './format.js';
import type { ByteSource, InputIo } from './source.js';

/** How the bytes of a file become text. */
export interface Encoding {
  /** As TextDecoder spells it. */
  readonly name: string;
  /** Bytes of the byte order mark at the start. */
  readonly bom: number;
  /** Whether a line end is the same byte as in ASCII wherever it stands, so that lines can be cut before decoding. */
  readonly isBytewise: boolean;
  /** Whether the user knows already that some bytes may not be what they should be. */
  readonly isReported: boolean;
  /** What the user may want to know about it. */
  readonly notes: readonly FileNote[];
}

const byteOrderMarks: readonly (readonly [hex: string, name: string])[] = [
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
];
const bytewiseNames = /^(utf-8|windows-\d+|iso-8859-\d+(-i)?|koi8-[ru]|ibm866|x-mac-cyrillic|macintosh)$/;
/** Share of bad bytes up to which a file is still UTF-8, cdr-formats: 8 rows of an Asterisk file held bytes of another encoding. */
const badByteShare = 0.001;

/** Share of the characters of a text that are ASCII even where its words are not: digits, delimiters, line ends. */
const asciiShare = 0.1;

/**
 * Whether bytes are UTF-16 without a byte order mark, and which: every second byte of an ASCII character is NUL, and the
 * bytes between them are not.
 */
export function unmarkedUtf16(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const nuls = [0, 0];
  const end = Math.min(bytes.length, 4096);
  for (let at = 0; at < end; at++) if (bytes[at] === 0) nuls[at % 2] = (nuls[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = nuls;
  const most = Math.max(even, odd);
  if (most * 2 < end * asciiShare || Math.min(even, odd) * 10 > most) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

/**
 * Decides the encoding of a file by its first bytes: `--encoding`, else the byte order mark, else UTF-16 by its NULs, else
 * UTF-8, else windows-1251 or windows-1252 by the words that come out.
 * Throws UserError for a label that TextDecoder does not know.
 */
export function detectEncoding({ file, bytes, isAll }: FileHead, label: string | undefined): Encoding {
  const [mark = '', marked] =
    byteOrderMarks.find(([hex]) => bytes.toString('hex', 0, hex.length / 2) === hex) ?? [];
  const bom = mark.length / 2;
  if (label !== undefined) {
    const name = canonicalName(label);
    return { ...encoding(name, marked === name ? bom : 0), isReported: true };
  }
  if (marked !== undefined) return encoding(marked, bom);
  const unmarked = unmarkedUtf16(bytes);
  if (unmarked !== undefined)
    return encoding(unmarked, 0, {
      text: `${displayName(file)}: has no byte order mark and was read as ${unmarked}`,
      hint: 'If that is wrong, give the encoding with --encoding.',
    });
  return (isAll ? isUtf8(bytes) : isStartOfUtf8(bytes))
    ? encoding('utf-8', 0)
    : guessEncoding(bytes, displayName(file));
}

function encoding(name: string, bom: number, ...notes: readonly FileNote[]): Encoding {
  return { name, bom, isBytewise: bytewiseNames.test(name), isReported: notes.length > 0, notes };
}

function canonicalName(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch (cause) {
    throw new UserError(`--encoding ${label}: is not a known encoding`, {
      hint: 'Use a name such as utf-8, utf-16le, windows-1251, koi8-r, ibm866 or windows-1252.',
      cause,
    });
  }
}

function guessEncoding(sample: Buffer, name: string): Encoding {
  const text = sample.toString('utf8');
  const bad = countMatches(text, /\ufffd/g) - countMatches(sample.toString('latin1'), /\xef\xbf\xbd/g);
  const good = countMatches(text, /[^\0-\x7f\ufffd]/g);
  const lineEnd = sample.indexOf('\n');
  const isHeaderBad = !isUtf8(sample.subarray(0, lineEnd < 0 ? sample.length : lineEnd));
  // Characters cut in half by a short database column leave many bad bytes in a file that is UTF-8 all the same.
  if ((bad < sample.length * badByteShare && !isHeaderBad) || good > bad * 4)
    return encoding('utf-8', 0, badBytes(name));
  const likely = hasMixedWords(sample) ? 'windows-1252' : 'windows-1251';
  return encoding(likely, 0, {
    text: `${name}: is not UTF-8 and was read as ${likely}`,
    hint: 'If names look wrong, give the encoding with --encoding.',
  });
}

/**
 * Whether words of a text have letters of ASCII beside letters that are not, as Spanish, Portuguese and German words have
 * (`Duración`), and those of Russian in windows-1251 have not.
 */
function hasMixedWords(bytes: Buffer): boolean {
  const words = bytes.toString('latin1').match(/[A-Za-z\xc0-\xff]+/g) ?? [];
  const foreign = words.filter((word) => /[\xc0-\xff]/.test(word));
  const mixed = foreign.filter((word) => /[A-Za-z]/.test(word));
  return mixed.length * 2 > foreign.length;
}

function countMatches(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

function badBytes(name: string): FileNote {
  return {
    text: `${name}: some bytes are not UTF-8 and were replaced by \ufffd`,
    hint: 'If names look wrong, give the encoding with --encoding.',
  };
}

/** Whether bytes are UTF-8, as far as they go: the last character may be cut. */
function isStartOfUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** A file whose encoding is known. */
export interface TextSource {
  readonly source: ByteSource;
  readonly encoding: Encoding;
  readonly note: InputIo['note'];
}

/**
 * The bytes of a file without byte order mark, in an encoding where line ends are ASCII bytes: its own or, for UTF-16 and
 * its like, converted to UTF-8.
 */
export async function* bytesOf(input: TextSource): AsyncGenerator<Block> {
  const { source, encoding } = input;
  if (!encoding.isBytewise) {
    for await (const { text, stored } of textOf(input)) yield { bytes: Buffer.from(text), stored };
  } else yield* withoutMark(source.blocks(), encoding.bom);
}

async function* withoutMark(blocks: AsyncIterable<Block>, bom: number): AsyncGenerator<Block> {
  let skip = bom;
  for await (const block of blocks) {
    const skipped = Math.min(skip, block.bytes.length);
    skip -= skipped;
    yield skipped === 0 ? block : { bytes: block.bytes.subarray(skipped), stored: block.stored };
  }
}

/** Decodes what `bytesOf` yields, in pieces that cut no character; notes once that bytes had to be replaced. */
export function lineDecoder(
  { name, isBytewise, isReported }: Encoding,
  { file, note }: { readonly file: string; readonly note: InputIo['note'] },
): (bytes: Buffer) => string {
  if (name !== 'utf-8' && isBytewise) {
    const decoder = new TextDecoder(name, { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes);
  }
  let isSaid = isReported;
  return (bytes) => {
    if (!isSaid && !isUtf8(bytes)) {
      isSaid = true;
      const { text, hint } = badBytes(displayName(file));
      note(text, hint);
    }
    return bytes.toString('utf8');
  };
}

/** The text of a file, decoded as it comes, without byte order mark; `stored` bytes were read up to the end of each piece. */
export async function* textOf({
  source,
  encoding,
  note,
}: TextSource): AsyncGenerator<{ readonly text: string; readonly stored: number }> {
  const decoder = streamDecoder(encoding.name);
  let { isReported } = encoding;
  let stored = 0;
  for await (const block of withoutMark(source.blocks(), encoding.bom)) {
    stored = block.stored;
    const text = decoder.write(block.bytes);
    if (!isReported && text.includes('\ufffd')) {
      isReported = true;
      const bad = badBytes(displayName(source.file));
      note(bad.text, bad.hint);
    }
    yield { text, stored };
  }
  yield { text: decoder.end(), stored };
}

function streamDecoder(name: string): { write(bytes: Buffer): string; end(): string } {
  if (name === 'utf-8') return new StringDecoder('utf8');
  const decoder = new TextDecoder(name, { ignoreBOM: true });
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}
