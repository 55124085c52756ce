import type { Kept } from './kept.js';
import { type Column, layTable, type Page } from './layout.js';

const columns: readonly Column[] = [
  'uuid',
  'account',
  'type',
  'caller',
  'to',
  'date',
  'date (UTC)',
  'billsec',
  'file:line',
  'link',
].map((title) => ({ title }));

/** The first calls as they would be sent, one a line: the date in unix seconds and readable. */
export function previewTable(calls: readonly Kept[], page: Page): string {
  const rows = calls.map(({ uuid, account, place, call }) => [
    uuid,
    account,
    ...call.slice(0, 6),
    place,
    ...call.slice(6),
  ]);
  return layTable(columns, rows, page);
}
