// What a format of --output does: results to text.

import type { RecordResult, Taker } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { Page } from './table.js';

/** Turns results into text, batch by batch; it keeps no more than it says it does, and writes nothing itself. */
export interface Formatter {
  /** The text for results that have just become known; '' where they wait for the end. */
  batch(results: readonly RecordResult[]): string;
  /** The text that ends the output; called once, after the last batch, when a run was cut short too. */
  end(summary: Summary | CheckSummary): string;
}

export interface FormatterOptions extends Page {
  /** How many rows a table prints; Infinity for all. */
  readonly rows: number;
  /** Only what went wrong; nothing while all is well. Tables alone: machine output stays whole. */
  readonly onlyProblems: boolean;
  readonly taker: Taker;
}
