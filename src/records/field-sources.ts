// Where the text of a field comes from: column, template, preset, constant.

import type { CallField } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { cellText, isDigits, quote } from './cell-text.js';
import { datePart, formatLocal } from './dates.js';
import { type ColumnIndex, indexColumns } from './header-names.js';
import { misfitFinder } from './misfits.js';
import type { InternalTest } from './phone-numbers.js';
import type { Cell, IsExtension, NamedPreset, PresetField, RawFields } from './presets/preset.js';

interface TemplateSource {
  readonly kind: 'template';
  readonly template: string;
  readonly pieces: readonly Piece[];
  /** The columns in it, with their positions. */
  readonly columns: ReadonlyMap<string, number>;
}

/** A text that is worked out of columns of the row. */
export interface ComputedSource {
  readonly kind: 'computed';
  /** How, in words. */
  readonly what: string;
  /** The columns that it is made of, with their positions. */
  readonly columns: ReadonlyMap<string, number>;
  /** Of a talk time, the column of durations that it is made of; absent where it is made of times. */
  readonly duration?: number;
  readonly read: (cells: readonly string[]) => string;
}

/** Where the text of a field comes from. */
export type FieldSource =
  | {
      readonly kind: 'column';
      readonly column: string;
      readonly index: number;
      /** Found by its own name, by an alias, by what it holds, or named with --map. */
      readonly by: 'name' | 'alias' | 'values' | 'map';
    }
  | TemplateSource
  /** The first of several columns that is not empty. */
  | { readonly kind: 'first'; readonly columns: ReadonlyMap<string, number> }
  /** A column whose empty cells get a given value. */
  | { readonly kind: 'filled'; readonly source: FieldSource; readonly value: string }
  /** The client or the employee, as the direction says. */
  | { readonly kind: 'party'; readonly client: FieldSource; readonly employee: FieldSource }
  /** What a preset makes of the row. */
  | { readonly kind: 'preset'; readonly field: PresetField; readonly preset: PresetReader }
  | { readonly kind: 'constant'; readonly value: string }
  /** The uuid: a hash of these fields and columns. */
  | { readonly kind: 'built'; readonly from: readonly string[] }
  /** The type: from which side is an extension. */
  | { readonly kind: 'derived' }
  /** The account: the one that was given for the run. */
  | { readonly kind: 'given'; readonly value: string }
  | ComputedSource
  | { readonly kind: 'none' };

export type Sources = Readonly<Record<CallField, FieldSource>>;

/** A preset at work on one file. */
export interface PresetReader {
  /** Reads a row; asked for the same row again, it gives what it gave. */
  readonly read: (cells: readonly string[]) => RawFields;
  /** The columns of the file that it asked for among the first rows, with their positions. */
  readonly columns: ReadonlyMap<string, number>;
  /** The id of the call of a row whose cells may be in wrong columns: the last cell that looks like one. */
  readonly idIn: (cells: readonly string[]) => string | undefined;
}

/** Takes the cells of a row, and its local time in seconds for a template of a link; gives the text of one field, '' for none. */
export type TextReader = (cells: readonly string[], local: number) => string;

/** Compiles a source, once a file, to the function that reads it from every row. */
export function compileSource(source: FieldSource, isLink: boolean): TextReader {
  if (source.kind === 'column') {
    const { index } = source;
    return (cells) => cellText(cells[index]);
  }
  if (source.kind === 'template') return compileTemplate(source, isLink);
  if (source.kind === 'first') {
    const indexes = [...source.columns.values()];
    return (cells) => firstFilled(cells, indexes);
  }
  if (source.kind === 'filled') {
    const read = compileSource(source.source, isLink);
    return (cells, local) => read(cells, local) || source.value;
  }
  if (source.kind === 'preset') {
    const { preset, field } = source;
    return (cells) => preset.read(cells)[field] ?? '';
  }
  if (source.kind === 'computed') return source.read;
  const text = source.kind === 'constant' ? source.value : '';
  return () => text;
}

function firstFilled(cells: readonly string[], indexes: readonly number[]): string {
  for (const index of indexes) {
    const text = cellText(cells[index]);
    if (text !== '') return text;
  }
  return '';
}

/** Compiles the sources of all fields. */
export function compileSources(sources: Sources): Readonly<Record<CallField, TextReader>> {
  const compile = (field: CallField) => compileSource(sources[field], field === 'link');
  return {
    uuid: compile('uuid'),
    caller: compile('caller'),
    to: compile('to'),
    date: compile('date'),
    type: compile('type'),
    billsec: compile('billsec'),
    link: compile('link'),
    account_id: compile('account_id'),
  };
}

/** The positions of the columns that a source reads. */
export function indexesOf(source: FieldSource): readonly number[] {
  if (source.kind === 'column') return [source.index];
  if (source.kind === 'computed') return [...source.columns.values()];
  if (source.kind === 'preset') return [...source.preset.columns.values()];
  if (source.kind === 'filled') return indexesOf(source.source);
  if (source.kind === 'party') return [...indexesOf(source.client), ...indexesOf(source.employee)];
  return source.kind === 'template' || source.kind === 'first' ? [...source.columns.values()] : [];
}

/** Names a source in a message. */
export function describeFieldSource(source: FieldSource): string {
  if (source.kind === 'column') return `"${source.column}"`;
  if (source.kind === 'first') return [...source.columns.keys()].map((name) => `"${name}"`).join(', else ');
  if (source.kind === 'filled') return describeFieldSource(source.source);
  return source.kind === 'template' ? `"${source.template}"` : 'the given value';
}

/**
 * Has a preset read the rows of a file with these column names, which may grow. Which of them it asks for is found out by
 * having it read the first rows.
 */
export function openPreset(
  preset: NamedPreset,
  {
    names,
    rows,
    isInternal,
  }: {
    readonly names: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly isInternal: InternalTest;
  },
): PresetReader {
  const cellOf = cellReader(names, preset.unquoted);
  const isExtension = extensionTest(isInternal);
  let last: { readonly cells: readonly string[]; readonly fields: RawFields } | undefined;
  const { id } = preset;
  const idIn = (cells: readonly string[]): string | undefined =>
    id === undefined ? undefined : cells.map(cellText).findLast((text) => text !== '' && id.fits(text));
  const misfit = misfitFinder(preset.shapes ?? {}, { names, unquoted: preset.unquoted });
  const readRow = (cells: readonly string[]): RawFields => {
    const fields = preset.read(cellOf(cells), isExtension);
    const problem = misfit(cells) ?? fields.problem;
    return problem === undefined ? fields : { ...fields, problem, uuid: idIn(cells) ?? fields.uuid };
  };
  return {
    columns: columnsAsked(preset, { names, rows, isExtension }),
    idIn,
    read(cells) {
      if (last?.cells !== cells) last = { cells, fields: readRow(cells) };
      return last.fields;
    },
  };
}

/** The columns of a file that a preset asks for in these rows, and in one that is empty; and those that order the rows of a call. */
function columnsAsked(
  { read, unquoted, rowsPerCall, rowKey }: NamedPreset,
  file: {
    readonly names: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly isExtension: IsExtension;
  },
): ReadonlyMap<string, number> {
  const cellOf = cellReader(file.names, unquoted);
  const asked = new Set(rowsPerCall === 'several' ? rowKey : []);
  for (const cells of [[], ...file.rows]) {
    const cell = cellOf(cells);
    const record: Cell = (column) => {
      asked.add(column);
      return cell(column);
    };
    read(record, file.isExtension);
  }
  const index = indexColumns(file.names);
  return new Map(
    [...asked].flatMap((column) => {
      const at = index.find(column);
      return at === undefined ? [] : [[index.names[at] ?? column, at] as const];
    }),
  );
}

/**
 * Makes what a preset reads rows with: gives for the cells of a row the text of a column by its name.
 * `names` may grow (JSON); columns are looked for again when it has. The cells that a row has too many belong to the
 * column `unquoted`, whose texts hold delimiters without quotes.
 */
export function cellReader(names: readonly string[], unquoted?: string): (cells: readonly string[]) => Cell {
  const known = new Map<string, number>();
  let size = -1;
  let columns: ColumnIndex = indexColumns([]);
  const indexOf = (name: string): number => {
    if (names.length !== size) {
      size = names.length;
      columns = indexColumns(names);
      known.clear();
    }
    const before = known.get(name);
    if (before !== undefined) return before;
    const index = columns.find(name) ?? -1;
    known.set(name, index);
    return index;
  };
  if (unquoted === undefined) return (cells) => (name) => cellText(cells[indexOf(name)]);
  return (cells) => (name) => {
    const index = indexOf(name);
    const piece = indexOf(unquoted);
    const isBehind = piece >= 0 && index > piece && cells.length > size;
    return cellText(cells[isBehind ? index + cells.length - size : index]);
  };
}

/** Tells extensions among texts of any kind. */
function extensionTest(isInternal: InternalTest): IsExtension {
  return (text) => isDigits(text) && isInternal(text);
}

/** One piece of a template. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `{column}`; `{+column}` keeps the slashes of a path, as RFC 6570 has it. */
  | { readonly kind: 'column'; readonly column: string; readonly keepSlashes: boolean }
  /** `{date:YYYY/MM/DD}`: parts of the call's date as its file writes it. */
  | { readonly kind: 'date'; readonly format: string };

/** Tells a template from the name of a column. */
export function isTemplate(source: string): boolean {
  return source.includes('{') || source.includes('}');
}

/** Reads `https://host/{date:YYYY}/{recordingfile}` into its pieces. */
export function parseTemplate(source: string): Parsed<readonly Piece[]> {
  const pieces: Piece[] = [];
  for (const [whole, inner] of source.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (whole === '{' || whole === '}')
      return new Problem(`${quote(source)} has a brace that is not closed or not opened`);
    if (inner === undefined) {
      pieces.push({ kind: 'text', text: whole });
      continue;
    }
    const format = inner.startsWith('date:') ? inner.slice(5) : undefined;
    const keepSlashes = inner.startsWith('+');
    const column = keepSlashes ? inner.slice(1) : inner;
    if (format !== undefined && format.search(datePart) < 0) {
      return new Problem(`{${inner}} is none of the parts of a date YYYY, YY, MM, DD, HH, mm, ss`);
    }
    if (column.trim() === '')
      return new Problem(`${quote(source)} has empty braces; write the name of a column into them`);
    pieces.push(format === undefined ? { kind: 'column', column, keepSlashes } : { kind: 'date', format });
  }
  return pieces;
}

/**
 * Compiles pieces to a function. It gives '' where every column named is empty,
 * for a link also where any of them is: half a link leads nowhere.
 */
function compileTemplate({ pieces, columns }: TemplateSource, isLink: boolean): TextReader {
  const indexOf = (column: string) => columns.get(column) ?? -1;
  const fills = pieces.map((piece) => compilePiece(piece, indexOf, isLink));
  const indexes = pieces.flatMap((piece) => (piece.kind === 'column' ? [indexOf(piece.column)] : []));
  return (cells, local) => {
    const filled = (index: number) => cellText(cells[index]) !== '';
    if (indexes.length > 0 && !(isLink ? indexes.every(filled) : indexes.some(filled))) return '';
    let text = '';
    for (const fill of fills) text += fill(cells, local);
    return text.trim();
  };
}

function compilePiece(piece: Piece, indexOf: (column: string) => number, encode: boolean): TextReader {
  if (piece.kind === 'text') return () => piece.text;
  if (piece.kind === 'date') return (_, local) => formatLocal(piece.format, local);
  const index = indexOf(piece.column);
  if (!encode) return (cells) => cellText(cells[index]);
  return piece.keepSlashes
    ? (cells) => percentEncode(cellText(cells[index])).replaceAll('%2F', '/')
    : (cells) => percentEncode(cellText(cells[index]));
}

/** encodeURIComponent throws on half a surrogate pair: such a character becomes U+FFFD. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
