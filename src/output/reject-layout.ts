import type { Outcome, Status } from '../core/outcome.js';
import type { Table } from '../core/row.js';

/** What has to be known of an input to write its records again; a Table of the input is one. `add` has no file. */
export type RejectSource = Pick<Table, 'format' | 'columns' | 'delimiter' | 'headerLine'> & {
  readonly file?: string;
};

/** How the rejected records of an input are written, so that the command that read the input reads them as well. */
export interface RejectLayout {
  /** Inputs whose layouts have one key share a file. */
  readonly key: string;
  readonly format: 'csv' | 'ndjson';
  /** The first line with its line feed; '' where there is none. */
  readonly header: string;
  /** A record as one line with its line feed. */
  line(outcome: Outcome): string;
  /** Whether a file that begins with this text (whole, or its first 64 KiB) holds rejects of this layout. */
  owns(head: string): boolean;
}

/** The records that `--rejects` writes; duplicates and filtered ones need no mending. */
const written: readonly Status[] = ['rejected', 'invalid', 'unconfirmed', 'unsent'];

export function isReject({ status }: Outcome): boolean {
  return written.includes(status);
}

/** The columns that are added. Where the input has one of that name itself, ours is called `amocalls_…`. */
const marks = ['line', 'status', 'reasons'] as const;

/**
 * The layout for an input: CSV for CSV, with its delimiter, with a header where it had one; else NDJSON, whose objects
 * stand where `--path` (`data.records`) will look for them.
 */
export function layoutOf(source: RejectSource, path = ''): RejectLayout {
  return source.format === 'csv' ? csvLayout(source) : ndjsonLayout(source, path);
}

function csvLayout({ columns, delimiter = ',', headerLine }: RejectSource): RejectLayout {
  const headed = headerLine !== undefined;
  const again = headed && isMarked(columns);
  const own = again ? columns.slice(0, -marks.length) : columns;
  const join = (cells: readonly string[]): string =>
    `${cells.map((cell) => quote(cell, delimiter)).join(delimiter)}\n`;
  const header = headed ? join([...own, ...markNames(own)]) : '';
  return {
    key: JSON.stringify(['csv', delimiter, headed, own]),
    format: 'csv',
    header,
    line(outcome) {
      const cells = outcome.origin.row?.cells ?? [];
      const surplus = cells.slice(own.length);
      const extra = again || (!headed && areMarks(surplus)) ? surplus.slice(marks.length) : surplus;
      return join([...own.map((_, at) => cells[at] ?? ''), ...markCells(outcome), ...extra]);
    },
    owns: (head) =>
      headed
        ? head.startsWith(header)
        : written.some((status) => head.includes(`${delimiter}${status}${delimiter}`)),
  };
}

function ndjsonLayout({ columns }: RejectSource, path: string): RejectLayout {
  const parts = path.split('.').filter((part) => part !== '');
  return {
    key: 'ndjson',
    format: 'ndjson',
    header: '',
    line(outcome) {
      const own = withoutMarks(ownFields(outcome, columns));
      const names = markNames([...own.keys()]);
      const cells = markCells(outcome);
      const added = names.map((name, at) => [name, cells[at]] as const);
      const record: object = Object.fromEntries([...own, ...added]);
      return `${JSON.stringify(parts.reduceRight((inner, part) => ({ [part]: inner }), record))}\n`;
    },
    owns: (head) => /^\{[^\n]*"(?:amocalls_)?status":"(?:rejected|invalid|unconfirmed|unsent)"/.test(head),
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

/** The fields without the marks of an earlier rejects file, which this record was read from. */
function withoutMarks(fields: Map<string, string>): Map<string, string> {
  const names = marks.map((mark) => (fields.has(`amocalls_${mark}`) ? `amocalls_${mark}` : mark));
  if (!areMarks(names.map((name) => fields.get(name) ?? ''))) return fields;
  return new Map([...fields].filter(([name]) => !names.includes(name)));
}

/** Whether a header is one of a rejects file: our columns stand at its end. */
function isMarked(columns: readonly string[]): boolean {
  const end = columns.slice(-marks.length);
  const names = markNames(columns.slice(0, -marks.length));
  return end.length === marks.length && end.every((name, at) => name === names[at]);
}

function areMarks([line = '', status = '']: readonly string[]): boolean {
  return /^\d*$/.test(line) && written.some((known) => known === status);
}

/** Header names are compared as the input room matches them: without case, blanks, `-` and `_`. */
function markNames(own: readonly string[]): string[] {
  const taken = new Set(own.map((name) => name.toLowerCase().replace(/[\s_-]/g, '')));
  return marks.map((mark) => (taken.has(mark) ? `amocalls_${mark}` : mark));
}

function markCells({ status, reasons, origin }: Outcome): string[] {
  return [String(origin.line ?? origin.row?.line ?? ''), status, reasons?.join('; ') ?? ''];
}

/** A cell that csv-parse reads back unchanged (RFC 4180), also where blanks at the ends are trimmed. */
function quote(cell: string, delimiter: string): string {
  const plain = !/["\r\n\uFEFF]|^\s|\s$/.test(cell) && !cell.includes(delimiter);
  return plain ? cell : `"${cell.replaceAll('"', '""')}"`;
}
