// The columns of a file with what stands in its first rows.

import { Problem } from '../core/errors.js';
import { readableCells, type Table } from '../core/row.js';
import { cellText, plainName } from './cell-text.js';
import { type DateText, parseEitherDate } from './date-text.js';
import { baseName } from './header-names.js';

/** A column of a file, with its cells in the first rows that can be read. */
export class SampledColumn {
  /** Its name as names are compared. */
  readonly plain: string;
  #base: string | undefined;
  #texts: readonly string[] | undefined;
  #dates: readonly DateText[] | undefined;

  constructor(
    readonly name: string,
    readonly index: number,
    readonly rows: readonly (readonly string[])[],
  ) {
    this.plain = plainName(name);
  }

  /** Its name as names are compared, without what qualifies it. */
  get base(): string {
    this.#base ??= baseName(this.name);
    return this.#base;
  }

  /** Its texts, but for empty ones. */
  get texts(): readonly string[] {
    this.#texts ??= this.rows.map((cells) => this.textIn(cells)).filter((text) => text !== '');
    return this.#texts;
  }

  /** Those of them that are dates. */
  get dates(): readonly DateText[] {
    this.#dates ??= this.texts.flatMap((text) => {
      const date = parseEitherDate(text);
      return date instanceof Problem ? [] : date;
    });
    return this.#dates;
  }

  /** Its text in a row, '' for none. */
  textIn(cells: readonly string[]): string {
    return cellText(cells[this.index]);
  }

  /** Whether its name, or what is left of it without what qualifies it, is one of these. */
  isNamed(known: ReadonlySet<string>): boolean {
    return known.has(this.plain) || known.has(this.base);
  }
}

/** The columns of a file, to be found by name, with the cells of its first rows. */
export class Sample {
  readonly columns: readonly SampledColumn[];
  readonly #exact = new Map<string, SampledColumn>();
  readonly #plain = new Map<string, SampledColumn>();

  /** Where a name stands twice, the first column has it. */
  constructor(
    names: readonly string[],
    readonly rows: readonly (readonly string[])[] = [],
  ) {
    this.columns = names.map((name, index) => new SampledColumn(name, index, rows));
    for (const column of this.columns) {
      if (!this.#exact.has(column.name)) this.#exact.set(column.name, column);
      if (column.plain !== '' && !this.#plain.has(column.plain)) this.#plain.set(column.plain, column);
    }
  }

  /** The column of exactly this name, else one that differs in case, spaces or punctuation only. */
  find(name: string): SampledColumn | undefined {
    return this.#exact.get(name) ?? this.#plain.get(plainName(name));
  }

  /** Whether there is a column of this name; `a|b`: of one of these. */
  has(names: string): boolean {
    return this.findAll(names.split('|')).length > 0;
  }

  /** The columns of these names that are there. */
  findAll(names: readonly string[]): readonly SampledColumn[] {
    return names.flatMap((name) => this.find(name) ?? []);
  }
}

/**
 * The first rows of a table that can be read, by its columns. Of a text with columns, rows whose cells are not in their columns,
 * since one is missing or too many, and headers that stand in it once more say nothing of them.
 */
export function sampleOf({ columns, sample, format }: Pick<Table, 'columns' | 'sample' | 'format'>): Sample {
  const rows = readableCells(sample);
  if (format !== 'csv') return new Sample(columns, rows);
  const isWhole = (cells: readonly string[]) => cells.length === columns.length && !isHeader(cells, columns);
  const whole = rows.filter(isWhole);
  return new Sample(columns, whole.length * 2 < rows.length ? rows : whole);
}

/** Whether a row is the header once more. */
export function isHeader(cells: readonly string[], columns: readonly string[]): boolean {
  return cells.length === columns.length && cells.every((cell, at) => cell === columns[at]);
}

/** Whether most of a list pass a test: one row whose cells are not in their columns turns no file. */
export function areMostly<T>(list: readonly T[], test: (one: T) => boolean): boolean {
  return list.filter(test).length * 2 > list.length;
}
