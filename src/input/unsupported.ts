// Refuses web pages, old workbooks and binary data.

import { UserError } from '../core/errors.js';
import { unmarkedUtf16 } from './encoding.js';
import { displayName } from './errors.js';

/** Whether the first bytes are those of a ZIP archive, as a workbook has them. */
export function isZip(head: Buffer): boolean {
  return /^504b(0304|0506)/.test(head.toString('hex', 0, 4));
}

const asCsv =
  'Open it in Excel or LibreOffice, save it as "CSV UTF-8 (Comma delimited)", and import that file.';
const asText =
  'Export the calls as CSV or JSON, and import that file. For text in UTF-16 give --encoding utf-16le.';

/**
 * Throws a UserError where the decompressed first bytes are a spreadsheet or a web page, which phone systems call "Excel"
 * or "CSV", or binary data.
 *
 * @param isText the user named the encoding, so it is text whatever it looks like
 */
export function refuseUnsupported(file: string, head: Buffer, isText: boolean): void {
  const document = officeOrWeb(head);
  const found = document ?? (isText ? undefined : binaryData(head));
  if (found === undefined) return;
  throw new UserError(`${displayName(file)}: is ${found}, not a text file with records`, {
    hint: document === undefined ? asText : asCsv,
  });
}

const markup = /^\s*<(!doctype|html|head|body|table|meta|style|div|\?xml)\b/i;

function officeOrWeb(head: Buffer): string | undefined {
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (magic === 0x504b0304) return 'an Excel workbook (.xlsx) or another ZIP archive';
  if (magic === 0xd0cf11e0) {
    const isProtected = head.includes(Buffer.from('EncryptedPackage', 'utf16le'));
    return isProtected ? 'an Excel workbook with a password' : 'an old Excel workbook (.xls)';
  }
  const text = head.toString('latin1', 0, 512).replace(/^ï»¿/, '');
  return markup.test(text) ? 'a web page (HTML or XML)' : undefined;
}

/** So many bytes are looked at; of control characters that no text has, so many kinds and this share make it binary. */
const binary = { bytes: 4096, kinds: 4, share: 0.02 };

function binaryData(head: Buffer): string | undefined {
  if (head.toString('latin1', 0, 5) === '%PDF-') return 'a PDF';
  const start = head.subarray(0, binary.bytes);
  // UTF-16, whose bytes may be anything.
  if (/^(fffe|feff)/.test(start.toString('hex', 0, 2)) || unmarkedUtf16(start) !== undefined)
    return undefined;
  // NUL does not count: a power cut leaves runs of it in a log. Nor do tab, line ends, page breaks, Ctrl-Z and escape.
  const controls = start.filter((byte) => byte < 32 && ![0, 9, 10, 11, 12, 13, 26, 27].includes(byte));
  const isBinary = new Set(controls).size >= binary.kinds && controls.length >= start.length * binary.share;
  return isBinary ? 'binary data (an image, a program)' : undefined;
}
