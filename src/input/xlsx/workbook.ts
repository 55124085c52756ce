// The rows of a workbook: the sheet with calls, the header, batches.

import { resolve } from 'node:path';
import { shellQuoted } from '../../core/display.js';
import { UserError } from '../../core/errors.js';
import type { Batch, Row } from '../../core/row.js';
import { findHeader, type Header, headerRows, titleNotes } from '../csv/layout.js';
import { displayName } from '../errors.js';
import type { InputOptions, OpenedFormat } from '../format.js';
import type { ByteSource, InputIo } from '../source.js';
import { damaged, openArchive } from './archive.js';
import { readWorkbook, type Sheet, type Workbook } from './parts.js';
import { createSheetParser } from './sheet.js';

/** A workbook that comes by a pipe has to be held: its table of contents is at its end. */
const mostPiped = 64 * 1024 * 1024;
/** Rows and cells that a batch holds at most, and what one block adds. */
const batchSize = { rows: 500, cells: 50_000 };

/**
 * Opens a workbook (.xlsx, ECMA-376): chooses the sheet, finds the header, and reads its rows as they are inflated.
 * Throws UserError: damaged, encrypted, no workbook, no such sheet; further on from the rows.
 */
export async function openWorkbook(
  source: ByteSource,
  options: InputOptions,
  io: Pick<InputIo, 'cwd' | 'note'>,
): Promise<OpenedFormat> {
  const { file, size = 0 } = source;
  const place = source.isPlain ? resolve(io.cwd, file) : await bytesOf(source);
  const workbook = await readWorkbook(file, place);
  const heads: Head[] = [];
  for (const sheet of sheetsToRead(workbook, options.sheet))
    heads.push({ sheet, first: await firstRows(readSheet(workbook, sheet, size)) });
  const { sheet, first } = sheetOfCalls(file, heads, options);
  const others = heads.map((head) => head.sheet).filter((one) => one !== sheet);
  if (others.length > 0)
    io.note(
      `${displayName(file)}: the sheet "${sheet.name}" is read, ${others.length} other${others.length === 1 ? ' is' : 's are'} not: ${listed(others)}`,
      'If the calls are on another sheet, name it with --sheet.',
    );
  const header = findHeader(first, 0, options);
  for (const { text } of titleNotes(file, header)) io.note(text);
  const { columns, headerLine, titles } = header;
  return {
    format: 'xlsx',
    columns,
    titles,
    ...(headerLine === undefined ? {} : { headerLine }),
    read: () => below(header, readSheet(workbook, sheet, size)),
  };
}

async function bytesOf({ file, blocks }: ByteSource): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const { bytes } of blocks()) {
    kept.push(bytes);
    length += bytes.length;
    if (length > mostPiped)
      throw new UserError(
        `${displayName(file)}: workbooks of more than 64 MiB cannot be read from a pipe or compressed`,
        {
          hint: 'Save it as a file and name that.',
        },
      );
  }
  return Buffer.concat(kept);
}

/** The first rows of a sheet. */
interface Head {
  readonly sheet: Sheet;
  readonly first: readonly Row[];
}

/** The sheet of a name or, where none has it, of a number from 1; where none is asked for, those that are not hidden. */
function sheetsToRead({ file, sheets }: Workbook, asked: string | undefined): readonly Sheet[] {
  if (asked === undefined) {
    const shown = sheets.filter(({ isHidden }) => !isHidden);
    return shown.length === 0 ? sheets.slice(0, 1) : shown;
  }
  const name = asked.trim().toLowerCase();
  const found =
    sheets.find((sheet) => sheet.name.trim().toLowerCase() === name) ??
    (/^\d{1,4}$/.test(name) ? sheets[Number(name) - 1] : undefined);
  if (found !== undefined) return [found];
  throw new UserError(`${displayName(file)}: there is no sheet "${asked}"`, {
    hint: `It has ${listed(sheets)}. Give --sheet one of these names, or a number from 1.`,
  });
}

/** So many columns with known names make a table of calls. */
const fewestNames = 3;

/** The sheet with calls, else the first one. Throws a UserError where several have them: none is passed over. */
function sheetOfCalls(file: string, heads: readonly Head[], { knownNames }: InputOptions): Head {
  const ofCalls = heads.filter(({ first }) =>
    first.some(({ cells }) => (knownNames?.(cells) ?? 0) >= fewestNames),
  );
  if (ofCalls.length > 1) {
    const flags = ofCalls.map(({ sheet }) => `--sheet ${shellQuoted(sheet.name)}`);
    throw new UserError(
      `${displayName(file)}: has calls on several sheets: ${listed(ofCalls.map(({ sheet }) => sheet))}`,
      {
        hint: `Read one at a time: ${flags.join(', then ')}.`,
      },
    );
  }
  const chosen = ofCalls[0] ?? heads[0];
  if (chosen === undefined)
    throw new UserError(`${displayName(file)}: the workbook has no sheet`, {
      hint: 'Check the export that wrote it.',
    });
  return chosen;
}

function listed(sheets: readonly Sheet[]): string {
  const names = sheets.slice(0, 10).map(({ name }) => `"${name}"`);
  return sheets.length > names.length ? `${names.join(', ')}, …` : names.join(', ');
}

/**
 * All rows of a sheet that hold text, in batches. Its archive is opened when the reading begins and closed when it ends: none is
 * held open by a pass that never begins.
 *
 * @param size bytes of the file; 0 for a stream
 */
async function* readSheet(
  { file, place, context }: Workbook,
  { part }: Sheet,
  size: number,
): AsyncGenerator<Batch> {
  const archive = await openArchive(file, place);
  try {
    const whole = Math.max(1, archive.sizeOf(part));
    let rows: Row[] = [];
    let cells = 0;
    let read = 0;
    const parser = createSheetParser(context, (row) => {
      rows.push(row);
      cells += row.cells.length;
    });
    for await (const bytes of archive.read(part)) {
      read += bytes.length;
      parser.write(bytes);
      if (rows.length < batchSize.rows && cells < batchSize.cells) continue;
      yield { rows, bytesRead: Math.min(size, Math.floor((size * read) / whole)) };
      rows = [];
      cells = 0;
    }
    parser.end();
    yield { rows, bytesRead: size };
  } catch (error) {
    throw damaged(file, error);
  } finally {
    archive.close();
  }
}

async function firstRows(batches: AsyncGenerator<Batch>): Promise<readonly Row[]> {
  const first: Row[] = [];
  for await (const { rows } of batches) {
    first.push(...rows.slice(0, headerRows - first.length));
    if (first.length >= headerRows) break;
  }
  return first;
}

/** The rows below the header, each with a cell for each column: a workbook leaves out the empty ones. */
async function* below(
  { lastHeaderLine, columns }: Pick<Header, 'lastHeaderLine' | 'columns'>,
  batches: AsyncGenerator<Batch>,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    const rows = batch.rows.filter((row) => row.line > lastHeaderLine);
    yield { ...batch, rows: rows.map((row) => filled(row, columns.length)) };
  }
}

function filled(row: Row, width: number): Row {
  if (row.cells.length >= width) return row;
  const empty = Array.from({ length: width - row.cells.length }, () => '');
  return { line: row.line, cells: [...row.cells, ...empty] };
}
