// The date of a call with its zone, the bounds of --since and --until, dates by a format.

import { zoneByIds } from '../core/contradiction.js';
import { type Parsed, Problem } from '../core/errors.js';
import { quote } from './cell-text.js';
import { Contradicted, columnContradiction, type ZoneColumn } from './contradictions.js';
import type { DateOrder, DateText } from './date-text.js';
import { parseDateText } from './date-text.js';
import { type Occurrence, openZone, type Zone } from './time-zones.js';
import {
  type EpochReader,
  isPlausible,
  momentByEpoch,
  offsetByIds,
  offsetOfOthers,
  type ZoneFinding,
} from './zone-evidence.js';

/** A point in time that was read from a text. */
export interface CallDate {
  /** Unix time in seconds. */
  readonly unix: number;
  /** Seconds on the clock that it was read from, as if that clock stood at UTC; for a count of seconds, on the file's clock. */
  readonly local: number;
  /** `wall` only where the zone of the file was asked. */
  readonly kind: DateText['kind'];
  readonly occurrence: Occurrence;
  /** The unix second in the id of its row, where the text names no zone and the row has such an id. */
  readonly epoch: number | undefined;
}

/** A date that is no call's because it lies in the future, by the clock of this machine. */
export class FutureDate extends Problem {
  constructor(
    text: string,
    /** Unix time in seconds, as nearly as it is known. */
    readonly unix: number,
  ) {
    super(`${quote(text)} is in the future`);
  }
}

export interface DateRules {
  /** For times without a zone; undefined: such times are refused. */
  readonly zone?: Zone | undefined;
  /** Where the zones of times were found, to be held against `zone`. */
  readonly column?: ZoneColumn | undefined;
  /** In place of a zone: the offset of each row is that of its own id; what the ids of the file have said so far. */
  readonly byIds?: ZoneFinding | undefined;
  /** Reads the unix second in a row's own id. */
  readonly readEpoch?: EpochReader | undefined;
  readonly order?: DateOrder | undefined;
  /** Unix time in seconds. */
  readonly now: number;
}

/** A date that stands in no row. */
const noCells: readonly string[] = [];

/** The first second of 2000: nothing before it is the date of a call. */
const earliest = 946_684_800;
const day = 86_400;

/**
 * Reads the date of a call. Refused: before 2000, and more than a day after `now`.
 *
 * @param cells those of its row, whose id may tell the zone
 */
export function parseCallDate(
  text: string,
  rules: DateRules,
  cells: readonly string[] = noCells,
): Parsed<CallDate> {
  if (text === '') return new Problem('is empty');
  const written = parseDateText(text, rules.order);
  if (written instanceof Problem) return written;
  // Zones are asked only about years that have passed the first glance.
  if (written.local < earliest - day) return new Problem(`${quote(text)} is before 2000`);
  if (written.local > rules.now + 3 * day) return new FutureDate(text, written.local - (written.offset ?? 0));
  const moment = toMoment(written, text, rules, cells);
  if (moment instanceof Problem) return moment;
  if (moment.unix < earliest) return new Problem(`${quote(text)} is before 2000`);
  return moment.unix > rules.now + day ? new FutureDate(text, moment.unix) : moment;
}

function toMoment(
  written: DateText,
  text: string,
  rules: Pick<DateRules, 'zone' | 'column' | 'byIds' | 'readEpoch'>,
  cells: readonly string[],
): Parsed<CallDate> {
  const { local, offset, kind } = written;
  const { zone, column, readEpoch } = rules;
  if (kind === 'instant') {
    const shown = zone === undefined ? local : local + zone.offsetAt(local);
    return { unix: local, local: shown, kind, occurrence: 'once', epoch: undefined };
  }
  if (offset !== undefined) {
    if (zone !== undefined && column !== undefined && isElsewhere(written, zone))
      return new Contradicted(columnContradiction(column, offset, { zone: zone.name, scope: 'row' }));
    return {
      unix: local - offset,
      local,
      kind: kind === 'wall' ? 'instant' : kind,
      occurrence: 'once',
      epoch: undefined,
    };
  }
  const found = kind === 'wall' ? readEpoch?.(cells) : undefined;
  const epoch = found !== undefined && isPlausible({ local, epoch: found }) ? found : undefined;
  if (rules.byIds !== undefined) {
    const { agreed } = rules.byIds;
    const shown =
      epoch === undefined ? offsetOfOthers(local, rules.byIds) : offsetByIds({ local, epoch }, agreed);
    if (shown !== undefined) return { unix: local - shown, local, kind, occurrence: 'once', epoch };
    return new Problem(
      `${quote(text)} has no time zone, and the id of its row does not say it: give --timezone a name`,
    );
  }
  if (zone === undefined) return new Problem(`${quote(text)} has no time zone: give it with --timezone`);
  const { unix, later, occurrence } = zone.readingOf(local);
  if (occurrence !== 'twice' || epoch === undefined) return { unix, local, kind, occurrence, epoch };
  return { unix: momentByEpoch(unix, later, epoch), local, kind, occurrence: 'once', epoch };
}

/** Whether a time that says its zone is another moment than on the clock of this one. */
export function isElsewhere({ local, offset, kind }: DateText, zone: Zone): boolean {
  if (offset === undefined || kind !== 'wall') return false;
  const { unix, later } = zone.readingOf(local);
  return local - offset !== unix && local - offset !== later;
}

/** The seconds from a date to the moment at which its clock has gone on by so many: not as many where the clock is changed in between. */
export function secondsPassed(date: Parsed<CallDate>, onClock: number, zone: Zone | undefined): number {
  if (zone === undefined || date instanceof Problem || date.kind !== 'wall') return onClock;
  const { unix, local } = date;
  const { unix: first, later } = zone.readingOf(local + onClock);
  return (first < unix ? later : first) - unix;
}

/** What is known about a date that stands alone, such as `--date` or `--since`. */
interface LoneDateRules {
  /** IANA name or offset, for a time without a zone. */
  readonly timezone?: string | undefined;
  readonly order?: DateOrder | undefined;
  /** Unix time in seconds. */
  readonly now: number;
}

/** Reads the date of one call as a date column is read, to unix seconds. Loads zones only where the text needs one. */
export function parseDate(text: string, rules: LoneDateRules): Parsed<number> {
  const zone = zoneFor(text, rules);
  if (zone instanceof Problem) return zone;
  const moment = parseCallDate(text.trim(), { zone, order: rules.order, now: rules.now });
  return moment instanceof Problem ? moment : moment.unix;
}

/**
 * Reads `--since` or `--until`, to unix seconds; both bounds belong to the span.
 * A day without a time means its first second for since, its last one for until. Any year goes.
 */
export function parseBound(text: string, bound: 'since' | 'until', rules: LoneDateRules): Parsed<number> {
  const zone = zoneFor(text, rules);
  if (zone instanceof Problem) return zone;
  const written = parseDateText(text.trim(), rules.order);
  if (written instanceof Problem) return written;
  const wholeDay = written.kind === 'day' && bound === 'until';
  const end = wholeDay ? { ...written, local: written.local + day } : written;
  const moment = toMoment(end, text, { zone }, noCells);
  if (moment instanceof Problem) return moment;
  return wholeDay ? moment.unix - 1 : moment.unix;
}

function zoneFor(text: string, rules: LoneDateRules): Parsed<Zone | undefined> {
  if (rules.timezone === undefined || rules.timezone === zoneByIds) return undefined;
  const written = parseDateText(text.trim(), rules.order);
  if (written instanceof Problem || written.offset !== undefined) return undefined;
  return openZone(rules.timezone);
}

/** The parts of a date in a format. */
export const datePart = /YYYY|YY|MM|DD|HH|mm|ss/g;

/** Writes wall-clock seconds by a format of YYYY, YY, MM, DD, HH, mm, ss; all else in it stays as it is. */
export function formatLocal(format: string, local: number): string {
  const [day = '', time = ''] = new Date(local * 1000).toISOString().split('T');
  const [year = '', month = '', date = ''] = day.split('-');
  const [hour = '', minute = '', second = ''] = time.split(/[:.]/);
  const parts: Record<string, string> = {
    YYYY: year,
    YY: year.slice(2),
    MM: month,
    DD: date,
    HH: hour,
    mm: minute,
    ss: second,
  };
  return format.replace(datePart, (part) => parts[part] ?? part);
}
