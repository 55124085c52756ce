import { type Parsed, Problem } from '../core/errors.js';
import { parseOffset } from './offsets.js';
import { quote } from './text.js';

/** What a time on a wall clock was: plain, shown twice (autumn), or never shown (spring). */
export type Fate = 'plain' | 'twice' | 'never';

/** A time zone. All times are whole seconds; `local` is a wall clock read as if it stood at UTC. */
export interface Zone {
  readonly name: string;
  /** The unix second at which the clock showed `local`: the first of two; a time that was never shown is moved on by the gap. */
  unixOf(local: number): number;
  fateOf(local: number): Fate;
  /** Seconds east of UTC at a unix second. */
  offsetAt(unix: number): number;
}

/** Opens an IANA zone (`Europe/Moscow`) or a fixed offset (`+03:00`, `UTC`). Loads luxon for the former only. */
export async function openZone(name: string): Promise<Parsed<Zone>> {
  const fixed = parseOffset(name.trim());
  if (typeof fixed === 'number') return fixedZone(name.trim(), fixed);
  const { IANAZone } = await import('luxon');
  const zone = IANAZone.create(name.trim());
  if (zone.isValid) return changingZone(zone.name, (unix) => zone.offset(unix * 1000) * 60);
  const meant = suggestZone(name.trim());
  const example = meant === undefined ? 'a name such as Europe/Moscow, or an offset such as +03:00' : meant;
  return new Problem(`${quote(name)} is not a time zone; try ${example}`);
}

/** Finds the zone whose city is this: `moscow` is Europe/Moscow. */
function suggestZone(name: string): string | undefined {
  const city = `/${name.toLowerCase().replaceAll(' ', '_')}`;
  return Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase().endsWith(city));
}

function fixedZone(name: string, offset: number): Zone {
  return {
    name,
    unixOf: (local) => local - offset,
    fateOf: () => 'plain',
    offsetAt: () => offset,
  };
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
  const around = (local: number) => {
    const early = local - offsetAt(local - daySeconds);
    const late = local - offsetAt(local + daySeconds);
    const shows = (unix: number) => unix + offsetAt(unix) === local;
    const fate: Fate =
      early === late || shows(early) !== shows(late) ? 'plain' : shows(early) ? 'twice' : 'never';
    return { unix: shows(early) || !shows(late) ? early : late, fate };
  };
  return {
    name,
    unixOf(local) {
      const offset = steadyOffset(local);
      return Number.isNaN(offset) ? around(local).unix : local - offset;
    },
    fateOf: (local) => (Number.isNaN(steadyOffset(local)) ? around(local).fate : 'plain'),
    offsetAt,
  };
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
