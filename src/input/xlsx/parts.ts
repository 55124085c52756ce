import { UserError } from '../../core/errors.js';
import { displayName } from '../errors.js';
import type { Archive } from './archive.js';
import { builtInFormat, type DateFormat, formatOfCode } from './dates.js';
import { parseXml } from './xml.js';

/** A sheet of a workbook, in the order of its tabs. */
export interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  /** The name of its part. */
  readonly part: string;
}

/** What a workbook says of itself. */
export interface WorkbookParts {
  readonly sheets: readonly Sheet[];
  readonly is1904: boolean;
  readonly stringsPart?: string;
  readonly stylesPart?: string;
}

/** Finds the sheets, texts and styles of a workbook by its relations. Throws UserError for an archive that is no workbook. */
export async function findParts(file: string, archive: Archive): Promise<WorkbookParts> {
  if (!archive.has('_rels/.rels')) throw notWorkbook(file, archive);
  const workbook = [...(await relations(archive, '')).values()].find(({ kind }) => kind === 'officeDocument');
  if (workbook === undefined || !archive.has(workbook.part)) throw notWorkbook(file, archive);
  if (/\.bin$/i.test(workbook.part))
    throw new UserError(`${displayName(file)}: this is a binary workbook (.xlsb)`, { hint: asXlsx });
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
  const partOf = (kind: string) => [...related.values()].find((one) => one.kind === kind)?.part;
  const stringsPart = partOf('sharedStrings');
  const stylesPart = partOf('styles');
  return {
    sheets,
    is1904,
    ...(stringsPart === undefined ? {} : { stringsPart }),
    ...(stylesPart === undefined ? {} : { stylesPart }),
  };
}

const asXlsx = 'Open it in Excel or LibreOffice, save it as .xlsx or as "CSV UTF-8", and import that file.';

function notWorkbook(file: string, archive: Archive): UserError {
  const isOpenDocument = archive.has('mimetype') && archive.has('content.xml');
  const what = isOpenDocument
    ? 'an OpenDocument file (.ods)'
    : 'a ZIP archive that is not an Excel workbook (.xlsx)';
  const hint = isOpenDocument ? asXlsx : 'Unpack it, and import the files in it.';
  return new UserError(`${displayName(file)}: this is ${what}`, { hint });
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
export async function readFormats(blocks: AsyncIterable<Buffer>): Promise<readonly DateFormat[]> {
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
