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

/** Throws a UserError where the unpacked first bytes are a spreadsheet or a web page, which phone systems call "Excel" or "CSV". */
export function refuseForeign(file: string, head: Buffer): void {
  const found = foreign(head);
  if (found === undefined) return;
  throw new UserError(`${nameOf(file)}: this is ${found}, not a text file with records`, { hint: asCsv });
}

function foreign(head: Buffer): string | undefined {
  const magic = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (magic === 0x504b0304) return 'an Excel workbook (.xlsx) or another ZIP archive';
  if (magic === 0xd0cf11e0) return 'an old Excel workbook (.xls)';
  const text = head.toString('latin1', 0, 512).replace(/^ï»¿/, '');
  return markup.test(text) ? 'a web page (HTML or XML)' : undefined;
}
