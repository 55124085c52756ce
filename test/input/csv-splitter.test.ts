import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Row } from '../../src/core/row.js';
import { relaxedCells, splitCsv } from '../../src/input/csv/splitter.js';

/** What csv-parse says about a text: its records and their lines, or that it is not well-formed. */
function judged(text: string, delimiter: string): Row[] | 'irregular' {
  const rows: Row[] = [];
  const bytes = Buffer.from(text);
  let start = 0;
  let line = 1;
  try {
    parse(bytes, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      on_record: (cells: string[], { bytes: end }) => {
        rows.push({ line, cells });
        line += bytes.toString('utf8', start, end).match(/\r\n|\r|\n/g)?.length ?? 0;
        start = end;
        return null;
      },
    });
  } catch {
    return 'irregular';
  }
  return rows;
}

function split(text: string, delimiter: string) {
  const rows: Row[] = [];
  const stop = splitCsv(text, { index: 0, line: 1 }, { delimiter }, rows);
  return { rows, stop };
}

const delimiters = fc.constantFrom(',', ';', '\t', '|');
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

it('gives the rows and lines of csv-parse for every well-formed text', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'ж', '"', ',', ';', '\n', '\r', ' ', '📞') }),
    fc.constantFrom('', '74950000001', '\r\n', '""'),
  );
  const record = fc.array(fc.record({ cell, wrap: fc.boolean() }), { minLength: 1, maxLength: 5 });
  const breaks = fc.constantFrom('\n', '\r', '\r\n');
  const records = fc.array(fc.record({ record, end: breaks }), { maxLength: 8 });
  fc.assert(
    fc.property(records, delimiters, fc.boolean(), (list, delimiter, ended) => {
      const special = new RegExp(`["\\r\\n${delimiter === '|' ? '\\|' : delimiter}]`);
      const text = list
        .map(({ record, end }, index) => {
          const line = record.map(({ cell, wrap }) => (wrap || special.test(cell) ? quoted(cell) : cell));
          return line.join(delimiter) + (ended || index < list.length - 1 ? end : '');
        })
        .join('');
      const { rows, stop } = split(text, delimiter);
      expect(stop.isEnd).toBe(true);
      expect(rows).toEqual(judged(text, delimiter));
      const begun: Row[] = [];
      splitCsv(text, { index: 0, line: 1 }, { delimiter, enough: 2 }, begun);
      const cut = (list: readonly Row[]) => list.map((row) => ({ ...row, cells: row.cells.slice(0, 2) }));
      expect(cut(begun)).toEqual(cut(rows));
    }),
    { numRuns: 500 },
  );
});

it('never goes past what csv-parse refuses, and gives the rows before it as csv-parse does', () => {
  const text = fc.string({ maxLength: 30, unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ') });
  fc.assert(
    fc.property(text, (text) => {
      const { rows, stop } = split(text, ',');
      const verdict = judged(text, ',');
      if (stop.isEnd) expect(rows).toEqual(verdict);
      else {
        expect(verdict).toBe('irregular');
        expect(rows).toEqual(judged(text.slice(0, stop.index), ','));
      }
    }),
    { numRuns: 1000 },
  );
});

it('reads one line with odd quotes as csv-parse does, and sees that it ends inside quotes', () => {
  const line = fc.string({ maxLength: 30, unit: fc.constantFrom('a', '"', '""', ';', ' ') });
  fc.assert(
    fc.property(line, (line) => {
      const records: string[][] = [];
      const read = () =>
        parse(line, {
          delimiter: ';',
          relax_quotes: true,
          on_record: (cells: string[]) => {
            records.push(cells);
            return null;
          },
        });
      const cells = relaxedCells(line, ';');
      if (cells === undefined) expect(read).toThrow('Quote Not Closed');
      else {
        read();
        expect(line === '' ? [] : [cells]).toEqual(records);
      }
    }),
    { numRuns: 1000 },
  );
});
