import type { Format } from '../core/formats.js';
import { isListAt } from './json-lists.js';
import type { InputOptions } from './options.js';

const endings: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

/** A function call around JSON, as JSONP answers have it: `asterisk_cb(…)`. */
export const callback = /^\s*(?:\/\*\*\/\s*)?[A-Za-z_$][\w$.]*\s*\(\s*(?=[[{])/;

/** How JSON with records starts; Mango's CSV has rows that start with `[]` or `[id,id]`. */
const json = /^(?:\[\s*(?:[[{]|\]\s*$)|\{\s*["}])/;

/** Decides the format of a file: what was asked for, else its ending (before .gz and .zst), else its first text. */
export function decideFormat(file: string, head: string, asked: InputOptions['format']): Format {
  if (asked !== undefined) return asked;
  const ending = /\.([a-z]+)$/i.exec(file.replace(/\.(gz|zst)$/i, ''))?.[1]?.toLowerCase() ?? '';
  const named = Object.hasOwn(endings, ending) ? endings[ending] : undefined;
  if (named === 'csv') return named;
  const text = head.trimStart();
  if (named === 'ndjson') return /^\[|^\{\s*[\r\n]/.test(text) ? 'json' : named;
  if (named === undefined && !json.test(text) && !callback.test(text)) return 'csv';
  return hasRecordALine(text) ? 'ndjson' : 'json';
}

/** Whether a text is an object a line, and not a document or the pages of one. */
function hasRecordALine(text: string): boolean {
  const [first = '', second = ''] = text.split(/\s*[\r\n]+\s*/, 2);
  if (!first.startsWith('{') || !/^\{\s*\S/.test(second)) return false;
  try {
    const value: unknown = JSON.parse(first);
    return typeof value === 'object' && value !== null && !Object.keys(value).some((key) => isListAt([key]));
  } catch {
    return false;
  }
}
