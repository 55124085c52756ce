// How the times of a file are read, and held against the ids of their rows.

import { type Parsed, Problem } from '../core/errors.js';
import type { Row } from '../core/row.js';
import { Contradicted, dateContradiction, type ZoneColumn } from './contradictions.js';
import { type DateOrder, type DateText, parseDateText } from './date-text.js';
import { type CallDate, formatLocal } from './dates.js';
import type { TextReader } from './field-sources.js';
import type { Zone } from './time-zones.js';
import {
  type ComparedDate,
  type EpochPair,
  type EpochReader,
  findOffsets,
  isPlausible,
  judgeDates,
  offsetOf,
  type ZoneFinding,
} from './zone-evidence.js';

/** How the times of a file are read. */
export interface FileClock {
  /** undefined: times without a zone are refused, or have the offsets of their ids. */
  readonly zone: Zone | undefined;
  readonly byIds: boolean;
  /** What its rows say of their zone is held against `zone`. */
  readonly column?: ZoneColumn | undefined;
  /** Reads the moment in a row's own id; undefined where the rows have none. */
  readonly readEpoch: EpochReader | undefined;
  readonly order: DateOrder | undefined;
  readonly readDate: TextReader;
}

/** What is known of a clock before rows are read: where it goes by their ids, with what these say. */
export function findAhead(clock: FileClock, rows: readonly Row[], before: ZoneFinding): ZoneFinding {
  return clock.byIds ? findOffsets(pairRows(rows, clock), before) : before;
}

/** A date and the moment in the id of its row, which stands on a line. */
export type DatedLine = EpochPair & { readonly line: number };

/** The dates of rows with the ids that they can be held against. */
export function pairRows(
  rows: readonly Row[],
  { readEpoch, readDate, order }: Pick<FileClock, 'readEpoch' | 'readDate' | 'order'>,
): readonly DatedLine[] {
  if (readEpoch === undefined) return [];
  return rows.flatMap(({ cells, line, problem }) => {
    const local = problem === undefined ? wallOf(dateOf(readDate(cells), order)) : undefined;
    const epoch = local === undefined ? undefined : readEpoch(cells);
    if (local === undefined || epoch === undefined || !isPlausible({ local, epoch })) return [];
    return [{ line, local, epoch }];
  });
}

/** The clock of a date that says no zone; undefined for all others. */
export function wallOf(date: DateText | undefined): number | undefined {
  return date?.kind === 'wall' && date.offset === undefined ? date.local : undefined;
}

/** A date between 2000 and 2100: zeros and other nonsense say nothing about a file. */
export function dateOf(text: string, order: DateOrder | undefined): DateText | undefined {
  const written = parseDateText(text, order);
  if (written instanceof Problem) return undefined;
  return written.local > 946_684_800 && written.local < 4_102_444_800 ? written : undefined;
}

/**
 * Holds the dates of rows that were read together against the ids of these rows: gives those that are contradicted, by their
 * position, and what is known of the clock with them.
 */
export function contradictedDates(
  dates: readonly Parsed<CallDate>[],
  { readEpoch, byIds, zone }: FileClock,
  before: ZoneFinding,
): { readonly wrong: ReadonlyMap<number, Contradicted>; readonly finding: ZoneFinding } {
  if (readEpoch === undefined || byIds) return { wrong: new Map(), finding: before };
  const compared = dates.map((date) => {
    if (date instanceof Problem || date.epoch === undefined) return undefined;
    const { unix, local, epoch } = date;
    return { unix, local, epoch };
  });
  const { finding, rows } = judgeDates(compared, before);
  const wrong = rows.flatMap((row) => {
    const date = compared[row];
    return date === undefined ? [] : [[row, contradicted(date, zone)] as const];
  });
  return { wrong: new Map(wrong), finding };
}

function contradicted(date: ComparedDate, zone: Zone | undefined): Contradicted {
  const text = formatLocal('YYYY-MM-DD HH:mm:ss', date.local);
  const found = { lateness: date.unix - date.epoch, offset: offsetOf(date) };
  return new Contradicted(dateContradiction(text, zone?.name ?? '', found));
}
