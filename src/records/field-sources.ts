// Where the text of a field comes from: column, template, preset, constant.

import type { CallField } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { cellText, quote } from './cell-text.js';
import { datePart, formatLocal } from './dates.js';
import type { PresetReader } from './preset-reader.js';
import type { PresetField } from './presets/preset.js';

/** Takes the cells of a row, and its local time in seconds where the link is asked for; gives the text of one field, '' for none. */
export type TextReader = (cells: readonly string[], local?: number) => string;

/** Several columns that are read together. */
interface ReadColumns {
  /** With their positions. */
  readonly columns: ReadonlyMap<string, number>;
  readonly read: TextReader;
}

/** A text that is worked out of columns of the row. */
export interface ComputedSource extends ReadColumns {
  readonly kind: 'computed';
  /** How, in words. */
  readonly what: string;
  /** Of a talk time, the column of durations that it is made of; absent where it is made of times. */
  readonly duration?: number;
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
  | (ReadColumns & { readonly kind: 'template'; readonly template: string })
  /** The first of several columns that is not empty. */
  | (ReadColumns & { readonly kind: 'first' })
  | ComputedSource
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
  | { readonly kind: 'none' };

export type Sources = Readonly<Record<CallField, FieldSource>>;

/** A column as a source. */
export function columnSource(
  { name, index }: { readonly name: string; readonly index: number },
  by: 'name' | 'alias' | 'values' | 'map',
): FieldSource {
  return { kind: 'column', column: name, index, by };
}

/** Compiles a source, once a file, to the function that reads it from every row. */
export function compileSource(source: FieldSource): TextReader {
  switch (source.kind) {
    case 'column': {
      const { index } = source;
      return (cells) => cellText(cells[index]);
    }
    case 'template':
    case 'first':
    case 'computed':
      return source.read;
    case 'filled': {
      const read = compileSource(source.source);
      return (cells) => read(cells) || source.value;
    }
    case 'preset': {
      const { preset, field } = source;
      return (cells) => preset.read(cells)[field] ?? '';
    }
    case 'constant':
      return () => source.value;
    default:
      return () => '';
  }
}

/** Compiles a source to what gives the cells that it reads, as they stand; of a preset, the text that it makes of them. */
export function compileCells(source: FieldSource): (cells: readonly string[]) => readonly string[] {
  if (source.kind === 'preset' || source.kind === 'constant' || source.kind === 'given') {
    const read = compileSource(source);
    return (cells) => [read(cells)];
  }
  const indexes = indexesOf(source);
  return (cells) => indexes.map((index) => cellText(cells[index]));
}

/** The positions of the columns that a source reads. */
export function indexesOf(source: FieldSource): readonly number[] {
  if (source.kind === 'column') return [source.index];
  if (source.kind === 'preset') return [...source.preset.columns.values()];
  if (source.kind === 'filled') return indexesOf(source.source);
  if (source.kind === 'party') return [...indexesOf(source.client), ...indexesOf(source.employee)];
  return 'columns' in source ? [...source.columns.values()] : [];
}

/** Names a source in a message. */
export function describeFieldSource(source: FieldSource): string {
  if (source.kind === 'column') return `"${source.column}"`;
  if (source.kind === 'first') return [...source.columns.keys()].map((name) => `"${name}"`).join(', else ');
  if (source.kind === 'filled') return describeFieldSource(source.source);
  return source.kind === 'template' ? `"${source.template}"` : 'the given value';
}

/** The source that gives the first of several columns that is not empty. */
export function firstFilled(columns: ReadonlyMap<string, number>): FieldSource {
  const indexes = [...columns.values()];
  const read: TextReader = (cells) => {
    for (const index of indexes) {
      const text = cellText(cells[index]);
      if (text !== '') return text;
    }
    return '';
  };
  return { kind: 'first', columns, read };
}

/** One piece of a template. */
export type TemplatePiece =
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
 * @param columns those that are named in it, with their positions
 */
export function templateSource(
  template: string,
  pieces: readonly TemplatePiece[],
  columns: ReadonlyMap<string, number>,
  isLink = false,
): FieldSource {
  const fills = pieces.map((piece) => compilePiece(piece, columns, isLink));
  const indexes = [...columns.values()];
  const read: TextReader = (cells, local) => {
    const filled = (index: number) => cellText(cells[index]) !== '';
    if (indexes.length > 0 && !(isLink ? indexes.every(filled) : indexes.some(filled))) return '';
    let text = '';
    for (const fill of fills) text += fill(cells, local);
    return text.trim();
  };
  return { kind: 'template', template, columns, read };
}

function compilePiece(
  piece: TemplatePiece,
  columns: ReadonlyMap<string, number>,
  isLink: boolean,
): TextReader {
  if (piece.kind === 'text') return () => piece.text;
  if (piece.kind === 'date') return (_, local = 0) => formatLocal(piece.format, local);
  const index = columns.get(piece.column) ?? -1;
  if (!isLink) return (cells) => cellText(cells[index]);
  return piece.keepSlashes
    ? (cells) => percentEncode(cellText(cells[index])).replaceAll('%2F', '/')
    : (cells) => percentEncode(cellText(cells[index]));
}

/** encodeURIComponent throws on half a surrogate pair: such a character becomes U+FFFD. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
