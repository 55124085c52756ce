import { findingJson, summaryJson } from './fields.js';
import type { Printer } from './printer.js';

/** A line for each outcome as soon as it is known, then one for the counts: `{"summary":{…}}`. */
export function ndjsonPrinter(): Printer {
  return {
    batch: (findings) => findings.map((finding) => `${findingJson(finding)}\n`).join(''),
    end: (summary) => `{"summary":${summaryJson(summary)}}\n`,
  };
}
