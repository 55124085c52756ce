// Where the text of a field comes from: column, template, preset, constant.

import type { CallField } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { cellText, quote } from './cell-text.js';
import { datePart, formatLocal } from './dates.js';
import type { PresetReader } from './preset-reader.js';
import type { PresetField } from './presets/preset.js';
import type { Note, RecordOptions } from './record-options.js';
import type { Sample, SampledColumn } from './sample.js';

/** Takes the cells of a row, and its local time in seconds where the link is asked for; gives the text of one field, '' for none. */
export type TextReader = (cells: readonly string[], local?: number) => string;

/** Where the text of a field comes from. */
export interface FieldSource {
  /**
   * `first`: the first of several columns that is not empty; `times`: the seconds between two; `filled`: columns whose empty cells
   * get a given value; `party`: the client or the employee, as the direction says; `built`: the uuid is a hash; `derived`: the type
   * is told by the extension; `given`: the account of the run.
   */
  readonly kind:
    | 'column'
    | 'template'
    | 'first'
    | 'computed'
    | 'times'
    | 'filled'
    | 'party'
    | 'preset'
    | 'constant'
    | 'built'
    | 'derived'
    | 'given'
    | 'none';
  /** As messages name it. */
  readonly name: string;
  /** How it is read, in words; '' where nothing is, and for a preset, which says it itself. */
  readonly what: string;
  /** The columns that it reads, in the order in which their texts count. */
  readonly columns: readonly SampledColumn[];
  readonly read: TextReader;
  /** The one column that it is, as it stands. */
  readonly column?: SampledColumn;
  /** How its columns were found: by the field's own name, by an alias, by what they hold, or named with --map. */
  readonly by?: FoundBy | undefined;
  /** Of dates, the column that was found to hold their zones. */
  readonly zone?: SampledColumn | undefined;
}

type FoundBy = 'name' | 'alias' | 'values' | 'map';

/** What is at hand while the sources of a file are looked for. */
export interface Search {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly sample: Sample;
  /** Only a file that no preset reads has durations of an unknown form. */
  readonly preset: PresetReader | undefined;
  readonly note: Note;
}

export type Sources = Readonly<Record<CallField, FieldSource>>;

const given = 'the given value';

/** A source that reads no columns; `what` says in words what it gives. */
export function plainSource(kind: FieldSource['kind'], what: string, text = ''): FieldSource {
  return { kind, name: given, what, columns: [], read: () => text };
}

export const noSource = plainSource('none', '');

/** A column as it stands. */
export function columnSource(column: SampledColumn, by: FoundBy): FieldSource {
  const { name, index } = column;
  return {
    kind: 'column',
    name: `"${name}"`,
    what: `column "${name}"${by === 'alias' ? ' (a known name)' : ''}`,
    columns: [column],
    read: (cells) => cellText(cells[index]),
    column,
    by,
  };
}

/** The first of several columns that is not empty. */
export function firstFilled(columns: readonly SampledColumn[]): FieldSource {
  const name = columns.map((column) => `"${column.name}"`).join(', else ');
  const read: TextReader = (cells) => {
    for (const { index } of columns) {
      const text = cellText(cells[index]);
      if (text !== '') return text;
    }
    return '';
  };
  return { kind: 'first', name, what: name, columns, read };
}

/** A text that is worked out of columns of the row; `what` says how. */
export function computedSource(
  what: string,
  columns: readonly SampledColumn[],
  read: TextReader,
  kind: 'computed' | 'times' = 'computed',
): FieldSource {
  return { kind, name: what, what, columns, read };
}

/** A source whose empty texts get a given value. */
export function filledSource(source: FieldSource, value: string): FieldSource {
  const { name, columns, read, by } = source;
  const what = `${name}; where it is empty, "${value}"`;
  return { kind: 'filled', name, what, columns, read: (cells) => read(cells) || value, by };
}

/** The client or the employee, as the direction says. */
export function partySource(client: FieldSource, employee: FieldSource): FieldSource {
  const what = `${client.name} is the client, ${employee.name} the employee; the direction says who called`;
  return { ...plainSource('party', what), columns: [...client.columns, ...employee.columns] };
}

/** What a preset makes of the row. */
export function presetSource(preset: PresetReader, field: PresetField): FieldSource {
  const read: TextReader = (cells) => preset.read(cells)[field] ?? '';
  return { ...plainSource('preset', ''), columns: preset.columns, read };
}

/** The cells that a source reads, as they stand; of a preset, the text that it makes of them. */
export function cellsOf({ kind, columns, read }: FieldSource, cells: readonly string[]): readonly string[] {
  if (kind === 'preset' || kind === 'constant' || kind === 'given') return [read(cells)];
  return columns.map(({ index }) => cellText(cells[index]));
}

/** The position of the last column that is read; -1 where none is. */
export function lastIndex(columns: readonly SampledColumn[]): number {
  return Math.max(-1, ...columns.map(({ index }) => index));
}

/** One piece of a template. */
type TemplatePiece =
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
export function parseTemplate(source: string): Parsed<readonly TemplatePiece[]> {
  const pieces: TemplatePiece[] = [];
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
 * The source that fills a template. It gives '' where every column named is empty, for a link also where any of them is: half a
 * link leads nowhere.
 *
 * @param template as messages name it
 * @param columns those that are named in it, by the names that it has for them
 */
export function templateSource(
  template: string,
  pieces: readonly TemplatePiece[],
  columns: ReadonlyMap<string, SampledColumn>,
  isLink = false,
): FieldSource {
  const fills = pieces.map((piece) => compilePiece(piece, columns, isLink));
  const named = [...columns.values()];
  const isFilled = (cells: readonly string[]) => {
    const filled = ({ index }: SampledColumn) => cellText(cells[index]) !== '';
    return named.length === 0 || (isLink ? named.every(filled) : named.some(filled));
  };
  const read: TextReader = (cells, local) => {
    if (!isFilled(cells)) return '';
    let text = '';
    for (const fill of fills) text += fill(cells, local);
    return text.trim();
  };
  return { kind: 'template', name: `"${template}"`, what: `made of ${template}`, columns: named, read };
}

function compilePiece(
  piece: TemplatePiece,
  columns: ReadonlyMap<string, SampledColumn>,
  isLink: boolean,
): TextReader {
  if (piece.kind === 'text') return () => piece.text;
  if (piece.kind === 'date') return (_, local = 0) => formatLocal(piece.format, local);
  const index = columns.get(piece.column)?.index ?? -1;
  if (!isLink) return (cells) => cellText(cells[index]);
  return piece.keepSlashes
    ? (cells) => percentEncode(cellText(cells[index])).replaceAll('%2F', '/')
    : (cells) => percentEncode(cellText(cells[index]));
}

/** encodeURIComponent throws on half a surrogate pair: such a character becomes U+FFFD. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
