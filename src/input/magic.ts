import { UserError } from '../core/errors.js';
import { nameOf } from './trouble.js';

export type Packing = 'gzip' | 'zstd';

/** How many first bytes `packingOf` wants to see. */
export const magicLength = 4;

/** What a file is packed with, by its first bytes (RFC 1952, RFC 8878); undefined for a plain one. */
export function packingOf(bytes: Buffer): Packing | undefined {
  if (bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return 'gzip';
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd';
  return undefined;
}

const asCsv =
  'Open it in Excel or LibreOffice, save it as "CSV UTF-8 (Comma delimited)", and import that file.';
const markup = /^\s*<(!doctype|html|head|body|table|meta|style|div|\?xml)\b/i;

const asText =
  'Export the calls as CSV or JSON, and import that file; a text in UTF-16 needs --encoding utf-16le.';

/**
 * Throws a UserError where the unpacked first bytes are a spreadsheet or a web page, which phone systems call "Excel" or
 * "CSV", or no text at all.
 *
 * @param isText the user named the encoding, so it is text whatever it looks like
 */
export function refuseForeign(file: string, head: Buffer, isText: boolean): void {
  const found = foreign(head);
  const binary = found === undefined && !isText ? notText(head) : undefined;
  if (found === undefined && binary === undefined) return;
  throw new UserError(`${nameOf(file)}: this is ${found ?? binary}, not a text file with records`, {
    hint: found === undefined ? asText : asCsv,
  });
}

/** So many bytes are looked at; of control characters that no text has, so many kinds and this share make it binary. */
const binary = { bytes: 4096, kinds: 4, share: 0.02 };

function notText(head: Buffer): string | undefined {
  if (head.toString('latin1', 0, 5) === '%PDF-') return 'a PDF';
  const start = head.subarray(0, binary.bytes);
  if (/^(fffe|feff)/.test(start.toString('hex', 0, 2))) return undefined; // UTF-16, whose bytes may be anything
  // NUL does not count: a power cut leaves runs of it in a log. Nor do tab, line ends, page breaks, Ctrl-Z and escape.
  const controls = start.filter((byte) => byte < 32 && ![0, 9, 10, 11, 12, 13, 26, 27].includes(byte));
  const isBinary = new Set(controls).size >= binary.kinds && controls.length >= start.length * binary.share;
  return isBinary ? 'a picture, a program or other binary data' : undefined;
}

function foreign(head: Buffer): string | undefined {
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (magic === 0x504b0304) return 'an Excel workbook (.xlsx) or another ZIP archive';
  if (magic === 0xd0cf11e0) return 'an old Excel workbook (.xls)';
  const text = head.toString('latin1', 0, 512).replace(/^ï»¿/, '');
  return markup.test(text) ? 'a web page (HTML or XML)' : undefined;
}
