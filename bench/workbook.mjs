// The same call records as a workbook, as Excel writes them: shared texts, dates as serial numbers.
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { records } from './data.mjs';
import { bench } from './place.mjs';

const columns = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'note'];
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006/relationships';

/** A workbook of so many records in .bench/data, made once. */
export async function workbookFile(rows) {
  const name = join(bench, 'data', `calls-${rows}-v1.xlsx`);
  if (existsSync(name)) return name;
  mkdirSync(join(name, '..'), { recursive: true });
  const texts = new Map();
  const zip = new yazl.ZipFile();
  const part = (path, text) => zip.addBuffer(Buffer.from(text), path);
  const relation = (id, kind, target) =>
    `<Relationship Id="${id}" Type="${office}/${kind}" Target="${target}"/>`;
  const relations = (...all) => `<Relationships xmlns="${packages}">${all.join('')}</Relationships>`;
  part('_rels/.rels', relations(relation('r1', 'officeDocument', 'xl/workbook.xml')));
  part(
    'xl/workbook.xml',
    `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="Calls" sheetId="1" r:id="r1"/></sheets></workbook>`,
  );
  part(
    'xl/_rels/workbook.xml.rels',
    relations(
      relation('r1', 'worksheet', 'worksheets/sheet1.xml'),
      relation('r2', 'sharedStrings', 'sharedStrings.xml'),
      relation('r3', 'styles', 'styles.xml'),
    ),
  );
  part(
    'xl/styles.xml',
    `<styleSheet xmlns="${main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`,
  );
  const sheet = Readable.from(sheetOf(rows, texts), { objectMode: false });
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml');
  zip.addReadStreamLazy('xl/sharedStrings.xml', (done) =>
    done(null, Readable.from(textsOf(texts), { objectMode: false })),
  );
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(`${name}.part`));
  renameSync(`${name}.part`, name);
  return name;
}

function* sheetOf(rows, texts) {
  const text = (value) => {
    if (!texts.has(value)) texts.set(value, texts.size);
    return `t="s"><v>${texts.get(value)}`;
  };
  const number = (value) => `><v>${value}`;
  const date = (value) => `s="1"><v>${value / 86_400 + 25_569}`;
  const kinds = { to: number, caller: number, billsec: number, date };
  const row = (line, cells) =>
    `<row r="${line}">${cells.map((cell, at) => `<c r="${'ABCDEFGH'[at]}${line}" ${cell}</v></c>`).join('')}</row>`;
  yield `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="${main}"><sheetData>`;
  yield row(1, columns.map(text));
  let line = 1;
  for (const record of records(rows)) {
    line += 1;
    const cells = columns.map((column) => {
      const kind = kinds[column];
      return kind === undefined ? text(String(record[column])) : kind(record[column]);
    });
    yield row(line, cells);
  }
  yield '</sheetData></worksheet>';
}

function* textsOf(texts) {
  yield `<sst xmlns="${main}">`;
  for (const text of texts.keys())
    yield `<si><t>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</t></si>`;
  yield '</sst>';
}
