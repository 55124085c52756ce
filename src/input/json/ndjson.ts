import type { Row } from '../../core/row.js';
import { displayName } from '../errors.js';
import type { InputOptions } from '../format.js';
import { eachLine, type LineRows, type LineRules, type ParseLines } from '../lines.js';
import { createFlattener, parseJson, pathOf, type RecordMapper, recordMapper } from './records.js';
import { isSeparator, objectStart, openBrace, valueEnd } from './scanner.js';

/**
 * The lines of an NDJSON file as rows: an object a line; a line that is none is a row with a problem. In a log objects
 * stand behind a prefix, and lines without one are skipped.
 */
export function jsonRows(format: 'ndjson' | 'log', options: InputOptions, rules: LineRules): LineRows {
  const flattener = createFlattener();
  const isLog = format === 'log';
  if (isLog)
    rules.note(
      `${displayName(rules.file)}: this is a log; the JSON objects in its lines are read, and lines without one are skipped`,
    );
  const lines: LineRows['lines'] = () => {
    const records = recordMapper(rules.file, flattener, options);
    return {
      parse: ndjsonParser(rules, { records, rest: pathOf(options) ?? [], isLog }),
      hint: 'If it is one JSON document, give --format json.',
      end: records.requirePath,
    };
  };
  return { columns: flattener.columns, lines };
}

interface RowFormat {
  readonly records: RecordMapper;
  /** What of `--path` leads to the records of a line. */
  readonly rest: readonly string[];
  /** Objects stand behind a prefix, in some of the lines. */
  readonly isLog: boolean;
}

function ndjsonParser({ file, openEnd, note }: LineRules, { records, rest, isLog }: RowFormat): ParseLines {
  return (text, first, final) => {
    const rows: Row[] = [];
    let line = first;
    let last = { index: 0, line };
    eachLine(text, (lineStart, end) => {
      last = { index: lineStart, line };
      const hasNoEnd = end === text.length;
      const prefix = isLog ? objectStart(text.slice(lineStart, end)) : 0;
      const start = lineStart + Math.max(0, prefix);
      if (prefix < 0) {
        // A line of the log that holds no record.
      } else if (hasNoEnd && openEnd !== 'read' && isIncomplete(text, start)) {
        note(
          `${displayName(file)}, line ${line}: this last line has no end and is no whole object; it is left for the next run`,
          'If the file is complete, put a line end after it.',
        );
      } else for (const row of rowsOf(text.slice(start, end), line, records, rest)) rows.push(row);
      if (!hasNoEnd) line++;
    });
    // A line without an end may still grow: the next run enters at its start.
    const hasNoEnd = final && line === last.line;
    return { rows, index: hasNoEnd ? last.index : text.length, line };
  };
}

function isIncomplete(text: string, start: number): boolean {
  let index = start;
  while (index < text.length && isSeparator(text.charCodeAt(index))) index++;
  return text.charCodeAt(index) === openBrace && valueEnd(text, index, false) < 0;
}

/** The rows of one line: of its object, or of several that are glued together. */
function rowsOf(text: string, line: number, records: RecordMapper, rest: readonly string[]): readonly Row[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return rowsOfObjects(text, line, records, rest);
  }
  return records.map(value, text, line, rest);
}

function rowsOfObjects(
  text: string,
  line: number,
  records: RecordMapper,
  rest: readonly string[],
): readonly Row[] {
  const rows: Row[] = [];
  for (let index = 0; index < text.length; index++) {
    if (isSeparator(text.charCodeAt(index))) continue;
    const glued = text.charCodeAt(index) === openBrace ? valueEnd(text, index, true) : -1;
    // What is no object with an end is one bad record, whatever it is made of.
    const end = glued < 0 ? text.length : glued;
    rows.push(...records.parse(text.slice(index, end), line, rest));
    index = end - 1;
  }
  return rows;
}
