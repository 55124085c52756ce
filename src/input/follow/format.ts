import { isAscii } from 'node:buffer';
import { UserError } from '../../core/errors.js';
import type { Row } from '../../core/row.js';
import { compressionOf } from '../compression.js';
import { detectEncoding, lineDecoder, type TextSource } from '../encoding.js';
import { displayName } from '../errors.js';
import {
  detectFormat,
  type InputOptions,
  isRecord,
  type OpenedFormat,
  refuseUnsupported,
  type TextFormat,
} from '../format.js';
import { LineReader, type LineReaderOptions } from '../lines.js';
import { noteOnce, openers, sampleRows } from '../open.js';
import { headBytes, type Source } from '../source.js';
import type { FollowIo } from './io.js';

/** A file of lines that grows: what its first lines tell about it. */
interface GrowingFormat extends Omit<OpenedFormat, 'read' | 'lines'> {
  /** As TextDecoder spells it. */
  readonly encoding: string;
  /** Bytes of the byte order mark at the start. */
  readonly bom: number;
  /** Its first rows, at most 1000. */
  readonly sample: readonly Row[];
  readonly reader: (options: Pick<LineReaderOptions, 'start' | 'hasOffsets'>) => LineReader;
}

/**
 * Recognises a growing file by its first bytes; undefined as long as there is no whole row among them.
 * Throws UserError for what cannot be followed: compressed files, workbooks, JSON documents, UTF-16, a first line without end.
 *
 * @param isAll nothing more will come
 */
export async function detectGrowing(
  file: string,
  { head, isAll }: { readonly head: Buffer; readonly isAll: boolean },
  options: InputOptions,
  { note, warn }: Pick<FollowIo, 'note' | 'warn'>,
): Promise<GrowingFormat | undefined> {
  if (compressionOf(head) !== undefined)
    throw refused(file, 'a compressed file', 'Import it: amocalls import');
  refuseUnsupported(file, head, options.encoding !== undefined);
  const end = isAll ? head.length : Math.max(head.lastIndexOf('\n'), head.lastIndexOf('\r', -2)) + 1;
  if (end === 0 && head.length >= headBytes)
    throw new UserError(`${displayName(file)}, line 1: a line of more than 256 KiB`, {
      hint: 'Is it a file of calls, one a line?',
    });
  const start = head.subarray(0, end);
  const source = sourceOf(file, start);
  const encoding = detectEncoding(source, options.encoding, note);
  if (!encoding.isBytewise)
    throw refused(file, `text in ${encoding.name}`, 'Only text such as UTF-8 can be followed.');
  const text = new TextDecoder(encoding.name).decode(start);
  if (text.trim() === '') return undefined;
  const format = formatOf(file, text, options);
  if (format === 'json') throw refused(file, 'a JSON document', 'Only CSV and NDJSON can be followed.');
  const input: TextSource = { source, encoding, note };
  const { read: _, lines, ...opened } = await openers[format](input, options);
  if (lines === undefined)
    throw refused(file, `a ${format} document`, 'Only CSV and NDJSON can be followed.');
  const decode = isAscii(start) && options.encoding === undefined ? lateDecoder(input) : lineDecoder(input);
  const onTooLong = (line: number) =>
    warn(
      `${displayName(file)}, line ${line}: a line of more than 16 MiB; it is skipped up to its end`,
      'Something other than calls was written to this file.',
    );
  const reader: GrowingFormat['reader'] = (more) =>
    new LineReader({ ...more, ...lines(), file, decode, onTooLong });
  const first = reader({ start: { index: 0, line: 1 }, hasOffsets: false });
  const batches = [await first.push(start.subarray(encoding.bom), end), await first.end()];
  const sample = batches.flatMap((batch) => batch?.rows ?? []).slice(0, sampleRows);
  if (sample.length === 0 && !isAll) return undefined;
  return { ...opened, encoding: encoding.name, bom: encoding.bom, sample, reader };
}

/** The first lines of a file as a file of its own. */
function sourceOf(file: string, head: Buffer): Source {
  async function* blocks() {
    yield { bytes: head, stored: head.length };
  }
  return { file, isPlain: false, isGrowing: false, isRereadable: true, head, isHeadAll: true, blocks };
}

/** As for a file that is read once, but a first line that is a record is enough to tell NDJSON: the second is still to come. */
function formatOf(file: string, text: string, options: InputOptions): TextFormat {
  const format = detectFormat(file, text, options.format);
  const [first = '', second] = text.trim().split(/[\r\n]+/, 2);
  const isFirstRecord = options.format === undefined && second === undefined && isRecord(first);
  return format === 'json' && isFirstRecord ? 'ndjson' : format;
}

/** Nothing but ASCII so far: the encoding is detected when there is more to see. */
function lateDecoder(input: TextSource): (bytes: Buffer) => string {
  let decode: ((bytes: Buffer) => string) | undefined;
  return (bytes) => {
    if (decode === undefined && isAscii(bytes)) return bytes.toString('latin1');
    decode ??= lineDecoder({
      ...input,
      encoding: detectEncoding({ ...input.source, head: bytes }, undefined, input.note),
    });
    return decode(bytes);
  };
}

function refused(file: string, what: string, hint: string): UserError {
  return new UserError(`${displayName(file)}: this is ${what}, which cannot be followed`, { hint });
}

/**
 * The columns that all files under one name share: those of the first one. A later file may have them in another order,
 * have others, or no header at all where it was truncated and is written on.
 */
export class SharedColumns {
  readonly columns: string[] = [];
  /** What the first file was like. */
  first: GrowingFormat | undefined;
  /** Takes notes on what the files are like; each once, for many files are alike. */
  readonly note: FollowIo['note'];
  readonly #options: InputOptions;

  constructor(options: InputOptions, io: FollowIo) {
    this.#options = options;
    this.note = noteOnce(io);
  }

  /** How the next file is to be opened. */
  options(): InputOptions {
    if (this.first?.headerLine === undefined) return this.#options;
    const { columns } = this;
    const nameColumns = (rows: readonly (readonly string[])[]) =>
      rows.some((cells) => cells.some((cell) => columns.includes(cell.trim()))) ? undefined : columns;
    return { ...this.#options, nameColumns };
  }

  /** Takes the columns of a file; gives what moves its cells to those of the table, to new ones where it has more. */
  adopt(format: GrowingFormat): (rows: readonly Row[]) => readonly Row[] {
    this.first ??= format;
    const positions: number[] = [];
    let isSame = true;
    const place = () => {
      for (const name of format.columns.slice(positions.length)) {
        const known = this.columns.findIndex((own, at) => own === name && !positions.includes(at));
        const position = known < 0 ? this.columns.push(name) - 1 : known;
        isSame &&= position === positions.length;
        positions.push(position);
      }
    };
    place();
    return (rows) => {
      place();
      return isSame ? rows : rows.map((row) => ({ ...row, cells: moved(row.cells, positions) }));
    };
  }
}

/** Cells at their positions; those without a name come after all others, as in the file. */
function moved(cells: readonly string[], positions: readonly number[]): readonly string[] {
  const all: string[] = [];
  for (const [at, cell] of cells.entries()) {
    const position = positions[at] ?? Math.max(all.length, ...positions.map((one) => one + 1));
    while (all.length <= position) all.push('');
    all[position] = cell;
  }
  return all;
}
