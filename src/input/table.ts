import type { Format } from '../core/formats.js';
import type { Batch, Row, Table } from '../core/row.js';
import type { Source } from './source.js';

/** A file whose format is known and whose rows can be read. */
export interface Opened {
  readonly format: Format;
  readonly delimiter?: string;
  readonly headerLine?: number;
  readonly columns: readonly string[];
  /** A pass over the rows: all (`whole`), or from the place where the file is to be entered. */
  readonly pass: (whole: boolean) => AsyncGenerator<Batch>;
}

const sampleRows = 1000;

/** Makes the table of an opened file: its first rows as a sample, and passes over all of them. */
export async function tableOf(source: Source, encoding: string, opened: Opened): Promise<Table> {
  const { pass, ...rest } = opened;
  const first = pass(true);
  const taken: Batch[] = [];
  const sample: Row[] = [];
  let count = 0;
  for (let next = await first.next(); next.done !== true; next = await first.next()) {
    taken.push(next.value);
    count += next.value.rows.length;
    sample.push(...next.value.rows.slice(0, sampleRows - sample.length));
    if (sample.length >= sampleRows) break;
  }
  const known = { file: source.file, encoding, ...rest, sample };
  if (!source.again) return { ...known, batches: replay(taken, first) };
  await first.return(undefined);
  const rescan = () => pass(false);
  if (source.size === undefined) return { ...known, batches: pass(false), rescan };
  const { size } = source;
  const rows = Math.ceil((count * size) / Math.max(1, taken.at(-1)?.bytesRead ?? size));
  return { ...known, size, rows, batches: pass(false), rescan };
}

async function* replay(taken: Batch[], rest: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  for (let batch = taken.shift(); batch !== undefined; batch = taken.shift()) yield batch;
  yield* rest;
}
