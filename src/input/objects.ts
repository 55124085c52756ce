import type { Batch, Row, Table } from '../core/row.js';
import { createFlattener } from './json/flatten.js';

const sampleRows = 1000;
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
  const flattener = createFlattener();
  const rows = rowsOf(objects, flattener.row);
  const sample: Row[] = [];
  for (let next = await rows.next(); next.done !== true; next = await rows.next()) {
    sample.push(next.value);
    if (sample.length >= sampleRows) break;
  }
  return {
    file: name,
    format: 'ndjson',
    encoding: 'utf-8',
    columns: flattener.columns,
    sample,
    batches: batchesOf(sample, rows),
  };
}

async function* rowsOf(
  objects: AsyncIterable<object> | Iterable<object>,
  row: (value: unknown, line: number) => Row,
): AsyncGenerator<Row> {
  let line = 0;
  for await (const value of objects) {
    line += 1;
    yield row(value, line);
  }
}

async function* batchesOf(first: readonly Row[], rest: AsyncGenerator<Row>): AsyncGenerator<Batch> {
  if (first.length > 0) yield { rows: first, bytesRead: 0 };
  let rows: Row[] = [];
  for await (const row of rest) {
    rows.push(row);
    if (rows.length < batchRows) continue;
    yield { rows, bytesRead: 0 };
    rows = [];
  }
  if (rows.length > 0) yield { rows, bytesRead: 0 };
}
