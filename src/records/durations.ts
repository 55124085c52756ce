// Talk time in every form.

import { type Parsed, Problem } from '../core/errors.js';
import { isDigits, quote } from './cell-text.js';

const day = 86_400;
/** No duration is written longer; it bounds the time of the expressions below. */
const longest = 60;
const decimal = /^\d+[.,]\d+$/;
const clock = /^(?:(\d{1,3}):)?(\d{1,4}):(\d\d)(?:[.,]\d+)?$/;
const iso = /^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?$/i;
const words =
  /^(?:(\d+) ?(?:h|hrs?|hours?|ч|час|часа|часов)\.?)? ?(?:(\d+) ?(?:m|mins?|minutes?|м|мин|минута|минуты|минут)\.?)? ?(?:(\d+(?:[.,]\d+)?) ?(?:s|secs?|seconds?|с|сек|секунда|секунды|секунд)\.?)?$/i;

/** What 1:05 means: an hour and five minutes, or a minute and five seconds. The values of --durations. */
export type DurationForm = 'h:mm' | 'm:ss';

const twoParts = /^\d{1,4}:\d\d$/;

/** A duration of two parts as hours, minutes and seconds, where it means hours and minutes. */
export function withSeconds(text: string): string {
  return twoParts.test(text) ? `${text}:00` : text;
}

/** Beyond this, the first part cannot be hours: no call lasts a day. */
const hoursOfDay = 24;

/**
 * What the durations of a column mean: `any` where they tell it themselves, undefined where all have two parts and
 * nothing tells.
 *
 * @param longest the seconds from the start of each call to its end, where both are known; in the order of the texts
 */
export function formOf(
  texts: readonly string[],
  longest: readonly (number | undefined)[],
): DurationForm | 'any' | undefined {
  const told = texts.flatMap((text, at) =>
    text === '' || text === '0' ? [] : [{ text, most: longest[at] }],
  );
  const open = told.filter(({ text }) => twoParts.test(text) && !/^0+:00$/.test(text));
  if (open.length === 0 || told.some(({ text }) => !twoParts.test(text))) return 'any';
  if (open.some(({ text }) => Number.parseInt(text, 10) >= hoursOfDay)) return 'm:ss';
  const proofs = open.flatMap(({ text, most }) => {
    const [first = 0, second = 0] = text.split(':').map(Number);
    if (most === undefined) return [];
    return [
      first * 3600 + second * 60 > most + 60 ? 'm:ss' : first * 60 + second < most / 30 ? 'h:mm' : undefined,
    ];
  });
  const isSeconds = proofs.includes('m:ss');
  if (isSeconds === proofs.includes('h:mm')) return undefined;
  return isSeconds ? 'm:ss' : 'h:mm';
}

/**
 * Reads talk time to whole seconds: `98`, `98.4`, `0:01:38`, `1:38` (minutes and seconds), `1m38s`,
 * `1 мин 38 сек`, `PT1M38S`; '' is 0. Refused: negative ones and more than a day.
 */
export function parseBillsec(text: string): Parsed<number> {
  if (text === '') return 0;
  const seconds = isDigits(text)
    ? Number(text)
    : text.length > longest
      ? Number.NaN
      : Math.round(readLong(text));
  if (seconds <= day) return seconds;
  if (Number.isNaN(seconds)) {
    const negative = /^[-–−]\s*\d/.test(text);
    return new Problem(`${quote(text)} is ${negative ? 'negative' : 'not a duration'}`);
  }
  return new Problem(`${quote(text)} is more than a day (amoCRM takes seconds: are these milliseconds?)`);
}

/** Every form but a whole number, in seconds; NaN where it is none. */
function readLong(raw: string): number {
  const text = raw.replace(/\s+/g, ' ');
  if (decimal.test(text)) return number(text);
  let match = clock.exec(text);
  if (match !== null) {
    const [, hours, minutes, seconds] = match;
    if (number(seconds) > 59 || (hours !== undefined && number(minutes) > 59)) return Number.NaN;
    return number(hours) * 3600 + number(minutes) * 60 + number(seconds);
  }
  match = iso.exec(text);
  if (match?.slice(1).some((part) => part !== undefined)) {
    const [, days, hours, minutes, seconds] = match;
    return number(days) * day + number(hours) * 3600 + number(minutes) * 60 + number(seconds);
  }
  match = words.exec(text);
  if (match === null || !/\d/.test(text)) return Number.NaN;
  const [, hours, minutes, seconds] = match;
  return number(hours) * 3600 + number(minutes) * 60 + number(seconds);
}

function number(text: string | undefined): number {
  return text === undefined ? 0 : Number(text.replace(',', '.'));
}
