// Number formats that are dates; serial numbers to dates, numbers as they are written.

/** What a number format shows: days, days with a time, a time of day, hours that go on past 24; undefined: a plain number. */
export type DateFormat = 'date' | 'datetime' | 'time' | 'elapsed' | undefined;

/** The formats that have a number and no text: ECMA-376, part 1, 18.8.30. */
const builtIn: readonly (readonly [from: number, to: number, format: DateFormat])[] = [
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'datetime'],
  [27, 31, 'date'],
  [32, 35, 'time'],
  [36, 36, 'date'],
  [45, 45, 'time'],
  [46, 46, 'elapsed'],
  [47, 47, 'time'],
  [50, 54, 'date'],
  [55, 56, 'time'],
  [57, 58, 'date'],
];

/** What the built-in number format of a number shows. */
export function builtInFormat(id: number): DateFormat {
  return builtIn.find(([from, to]) => id >= from && id <= to)?.[2];
}

/** What a number format shows by its code, such as `dd.mm.yyyy\ hh:mm`: only its first section counts. */
export function formatOfCode(code: string): DateFormat {
  const bare = code.replace(/"[^"]*"?|\\.|[_*]./g, '');
  const [section = ''] = bare.split(';');
  if (/\[(?:h+|m+|s+)\]/i.test(section)) return 'elapsed';
  const letters = section.replace(/\[[^\]]*\]?/g, '').replace(/general/i, '');
  const hasTime = /[hs]/i.test(letters);
  if (/[yd]/i.test(letters)) return hasTime ? 'datetime' : 'date';
  if (hasTime) return 'time';
  return /m/i.test(letters) ? 'date' : undefined;
}

const daySeconds = 86_400;
const dayMs = daySeconds * 1000;
const epochs = {
  1900: Date.UTC(1899, 11, 30),
  1904: Date.UTC(1904, 0, 1),
};
const year10000 = Date.UTC(10_000, 0, 1);
const year0 = Date.UTC(0, 0, 1) - 1900 * 366 * dayMs;

/**
 * The text of a serial number that is shown as a date: `2024-11-20`, `2024-11-20 10:15:00`, or a time `10:15:00`.
 * Rounded to the second, without a zone, for a workbook knows none. A number that is no date stays as it is written.
 *
 * @param value the number as the file writes it
 * @param is1904 the workbook counts days from 1904, as old Macs did
 */
export function dateText(value: string, format: NonNullable<DateFormat>, is1904: boolean): string {
  const serial = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(serial)) return value;
  const seconds = Math.round(serial * daySeconds);
  if (format === 'elapsed' || (seconds >= 0 && seconds < daySeconds && format !== 'date'))
    return seconds < 0 ? value : clock(seconds);
  const day = Math.floor(seconds / daySeconds);
  // Excel has a 29 February 1900, after Lotus 1-2-3: the days before it are one further on than its epoch says.
  if (!is1904 && day === 60) return '1900-02-29';
  const shift = !is1904 && day >= 0 && day < 60 ? 1 : 0;
  const ms = epochs[is1904 ? 1904 : 1900] + shift * dayMs + seconds * 1000;
  if (!(ms >= year0 && ms < year10000)) return value;
  const iso = new Date(ms).toISOString();
  if (!/^\d{4}-/.test(iso)) return value;
  const isDay = format === 'date' && seconds % daySeconds === 0;
  return isDay ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

function clock(seconds: number): string {
  const two = (count: number) => String(count).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Excel keeps so many digits of a number. */
const keptDigits = 15;
/** So many zeros at the end of a number that was written with an exponent are taken for lost digits. */
const lostZeros = 4;

/**
 * The text of a number that is no date: as the file writes it, and in digits where it has an exponent that hides none
 * (`7.4950000001E10`, as Apache POI writes every long number). Digits that Excel has rounded away get an exponent
 * (`1.23456789012345E+18`), which numbers and ids are refused with, as in CSV.
 */
export function numberText(value: string): string {
  const text = value.trim();
  if (/^\d{16,}$/.test(text)) return /^\d{15}0+$/.test(text) ? scientific(text) : text;
  const match = /^(\d)(?:\.(\d+))?E\+?(\d{1,2})$/i.exec(text);
  if (match === null) return text;
  const [, first = '', rest = '', power = ''] = match;
  const exponent = Number(power);
  const decimals = rest.replace(/0+$/, '');
  if (exponent >= keptDigits) return text;
  if (exponent >= 10 && exponent - decimals.length >= lostZeros) return text;
  const digits = `${first}${decimals.padEnd(exponent, '0')}`;
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? digits : `${digits.slice(0, exponent + 1)}.${fraction}`;
}

function scientific(digits: string): string {
  return `${digits.slice(0, 1)}.${digits.slice(1, keptDigits)}E+${digits.length - 1}`;
}
