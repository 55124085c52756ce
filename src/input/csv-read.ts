import type { Row } from '../core/row.js';
import { bareCells, believable, type Parse, readRelaxed, type Shape } from './csv-relaxed.js';
import { type SplitOptions, splitCsv } from './csv-split.js';
import type { Place, Taken } from './lines.js';

/** Where a text to read starts, whether the file ends with it, how many rows are enough. */
export interface CsvText {
  readonly line: number;
  readonly final: boolean;
  readonly limit?: number;
  /** Stop before the first record whose quotes are not well-formed, and count it as irregular. */
  readonly strict?: boolean;
}

/** The rows of a text, blank ones left out. */
export interface CsvTaken extends Taken {
  /** How many of them had quotes that are not well-formed. */
  readonly irregular: number;
  /** First line with a quote that was not believed, because it would have swallowed rows. */
  readonly distrusted?: number;
}

export type CsvReader = (text: string, options: CsvText) => Promise<CsvTaken>;

/** Lines that csv-parse is given at most before well-formed text is looked for again. */
const longestRun = 256;

/** A reader for texts of one shape: strict as long as the quotes are well-formed, relaxed where they are not. */
export function csvReader(shape: Shape): CsvReader {
  const options: SplitOptions =
    shape.widths.size === 0
      ? { delimiter: shape.delimiter }
      : { delimiter: shape.delimiter, believable: (cells, text) => believable(cells, text, shape) };
  return async (text, { line, final, limit = Number.POSITIVE_INFINITY, strict = false }) => {
    const rows: Row[] = [];
    let at: Place = { index: 0, line };
    let run = 1;
    let irregular = 0;
    let distrusted: number | undefined;
    while (at.index < text.length && rows.length < limit) {
      const stop = splitCsv(text, at, { ...options, limit: limit - rows.length }, rows);
      if (stop.index > at.index) run = 1;
      at = stop;
      if (stop.reason === 'end') continue;
      if (strict) irregular++;
      if (strict) break;
      const relaxed = readRelaxed(await loadJudge(), text, at, { shape, run, final });
      if (relaxed.open) break;
      if (relaxed.distrusted) distrusted ??= at.line;
      rows.push(...relaxed.rows);
      irregular += relaxed.rows.length;
      run = relaxed.rows.length < run ? 1 : Math.min(run * 2, longestRun);
      at = relaxed;
    }
    const taken = { rows: tidy(rows, shape.delimiter), index: at.index, line: at.line, irregular };
    return distrusted === undefined ? taken : { ...taken, distrusted };
  };
}

let judge: Parse | undefined;

async function loadJudge(): Promise<Parse> {
  judge ??= (await import('csv-parse/sync')).parse;
  return judge;
}

/** Drops blank rows, and opens rows that are quoted as a whole: one cell that holds the delimiter. */
function tidy(rows: readonly Row[], delimiter: string): Row[] {
  const kept: Row[] = [];
  for (const row of rows) {
    const first = row.cells[0] ?? '';
    if (row.cells.length === 1 && first.includes(delimiter))
      kept.push({ ...row, cells: unwrapped(first, delimiter) });
    else if (row.cells.some(isFilled)) kept.push(row);
  }
  return kept;
}

function isFilled(cell: string): boolean {
  return cell !== '' && cell.trim() !== '';
}

function unwrapped(text: string, delimiter: string): readonly string[] {
  const rows: Row[] = [];
  const { reason } = splitCsv(text, { index: 0, line: 1 }, { delimiter }, rows);
  const [row] = rows;
  return reason === 'end' && row !== undefined && rows.length === 1 ? row.cells : bareCells(text, delimiter);
}
