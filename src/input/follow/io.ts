// What following needs from the outside, and what all files of one name are read with.

import type { Batch, ReadDemand } from '../../core/row.js';
import type { InputIo } from '../source.js';
import type { Checkpoint } from './checkpoint.js';
import type { Glob } from './glob.js';
import type { SharedColumns } from './shared-columns.js';

/** What following needs from the outside. */
export interface FollowIo extends InputIo {
  /** Takes what is wrong with a file that is followed all the same. */
  readonly warn: InputIo['note'];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** How far files of this name, or of a pattern, were done by earlier runs. */
  readonly checkpoints?: readonly Checkpoint[];
  /** So long it is remembered when rows were first seen, in milliseconds. */
  readonly settleMs?: number;
}

/** What all files of one name or pattern are read with; without the checkpoints, which are many. */
export interface FollowContext extends Omit<FollowIo, 'checkpoints'> {
  readonly glob: Glob;
  readonly shared: SharedColumns;
  /** Whether earlier runs have read files of these names: rows of calls that they sent may be missing here. */
  readonly isEntered: boolean;
  /** `leave-cut`: files are read once and for all; where nobody wrote for long, the last line is taken without its end. */
  readonly openEnd: 'read' | 'leave-cut';
  /** Takes what may cost calls from a line on: a file that is read no further, though the others are, and one that is gone. */
  readonly tell: (line: number, text: string, hint?: string) => void;
  /** What those who read the batches asked for last. */
  demand: ReadDemand;
}

/** Whether the reading is to end. */
export function isAborted({ signal }: Pick<FollowIo, 'signal'>): boolean {
  return signal?.aborted === true;
}

/** How often and how long, in milliseconds. */
export const times = {
  /** A file is looked at so often, where nothing tells that it was written. */
  look: 1000,
  /** The same where the watch has told of writes. */
  trustedLook: 60_000,
  /** Without a write for so long, a quote that is still open is a stray one. */
  quote: 2000,
  /** Without a write for so long, a file is closed, and a last line without its end is taken. */
  close: 5 * 60_000,
  /** So long a copy of a file that was cut is looked for. */
  cut: 5000,
  /** After its last write a file is taken for so long for one that is being written. */
  writing: 60_000,
};

export const nothingAsked: ReadDemand = { dueAt: Number.POSITIVE_INFINITY, isFull: false };

/** So many milliseconds until the next look that is asked for, and so many at most. */
export function untilAsked({ demand, now }: FollowContext, most: number): number {
  return Math.max(1, Math.min(most, demand.dueAt - now()));
}

/** As long as no more rows are taken, gives batches without rows when the time comes that was asked for. */
export async function* whileFull(context: FollowContext, nothing: Batch): AsyncGenerator<Batch> {
  while (context.demand.isFull && !isAborted(context)) {
    await context.sleep(Math.max(times.look, untilAsked(context, times.trustedLook)), context.signal);
    yield nothing;
  }
}
