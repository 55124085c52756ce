// What following needs from the outside: clock, checkpoints; how often it looks.

import type { Batch, ReadDemand } from '../../core/row.js';
import type { InputIo } from '../source.js';
import type { Checkpoint } from './checkpoint.js';

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

/** What those who read the batches asked for last. */
export interface Asked {
  demand: ReadDemand;
}

/** The outside, and what is asked for. */
export interface AskedIo extends FollowIo {
  readonly asked: Asked;
}

export const nothingAsked: ReadDemand = { dueAt: Number.POSITIVE_INFINITY, isFull: false };

/** So many milliseconds until the next look that is asked for, and so many at most. */
export function untilAsked({ asked, now }: AskedIo, most: number): number {
  return Math.max(1, Math.min(most, asked.demand.dueAt - now()));
}

/** As long as no more rows are taken, gives batches without rows when the time comes that was asked for. */
export async function* whileFull(io: AskedIo, nothing: Batch): AsyncGenerator<Batch> {
  while (io.asked.demand.isFull && !isAborted(io)) {
    await io.sleep(Math.max(times.look, untilAsked(io, times.trustedLook)), io.signal);
    yield nothing;
  }
}
