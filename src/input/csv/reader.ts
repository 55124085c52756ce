// Rows of a text: strict where quotes are well-formed, relaxed elsewhere.

import type { Row } from '../../core/row.js';
import type { ParsedRows, Position } from '../lines.js';
import { type CsvDialect, readRelaxed, relaxedOptions } from './relaxed.js';
import { splitCsv, unquotedCells } from './splitter.js';

/** The line on which a text starts, whether the file ends with it, how many rows are enough. */
export interface CsvReadOptions {
  readonly line: number;
  readonly final: boolean;
  readonly limit?: number;
  /** So many cells of a row are enough: it may have fewer than it would have. */
  readonly enough?: number | undefined;
  /** Stop before the first record whose quotes are not well-formed, and count it as irregular. */
  readonly strict?: boolean;
}

/** The rows of a text, blank ones left out. */
export interface CsvRows extends ParsedRows {
  /** How many of them had quotes that are not well-formed. */
  readonly irregular: number;
  /** First line with a quote that was read as a character, because it would have swallowed rows. */
  readonly ignoredQuote?: number | undefined;
}

export type CsvReader = (text: string, options: CsvReadOptions) => Promise<CsvRows>;

/** How the rows of a text are written, and read. */
export interface RowLayout {
  readonly delimiter: string;
  readonly read: CsvReader;
  /** Columns that most rows have; 0 where there are no rows. */
  readonly usual: number;
}

/** A reader for texts of one dialect: strict as long as the quotes are well-formed, relaxed where they are not. */
export function csvReader(dialect: CsvDialect): CsvReader {
  const { delimiter } = dialect;
  const relaxed = relaxedOptions(dialect);
  return async (text, { line, final, limit = Number.POSITIVE_INFINITY, enough, strict = false }) => {
    const options = { ...(strict ? { delimiter } : relaxed), enough };
    const rows: Row[] = [];
    let at: Position = { index: 0, line };
    let irregular = 0;
    let ignoredQuote: number | undefined;
    while (at.index < text.length && rows.length < limit) {
      const split = splitCsv(text, at, { ...options, limit: limit - rows.length }, rows);
      irregular += split.irregular;
      ignoredQuote ??= split.ignoredQuote;
      at = split;
      if (split.isEnd) continue;
      irregular++;
      if (strict) break;
      const one = await readRelaxed(text, at, { dialect, final });
      if (one === undefined) break;
      if (one.isQuoteIgnored) ignoredQuote ??= at.line;
      rows.push(one.row);
      at = one;
    }
    return { rows: cleanRows(rows, delimiter), index: at.index, line: at.line, irregular, ignoredQuote };
  };
}

/** Drops blank rows, and splits rows that are quoted as a whole: one cell that holds the delimiter. */
function cleanRows(rows: Row[], delimiter: string): Row[] {
  if (rows.every(({ cells }) => cells.length > 1 && cells.some(isFilled))) return rows;
  return rows.flatMap((row) => {
    const [first = ''] = row.cells;
    if (row.cells.length === 1 && first.includes(delimiter)) {
      return { ...row, cells: unwrapRow(first, delimiter) };
    }
    return row.cells.some(isFilled) ? row : [];
  });
}

function isFilled(cell: string): boolean {
  return cell !== '' && cell.trim() !== '';
}

function unwrapRow(text: string, delimiter: string): readonly string[] {
  const rows: Row[] = [];
  const { isEnd } = splitCsv(text, { index: 0, line: 1 }, { delimiter }, rows);
  const [row] = rows;
  return isEnd && row !== undefined && rows.length === 1 ? row.cells : unquotedCells(text, delimiter);
}
