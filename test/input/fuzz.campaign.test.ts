import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { Batch, Row } from '../../src/core/row.js';
import { csvReader } from '../../src/input/csv/reader.js';
import type { RecordsAt } from '../../src/input/format.js';
import { DocumentWalk } from '../../src/input/json/document.js';
import { Flattener, RecordMapper } from '../../src/input/json/records.js';
import { Scanner } from '../../src/input/json/scanner.js';
import { lineBatches } from '../../src/input/lines.js';
import { size } from '../setup/campaign.js';
import { type Reading, read } from './harness.js';

const piped = (bytes: Uint8Array, options = {}) =>
  read('-', options, { stdin: Readable.from([Buffer.from(bytes)]) });

/** What reading gave; undefined where the file was refused in words. Whatever else is thrown is a bug. */
async function readOrRefuse(bytes: Uint8Array, options = {}): Promise<Reading | undefined> {
  try {
    return await piped(bytes, options);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Cuts a text or bytes at some places. */
function cut<T extends { readonly length: number; slice(from: number, to: number): T }>(
  whole: T,
  places: readonly number[],
): T[] {
  const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [...ends, whole.length].map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
}

it('survives any bytes in any format: rows or a sentence, lines in order', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .string({
        maxLength: 60,
        unit: fc.constantFrom(...'a1",;|\t\r\n{}[]:\\-. ()ж', 'sep=;', '\u0000', '\ufeff', 'null'),
      })
      .map((text) => Buffer.from(text)),
  );
  const formats = fc.constantFrom('csv', 'json', 'ndjson', 'xlsx', undefined);
  await fc.assert(
    fc.asyncProperty(bytes, formats, fc.boolean(), async (body, format, packed) => {
      const reading = await readOrRefuse(
        packed ? zlib.gzipSync(body) : body,
        format === undefined ? {} : { format },
      );
      if (reading === undefined) return;
      const lines = Buffer.from(body).toString('utf16le').length + body.length;
      let before = 1;
      for (const row of reading.rows) {
        expect(row.line).toBeGreaterThanOrEqual(before);
        expect(row.line).toBeLessThanOrEqual(lines);
        expect(row.cells.every((cell) => typeof cell === 'string')).toBe(true);
        before = row.line;
      }
    }),
    { numRuns: size(75, 1800) },
  );
});

it('reads back what was written in any dialect, with its lines', async () => {
  const cell = fc.oneof(
    fc.constantFrom(
      '74950000001',
      '101',
      'Жанна "Ж"',
      'a,b;c',
      'x\n\ny',
      '2026-10-05 10:00:00',
      '98,4',
      'tab\there',
      '',
    ),
    fc.string({ maxLength: 5, unit: fc.constantFrom(...'aя"|;, ') }),
  );
  const table = fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 12 });
  const dialect = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    end: fc.constantFrom('\n', '\r', '\r\n'),
    encoding: fc.constantFrom('utf8', 'bom', 'utf16le'),
    all: fc.boolean(),
    gzip: fc.boolean(),
    sep: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(table, dialect, async (cells, { delimiter, end, encoding, all, gzip, sep }) => {
      const write = (text: string) =>
        all || /["\n\r,;|\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
      const records = [
        ['id', 'one', 'two', 'three', 'four'],
        ...cells.map((row, index) => [`r${index}`, ...row]),
      ];
      const lines = records.map((row) => row.map(write).join(delimiter) + end);
      const text = (sep ? `sep=${delimiter}${end}` : '') + lines.join('');
      const bytes = Buffer.from(
        encoding === 'utf8' ? text : `\ufeff${text}`,
        encoding === 'utf16le' ? encoding : 'utf8',
      );
      const reading = await piped(gzip ? zlib.gzipSync(bytes) : bytes, { delimiter });
      expect(reading.cells).toEqual(records.slice(1));
      const starts = lines.map(
        (_, index) =>
          (sep ? 2 : 1) +
          (lines
            .slice(0, index)
            .join('')
            .match(/\r\n|\r|\n/g)?.length ?? 0),
      );
      expect(reading.lines).toEqual(starts.slice(1));
    }),
    { numRuns: size(30, 600) },
  );
});

it('gives a row for every line, however many stray quotes there are', async () => {
  const ends = fc.constantFrom('\n', '\r', '\r\n');
  const strays = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(strays, ends, fc.integer({ min: 12, max: 40 }), async (places, end, count) => {
      const lines = Array.from({ length: count }, (_, index) => `r${index};74950000001;101;inbound;12;Ann`);
      for (const [line, column] of places) {
        const at = line % count;
        const text = lines[at] ?? '';
        const place = column % (text.length + 1);
        lines[at] = `${text.slice(0, place)}"${text.slice(place)}`;
      }
      const text = ['id;caller;to;type;billsec;name', ...lines, ''].join(end);
      const reading = await piped(Buffer.from(text));
      expect(reading.lines).toEqual(lines.map((_, index) => index + 2));
      for (const [index, row] of reading.rows.entries()) {
        if (row.cells.length === 6) expect(row.cells[0]?.replaceAll('"', '')).toBe(`r${index}`);
      }
    }),
    { numRuns: size(20, 450) },
  );
});

it('reads lines the same however the file is cut into blocks, and tells where each batch ends', async () => {
  const text = fc.string({
    maxLength: 60,
    unit: fc.constantFrom('a', 'ж', '"', ';', '\n', '\r', '\r\n', 'b;c;d\n'),
  });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 10 }), async (text, places) => {
      const bytes = Buffer.from(text);
      const reader = () => csvReader({ delimiter: ';', widths: new Set([3]), numeric: [] });
      const reading = {
        file: 'calls.csv',
        start: { index: 0, line: 1 },
        decode: (piece: Buffer) => piece.toString('utf8'),
        parse: (piece: string, line: number, final: boolean) => reader()(piece, { line, final }),
        hasOffsets: true,
        hint: '',
      };
      const all = async (blocks: readonly Buffer[], start = reading.start) => {
        const batches: Batch[] = [];
        const list = blocks.map((block) => ({ bytes: block, stored: 0 }));
        for await (const batch of lineBatches(Readable.from(list), { ...reading, start }))
          batches.push(batch);
        return batches;
      };
      const rowsOf = (batches: readonly Batch[]): Row[] => batches.flatMap((batch) => batch.rows);
      const whole = rowsOf(await all([bytes]));
      const cutUp = await all(cut<Buffer>(bytes, places));
      expect(rowsOf(cutUp)).toEqual(whole);
      for (const [index, { next }] of cutUp.entries()) {
        const start = { index: next?.offset ?? 0, line: next?.line ?? 1 };
        expect(rowsOf(await all([bytes.subarray(start.index)], start))).toEqual(
          rowsOf(cutUp.slice(index + 1)),
        );
      }
    }),
    { numRuns: size(75, 1800) },
  );
});

it('walks through JSON the same however it is cut into blocks', () => {
  const walk = (blocks: readonly string[], path: readonly string[]) => {
    const found: unknown[] = [];
    const records: RecordsAt = { path, by: 'usual' };
    const note = (text: string) => found.push(text);
    const mapped = { file: 'calls.json', records, unfold: undefined, note };
    const mapper = new RecordMapper(new Flattener(), mapped);
    const scanner = new Scanner('calls.json');
    const walk = new DocumentWalk({ scanner, mapper, records, fieldsIn: () => 0 });
    try {
      const steps = walk.documents();
      for (const block of blocks) {
        scanner.grow(block);
        steps.next();
      }
      scanner.ended = true;
      steps.next();
      walk.end();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      found.push(error.message);
    }
    return [...found, ...mapper.takeRows()];
  };
  const value = fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.constantFrom(
      '[{"a":1},\r\n{"b":"\\"}"}]',
      '{"data":[{"a":1}]}',
      '{"data":{"records":[\n{}]}}',
      '{"7":{"a":1}}',
      '\r\n',
    ),
  );
  const text = fc.oneof(
    fc.array(value, { maxLength: 4 }).map((values) => values.join('')),
    fc.string({ maxLength: 30, unit: fc.constantFrom(...'{}[]",:1\\ \r\n', '"data":', '"a"') }),
  );
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (text, places, isTop) => {
      const path = isTop ? [] : ['data'];
      expect(walk(cut(text, places), path)).toEqual(walk([text], path));
    }),
    { numRuns: size(150, 4500) },
  );
});

it('finds every record of a list that is written in any way', async () => {
  const record = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 4 }),
    fc.oneof(fc.string(), fc.integer()),
    { minKeys: 1 },
  );
  const indent = fc.constantFrom(0, 2, '\t');
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 8 }), indent, async (records, indent) => {
      const plain = records.filter(
        (one) => !Object.hasOwn(one, 'list') && !Object.keys(one).every((key) => /^\d/.test(key)),
      );
      const reading = await piped(Buffer.from(JSON.stringify(plain, null, indent)), { format: 'json' });
      expect(reading.rows).toHaveLength(plain.length);
      for (const [index, one] of plain.entries()) {
        for (const [key, value] of Object.entries(one)) {
          expect(reading.cells[index]?.[reading.table.columns.indexOf(key)]).toBe(String(value));
        }
      }
    }),
    { numRuns: size(20, 450) },
  );
});
