// The XML of a sheet to rows.

import type { Row } from '../../core/row.js';
import { type DateFormat, dateText, numberText } from './dates.js';
import { createTextCollector, type SharedStrings } from './shared-strings.js';
import { createXmlParser } from './xml.js';

/** What cells need of the rest of their workbook. */
export interface CellContext {
  readonly file: string;
  readonly strings: SharedStrings;
  /** What the number format of each cell style shows. */
  readonly formats: readonly DateFormat[];
  readonly is1904: boolean;
}

/** Columns further right are left out: no table of calls has so many, and a row is bounded. */
const mostColumns = 1024;
const lastRow = 1_048_576;

/**
 * A parser for the XML of a sheet that comes in blocks. The line of a row is its number in the sheet.
 *
 * @param onRow takes the rows as they end, but for those without any text
 */
export function createSheetParser(
  context: CellContext,
  onRow: (row: Row) => void,
): ReturnType<typeof createXmlParser> {
  let line = 0;
  let column = -1;
  let cells: string[] = [];
  let cell: { readonly column: number; readonly type: string; readonly style: number } | undefined;
  let isValue = false;
  let isData = false;
  const text = createTextCollector(context.file);

  function endCell(): void {
    if (cell === undefined) return;
    const value = textOf(cell, text.take(), context);
    if (value !== '' && cell.column < mostColumns) {
      while (cells.length < cell.column) cells.push('');
      cells[cell.column] = value;
    }
    cell = undefined;
  }

  return createXmlParser({
    open: (name, attribute) => {
      if (name === 'sheetData') isData = true;
      else if (!isData) return;
      else if (name === 'row') {
        line = rowNumber(attribute('r'), line);
        column = -1;
        cells = [];
      } else if (name === 'c') {
        column = columnNumber(attribute('r')) ?? column + 1;
        cell = { column, type: attribute('t') ?? 'n', style: Number(attribute('s') ?? 0) };
        text.take();
      } else if (name === 'v') isValue = true;
      else if (cell?.type === 'inlineStr') text.open(name);
    },
    text: (piece) => {
      if (isValue) text.add(piece);
      else if (cell?.type === 'inlineStr') text.text(piece);
    },
    close: (name) => {
      if (name === 'v') isValue = false;
      else if (name === 'c') endCell();
      else if (name === 'row') {
        if (cells.some((one) => one.trim() !== '')) onRow({ line, cells });
        cells = [];
      } else if (name === 'sheetData') isData = false;
      else text.close(name);
    },
  });
}

/** The number of a row; where it says none, the one after the row before. Throws for one that goes back. */
function rowNumber(reference: string | undefined, before: number): number {
  const number = reference === undefined ? before + 1 : Number(reference);
  if (Number.isInteger(number) && number > before && number <= lastRow) return number;
  throw new Error(`row ${String(reference).slice(0, 20)} after row ${before}`);
}

/** The position of the column of a cell such as `AB12`, from 0; undefined where it names none. */
function columnNumber(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d+$)/.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  let number = 0;
  for (const letter of letters) number = number * 26 + letter.charCodeAt(0) - 64;
  return number - 1;
}

function textOf(
  { type, style }: { readonly type: string; readonly style: number },
  value: string,
  { file, strings, formats, is1904 }: CellContext,
): string {
  switch (type) {
    case 's': {
      if (value === '') return '';
      const text = strings.get(Number(value));
      if (text === undefined)
        throw new Error(`a cell names the text ${value.slice(0, 20)}, which ${file} has not`);
      return text;
    }
    case 'b':
      return value === '' ? '' : value === '1' ? 'TRUE' : 'FALSE';
    case 'n': {
      const format = formats[style];
      return format === undefined || value === '' ? numberText(value) : dateText(value, format, is1904);
    }
    // Of `d` the value is a date in ISO 8601; of `e`, an error such as #N/A, which is no value of a call.
    case 'e':
      return '';
    default:
      return value;
  }
}
