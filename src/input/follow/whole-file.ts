// A plain file that is read from its start to its end, of which the next run knows how far it is done.

import { open } from 'node:fs/promises';
import type { Batch, FirstSeen, RowPlace, Table } from '../../core/row.js';
import { type FileState, fileStart } from './checkpoint.js';
import { fingerprintOf } from './fingerprint.js';
import { type GrowingTable, noChanges } from './follow.js';
import { fileId, fileIdAt, linkTarget } from './glob.js';
import type { OpenedSource } from './watcher-list.js';

/**
 * Tracks how far a plain file is done that is read from its start to its end, whatever was done before; of what is no plain file,
 * nothing is remembered.
 *
 * @param now milliseconds since 1970
 * @returns the table with batches that say where they stand
 */
export async function trackWhole(
  full: string,
  table: Table,
  now: () => number,
): Promise<Pick<GrowingTable, 'table' | 'takeChanges'>> {
  const id = await fileIdAt(full);
  if (id === undefined) return { table, takeChanges: noChanges };
  const source = {
    readTo: fileStart,
    state: () => stateOfWhole({ path: full, id, readTo: source.readTo }, now()),
    isAnnounced: true,
  };
  const opened: OpenedSource[] = [{ source, doneTo: fileStart, attention: [], isNew: false }];
  return {
    table: { ...table, batches: withRanges(table.batches, source) },
    takeChanges: () => ({ opened: opened.splice(0), removed: [] }),
  };
}

async function* withRanges(
  batches: AsyncIterable<Batch>,
  source: { readTo: RowPlace },
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    const { next: end } = batch;
    if (end === undefined) {
      yield batch;
      continue;
    }
    const { offset, line } = source.readTo;
    source.readTo = end;
    yield { ...batch, range: { source, offset, line, end } };
  }
}

/**
 * The state of a plain file that was read as a whole by whoever looks at it; undefined where another file has its name by now.
 *
 * @param now milliseconds since 1970
 */
async function stateOfWhole(
  { path, id, readTo }: Pick<FileState, 'path' | 'id' | 'readTo'>,
  now: number,
): Promise<FileState | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    const fingerprint = await fingerprintOf(handle, readTo.offset);
    if (fileId(stats) !== id || fingerprint === undefined) return undefined;
    const { mtimeNs } = stats;
    const size = Number(stats.size);
    const seen: FirstSeen = [[readTo.line, 0]];
    const times = { mtimeNs, sinceNs: mtimeNs, readAt: now };
    const target = await linkTarget(path);
    const state = { path, id, size, length: size, ...times, readTo, seen, fingerprint };
    return target === undefined ? state : { ...state, target };
  } finally {
    await handle.close();
  }
}
