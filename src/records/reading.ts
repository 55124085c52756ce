import type { CallField } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { type Direction, deriveDirection, parseDirection } from './directions.js';
import { parseBillsec } from './durations.js';
import type { InternalTest } from './internal.js';
import type { Mapping } from './mapping.js';
import { type DateRules, type Moment, parseCallDate } from './moments.js';
import { type NumberRules, parseNumber } from './numbers.js';
import type { Part } from './presets/preset.js';
import { compileSources, type TextReader } from './sources.js';
import { present, quote } from './text.js';

/** The values of one row: each what it should be, or the reason why it is not. */
export interface Reading {
  /** null where it would be built of values that are not there. */
  readonly uuid: Parsed<string> | null;
  readonly caller: Parsed<string>;
  readonly to: Parsed<string>;
  readonly date: Parsed<Moment>;
  readonly direction: Parsed<Direction> | null;
  readonly billsec: Parsed<number>;
  readonly account: Parsed<string>;
  /** Text of the link, not yet judged. */
  readonly link: string;
  /** Whether the uuid was built here: it then belongs to this row alone. */
  readonly isBuilt: boolean;
  readonly part: Part;
  /** Why a preset does not send this row. */
  readonly skip: string | undefined;
}

/** What a preset knows of a row beside its fields. */
export interface RowRules {
  readonly part: (cells: readonly string[]) => Part;
  readonly skip: (cells: readonly string[]) => string | undefined;
  /** The uuid of a row whose call has this one, where every row is a call of its own. */
  readonly rowUuid: ((call: string, cells: readonly string[]) => string) | undefined;
}

/** How the values of a file are read. */
export interface ReadingRules {
  readonly mapping: Mapping;
  readonly dates: DateRules;
  readonly caller: NumberRules;
  readonly to: NumberRules;
  readonly isInternal: InternalTest;
  readonly typeMap: ReadonlyMap<string, Direction> | undefined;
  /** The account of rows that name none; undefined: such rows are not valid. */
  readonly account: string | undefined;
  /** Builds a uuid of the parts of a row, for rows that have none. */
  readonly buildUuid: ((parts: readonly (string | number)[]) => string) | undefined;
  readonly rows: RowRules | undefined;
}

/** Compiles the rules of a file, once, to the function that reads the values of a row. */
export function compileReading(rules: ReadingRules): (cells: readonly string[]) => Reading {
  const { mapping, dates, caller: callerRules, to: toRules, rows } = rules;
  const texts = compileSources(mapping.sources);
  const readDirection = compileDirection(rules, texts.type);
  const hasLink = mapping.sources.link.kind !== 'none';
  return (cells) => {
    const date = parseCallDate(texts.date(cells, Number.NaN), dates);
    const local = date instanceof Problem ? Number.NaN : date.local;
    const caller = parseNumber(texts.caller(cells, local), callerRules);
    const to = parseNumber(texts.to(cells, local), toRules);
    const direction = readDirection(cells, local, [caller, to]);
    const part = rows === undefined ? 'talk' : rows.part(cells);
    const isTalk = part === 'talk' || part === 'queued';
    const billsec = isTalk ? parseBillsec(texts.billsec(cells, local)) : 0;
    const account = parseAccount(texts.account_id(cells, local), rules.account);
    const link = hasLink && !(date instanceof Problem) ? texts.link(cells, local) : '';
    const uuid = readUuid(texts.uuid(cells, local), cells, rows);
    const skip = rows?.skip(cells);
    const reading = { uuid, caller, to, date, direction, billsec, account, link, isBuilt: false, part, skip };
    if (uuid !== '') return reading;
    return { ...reading, uuid: buildUuid(cells, reading, rules), isBuilt: true };
  };
}

type DirectionReader = (
  cells: readonly string[],
  local: number,
  sides: readonly [caller: Parsed<string>, to: Parsed<string>],
) => Parsed<Direction> | null;

/** A preset leaves the type empty where it has to be derived; a column of the user's is then a problem. */
function compileDirection(
  { mapping, isInternal, typeMap }: ReadingRules,
  readType: TextReader,
): DirectionReader {
  const { kind } = mapping.sources.type;
  return (cells, local, [caller, to]) => {
    const text = kind === 'derived' ? '' : readType(cells, local);
    if (text !== '' || (kind !== 'derived' && kind !== 'preset')) return parseDirection(text, typeMap);
    if (caller instanceof Problem || to instanceof Problem) return null;
    return deriveDirection(caller, to, isInternal);
  };
}

function readUuid(text: string, cells: readonly string[], rows: RowRules | undefined): Parsed<string> {
  return parseUuid(text === '' || rows?.rowUuid === undefined ? text : rows.rowUuid(text, cells));
}

/** '' where the row has none. */
function parseUuid(text: string): Parsed<string> {
  return text.isWellFormed() ? text : new Problem(`${quote(text)} has a broken character`);
}

function parseAccount(text: string, account: string | undefined): Parsed<string> {
  if (text !== '') return text.isWellFormed() ? text : new Problem(`${quote(text)} has a broken character`);
  return account ?? new Problem('is empty, and no account is given with --account-id or in the profile');
}

function buildUuid(
  cells: readonly string[],
  reading: Reading,
  { buildUuid: build, mapping }: ReadingRules,
): Parsed<string> | null {
  if (build === undefined)
    return new Problem('is empty: fill it, or build one with --uuid-from date,caller,to,billsec');
  const parts: (string | number)[] = [];
  for (const part of mapping.uuidParts) {
    const value = 'index' in part ? present(cells[part.index]) : partOf(part.field, reading);
    if (value === null) return null;
    parts.push(value);
  }
  return parts.every((part) => part === '')
    ? new Problem('has nothing to be built of: the columns of --uuid-from are empty')
    : build(parts);
}

/** The value of a field as a part of a uuid; null where the row has none. */
function partOf(field: CallField, { date, direction, ...reading }: Reading): string | number | null {
  if (field === 'date') return date instanceof Problem ? null : date.unix;
  if (field === 'type') return direction instanceof Problem ? null : direction;
  if (field === 'account_id') return reading.account instanceof Problem ? null : reading.account;
  const value = reading[field];
  return value instanceof Problem ? null : value;
}
