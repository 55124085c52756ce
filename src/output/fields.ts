import type { CheckSummary, Summary } from '../core/summary.js';
import type { Finding } from './printer.js';
import { toJson } from './text.js';

/**
 * The fields of a finding that `json` and `ndjson` promise, as one line: `{"uuid","status","reasons","account_id","file","line"}`,
 * what is not known left out (but `"uuid":null`), and `call` with the fields of a valid call.
 */
export function findingJson(finding: Finding): string {
  const { uuid, status, reasons, account_id, origin } = finding;
  return toJson({
    uuid,
    status,
    reasons: reasons?.length ? reasons : undefined,
    account_id: account_id || undefined,
    file: origin.file,
    line: origin.line,
    call:
      status === 'valid' ? { ...finding.call, account_id: finding.call.account_id || undefined } : undefined,
  });
}

/** The counts as JSON, seconds with two decimals. */
export function summaryJson(summary: Summary | CheckSummary): string {
  if ('valid' in summary) return toJson(summary);
  return toJson({ ...summary, seconds: Number(summary.seconds.toFixed(2)) });
}
