import type { Checkpoints } from '../../src/core/ledger-store.js';
import type { Entry, Outcome, Status } from '../../src/core/outcome.js';
import type { RowPlace } from '../../src/core/row.js';
import {
  type Attention,
  type Checkpoint,
  type FileState,
  parseCheckpoint,
} from '../../src/input/follow/checkpoint.js';
import { Checkpointer } from '../../src/pipeline/checkpointer.js';
import type { EntryBatch } from '../../src/records/entry-batches.js';

/** What is known of the file that is read; the ranges of its rows name it. */
let state: FileState | undefined;
export const source = { state: () => state, isAnnounced: true };
const start: RowPlace = { offset: 0, line: 1 };

/** How far a file is done whose batches are read one by one, each record with its outcome at once. */
export function trackedFile(doneTo: RowPlace = start, attention: readonly Attention[] = []) {
  const known: FileState = {
    ...{ path: '/calls.csv', id: '1:2', size: 0, length: 0, mtimeNs: 0n, sinceNs: 0n },
    ...{ readTo: doneTo, readAt: 0, seen: [] },
  };
  state = known;
  let last: Checkpoint = { ...known, doneTo, attention };
  const checkpoints: Checkpoints = {
    list: async () => [],
    async save(changes) {
      last = parseCheckpoint(changes.at(-1)?.checkpoint ?? '') ?? last;
    },
  };
  const opened = [{ source, doneTo, attention, isNew: true }];
  const checkpointer = new Checkpointer({ checkpoints, recipient: 'r', reading: 'x' }, () => ({
    opened: opened.splice(0),
    removed: [],
  }));
  const statusOf = (entry: Entry): Status => ('status' in entry ? entry.status : 'accepted');
  const checkpoint = async () => {
    await checkpointer.save();
    return last;
  };
  return {
    async read(batch: EntryBatch, isSettled: (entry: Entry) => boolean = () => true): Promise<Checkpoint> {
      await checkpointer.read(batch);
      const settled = batch.entries.filter(isSettled);
      checkpointer.record(
        settled.map((entry) => ({ status: statusOf(entry), uuid: null, origin: entry.origin })),
      );
      return checkpoint();
    },
    record: (outcomes: readonly Outcome[]) => checkpointer.record(outcomes),
    checkpoint,
  };
}
