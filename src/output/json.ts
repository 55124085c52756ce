import { findingJson, summaryJson } from './fields.js';
import type { Printer } from './printer.js';

/** One document, `{"calls":[…],"summary":{…}}`, written while the run goes on; `end` makes it whole. */
export function jsonPrinter(): Printer {
  let started = false;
  return {
    batch(findings) {
      if (findings.length === 0) return '';
      const before = started ? ',\n' : '{"calls":[\n';
      started = true;
      return before + findings.map(findingJson).join(',\n');
    },
    end: (summary) => `${started ? '\n' : '{"calls":['}],"summary":${summaryJson(summary)}}\n`,
  };
}
