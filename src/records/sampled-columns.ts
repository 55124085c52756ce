// The columns of a file with what stands in its first rows.

import { Problem } from '../core/errors.js';
import { readableCells, type Table } from '../core/row.js';
import { cellText, plainName } from './cell-text.js';
import { type DateText, parseDateText } from './date-text.js';
import { baseName } from './header-names.js';

/** A column of a file, with its cells in the first rows that can be read. */
export class SampledColumn {
  /** Its name as names are compared. */
  readonly plain: string;
  /** The same without what qualifies it. */
  readonly base: string;
  #texts: readonly string[] | undefined;
  #dates: readonly DateText[] | undefined;

  constructor(
    readonly name: string,
    readonly index: number,
    readonly rows: readonly (readonly string[])[],
  ) {
    this.plain = plainName(name);
    this.base = baseName(name);
  }

  /** Its texts, but for empty ones. */
  get texts(): readonly string[] {
    this.#texts ??= textsOf(this.rows, this.index);
    return this.#texts;
  }

  /** Those of them that are dates. */
  get dates(): readonly DateText[] {
    this.#dates ??= this.texts.flatMap((text) => {
      const date = parseDateText(text, 'dmy');
      return date instanceof Problem ? [] : date;
    });
    return this.#dates;
  }

  /** Whether its name, or what is left of it without what qualifies it, is one of these. */
  isNamed(known: ReadonlySet<string>): boolean {
    return known.has(this.plain) || known.has(this.base);
  }
}

/** The columns of a table with its first rows. */
export function sampledColumns({
  columns,
  sample,
}: Pick<Table, 'columns' | 'sample'>): readonly SampledColumn[] {
  const rows = readableCells(sample);
  return columns.map((name, index) => new SampledColumn(name, index, rows));
}

/** The texts of a column in rows, but for empty ones. */
export function textsOf(rows: readonly (readonly string[])[], index: number): readonly string[] {
  return rows.map((cells) => cellText(cells[index])).filter((text) => text !== '');
}

/** Whether most of a list pass a test: one row whose cells are not in their columns turns no file. */
export function areMostly<T>(list: readonly T[], test: (one: T) => boolean): boolean {
  return list.filter(test).length * 2 > list.length;
}
