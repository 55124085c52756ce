// Which column feeds which field, by names and by what the cells hold.

import { Problem } from '../core/errors.js';
import { cellText, plainName, plainWord, splitList } from './cell-text.js';
import { type DateText, parseDateText } from './date-text.js';
import { parseBillsec } from './durations.js';
import { aliases, baseName, type NamedField } from './header-names.js';

// Which column feeds which field, by names and by what the cells hold. Names say what a column may be; where two of them
// may feed a field, the values decide, also when one of the two has the field's own name.

/** Cells of the first rows of a file. */
export type SampleRows = readonly (readonly string[])[];

/** How surely a name says the field: its own name or one that says just this, or one that says it where no other does. */
type Grade = 'sure' | 'perhaps';

/** A column that was chosen for a field. */
export interface ChosenColumn {
  readonly index: number;
  readonly by: 'name' | 'alias';
  readonly grade: Grade;
  /** Positions of columns whose names and values would do as well. */
  readonly others: readonly number[];
}

interface Candidate extends Pick<ChosenColumn, 'index' | 'by' | 'grade'> {
  /** Cells with a text, and those of them that the field can have. */
  readonly filled: number;
  readonly fits: number;
}

/** Whether a column has the name of a whole length, ringing included: talk time only where there is nothing better. */
export function isWholeLength(name: string): boolean {
  const known: readonly string[] = aliases.billsec.perhaps;
  return known.some((one) => [plainName(name), baseName(name)].includes(plainName(one)));
}

/** The columns whose names may feed a field, the surest first. */
function namedFor(
  field: NamedField,
  names: readonly string[],
): readonly Pick<ChosenColumn, 'index' | 'by' | 'grade'>[] {
  const exact = names.map(plainName);
  const bases = names.map(baseName);
  const taken = new Set<number>();
  const found: Pick<ChosenColumn, 'index' | 'by' | 'grade'>[] = [];
  const take = (known: string, by: ChosenColumn['by'], grade: Grade) => {
    const name = plainName(known);
    for (const list of [exact, bases]) {
      const index = list.indexOf(name);
      if (index < 0 || taken.has(index)) continue;
      taken.add(index);
      found.push({ index, by, grade });
    }
  };
  take(field, 'name', 'sure');
  for (const name of aliases[field].sure) take(name, 'alias', 'sure');
  for (const name of aliases[field].perhaps) take(name, 'alias', 'perhaps');
  return found;
}

/** Whether a column has a name that may feed a field. */
export function hasColumn(field: NamedField, names: readonly string[]): boolean {
  return namedFor(field, names).length > 0;
}

/** Names of ids that all rows of a call may share, and of those of a row, in the order in which they are taken. */
const callIds = splitList(`
  linkedid, call id, session id, session, conversation id, interaction id, id звонка, ид звонка, идентификатор звонка, id вызова,
  id llamada, id de llamada, id de la llamada, id da chamada, id chamada, anruf id
`).map(plainName);
const rowIds = ['leg id', 'leg uuid', 'cdr id', 'row id', 'id', 'идентификатор'].map(plainName);

/** The id of the row that stands beside one of the call, by their names; undefined where it is the only one, or counts the rows. */
function idOfRow(
  named: readonly Pick<ChosenColumn, 'index' | 'by' | 'grade'>[],
  names: readonly string[],
  rows: SampleRows,
): Pick<ChosenColumn, 'index' | 'by' | 'grade'> | undefined {
  const nameOf = ({ index }: { readonly index: number }) => plainName(names[index] ?? '');
  const [first] = named;
  if (first === undefined || !callIds.includes(nameOf(first))) return undefined;
  return rowIds
    .flatMap((id) => named.find((one) => nameOf(one) === id) ?? [])
    .find(({ index }) => !countsRows(textsOf(rows, index)));
}

/** The column that versions before 0.2 took the uuid from: they knew nothing of ids of rows beside those of calls. */
export function formerUuidColumn(names: readonly string[]): number | undefined {
  return namedFor('uuid', names)[0]?.index;
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
  names: readonly string[],
  rows: SampleRows,
  isValue: (text: string) => boolean,
): ChosenColumn | undefined {
  const named = namedFor(field, names);
  const [first] = named;
  if (first === undefined) return undefined;
  const ownId = field === 'uuid' ? idOfRow(named, names, rows) : undefined;
  if (ownId !== undefined) return { ...ownId, others: [] };
  if (byNameAlone.has(field) || rows.length === 0) {
    const alike = named.filter(({ by, grade }) => by === first.by && grade === first.grade);
    return { ...first, others: alike.slice(1).map(({ index }) => index) };
  }
  const candidates = named.map((one): Candidate => {
    const texts = textsOf(rows, one.index);
    return { ...one, filled: texts.length, fits: texts.filter(isValue).length };
  });
  const good = candidates.filter(({ filled, fits }) => fits > 0 && fits * 2 >= filled);
  const sure = good.filter(({ grade }) => grade === 'sure');
  const pool = sure.length > 0 ? sure : good;
  const [best] = pool;
  if (best === undefined) return { ...first, grade: 'perhaps', others: [] };
  const chosen = bestOf(field, pool, names, rows);
  return {
    index: chosen.index,
    by: chosen.by,
    grade: chosen.grade,
    others: pool.filter((one) => one !== chosen).map(({ index }) => index),
  };
}

function bestOf(
  field: NamedField,
  pool: readonly Candidate[],
  names: readonly string[],
  rows: SampleRows,
): Candidate {
  const [first, ...more] = pool;
  if (first === undefined) throw new RangeError('no candidate');
  if (field === 'date')
    return more.reduce((best, one) => (isBetterDate(one, best, names, rows) ? one : best), first);
  if (field === 'billsec') return more.reduce((best, one) => (isWithin(one, best, rows) ? one : best), first);
  return more.reduce((best, one) => (one.fits > best.fits ? one : best), first);
}

/** A time of day beats a day alone; the beginning of the call beats the time of writing. */
function isBetterDate(one: Candidate, best: Candidate, names: readonly string[], rows: SampleRows): boolean {
  const [own, other] = [one, best].map(({ index }) => hasTimes(rows, index));
  if (own !== other) return own === true;
  return beginning(names[one.index] ?? '') < beginning(names[best.index] ?? '');
}

/** Whether some dates of a column have a time of day: midnights alone are days. */
function hasTimes(rows: SampleRows, index: number): boolean {
  return textsOf(rows, index).some((text) => {
    const date = parseDateText(text, 'dmy');
    return (
      !(date instanceof Problem) &&
      date.kind !== 'day' &&
      (date.kind === 'instant' || date.local % 86_400 !== 0)
    );
  });
}

const beginnings = /start|begin|began|init|creat|calldate|call date|нач|созд|inicio|início|beginn|anfang/i;
const writings = /timestamp|^time$|запис|updat|modif|обнов/i;

function beginning(name: string): number {
  if (beginnings.test(name)) return 0;
  return writings.test(name) ? 2 : 1;
}

/** Whether a column of durations lies within another in every row: the talk within the whole call. */
function isWithin(one: Candidate, other: Candidate, rows: SampleRows): boolean {
  let isLess = false;
  for (const cells of rows) {
    const [inner, whole] = [one, other].map(({ index }) => parseBillsec(cellText(cells[index])));
    if (typeof inner !== 'number' || typeof whole !== 'number') continue;
    if (inner > whole) return false;
    isLess ||= inner < whole;
  }
  return isLess;
}

/** Whether most of a list pass a test: one row whose cells are not in their columns turns no file. */
export function areMostly<T>(list: readonly T[], test: (one: T) => boolean): boolean {
  return list.filter(test).length * 2 > list.length;
}

function textsOf(rows: SampleRows, index: number): readonly string[] {
  return rows.map((cells) => cellText(cells[index])).filter((text) => text !== '');
}

const clock = /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?$/i;
const durations =
  /dur|длит|прод|talk|разгов|wait|ожид|ring|bill|hold|dauer|espera|conversa|gespr|(?:^|[^a-z])sec|сек|total|всего/i;
const ends = /end|answer|ответ|конец|оконч|заверш|(?:^|[^a-z])fin|final|ende|hangup|término|fim/i;
const clocks = /time|время|hora|zeit|uhr|heure|clock/i;

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
export function clockFor(days: number, names: readonly string[], rows: SampleRows): number | undefined {
  const found = names.flatMap((name, index) => {
    const texts = textsOf(rows, index);
    const rank = clockRank(name);
    if (index === days || rank === undefined || texts.length * 2 < rows.length || texts.length === 0)
      return [];
    if (!areMostly(texts, (text) => clock.test(text))) return [];
    return rank < 2 || texts.some((text) => sixHours.test(text)) ? [{ index, rank }] : [];
  });
  return found.sort((one, other) => one.rank - other.rank)[0]?.index;
}

/** Whether a column holds days without a time of day. */
export function isOfDays(rows: SampleRows, index: number): boolean {
  const dates = textsOf(rows, index).map((text) => parseDateText(text, 'dmy'));
  const read = dates.filter((date): date is DateText => !(date instanceof Problem));
  return areMostly(read, ({ kind }) => kind === 'day');
}

/** A column with times of day that was not taken for that of the beginning of a call; undefined where there is none. */
export function unusedClock(names: readonly string[], rows: SampleRows): string | undefined {
  return names.find(
    (name, index) =>
      !durations.test(name) && textsOf(rows, index).some((text) => clock.test(text) && sixHours.test(text)),
  );
}

const answers = splitList(`
  answer, answered, answered at, answer at, answer time, answered time, time answered, answer stamp, answer date,
  answer epoch, connect, connected, connected at, connect time, connected time, pick up, pickup time, время ответа,
  ответ, дата ответа, начало разговора, contestada, hora de respuesta, atendida em, angenommen, annahme
`).map(plainName);
const hangups = splitList(`
  end, ended, ended at, end time, time end, end date, endtime, end stamp, end epoch, hangup, hang up, hangup time,
  hung up at, hangup at, finish, finished, finished at, finish time, disconnect, disconnected, disconnect time,
  completed at, stop, stop time, время окончания, окончание, окончание разговора, завершение разговора,
  конец разговора, окончание звонка, завершение звонка, конец звонка, окончание вызова, завершение вызова, конец, время завершения, завершение, дата окончания,
  fin, hora fin, hora de fin, finalizada, fim, término, hora fim, ende, endzeit
`).map(plainName);

/** The columns with the times of answer and end, where both are there and hold times; undefined where they are not. */
export function answerAndEnd(
  names: readonly string[],
  rows: SampleRows,
): { readonly from: number; readonly to: number } | undefined {
  const find = (known: readonly string[]) =>
    names.findIndex(
      (name, index) =>
        (known.includes(plainName(name)) || known.includes(baseName(name))) && isOfTimes(rows, index),
    );
  const [from, to] = [find(answers), find(hangups)];
  return from < 0 || to < 0 || from === to ? undefined : { from, to };
}

/** The seconds from the start of each call to its end, where columns hold both; undefined where they do not. */
export function wholeTimes(names: readonly string[], rows: SampleRows): readonly (number | undefined)[] {
  const from = names.findIndex((name, index) => beginnings.test(name) && isOfTimes(rows, index));
  const to = names.findIndex((name, index) => hangups.includes(plainName(name)) && isOfTimes(rows, index));
  if (from < 0 || to < 0) return [];
  return rows.map((cells) => {
    const [start, end] = [from, to].map((index) => parseDateText(cellText(cells[index]), 'dmy'));
    if (start === undefined || end === undefined || start instanceof Problem || end instanceof Problem)
      return undefined;
    return end.local - start.local;
  });
}

function isOfTimes(rows: SampleRows, index: number): boolean {
  const texts = textsOf(rows, index);
  if (areMostly(texts, (text) => clock.test(text))) return true;
  const times = texts.filter((text) => !(parseDateText(text, 'dmy') instanceof Problem));
  return times.length > 0 && times.length * 2 >= texts.length && hasTimes(rows, index);
}

const results = splitList(`
  result, status, disposition, call status, call result, call state, state, outcome, answered, answered?, hangup cause,
  end reason, reason, результат, результат звонка, статус, статус звонка, статус вызова, состояние, исход, исход звонка,
  отвечен, estado, resultado, estado de la llamada, resultado de la llamada, contestada, status da chamada, situação,
  atendida, ergebnis, anrufstatus, angenommen
`).map(plainName);
/** Words that say in any sentence that nobody talked: `Missed by Bob`, `Incoming - missed`. */
const unanswered = splitList(`
  missed, no answer, noanswer, not answered, unanswered, busy, cancel, canceled, cancelled, declined, rejected, abandoned,
  voicemail, voice mail, nopickup, no pickup, no user response, пропущен, пропущенный, пропущено, пропущенная, нет ответа,
  не отвечен, не отвечено, не отвеченный, неотвеченный, не ответил, не принят, не принято, без ответа, занято, отклонен,
  отклонено, отклоненный, отменен, отменено, сброшен, недозвон, не дозвонились, потерян, потерянный, perdida,
  no contestada, no contestado, no contesta, sin respuesta, ocupado, ocupada, cancelada, cancelado, rechazada, rechazado,
  não atendida, nao atendida, não atendido, sem resposta, rejeitada, verpasst, nicht angenommen, nicht erreicht,
  keine antwort, besetzt, abgelehnt, abgebrochen, unbeantwortet
`).map(plainWord);
/** Words that say it of a call where they stand alone. */
const missed = new Set(
  splitList(
    'failed, fail, no, false, 0, неудачный, неуспешный, нет, ошибка, fallida, fallido, falhou, não, nein',
  ).map(plainWord),
);
const saysUnanswered = new RegExp(`(?<![\\p{L}\\p{N}])(?:${unanswered.join('|')})(?![\\p{L}\\p{N}])`, 'u');
const answeredWords = new Set(
  splitList(`
    answered, answer, completed, complete, success, successful, ok, connected, normal clearing, accepted, yes, true, 1,
    talked, отвечен, отвечено, принят, принято, успешный, успешно, состоялся, разговор, завершен, завершено, да, дозвонились,
    contestada, contestado, atendida, atendido, respondida, completada, exitosa, sí, sim, concluída, completa,
    angenommen, beantwortet, erfolgreich, verbunden, ja
  `).map(plainWord),
);

const missedNames = splitList(`
  missed, is missed, missed call, not answered, unanswered, no answer, пропущен, пропущенный, пропущено, неотвеченный, perdida,
  llamada perdida, chamada perdida, verpasst
`).map(plainName);
const yes = new Set(splitList('yes, true, 1, y, да, sí, si, sim, ja').map(plainWord));
const no = new Set(splitList('no, false, 0, n, нет, não, nao, nein').map(plainWord));

/** A column that says of each call whether somebody talked. */
export interface ResultColumn {
  readonly index: number;
  readonly isMissed: (text: string) => boolean;
}

/** The column that says of each call whether somebody answered, by its name and its words; undefined where there is none. */
export function resultColumn(names: readonly string[], rows: SampleRows): ResultColumn | undefined {
  for (const [index, name] of names.entries()) {
    const isNamed = (known: readonly string[]) =>
      known.includes(plainName(name)) || known.includes(baseName(name));
    const texts = textsOf(rows, index).map(plainWord);
    if (isNamed(missedNames) && areMostly(texts, (text) => yes.has(text) || no.has(text)))
      return { index, isMissed: (text) => yes.has(plainWord(text)) };
    if (!isNamed(results) || !texts.some(isUnanswered)) continue;
    const known = texts.filter((text) => isUnanswered(text) || answeredWords.has(text)).length;
    const isSure = texts.some((text) => saysUnanswered.test(text));
    if (isSure || known * 2 >= texts.length)
      return { index, isMissed: (text) => isUnanswered(plainWord(text)) };
  }
  return undefined;
}

function isUnanswered(word: string): boolean {
  return missed.has(word) || saysUnanswered.test(word);
}
