import { isAscii } from 'node:buffer';
import { UserError } from '../../core/errors.js';
import type { Row, Table } from '../../core/row.js';
import { compressionOf } from '../compression.js';
import { detectEncoding, lineDecoder } from '../encoding.js';
import { displayName } from '../errors.js';
import type { InputOptions } from '../format.js';
import { LineReader, type LineReaderOptions } from '../lines.js';
import { describeText, noteOnce, rowsOfLines, sampleRows } from '../open.js';
import { type RecognisedText, recognise } from '../recognise.js';
import type { FollowIo } from './io.js';

/** A file of lines that grows: what its first lines tell about it. */
interface GrowingFormat extends Pick<Table, 'format' | 'delimiter' | 'headerLine' | 'columns' | 'encoding'> {
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
  const recognised = await recognise({ file, bytes: head, isAll }, options);
  if (recognised.kind === 'workbook') throw refused(file, 'an Excel workbook', 'Import it: amocalls import');
  if (recognised.kind === 'blank') return undefined;
  const { encoding, notes } = recognised;
  for (const { text, hint } of notes) note(text, hint);
  if (!encoding.isBytewise)
    throw refused(file, `text in ${encoding.name}`, 'Only text such as UTF-8 can be followed.');
  const end = isAll ? head.length : Math.max(head.lastIndexOf('\n'), head.lastIndexOf('\r', -2)) + 1;
  const start = head.subarray(0, end);
  if (end === 0)
    throw new UserError(`${displayName(file)}, line 1: a line of more than 256 KiB`, {
      hint: 'Is it a file of calls, one a line?',
    });
  if (recognised.format === 'json')
    throw refused(file, 'a JSON document', 'Only CSV and NDJSON can be followed.');
  const rows = rowsOfLines(recognised, options, { file, openEnd: 'read', note });
  const decode =
    isAscii(start) && options.encoding === undefined
      ? lateDecoder(file, recognised, note)
      : lineDecoder(encoding, { file, note });
  const onTooLong = (line: number) =>
    warn(
      `${displayName(file)}, line ${line}: a line of more than 16 MiB; it is skipped up to its end`,
      'Something other than calls was written to this file.',
    );
  const reader: GrowingFormat['reader'] = (more) =>
    new LineReader({ ...more, ...rows.lines(), file, decode, onTooLong });
  const first = reader({ start: { index: 0, line: 1 }, hasOffsets: false });
  const batches = [await first.push(start.subarray(encoding.bom), end), await first.end()];
  const sample = batches.flatMap((batch) => batch?.rows ?? []).slice(0, sampleRows);
  if (sample.length === 0 && !isAll) return undefined;
  const table = { ...describeText(recognised), columns: rows.columns };
  return { ...table, encoding: encoding.name, bom: encoding.bom, sample, reader };
}

/** Nothing but ASCII so far: the encoding is detected when there is more to see. */
function lateDecoder(
  file: string,
  { encoding }: RecognisedText,
  note: FollowIo['note'],
): (bytes: Buffer) => string {
  let decode: ((bytes: Buffer) => string) | undefined;
  return (bytes) => {
    if (decode === undefined && isAscii(bytes)) return bytes.toString('latin1');
    if (decode === undefined) {
      const late =
        encoding.name === 'utf-8' ? detectEncoding({ file, bytes, isAll: true }, undefined) : undefined;
      for (const { text, hint } of late?.notes ?? []) note(text, hint);
      decode = lineDecoder(late?.encoding ?? encoding, { file, note });
    }
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
