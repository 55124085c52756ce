import { UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { openCsv } from './csv.js';
import type { Readout } from './decode.js';
import { decideEncoding } from './encoding.js';
import { decideFormat } from './format.js';
import { openJson } from './json.js';
import { refuseForeign } from './magic.js';
import { openNdjson } from './ndjson.js';
import type { InputIo, InputOptions } from './options.js';
import { openSource } from './source.js';
import { type Opened, tableOf } from './table.js';
import { nameOf } from './trouble.js';

export type { FilePart, InputIo, InputOptions } from './options.js';

/**
 * Opens `file` ('-' is standard input) and recognises what it is: packing, encoding, format, dialect, columns.
 * Rows that cannot be read are rows with a `problem`. Throws UserError where the file as a whole cannot be read:
 * here, or from the table's batches when the fault lies further on. An aborted signal ends the rows early, without an error.
 */
export async function readTable(file: string, options: InputOptions, io: InputIo): Promise<Table> {
  try {
    return await open(file, options, { ...io, note: notedOnce(io) });
  } catch (error) {
    if (io.signal?.aborted === true) return nothing(file);
    throw error;
  }
}

async function open(file: string, options: InputOptions, io: InputIo): Promise<Table> {
  const source = await openSource(file, io);
  refuseForeign(file, source.head, options.encoding !== undefined);
  const encoding = decideEncoding(source, options.encoding, io.note);
  const head = new TextDecoder(encoding.name).decode(source.head);
  if (source.whole && head.trim() === '') return empty(file, options, io);
  const readout: Readout = { source, encoding, note: io.note };
  const opened = await openAs[decideFormat(file, head, options.format)](readout, options);
  return tableOf(source, encoding.name, { ...opened, pass: untilAborted(opened.pass, io.signal) });
}

const openAs = { csv: openCsv, json: openJson, ndjson: openNdjson };

/** Several passes over one file say the same things. */
function notedOnce({ note, signal }: InputIo): InputIo['note'] {
  const noted = new Set<string>();
  return (text, hint) => {
    if (noted.has(text) || signal?.aborted === true) return;
    noted.add(text);
    note(text, hint);
  };
}

/** What an aborted read finds after the cut is no longer the file's own: neither rows nor errors. */
function untilAborted(pass: Opened['pass'], signal: AbortSignal | undefined): Opened['pass'] {
  return async function* (whole) {
    try {
      for await (const batch of pass(whole)) {
        if (signal?.aborted === true) return;
        yield batch;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  };
}

/** A file without a header is empty until the first call (a log that was just rotated); any other was badly exported. */
function empty(file: string, options: InputOptions, io: InputIo): Table {
  if (options.columns === undefined && options.nameColumns === undefined)
    throw new UserError(`${nameOf(file)}: it is empty`, {
      hint: 'Check the export that should have written it.',
    });
  io.note(`${nameOf(file)}: it is empty, there are no calls yet`);
  return { ...nothing(file), size: 0, rows: 0 };
}

function nothing(file: string): Table {
  return { file, format: 'csv', encoding: 'utf-8', columns: [], sample: [], batches: noBatches() };
}

async function* noBatches(): AsyncGenerator<never> {}
