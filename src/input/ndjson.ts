import type { Batch, Row } from '../core/row.js';
import type { Readout } from './decode.js';
import { pathOf, type Records, recordsOf } from './json-records.js';
import { isGap, marks, valueEnd } from './json-text.js';
import { newFields, parseJson } from './json-value.js';
import { linePass } from './line-pass.js';
import { eachLine, type TakeRecords } from './lines.js';
import type { InputOptions } from './options.js';
import type { Opened } from './table.js';
import { nameOf } from './trouble.js';

/** Opens an NDJSON file: an object a line; a line that is none is a row with a problem. */
export function openNdjson(readout: Readout, options: InputOptions): Opened {
  const fields = newFields();
  async function* pass(whole: boolean): AsyncGenerator<Batch> {
    const records = recordsOf(readout.source.file, fields, options);
    const take = taker(readout, records, pathOf(options) ?? []);
    const hint = 'If it is one JSON document, give --format json.';
    yield* linePass(readout, whole ? undefined : options.parts, { take, hint });
    // A part of a file may hold no record at all.
    if (whole || options.parts === undefined) records.demandReached();
  }
  return { format: 'ndjson', columns: fields.columns, pass };
}

function taker({ source, note }: Readout, records: Records, rest: readonly string[]): TakeRecords {
  return (text, first, final) => {
    const rows: Row[] = [];
    let line = first;
    let last = { index: 0, line };
    eachLine(text, (start, end) => {
      last = { index: start, line };
      const unended = end === text.length;
      if (unended && source.plain && isCut(text, start)) {
        note(
          `${nameOf(source.file)}, line ${line}: this last line has no end and is no whole object; it is left for the next run`,
          'If the file is complete, put a line end after it.',
        );
      } else for (const row of rowsOf(text.slice(start, end), line, records, rest)) rows.push(row);
      if (!unended) line++;
    });
    // A line without an end may still grow: the next run enters at its start.
    const unended = final && line === last.line;
    return { rows, index: unended ? last.index : text.length, line };
  };
}

function isCut(text: string, start: number): boolean {
  let index = start;
  while (index < text.length && isGap(text.charCodeAt(index))) index++;
  return text.charCodeAt(index) === marks.openBrace && valueEnd(text, index, false) < 0;
}

/** The rows of one line: of its object, or of several that are glued together. */
function rowsOf(text: string, line: number, records: Records, rest: readonly string[]): readonly Row[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return gluedRows(text, line, records, rest);
  }
  return records.inside(value, text, line, rest);
}

function gluedRows(text: string, line: number, records: Records, rest: readonly string[]): readonly Row[] {
  const rows: Row[] = [];
  for (let index = 0; index < text.length; index++) {
    if (isGap(text.charCodeAt(index))) continue;
    const glued = text.charCodeAt(index) === marks.openBrace ? valueEnd(text, index, true) : -1;
    // What is no object with an end is one bad record, whatever it is made of.
    const end = glued < 0 ? text.length : glued;
    rows.push(...records.of(text.slice(index, end), line, rest));
    index = end - 1;
  }
  return rows;
}
