import type { Row } from '../../core/row.js';
import type { TextSource } from '../encoding.js';
import { displayName } from '../errors.js';
import type { InputOptions, OpenedFormat } from '../format.js';
import { eachLine, type LineFormat, type ParseLines, readLines } from '../lines.js';
import { createFlattener, parseJson, pathOf, type RecordMapper, recordMapper } from './records.js';
import { isSeparator, objectStart, openBrace, valueEnd } from './scanner.js';

/** Opens an NDJSON file: an object a line; a line that is none is a row with a problem. */
export function openNdjson(input: TextSource, options: InputOptions): OpenedFormat {
  return openLines(input, options, false);
}

/** Opens the log of a program that writes records: objects stand behind a prefix, and lines without one are skipped. */
export function openJsonLog(input: TextSource, options: InputOptions): OpenedFormat {
  input.note(
    `${displayName(input.source.file)}: this is a log; the JSON objects in its lines are read, and lines without one are skipped`,
  );
  return openLines(input, options, true);
}

function openLines(input: TextSource, options: InputOptions, isLog: boolean): OpenedFormat {
  const flattener = createFlattener();
  const mapper = () => recordMapper(input.source.file, flattener, options);
  const lines = (records: RecordMapper): LineFormat => ({
    parse: ndjsonParser(input, { records, rest: pathOf(options) ?? [], isLog }),
    hint: 'If it is one JSON document, give --format json.',
  });
  const read: OpenedFormat['read'] = async function* (which) {
    const records = mapper();
    const parts = which === 'all' ? undefined : options.parts;
    yield* readLines(input, parts, lines(records));
    // A part of a file may hold no record at all.
    if (parts === undefined) records.requirePath();
  };
  return { format: 'ndjson', columns: flattener.columns, read, lines: () => lines(mapper()) };
}

interface RowFormat {
  readonly records: RecordMapper;
  /** What of `--path` leads to the records of a line. */
  readonly rest: readonly string[];
  /** Objects stand behind a prefix, in some of the lines. */
  readonly isLog: boolean;
}

function ndjsonParser({ source, note }: TextSource, { records, rest, isLog }: RowFormat): ParseLines {
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
      } else if (hasNoEnd && source.isPlain && isIncomplete(text, start)) {
        note(
          `${displayName(source.file)}, line ${line}: this last line has no end and is no whole object; it is left for the next run`,
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
