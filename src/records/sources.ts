import type { CallField } from '../core/call.js';
import { compileTemplate, type Piece } from './template.js';
import { present } from './text.js';

/** Where the text of a field comes from. */
export type Source =
  | {
      readonly kind: 'column';
      readonly column: string;
      readonly index: number;
      /** Found by its own name, by an alias, or named with --map. */
      readonly by: 'name' | 'alias' | 'map';
    }
  | {
      readonly kind: 'template';
      readonly template: string;
      readonly pieces: readonly Piece[];
      /** The columns in it, with their positions. */
      readonly columns: ReadonlyMap<string, number>;
    }
  /** The rule of a preset. */
  | {
      readonly kind: 'preset';
      /** Those of its columns that the file has, with their positions. */
      readonly columns: ReadonlyMap<string, number>;
      readonly read: (cells: readonly string[]) => string;
    }
  | { readonly kind: 'constant'; readonly value: string }
  /** The uuid: a hash of these fields and columns. */
  | { readonly kind: 'built'; readonly from: readonly string[] }
  /** The type: from which side is an extension. */
  | { readonly kind: 'derived' }
  /** The account: the one that was given for the run. */
  | { readonly kind: 'given'; readonly value: string }
  | { readonly kind: 'none' };

export type Sources = Readonly<Record<CallField, Source>>;

/** Takes the cells of a row, and its local time in seconds for a template of a link; gives the text of one field, '' for none. */
export type TextReader = (cells: readonly string[], local: number) => string;

/** Compiles a source, once a file, to the function that reads it from every row. */
export function compileSource(source: Source, isLink: boolean): TextReader {
  if (source.kind === 'column') {
    const { index } = source;
    return (cells) => present(cells[index]);
  }
  if (source.kind === 'template') {
    return compileTemplate(source.pieces, (column) => source.columns.get(column) ?? -1, isLink);
  }
  if (source.kind === 'preset') return source.read;
  const text = source.kind === 'constant' ? source.value : '';
  return () => text;
}

/** Compiles the sources of all fields. */
export function compileSources(sources: Sources): Readonly<Record<CallField, TextReader>> {
  const compile = (field: CallField) => compileSource(sources[field], field === 'link');
  return {
    ...{ uuid: compile('uuid'), caller: compile('caller'), to: compile('to'), date: compile('date') },
    ...{ type: compile('type'), billsec: compile('billsec'), link: compile('link') },
    account_id: compile('account_id'),
  };
}

/** The positions of the columns that a source reads. */
export function indexesOf(source: Source): readonly number[] {
  if (source.kind === 'column') return [source.index];
  return source.kind === 'template' || source.kind === 'preset' ? [...source.columns.values()] : [];
}

/** Names a source in a message. */
export function describeSource(source: Source): string {
  if (source.kind === 'column') return `"${source.column}"`;
  if (source.kind === 'preset') return [...source.columns.keys()].map((name) => `"${name}"`).join(', ');
  return source.kind === 'template' ? `"${source.template}"` : 'the given value';
}
