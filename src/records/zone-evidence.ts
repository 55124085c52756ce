// What ids say of a clock, folded row by row: offsets, and the rows that contradict a zone.

import { isObject } from '../core/json.js';
import type { Zone } from './time-zones.js';

/** Reads the unix second in the row's own id; undefined where it holds none. */
export type EpochReader = (cells: readonly string[]) => number | undefined;

/** A time on a wall clock and the unix second in which its call began by its id, both in seconds. */
export interface EpochPair {
  readonly local: number;
  readonly epoch: number;
}

/** Clocks stand at most 14 hours from UTC; a row may begin a while after its call. */
const widest = 18 * 3600;

/** Tells whether some clock on earth could show `local` for a call that began at `epoch`. */
export function isPlausible({ local, epoch }: EpochPair): boolean {
  return Math.abs(local - epoch) <= widest;
}

/** A row may begin so many seconds before the id of its call was made: two clocks are read one after the other. */
const early = 60;

/** How late a row may be, in seconds, for its offset to be taken from its own id alone. */
const late = 450;

const hour = 3600;

/** The offsets at which clocks stand on earth, in seconds east of UTC, ascending. */
const offsets: readonly number[] = [
  ...Array.from({ length: 27 }, (_, index) => index - 12),
  ...[-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 6.5, 9.5, 10.5],
  ...[5.75, 8.75, 12.75, 13.75],
]
  .sort((one, other) => one - other)
  .map((hours) => hours * hour);

/**
 * What the ids of a file say of its clock, folded from its rows one by one, the same for the first rows, for all rows, and for the
 * one row that a run finds new in a file that it read before.
 */
export interface ZoneFinding {
  /** The zone that the rows were held against; `ids` where each row has the offset of its own id. */
  readonly zone: string;
  /** What the last rows said, the newest last: the offset that contradicts the zone, or nothing of the kind. */
  readonly recent: readonly (number | null)[];
  /** Offsets that three of five rows in a row agreed on. */
  readonly agreed: readonly number[];
  /** The first and the last time on the clock at which a row said something, in seconds; for `ids` alone. */
  readonly span?: readonly [from: number, to: number];
}

/** So many rows are compared; three of them are their majority. */
const compared = 5;
const majority = 3;

/** Nothing is known yet. */
export function emptyFinding(zone: string): ZoneFinding {
  return { zone, recent: [], agreed: [] };
}

/** The offset at which a clock must have stood to show this soon after the call began; undefined for a row that is later. */
export function offsetOf({ local, epoch }: EpochPair): number | undefined {
  const offset = nearest(offsets, { local, epoch });
  return offset !== undefined && local - offset - epoch < late ? offset : undefined;
}

/** The largest of these offsets under which a row is not earlier than its id. */
function nearest(among: readonly number[], { local, epoch }: EpochPair): number | undefined {
  return among.findLast((offset) => local - offset - epoch >= -early);
}

const day = 86_400;

/** The offset of a row without an id: that of all rows around it, where they agree; undefined where they do not. */
export function offsetOfOthers(local: number, { agreed, span }: ZoneFinding): number | undefined {
  const [offset, other] = agreed;
  if (span === undefined || other !== undefined) return undefined;
  const [from, to] = span;
  return local >= from - day && local <= to + day ? offset : undefined;
}

/**
 * The offset of a row by its own id, for `--timezone ids`: one that the file is known to have, or an hour beside it where the
 * clocks were changed, if the row began at once; else the largest that the file is known to have.
 */
export function offsetByIds(pair: EpochPair, agreed: readonly number[]): number | undefined {
  const near = [...new Set(agreed.flatMap((offset) => [offset - hour, offset, offset + hour]))].sort(
    (one, other) => one - other,
  );
  const exact = nearest(near, pair);
  if (exact !== undefined && pair.local - exact - pair.epoch <= early) return exact;
  const known = nearest(
    [...agreed].sort((one, other) => one - other),
    pair,
  );
  return known ?? nearest(offsets, pair);
}

/** What one row adds to what is known. `said` is the offset that contradicts the zone, null where the row does not. */
export function foldRow(finding: ZoneFinding, said: number | null): ZoneFinding {
  const { recent, agreed } = finding;
  if (recent.length === compared && recent.every((one) => one === said)) return finding;
  const next = [...recent, said].slice(-compared);
  const isNew =
    said !== null && !agreed.includes(said) && next.filter((one) => one === said).length >= majority;
  return { ...finding, recent: next, agreed: isNew ? [...agreed, said] : agreed };
}

/** A date that was read from a wall clock, with the moment in its row's own id. */
export interface ComparedDate extends EpochPair {
  readonly unix: number;
}

/** The offset that a row names against the zone that its date was read in; null where it has nothing to say against it. */
function saidAgainst({ unix, local, epoch }: ComparedDate): number | null {
  const lateness = unix - epoch;
  if (Math.abs(lateness) <= early) return null;
  const offset = offsetOf({ local, epoch });
  return offset === undefined || offset === local - unix ? null : offset;
}

/**
 * Whether the id of a row contradicts the zone that its date was read in: the row would have begun before its call, or it is
 * one of those that agree on another offset. That it is later proves nothing by itself: it waited in a queue, or was parked.
 */
function isContradicted(date: ComparedDate, { agreed }: ZoneFinding): boolean {
  if (date.unix - date.epoch < -early) return true;
  const said = saidAgainst(date);
  return said !== null && agreed.includes(said);
}

/** Of a time that the clock showed twice, the moment that its id means; the first where it means neither. */
export function momentByEpoch(first: number, second: number, epoch: number): number {
  return Math.abs(second - epoch) < Math.abs(first - epoch) && second - epoch >= -early ? second : first;
}

/** Whether a zone fits every one of these rows: no row says another offset, and some say this one. */
export function fitsAll(zone: Pick<Zone, 'unixOf'>, pairs: readonly EpochPair[]): boolean {
  const isFitting = (date: ComparedDate) => date.unix - date.epoch >= -early && saidAgainst(date) === null;
  return datesIn(zone, pairs).every(isFitting) && pairs.some((pair) => offsetOf(pair) !== undefined);
}

/**
 * Holds dates against the ids of their rows, with what was known before: those that are contradicted, by their position. All are
 * taken before the first is judged: the third of three rows that agree speaks for the two before it.
 */
export function judgeDates(
  dates: readonly (ComparedDate | undefined)[],
  before: ZoneFinding,
): { readonly rows: readonly number[]; readonly finding: ZoneFinding } {
  let finding = before;
  for (const date of dates) if (date !== undefined) finding = foldRow(finding, saidAgainst(date));
  const rows = dates.flatMap((date, row) =>
    date !== undefined && isContradicted(date, finding) ? [row] : [],
  );
  return { rows, finding };
}

/** The rows that contradict a zone, by their position, and what is known with them. */
export interface ZoneVerdict extends ReturnType<typeof judgeDates> {
  /** The offset that most of them name; undefined where they only say that the zone is wrong. */
  readonly offset: number | undefined;
}

/** Holds rows against a zone, with what was known before. */
export function contradictedBy(
  zone: Pick<Zone, 'name' | 'unixOf'>,
  pairs: readonly EpochPair[],
  before: ZoneFinding = emptyFinding(zone.name),
): ZoneVerdict {
  const verdict = judgeDates(datesIn(zone, pairs), before);
  const named = verdict.rows.flatMap((row) => offsetOf(pairs[row] ?? { local: 0, epoch: 0 }) ?? []);
  return { ...verdict, offset: mostCommon(named) };
}

function datesIn({ unixOf }: Pick<Zone, 'unixOf'>, pairs: readonly EpochPair[]): readonly ComparedDate[] {
  return pairs.map(({ local, epoch }) => ({ local, epoch, unix: unixOf(local) }));
}

/** What most rows say of the clock of a file. */
export interface OffsetEvidence {
  /** Seconds east of UTC. */
  readonly offset: number;
  /** Rows that say so. */
  readonly agree: number;
  /** Rows that could be asked. */
  readonly of: number;
}

/** The offset that most rows name; undefined where none names one. */
export function inferOffset(pairs: readonly EpochPair[]): OffsetEvidence | undefined {
  const named = pairs.flatMap((pair) => offsetOf(pair) ?? []);
  const offset = mostCommon(named);
  if (offset === undefined) return undefined;
  return { offset, agree: named.filter((one) => one === offset).length, of: pairs.length };
}

/** All offsets that rows of the file agree on, for `--timezone ids`. */
export function findOffsets(pairs: readonly EpochPair[], before: ZoneFinding): ZoneFinding {
  const told = pairs.map((pair) => ({ local: pair.local, offset: offsetOf(pair) ?? null }));
  const finding = told.reduce((known, { offset }) => foldRow(known, offset), before);
  const clocks = told.filter(({ offset }) => offset !== null).map(({ local }) => local);
  const all = [...clocks, ...(before.span ?? [])];
  return clocks.length === 0 ? finding : { ...finding, span: [Math.min(...all), Math.max(...all)] };
}

function mostCommon(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one);
  return most?.[0];
}

/** A finding as it was written down as JSON; undefined for whatever else stands there. */
export function parseFinding(value: unknown): ZoneFinding | undefined {
  if (!isObject(value)) return undefined;
  const { zone, recent, agreed, span } = value;
  if (typeof zone !== 'string' || !Array.isArray(recent) || !Array.isArray(agreed)) return undefined;
  const isOffset = (one: unknown) => typeof one === 'number';
  if (!agreed.every(isOffset) || !recent.every((one) => one === null || isOffset(one))) return undefined;
  const isSpan = Array.isArray(span) && span.length === 2 && span.every(isOffset);
  return { zone, recent, agreed, ...(isSpan ? { span: [Number(span[0]), Number(span[1])] as const } : {}) };
}
