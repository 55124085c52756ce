import type { OutputStream } from '../context.js';
import type { OutputFormat } from '../core/formats.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { Style } from './colour.js';
import { countsLine } from './counts.js';
import { printers } from './formats.js';
import { unwritable } from './print.js';
import type { Finding } from './printer.js';
import { openWriter } from './writer.js';

export interface ReportOptions {
  readonly format: OutputFormat;
  /** `--rows`: how many rows a table prints; Infinity for all. */
  readonly rows: number;
  readonly quiet: boolean;
  readonly stdout: OutputStream;
  /** The marks for stdout's own level of colour. */
  readonly style: Style;
  /** Called before anything is written: clears the progress, which may stand on the same terminal. */
  readonly before?: () => void;
}

/** The result of a run on stdout. */
export interface Report {
  /** Prints, or keeps for the end, what has just become known; resolves when stdout has taken it. */
  write(findings: readonly Finding[]): Promise<void>;
  /**
   * Ends the output with the counts; called once, for a run that was cut short too.
   * Throws a UserError when stdout failed (a full disk); that nobody reads it any more is no failure.
   */
  end(summary: Summary | CheckSummary): Promise<void>;
  /** True when nobody reads stdout any more: the run goes on, the printing is over. */
  readonly closed: boolean;
}

/** Opens the report of a run that sends, or of a check: the kind of the summary says which. Nothing is written yet. */
export function openReport({ format, rows, quiet, stdout, style, before }: ReportOptions): Report {
  const width = stdout.isTTY ? stdout.columns : undefined;
  const printer = printers[format]({ rows, quiet, style, width });
  const writer = openWriter(stdout.stream, before);
  return {
    write: (findings) => writer.write(printer.batch(findings)),
    async end(summary) {
      await writer.write(printer.end(summary));
      if (writer.failure === undefined) return;
      const sent = 'valid' in summary ? '' : ` The run itself went on to its end: ${countsLine(summary)}`;
      throw unwritable(writer.failure, sent);
    },
    get closed() {
      return writer.closed;
    },
  };
}
