import { type Parsed, Problem } from '../core/errors.js';
import { type DateOrder, daySeconds, timeSeconds, type Written } from './calendar.js';
import { readCount } from './counts.js';
import { readIso } from './iso.js';
import { parseOffset } from './offsets.js';
import { quote } from './text.js';

/**
 * Reads a date in any of the forms that phone systems write; `order` settles 3/4/2026.
 * Knows nothing of zones or of sensible years: see moments.ts.
 */
export function parseWritten(text: string, order?: DateOrder): Parsed<Written> {
  return readIso(text) ?? readCount(text) ?? readCalendar(text, order);
}

/** The two parts before the year of a date such as 3/4/2026, whose order the text does not tell; undefined for other forms. */
export function unorderedParts(text: string): readonly [number, number] | undefined {
  const match = dayFirst.exec(text);
  if (match === null || match[2] === '.') return undefined;
  return [Number(match[1]), Number(match[3])];
}

const yearFirst = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?=$|[T _,])/i;
const dayFirst = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?=$|[T _,])/i;
const monthName = /^(?:[a-z]{3,9}\.?,? )?(\d{1,2})[ -]([a-z]{3})[a-z]{0,6}\.?[ -](\d{4}|\d{2})(?=$|[ ,])/i;
const compact = /^(\d{4})(\d\d)(\d\d)(?=$|T?\d{4})/i;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Every form that names a year, a month and a day. */
function readCalendar(raw: string, order: DateOrder | undefined): Parsed<Written> {
  const text = raw.replace(/\s+/g, ' ');
  let match = yearFirst.exec(text);
  if (match !== null)
    return atTime(raw, daySeconds(+at(match, 1), +at(match, 3), +at(match, 4)), rest(match));
  match = dayFirst.exec(text);
  if (match !== null) return inOrder(raw, match, order);
  match = monthName.exec(text);
  if (match !== null) {
    const month = months.indexOf(at(match, 2).toLowerCase()) + 1;
    return atTime(raw, daySeconds(fullYear(at(match, 3)), month, +at(match, 1)), rest(match));
  }
  match = compact.exec(text);
  if (match === null) return notADate(raw);
  const time = rest(match).replace(/^T?(\d\d)(\d\d)(\d\d)?/i, (_, h, m, s) => `T${h}:${m}:${s ?? '00'}`);
  return atTime(raw, daySeconds(+at(match, 1), +at(match, 2), +at(match, 3)), time);
}

function inOrder(raw: string, match: RegExpExecArray, order: DateOrder | undefined): Parsed<Written> {
  const first = +at(match, 1);
  const second = +at(match, 3);
  const year = fullYear(at(match, 4));
  const evident = first > 12 ? 'dmy' : second > 12 ? 'mdy' : undefined;
  const known = match[2] === '.' ? 'dmy' : (order ?? evident);
  if (known === undefined) {
    return new Problem(`${quote(raw)} is day/month or month/day: say which with --date-order dmy or mdy`);
  }
  const day = known === 'dmy' ? daySeconds(year, second, first) : daySeconds(year, first, second);
  if (Number.isNaN(day) && match[2] !== '.' && evident !== undefined && evident !== known) {
    return new Problem(
      `${quote(raw)} is not a date in this file's order, ${known === 'dmy' ? 'day/month' : 'month/day'}`,
    );
  }
  return atTime(raw, day, rest(match));
}

const timeOfDay = /^(?:T|_|,? )(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?: ?([ap])\.?m\.?)?/i;

/** Adds the time and zone that stand behind a day (seconds; NaN is no day). */
function atTime(raw: string, day: number, behind: string): Parsed<Written> {
  if (Number.isNaN(day)) return notADate(raw);
  if (behind === '') return { local: day, offset: undefined, kind: 'day' };
  const match = timeOfDay.exec(behind);
  if (match === null) return notADate(raw);
  const local = day + clock(match);
  const offset = parseOffset(rest(match));
  if (Number.isNaN(local) || offset instanceof Problem) return notADate(raw);
  return { local, offset, kind: 'wall' };
}

function clock(match: RegExpExecArray): number {
  const half = match[4]?.toLowerCase();
  let hour = +at(match, 1);
  if (half !== undefined) hour = hour >= 1 && hour <= 12 ? (hour % 12) + (half === 'p' ? 12 : 0) : Number.NaN;
  return timeSeconds(hour, +at(match, 2), +(match[3] ?? 0));
}

function notADate(raw: string): Problem {
  return new Problem(`${quote(raw)} is not a date`);
}

function at(match: RegExpExecArray, group: number): string {
  return match[group] ?? '';
}

function rest(match: RegExpExecArray): string {
  return match.input.slice(match[0].length);
}

/** A year of two digits lies in this century: calls before 2000 are refused anyway. */
function fullYear(text: string): number {
  return text.length === 2 ? 2000 + Number(text) : Number(text);
}
