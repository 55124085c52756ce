import type { Receipt } from '../core/send-result.js';

/** A number of a row. The tables keep the type; anything else is a broken ledger. */
export function numberOf(row: unknown, column: string): number {
  const value = cellOf(row, column);
  if (typeof value !== 'number') throw new Error(`ledger: ${column} is no number`);
  return value;
}

/** A text of a row; null is undefined. */
export function textOf(row: unknown, column: string): string | undefined {
  const value = cellOf(row, column);
  return typeof value === 'string' ? value : undefined;
}

/** A number of a row; null is undefined. */
export function optionalNumberOf(row: unknown, column: string): number | undefined {
  const value = cellOf(row, column);
  return typeof value === 'number' ? value : undefined;
}

/** A list of texts that was written down as JSON. */
export function listOf(json: string | undefined): readonly string[] {
  const list: unknown = json === undefined ? [] : JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}

/** A receipt that was written down as JSON. */
export function receiptOf(json: string | null | undefined): Receipt | undefined {
  const receipt: unknown = json === null || json === undefined ? undefined : JSON.parse(json);
  return typeof receipt === 'object' && receipt !== null ? receipt : undefined;
}

function cellOf(row: unknown, column: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
}
