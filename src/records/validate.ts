import { type Call, type CallField, callFields } from '../core/call.js';
import { Problem } from '../core/errors.js';
import type { Entry, Origin, SettledEntry } from '../core/outcome.js';
import type { Row } from '../core/row.js';
import type { Direction } from './directions.js';
import type { LinkReader } from './links.js';
import type { Moment } from './moments.js';
import { compileReading, type Reading, type ReadingRules } from './reading.js';
import { createRowShape, type RowShape } from './shape.js';
import type { Tally } from './tallies.js';
import { formatLocal } from './template.js';

/** How the rows of a file become entries. */
export interface ValidationRules extends ReadingRules {
  readonly file: string;
  /** A CSV row may be short, blank or a total; a JSON object is always a record. */
  readonly isCsv: boolean;
  readonly columns: readonly string[];
  /** Unix seconds; both bounds belong to the span. */
  readonly since: number;
  readonly until: number;
  /** Whether inbound calls get the extension as caller, as the vendor's sample has it. */
  readonly extensionFirst: boolean;
  /** Whether the origins of entries go without their rows. */
  readonly dropRows: boolean;
  readonly links: LinkReader;
  readonly tally: Tally;
}

/** A reading in which every value is what it should be. */
interface SoundReading extends Reading {
  readonly uuid: string;
  readonly caller: string;
  readonly to: string;
  readonly date: Moment;
  readonly direction: Direction;
  readonly billsec: number;
  readonly account: string;
}

/** A row with its values, or the rows of one call with theirs, merged. */
export interface ReadRecord {
  /** The row that is shown for the record. */
  readonly row: Row;
  readonly reading: Reading;
  /** Line of the first of its rows. */
  readonly line: number;
  /** How many rows it is made of. */
  readonly rows: number;
}

/** The two steps from a row to its entry. */
export interface Validation {
  /** Reads the values of a row; for a row that cannot be read, its entry. */
  readonly read: (row: Row) => ReadRecord | SettledEntry;
  /** Whether a row may be merged with others: it is no total, and no part of it is missing. */
  readonly isWhole: (row: Row) => boolean;
  /** The entry of a record; undefined for a row that is no record (a blank one, a total). */
  readonly judge: (record: ReadRecord) => Entry | undefined;
}

/** Compiles the rules of a file to the steps that make entries of its rows. */
export function compileValidation(rules: ValidationRules): Validation {
  const { tally } = rules;
  const read = compileReading(rules);
  const shape = createRowShape(rules.mapping, rules.columns, rules.isCsv);
  return {
    read(row) {
      const { line, problem } = row;
      if (problem === undefined) return { row, reading: read(row.cells), line, rows: 1 };
      const origin = originOf({ row, line, rows: 1 }, rules);
      return { status: 'invalid', uuid: null, reasons: [problem], origin };
    },
    isWhole: ({ cells }) => cells.length >= shape.width && !shape.isTotal(cells),
    judge(record) {
      const { row, reading, line } = record;
      const filtered = whyFiltered(reading, rules);
      if (filtered !== undefined) return settle('filtered', [filtered], record, rules);
      if (isSound(reading) && row.cells.length >= shape.width) {
        return { call: toCall(reading, line, rules), origin: originOf(record, rules) };
      }
      if (!shape.isTotal(row.cells)) return settle('invalid', collect(row, reading, shape), record, rules);
      tally.add('totals', line);
      return undefined;
    },
  };
}

/** Each shape written out: a spread is slow. */
function originOf(
  { row, line, rows }: Pick<ReadRecord, 'row' | 'line' | 'rows'>,
  { file, dropRows }: ValidationRules,
): Origin {
  if (dropRows) return rows === 1 ? { file, line } : { file, line, rows };
  return rows === 1 ? { file, line, row } : { file, line, row, rows };
}

function isSound(reading: Reading): reading is SoundReading {
  const { uuid, caller, to, date, direction, billsec, account } = reading;
  return (
    typeof uuid === 'string' &&
    typeof caller === 'string' &&
    typeof to === 'string' &&
    !(date instanceof Problem) &&
    typeof direction === 'string' &&
    typeof billsec === 'number' &&
    typeof account === 'string'
  );
}

/** The reason why a row is not sent on purpose, whatever else is wrong with it. */
function whyFiltered({ date, direction, skip }: Reading, rules: ValidationRules): string | undefined {
  const { since, until } = rules;
  if (skip !== undefined) return skip;
  if (!(date instanceof Problem) && (date.unix < since || date.unix > until)) {
    const when = formatLocal('YYYY-MM-DD HH:mm:ss', date.local);
    return `date: ${when} is ${date.unix < since ? 'before --since' : 'after --until'}`;
  }
  return direction === 'internal' ? 'type: an internal call' : undefined;
}

function toCall(reading: SoundReading, line: number, rules: ValidationRules): Call {
  const { uuid, date, direction, account } = reading;
  if (date.fate !== 'plain') rules.tally.add(date.fate, line);
  if (date.kind === 'day') rules.tally.add('midnight', line);
  const isMissed = direction === 'missed';
  const type = direction === 'outbound' ? 'outbound' : 'inbound';
  const turn =
    rules.extensionFirst &&
    type === 'inbound' &&
    rules.isInternal(reading.to) &&
    !rules.isInternal(reading.caller);
  const caller = turn ? reading.to : reading.caller;
  const to = turn ? reading.caller : reading.to;
  const billsec = isMissed ? 0 : reading.billsec;
  const link = rules.links(reading.link, line);
  if (link === undefined) return { uuid, caller, to, date: date.unix, type, billsec, account_id: account };
  return { uuid, caller, to, date: date.unix, type, billsec, link, account_id: account };
}

/** All that is wrong with a row, in the order of the fields. */
function collect(row: Row, reading: Reading, shape: RowShape): readonly string[] {
  const missing = shape.missing(row.cells);
  const problem = (field: CallField): string | undefined => {
    const values = { ...reading, type: reading.direction, account_id: reading.account };
    const value = values[field];
    return missing.get(field) ?? (value instanceof Problem ? value.text : undefined);
  };
  return callFields.flatMap((field) => {
    const text = problem(field);
    return text === undefined ? [] : [`${field}: ${text}`];
  });
}

function settle(
  status: SettledEntry['status'],
  reasons: readonly string[],
  record: ReadRecord,
  rules: ValidationRules,
): SettledEntry {
  const { uuid, account } = record.reading;
  return {
    status,
    uuid: typeof uuid === 'string' ? uuid : null,
    ...(typeof account === 'string' && account !== '' ? { account_id: account } : {}),
    reasons,
    origin: originOf(record, rules),
  };
}
