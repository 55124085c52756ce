// Talk time from two times, and from a duration that counts ringing.

import { type Parsed, Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { namesIn, plainName, quote } from './cell-text.js';
import type { ChosenColumn } from './column-choice.js';
import { beginnings, clock, isOfTimes } from './date-columns.js';
import { type DateOrder, parseDateText, parseEitherDate } from './date-text.js';
import { type CallDate, secondsPassed } from './dates.js';
import { formOf, inSeconds, OpenDurations, parseBillsec } from './durations.js';
import { computedSource, type FieldSource, type Search, type Sources } from './field-sources.js';
import { aliases, unitOfName, zoneOfName } from './header-names.js';
import { listColumns } from './mapping-errors.js';
import { type ResultColumn, resultColumn } from './result-column.js';
import { areMostly, type Sample, type SampledColumn } from './sample.js';
import type { Zone } from './time-zones.js';

const answers = namesIn(`
  answer, answered, answered at, answer at, answer time, answered time, time answered, answer stamp, answer date,
  answer epoch, connect, connected, connected at, connect time, connected time, pick up, pickup time, время ответа,
  ответ, дата ответа, начало разговора, contestada, hora de respuesta, atendida em, angenommen, annahme,
  час відповіді, відповідь, cevap zamanı, cevaplama zamanı
`);
const hangups = namesIn(`
  end, ended, ended at, end time, time end, end date, endtime, end stamp, end epoch, hangup, hang up, hangup time,
  hung up at, hangup at, finish, finished, finished at, finish time, disconnect, disconnected, disconnect time,
  completed at, stop, stop time, время окончания, окончание, окончание разговора, завершение разговора,
  конец разговора, окончание звонка, завершение звонка, конец звонка, окончание вызова, завершение вызова, конец, время завершения, завершение, дата окончания,
  fin, hora fin, hora de fin, finalizada, fim, término, hora fim, ende, endzeit,
  час завершення, завершення, кінець, кінець розмови, кінець дзвінка, bitiş, bitiş zamanı
`);

/**
 * The talk time between the columns with the times of answer and end, where there are such; undefined where the column that was
 * chosen by its name says it better.
 */
export function answerToEnd(
  chosen: ChosenColumn | undefined,
  columns: readonly SampledColumn[],
): FieldSource | undefined {
  const from = columns.find((column) => column.isNamed(answers) && isOfTimes(column));
  const to = endColumn(columns);
  if (from === undefined || to === undefined || from === to) return undefined;
  const talk = timeBetween(from, to);
  const isBetter = chosen?.grade === 'sure' && !isRoundedUp(chosen.column, talk);
  return isBetter ? undefined : talk;
}

/** Whether a column of talk times only holds what is billed, rounded up to tenths of a minute at least: more than the talk. */
function isRoundedUp(column: SampledColumn, talk: FieldSource): boolean {
  const lengths = column.rows.map(
    (cells) => [secondsIn(cells, column) ?? 0, Number(talk.read(cells))] as const,
  );
  const answered = lengths.filter(([, seconds]) => seconds > 0);
  const isRound = lengths.every(([seconds]) => seconds % 6 === 0);
  return isRound && areMostly(answered, ([seconds, talked]) => seconds > talked + 2);
}

/** The seconds of a duration in a row; undefined where it holds none. */
export function secondsIn(cells: readonly string[], column: SampledColumn | undefined): number | undefined {
  const text = column?.textIn(cells) ?? '';
  const seconds = text === '' ? undefined : parseBillsec(text);
  return typeof seconds === 'number' ? seconds : undefined;
}

/** The column with the times at which calls ended; undefined where there is none. */
export function endColumn(columns: readonly SampledColumn[]): SampledColumn | undefined {
  return columns.find((column) => column.isNamed(hangups) && isOfTimes(column));
}

/** The seconds from the start of each call to its end, where columns hold both; none where they do not. */
function wholeTimes(columns: readonly SampledColumn[]): readonly (number | undefined)[] {
  const from = columns.find((column) => beginnings.test(column.name) && isOfTimes(column));
  const to = endColumn(columns);
  if (from === undefined || to === undefined) return [];
  return from.rows.map((cells) => {
    const [start, end] = [from, to].map((column) => parseDateText(column.textIn(cells), 'dmy'));
    if (start === undefined || end === undefined || start instanceof Problem || end instanceof Problem)
      return undefined;
    return end.local - start.local;
  });
}

/** The talk time between two columns, the time of answer and that of the end; a row without an answer has none. */
export function timeBetween(from: SampledColumn, to: SampledColumn): FieldSource {
  return computedSource(
    `from "${from.name}" to "${to.name}"`,
    [from, to],
    (cells) => secondsBetween(from.textIn(cells), to.textIn(cells)),
    'times',
  );
}

/** The seconds from one time to another, as text; what cannot be read is given back, to be the reason why. */
export function secondsBetween(answer: string, end: string): string {
  if (answer === '' || /^[0:.\- T]+$/.test(answer)) return '0';
  const isClock = clock.test(answer) || clock.test(end);
  const read = isClock ? clockOf : momentOf;
  const [from, to] = [read(answer, 'dmy'), read(end, 'dmy')];
  const [other, otherTo] = [read(answer, 'mdy'), read(end, 'mdy')];
  if (from === undefined && other === undefined) return answer;
  if (to === undefined && otherTo === undefined) return end === '' ? `${answer} without an end` : end;
  const lengths = [lengthOf(from, to, isClock), lengthOf(other, otherTo, isClock)].filter(
    (length) => length !== undefined,
  );
  // Whatever the order of day and month is, a call lasts less than a day.
  return String(lengths.find((length) => length >= 0 && length <= day) ?? lengths[0] ?? end);
}

const day = 86_400;

/**
 * Makes the reader of the talk time of a row, as text. Between two times on the clock of the date as many seconds passed as that
 * clock and its changes say; between others, such as two in UTC, as many as they say themselves.
 */
export function compileTalk({
  date: { columns },
  billsec,
}: Pick<Sources, 'date' | 'billsec'>): (
  cells: readonly string[],
  date: Parsed<CallDate>,
  zone: Zone | undefined,
) => string {
  if (billsec.kind !== 'times') return (cells) => billsec.read(cells);
  const named = columns.map(({ name }) => zoneOfName(name));
  return (cells, date, zone) => {
    const text = billsec.read(cells);
    const passed = text === '' ? Number.NaN : secondsPassed(date, Number(text), zone);
    if (Number.isNaN(passed) || passed === Number(text)) return text;
    const isOnClock = billsec.columns.every((column) => {
      const own = zoneOfName(column.name);
      return isWall(column.textIn(cells)) && (own === undefined || own === zone?.name || named.includes(own));
    });
    return isOnClock ? String(passed) : text;
  };
}

/** The commonest form of a time, which need not be parsed to be known. */
const plainTime = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d$/;

/** Whether a time says no zone: a time on a clock of its system, and no count of seconds. */
export function isWall(text: string): boolean {
  if (plainTime.test(text) || clock.test(text)) return true;
  const date = parseEitherDate(text);
  return !(date instanceof Problem) && date.kind === 'wall' && date.offset === undefined;
}

/** By clocks alone, a call that goes over midnight ends on the next day; one of more than half a day ends before it begins. */
function lengthOf(from: number | undefined, to: number | undefined, isClock: boolean): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  const length = to - from;
  return isClock && length < -day / 2 ? length + day : length;
}

/** A time in seconds, to be compared with others that are written the same way. */
function momentOf(text: string, order: DateOrder): number | undefined {
  const date = parseDateText(text, order);
  return date instanceof Problem ? undefined : date.local - (date.offset ?? 0);
}

/** The seconds since midnight of a time on the clock of its system, to be compared with one that says no day. */
function clockOf(text: string, order: DateOrder): number | undefined {
  const date = parseDateText(clock.test(text) ? `2000-01-01 ${text}` : text, order);
  return date instanceof Problem || date.kind === 'instant' || date.offset !== undefined
    ? undefined
    : date.local % day;
}

/** A duration that counts where the result of the call says that somebody answered: else it is ringing. */
export function unlessMissed(duration: SampledColumn, { column, isAnswered }: ResultColumn): FieldSource {
  return computedSource(
    `"${duration.name}", 0 where "${column.name}" says that nobody answered`,
    [duration, column],
    (cells) => (isAnswered(column.textIn(cells)) === false ? '0' : duration.textIn(cells)),
  );
}

/** The talk time where the file names the length of whole calls alone: the same, but for calls that nobody answered. */
export function fromWholeLength(
  source: FieldSource,
  column: SampledColumn,
  { table, sample, note }: Search,
): FieldSource {
  refuseEmptyTalk(column, sample, table);
  const result = resultColumn(sample.columns);
  if (result !== undefined) return unlessMissed(column, result);
  refuseWaiting(column, sample, table);
  const hint = 'amoCRM needs the talk time. To choose another column: --map billsec=<column>';
  note(`${table.file}: billsec is read from "${column.name}", which may include the ringing`, hint);
  return source;
}

const waits = /wait|ring|hold|ожид|дозвон|гудк|очік|espera|warte|kling|bekle/i;

/**
 * Throws where a duration is as long as the waiting in two calls at least, and shorter in none: nobody talked in those, and of the
 * others it may count the waiting as well.
 */
function refuseWaiting(chosen: SampledColumn, { columns, rows }: Sample, table: Table): void {
  const wait = columns.find((column) => {
    const pairs = rows.map(
      (cells) => [secondsIn(cells, column) ?? 0, secondsIn(cells, chosen) ?? 0] as const,
    );
    const alike = pairs.filter(([waited, whole]) => waited > 0 && whole === waited).length;
    return (
      column !== chosen &&
      waits.test(column.name) &&
      alike >= 2 &&
      pairs.every(([waited, whole]) => whole >= waited)
    );
  });
  if (wait === undefined) return;
  throw new UserError(
    `${table.file}: "${chosen.name}" is as long as "${wait.name}" in several calls, so it may count the waiting`,
    {
      hint: 'Export a column with the talk time, or with the result of each call. If it is the talk time all the same: --map billsec=<column>',
    },
  );
}

const talkNames = new Set(aliases.billsec.sure.map(plainName));

/** Throws where a column has the name of talk times and holds something else: whatever holds them has another name. */
function refuseEmptyTalk(chosen: SampledColumn, { columns }: Sample, table: Table): void {
  const other = columns.find(
    (column) =>
      column !== chosen &&
      column.isNamed(talkNames) &&
      /dur|talk|длит|продолж|dauer|zeit/i.test(column.name) &&
      column.texts.length > 0 &&
      column.texts.every((text) => parseBillsec(text) instanceof Problem),
  );
  if (other === undefined) return;
  throw new UserError(
    `${table.file}: "${other.name}" holds no talk times, but ${quote(other.texts[0] ?? '')}: are two columns exchanged?`,
    { hint: `${listColumns(table)} Say which column holds the talk time: --map billsec=<column>` },
  );
}

const unitWords = {
  'h:mm': 'hours and minutes',
  'm:ss': 'minutes and seconds',
  ms: 'milliseconds',
  min: 'minutes',
  days: 'parts of a day',
};

/**
 * The talk time as it is meant where durations do not say it themselves: `0:03` is three seconds or three minutes, `63000` hours or
 * milliseconds; the name of the column may tell. Throws a UserError where nothing does.
 */
export function inForm(source: FieldSource, { table, options, sample, preset }: Search): FieldSource {
  const { kind, name, columns, read } = source;
  const [column] = columns;
  if (preset !== undefined || kind === 'times' || column === undefined) return source;
  const texts = sample.rows.map((cells) => read(cells));
  const form = options.durations ?? unitOfName(column.name) ?? formOf(texts, wholeTimes(sample.columns));
  if (form instanceof OpenDurations) {
    const { what, hint } = openForms[form.which];
    throw new UserError(`${table.file}: ${what(form.example)}`, { hint });
  }
  if (form === undefined || form === 's') return source;
  const hasPoints = texts.some((text) => /[.,]/.test(text));
  const readForm: FieldSource['read'] = (cells) => inSeconds(read(cells), form, hasPoints);
  if (form === 'm:ss' && texts.every((text) => inSeconds(text, form, hasPoints) === text))
    return { ...source, read: readForm };
  return computedSource(`${name}, in ${unitWords[form]}`, columns, readForm);
}

/** Durations of which nothing in the file says what they are. */
const openForms = {
  parts: {
    what: (example) => `durations such as "${example}" may be minutes and seconds, or hours and minutes`,
    hint: 'Nothing in the file says which: give --durations m:ss or --durations h:mm.',
  },
  points: {
    what: (example) => `durations such as "${example}" may be seconds, minutes, or minutes and seconds`,
    hint: 'Nothing in the file says which: give --durations m:ss, --durations min or --durations s.',
  },
  thousands: {
    what: (example) => `durations such as "${example}" may have a separator of thousands, or decimals`,
    hint: 'Export the file again, with plain numbers of seconds.',
  },
  long: {
    what: (example) => `most talk times would be hours long, such as ${example} seconds`,
    hint: 'If they are milliseconds, give --durations ms; if they are seconds, --durations s.',
  },
} as const satisfies Record<OpenDurations['which'], { what: (example: string) => string; hint: string }>;
