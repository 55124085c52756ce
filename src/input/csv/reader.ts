import type { Row } from '../../core/row.js';
import type { ParsedRows, Position } from '../lines.js';
import { type CsvDialect, type CsvParse, isOneRecord, readRelaxed, unquotedCells } from './quotes.js';
import { type SplitOptions, splitCsv } from './splitter.js';

/** The line on which a text starts, whether the file ends with it, how many rows are enough. */
export interface CsvReadOptions {
  readonly line: number;
  readonly final: boolean;
  readonly limit?: number;
  /** Stop before the first record whose quotes are not well-formed, and count it as irregular. */
  readonly strict?: boolean;
}

/** The rows of a text, blank ones left out. */
export interface CsvRows extends ParsedRows {
  /** How many of them had quotes that are not well-formed. */
  readonly irregular: number;
  /** First line with a quote that was read as a character, because it would have swallowed rows. */
  readonly ignoredQuote?: number;
}

export type CsvReader = (text: string, options: CsvReadOptions) => Promise<CsvRows>;

/** Lines that csv-parse is given at most before well-formed text is looked for again. */
const longestRun = 256;

/** A reader for texts of one dialect: strict as long as the quotes are well-formed, relaxed where they are not. */
export function csvReader(dialect: CsvDialect): CsvReader {
  const { delimiter, widths } = dialect;
  const options: SplitOptions =
    widths.size === 0
      ? { delimiter }
      : { delimiter, isOneRecord: (cells, text) => isOneRecord(cells, text, dialect) };
  return async (text, { line, final, limit = Number.POSITIVE_INFINITY, strict = false }) => {
    const rows: Row[] = [];
    let at: Position = { index: 0, line };
    let run = 1;
    let irregular = 0;
    let ignoredQuote: number | undefined;
    while (at.index < text.length && rows.length < limit) {
      const split = splitCsv(text, at, { ...options, limit: limit - rows.length }, rows);
      if (split.index > at.index) run = 1;
      at = split;
      if (split.reason === 'end') continue;
      if (strict) irregular++;
      if (strict) break;
      const relaxed = readRelaxed(await loadCsvParse(), text, at, { dialect, run, final });
      if (relaxed.isOpen) break;
      if (relaxed.isQuoteIgnored) ignoredQuote ??= at.line;
      rows.push(...relaxed.rows);
      irregular += relaxed.rows.length;
      run = relaxed.rows.length < run ? 1 : Math.min(run * 2, longestRun);
      at = relaxed;
    }
    const parsed = { rows: cleanRows(rows, delimiter), index: at.index, line: at.line, irregular };
    return ignoredQuote === undefined ? parsed : { ...parsed, ignoredQuote };
  };
}

let csvParse: CsvParse | undefined;

async function loadCsvParse(): Promise<CsvParse> {
  csvParse ??= (await import('csv-parse/sync')).parse;
  return csvParse;
}

/** Drops blank rows, and splits rows that are quoted as a whole: one cell that holds the delimiter. */
function cleanRows(rows: readonly Row[], delimiter: string): Row[] {
  const kept: Row[] = [];
  for (const row of rows) {
    const first = row.cells[0] ?? '';
    if (row.cells.length === 1 && first.includes(delimiter))
      kept.push({ ...row, cells: unwrapRow(first, delimiter) });
    else if (row.cells.some(isNotBlank)) kept.push(row);
  }
  return kept;
}

function isNotBlank(cell: string): boolean {
  return cell !== '' && cell.trim() !== '';
}

function unwrapRow(text: string, delimiter: string): readonly string[] {
  const rows: Row[] = [];
  const { reason } = splitCsv(text, { index: 0, line: 1 }, { delimiter }, rows);
  const [row] = rows;
  return reason === 'end' && row !== undefined && rows.length === 1
    ? row.cells
    : unquotedCells(text, delimiter);
}
