// The times and durations of a row, held against each other.

import { isDigits } from '../cell-text.js';
import type { Cell, TimeColumns } from './preset.js';

/** The times and durations of a row, as texts; '' for what the row does not say. */
export type Times = Readonly<Record<Exclude<keyof TimeColumns, 'isExact'>, string>>;

/** The times and durations of a row, by the columns that hold them. */
export function timesOf(cell: Cell, { start, answer, end, ringing, talk, whole }: TimeColumns): Times {
  return {
    start: start === undefined ? '' : cell(start),
    answer: answer === undefined ? '' : cell(answer),
    end: end === undefined ? '' : cell(end),
    ringing: ringing === undefined ? '' : cell(ringing),
    talk: talk === undefined ? '' : cell(talk),
    whole: whole === undefined ? '' : cell(whole),
  };
}

/** Durations are rounded, times are cut: so many seconds are no contradiction. */
const slack = 2;
/** In the night when summer time ends, a clock shows an earlier time at the end. */
const hour = 3600;

/** Why the times and durations of a row cannot all be right, in words; undefined where they agree. */
export function timesContradict(
  { start, answer, end, ringing, talk, whole }: Times,
  isExact = false,
): string | undefined {
  const [talked, lasted] = [secondsIn(talk), secondsIn(whole)];
  if (lasted + slack < talked)
    return `the talk time of ${talk} is longer than the whole duration of ${whole}`;
  if (lasted + slack < secondsIn(ringing))
    return `it rang for ${ringing}, longer than it all lasted: ${whole}`;
  if (end === '') return inOrder(start, answer) ? undefined : outOfOrder;
  const span = secondsBetween(start, end);
  const spoken = secondsBetween(answer, end);
  const isNight = Math.abs(span + hour - (whole === '' ? talked : lasted)) <= slack;
  // Times that are all the same say nothing.
  if (isNight || span === 0) return undefined;
  if (span < 0 || spoken < 0 || !inOrder(start, answer)) return outOfOrder;
  if (span + slack < lasted)
    return `the duration of ${whole} is longer than the time from ${start} to ${end}`;
  const most = Number.isNaN(spoken) ? span : spoken;
  if (isExact && spoken > talked + slack)
    return `the talk time of ${talk} is shorter than the time from ${answer} to ${end}`;
  return most + slack < talked ? `the talk time of ${talk} is longer than the time up to ${end}` : undefined;
}

const outOfOrder = 'start, answer and end are not in this order';

function inOrder(start: string, answer: string): boolean {
  return answer === '' || start === '' || !(secondsBetween(start, answer) < 0);
}

/** Seconds of a duration in seconds, `h:mm:ss` or as ISO 8601 writes it; NaN for any other text. */
function secondsIn(given: string): number {
  if (given === '') return Number.NaN;
  if (given.length <= 6 && isDigits(given)) return Number(given);
  if (/^(?:\d+:)?\d{1,2}:\d\d(?:\.\d+)?$/.test(given))
    return given.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  const [, hours = '0', minutes = '0', rest = '0'] =
    /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(given) ?? [];
  return given.startsWith('PT') ? Number(hours) * hour + Number(minutes) * 60 + Number(rest) : Number(given);
}

/** From one time to another of the same row; NaN where one of them is none. */
function secondsBetween(from: string, to: string): number {
  // Most calls end on the day on which they began, and are written as 2024-11-20 10:15:00.
  if (
    from.length >= 19 &&
    from.charCodeAt(13) === 58 &&
    to.length >= 19 &&
    to.slice(0, 11) === from.slice(0, 11)
  )
    return secondOfDay(to) - secondOfDay(from);
  // Unix seconds.
  if (from.length === 10 && to.length === 10) return Number(to) - Number(from);
  return clockOf(to) - clockOf(from);
}

function secondOfDay(text: string): number {
  const two = (at: number) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;
  return two(11) * hour + two(14) * 60 + two(17);
}

const iso = /^(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?/;
const unix = /^1\d{9}(?:\d{3})?$/;
const mailTime = /^[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d/;

/** Seconds of a clock, wherever it stands; NaN for any other text, and for the 0 of what did not happen. */
function clockOf(given: string): number {
  if (given === '') return Number.NaN;
  if (unix.test(given)) return Number(given.slice(0, 10));
  const [, year, month, date, time, minute, second] = iso.exec(given)?.map(Number) ?? [];
  if (year !== undefined) return Date.UTC(year, Number(month) - 1, date, time, minute, second || 0) / 1000;
  return mailTime.test(given) ? Date.parse(given) / 1000 : Number.NaN;
}

/** Whether a text, which should be a telephone number, is a time of about when the call began, in unix seconds. */
export function isTimeOf(start: string, number: string): boolean {
  return unix.test(number) && Math.abs(clockOf(start) - Number(number.slice(0, 10))) < 2 * 86_400;
}

/** Whether one time is certainly before another. */
export function isBefore(one: string, other: string): boolean {
  return clockOf(one) < clockOf(other);
}
