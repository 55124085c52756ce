// Opens a workbook: its parts, the sheet, the header, batches of rows.

import { resolve } from 'node:path';
import { shellQuoted } from '../../core/display.js';
import { UserError } from '../../core/errors.js';
import type { Batch, Row } from '../../core/row.js';
import { findHeader, type Header, headerRows } from '../csv/layout.js';
import { displayName } from '../errors.js';
import type { InputOptions, OpenedFormat } from '../format.js';
import type { ByteSource, InputIo } from '../source.js';
import { type Archive, damaged, openArchive } from './archive.js';
import { builtInFormat, type DateFormat, formatOfCode } from './dates.js';
import { readSharedStrings, SharedStrings } from './shared-strings.js';
import { type CellContext, createSheetParser } from './sheet.js';
import { parseXml } from './xml.js';

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
  const { file } = source;
  const place = source.isPlain ? resolve(io.cwd, file) : await bytesOf(source);
  const size = source.size ?? 0;
  const { sheet, others, context, first } = await withArchive(file, place, async (archive) => {
    const { sheets, context } = await readWorkbook(file, archive);
    const heads: Head[] = [];
    for (const sheet of sheetsToRead(file, sheets, options.sheet))
      heads.push({ sheet, first: await firstRows(readSheet(archive, { sheet, context, size })) });
    const chosen = sheetOfCalls(file, heads, options);
    const others = heads.filter((head) => head !== chosen).map((head) => head.sheet);
    return { ...chosen, others, context };
  });
  if (others.length > 0)
    io.note(
      `${displayName(file)}: the sheet "${sheet.name}" is read, ${others.length} other${others.length === 1 ? ' is' : 's are'} not: ${listed(others)}`,
      'If the calls are on another sheet, name it with --sheet.',
    );
  const header = findHeader(first, 0, options);
  if (header.titles.length > 0)
    io.note(
      `${displayName(file)}: the header is on line ${header.headerLine}; the lines above it were skipped`,
    );
  return {
    format: 'xlsx',
    columns: header.columns,
    titles: header.titles,
    ...(header.headerLine === undefined ? {} : { headerLine: header.headerLine }),
    read: () => below(header, openSheet(file, place, { sheet, context, size })),
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

async function withArchive<T>(
  file: string,
  place: string | Buffer,
  use: (archive: Archive) => Promise<T>,
): Promise<T> {
  const archive = await openArchive(file, place);
  try {
    return await use(archive);
  } catch (error) {
    throw damaged(file, error);
  } finally {
    archive.close();
  }
}

async function readWorkbook(file: string, archive: Archive) {
  const { sheets, is1904, stringsPart, stylesPart } = await findParts(file, archive);
  const context: CellContext = {
    file: displayName(file),
    strings:
      stringsPart === undefined
        ? new SharedStrings()
        : await readSharedStrings(archive.read(stringsPart), file),
    formats: stylesPart === undefined ? [] : await readFormats(archive.read(stylesPart)),
    is1904,
  };
  return { sheets, context };
}

/** The first rows of a sheet. */
interface Head {
  readonly sheet: Sheet;
  readonly first: readonly Row[];
}

/** The sheet of a name or, where none has it, of a number from 1; where none is asked for, those that are not hidden. */
function sheetsToRead(file: string, sheets: readonly Sheet[], asked: string | undefined): readonly Sheet[] {
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

interface SheetToRead {
  readonly sheet: Sheet;
  readonly context: CellContext;
  /** Bytes of the file; 0 for a stream. */
  readonly size: number;
}

/**
 * The rows of a sheet, from an archive that is opened when their reading begins and closed when it ends: each pass has its
 * own, so that none is held open by a pass that never begins.
 */
async function* openSheet(file: string, place: string | Buffer, sheet: SheetToRead): AsyncGenerator<Batch> {
  const archive = await openArchive(file, place);
  try {
    yield* readSheet(archive, sheet);
  } catch (error) {
    throw damaged(file, error);
  } finally {
    archive.close();
  }
}

/** All rows of a sheet that hold text, in batches. */
async function* readSheet(archive: Archive, { sheet, context, size }: SheetToRead): AsyncGenerator<Batch> {
  const whole = Math.max(1, archive.sizeOf(sheet.part));
  let rows: Row[] = [];
  let cells = 0;
  let read = 0;
  const parser = createSheetParser(context, (row) => {
    rows.push(row);
    cells += row.cells.length;
  });
  for await (const bytes of archive.read(sheet.part)) {
    read += bytes.length;
    parser.write(bytes);
    if (rows.length < batchSize.rows && cells < batchSize.cells) continue;
    yield { rows, bytesRead: Math.min(size, Math.floor((size * read) / whole)) };
    rows = [];
    cells = 0;
  }
  parser.end();
  yield { rows, bytesRead: size };
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

/** A sheet of a workbook, in the order of its tabs. */
interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  /** The name of its part. */
  readonly part: string;
}

/** What a workbook says of itself. */
interface WorkbookParts {
  readonly sheets: readonly Sheet[];
  readonly is1904: boolean;
  /** undefined where it has no such part. */
  readonly stringsPart: string | undefined;
  readonly stylesPart: string | undefined;
}

/** Finds the sheets, texts and styles of a workbook by its relations. Throws UserError for an archive that is no workbook. */
async function findParts(file: string, archive: Archive): Promise<WorkbookParts> {
  if (!archive.has('_rels/.rels')) throw notWorkbook(file, archive);
  const workbook = [...(await relations(archive, '')).values()].find(({ kind }) => kind === 'officeDocument');
  if (workbook === undefined || !archive.has(workbook.part)) throw notWorkbook(file, archive);
  if (/\.bin$/i.test(workbook.part))
    throw new UserError(`${displayName(file)}: is a binary workbook (.xlsb)`, { hint: asXlsx });
  const related = await relations(archive, workbook.part);
  const sheets: Sheet[] = [];
  let is1904 = false;
  let isWorkbook = false;
  await parseXml(archive.read(workbook.part), {
    open: (name, attribute) => {
      if (name === 'workbook') isWorkbook = true;
      if (name === 'workbookPr') is1904 = /^(1|true|on)$/.test(attribute('date1904') ?? '');
      if (name !== 'sheet') return;
      const relation = related.get(attribute('r:id') ?? attribute('relationships:id') ?? '');
      if (relation?.kind === 'chartsheet' || relation?.kind === 'dialogsheet') return;
      const title = attribute('name') ?? '';
      if (relation === undefined || !archive.has(relation.part))
        throw new Error(`its sheet "${title.slice(0, 40)}" has no part`);
      sheets.push({ name: title, isHidden: /hidden$/i.test(attribute('state') ?? ''), part: relation.part });
    },
  });
  if (!isWorkbook) throw notWorkbook(file, archive);
  const partOf = (kind: string) =>
    [...related.values()].find((one) => one.kind === kind && archive.has(one.part))?.part;
  return { sheets, is1904, stringsPart: partOf('sharedStrings'), stylesPart: partOf('styles') };
}

const asXlsx = 'Open it in Excel or LibreOffice, save it as .xlsx or as "CSV UTF-8", and import that file.';

function notWorkbook(file: string, archive: Archive): UserError {
  const isOpenDocument = archive.has('mimetype') && archive.has('content.xml');
  const what = isOpenDocument
    ? 'an OpenDocument file (.ods)'
    : 'a ZIP archive that is not an Excel workbook (.xlsx)';
  const hint = isOpenDocument ? asXlsx : 'Unpack it, and import the files in it.';
  return new UserError(`${displayName(file)}: is ${what}`, { hint });
}

interface Relation {
  /** The last word of its type: transitional and strict workbooks have different addresses before it. */
  readonly kind: string;
  readonly part: string;
}

/** The relations of a part, or of the whole archive (''), by id. */
async function relations(archive: Archive, part: string): Promise<ReadonlyMap<string, Relation>> {
  const found = new Map<string, Relation>();
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const name = `${folder}_rels/${part.slice(folder.length)}.rels`;
  await parseXml(archive.read(name), {
    open: (element, attribute) => {
      if (element !== 'Relationship' || attribute('TargetMode') === 'External') return;
      const kind = (attribute('Type') ?? '').replace(/^.*\//, '');
      found.set(attribute('Id') ?? '', { kind, part: resolved(folder, attribute('Target') ?? '') });
      if (found.size > 10_000) throw new Error('it has too many relations');
    },
  });
  return found;
}

/** The name of a part that is named relative to a folder: `worksheets/sheet1.xml`, `/xl/styles.xml`, `../a.xml`. */
function resolved(folder: string, target: string): string {
  const { pathname } = new URL(encodeURI(target), `zip://archive/${folder}`);
  return decodeURI(pathname).replace(/^\/+/, '');
}

/** What the number format of each cell style shows, by the number of the style. */
async function readFormats(blocks: AsyncIterable<Buffer>): Promise<readonly DateFormat[]> {
  const custom = new Map<number, DateFormat>();
  const formats: DateFormat[] = [];
  let isCells = false;
  await parseXml(blocks, {
    open: (name, attribute) => {
      if (name === 'cellXfs') isCells = true;
      const id = Number(attribute('numFmtId') ?? 0);
      if (name === 'numFmt') custom.set(id, formatOfCode(attribute('formatCode') ?? ''));
      if (name === 'xf' && isCells) formats.push(custom.has(id) ? custom.get(id) : builtInFormat(id));
      if (formats.length > 1_000_000 || custom.size > 100_000) throw new Error('it has too many styles');
    },
    close: (name) => {
      if (name === 'cellXfs') isCells = false;
    },
  });
  return formats;
}
