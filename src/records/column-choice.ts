// Which column feeds which field, by names and by what the cells hold.

import { Problem } from '../core/errors.js';
import { namesIn, plainName, yesOrNo } from './cell-text.js';
import { parseDateText, withoutDayZero } from './date-text.js';
import { parseBillsec } from './durations.js';
import { columnSource, computedSource, type FieldSource } from './field-sources.js';
import { aliases, baseName, type NamedField, zoneOfName } from './header-names.js';
import { areMostly, type SampledColumn } from './sample.js';

// Names say what a column may be; where two of them may feed a field, the values decide, also when one of the two has the
// field's own name.

/** A column whose name may feed a field. */
interface NamedColumn {
  readonly column: SampledColumn;
  readonly by: 'name' | 'alias';
  /** How surely its name says the field: its own name or one that says just this, or one that says it where no other does. */
  readonly grade: 'sure' | 'perhaps';
}

/** A column that was chosen for a field. */
export interface ChosenColumn extends NamedColumn {
  /** Columns whose names and values would do as well. */
  readonly others: readonly SampledColumn[];
}

interface Candidate extends NamedColumn {
  /** How many of its texts the field can have. */
  readonly fits: number;
}

const wholeLengths = new Set<string>(aliases.billsec.perhaps.map(plainName));

/** Whether a column has the name of a whole length, ringing included: talk time only where there is nothing better. */
export function isWholeLength(name: string): boolean {
  return wholeLengths.has(plainName(name)) || wholeLengths.has(baseName(name));
}

/** The columns whose names may feed a field, the surest first. */
function namedFor(field: NamedField, columns: readonly SampledColumn[]): readonly NamedColumn[] {
  const found = new Map<SampledColumn, NamedColumn>();
  const take = (known: string, by: NamedColumn['by'], grade: NamedColumn['grade']) => {
    const name = plainName(known);
    for (const part of ['plain', 'base'] as const) {
      const column = columns.find((one) => one[part] === name);
      if (column !== undefined && !found.has(column)) found.set(column, { column, by, grade });
    }
  };
  take(field, 'name', 'sure');
  for (const name of aliases[field].sure) take(name, 'alias', 'sure');
  for (const name of aliases[field].perhaps) take(name, 'alias', 'perhaps');
  return [...found.values()];
}

/** Whether a column has a name that may feed a field. */
export function hasColumn(field: NamedField, columns: readonly SampledColumn[]): boolean {
  return namedFor(field, columns).length > 0;
}

/** Names of ids that all rows of a call may share, and of those of a row, in the order in which they are taken. */
const callIds = namesIn(`
  linkedid, call id, session id, session, conversation id, interaction id, id звонка, ид звонка, идентификатор звонка, id вызова,
  id llamada, id de llamada, id de la llamada, id da chamada, id chamada, anruf id
`);
const rowIds = ['leg id', 'leg uuid', 'cdr id', 'row id', 'id', 'идентификатор'].map(plainName);

/** The id of the row that stands beside one of the call, by their names; undefined where it is the only one, or counts the rows. */
function idOfRow(named: readonly NamedColumn[]): NamedColumn | undefined {
  const [first] = named;
  if (first === undefined || !callIds.has(first.column.plain)) return undefined;
  return rowIds
    .flatMap((id) => named.find(({ column }) => column.plain === id) ?? [])
    .find(({ column }) => !countsRows(column.texts));
}

/** The column that versions before 0.2 took the uuid from: they knew nothing of ids of rows beside those of calls. */
export function formerUuidColumn(columns: readonly SampledColumn[]): SampledColumn | undefined {
  return namedFor('uuid', columns)[0]?.column;
}

/** Whether these are the numbers of rows: 1, 2, 3 … or the other way round. Each export begins anew with them. */
function countsRows(texts: readonly string[]): boolean {
  const numbers = texts.map(Number);
  const [first = Number.NaN, second = first + 1] = numbers;
  const step = second - first;
  const isCounted = numbers.every((number, at) => number === first + at * step);
  return Math.abs(step) === 1 && isCounted && Math.min(first, numbers.at(-1) ?? first) <= 1;
}

/** Fields whose column never depends on what stands in it: their values are told apart by it from run to run. */
const byNameAlone: ReadonlySet<NamedField> = new Set(['uuid', 'account_id']);

/**
 * Chooses the column that feeds a field; undefined where no name may feed it.
 *
 * @param isValue whether a text can be the value of the field
 */
export function chooseColumn(
  field: NamedField,
  columns: readonly SampledColumn[],
  isValue: (text: string) => boolean,
): ChosenColumn | undefined {
  const named = namedFor(field, columns);
  const [first] = named;
  if (first === undefined) return undefined;
  const ownId = field === 'uuid' ? idOfRow(named) : undefined;
  if (ownId !== undefined) return { ...ownId, others: [] };
  if (byNameAlone.has(field) || first.column.rows.length === 0) {
    const alike = named.filter(({ by, grade }) => by === first.by && grade === first.grade);
    return { ...first, others: alike.slice(1).map(({ column }) => column) };
  }
  const good = named
    .map((one): Candidate => ({ ...one, fits: one.column.texts.filter(isValue).length }))
    .filter(({ column, fits }) => fits > 0 && fits * 2 >= column.texts.length);
  const sure = good.filter(({ grade }) => grade === 'sure');
  const pool = sure.length > 0 ? sure : good;
  const [best, ...more] = pool;
  if (best === undefined) return { ...first, grade: 'perhaps', others: [] };
  const chosen = more.reduce((known, one) => (isBetter(field, one, known) ? one : known), best);
  return { ...chosen, others: pool.filter((one) => one !== chosen).map(({ column }) => column) };
}

/** Whether one of two candidates for a field is the better one. */
function isBetter(field: NamedField, one: Candidate, other: Candidate): boolean {
  if (field === 'date') return isBetterDate(one, other);
  return field === 'billsec' ? isWithin(one, other) : one.fits > other.fits;
}

/** A time of day beats a day alone; the beginning of the call beats the time of writing. */
function isBetterDate({ column: one }: Candidate, { column: other }: Candidate): boolean {
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

/** Whether a column of durations lies within another in every row: the talk within the whole call. */
function isWithin({ column: one }: Candidate, { column: other }: Candidate): boolean {
  let isLess = false;
  for (const cells of one.rows) {
    const [inner, whole] = [one, other].map((column) => parseBillsec(column.textIn(cells)));
    if (typeof inner !== 'number' || typeof whole !== 'number') continue;
    if (inner > whole) return false;
    isLess ||= inner < whole;
  }
  return isLess;
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
export function clockFor(days: SampledColumn, columns: readonly SampledColumn[]): SampledColumn | undefined {
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
  time zone, tz, zone, utc offset, gmt offset, часовой пояс, часовая зона, часовий пояс, zona horaria, huso horario, fuso horário,
  zeitzone, saat dilimi
`);

/** The column with the zones of a column of dates that name none: offsets, or names of zones; undefined where there is none. */
export function zoneFor(dates: SampledColumn, columns: readonly SampledColumn[]): SampledColumn | undefined {
  const isZoned = (text: string) => offsetOf(`2000-01-01 00:00 ${text}`) !== undefined;
  if (zoneOfName(dates.name) !== undefined || dates.dates.some(({ offset }) => offset !== undefined))
    return undefined;
  return columns.find(({ plain, texts }) => zoneNames.has(plain) && texts.length > 0 && texts.every(isZoned));
}

function offsetOf(text: string): number | undefined {
  const date = parseDateText(text);
  return date instanceof Problem ? undefined : date.offset;
}

/** Whether a column holds days without a time of day, or at midnight. */
export function isOfDays({ dates }: SampledColumn): boolean {
  return areMostly(dates, ({ kind, local }) => kind === 'day' || (kind === 'wall' && local % 86_400 === 0));
}

/** A column with times of day that was not taken for that of the beginning of a call; undefined where there is none. */
export function unusedClock(columns: readonly SampledColumn[]): SampledColumn | undefined {
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

/**
 * The one column that says the direction of all rows, whatever its name; undefined where there is none, or more.
 *
 * @param isWord whether a text is a word for a direction
 */
export function columnOfDirections(
  columns: readonly SampledColumn[],
  isWord: (text: string) => boolean,
): FieldSource | undefined {
  const [found, ...more] = columns.filter(
    ({ texts, rows }) => texts.length * 2 >= rows.length && areMostly(texts, isWord),
  );
  if (found === undefined) return columnOfAnswers(columns);
  return more.length > 0 ? undefined : columnSource(found, 'values');
}

const inboundNames = namesIn(`
  is incoming, incoming, is inbound, inbound, is in, входящий, входящий звонок, entrante, es entrante, eingehend
`);
const outboundNames = namesIn(`
  is outgoing, outgoing, is outbound, outbound, is out, исходящий, исходящий звонок, saliente, es saliente, ausgehend
`);

/** The direction as a column of yes and no says it: `is_incoming` with `true`; undefined where there is no such column. */
function columnOfAnswers(columns: readonly SampledColumn[]): FieldSource | undefined {
  const found = columns.find(
    (one) =>
      (inboundNames.has(one.plain) || outboundNames.has(one.plain)) &&
      areMostly(one.rows, (cells) => yesOrNo(one.textIn(cells)) !== undefined),
  );
  if (found === undefined) return undefined;
  const { name, plain } = found;
  const [when, otherwise] = inboundNames.has(plain) ? ['inbound', 'outbound'] : ['outbound', 'inbound'];
  return computedSource(`${when} where "${name}" says yes`, [found], (cells) => {
    const text = found.textIn(cells);
    const answer = yesOrNo(text);
    return answer === undefined ? text : answer ? when : otherwise;
  });
}
