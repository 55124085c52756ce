import type { Entry, Origin, Outcome, Status } from '../core/outcome.js';

/** A place in a file: the offset of a row's first byte, and the row's line. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

/** A range of a file, from a place up to an offset. */
export interface Range extends Place {
  readonly end: number;
}

/** How far a file is done, and the ranges before it that hold records which are not. */
export interface Checkpoint {
  readonly settled: Place;
  /** To be read again by the next run, in order. */
  readonly open: readonly Range[];
}

/** Follows one file from its batches to their outcomes. */
export interface CheckpointTracker {
  /** A batch was read: its entries, where it began, and where the next one begins. */
  readonly read: (entries: readonly Entry[], from: Place, next: Place) => void;
  /** From here on nobody knows where rows stand: the checkpoint moves no further. */
  readonly stop: () => void;
  readonly record: (outcomes: readonly Outcome[]) => void;
  readonly checkpoint: () => Checkpoint;
}

/**
 * Records that the next unattended run need not see again. An invalid or rejected one was reported, and stays what it is
 * until the file or the flags change: then the whole file is read anew, as it is whenever a person looks.
 */
const settledStatuses: ReadonlySet<Status> = new Set([
  'accepted',
  'duplicate',
  'filtered',
  'invalid',
  'rejected',
]);

/** With more open ranges than this, the next run reads on from the first of the rest. */
const maxOpen = 256;

interface Part extends Range {
  readonly endLine: number;
  waiting: number;
  unsettled: boolean;
}

/**
 * Follows a file that was settled up to `start.settled`, but for its open ranges. With `most` 0 there are none: the
 * next run reads on from the first record that is not settled, as it must where rows of one call stand apart.
 */
export function createCheckpointTracker(start: Checkpoint, most = maxOpen): CheckpointTracker {
  const parts: Part[] = [];
  const partOf = new Map<Origin, Part>();
  const open: Range[] = [];
  let settled = start.settled;
  /** Up to here everything that this run was to read is done. */
  let position = 0;
  /** Whether a part that is not settled, and may not be left behind, holds the checkpoint for good. */
  let isBlocked = false;

  /** Moves on over the parts whose records all have an outcome. */
  function advance(): void {
    for (let part = parts[0]; part !== undefined && part.waiting === 0; part = parts[0]) {
      if (part.unsettled && open.length >= most) {
        isBlocked = true;
        parts.length = 0;
        partOf.clear();
        return;
      }
      parts.shift();
      const { offset, line, end } = part;
      position = end;
      if (part.unsettled) open.push({ offset, line, end });
      if (end > settled.offset) settled = { offset: end, line: part.endLine };
    }
  }

  return {
    stop() {
      parts.push({
        ...settled,
        end: settled.offset,
        endLine: settled.line,
        waiting: Number.POSITIVE_INFINITY,
        unsettled: true,
      });
    },
    read(entries, from, next) {
      if (isBlocked || (entries.length === 0 && from.offset === next.offset)) return;
      const part: Part = {
        ...from,
        end: next.offset,
        endLine: next.line,
        waiting: entries.length,
        unsettled: false,
      };
      parts.push(part);
      for (const { origin } of entries) partOf.set(origin, part);
      advance();
    },
    record(outcomes) {
      for (const { origin, status } of outcomes) {
        const part = partOf.get(origin);
        if (part === undefined) continue;
        partOf.delete(origin);
        part.waiting -= 1;
        if (!settledStatuses.has(status)) part.unsettled = true;
      }
      advance();
    },
    checkpoint() {
      return { settled, open: [...open, ...start.open.filter(({ end }) => end > position)] };
    },
  };
}
