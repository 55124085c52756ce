import { UserError } from '../../core/errors.js';
import type { Row } from '../../core/row.js';
import type { TextSource } from '../encoding.js';
import { displayName } from '../errors.js';
import type { InputOptions } from '../format.js';
import { parseDelimiter, separatorLine, sniffDelimiter, sniffWidths } from './dialect.js';
import { type CsvReader, csvReader } from './reader.js';

export const notCsvHint = 'Is it a CSV file? If its records are JSON, give --format json.';

/** So many first rows are enough to find a header. */
export const headerRows = 50;

/** The columns of a table, and which of its first lines are no records. */
export interface Header {
  readonly columns: readonly string[];
  readonly headerLine?: number;
  /** Lines up to this one are header, titles above it, or what belongs to it. */
  readonly lastHeaderLine: number;
  /** Rows above the header that were skipped. */
  readonly titles: number;
}

/** What the start of a CSV file tells about all of it. */
export interface CsvLayout extends Header {
  readonly delimiter: string;
  readonly read: CsvReader;
  /** Columns of a complete row. */
  readonly fullWidth: number;
}

/** Finds the dialect and the header of a CSV file in its first lines. Throws UserError for a first line without end. */
export async function detectLayout(input: TextSource, options: InputOptions): Promise<CsvLayout> {
  const text = headText(input);
  const separator = separatorLine(text);
  const before = separator === undefined ? 0 : 1;
  const body = before === 0 ? text : text.replace(/^[^\r\n]*(?:\r\n|\r|\n)?/, '');
  const line = 1 + before;
  const delimiter =
    options.delimiter === undefined
      ? (separator ?? (await sniffDelimiter(body, line)))
      : parseDelimiter(options.delimiter);
  const widths = await sniffWidths(body, line, { delimiter });
  const read = csvReader({ delimiter, widths: widths.all });
  const { rows } = await read(body, { line, final: true, limit: headerRows });
  const header = findHeader(rows, before, options);
  if (header.titles > 0)
    input.note(
      `${displayName(input.source.file)}: the header is on line ${header.headerLine}; the lines above it were skipped`,
    );
  const width = header.columns.length;
  return { ...header, delimiter, read, fullWidth: widths.usual > 0 ? Math.min(width, widths.usual) : width };
}

/** The first lines of the file, whole ones. */
function headText({ source, encoding }: TextSource): string {
  const text = new TextDecoder(encoding.name).decode(source.head);
  if (source.isHeadAll) return text;
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2));
  if (end >= 0) return text.slice(0, end + 1);
  throw new UserError(`${displayName(source.file)}, line 1: a line of more than 256 KiB`, {
    hint: notCsvHint,
  });
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
  if (given !== undefined) return { columns: given, lastHeaderLine: before, titles: 0 };
  const index = headerIndex(rows, options.knownNames);
  const header = rows[index];
  if (header === undefined) return { columns: [], lastHeaderLine: before, titles: 0 };
  const types = rows[index + 1];
  // Cisco CUCM writes the SQL type of each column below its name.
  const hasTypes = types?.cells.every((cell) => sqlType.test(cell.trim())) === true;
  return {
    columns: header.cells.map((name) => name.trim()),
    headerLine: header.line,
    lastHeaderLine: hasTypes ? types.line : header.line,
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
