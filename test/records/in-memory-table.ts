import type { Call } from '../../src/core/call.js';
import type { Entry } from '../../src/core/outcome.js';
import type { Row, Table } from '../../src/core/row.js';
import { type Plan, readRecords } from '../../src/records/read-records.js';
import type { RecordOptions } from '../../src/records/record-options.js';

/** 2026-11-22 00:00:00 UTC: the present of all tests. */
export const now = 1_795_305_600;

export const columns = ['uuid', 'caller', 'to', 'date', 'type', 'billsec'];

/** A row that is valid as it stands; one cell can be another. */
export function cells(other: Partial<Record<string, string>> = {}): string[] {
  const row: Record<string, string | undefined> = {
    uuid: 'a.1',
    caller: '74950000001',
    to: '101',
    date: '1790000000',
    type: 'inbound',
    billsec: '30',
    ...other,
  };
  return columns.map((name) => row[name] ?? '');
}

/** A table in memory as the input room would hand it over; rows are split in batches of two. */
export function tableOf(
  names: readonly string[],
  rows: readonly (readonly string[] | Row)[],
  more: Partial<Table> = {},
): Table {
  const all: Row[] = rows.map((row, index) => ('cells' in row ? row : { line: index + 2, cells: row }));
  async function* batches() {
    for (let at = 0; at < all.length; at += 2) {
      yield { rows: all.slice(at, at + 2), bytesRead: at * 10, next: { offset: at * 10, line: at + 4 } };
    }
  }
  return {
    file: 'calls.csv',
    format: 'csv',
    encoding: 'utf-8',
    columns: names,
    sample: all.slice(0, 1000),
    batches: batches(),
    rescan: batches,
    ...more,
  };
}

export interface Result {
  readonly plan: Plan;
  readonly entries: readonly Entry[];
  readonly calls: readonly Call[];
  /** Reasons of all that are no calls, one array an entry. */
  readonly reasons: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** Reads a whole table. */
export async function read(table: Table, options: Partial<RecordOptions> = {}): Promise<Result> {
  const notes: string[] = [];
  const { plan, batches } = await readRecords(
    table,
    {
      map: [],
      set: [],
      accountId: '39099',
      requireAccount: true,
      inboundLayout: 'natural',
      now: () => now,
      ...options,
    },
    (text, hint) => notes.push(hint === undefined ? text : `${text} | ${hint}`),
  );
  const entries: Entry[] = [];
  for await (const batch of batches) entries.push(...batch.entries);
  return {
    plan,
    entries,
    notes,
    calls: entries.flatMap((entry) => entry.call ?? []),
    reasons: entries.flatMap((entry) => ('status' in entry && entry.reasons ? [entry.reasons] : [])),
  };
}
