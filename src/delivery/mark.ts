import type { Entry, Origin, Outcome, Status } from '../core/outcome.js';

/** A place in a file: the offset of a row's first byte, and the row's line. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

/** A stretch of a file, from a place up to an offset. */
export interface Stretch extends Place {
  readonly end: number;
}

/** How far a file is settled, and the stretches before it that hold records which are not. */
export interface Mark {
  readonly settled: Place;
  /** To be read again by the next run, in order. */
  readonly open: readonly Stretch[];
}

/** Follows one file from its batches to their outcomes. */
export interface Marker {
  /** A batch was read: its entries, where it began, and where the next one begins. */
  readonly read: (entries: readonly Entry[], from: Place, next: Place) => void;
  /** From here on nobody knows where rows stand: nothing more is settled. */
  readonly blind: () => void;
  readonly told: (outcomes: readonly Outcome[]) => void;
  readonly mark: () => Mark;
}

/**
 * Records that the next run need not see again. An invalid one was told, and stays what it is until the file or the
 * flags change: then the whole file is read anew.
 */
const settledStatuses: ReadonlySet<Status> = new Set(['accepted', 'duplicate', 'filtered', 'invalid']);

/** With more open stretches than this, the next run reads on from the first of the rest. */
const mostOpen = 256;

interface Part extends Stretch {
  readonly endLine: number;
  waiting: number;
  unsettled: boolean;
}

/**
 * Follows a file that was settled up to `start.settled`, but for its open stretches. With `most` 0 there are none: the
 * next run reads on from the first record that is not settled, as it must where rows of one call stand apart.
 */
export function createMarker(start: Mark, most = mostOpen): Marker {
  const parts: Part[] = [];
  const partOf = new Map<Origin, Part>();
  const open: Stretch[] = [];
  let settled = start.settled;
  /** Up to here everything that this run was to read is done. */
  let position = 0;

  /** Moves on over the parts whose records all have an outcome. */
  function advance(): void {
    for (let part = parts[0]; part !== undefined && part.waiting === 0; part = parts[0]) {
      if (part.unsettled && open.length >= most) return;
      parts.shift();
      const { offset, line, end } = part;
      position = end;
      if (part.unsettled) open.push({ offset, line, end });
      if (end > settled.offset) settled = { offset: end, line: part.endLine };
    }
  }

  return {
    blind() {
      parts.push({
        ...settled,
        end: settled.offset,
        endLine: settled.line,
        waiting: Number.POSITIVE_INFINITY,
        unsettled: true,
      });
    },
    read(entries, from, next) {
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
    told(outcomes) {
      for (const { origin, status } of outcomes) {
        const part = partOf.get(origin);
        if (part === undefined) continue;
        partOf.delete(origin);
        part.waiting -= 1;
        if (!settledStatuses.has(status)) part.unsettled = true;
      }
      advance();
    },
    mark() {
      return { settled, open: [...open, ...start.open.filter(({ end }) => end > position)] };
    },
  };
}
