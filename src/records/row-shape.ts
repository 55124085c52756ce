// What a row of a table must have to be a record, and what is a total.

import type { CallField } from '../core/call.js';
import { isTabular, readableCells, type Table } from '../core/row.js';
import { cellText, plainWord } from './cell-text.js';
import { lastIndex } from './field-sources.js';
import type { FileRules } from './file-rules.js';
import { areMostly, isHeader } from './sample.js';

/** What a row of a table must look like to be a record. */
export interface RowShape {
  /** Cells that a row needs; 0 where rows have no length (JSON). */
  readonly width: number;
  /** The fields that a row is too short to have, each with the reason why it is not there. */
  missing(cells: readonly string[]): ReadonlyMap<CallField, string>;
  /** Why a row is too short to be read; undefined for one that is not, or whose `missing` cells are told by field. */
  whyCut(cells: readonly string[]): string | undefined;
  /** Tells a blank row, a total (no date, no number, at most a word such as `Итого` and counts beside it), and the header once more. */
  isTotal(cells: readonly string[]): boolean;
}

/** link and account_id may be left out. */
const needed = ['uuid', 'caller', 'to', 'date', 'type', 'billsec'] as const;
/** A total may have the sum of the talk times. */
const telling = ['uuid', 'caller', 'to', 'date', 'type', 'link'] as const;

const totalWords =
  /^(?:итого|итог|всего|сумма|среднее|количество|total|totals|grand total|sum|subtotal|average|count)(?:[ :]|$)/;

/** What may stand beside such a word: `Totals,52` counts rows, and so does no date and no telephone number. */
const countOrDuration = /^(?:\d{1,6}|\d+:\d\d(?::\d\d)?)$/;

/** Asked of every row of a grouped file: a text that begins with a digit need not be reduced to its words. */
function isTotalWord(text: string): boolean {
  return !/^\d/.test(text) && totalWords.test(plainWord(text));
}

/** How many cells the rows of a file have, where they all have as many. */
interface SteadyWidth {
  /** Those of the header, but for unnamed ones at its end. */
  readonly least: number;
  /** Whether a row with fewer has lost one, and not left out empty ones at its end. */
  readonly isComplete: boolean;
  /** What the last cell of every row looks like; a shorter row that ends so has lost a cell before it. */
  readonly lastShape: string | undefined;
  /** A row with more has one too many, though its last ones are empty. */
  readonly most: number;
}

/** So many rows are enough to see that short ones are rare, and so rare they are then. */
const rarely = { rows: 20, short: 0.05 };

/** The cells that all rows of a table have; undefined where a row may have fewer or more of them that are empty. */
function steadyWidth({ columns, headerLine, sample, format }: Table): SteadyWidth | undefined {
  if (!isTabular(format) || headerLine === undefined) return undefined;
  const width = columns.findLastIndex((name) => name !== '') + 1;
  const rows = readableCells(sample);
  const full = rows.filter((cells) => cells.length >= width);
  const lasts = full.map((cells) => cellText(cells[width - 1]));
  const isRare = rows.length >= rarely.rows && full.length >= rows.length * (1 - rarely.short);
  const mayHaveMore = !areMostly(rows, (cells) => cells.length <= width);
  const shapes = new Set(lasts.map(shapeOf));
  const [shape = ''] = shapes;
  return {
    least: width,
    // Rows that end with empty cells have not lost them; where hardly any row is short, it has lost one.
    isComplete: lasts.includes('') || isRare,
    lastShape: shapes.size === 1 && shape !== '' ? shape : undefined,
    most: mayHaveMore ? Number.POSITIVE_INFINITY : width,
  };
}

/** What a text looks like: `[C-0000012b]` is `[a-9a]`. */
function shapeOf(text: string): string {
  return text.replace(/\p{L}+/gu, 'a').replace(/\d+/g, '9');
}

/** Why nobody can tell which cell of a row is which column's; undefined where it has as many as all others. */
function whyUnsteady(
  cells: readonly string[],
  { least, isComplete, lastShape, most }: SteadyWidth,
): string | undefined {
  const count = cells.length;
  if (count > most)
    return `it has ${count} cells, the header has ${most} columns: no cell of it can be trusted (--allow cells)`;
  if (count >= least) return undefined;
  if (!isComplete && (lastShape === undefined || shapeOf(cellText(cells.at(-1))) !== lastShape))
    return undefined;
  return `it has ${count} cells, the header has ${least} columns: any of them may be missing (--allow cells)`;
}

/** Works out, once a file, which cells a row needs. */
export function createRowShape({
  table,
  options: { allow },
  mapping,
}: Pick<FileRules, 'table' | 'options' | 'mapping'>): RowShape {
  const { columns } = table;
  const isTable = isTabular(table.format);
  const steady = allow?.includes('cells') === true ? undefined : steadyWidth(table);
  const { sources, preset, uuidParts } = mapping;
  const columnsOf = (field: CallField) =>
    field === 'uuid' && sources.uuid.kind === 'built'
      ? uuidParts.flatMap(({ field: known, source }) => (known === undefined ? source.columns : []))
      : sources[field].columns;
  // A preset reads a row as a whole.
  const own = needed.filter((field) => sources[field].kind !== 'preset');
  const lastCells = own.map((field) => [field, lastIndex(columnsOf(field))] as const);
  const lastRead = lastIndex(preset?.columns ?? []);
  const width = isTable ? Math.max(lastRead, ...lastCells.map(([, last]) => last)) + 1 : 0;
  const whyAbsent = (cells: readonly string[], last: number): string =>
    `the row ends before its column "${columns[last] ?? ''}" (${cells.length} cells of ${columns.length})`;
  const tellingCells = [...new Set(telling.flatMap(columnsOf).map(({ index }) => index))];
  return {
    width,
    missing(cells) {
      const absent = isTable ? lastCells.filter(([, last]) => last >= cells.length) : [];
      return new Map(absent.map(([field, last]) => [field, whyAbsent(cells, last)]));
    },
    whyCut(cells) {
      if (cells.length < width) return preset === undefined ? undefined : whyAbsent(cells, width - 1);
      return steady && whyUnsteady(cells, steady);
    },
    isTotal(cells) {
      if (!isTable || tellingCells.length === 0) return false;
      if (isHeader(cells, columns)) return true;
      const texts = tellingCells.map((index) => cellText(cells[index])).filter((text) => text !== '');
      if (!texts.every((text) => countOrDuration.test(text) || isTotalWord(text))) return false;
      return texts.length === 0 || texts.some(isTotalWord);
    },
  };
}
