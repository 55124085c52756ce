import { createHashSet } from '../core/hash-set.js';
import type { Batch } from '../core/row.js';
import type { ReadRecord } from './validate.js';

/** Rows of one call stand near each other: so many rows after the last of them, the call is complete. */
const windowRows = 5000;
/** Every so many rows it is looked which calls are complete: the start of a Map that loses its first keys is slow to find. */
const sweepRows = 250;
/** No call has more rows; ids that are no ids of calls do. */
const mostRows = 1000;

/** A place in the file where reading can start again. */
export type Place = NonNullable<Batch['next']>;

/** The rows of one call that were read so far. */
export interface Group {
  readonly rows: ReadRecord[];
  /** Where the batch of its first row began; undefined where nobody knows. */
  readonly from: Place | undefined;
  /** How many rows of the file had been read when its last row came. */
  last: number;
}

/** The calls of a file that may still get rows. */
export interface Groups {
  /** Takes a row of the call `id`; gives the calls that are complete now. */
  readonly add: (id: string, record: ReadRecord, from: Place | undefined) => readonly Group[];
  /** Where an interrupted reading has to start again, so that no open call loses a row; undefined where nobody knows. */
  readonly restart: (next: Place) => Place | undefined;
  /** Gives all that are open. */
  readonly rest: () => readonly Group[];
}

/** Collects the rows of calls, within a window. `onCut` hears of calls that were taken for complete and got another row. */
export function createGroups(onCut: (line: number) => void): Groups {
  /** In the order of their last rows. */
  const open = new Map<string, Group>();
  const seen = createHashSet();
  let count = 0;

  function put(id: string, record: ReadRecord, from: Place | undefined): Group {
    const group = open.get(id);
    if (group === undefined) {
      if (!seen.add(id)) onCut(record.line);
      const fresh = { rows: [record], from, last: count };
      open.set(id, fresh);
      return fresh;
    }
    group.rows.push(record);
    group.last = count;
    open.delete(id);
    open.set(id, group);
    return group;
  }

  return {
    add(id, record, from) {
      count++;
      const group = put(id, record, from);
      if (group.rows.length >= mostRows) return take(open, id);
      return count % sweepRows === 0 ? sweep(open, count - windowRows) : none;
    },
    restart(next) {
      let earliest: Place | undefined = next;
      for (const { from } of open.values()) {
        if (from === undefined) return undefined;
        if (from.offset < earliest.offset) earliest = from;
      }
      return earliest;
    },
    rest: () => [...open.values()],
  };
}

const none: readonly Group[] = [];

/** Takes out the calls whose last row came no later than this. */
function sweep(open: Map<string, Group>, latest: number): readonly Group[] {
  const done: Group[] = [];
  for (const [id, { last }] of open) {
    if (last > latest) break;
    done.push(...take(open, id));
  }
  return done;
}

function take(open: Map<string, Group>, id: string): readonly Group[] {
  const group = open.get(id);
  open.delete(id);
  return group === undefined ? [] : [group];
}
