// The columns that a date is made of: of days, of times of day, of zones.

import { zoneByIds } from '../core/contradiction.js';
import { Problem, UserError } from '../core/errors.js';
import { namesIn } from './cell-text.js';
import { type DateText, parseDateText, withoutDayZero } from './date-text.js';
import { type FieldSource, type Search, templateSource } from './field-sources.js';
import { zoneOfName } from './header-names.js';
import { listColumns } from './mapping-errors.js';
import { areMostly, type SampledColumn } from './sample.js';

/**
 * A column of dates joined with that of their zones, or one of days with that of their times of day; undefined for one that says it
 * all. Throws a UserError where a column holds times that may be others.
 */
export function joinedDate(date: SampledColumn, { table, sample, options }: Search): FieldSource | undefined {
  const { columns } = sample;
  const clock = isOfDays(date) ? clockFor(date, columns) : undefined;
  if (isOfDays(date) && clock === undefined) {
    const unused = unusedClock(columns);
    if (unused === undefined || unused === date) return undefined;
    throw new UserError(
      `${table.file}: "${date.name}" says no time of day, and "${unused.name}" may be another time`,
      {
        hint: `${listColumns(table)} Say which column has the time at which the calls began: --map 'date={${date.name}} {<column>}'`,
      },
    );
  }
  const isSaid = ({ offset }: DateText) => offset !== undefined && (clock === undefined || offset !== 0);
  const isZoned = zoneOfName(date.name) !== undefined || date.dates.some(isSaid);
  const zone = isZoned || isZoneGiven(options) ? undefined : zoneFor(columns);
  const parts = [date, clock, zone].filter((column) => column !== undefined);
  if (parts.length === 1) return undefined;
  const pieces = parts.flatMap(({ name }) => [
    { kind: 'text', text: ' ' } as const,
    { kind: 'column', column: name, keepSlashes: false } as const,
  ]);
  const template = parts.map(({ name }) => `{${name}}`).join(' ');
  const named = new Map(parts.map((column) => [column.name, column]));
  return { ...templateSource(template, pieces.slice(1), named), zone };
}

/** Whether no column is asked for the zone: the ids say it, or the user who allows what speaks against his word. */
function isZoneGiven({ timezone, allow }: Search['options']): boolean {
  return timezone === zoneByIds || (timezone !== undefined && allow?.includes('zone') === true);
}

/** Whether one of two columns says the date of a call better: a time of day beats a day alone; the beginning of the call beats the time of writing. */
export function isBetterDate(one: SampledColumn, other: SampledColumn): boolean {
  const [own, others] = [hasTimes(one), hasTimes(other)];
  return own === others ? beginning(one.name) < beginning(other.name) : own;
}

/** Whether some dates of a column have a time of day: midnights alone are days. */
function hasTimes({ dates }: SampledColumn): boolean {
  return dates.some(({ kind, local }) => kind === 'instant' || (kind === 'wall' && local % 86_400 !== 0));
}

/** What a name says that is that of the beginning of a call. */
export const beginnings =
  /start|begin|began|init|creat|calldate|call date|нач|созд|поч|inicio|início|beginn|anfang|başla/i;
const writings = /timestamp|^time$|запис|updat|modif|обнов/i;

function beginning(name: string): number {
  if (beginnings.test(name)) return 0;
  return writings.test(name) ? 2 : 1;
}

/** A time of day alone. */
export const clock = /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?$/i;
/** The same as a spreadsheet keeps it. */
const partOfDay = /^0?[.,]\d{3,}$/;
const durations =
  /dur|длит|прод|talk|разгов|wait|ожид|ring|bill|hold|dauer|espera|conversa|gespr|(?:^|[^a-z])sec|сек|total|всего|трив|розмов|очік|süre|görüş|konuş|bekle/i;
const ends =
  /end|answer|ответ|конец|оконч|заверш|(?:^|[^a-z])fin|final|ende|hangup|término|fim|відпов|завер|кін|cevap|bitiş/i;
const clocks = /time|время|hora|zeit|uhr|heure|clock|час|saat/i;

/** How surely a name is that of the time of day at which a call began; undefined where it is that of something else. */
function clockRank(name: string): number | undefined {
  if (durations.test(name) || ends.test(name)) return undefined;
  if (beginnings.test(name)) return 0;
  return clocks.test(name) ? 1 : 2;
}

/** A call at six o'clock or later tells a time of day from a duration. */
const sixHours = /^(?:0?[6-9]|1\d|2[0-3]):/;

/**
 * The column with the time of day that belongs to a column of days, by what it holds: times of a clock in all rows, under
 * a name that is not that of a duration, an answer or an end. undefined where there is none.
 */
function clockFor(days: SampledColumn, columns: readonly SampledColumn[]): SampledColumn | undefined {
  const found = columns.flatMap((column) => {
    const { name, rows } = column;
    const texts = column.texts.map(withoutDayZero);
    const rank = clockRank(name);
    if (column === days || rank === undefined || texts.length * 2 < rows.length || texts.length === 0)
      return [];
    if (rank < 2 && areMostly(texts, (text) => partOfDay.test(text))) return [{ column, rank }];
    if (!areMostly(texts, (text) => clock.test(text))) return [];
    return rank < 2 || texts.some((text) => sixHours.test(text)) ? [{ column, rank }] : [];
  });
  return found.sort((one, other) => one.rank - other.rank)[0]?.column;
}

const zoneNames = namesIn(`
  time zone, tz, utc offset, gmt offset, часовой пояс, часовая зона, часовий пояс, zona horaria, huso horario, fuso horário,
  zeitzone, saat dilimi
`);

/** How programs write an offset in minutes, and JavaScript the wrong way round: `-180`. */
const minutesFromUtc = /^[+-]\d{3}$/;

/** The column with zones: offsets, or names of zones; undefined where there is none. */
function zoneFor(columns: readonly SampledColumn[]): SampledColumn | undefined {
  const isZoned = (text: string) =>
    !minutesFromUtc.test(text) && offsetOf(`2000-01-01 00:00 ${text}`) !== undefined;
  return columns.find(({ plain, texts }) => zoneNames.has(plain) && areMostly(texts, isZoned));
}

function offsetOf(text: string): number | undefined {
  const date = parseDateText(text);
  return date instanceof Problem ? undefined : date.offset;
}

/** Whether a column holds days without a time of day, or at midnight. */
function isOfDays({ dates }: SampledColumn): boolean {
  return areMostly(dates, ({ kind, local }) => kind === 'day' || (kind === 'wall' && local % 86_400 === 0));
}

/** A column with times of day that was not taken for that of the beginning of a call; undefined where there is none. */
function unusedClock(columns: readonly SampledColumn[]): SampledColumn | undefined {
  return columns.find(
    ({ name, texts }) =>
      !durations.test(name) && texts.some((text) => clock.test(text) && sixHours.test(text)),
  );
}

/** Whether a column holds times: of a day, or dates with them. */
export function isOfTimes(column: SampledColumn): boolean {
  const { texts, dates } = column;
  if (areMostly(texts, (text) => clock.test(text))) return true;
  return dates.length > 0 && dates.length * 2 >= texts.length && hasTimes(column);
}
