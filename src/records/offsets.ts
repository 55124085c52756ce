import { type Parsed, Problem } from '../core/errors.js';
import { quote } from './text.js';

/** No clock stands further from UTC than 14 hours. */
export const widestOffset = 14 * 3600;

const form = /^ ?(?:(?:utc|gmt|ut|z)|(?:utc|gmt)? ?([+-])(\d{1,2})(?::?([0-5]\d))?)(?: \([^()]*\))?$/i;

/** Reads `+03:00`, `+0300`, `GMT+3`, `Z`, `UTC` to seconds east of UTC; undefined for ''. */
export function parseOffset(text: string): Parsed<number | undefined> {
  if (text.trim() === '') return undefined;
  const match = form.exec(text);
  const seconds = match === null ? Number.NaN : +(match[2] ?? 0) * 3600 + +(match[3] ?? 0) * 60;
  if (!(seconds <= widestOffset)) return new Problem(`${quote(text)} is not an offset from UTC`);
  return match?.[1] === '-' ? -seconds : seconds;
}

/** Writes seconds east of UTC as `+03:00`. */
export function formatOffset(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Cities with many users, by the hours that their clocks have stood east of UTC since 2016. */
const cities = new Map([
  [0, 'UTC'],
  [2, 'Europe/Kaliningrad'],
  [3, 'Europe/Moscow'],
  [4, 'Europe/Samara'],
  [5, 'Asia/Yekaterinburg'],
  [6, 'Asia/Omsk'],
  [7, 'Asia/Krasnoyarsk'],
  [8, 'Asia/Irkutsk'],
  [9, 'Asia/Yakutsk'],
  [10, 'Asia/Vladivostok'],
  [11, 'Asia/Magadan'],
  [12, 'Asia/Kamchatka'],
]);

/** Words what to pass as --timezone for clocks that stand so many seconds east of UTC. */
export function timezoneAdvice(offset: number): string {
  const hours = offset / 3600;
  const city = cities.get(hours);
  if (!Number.isInteger(hours)) return `--timezone ${formatOffset(offset)}`;
  // The signs of these names are turned round: Etc/GMT-3 stands east of UTC.
  const fixed = hours === 0 ? 'Etc/UTC' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
  return city === undefined ? `--timezone ${fixed}` : `--timezone ${city} or ${fixed}`;
}
