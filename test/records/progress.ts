import type { Entry, Outcome, Status } from '../../src/core/outcome.js';
import type { RowPlace } from '../../src/core/row.js';
import type { Attention, Checkpoint, FileState } from '../../src/input/follow/checkpoint.js';
import { Progress } from '../../src/pipeline/file-progress.js';
import type { EntryBatch } from '../../src/records/entry-batches.js';

/** What is known of the file that is read; the ranges of its rows name it. */
let state: FileState | undefined;
export const source = { state: () => state, isAnnounced: true };
const start: RowPlace = { offset: 0, line: 1 };

/** How far a file is done whose batches are read one by one, each record with its outcome at once. */
export function trackedFile(doneTo: RowPlace = start, attention: readonly Attention[] = []) {
  const progress = new Progress();
  const known: FileState = {
    ...{ path: '/calls.csv', id: '1:2', size: 0, length: 0, mtimeNs: 0n, sinceNs: 0n },
    ...{ readTo: doneTo, readAt: 0, seen: [] },
  };
  state = known;
  progress.begin({ source, doneTo, attention, isNew: true });
  const statusOf = (entry: Entry): Status => ('status' in entry ? entry.status : 'accepted');
  let last: Checkpoint = { ...known, doneTo, attention };
  return {
    async read(batch: EntryBatch, isSettled: (entry: Entry) => boolean = () => true): Promise<Checkpoint> {
      progress.read(batch);
      const settled = batch.entries.filter(isSettled);
      progress.record(
        settled.map((entry) => ({ status: statusOf(entry), uuid: null, origin: entry.origin })),
      );
      last = (await progress.takeCheckpoints())[0] ?? last;
      return last;
    },
    record: (outcomes: readonly Outcome[]) => progress.record(outcomes),
    checkpoint: async () => (await progress.takeCheckpoints())[0] ?? last,
  };
}
