/** Where the clocks of a file stand, as the unique ids in it tell. */
export interface OffsetEvidence {
  /** Seconds east of UTC. */
  readonly offset: number;
  /** Rows that say so. */
  readonly agree: number;
  /** Rows that could be asked. */
  readonly of: number;
}

/** A time on a wall clock and the unix second in which its call began, both in seconds. */
export interface EpochPair {
  readonly local: number;
  readonly epoch: number;
}

const quarter = 900;
/** Clocks stand at most 14 hours from UTC; calls of a group may have begun a while before their row. */
const widest = 15 * 3600;

/** The unix second in an id of Asterisk and its children: `1504525166.228`, `name-1504525166.228`. */
export function epochOf(id: string): number | undefined {
  // Most texts that are asked are none: a dot behind ten characters is found faster than their lack by the expression.
  if (!id.includes('.', 10)) return undefined;
  const match = /^(?:[\w.-]{1,80}-)?(\d{10})\.\d/.exec(id);
  return match === null ? undefined : Number(match[1]);
}

/** The position of the column that holds most epochs; undefined where none does. */
export function epochColumn(rows: readonly (readonly string[])[]): number | undefined {
  const counts: number[] = [];
  for (const cells of rows) {
    // With entries() it would take 10 ms for a sample, four times as long.
    cells.forEach((cell, index) => {
      if (epochOf(cell) !== undefined) counts[index] = (counts[index] ?? 0) + 1;
    });
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? undefined : counts.indexOf(most);
}

/** Tells whether some clock on earth could show `local` at `epoch`. */
export function isPlausible({ local, epoch }: EpochPair): boolean {
  return Math.abs(local - epoch) <= widest;
}

/** The offset that most pairs agree on, to the quarter of an hour; undefined where there is none to ask. */
export function inferOffset(pairs: readonly EpochPair[]): OffsetEvidence | undefined {
  const counts = new Map<number, number>();
  const possible = pairs.filter(isPlausible);
  for (const { local, epoch } of possible) {
    const offset = Math.round((local - epoch) / quarter) * quarter;
    counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  let best: OffsetEvidence | undefined;
  for (const [offset, agree] of counts) {
    if (best === undefined || agree > best.agree) best = { offset, agree, of: possible.length };
  }
  return best;
}

/** How many pairs a zone explains: its reading of the wall clock is the epoch, give or take half a quarter. */
export function countMatches(pairs: readonly EpochPair[], unixOf: (local: number) => number): number {
  return pairs.filter(({ local, epoch }) => Math.abs(unixOf(local) - epoch) <= quarter / 2).length;
}
