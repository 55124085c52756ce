// How the times of a file are read, and held against the ids of their rows.

import { Problem } from '../core/errors.js';
import type { SettledEntry } from '../core/outcome.js';
import type { Row } from '../core/row.js';
import { Contradicted, dateContradiction } from './contradictions.js';
import type { DateOrder } from './date-text.js';
import { type DateRules, formatLocal } from './dates.js';
import type { TextReader } from './field-sources.js';
import type { RowValues } from './row-values.js';
import type { Zone } from './time-zones.js';
import {
  type ComparedDate,
  comparedDate,
  type EpochReader,
  findOffsets,
  foldRow,
  isContradicted,
  offsetOf,
  saidAgainst,
  type ZoneFinding,
} from './zone-evidence.js';
import { pairRows } from './zone-inference.js';

/** How the times of a file are read, and what its ids have said of its clock so far. */
export interface FileClock {
  /** undefined: times without a zone are refused, or have the offsets of their ids. */
  readonly zone: Zone | undefined;
  readonly byIds: boolean;
  readonly readEpoch: EpochReader | undefined;
  readonly order: DateOrder | undefined;
  readonly readDate: TextReader;
  /** The clock of this machine, in unix seconds. */
  readonly now: () => number;
  /** Grows from row to row. */
  finding: ZoneFinding;
}

/** How the dates of the next rows are read; with the ids of all of them. */
export function dateRules(clock: FileClock, rows: readonly Row[]): DateRules {
  const { zone, byIds, readEpoch, order, readDate } = clock;
  if (byIds && readEpoch !== undefined) {
    const { pairs } = pairRows(rows, readEpoch, { read: readDate, order });
    clock.finding = findOffsets(pairs, clock.finding);
  }
  // The clock is asked once a batch and not once a file: a run that follows one lives longer than a day.
  return { zone, byIds: byIds ? clock.finding : undefined, readEpoch, order, now: clock.now() };
}

/** Records that were read together, or the entries of rows that could not be. */
type ReadRecords<Record> = readonly (Record | SettledEntry)[];

/** Holds the dates of records against the ids of their rows: those that are contradicted become problems. */
export function compareWithIds<Record extends { readonly values: RowValues }>(
  records: ReadRecords<Record>,
  clock: FileClock,
): ReadRecords<Record> {
  if (clock.readEpoch === undefined || clock.byIds) return records;
  for (const record of records) {
    const date = dateToCompare(record);
    if (date === undefined) continue;
    clock.finding = foldRow(clock.finding, saidAgainst(date));
  }
  return records.map((record) => {
    const date = dateToCompare(record);
    if (date === undefined || !('values' in record) || !isContradicted(date, clock.finding)) return record;
    return { ...record, values: { ...record.values, date: contradicted(date, clock) } };
  });
}

function dateToCompare(record: { readonly values: RowValues } | SettledEntry): ComparedDate | undefined {
  if (!('values' in record)) return undefined;
  const { date } = record.values;
  return date instanceof Problem ? undefined : comparedDate(date);
}

function contradicted(date: ComparedDate, { zone }: FileClock): Contradicted {
  const text = formatLocal('YYYY-MM-DD HH:mm:ss', date.local);
  const found = { lateness: date.unix - date.epoch, offset: offsetOf(date) };
  return new Contradicted(dateContradiction(text, zone?.name ?? '', found));
}
