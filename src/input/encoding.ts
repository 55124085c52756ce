import { isUtf8 } from 'node:buffer';
import { UserError } from '../core/errors.js';
import type { InputIo } from './options.js';
import type { Source } from './source.js';
import { nameOf } from './trouble.js';

/** How the bytes of a file become text. */
export interface Encoding {
  /** As TextDecoder spells it. */
  readonly name: string;
  /** Bytes of the byte order mark at the start. */
  readonly bom: number;
  /** Whether a line end is the same byte as in ASCII wherever it stands, so that lines can be cut before decoding. */
  readonly bytewise: boolean;
  /** Whether the user has been told already that some bytes are not what they should be. */
  readonly told: boolean;
}

const boms: readonly (readonly [hex: string, name: string])[] = [
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
];
const bytewise = /^(utf-8|windows-\d+|iso-8859-\d+(-i)?|koi8-[ru]|ibm866|x-mac-cyrillic|macintosh)$/;
/** Share of bad bytes up to which a file is still UTF-8, cdr-formats: 8 rows of an Asterisk file held bytes of another encoding. */
const fewBadBytes = 0.001;

/**
 * Decides the encoding of a file: `--encoding`, else the byte order mark, else UTF-8, else windows-1251.
 * Throws UserError for a label that TextDecoder does not know.
 */
export function decideEncoding(source: Source, label: string | undefined, note: InputIo['note']): Encoding {
  const found = boms.find(([hex]) => source.head.toString('hex', 0, hex.length / 2) === hex);
  const bom = found === undefined ? 0 : found[0].length / 2;
  if (label !== undefined) {
    const name = canonical(label);
    return encoding(name, found?.[1] === name ? bom : 0, true);
  }
  if (found !== undefined) return encoding(found[1], bom, false);
  const sample = source.whole ? source.head : withoutCutCharacter(source.head);
  return isUtf8(sample) ? encoding('utf-8', 0, false) : guessed(sample, nameOf(source.file), note);
}

function encoding(name: string, bom: number, told: boolean): Encoding {
  return { name, bom, bytewise: bytewise.test(name), told };
}

function canonical(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch (cause) {
    throw new UserError(`--encoding ${label}: there is no such encoding`, {
      hint: 'Use a name such as utf-8, utf-16le, windows-1251, koi8-r, ibm866 or windows-1252.',
      cause,
    });
  }
}

function guessed(sample: Buffer, name: string, note: InputIo['note']): Encoding {
  const text = sample.toString('utf8');
  const bad = countOf(text, /\ufffd/g) - countOf(sample.toString('latin1'), /\xef\xbf\xbd/g);
  const good = countOf(text, /[^\0-\x7f\ufffd]/g);
  // Characters cut in half by a short database column leave many bad bytes in a file that is UTF-8 all the same.
  if (bad < sample.length * fewBadBytes || good > bad * 4) {
    note(badBytes(name), otherEncoding);
    return encoding('utf-8', 0, true);
  }
  note(`${name}: not UTF-8, read as windows-1251`, 'If names look wrong, give --encoding.');
  return encoding('windows-1251', 0, true);
}

function countOf(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

/** The note about a UTF-8 file that holds bytes of another encoding, and its hint. */
export function badBytes(name: string): string {
  return `${name}: some bytes are not UTF-8 and were replaced by \ufffd`;
}
export const otherEncoding = 'If it matters, give the real encoding with --encoding.';

/** Leaves out the bytes of a UTF-8 character that the end of the sample cuts. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
    if (byte < 0x80) return bytes;
  }
  return bytes;
}
