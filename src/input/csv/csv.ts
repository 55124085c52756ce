// The lines of a CSV file as rows; leaves a last line that is still being written.

import type { Row } from '../../core/row.js';
import { startOfLastLine } from '../../core/text.js';
import { displayName } from '../errors.js';
import type { InputOptions } from '../format.js';
import { type LineRows, type LineRules, type ParseLines, withoutNul } from '../lines.js';
import type { CsvLayout } from './layout.js';
import type { CsvReader } from './reader.js';

/** The lines of a CSV file as rows, those of its header left out. */
export function csvRows(
  layout: CsvLayout,
  options: Pick<InputOptions, 'allowsMoreCells' | 'unquoted'>,
  rules: LineRules,
): LineRows {
  const hint = 'Is it a CSV file? If its records are JSON, give --format json.';
  const parser = (enough?: number) => csvParser(layout, checkedReader(layout, options, rules), rules, enough);
  return { columns: layout.columns, lines: (enough) => ({ parse: parser(enough), hint }) };
}

/**
 * Reads the rows of one pass without those of the header, each with at most as many cells as there are columns; reports the
 * first quote that was not taken for one.
 */
function checkedReader(
  layout: CsvLayout,
  { allowsMoreCells = false, unquoted }: Pick<InputOptions, 'allowsMoreCells' | 'unquoted'>,
  { file, note }: LineRules,
): CsvReader {
  const { columns, delimiter, headerLine, lastHeaderLine } = layout;
  const isLoose = unquoted !== undefined && delimiter !== '\t';
  const at = isLoose ? columns.findIndex((name) => name.toLowerCase() === unquoted) : -1;
  const isBounded = !allowsMoreCells && (headerLine !== undefined || isLoose);
  const most = isBounded || at >= 0 ? columns.length : Number.POSITIVE_INFINITY;
  let isQuoteReported = false;
  return async (text, options) => {
    // Which cells are needed is known when the pieces of the one column are put together.
    const parsed = await layout.read(text, at < 0 ? options : { ...options, enough: undefined });
    if (parsed.ignoredQuote !== undefined && !isQuoteReported) {
      isQuoteReported = true;
      note(
        `${displayName(file)}, line ${parsed.ignoredQuote}: a quote that would join several rows was read as an ordinary character`,
        'More lines like it are read in the same way, each as a row of its own.',
      );
    }
    let { rows } = parsed;
    if (options.line <= lastHeaderLine) rows = rows.filter((row) => row.line > lastHeaderLine);
    if (text.includes('\0')) rows = rows.map((row) => withoutNul(row, columns));
    if (rows.some(({ cells }) => cells.length > most))
      rows = rows.map((row) =>
        at < 0 ? withoutMoreCells(row, most) : joined(row, { at, width: most, delimiter }),
      );
    return { ...parsed, rows };
  };
}

/** A row as it is; with a problem where it has more filled cells than there are columns: none of them can be trusted. */
function withoutMoreCells(row: Row, most: number): Row {
  const filled = row.cells.findLastIndex((cell) => cell.trim() !== '') + 1;
  if (filled <= most || row.problem !== undefined) return row;
  const problem = `it has ${filled} cells, the header has ${most} columns: no cell of it can be trusted (--allow cells)`;
  return { ...row, problem };
}

/** A row whose cells too many are pieces of the text of one column, put together again. */
function joined(
  row: Row,
  { at, width, delimiter }: { readonly at: number; readonly width: number; readonly delimiter: string },
): Row {
  const { cells } = row;
  const extra = cells.length - width;
  if (extra <= 0) return row;
  const text = cells.slice(at, at + extra + 1).join(delimiter);
  return { ...row, cells: [...cells.slice(0, at), text, ...cells.slice(at + extra + 1)] };
}

/** Parses the rows of a text; at the file's end, none of a line that is still being written. */
function csvParser(
  { read: readRows, fullWidth }: CsvLayout,
  read: CsvReader,
  { file, openEnd, note }: LineRules,
  enough: number | undefined,
): ParseLines {
  const leave = (line: number, isCut = true) =>
    note(
      `${displayName(file)}, line ${line}: the last line has no line end${isCut ? ' and is short' : ''}, so it is left for the next run`,
      'If the file is complete, add a line end.',
    );
  return async (text, line, final) => {
    if (!final || /[\r\n]$/.test(text)) return read(text, { line, final, enough });
    const lastLine = startOfLastLine(text);
    const before = await read(text.slice(0, lastLine), { line, final: false, enough });
    const rest = text.slice(before.index);
    const isOpen = async () => (await readRows(rest, { line: 1, final: false })).index === 0;
    // A quote that is opened in the last line and not closed was cut; one from further up is a stray one.
    if (openEnd !== 'read' && before.index === lastLine && (await isOpen())) {
      leave(before.line);
      return before;
    }
    const last = await read(rest, { line: before.line, final: true });
    const lastRow = last.rows.at(-1);
    const isCut = lastRow !== undefined && lastRow.cells.length < fullWidth;
    // Cut inside its last value, a line is as long as the others.
    const isLeft = openEnd === 'leave' || (openEnd === 'leave-cut' && isCut);
    if (isLeft && lastRow !== undefined) {
      last.rows.pop();
      leave(lastRow.line, isCut);
    }
    // A line without an end may still grow: the next run enters at its start.
    return { rows: [...before.rows, ...last.rows], index: before.index, line: before.line };
  };
}
