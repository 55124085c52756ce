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
