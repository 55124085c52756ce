import type { Outcome } from '../core/outcome.js';
import type { EntryBatch } from '../delivery/options.js';
import type { ProgressState } from '../output/progress.js';
import type { RejectSource } from '../output/reject-format.js';

/** What a run sends or checks: records already read as entries, and what is known of where they come from. */
export interface Cargo {
  /** The files as the user gave them; none for `add`. */
  readonly files: readonly string[];
  /** How each of them is built, for `--rejects`. */
  readonly sources: readonly RejectSource[];
  /** About how many records there are, where that can be guessed. */
  readonly records?: number;
  /** To be read once. */
  readonly batches: AsyncIterable<EntryBatch>;
  /** Hears every outcome, to know how far files are settled. */
  readonly told?: (outcomes: readonly Outcome[]) => void;
  /** Writes down how far they are settled; called once, at the end. */
  readonly settle?: () => Promise<void>;
  /** How much of the files was read so far, where their size is known. */
  readonly progress: () => Pick<ProgressState, 'bytes'>;
}
