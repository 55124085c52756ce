import type { Row } from '../core/row.js';
import type { InputOptions } from './options.js';

/** The columns of a CSV file, and which of its first lines are no records. */
export interface Header {
  readonly columns: readonly string[];
  readonly headerLine?: number;
  /** Lines up to this one are header, titles above it, or what belongs to it. */
  readonly skip: number;
  /** Rows above the header that were skipped. */
  readonly titles: number;
}

/** How far down a header is looked for: cabinets write a few title lines above it. */
const titleLines = 10;
const sqlType =
  /^(?:tiny|small|medium|big)?int(?:eger)?(?:\(\d+\))?$|^(?:n?(?:var)?char|text|uniqueidentifier|(?:date)?time(?:stamp)?|date|float|double|real|decimal|numeric|bit|boolean)(?:\([\d, ]+\))?$/i;

/**
 * Finds the columns of a file: `--columns`, else what a preset names, else the header.
 * `rows` are its first rows, `before` the lines above them that are no records (`sep=;`).
 */
export function findHeader(rows: readonly Row[], before: number, options: InputOptions): Header {
  const given = options.columns ?? options.nameColumns?.(rows.slice(0, titleLines).map((row) => row.cells));
  if (given !== undefined) return { columns: given, skip: before, titles: 0 };
  const index = headerIndex(rows, options.knownNames);
  const header = rows[index];
  if (header === undefined) return { columns: [], skip: before, titles: 0 };
  const types = rows[index + 1];
  // Cisco CUCM writes the SQL type of each column below its name.
  const hasTypes = types?.cells.every((cell) => sqlType.test(cell.trim())) === true;
  return {
    columns: header.cells.map((name) => name.trim()),
    headerLine: header.line,
    skip: hasTypes ? types.line : header.line,
    titles: index,
  };
}

/** The row that holds most known names, the first of them; the first row where none is known. */
function headerIndex(rows: readonly Row[], knownNames: InputOptions['knownNames']): number {
  let best = 0;
  let most = 0;
  for (const [index, row] of rows.entries()) {
    if (row.line > titleLines) break;
    const known = knownNames?.(row.cells) ?? 0;
    if (known > most) {
      best = index;
      most = known;
    }
  }
  return best;
}
