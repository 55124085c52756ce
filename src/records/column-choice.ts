// Which column feeds which field, by names and by what the cells hold.

import { namesIn, plainName, yesOrNo } from './cell-text.js';
import { isBetterDate } from './date-columns.js';
import { parseBillsec } from './durations.js';
import { columnSource, computedSource, type FieldSource } from './field-sources.js';
import { aliases, baseName, type NamedField } from './header-names.js';
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
  if (field === 'date') return isBetterDate(one.column, other.column);
  return field === 'billsec' ? isWithin(one, other) : one.fits > other.fits;
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
