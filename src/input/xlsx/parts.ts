// What a workbook says of itself: its sheets, its texts, the formats of its cells.

import { UserError } from '../../core/errors.js';
import { displayName } from '../errors.js';
import { type Archive, damaged, openArchive } from './archive.js';
import { builtInFormat, type DateFormat, formatOfCode } from './dates.js';
import { readSharedStrings, SharedStrings } from './shared-strings.js';
import type { CellContext } from './sheet.js';
import { parseXml } from './xml.js';

/** A sheet of a workbook, in the order of its tabs. */
export interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  /** The name of its part. */
  readonly part: string;
}

/** A workbook whose sheets can be read. */
export interface Workbook {
  readonly file: string;
  /** Its path, or all its bytes. */
  readonly place: string | Buffer;
  readonly sheets: readonly Sheet[];
  readonly context: CellContext;
}

/** Reads what a workbook says of itself. Throws UserError: damaged, encrypted, no workbook. */
export async function readWorkbook(file: string, place: string | Buffer): Promise<Workbook> {
  const archive = await openArchive(file, place);
  try {
    const part = await workbookPart(file, archive);
    const related = await relations(archive, part);
    const { sheets, is1904 } = await readSheets(file, archive, part, related);
    const partOf = (kind: string) =>
      [...related.values()].find((one) => one.kind === kind && archive.has(one.part))?.part;
    const [strings, styles] = [partOf('sharedStrings'), partOf('styles')];
    const context: CellContext = {
      file: displayName(file),
      strings:
        strings === undefined ? new SharedStrings() : await readSharedStrings(archive.read(strings), file),
      formats: styles === undefined ? [] : await readFormats(archive.read(styles)),
      is1904,
    };
    return { file, place, sheets, context };
  } catch (error) {
    throw damaged(file, error);
  } finally {
    archive.close();
  }
}

/** The name of the part that lists the sheets. Throws UserError for an archive that is no workbook. */
async function workbookPart(file: string, archive: Archive): Promise<string> {
  const found = archive.has('_rels/.rels') ? [...(await relations(archive, '')).values()] : [];
  const part = found.find(({ kind }) => kind === 'officeDocument')?.part;
  if (part === undefined || !archive.has(part)) throw notWorkbook(file, archive);
  if (/\.bin$/i.test(part))
    throw new UserError(`${displayName(file)}: is a binary workbook (.xlsb)`, { hint: asXlsx });
  return part;
}

/** The sheets of a workbook, and whether it counts days from 1904. Throws UserError for XML that is no workbook. */
async function readSheets(
  file: string,
  archive: Archive,
  part: string,
  related: ReadonlyMap<string, Relation>,
): Promise<Pick<Workbook, 'sheets'> & Pick<CellContext, 'is1904'>> {
  const sheets: Sheet[] = [];
  let is1904 = false;
  let isWorkbook = false;
  await parseXml(archive.read(part), {
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
  return { sheets, is1904 };
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
