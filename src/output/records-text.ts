import type { OutputFormat } from '../core/formats.js';
import { toJson } from './text.js';

/** Records for programs, in a list of this name or a line each; undefined for people, who get a table. */
export function recordsText(
  name: string,
  records: readonly object[],
  format: OutputFormat,
): string | undefined {
  if (format === 'json') return `${toJson({ [name]: records })}\n`;
  return format === 'ndjson' ? records.map((record) => `${toJson(record)}\n`).join('') : undefined;
}
