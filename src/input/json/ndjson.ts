// The lines of an NDJSON file as rows, or those of a log with objects behind a prefix.

import { Problem } from '../../core/errors.js';
import { displayName } from '../errors.js';
import type { InputOptions, RecordsAt } from '../format.js';
import { eachLine, type LineRows, type LineRules, type ParseLines } from '../lines.js';
import { Flattener, RecordMapper, readJson, type ValuePlace } from './records.js';
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
  return {
    columns: flattener.columns,
    lines: () => {
      const mapper = new RecordMapper(flattener, { file, records, unfold, note });
      return {
        parse: ndjsonParser(rules, format === 'log', records.path, mapper),
        hint: 'If it is one JSON document, give --format json.',
        end: () => mapper.end(),
      };
    },
  };
}

/** Parses lines to rows; in a log objects stand behind a prefix, in some of the lines. */
function ndjsonParser(
  { file, openEnd, note }: LineRules,
  isLog: boolean,
  rest: readonly string[],
  mapper: RecordMapper,
): ParseLines {
  return (text, first, final) => {
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
      } else addLine({ text: text.slice(start, end), line, rest }, mapper);
      if (!hasNoEnd) line++;
    });
    // A line without an end may still grow: the next run enters at its start.
    const hasNoEnd = final && line === last.line;
    return { rows: mapper.takeRows(), index: hasNoEnd ? last.index : text.length, line };
  };
}

function isIncomplete(text: string, start: number): boolean {
  const index = afterSeparators(text, start);
  return text.charCodeAt(index) === openBrace && valueEnd(text, index, false) < 0;
}

/** Adds the rows of one line: of its object, or of several that are glued together. */
function addLine(place: ValuePlace, mapper: RecordMapper): void {
  const whole = readJson(place.text);
  if (!(whole instanceof Problem)) mapper.add(whole, place);
  else for (const text of gluedValues(place.text)) mapper.add(readJson(text), { ...place, text });
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
