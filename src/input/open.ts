// Opens a file by what it is, takes a sample; opens the objects of a program.

import { UserError } from '../core/errors.js';
import type { Batch, Row, Table } from '../core/row.js';
import { csvRows } from './csv/csv.js';
import type { TextSource } from './encoding.js';
import { displayName } from './errors.js';
import type { InputOptions, OpenedFormat } from './format.js';
import { openDocument } from './json/document.js';
import { jsonRows } from './json/ndjson.js';
import { Flattener } from './json/records.js';
import { type LineRows, type LineRules, readLines } from './lines.js';
import { type RecognisedLines, type RecognisedText, recognise } from './recognise.js';
import { type ByteSource, type InputIo, openSource, prepend } from './source.js';

export type { InputOptions } from './format.js';
export type { InputIo } from './source.js';

/**
 * Opens `file` ('-' is standard input) and recognises what it is: compression, encoding, format, dialect, columns.
 * Rows that cannot be read are rows with a `problem`. Throws UserError where the file as a whole cannot be read:
 * here, or from the table's batches when the fault lies further on. An aborted signal ends the rows early, without an error.
 */
export async function readTable(file: string, options: InputOptions, io: InputIo): Promise<Table> {
  try {
    return await openTable(file, options, { ...io, note: noteOnce(io) });
  } catch (error) {
    if (io.signal?.aborted === true) return emptyTable(file);
    throw error;
  }
}

/** The lines of a text as rows. */
export function rowsOfLines(text: RecognisedLines, options: InputOptions, rules: LineRules): LineRows {
  return text.format === 'csv' ? csvRows(text.layout, options, rules) : jsonRows(text, options, rules);
}

async function openTable(file: string, options: InputOptions, io: InputIo): Promise<Table> {
  const source = await openSource(file, io);
  try {
    return await openSourceTable(source, options, io);
  } catch (error) {
    // Files are opened for each reading and closed after it; a stream is open from the beginning.
    if (!source.isRereadable) await source.blocks()[Symbol.asyncIterator]().return?.();
    throw error;
  }
}

async function openSourceTable(source: ByteSource, options: InputOptions, io: InputIo): Promise<Table> {
  const { file } = source;
  const recognised = await recognise(source.head, options);
  if (recognised.kind === 'workbook') {
    const { openWorkbook } = await import('./xlsx/workbook.js');
    const workbook = await openWorkbook(source, options, io);
    const rereadable = { ...source, isRereadable: true };
    return tableOf(rereadable, 'utf-8', { ...workbook, read: untilAborted(workbook.read, io.signal) });
  }
  if (options.sheet !== undefined)
    io.note(`${displayName(file)}: is not a workbook, so --sheet cannot be used`);
  if (recognised.kind === 'blank') return openEmpty(file, options, io);
  for (const { text, hint } of recognised.notes) io.note(text, hint);
  const input: TextSource = { source, encoding: recognised.encoding, note: io.note };
  const opened = openText(recognised, input, options);
  return tableOf(source, input.encoding.name, { ...opened, read: untilAborted(opened.read, io.signal) });
}

function openText(text: RecognisedText, input: TextSource, options: InputOptions): OpenedFormat {
  const { source, note } = input;
  const openEnd = source.isPlain ? (source.isGrowing ? 'leave' : 'leave-cut') : 'read';
  const rules = { file: source.file, openEnd, note } as const;
  if (text.format === 'json') return openDocument(input, text.records, options);
  const rows = rowsOfLines(text, options, rules);
  return {
    ...describeText(text),
    columns: rows.columns,
    read: (enough) => readLines(input, rows.lines(enough)),
  };
}

/** What a table says of the text that it is made of. */
export function describeText(
  text: RecognisedText,
): Pick<Table, 'format' | 'delimiter' | 'headerLine' | 'titles'> {
  if (text.format !== 'csv') return { format: text.format === 'log' ? 'ndjson' : text.format };
  const { delimiter, headerLine, titles } = text.layout;
  return { format: 'csv', delimiter, titles, ...(headerLine === undefined ? {} : { headerLine }) };
}

/** A file is read more than once: each note is passed on once, and none after an interruption. */
export function noteOnce({ note, signal }: Pick<InputIo, 'note' | 'signal'>): InputIo['note'] {
  const noted = new Set<string>();
  return (text, hint) => {
    if (noted.has(text) || signal?.aborted === true) return;
    noted.add(text);
    note(text, hint);
  };
}

/** What an aborted read finds after the cut is no longer the file's own: neither rows nor errors. */
function untilAborted(read: OpenedFormat['read'], signal: AbortSignal | undefined): OpenedFormat['read'] {
  return async function* (enough) {
    try {
      for await (const batch of read(enough)) {
        if (signal?.aborted === true) return;
        yield batch;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  };
}

/** A file without a header is empty until the first call (a log that was just rotated); any other was badly exported. */
function openEmpty(file: string, options: InputOptions, io: InputIo): Table {
  if (options.columns === undefined && options.nameColumns === undefined)
    throw new UserError(`${displayName(file)}: is empty`, {
      hint: 'Check the export that wrote it.',
    });
  io.note(`${displayName(file)}: is empty, so there are no calls yet`);
  return { ...emptyTable(file), size: 0, rows: 0 };
}

/** The table of a file without rows. */
export function emptyTable(file: string): Table {
  return { file, format: 'csv', encoding: 'utf-8', columns: [], sample: [], batches: noBatches() };
}

async function* noBatches(): AsyncGenerator<never> {}

/** Makes the table of an opened file: its first rows as a sample, and the batches of all of them. */
async function tableOf(source: ByteSource, encoding: string, opened: OpenedFormat): Promise<Table> {
  const { read, ...rest } = opened;
  const first = read();
  const { taken, sample } = await takeSample(first);
  const table = { file: source.file, encoding, ...rest, sample };
  if (!source.isRereadable) return { ...table, batches: prepend(taken, first) };
  await first.return(undefined);
  if (source.size === undefined) return { ...table, batches: read(), rescan: read };
  const { size } = source;
  const count = taken.reduce((sum, { rows }) => sum + rows.length, 0);
  const rows = Math.ceil((count * size) / Math.max(1, taken.at(-1)?.bytesRead ?? size));
  return { ...table, size, rows, batches: read(), rescan: read };
}

/** Rows of a file that are looked at before anything is decided about it. */
export const sampleRows = 1000;

/** The first batches of a file, and their rows as a sample: at most `sampleRows` of them. */
async function takeSample(
  batches: AsyncGenerator<Batch>,
): Promise<{ readonly taken: readonly Batch[]; readonly sample: readonly Row[] }> {
  const taken: Batch[] = [];
  const sample: Row[] = [];
  while (sample.length < sampleRows) {
    const next = await batches.next();
    if (next.done === true) break;
    taken.push(next.value);
    sample.push(...next.value.rows.slice(0, sampleRows - sample.length));
  }
  return { taken, sample };
}

/** So many objects are a batch. */
const batchRows = 500;

/**
 * Reads plain objects, which a program has, like the lines of an NDJSON file: each is a record, nested fields are
 * flattened, its line is its number from 1.
 *
 * @param name what messages call them
 */
export async function readObjects(
  objects: AsyncIterable<object> | Iterable<object>,
  name: string,
): Promise<Table> {
  const flattener = new Flattener();
  const batches = objectBatches(objects, flattener);
  const { taken, sample } = await takeSample(batches);
  return {
    file: name,
    format: 'ndjson',
    encoding: 'utf-8',
    columns: flattener.columns,
    sample,
    batches: prepend(taken, batches),
  };
}

async function* objectBatches(
  objects: AsyncIterable<object> | Iterable<object>,
  flattener: Flattener,
): AsyncGenerator<Batch> {
  let rows: Row[] = [];
  let line = 0;
  for await (const value of objects) {
    line += 1;
    rows.push(flattener.row(value, line));
    if (rows.length < batchRows) continue;
    yield { rows, bytesRead: 0 };
    rows = [];
  }
  if (rows.length > 0) yield { rows, bytesRead: 0 };
}
