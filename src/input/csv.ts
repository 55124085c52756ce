import { UserError } from '../core/errors.js';
import type { Row } from '../core/row.js';
import { parseDelimiter, sepLine, sniffDelimiter, sniffWidths } from './csv-dialect.js';
import { findHeader, type Header } from './csv-header.js';
import { type CsvReader, csvReader } from './csv-read.js';
import type { Readout } from './decode.js';
import { linePass } from './line-pass.js';
import type { TakeRecords } from './lines.js';
import type { InputOptions } from './options.js';
import type { Opened } from './table.js';
import { nameOf } from './trouble.js';

const notCsv = 'Is it a CSV file? If its records are JSON, give --format json.';

/** What the start of a CSV file tells about all of it. */
interface Layout extends Header {
  readonly delimiter: string;
  readonly read: CsvReader;
  /** Columns that a row has when it is complete. */
  readonly complete: number;
}

/** Opens a CSV file: finds its dialect and header, and reads its rows. Throws UserError for a first line without end. */
export async function openCsv(readout: Readout, options: InputOptions): Promise<Opened> {
  const layout = await layOut(readout, options);
  const take = taker(readout, layout);
  return {
    format: 'csv',
    delimiter: layout.delimiter,
    columns: layout.columns,
    ...(layout.headerLine === undefined ? {} : { headerLine: layout.headerLine }),
    pass: (whole) => linePass(readout, whole ? undefined : options.parts, { take, hint: notCsv }),
  };
}

async function layOut(readout: Readout, options: InputOptions): Promise<Layout> {
  const text = headText(readout);
  const sep = sepLine(text);
  const before = sep === undefined ? 0 : 1;
  const body = before === 0 ? text : text.replace(/^[^\r\n]*(?:\r\n|\r|\n)?/, '');
  const line = 1 + before;
  const delimiter =
    options.delimiter === undefined
      ? (sep ?? (await sniffDelimiter(body, line)))
      : parseDelimiter(options.delimiter);
  const widths = await sniffWidths(body, line, { delimiter });
  const read = csvReader({ delimiter, widths: widths.all });
  const { rows } = await read(body, { line, final: true, limit: 50 });
  const header = findHeader(rows, before, options);
  if (header.titles > 0)
    readout.note(
      `${nameOf(readout.source.file)}: the header is on line ${header.headerLine}; what stands above it was skipped`,
    );
  const needed = header.columns.length;
  return { ...header, delimiter, read, complete: widths.usual > 0 ? Math.min(needed, widths.usual) : needed };
}

/** The first lines of the file, whole ones. */
function headText({ source, encoding }: Readout): string {
  const text = new TextDecoder(encoding.name).decode(source.head);
  if (source.whole) return text;
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2));
  if (end >= 0) return text.slice(0, end + 1);
  throw new UserError(`${nameOf(source.file)}, line 1: a line of more than 256 KiB`, {
    hint: notCsv,
  });
}

/** Takes the records of a text: none of the header's lines, and at the file's end no line that is still being written. */
function taker({ source, note }: Readout, layout: Layout): TakeRecords {
  const name = nameOf(source.file);
  let told = false;
  const read: CsvReader = async (text, options) => {
    const taken = await layout.read(text, options);
    if (taken.distrusted !== undefined && !told) {
      told = true;
      note(
        `${name}, line ${taken.distrusted}: a quote that would swallow other rows was not taken for one`,
        'If there are more such lines, they are read in the same way: each alone.',
      );
    }
    if (options.line > layout.skip) return taken;
    return { ...taken, rows: taken.rows.filter((row) => row.line > layout.skip) };
  };
  const leave = (line: number) =>
    note(
      `${name}, line ${line}: this last line has no end and is short; it is left for the next run`,
      'If the file is complete, put a line end after it.',
    );
  return async (text, line, final) => {
    if (!final || /[\r\n]$/.test(text)) return read(text, { line, final });
    const ends = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    const before = await read(text.slice(0, ends), { line, final: false });
    const tail = text.slice(before.index);
    // A quote that is opened in the last line and not closed was cut; one from further up is a stray one.
    if (source.plain && before.index === ends && (await isOpen(layout.read, tail))) {
      leave(before.line);
      return before;
    }
    const last = await read(tail, { line: before.line, final: true });
    const short = source.plain && isShort(last.rows.at(-1), layout.complete) ? last.rows.pop() : undefined;
    if (short !== undefined) leave(short.line);
    // A line without an end may still grow: the next run enters at its start.
    return { rows: [...before.rows, ...last.rows], index: before.index, line: before.line };
  };
}

async function isOpen(read: CsvReader, text: string): Promise<boolean> {
  return (await read(text, { line: 1, final: false })).index === 0;
}

function isShort(row: Row | undefined, complete: number): boolean {
  return row !== undefined && row.cells.length < complete;
}
