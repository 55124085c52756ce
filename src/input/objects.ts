import type { Batch, Row, Table } from '../core/row.js';
import { createFlattener } from './json/flatten.js';
import { prepend, takeSample } from './sample.js';

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
  const batches = batchesOf(objects, flattener.row);
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

async function* batchesOf(
  objects: AsyncIterable<object> | Iterable<object>,
  rowOf: (value: unknown, line: number) => Row,
): AsyncGenerator<Batch> {
  let rows: Row[] = [];
  let line = 0;
  for await (const value of objects) {
    line += 1;
    rows.push(rowOf(value, line));
    if (rows.length < batchRows) continue;
    yield { rows, bytesRead: 0 };
    rows = [];
  }
  if (rows.length > 0) yield { rows, bytesRead: 0 };
}
