// The lines of an NDJSON file as rows, or those of a log with objects behind a prefix.

import { Problem } from '../../core/errors.js';
import type { Row } from '../../core/row.js';
import { displayName } from '../errors.js';
import type { InputOptions, RecordsAt } from '../format.js';
import { eachLine, type LineRows, type LineRules, type ParseLines } from '../lines.js';
import { Flattener, notJson, RecordMapper, readJson, type ValuePlace } from './records.js';
import { afterSeparators, objectStart, openBrace, valueEnd } from './scanner.js';

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
  const flattener = new Flattener();
  if (format === 'log')
    note(
      `${displayName(file)}: is a log: the JSON objects in its lines are read, and lines without one are skipped`,
    );
  const lines: LineRows['lines'] = () => {
    const mapper = new RecordMapper(flattener, { file, records, unfold, note });
    const add = (rows: Row[], text: string, line: number) =>
      addLine(rows, { text, line, rest: records.path }, mapper);
    return {
      parse: ndjsonParser(rules, format === 'log', add),
      hint: 'If it is one JSON document, give --format json.',
      end: () => mapper.end(),
    };
  };
  return { columns: flattener.columns, lines };
}

/**
 * Parses lines to rows.
 *
 * @param isLog objects stand behind a prefix, in some of the lines
 * @param add adds the rows of an object that stands on a line
 */
function ndjsonParser(
  { file, openEnd, note }: LineRules,
  isLog: boolean,
  add: (rows: Row[], text: string, line: number) => void,
): ParseLines {
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
      } else add(rows, text.slice(start, end), line);
      if (!hasNoEnd) line++;
    });
    // A line without an end may still grow: the next run enters at its start.
    const hasNoEnd = final && line === last.line;
    return { rows, index: hasNoEnd ? last.index : text.length, line };
  };
}

function isIncomplete(text: string, start: number): boolean {
  const index = afterSeparators(text, start);
  return text.charCodeAt(index) === openBrace && valueEnd(text, index, false) < 0;
}

/** Adds the rows of one line: of its object, or of several that are glued together. */
function addLine(rows: Row[], place: ValuePlace, mapper: RecordMapper): void {
  const whole = readJson(place.text);
  const texts = whole instanceof Problem ? gluedValues(place.text) : [place.text];
  for (const text of texts) {
    const value = text === place.text ? whole : readJson(text);
    if (value instanceof Problem) rows.push(notJson(text, place.line, value));
    else mapper.add(rows, value, { ...place, text });
  }
}

/** The objects that stand in a line one after the other. What is no object with an end is one bad record, whatever it is made of. */
function gluedValues(text: string): readonly string[] {
  const values: string[] = [];
  for (let index = afterSeparators(text, 0); index < text.length; index = afterSeparators(text, index)) {
    const glued = text.charCodeAt(index) === openBrace ? valueEnd(text, index, true) : -1;
    const end = glued < 0 ? text.length : glued;
    values.push(text.slice(index, end));
    index = end;
  }
  return values;
}
