// Json, ndjson, and any value as JSON that is safe on a terminal.

import type { OutputFormat, RecordResult } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import { escapeInvisible } from './terminal.js';

/** One document, `{"calls":[…],"summary":{…}}`, written while the run goes on; `end` makes it whole. */
export function jsonFormatter() {
  let started = false;
  return {
    batch(results: readonly RecordResult[]): string {
      if (results.length === 0) return '';
      const before = started ? ',\n' : '{"calls":[\n';
      started = true;
      return before + results.map(resultJson).join(',\n');
    },
    end: (summary: Summary | CheckSummary) =>
      `${started ? '\n' : '{"calls":['}],"summary":${summaryJson(summary)}}\n`,
  };
}

/** A line for each outcome as soon as it is known, then one for the counts: `{"summary":{…}}`. */
export function ndjsonFormatter() {
  return {
    batch: (results: readonly RecordResult[]) => results.map((result) => `${resultJson(result)}\n`).join(''),
    end: (summary: Summary | CheckSummary) => `{"summary":${summaryJson(summary)}}\n`,
  };
}

/**
 * The fields of a result that `json` and `ndjson` promise, as one line: `{"uuid","status","reasons","account_id","file","line"}`,
 * what is not known left out (but `"uuid":null`), `changed` for a duplicate with other content, `note_id`, `entity_type`, `entity_id`, `via` and `uid` where the service
 * says where it keeps the call, and `call` with the fields of a valid call.
 */
function resultJson(result: RecordResult): string {
  const { uuid, status, reasons, account_id, origin } = result;
  const receipt = 'receipt' in result ? result.receipt : undefined;
  return toJson({
    uuid,
    status,
    reasons: reasons?.length ? reasons : undefined,
    changed: 'changed' in result ? result.changed : undefined,
    account_id: account_id || undefined,
    file: origin.file,
    line: origin.line,
    ...receipt,
    call:
      status === 'valid'
        ? { ...result.call, account_id: result.call.account_id || undefined, link_signature: undefined }
        : undefined,
  });
}

/** The counts as JSON, seconds with two decimals. */
function summaryJson(summary: Summary | CheckSummary): string {
  if ('valid' in summary) return toJson(summary);
  return toJson({ ...summary, seconds: Number(summary.seconds.toFixed(2)) });
}

/** Records for programs, in a list of this name or a line each; undefined for people, who get a table. */
export function recordsText(
  name: string,
  records: readonly object[],
  format: OutputFormat,
): string | undefined {
  if (format === 'json') return `${toJson({ [name]: records })}\n`;
  return format === 'ndjson' ? records.map((record) => `${toJson(record)}\n`).join('') : undefined;
}

/** A value as one line of JSON that is safe on a terminal: what `sanitise` would drop is escaped, so nothing is lost. */
export function toJson(value: unknown): string {
  return escapeInvisible(JSON.stringify(value));
}
