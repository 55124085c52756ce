// What of a row contradicts its talk time and its date: the length of the whole call, its end, its result.

import { shellQuoted } from '../core/display.js';
import { type Parsed, Problem } from '../core/errors.js';
import { quote } from './cell-text.js';
import { isWholeLength } from './column-choice.js';
import type { DateText } from './date-text.js';
import { type CallDate, secondsPassed } from './dates.js';
import type { FieldSource, Sources } from './field-sources.js';
import { unitOfName, zoneOfName } from './header-names.js';
import { resultColumn } from './result-column.js';
import { areMostly, type SampledColumn } from './sample.js';
import { endColumn, isWall, secondsBetween, secondsIn } from './talk-time.js';
import type { Zone } from './time-zones.js';

/** Says what a row holds against its talk time (seconds) or its date, which was read by the clock of a zone; undefined for nothing. */
export type RowCheck = (
  cells: readonly string[],
  billsec: Parsed<number>,
  date: Parsed<CallDate>,
  zone: Zone | undefined,
) => string | undefined;

/** What the talk time of a row is held against. */
interface Against {
  readonly total: SampledColumn | undefined;
  readonly times: { readonly start: SampledColumn; readonly end: SampledColumn } | undefined;
  /** So many seconds are lost by rounding: times without seconds say a minute more or less. */
  readonly spare: number;
}

/**
 * Makes the check of the rows of a file that no preset reads: talk is no longer than the whole call, a call ends after it began,
 * and nobody talked where the result says that nobody answered. Where most of the first rows are contradicted, the headers of
 * two columns may be exchanged, and it says so.
 */
export function rowCheck(
  columns: readonly SampledColumn[],
  { date, billsec }: Pick<Sources, 'date' | 'billsec'>,
): RowCheck {
  const { column: talk } = billsec;
  const start = date.column ?? beginningOf(date);
  const against = againstOf(columns, talk, start);
  const result = talk !== undefined && billsec.by === 'map' ? undefined : resultColumn(columns);
  const duration = billsec.kind === 'computed' ? billsec.columns[0] : talk;
  // What may be ringing is talk only where the result says so.
  const needsResult = duration !== undefined && isWholeLength(duration.name);
  const rows = columns[0]?.rows ?? [];
  const { total, times } = against;
  const isTurned = areMostly(rows, (cells) => (lengthOf(cells, against) ?? 0) < 0);
  const isExchanged =
    total !== undefined && areMostly(rows, (cells) => isLonger(secondsIn(cells, talk), cells, against));
  return (cells, seconds, date, zone) => {
    const onClock = lengthOf(cells, against);
    const length = onClock && secondsPassed(date, onClock, zone);
    if (times !== undefined && length !== undefined && length < 0) {
      const names = `${quote(times.start.name)}, ${quote(times.end.name)}`;
      return `date: the call ends before it begins (${names}): ${isTurned ? exchanged('date', times.end) : mistake}`;
    }
    if (seconds instanceof Problem || seconds === 0) return undefined;
    if (isLonger(seconds, cells, against, length)) {
      const way = isExchanged && !billed.test(talk?.name ?? '') ? exchanged('billsec', total) : mistake;
      return `billsec: ${seconds} s of talk in a call of ${wholeOf(cells, against, length)} s: ${way}`;
    }
    const said = result?.column.textIn(cells) ?? '';
    const isAnswered = said === '' || result?.isAnswered(said);
    if (result === undefined || isAnswered === true || (isAnswered === undefined && !needsResult))
      return undefined;
    const but = `but ${quote(result.column.name)} says ${quote(said)}`;
    const hint = 'name the column with the talk time, --map billsec=<column>';
    return isAnswered === false
      ? `billsec: ${seconds} s of talk, ${but}: ${hint}`
      : `billsec: ${seconds} s, ${but}, which may mean that nobody talked: ${hint}, or give --allow columns if somebody did`;
  };
}

/** What is billed is rounded up, and not exchanged with the whole length. */
const billed = /bill|charg|тариф|оплач|fatur|abrechn/i;
const mistake = 'correct it in the file, or give --allow columns to send it as it is';

/** Of a date that is joined with its zone, the column that says day and time; undefined where none says both. */
function beginningOf({ columns: [first] }: FieldSource): SampledColumn | undefined {
  const saysBoth = ({ kind, local }: DateText) => kind === 'wall' && local % 86_400 !== 0;
  return first !== undefined && areMostly(first.dates, saysBoth) ? first : undefined;
}

function exchanged(field: string, { name }: SampledColumn): string {
  return `if the headers of the two columns are exchanged, give --map ${shellQuoted(`${field}=${name}`)}`;
}

/** The one column with the length of the whole call in the unit of the talk time, and the times of its beginning and end by one clock. */
function againstOf(
  columns: readonly SampledColumn[],
  talk: SampledColumn | undefined,
  start: SampledColumn | undefined,
): Against {
  const unitOf = ({ name }: SampledColumn) => unitOfName(name) ?? 's';
  const totals = columns.filter(
    (one) => talk !== undefined && one !== talk && isWholeLength(one.name) && unitOf(one) === unitOf(talk),
  );
  const total = totals.length === 1 ? totals[0] : undefined;
  const end = endColumn(columns);
  const isOneClock = start !== end && zoneOfName(start?.name ?? '') === zoneOfName(end?.name ?? '');
  const times = start === undefined || end === undefined || !isOneClock ? undefined : { start, end };
  const hasSeconds = times?.end.texts.every((text) => /:\d\d:\d\d|^\d+$/.test(text)) !== false;
  return { total, times, spare: hasSeconds ? 2 : 60 };
}

function isLonger(
  seconds: number | undefined,
  cells: readonly string[],
  against: Against,
  byTimes = lengthOf(cells, against),
): boolean {
  const whole = wholeOf(cells, against, byTimes);
  return seconds !== undefined && whole !== undefined && seconds > whole + against.spare;
}

/** How long a whole call was, in seconds, by its column or by its times, the shorter one; undefined where neither says it. */
function wholeOf(
  cells: readonly string[],
  against: Against,
  byTimes: number | undefined,
): number | undefined {
  const byColumn = secondsIn(cells, against.total);
  if (byColumn === undefined || byTimes === undefined) return byColumn ?? byTimes;
  return Math.min(byColumn, byTimes);
}

/** Seconds from the beginning of a call to its end; undefined where a row does not say. */
function lengthOf(cells: readonly string[], { times }: Against): number | undefined {
  if (times === undefined) return undefined;
  const [began, ended] = [times.start.textIn(cells), times.end.textIn(cells)];
  const isOpen = began === '' || ended === '' || isWall(began) !== isWall(ended);
  const seconds = isOpen ? Number.NaN : Number(secondsBetween(began, ended));
  return Number.isNaN(seconds) ? undefined : seconds;
}
