import type { Batch, Row } from '../core/row.js';

/** Rows of a file that are looked at before anything is decided about it. */
export const sampleRows = 1000;

/** The first batches of a file, and their rows as a sample: at most `sampleRows` of them. */
export async function takeSample(
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

/**
 * Puts back what was taken from a generator: first the items, then its rest. `return` ends the generator, also where
 * nothing was read of it yet, so that its source is closed.
 */
export function prepend<T>(items: readonly T[], rest: AsyncGenerator<T>): AsyncIterableIterator<T> {
  const left = [...items];
  return {
    async next() {
      const item = left.shift();
      return item === undefined ? rest.next() : { done: false, value: item };
    },
    async return() {
      left.length = 0;
      return rest.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
