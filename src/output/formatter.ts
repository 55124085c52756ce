import type { Call } from '../core/call.js';
import type { Origin, Outcome } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { Style } from './terminal.js';

/** A call that `check` or `--dry-run` would send. */
export interface ValidCall {
  readonly status: 'valid';
  readonly uuid: string;
  readonly account_id?: string;
  readonly reasons?: undefined;
  readonly call: Call;
  readonly origin: Origin;
}

/** What is printed about one record. */
export type RecordResult = Outcome | ValidCall;

/** Turns results into text, batch by batch; it keeps no more than it says it does, and writes nothing itself. */
export interface Formatter {
  /** The text for results that have just become known; '' where they wait for the end. */
  batch(results: readonly RecordResult[]): string;
  /** The text that ends the output; called once, after the last batch, when a run was cut short too. */
  end(summary: Summary | CheckSummary): string;
}

export interface FormatterOptions {
  /** How many rows a table prints; Infinity for all. */
  readonly rows: number;
  /** Only what went wrong. Tables alone: machine output stays whole. */
  readonly quiet: boolean;
  readonly style: Style;
  /** Width of the terminal; absent where the output goes elsewhere. */
  readonly width?: number | undefined;
}
