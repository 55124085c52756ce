// The lines of a CSV file as rows; leaves a last line that is still being written.

import type { Row } from '../../core/row.js';
import { startOfLastLine } from '../../core/text.js';
import { displayName } from '../errors.js';
import type { InputOptions } from '../format.js';
import { type LineRows, type LineRules, type ParseLines, withoutNul } from '../lines.js';
import type { CsvLayout } from './layout.js';
import type { CsvReader } from './reader.js';

/** What to do about a line that is too long for a record of CSV. */
const notCsvHint = 'Is it a CSV file? If its records are JSON, give --format json.';

/** The lines of a CSV file as rows, those of its header left out. */
export function csvRows(
  layout: CsvLayout,
  { allowsMoreCells }: Pick<InputOptions, 'allowsMoreCells'>,
  rules: LineRules,
): LineRows {
  const { columns, headerLine, delimiter, read } = layout;
  const isAllowed = allowsMoreCells === 'everywhere' || (allowsMoreCells === 'commas' && delimiter !== '\t');
  const most = headerLine === undefined || isAllowed ? Number.POSITIVE_INFINITY : columns.length;
  const bounded: CsvReader = async (text, options) => {
    const parsed = await read(text, options);
    return parsed.rows.some(({ cells }) => cells.length > most)
      ? { ...parsed, rows: parsed.rows.map((row) => withoutMoreCells(row, most)) }
      : parsed;
  };
  const bound = { ...layout, read: bounded };
  return { columns, lines: (enough) => ({ parse: csvParser(bound, rules, enough), hint: notCsvHint }) };
}

/** A row as it is; with a problem where it has more filled cells than there are columns: none of them can be trusted. */
function withoutMoreCells(row: Row, most: number): Row {
  const filled = row.cells.findLastIndex((cell) => cell.trim() !== '') + 1;
  if (filled <= most || row.problem !== undefined) return row;
  const problem = `it has ${filled} cells, the header has ${most} columns: no cell of it can be trusted (--allow cells)`;
  return { ...row, problem };
}

/** Parses the rows of a text: none of the header's lines, and at the file's end no line that is still being written. */
function csvParser(layout: CsvLayout, { file, openEnd, note }: LineRules, enough?: number): ParseLines {
  const read = withoutHeader(layout, (line) =>
    note(
      `${displayName(file)}, line ${line}: a quote that would join several rows was read as an ordinary character`,
      'More lines like it are read in the same way, each as a row of its own.',
    ),
  );
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
    // A quote that is opened in the last line and not closed was cut; one from further up is a stray one.
    if (openEnd !== 'read' && before.index === lastLine && (await endsInQuotes(layout.read, rest))) {
      leave(before.line);
      return before;
    }
    const last = await read(rest, { line: before.line, final: true });
    const isCut = isShort(last.rows.at(-1), layout.fullWidth);
    // Cut inside its last value, a line is as long as the others.
    const isLeft = openEnd === 'leave' || (openEnd === 'leave-cut' && isCut);
    const left = isLeft ? last.rows.pop() : undefined;
    if (left !== undefined) leave(left.line, isCut);
    // A line without an end may still grow: the next run enters at its start.
    return { rows: [...before.rows, ...last.rows], index: before.index, line: before.line };
  };
}

/** Reads rows without those of the header, and reports the first quote that was not taken for one. */
function withoutHeader(layout: CsvLayout, reportQuote: (line: number) => void): CsvReader {
  let isReported = false;
  return async (text, options) => {
    const parsed = await layout.read(text, options);
    if (parsed.ignoredQuote !== undefined && !isReported) {
      isReported = true;
      reportQuote(parsed.ignoredQuote);
    }
    const rows = text.includes('\0')
      ? parsed.rows.map((row) => withoutNul(row, layout.columns))
      : parsed.rows;
    if (options.line > layout.lastHeaderLine) return { ...parsed, rows };
    return { ...parsed, rows: rows.filter((row) => row.line > layout.lastHeaderLine) };
  };
}

async function endsInQuotes(read: CsvReader, text: string): Promise<boolean> {
  return (await read(text, { line: 1, final: false })).index === 0;
}

function isShort(row: Row | undefined, fullWidth: number): boolean {
  return row !== undefined && row.cells.length < fullWidth;
}
