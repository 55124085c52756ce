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
  /^(?:(\d+) ?(?:h|hrs?|hours?|ч|час|часа|часов|год|horas?|std|stunden?|sa)\.?)? ?(?:(\d+) ?(?:m|mins?|minutes?|м|мин|минута|минуты|минут|хв|minutos?|minuten?|dk)\.?)? ?(?:(\d+(?:[.,]\d+)?) ?(?:s|secs?|seconds?|с|сек|секунда|секунды|секунд|segs?|segundos?|sek|sekunden?|sn)\.?)?$/i;

/**
 * What the durations of a column mean. Of two parts, 1:05: an hour and five minutes, or a minute and five seconds; of one number:
 * seconds, milliseconds, minutes, or parts of a day, as spreadsheets keep times. The values of --durations.
 */
export const durationForms = ['m:ss', 'h:mm', 's', 'ms', 'min', 'days'] as const;
export type DurationForm = (typeof durationForms)[number];

const twoParts = /^\d{1,4}:\d\d$/;
/** Minutes and seconds, or minutes, or seconds. */
const dotted = /^\d{1,2}[.,][0-5]\d$/;
/** A thousand and more, or a thousandth part. */
const grouped = /^[1-9]\d{0,2}(?:,\d{3})+$/;
/** So many digits, since a second is 1/86,400 of a day. */
const partOfDay = /^(?:0?[.,]\d{6,}|\d(?:[.,]\d+)?E-0?[1-5])$/i;
const oneNumber = /^\d+(?:[.,]\d+)?$/;

/** The same where a spreadsheet kept it as a number: 1.30 as 1.3, and 12.00 as 12. */
const dottedOrCut = /^\d{1,2}(?:[.,][0-5]\d?)?$/;
/** Nobody talked, whatever the unit is. */
const zero = /^0*(?:[.,]0+)?$/;

/**
 * A duration of a form as a text that `parseBillsec` reads; what is not of this form is left as it is. Refused by its text: decimals
 * among minutes and seconds, of which nobody can tell whether 1.3 was 1.30, and 12 where others have a point.
 */
export function inSeconds(text: string, form: DurationForm, hasPoints = false): string {
  if (form === 'h:mm') return twoParts.test(text) ? `${text}:00` : text;
  if (form === 'days' && partOfDay.test(text)) return String(Math.round(number(text) * day));
  if (form === 'm:ss' && dotted.test(text)) return text.replace(/[.,]/, ':');
  const isOpen = decimal.test(text) || (hasPoints && isDigits(text));
  if (form === 'm:ss' && isOpen && !zero.test(text)) return `${text} as minutes and seconds`;
  if (!oneNumber.test(text)) return text;
  if (form === 'ms') return String(Math.round(number(text) / 1000));
  return form === 'min' ? String(Math.round(number(text) * 60)) : text;
}

/** Beyond this, the first part cannot be hours: no call lasts a day. */
const hoursOfDay = 24;
/** Talk times of a file that are mostly longer than this are no seconds, or a marvel. */
const longTalk = 3 * 3600;

/** Durations of which nobody can tell what they mean, and one of them. */
export class OpenDurations {
  constructor(
    /** Those of two parts, with a colon or a point between them, numbers that would be long calls, or have a separator of thousands. */
    readonly which: 'parts' | 'points' | 'long' | 'thousands',
    readonly example: string,
  ) {}
}

/**
 * What the durations of a column mean: undefined where they tell it themselves, each for itself.
 *
 * @param longest the seconds from the start of each call to its end, where both are known; in the order of the texts
 */
export function formOf(
  texts: readonly string[],
  longest: readonly (number | undefined)[],
): DurationForm | OpenDurations | undefined {
  const told = texts.flatMap((text, at) => (zero.test(text) ? [] : [{ text, most: longest[at] }]));
  return openNumbers(told) ?? formOfNumbers(told) ?? formOfParts(told) ?? formOfDays(told);
}

/** Numbers of which nobody can tell what a point or a comma in them means: all may be minutes and seconds, or some have three digits behind it and others none. */
function openNumbers(told: readonly Told[]): OpenDurations | undefined {
  const point = told.find(({ text }) => dotted.test(text));
  if (point !== undefined && told.every(({ text }) => dottedOrCut.test(text)))
    return new OpenDurations('points', point.text);
  const large = told.find(({ text }) => grouped.test(text));
  const isWhole =
    told.every(({ text }) => grouped.test(text) || isDigits(text)) && told.some(({ text }) => isDigits(text));
  return large !== undefined && isWhole ? new OpenDurations('thousands', large.text) : undefined;
}

/** Parts of a day are whole seconds; seconds with a fraction are parts of a day only by chance. */
function formOfDays(told: readonly Told[]): 'days' | undefined {
  const isPart = ({ text }: Told) => {
    const seconds = number(text) * day;
    return partOfDay.test(text) && Math.abs(seconds - Math.round(seconds)) < 0.05;
  };
  // A header may stand among the rows.
  const numbers = told.filter(({ text }) => /\d/.test(text));
  return numbers.length > 0 && numbers.every(isPart) ? 'days' : undefined;
}

interface Told {
  readonly text: string;
  readonly most: number | undefined;
}

function formOfNumbers(told: readonly Told[]): DurationForm | OpenDurations | undefined {
  const numbers = told.filter(({ text }) => isDigits(text) && Number(text) > 0);
  const long = numbers.filter(({ text }) => Number(text) > longTalk);
  const [first] = long;
  if (first === undefined || long.length * 2 <= numbers.length) return undefined;
  const timed = long.filter(({ most }) => most !== undefined);
  const fits = (scale: number) =>
    timed.length > 0 && timed.every(({ text, most = 0 }) => Number(text) / scale <= most + 60);
  if (fits(1)) return undefined;
  return fits(1000) ? 'ms' : new OpenDurations('long', first.text);
}

function formOfParts(told: readonly Told[]): DurationForm | OpenDurations | undefined {
  const open = told.filter(({ text }) => twoParts.test(text) && !/^0+:00$/.test(text));
  const [first] = open;
  if (first === undefined || told.some(({ text }) => !twoParts.test(text))) return undefined;
  if (open.some(({ text }) => Number.parseInt(text, 10) >= hoursOfDay)) return 'm:ss';
  const proofs = open.flatMap(({ text, most }) => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number);
    if (most === undefined) return [];
    return [
      hours * 3600 + minutes * 60 > most + 60
        ? 'm:ss'
        : hours * 60 + minutes < most / 30
          ? 'h:mm'
          : undefined,
    ];
  });
  const isSeconds = proofs.includes('m:ss');
  if (isSeconds === proofs.includes('h:mm')) return new OpenDurations('parts', first.text);
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
  return new Problem(`${quote(text)} is more than a day; are these milliseconds instead of seconds?`);
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
