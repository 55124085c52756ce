import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isTabular } from '../../src/core/row.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import { rowsOf, workbookOf } from '../input/workbooks.js';
import { check, expectedOf, fixtures, flagOf, open } from './preset-fixtures.js';

/*
 * The tables of phone systems as workbooks, with the cells typed as a cabinet or Excel types them: whole numbers as numbers,
 * times as serials, all else as text. They give the calls of the fixture.
 */
const folder = mkdtempSync(path.join(os.tmpdir(), 'amocalls-workbooks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Days since 1899-12-30. */
function serialOf(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 86_400_000 + 25_569;
}

/** A double is exact to fifteen digits; what begins with 0 or + is a text. */
function cellOf(text: string): string | number {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  const serial = serialOf(text);
  return serial === undefined ? escaped(text) : `<c s="1"><v>${serial}</v></c>`;
}

const tables = fixtures().filter(({ file }) => !/\.(?:json|ndjson)$/.test(file));

it.each(tables)('$file', async ({ file, expected }) => {
  const { args, calls } = expectedOf(expected);
  const preset = findPreset(flagOf(expectedOf(expected), '--preset') ?? '');
  const { columns, sample, headerLine, format } = await open(file, preset);
  expect(isTabular(format)).toBe(true);
  const rows = sample.map(({ cells }) => cells.map(cellOf));
  const sheet = rowsOf(headerLine === undefined ? rows : [columns.map(escaped), ...rows]);
  const book = path.join(folder, `${file}.xlsx`);
  writeFileSync(book, workbookOf({ sheets: { Calls: sheet }, formats: [22] }));
  const checked = await check(book, args);
  expect(checked.calls).toEqual(calls);
});
