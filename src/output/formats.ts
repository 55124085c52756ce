import type { OutputFormat } from '../core/formats.js';
import { jsonPrinter } from './json.js';
import { ndjsonPrinter } from './ndjson.js';
import type { Printer, PrinterOptions } from './printer.js';
import { tablePrinter } from './table.js';

/** What prints each `--output`. To add one: a file with its printer, its name in core/output.ts, its entry here. */
export const printers = {
  table: tablePrinter,
  json: jsonPrinter,
  ndjson: ndjsonPrinter,
} satisfies Record<OutputFormat, (options: PrinterOptions) => Printer>;
