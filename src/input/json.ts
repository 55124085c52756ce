import { UserError } from '../core/errors.js';
import type { Batch, Row } from '../core/row.js';
import { type Readout, textOf } from './decode.js';
import { Cursor } from './json-cursor.js';
import { pathOf, recordsOf } from './json-records.js';
import { brokenRow, newFields } from './json-value.js';
import { type Finds, walkDocuments } from './json-walk.js';
import type { InputOptions } from './options.js';
import type { Opened } from './table.js';
import { nameOf } from './trouble.js';

/** Opens a JSON file: a list of records, one object, objects one after the other, or an envelope around any of these. */
export function openJson(readout: Readout, options: InputOptions): Opened {
  const fields = newFields();
  const { file } = readout.source;
  const path = pathOf(options);

  async function* pass(): AsyncGenerator<Batch> {
    const cursor = new Cursor(file);
    const records = recordsOf(file, fields, options);
    let rows: Row[] = [];
    let sound = false;
    let good = false;
    let firstBroken: UserError | undefined;
    const finds: Finds = {
      record: (text, line, rest) => {
        sound = true;
        good = true;
        rows.push(...records.of(text, line, rest));
      },
      entered: () => {
        sound = true;
        records.reached();
      },
      broken: (line, why, text) => {
        firstBroken ??= brokenFile(file, line, why);
        if (!sound) throw firstBroken;
        rows.push(brokenRow(line, `broken JSON: ${why}`, text));
      },
      name: records.name,
    };
    const walk = walkDocuments(cursor, path, finds);
    let stored = 0;
    for await (const block of textOf(readout)) {
      stored = block.stored;
      cursor.grow(block.text);
      walk.next();
      yield { rows, bytesRead: stored };
      rows = [];
    }
    cursor.ended = true;
    walk.next();
    if (!good && firstBroken !== undefined) throw firstBroken;
    records.demandReached();
    yield { rows, bytesRead: stored };
  }

  return { format: 'json', columns: fields.columns, pass };
}

function brokenFile(file: string, line: number, why: string): UserError {
  return new UserError(`${nameOf(file)}, line ${line}: this is not sound JSON: ${why}`, {
    hint: 'Perhaps it was cut on the way: export it again. If it is CSV, give --format csv; if it is an object a line, --format ndjson.',
  });
}
