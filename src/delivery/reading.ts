import type { EntryBatch } from './options.js';
import type { Standing } from './standing.js';

/**
 * Passes batches on until the user interrupts, or until the run is halted while its source may never end.
 * A source that is waiting for its next bytes at that moment is left behind, not waited for.
 */
export async function* untilHalted(
  batches: AsyncIterable<EntryBatch>,
  standing: Standing,
  interrupt: AbortSignal,
): AsyncGenerator<EntryBatch> {
  const source = batches[Symbol.asyncIterator]();
  let endless = false;
  let leave: (() => void) | undefined;
  const isOver = () => (endless ? standing.halted : interrupt).aborted;
  const wake = () => isOver() && leave?.();
  for (const signal of [interrupt, standing.halted]) signal.addEventListener('abort', wake);
  try {
    while (!isOver()) {
      // No Promise.race: what is raced against a promise that lives as long as the run is kept as long.
      const read = await new Promise<IteratorResult<EntryBatch> | undefined>((resolve, reject) => {
        leave = () => resolve(undefined);
        source.next().then(resolve, reject);
      });
      if (read === undefined) break;
      if (read.done === true) return;
      endless = read.value.endless === true;
      yield read.value;
    }
  } finally {
    source.return?.().catch(() => undefined); // it may never answer, and nobody waits for it
    for (const signal of [interrupt, standing.halted]) signal.removeEventListener('abort', wake);
  }
}
