// How rejected records are written: as CSV or NDJSON, in the input's own columns, then line, status and reasons.

import { notAccepted, type Outcome } from '../core/outcome.js';
import { isTabular, type Table } from '../core/row.js';

/** What has to be known of an input to write its records again; a Table of the input is one. `add` has no file. */
export type RejectSource = Pick<Table, 'format' | 'columns' | 'delimiter' | 'headerLine'> & {
  readonly file?: string;
};

/** How the rejected records of an input are written, so that the command that read the input can read them too. */
export interface RejectFormat {
  /** Inputs whose formats have one key share a file. */
  readonly key: string;
  readonly format: 'csv' | 'ndjson';
  /** The first line with its line feed; '' where there is none. */
  readonly header: string;
  /** A record as one line with its line feed. */
  line(outcome: Outcome): string;
  /** The columns of the input in which a record has what a spreadsheet would take for a formula. */
  formulaColumns(outcome: Outcome): readonly string[];
  /** Whether a file that begins with this text (whole, or its first 64 KiB) holds rejects of this format. */
  matches(head: string): boolean;
}

/** The columns that are added. Where the input has one of that name itself, ours is called `amocalls_…`. */
const addedColumns = ['line', 'status', 'reasons'] as const;

/**
 * The format for an input: CSV for CSV and workbooks, with its delimiter, with a header where it had one; else NDJSON, whose objects
 * are where `--path` (`data.records`) will look for them.
 */
export function rejectFormatOf(source: RejectSource, path = ''): RejectFormat {
  return isTabular(source.format) ? csvFormat(source) : ndjsonFormat(source, path);
}

function csvFormat({ columns, delimiter = ',', headerLine }: RejectSource): RejectFormat {
  const hasHeader = headerLine !== undefined;
  const reimported = hasHeader && isRejectsHeader(columns);
  const own = reimported ? columns.slice(0, -addedColumns.length) : columns;
  const join = (cells: readonly string[]): string =>
    `${cells.map((cell) => quote(cell, delimiter)).join(delimiter)}\n`;
  const header = hasHeader ? join([...own, ...addedNames(own)]) : '';
  return {
    key: JSON.stringify(['csv', delimiter, hasHeader, own]),
    format: 'csv',
    header,
    line(outcome) {
      const cells = outcome.origin.row?.cells ?? [];
      const surplus = cells.slice(own.length);
      const extra =
        reimported || (!hasHeader && areAddedCells(surplus)) ? surplus.slice(addedColumns.length) : surplus;
      const [line = '', status = '', reasons = ''] = addedCells(outcome);
      const added = [line, status, withoutFormula(reasons)];
      return join([...own.map((_, at) => cells[at] ?? ''), ...added, ...extra]);
    },
    formulaColumns: ({ origin }) => own.filter((_, at) => isFormula(origin.row?.cells[at] ?? '')),
    matches: (head) =>
      hasHeader
        ? head.startsWith(header)
        : notAccepted.some((status) => head.includes(`${delimiter}${status}${delimiter}`)),
  };
}

function ndjsonFormat({ columns }: RejectSource, path: string): RejectFormat {
  const parts = path.split('.').filter((part) => part !== '');
  return {
    key: 'ndjson',
    format: 'ndjson',
    header: '',
    line(outcome) {
      const own = withoutAddedFields(ownFields(outcome, columns));
      const names = addedNames([...own.keys()]);
      const cells = addedCells(outcome);
      const added = names.map((name, at) => [name, cells[at]] as const);
      const record: object = Object.fromEntries([...own, ...added]);
      return `${JSON.stringify(parts.reduceRight((inner, part) => ({ [part]: inner }), record))}\n`;
    },
    // No spreadsheet opens NDJSON.
    formulaColumns: () => [],
    matches: (head) =>
      new RegExp(`^\\{[^\\n]*"(?:amocalls_)?status":"(?:${notAccepted.join('|')})"`).test(head),
  };
}

/** The fields of a record by their flattened names; of one that is no JSON, its text as `raw`. */
function ownFields({ origin: { row } }: Outcome, columns: readonly string[]): Map<string, string> {
  if (row?.text !== undefined) return new Map([['raw', row.text]]);
  const cells = row?.cells ?? [];
  return new Map(
    columns.map((name, at) => [name, cells[at] ?? ''] as const).filter(([, cell]) => cell !== ''),
  );
}

/** The fields without the columns added by an earlier rejects file, which this record was read from. */
function withoutAddedFields(fields: Map<string, string>): Map<string, string> {
  const names = addedColumns.map((name) => (fields.has(`amocalls_${name}`) ? `amocalls_${name}` : name));
  if (!areAddedCells(names.map((name) => fields.get(name) ?? ''))) return fields;
  return new Map([...fields].filter(([name]) => !names.includes(name)));
}

/** Whether a header is one of a rejects file: it ends with the added columns. */
function isRejectsHeader(columns: readonly string[]): boolean {
  const end = columns.slice(-addedColumns.length);
  const names = addedNames(columns.slice(0, -addedColumns.length));
  return end.length === addedColumns.length && end.every((name, at) => name === names[at]);
}

function areAddedCells([line = '', status = '']: readonly string[]): boolean {
  return /^\d*$/.test(line) && notAccepted.some((known) => known === status);
}

/** Header names are compared as the input room matches them: without case, blanks, `-` and `_`. */
function addedNames(own: readonly string[]): string[] {
  const taken = new Set(own.map((name) => name.toLowerCase().replace(/[\s_-]/g, '')));
  return addedColumns.map((name) => (taken.has(name) ? `amocalls_${name}` : name));
}

function addedCells({ status, reasons, origin }: Outcome): string[] {
  return [String(origin.line ?? origin.row?.line ?? ''), status, reasons?.join('; ') ?? ''];
}

/** Whether a spreadsheet would run a cell, or ask to: a number, with a sign or as a phone number, and a lone sign are none. */
function isFormula(cell: string): boolean {
  return /^[=@\t\r\n]/.test(cell) || (/^[+-]/.test(cell) && !/^[+-][\d\s().,:-]*$/.test(cell));
}

/**
 * A text that no spreadsheet takes for a formula: what the service said may begin with anything. Importing the file drops it,
 * apostrophe and all, and the next reason begins anew.
 */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

/** A cell that csv-parse reads back unchanged (RFC 4180), also where blanks at the ends are trimmed. */
function quote(cell: string, delimiter: string): string {
  const plain = !/["\r\n\uFEFF]|^\s|\s$/.test(cell) && !cell.includes(delimiter);
  return plain ? cell : `"${cell.replaceAll('"', '""')}"`;
}
