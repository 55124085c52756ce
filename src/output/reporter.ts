// The results of a run on stdout, in the format of --output.

import type { OutputStream } from '../context.js';
import type { OutputFormat, RecordResult } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import { jsonFormatter, ndjsonFormatter } from './json.js';
import { openWriter, unwritable } from './stdout.js';
import { countsLine, type TableOptions, tableFormatter } from './table-formatter.js';

/**
 * What prints each `--output`: `batch` turns results that have just become known into text, '' where they wait for the end; `end`
 * gives the text that ends the output, once, when a run was cut short too. To add one: a file with its formatter, its name in
 * core/outcome.ts, its entry here.
 */
const formatters = {
  table: tableFormatter,
  json: jsonFormatter,
  ndjson: ndjsonFormatter,
} satisfies Record<OutputFormat, (options: TableOptions) => object>;

export interface ReporterOptions extends TableOptions {
  readonly format: OutputFormat;
  readonly stdout: OutputStream;
  /** Called before anything is written: clears the progress, which may be on the same terminal. */
  readonly before?: () => void;
}

/** The result of a run on stdout. */
export type Reporter = ReturnType<typeof openReporter>;

/** Opens the report of a run that sends, or of a check: the kind of the summary says which. Nothing is written yet. */
export function openReporter(options: ReporterOptions) {
  const formatter = formatters[options.format](options);
  const writer = openWriter(options.stdout.stream, options.before);
  return {
    /** Prints, or keeps for the end, what has just become known; resolves when stdout has taken it. */
    write: (results: readonly RecordResult[]): Promise<void> => writer.write(formatter.batch(results)),
    /**
     * Ends the output with the counts; called once, for a run that was cut short too.
     * Throws a UserError when stdout failed (a full disk); a closed reader (`| head`) is not a failure.
     */
    async end(summary: Summary | CheckSummary): Promise<void> {
      await writer.write(formatter.end(summary));
      if (writer.failure === undefined) return;
      const sent =
        'valid' in summary ? '' : ` The run itself finished: ${countsLine(summary, options.taker)}`;
      throw unwritable(writer.failure, sent);
    },
    /** True when the reader of stdout has closed it: the run goes on, nothing more is printed. */
    get closed(): boolean {
      return writer.closed;
    },
  };
}
