// The lines of an NDJSON file as rows, or those of a log with objects behind a prefix.

import { Problem } from '../../core/errors.js';
import type { Row } from '../../core/row.js';
import { displayName } from '../errors.js';
import type { InputOptions, RecordsAt } from '../format.js';
import { eachLine, type LineRows, type LineRules, type ParseLines } from '../lines.js';
import {
  createFlattener,
  notJson,
  type RecordMapper,
  readJson,
  recordMapper,
  type ValuePlace,
} from './records.js';
import { isSeparator, objectStart, openBrace, valueEnd } from './scanner.js';

/**
 * The lines of an NDJSON file as rows: an object a line; a line that is none is a row with a problem. In a log objects
 * stand behind a prefix, and lines without one are skipped.
 */
export function jsonRows(
  { format, records }: { readonly format: 'ndjson' | 'log'; readonly records: RecordsAt },
  { unfold }: Pick<InputOptions, 'unfold'>,
  rules: LineRules,
): LineRows {
  const { file, note } = rules;
  const flattener = createFlattener();
  const isLog = format === 'log';
  if (isLog)
    note(
      `${displayName(file)}: is a log: the JSON objects in its lines are read, and lines without one are skipped`,
    );
  const lines: LineRows['lines'] = () => {
    const mapper = recordMapper(flattener, { file, records, unfold, note });
    return {
      parse: ndjsonParser(rules, { mapper, rest: records.path, isLog }),
      hint: 'If it is one JSON document, give --format json.',
      end: mapper.end,
    };
  };
  return { columns: flattener.columns, lines };
}

interface RowFormat {
  readonly mapper: RecordMapper;
  /** What of the path leads to the records of a line. */
  readonly rest: readonly string[];
  /** Objects stand behind a prefix, in some of the lines. */
  readonly isLog: boolean;
}

function ndjsonParser({ file, openEnd, note }: LineRules, { mapper, rest, isLog }: RowFormat): ParseLines {
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
          `${displayName(file)}, line ${line}: the last line has no line end and is not a whole object, so it is left for the next run`,
          'If the file is complete, add a line end.',
        );
      } else addLine(rows, { text: text.slice(start, end), line, rest }, mapper);
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

/** Adds the rows of one line: of its object, or of several that are glued together. */
function addLine(rows: Row[], place: ValuePlace, mapper: RecordMapper): void {
  const value = readJson(place.text);
  if (!(value instanceof Problem)) mapper.add(rows, value, place);
  else for (const text of gluedValues(place.text)) addValue(rows, { ...place, text }, mapper);
}

function addValue(rows: Row[], place: ValuePlace, mapper: RecordMapper): void {
  const value = readJson(place.text);
  if (value instanceof Problem) rows.push(notJson(place.text, place.line, value));
  else mapper.add(rows, value, place);
}

/** The objects that stand in a line one after the other. What is no object with an end is one bad record, whatever it is made of. */
function gluedValues(text: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < text.length; ) {
    if (isSeparator(text.charCodeAt(index))) {
      index++;
      continue;
    }
    const glued = text.charCodeAt(index) === openBrace ? valueEnd(text, index, true) : -1;
    const end = glued < 0 ? text.length : glued;
    values.push(text.slice(index, end));
    index = end;
  }
  return values;
}
