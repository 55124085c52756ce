// The records that were not accepted, in the input's own columns, as CSV or NDJSON.

import { shellQuoted } from '../core/display.js';
import type { Outcome, Status } from '../core/outcome.js';
import { isTabular, type Table } from '../core/row.js';
import { type OutputPlace, othersMayRead } from '../files/output-file.js';
import {
  chooseFile,
  encoderOf,
  openRejectFile,
  placeOf,
  type RejectFile,
  type RejectsOptions,
} from './reject-file.js';

/**
 * The records that were not accepted, written so that they can be fixed and imported again by the same command:
 * the input's own columns, unchanged, then `line`, `status` and `reasons`.
 */
export interface Rejects {
  /**
   * Makes an input known, before anything of it is sent. Throws a UserError where its rejects cannot be written: the
   * file holds something else, or its extension does not fit its format.
   */
  expect(source: RejectSource): Promise<void>;
  /**
   * Appends those of the outcomes that are rejects; one call after the other.
   * Throws a UserError that names the file when it cannot be written (a full disk).
   */
  write(outcomes: readonly Outcome[]): Promise<void>;
  close(): Promise<void>;
  /** The files that were written to, by their names, with the number of records of this run. */
  readonly files: readonly { readonly file: string; readonly records: number }[];
  /** What is to be said of these files. */
  readonly remarks: readonly RejectsRemark[];
}

/** What the user should know of a file of rejects, and what to do about it. */
export interface RejectsRemark {
  readonly text: string;
  readonly hint: string;
}

/** A file of rejects, and what went there. */
interface Target {
  readonly place: OutputPlace;
  readonly file: RejectFile;
  records: number;
  /** Columns of the input with texts that a spreadsheet would take for formulas. */
  readonly formulas: Set<string>;
}

interface Source {
  readonly format: RejectFormat;
  readonly target: Target;
}

/**
 * Opens `--rejects`; throws a UserError where the name cannot be one. No file is created before the first reject.
 * A file that holds rejects of the same format is added to, so that a job that runs every hour loses none; one that
 * holds anything else is refused. Inputs of one run that differ in format, columns or delimiter get a file each
 * (`bad.csv`, `bad.2.csv`, …): one file with the columns of all could not be read by the command that read them.
 */
export async function openRejects(options: RejectsOptions): Promise<Rejects> {
  const encode = encoderOf(options.encoding ?? 'utf-8');
  const targets = new Map<string, Target>();
  const sources = new Map<string | undefined, Source>();
  const first = await placeOf(options.file, options);
  return {
    async expect(source) {
      const format = rejectFormatOf(source, options.path);
      let target = targets.get(format.key);
      if (target === undefined) {
        const taken = [...targets.values()].map((other) => other.place);
        const place = await chooseFile(options, first, format, taken);
        target = {
          place,
          file: openRejectFile(place, format.header, encode),
          records: 0,
          formulas: new Set(),
        };
        targets.set(format.key, target);
      }
      sources.set(source.file, { format, target });
    },
    async write(outcomes) {
      for (const [target, lines] of linesByTarget(outcomes, sources)) {
        await target.file.append(lines.join(''));
        target.records += lines.length;
      }
    },
    async close() {
      for (const { file } of targets.values()) await file.close();
    },
    get files() {
      const used = [...targets.values()].filter(({ records }) => records > 0);
      return used.map(({ place, records }) => ({ file: place.name, records }));
    },
    get remarks() {
      return [...targets.values()].filter(({ records }) => records > 0).flatMap(remarksOf);
    },
  };
}

function remarksOf({ place, formulas }: Target): readonly RejectsRemark[] {
  const { name, realPath } = place;
  const columns = [...formulas].map((column) => `"${column}"`).join(', ');
  return [
    ...(othersMayRead(place)
      ? [
          {
            text: `${name} holds phone numbers, and other users of this machine can read it`,
            hint: `Run: chmod 600 ${shellQuoted(realPath)}`,
          },
        ]
      : []),
    ...(formulas.size > 0
      ? [
          {
            text: `${name}: texts in ${columns} begin as a formula does; the file keeps them as they came`,
            hint: 'Open it in a text editor, or import it into a spreadsheet as text.',
          },
        ]
      : []),
  ];
}

/** The lines of the rejects among the outcomes, by the file that they go to. */
function linesByTarget(
  outcomes: readonly Outcome[],
  sources: ReadonlyMap<string | undefined, Source>,
): Map<Target, string[]> {
  const found = new Map<Target, string[]>();
  for (const outcome of outcomes.filter(isReject)) {
    const source = sources.get(outcome.origin.file);
    if (source === undefined) {
      throw new Error(`rejects of an input that was not expected: ${outcome.origin.file}`);
    }
    const lines = found.get(source.target) ?? [];
    found.set(source.target, lines);
    lines.push(source.format.line(outcome));
    for (const column of source.format.formulaColumns(outcome)) source.target.formulas.add(column);
  }
  return found;
}

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

/** The records that `--rejects` writes; duplicates and filtered ones need no fix. */
const rejectStatuses: readonly Status[] = ['rejected', 'invalid', 'unconfirmed', 'unsent'];

function isReject({ status }: Outcome): boolean {
  return rejectStatuses.includes(status);
}

/** The columns that are added. Where the input has one of that name itself, ours is called `amocalls_…`. */
const addedColumns = ['line', 'status', 'reasons'] as const;

/**
 * The format for an input: CSV for CSV and workbooks, with its delimiter, with a header where it had one; else NDJSON, whose objects
 * are where `--path` (`data.records`) will look for them.
 */
function rejectFormatOf(source: RejectSource, path = ''): RejectFormat {
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
        : rejectStatuses.some((status) => head.includes(`${delimiter}${status}${delimiter}`)),
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
    matches: (head) => /^\{[^\n]*"(?:amocalls_)?status":"(?:rejected|invalid|unconfirmed|unsent)"/.test(head),
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
  return /^\d*$/.test(line) && rejectStatuses.some((known) => known === status);
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
