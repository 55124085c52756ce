// Time zones with their changes, offsets from UTC.

import { offsetText } from '../core/display.js';
import { type Parsed, Problem } from '../core/errors.js';
import { plainWord, quote, splitList } from './cell-text.js';

// The rules of IANA zones are the platform's. One look-up there takes 2 µs, two or three are needed a date; remembered by day, a
// date costs under 1 µs. Fixed offsets need no Intl, and do not load it.

/** What a time on a wall clock was: plain, shown twice (autumn), or never shown (spring). */
export type Occurrence = 'once' | 'twice' | 'never';

/** When a clock showed a time: the first and the second time, which mostly are one. What was never shown is moved on by the gap. */
interface ClockReading {
  readonly unix: number;
  readonly later: number;
  readonly occurrence: Occurrence;
}

/** A time zone. All times are whole seconds; `local` is a wall clock read as if it stood at UTC. */
export interface Zone {
  readonly name: string;
  readonly readingOf: (local: number) => ClockReading;
  /** The first unix second at which the clock showed `local`. */
  readonly unixOf: (local: number) => number;
  /** Seconds east of UTC at a unix second. */
  readonly offsetAt: (unix: number) => number;
}

/** Opens an IANA zone (`Europe/Moscow`) or a fixed offset (`+03:00`, `UTC`). */
export function openZone(text: string): Parsed<Zone> {
  const name = text.trim();
  const fixed = parseOffset(name);
  if (typeof fixed === 'number') return fixedZone(fixed, name);
  try {
    // "1/3/2024, GMT+03:00"
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    return changingZone(name, (unix) => offsetOf(format.format(unix * 1000)));
  } catch {
    const meant = suggestZone(name);
    const example = meant === undefined ? 'a name such as Europe/Moscow, or an offset such as +03:00' : meant;
    return new Problem(`${quote(name)} is not a time zone; try ${example}`);
  }
}

/** Names of clocks that stand for one zone wherever they are written; others (EST, CST, IST, CET in summer) are nobody's for sure. */
const namesByWord: ReadonlyMap<string, string> = new Map([
  ...splitList('msk, мск, moscow, moscow time, москва, московское время, по москве, по мск, время мск').map(
    (word) => [word, 'Europe/Moscow'] as const,
  ),
  ['samt', 'Europe/Samara'],
  ['yekt', 'Asia/Yekaterinburg'],
  ['omst', 'Asia/Omsk'],
  ['krat', 'Asia/Krasnoyarsk'],
  ['irkt', 'Asia/Irkutsk'],
  ['yakt', 'Asia/Yakutsk'],
  ['vlat', 'Asia/Vladivostok'],
  ['jst', 'Asia/Tokyo'],
  ['kst', 'Asia/Seoul'],
  ['hkt', 'Asia/Hong_Kong'],
]);

const zonesByWord = new Map<string, Zone | undefined>();

/** The zone that a word surely means, `MSK`, `МСК+2` or `Europe/Moscow`; undefined for any other word. */
export function zoneByWord(text: string): Zone | undefined {
  const word = text.trim();
  if (zonesByWord.has(word)) return zonesByWord.get(word);
  const [, fromMoscow] = /^(?:msk|мск) ?([+-]\d{1,2})$/i.exec(word) ?? [];
  const name = namesByWord.get(plainWord(word)) ?? (/^[a-z]+\/[\w+/-]+$/i.test(word) ? word : undefined);
  const zone =
    fromMoscow === undefined
      ? name === undefined
        ? undefined
        : openZone(name)
      : fixedZone((Number(fromMoscow) + 3) * 3600);
  const found = zone instanceof Problem ? undefined : zone;
  if (zonesByWord.size < 1000) zonesByWord.set(word, found);
  return found;
}

/** Seconds east of UTC at the end of a date with `longOffset`; GMT alone is 0, and before 1900 there are seconds. */
function offsetOf(text: string): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
  const size = +hours * 3600 + +minutes * 60 + +seconds;
  return sign === '-' ? -size : size;
}

/** Finds the zone whose city is this: `moscow` is Europe/Moscow. */
function suggestZone(name: string): string | undefined {
  const city = `/${name.toLowerCase().replaceAll(' ', '_')}`;
  return Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase().endsWith(city));
}

/** The zone whose clocks stand so many seconds east of UTC for ever, under the name that --timezone takes. */
export function fixedZone(offset: number, name = offsetText(offset)): Zone {
  const unixOf = (local: number) => local - offset;
  return { name, unixOf, readingOf: (local) => plainReading(unixOf(local)), offsetAt: () => offset };
}

function plainReading(unix: number): ClockReading {
  return { unix, later: unix, occurrence: 'once' };
}

const daySeconds = 86_400;

/**
 * A zone whose clocks are changed now and then; `lookUp` gives seconds east of UTC at a unix second, slowly.
 * On most days no clock is changed near by, and one remembered offset serves the whole day.
 */
function changingZone(name: string, lookUp: (unix: number) => number): Zone {
  const offsetAt = remember(lookUp, 60);
  /** The offset of a local day; NaN where a clock may be changed within a day of it. */
  const steadyOffset = remember((start) => {
    const before = offsetAt(start - daySeconds);
    return offsetAt(start) === before && offsetAt(start + 2 * daySeconds) === before ? before : Number.NaN;
  }, daySeconds);
  const around = (local: number): ClockReading => {
    const early = local - offsetAt(local - daySeconds);
    const late = local - offsetAt(local + daySeconds);
    const shows = (unix: number) => unix + offsetAt(unix) === local;
    const isOnce = early === late || shows(early) !== shows(late);
    return {
      unix: shows(early) || !shows(late) ? early : late,
      later: shows(late) ? late : early,
      occurrence: isOnce ? 'once' : shows(early) ? 'twice' : 'never',
    };
  };
  const readingOf = (local: number) => {
    const offset = steadyOffset(local);
    return Number.isNaN(offset) ? around(local) : plainReading(local - offset);
  };
  return { name, readingOf, unixOf: (local) => readingOf(local).unix, offsetAt };
}

/** Remembers a function of time by steps of so many seconds: it is asked once a step, at the step's beginning. */
function remember(ask: (second: number) => number, step: number): (second: number) => number {
  const known = new Map<number, number>();
  let last = Number.NaN;
  let answer = Number.NaN;
  return (second) => {
    const start = Math.floor(second / step) * step;
    if (start === last) return answer;
    last = start;
    answer = known.get(start) ?? ask(start);
    if (known.size > 50_000) known.clear();
    known.set(start, answer);
    return answer;
  };
}

/** No clock stands further from UTC than 14 hours. */
export const widestOffset = 14 * 3600;

const form =
  /^ ?(?:(?:utc|gmt|ut|z)|(?:utc|gmt)? ?([+-])(\d{1,2})(?::?([0-5]\d))?)(?: ?\([^()]*\)| ?\[[^[\]]*\])?$/i;

/** Reads `+03:00`, `+0300`, `GMT+3`, `Z`, `UTC` to seconds east of UTC; undefined for ''. */
export function parseOffset(text: string): Parsed<number | undefined> {
  if (text.trim() === '') return undefined;
  const match = form.exec(text);
  const seconds = match === null ? Number.NaN : +(match[2] ?? 0) * 3600 + +(match[3] ?? 0) * 60;
  if (!(seconds <= widestOffset)) return new Problem(`${quote(text)} is not an offset from UTC`);
  return match?.[1] === '-' ? -seconds : seconds;
}
