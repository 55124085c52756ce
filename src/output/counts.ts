import { statuses } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';

/** A number with its noun: `1 request`, `2 requests`. */
function plural(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** The counts of a run in one line: `3 read: 2 queued, 1 rejected · 1 request, 0 retries, 0.4 s`. */
export function countsLine(summary: Summary | CheckSummary): string {
  const sorts =
    'valid' in summary
      ? (['valid', 'invalid', 'duplicate', 'filtered'] as const).map(
          (status) => [summary[status], status] as const,
        )
      : statuses.map((status) => [summary[status], status === 'accepted' ? 'queued' : status] as const);
  const parts = sorts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const rows = summary.rows === undefined ? '' : ` from ${plural(summary.rows, 'row')}`;
  const read = `${summary.read} read${rows}`;
  const effort = effortText(summary);
  return (parts.length === 0 ? read : `${read}: ${parts.join(', ')}`) + (effort === '' ? '' : ` · ${effort}`);
}

function effortText(summary: Summary | CheckSummary): string {
  if ('valid' in summary) {
    return summary.requests === undefined ? '' : `${plural(summary.requests, 'request')} would be sent`;
  }
  const { requests, retries, seconds } = summary;
  return `${plural(requests, 'request')}, ${plural(retries, 'retry', 'retries')}, ${seconds.toFixed(1)} s`;
}
