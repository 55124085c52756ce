// A date in any of its forms, without its zone.

import { type Parsed, Problem } from '../core/errors.js';
import { isDigits, quote } from './cell-text.js';
import { parseOffset, widestOffset, zoneByWord } from './time-zones.js';

// A library of dates (luxon) reads one in 71 µs, this file and time-zones.ts in 1.6 µs (4.5 µs for the rarer forms), which is a
// minute for a million rows; and most of the forms below (counts, 3/4/2026 in the order of the file, days of Excel) none reads.

/** Which part of 3/4/2026 is the day: the first (dmy) or the second (mdy). */
export const dateOrders = ['dmy', 'mdy'] as const;
export type DateOrder = (typeof dateOrders)[number];

/** A date as it is written, before its zone is applied. */
export interface DateText {
  /** Seconds since 1970 on the clock that it was read from, as if that clock stood at UTC. */
  readonly local: number;
  /** Seconds east of UTC where the text says so; undefined for a wall clock of an unknown zone. */
  readonly offset: number | undefined;
  /** An `instant` is a count of seconds, `wall` is a clock, `day` has no time of day. */
  readonly kind: 'instant' | 'wall' | 'day';
}

/** Seconds from 1970 to the beginning of a day; NaN where the calendar has no such day. */
function daySeconds(year: number, month: number, day: number): number {
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  if (day > 28 && day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return Number.NaN;
  return Date.UTC(year, month - 1, day) / 1000;
}

/** Seconds from midnight; NaN where no clock shows such a time. */
function timeSeconds(hour: number, minute: number, second: number): number {
  return hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : Number.NaN;
}

/** Reads a date of a column of which the order is not known yet: day first, else month first. */
export function parseEitherDate(text: string): Parsed<DateText> {
  const date = parseDateText(text, 'dmy');
  return date instanceof Problem ? parseDateText(text, 'mdy') : date;
}

/**
 * Reads a date in any of the forms that phone systems write; `order` says what 3/4/2026 is.
 * Knows nothing of zones or of sensible years: see dates.ts.
 */
export function parseDateText(text: string, order?: DateOrder): Parsed<DateText> {
  return readIso(text) ?? readNumber(text) ?? readCalendar(text, order);
}

/** The two parts before the year of a date such as 3/4/2026, whose order the text does not tell; undefined for other forms. */
export function unorderedParts(text: string): readonly [number, number] | undefined {
  const match = dayFirst.exec(text);
  if (match === null || match[2] === '.') return undefined;
  return [Number(match[1]), Number(match[3])];
}

const yearFirst = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?=$|[T _,])/i;
const dayFirst = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?=$|[T _,])/i;
const dayMonthName =
  /^(?:[a-zа-яё]{2,11}\.?,? )?(\d{1,2})[ -]([a-zа-яё]{3})[a-zа-яё]{0,6}\.?[ -](\d{4}|\d{2})(?: ?г(?:\.|(?=[ ,])|$))?(?=$|[ ,])/i;
const monthNameDay =
  /^(?:[a-zа-яё]{2,11}\.?,? )?([a-zа-яё]{3})[a-zа-яё]{0,6}\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}|\d{2})(?=$|[ ,])/i;
const compact = /^(\d{4})(\d\d)(\d\d)(?=$|T?\d{4})/i;
/** The months by the first three letters of their names, in English and Russian (`мая` is the genitive of May). */
const months: ReadonlyMap<string, number> = new Map(
  [
    'jan feb mar apr may jun jul aug sep oct nov dec',
    'янв фев мар апр май июн июл авг сен окт ноя дек',
  ].flatMap((names) => names.split(' ').map((name, at) => [name, at + 1] as const)),
).set('мая', 5);

/** Every form that names a year, a month and a day. */
function readCalendar(raw: string, order: DateOrder | undefined): Parsed<DateText> {
  const text = raw.replace(/\s+/g, ' ');
  let match = yearFirst.exec(text);
  if (match !== null)
    return atTime(raw, daySeconds(+at(match, 1), +at(match, 3), +at(match, 4)), rest(match));
  match = dayFirst.exec(text);
  if (match !== null) return inOrder(raw, match, order);
  match = dayMonthName.exec(text);
  if (match !== null)
    return atTime(raw, daySeconds(fullYear(at(match, 3)), monthOf(at(match, 2)), +at(match, 1)), rest(match));
  match = monthNameDay.exec(text);
  if (match !== null)
    return atTime(raw, daySeconds(fullYear(at(match, 3)), monthOf(at(match, 1)), +at(match, 2)), rest(match));
  match = clockFirst.exec(text);
  if (match !== null) return readCalendar(`${at(match, 2)} ${at(match, 1)}`, order);
  match = compact.exec(text);
  if (match === null) return notADate(raw);
  const time = rest(match).replace(/^T?(\d\d)(\d\d)(\d\d)?/i, (_, h, m, s) => `T${h}:${m}:${s ?? '00'}`);
  return atTime(raw, daySeconds(+at(match, 1), +at(match, 2), +at(match, 3)), time);
}

/** 1 to 12; 0 for what is no month. */
function monthOf(letters: string): number {
  return months.get(letters.toLowerCase()) ?? 0;
}

function inOrder(raw: string, match: RegExpExecArray, order: DateOrder | undefined): Parsed<DateText> {
  const first = +at(match, 1);
  const second = +at(match, 3);
  const year = fullYear(at(match, 4));
  const evident = first > 12 ? 'dmy' : second > 12 ? 'mdy' : undefined;
  const known = match[2] === '.' ? 'dmy' : (order ?? evident);
  if (known === undefined) {
    return new Problem(`${quote(raw)} is day/month or month/day: give --date-order dmy or mdy`);
  }
  const day = known === 'dmy' ? daySeconds(year, second, first) : daySeconds(year, first, second);
  if (Number.isNaN(day) && match[2] !== '.' && evident !== undefined && evident !== known) {
    return new Problem(
      `${quote(raw)} is not a date in this file's order, ${known === 'dmy' ? 'day/month' : 'month/day'}`,
    );
  }
  return atTime(raw, day, rest(match));
}

/** A time of day in front of its day: `10:15, 20.11.2026`. */
const clockFirst = /^(\d{1,2}:\d\d(?::\d\d)?),? ((?:(?!\d:\d).)+)$/;
/** A time of day as a spreadsheet keeps it, a part of the day. */
const partOfDay = /^ 0?(?:[.,]\d+|(?<=0))$/;
/** The days from which databases and spreadsheets count: they keep a time of day as a time of such a day. */
const dayZero = '(?:1899-12-3[01]|3[01]\\.12\\.1899|12/3[01]/1899|1900-01-0[01]|0[01]\\.01\\.1900)[T ]';
const dayZeroFirst = new RegExp(`^${dayZero}(?=\\d{1,2}:\\d)`);
/** What may stand between a day and its time of day from another column: midnight, and the day zero. Its offset is that of the clock, but for `Z`. */
const beforeClock = new RegExp(
  `^(?:[T ](?:0?0:00(?::00(?:[.,]0+)?)?(?:Z| ?UTC|\\+00:?00|([+-]\\d\\d:?\\d\\d))?|12:00(?::00)? ?a\\.?m\\.?))? (?:${dayZero})?(?=\\d{1,2}:\\d|0?[.,]\\d)`,
  'i',
);

/** A time of day without the day zero. */
export function withoutDayZero(text: string): string {
  return text.replace(dayZeroFirst, '');
}

const timeOfDay =
  /^(?:T|_|,? (?:(?:at|в) )?)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?: ?([ap])\.?m\.?(?![a-zа-яё]))?/i;

/** Adds the time and zone that stand behind a day (seconds; NaN is no day). */
function atTime(raw: string, day: number, text: string): Parsed<DateText> {
  if (Number.isNaN(day)) return notADate(raw);
  const midnight = text.length > ' 10:15:00'.length ? beforeClock.exec(text) : null;
  const behind = midnight === null ? text : ` ${rest(midnight)}${at(midnight, 1)}`;
  if (behind === '') return { local: day, offset: undefined, kind: 'day' };
  if (partOfDay.test(behind))
    return { local: day + Math.round(fraction(behind) * 86_400), offset: undefined, kind: 'wall' };
  const match = timeOfDay.exec(behind);
  if (match === null) return notADate(raw);
  const local = day + clock(match);
  const offset = offsetBehind(rest(match), local);
  if (Number.isNaN(local) || offset instanceof Problem) return notADate(raw);
  return { local, offset, kind: 'wall' };
}

/** The offset of the zone that stands behind a time, `+03:00` or `MSK`; undefined for none. */
function offsetBehind(text: string, local: number): Parsed<number | undefined> {
  const offset = parseOffset(text);
  const zone = offset instanceof Problem ? zoneByWord(text.replace(/^ ?\((.*)\)$/, '$1')) : undefined;
  return zone === undefined ? offset : local - zone.unixOf(local);
}

function clock(match: RegExpExecArray): number {
  const half = match[4]?.toLowerCase();
  let hour = +at(match, 1);
  if (half !== undefined) hour = hour >= 1 && hour <= 12 ? (hour % 12) + (half === 'p' ? 12 : 0) : Number.NaN;
  return timeSeconds(hour, +at(match, 2), +(match[3] ?? 0));
}

function notADate(raw: string): Problem {
  const isClock = /^\d{1,2}:\d\d(?::\d\d)?$/.test(raw);
  return new Problem(
    isClock
      ? `${quote(raw)} is not a date, but a time of day: the day must stand in the same row`
      : `${quote(raw)} is not a date`,
  );
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

/**
 * Reads the most common form, `YYYY-MM-DD[T ]HH:MM:SS` with nothing, `Z`, `.mmmZ` or `±hh:mm` behind, as fast as it goes.
 * Gives undefined for everything else, valid or not: readCalendar has the last word.
 */
function readIso(text: string): DateText | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  const gap = text.charCodeAt(10);
  if ((gap !== 84 && gap !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
    return undefined;
  const day = daySeconds(pair(text, 0) * 100 + pair(text, 2), pair(text, 5), pair(text, 8));
  const local = day + timeSeconds(pair(text, 11), pair(text, 14), pair(text, 17));
  if (Number.isNaN(local)) return undefined;
  if (text.length === 19) return { local, offset: undefined, kind: 'wall' };
  const offset = readOffset(text);
  return Math.abs(offset) <= widestOffset ? { local, offset, kind: 'wall' } : undefined;
}

/** The offset behind the seconds; NaN where there is something else. */
function readOffset(text: string): number {
  const mark = text.charCodeAt(19);
  if (text.length === 20) return mark === 90 ? 0 : Number.NaN;
  if (text.length === 24) {
    const fraction = pair(text, 20) + pair(text, 21);
    return mark === 46 && text.charCodeAt(23) === 90 && fraction >= 0 ? 0 : Number.NaN;
  }
  const minutes = pair(text, 23);
  if (text.length !== 25 || text.charCodeAt(22) !== 58 || minutes > 59) return Number.NaN;
  const offset = pair(text, 20) * 3600 + minutes * 60;
  return mark === 43 ? offset : mark === 45 ? -offset : Number.NaN;
}

/** The number that two digits make; NaN where they are not digits. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Seconds between the year 0, from which Erlang counts (Kazoo's `timestamp`), and 1970. */
const gregorian = 62_167_219_200;

/**
 * Reads a date that is written as one number: unix seconds, milliseconds or microseconds, Gregorian seconds,
 * days of Excel, told apart by the number of digits. Gives undefined for everything else.
 */
function readNumber(text: string): DateText | undefined {
  if (!isDigits(text)) {
    if (/^\d{9,10}[.,]\d+$/.test(text)) return instant(Number.parseInt(text, 10));
    if (/^\d{5} /.test(text)) {
      const day = excelDay(Number(text.slice(0, 5)));
      return day && known(atTime(text, day.local, text.slice(5)));
    }
    return /^\d{5}[.,]\d+$/.test(text) ? excelDay(fraction(text)) : undefined;
  }
  const count = Number(text);
  switch (text.length) {
    case 5:
      return excelDay(count);
    case 9:
    case 10:
      return instant(count);
    case 11:
      return text.startsWith('6') ? instant(count - gregorian) : undefined;
    case 12:
    case 13:
      return instant(Math.floor(count / 1e3));
    case 15:
    case 16:
      return instant(Math.floor(count / 1e6));
    default:
      return undefined;
  }
}

function fraction(text: string): number {
  return Number(text.replace(',', '.'));
}

function known(date: Parsed<DateText>): DateText | undefined {
  return date instanceof Problem ? undefined : date;
}

function instant(local: number): DateText {
  return { local, offset: 0, kind: 'instant' };
}

/** Excel counts days from 1899-12-30 on a wall clock; 36526 is the first day of 2000. */
function excelDay(serial: number): DateText | undefined {
  if (serial < 36_526) return undefined;
  const local = Math.round((serial - 25_569) * 86_400);
  return { local, offset: undefined, kind: Number.isInteger(serial) ? 'day' : 'wall' };
}
