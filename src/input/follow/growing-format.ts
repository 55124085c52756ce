// Recognises a growing file by its first lines.

import { isAscii } from 'node:buffer';
import { UserError } from '../../core/errors.js';
import type { Row, Table } from '../../core/row.js';
import { compressionOf } from '../compression.js';
import { detectEncoding, lineDecoder } from '../encoding.js';
import { displayName } from '../errors.js';
import type { FileHead, InputOptions } from '../format.js';
import { LineReader, type LineReaderOptions } from '../lines.js';
import { describeText, rowsOfLines, sampleRows } from '../open.js';
import { type RecognisedText, recognise } from '../recognise.js';
import { headBytes, type InputIo } from '../source.js';

/** A file of lines that grows: what its first lines tell about it. */
export interface GrowingFormat
  extends Pick<Table, 'format' | 'delimiter' | 'headerLine' | 'titles' | 'columns' | 'encoding'> {
  /** Bytes of the byte order mark at the start. */
  readonly bom: number;
  /** Its first rows, at most 1000. */
  readonly sample: readonly Row[];
  readonly reader: (start: LineReaderOptions['start'], hasOffsets: boolean) => LineReader;
}

/** How a growing file is read, and who hears of it. */
export interface GrowingRules {
  readonly options: InputOptions;
  readonly note: InputIo['note'];
  readonly warn: InputIo['note'];
  /** Where nobody writes on, a last line without its end is left only where something of it is missing. */
  readonly openEnd: 'read' | 'leave-cut';
}

/**
 * Recognises a growing file by its first bytes; undefined as long as there is no whole row among them.
 * Throws UserError for what is no file of records, and for a first line without end.
 */
export async function recogniseGrowing(
  head: FileHead,
  rules: GrowingRules,
): Promise<GrowingFormat | undefined> {
  const { file, bytes, isAll } = head;
  const { options, note } = rules;
  const refuse = (what: string, hint: string) =>
    new UserError(`${displayName(file)}: is ${what}, which cannot be followed`, { hint });
  if (compressionOf(bytes) !== undefined) throw refuse('a compressed file', 'Import it: amocalls import');
  const recognised = await recognise(head, options);
  if (recognised.kind === 'workbook') throw refuse('an Excel workbook', 'Import it: amocalls import');
  if (recognised.kind === 'blank') return undefined;
  const { encoding } = recognised;
  if (!encoding.isBytewise)
    throw refuse(`text in ${encoding.name}`, 'Only text such as UTF-8 can be followed.');
  const end = isAll ? bytes.length : Math.max(bytes.lastIndexOf('\n'), bytes.lastIndexOf('\r', -2)) + 1;
  if (end === 0 && bytes.length < headBytes) return undefined;
  if (end === 0)
    throw new UserError(`${displayName(file)}, line 1: is longer than 256 KiB`, {
      hint: 'Is it a file with one call per line?',
    });
  if (recognised.format === 'json') throw refuse('a JSON document', 'Only CSV and NDJSON can be followed.');
  const rows = rowsOfLines(recognised, options, { file, openEnd: rules.openEnd, note });
  for (const { text, hint } of recognised.notes) note(text, hint);
  const start = bytes.subarray(0, end);
  const decode = decoderOf(start, recognised, { file, ...rules });
  const reader: GrowingFormat['reader'] = (from, hasOffsets) =>
    new LineReader({
      ...rows.lines(),
      file,
      decode,
      start: from,
      hasOffsets,
      onTooLong: (line) =>
        rules.warn(
          `${displayName(file)}, line ${line}: is longer than 16 MiB and was skipped`,
          'Something other than calls was written to this file.',
        ),
    });
  const first = reader({ index: 0, line: 1 }, false);
  const batches = [await first.push(start.subarray(encoding.bom), end), await first.end()];
  const sample = batches.flatMap((batch) => batch?.rows ?? []).slice(0, sampleRows);
  // A header without its end may still be half a header.
  if (sample.length === 0 && (!isAll || !isEnded(bytes))) return undefined;
  const table = { ...describeText(recognised), columns: rows.columns };
  return { ...table, encoding: encoding.name, bom: encoding.bom, sample, reader };
}

/** Decodes the lines of a file; where it began with nothing but ASCII, the encoding is detected when there is more to see. */
function decoderOf(
  start: Buffer,
  { encoding }: RecognisedText,
  { file, note, options }: GrowingRules & { readonly file: string },
): (bytes: Buffer) => string {
  if (!isAscii(start) || options.encoding !== undefined) return lineDecoder(encoding, { file, note });
  let decode: ((bytes: Buffer) => string) | undefined;
  return (bytes) => {
    if (decode === undefined && isAscii(bytes)) return bytes.toString('latin1');
    if (decode === undefined) {
      const late =
        encoding.name === 'utf-8' ? detectEncoding({ file, bytes, isAll: true }, undefined) : undefined;
      for (const { text, hint } of late?.notes ?? []) note(text, hint);
      decode = lineDecoder(late ?? encoding, { file, note });
    }
    return decode(bytes);
  };
}

function isEnded(bytes: Buffer): boolean {
  const last = bytes.at(-1);
  return last === 0x0a || last === 0x0d;
}
