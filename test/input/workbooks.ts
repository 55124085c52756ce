import { crc32, deflateRawSync } from 'node:zlib';

/** A part of a ZIP archive: its text, or what its entry says instead of the truth. */
export interface Part {
  readonly text: string | Uint8Array;
  readonly flags?: number;
  readonly size?: number;
  readonly crc?: number;
}

/** A ZIP archive of some parts, written by hand so that each field can be wrong. */
export function zipOf(parts: Readonly<Record<string, string | Uint8Array | Part>>): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, given] of Object.entries(parts)) {
    const part: Part = typeof given === 'string' || given instanceof Uint8Array ? { text: given } : given;
    const bytes = Buffer.from(part.text);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(part.flags ?? 0, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt16LE(0x5821, 8); // 2024-01-01
    fields.writeUInt32LE(part.crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(part.size ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, rest, Buffer.from(name)]));
    files.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, central, end]);
}

const spreadsheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006/relationships';

export interface WorkbookContent {
  /** The rows of each sheet by its name, as XML: `<row>…</row>`. */
  readonly sheets: Readonly<Record<string, string>>;
  /** Hidden ones of them. */
  readonly hidden?: readonly string[];
  readonly strings?: readonly string[];
  /** Codes of number formats: the style of each is its index and 1 more. A number is a built-in one. */
  readonly formats?: readonly (string | number)[];
  /** Ranges of cells that are merged, `A1:F1`; the first cell has the value. */
  readonly merged?: readonly string[];
  readonly is1904?: boolean;
}

/** The parts of a workbook by their names, as Excel writes them. */
export function partsOf(content: WorkbookContent): Record<string, string> {
  const { sheets, hidden = [], strings, formats = [], is1904 = false, merged = [] } = content;
  const merges = `<mergeCells>${merged.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`;
  const names = Object.keys(sheets);
  const relation = (id: string, kind: string, target: string) =>
    `<Relationship Id="${id}" Type="${office}/${kind}" Target="${target}"/>`;
  const related = [
    ...names.map((_, at) => relation(`r${at + 1}`, 'worksheet', `worksheets/sheet${at + 1}.xml`)),
    relation('styles', 'styles', '/xl/styles.xml'),
    ...(strings === undefined ? [] : [relation('strings', 'sharedStrings', 'sharedStrings.xml')]),
  ];
  const tabs = names.map(
    (name, at) =>
      `<sheet name="${name}" sheetId="${at + 1}" r:id="r${at + 1}"${hidden.includes(name) ? ' state="hidden"' : ''}/>`,
  );
  const custom = formats.map((code, at) =>
    typeof code === 'string' ? `<numFmt numFmtId="${164 + at}" formatCode="${code}"/>` : '',
  );
  const styles = formats.map((code, at) => `<xf numFmtId="${typeof code === 'number' ? code : 164 + at}"/>`);
  const parts: Record<string, string> = {
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels': `<Relationships xmlns="${packages}">${relation('r1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    'xl/workbook.xml': `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="${spreadsheet}" xmlns:r="${office}"><workbookPr date1904="${is1904 ? 1 : 0}"/><sheets>${tabs.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packages}">${related.join('')}</Relationships>`,
    'xl/styles.xml': `<styleSheet><numFmts>${custom.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${styles.join('')}</cellXfs></styleSheet>`,
  };
  if (strings !== undefined)
    parts['xl/sharedStrings.xml'] = `<sst>${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`;
  for (const [at, rows] of Object.values(sheets).entries())
    parts[`xl/worksheets/sheet${at + 1}.xml`] =
      `<worksheet xmlns="${spreadsheet}"><sheetData>${rows}</sheetData>${merges}</worksheet>`;
  return parts;
}

export function workbookOf(content: WorkbookContent): Buffer {
  return zipOf(partsOf(content));
}

/** Rows of cells: a text is an inline one, a number is a number, what begins with `<` is the XML of a cell. */
export function rowsOf(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    if (typeof value === 'number') return `<c><v>${value}</v></c>`;
    return value.startsWith('<') ? value : `<c t="inlineStr"><is><t>${value}</t></is></c>`;
  };
  return rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('');
}
