import { readdirSync, readlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { type InputOptions, readTable } from '../../src/input/open.js';
import { fileOf, type Reading, read } from './harness.js';
import { partsOf, rowsOf, type WorkbookContent, workbookOf, zipOf } from './workbooks.js';

const known = new Set(['uuid', 'caller', 'to', 'date', 'billsec']);
const knownNames = (cells: readonly string[]) => cells.filter((cell) => known.has(cell)).length;

const readBytes = (bytes: Uint8Array, options: InputOptions = {}): Promise<Reading> =>
  read(fileOf(bytes, 'calls.xlsx'), { knownNames, ...options });
const readSheet = (rows: string, more: Partial<WorkbookContent> = {}, options: InputOptions = {}) =>
  readBytes(workbookOf({ sheets: { Calls: rows }, ...more }), options);

const manyRows = Array.from({ length: 5000 }, (_, row) => [`a${row}`]);

/** The workbooks that this process has open. */
function openWorkbooks(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.endsWith('.xlsx') ? [file] : [];
    } catch {
      // The folder itself was among what was open.
      return [];
    }
  });
}

/** The text of one cell below a header. */
async function textOf(cell: string, more: Partial<WorkbookContent> = {}): Promise<string | undefined> {
  const { cells } = await readSheet(
    rowsOf([
      ['uuid', 'date'],
      ['a1', cell],
    ]),
    more,
  );
  return cells[0]?.[1];
}

it('reads the first sheet, with the numbers of its rows as lines, empty rows left out', async () => {
  const rows =
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>' +
    '<row r="3"><c r="A3" t="s"><v>3</v></c><c r="C3"><v>74950000001</v></c></row>' +
    '<row r="4"><c r="A4"/></row><row r="5"/>' +
    '<row r="7"><c r="B7" t="str"><f>A1</f><v>a2</v></c></row>';
  const strings = [
    '<t>uuid</t>',
    '<t>caller</t>',
    '<r><t>t</t></r><r><rPr/><t>o</t></r>',
    '<t>a &amp; b</t>',
  ];
  const { table, cells, lines, batches } = await readSheet(rows, { strings });
  expect(table).toMatchObject({ format: 'xlsx', headerLine: 1, columns: ['uuid', 'caller', 'to'] });
  expect(cells).toEqual([
    ['a & b', '', '74950000001'],
    ['', 'a2', ''],
  ]);
  expect(lines).toEqual([3, 7]);
  expect(batches.at(-1)?.bytesRead).toBe(table.size);
});

it('finds the header below titles, and says so', async () => {
  const { table, cells, notes, lines } = await readSheet(
    rowsOf([['Calls of 2024'], ['made', 45616], ['uuid', 'caller', 'to'], ['a1', '101', '102']]),
  );
  expect(table).toMatchObject({ headerLine: 3, columns: ['uuid', 'caller', 'to'] });
  expect([cells, lines]).toEqual([[['a1', '101', '102']], [4]]);
  expect(notes).toEqual([expect.stringContaining('the header is on line 3')]);
});

it('takes names for a sheet without a header', async () => {
  const { table, cells } = await readSheet(rowsOf([['a1', '101']]), {}, { columns: ['uuid', 'caller'] });
  expect(table.headerLine).toBeUndefined();
  expect(cells).toEqual([['a1', '101']]);
});

describe('the text of a cell', () => {
  const formats = [
    14,
    22,
    'dd\\.mm\\.yyyy\\ hh:mm',
    '[h]:mm:ss',
    'hh:mm:ss',
    '0.00',
    '[$-419]d\\ mmmm\\ yyyy',
    '[Red]0',
  ];
  it.each([
    ['a number as it is written', '<c><v>98.40</v></c>', '98.40'],
    ['a long number', '<c><v>74950000001</v></c>', '74950000001'],
    ['a long number with an exponent that hides nothing', '<c><v>7.4950000001E10</v></c>', '74950000001'],
    ['one whose last digit is 0', '<c><v>7.916123456E10</v></c>', '79161234560'],
    ['an exponent that hides digits', '<c><v>7.495E10</v></c>', '7.495E10'],
    ['unix seconds with an exponent', '<c><v>1.7320869E9</v></c>', '1732086900'],
    ['a fraction with an exponent', '<c><v>1.73208690025E9</v></c>', '1732086900.25'],
    ['a number that Excel has rounded', '<c><v>1234567890123450000</v></c>', '1.23456789012345E+18'],
    ['a long number that nobody has rounded', '<c><v>1234567890123456789</v></c>', '1234567890123456789'],
    [
      'digits that are a text',
      '<c t="inlineStr"><is><t>00749500000010000000</t></is></c>',
      '00749500000010000000',
    ],
    [
      'a text with phonetic hints',
      '<c t="inlineStr"><is><t>a</t><rPh sb="0" eb="1"><t>b</t></rPh></is></c>',
      'a',
    ],
    ['an escaped character', '<c t="inlineStr"><is><t>a_x000A_b</t></is></c>', 'a\nb'],
    ['a truth', '<c t="b"><v>1</v></c>', 'TRUE'],
    ['an error', '<c t="e"><v>#N/A</v></c>', ''],
    ['a value of a formula', '<c t="str"><f>"x"&amp;1</f><v>x1</v></c>', 'x1'],
    ['a number of a formula', '<c><f>1+1</f><v>2</v></c>', '2'],
    ['an ISO date', '<c t="d"><v>2024-11-20T10:15:00</v></c>', '2024-11-20T10:15:00'],
    ['a day', '<c s="1"><v>45616</v></c>', '2024-11-20'],
    [
      'a day with a time in it, whatever is shown',
      '<c s="1"><v>45616.427083333336</v></c>',
      '2024-11-20 10:15:00',
    ],
    ['a time, rounded to the second', '<c s="2"><v>45616.4270833333</v></c>', '2024-11-20 10:15:00'],
    ['midnight', '<c s="3"><v>45616</v></c>', '2024-11-20 00:00:00'],
    ['a duration', '<c s="4"><v>1.1342592592592593E-3</v></c>', '00:01:38'],
    ['a duration of more than a day', '<c s="4"><v>1.5</v></c>', '36:00:00'],
    ['a time of day', '<c s="5"><v>0.427083333333333</v></c>', '10:15:00'],
    ['a plain number with a format', '<c s="6"><v>98.4</v></c>', '98.4'],
    ['a Russian date', '<c s="7"><v>45616</v></c>', '2024-11-20'],
    ['a coloured number', '<c s="8"><v>45616</v></c>', '45616'],
    ['a day before 1900', '<c s="1"><v>-5</v></c>', '1899-12-25'],
    ['the first day of 1900', '<c s="1"><v>1</v></c>', '1900-01-01'],
    ['the day that Excel has and no calendar', '<c s="1"><v>60</v></c>', '1900-02-29'],
    ['the first of March 1900', '<c s="1"><v>61</v></c>', '1900-03-01'],
    ['no date at all', '<c s="1"><v>1e300</v></c>', '1e300'],
    ['a date that is no number', '<c s="1"><v>oops</v></c>', 'oops'],
    ['a style that is not there', '<c s="99"><v>5</v></c>', '5'],
  ])('is right for %s', async (_, cell, text) => {
    expect(await textOf(cell, { formats })).toBe(text);
  });

  it('counts days from 1904 where the workbook does', async () => {
    expect(await textOf('<c s="1"><v>44154.427083333336</v></c>', { formats: [22], is1904: true })).toBe(
      '2024-11-20 10:15:00',
    );
  });

  it('is any second of this century', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 946_684_800, max: 4_102_444_799 }), async (seconds) => {
        const serial = seconds / 86_400 + 25_569;
        const text = await textOf(`<c s="1"><v>${serial}</v></c>`, { formats: [22] });
        expect(text).toBe(new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' '));
      }),
      { numRuns: 25 },
    );
  });
});

describe('the sheet', () => {
  const one = (uuid: string) => rowsOf([['uuid'], [uuid]]);
  const workbook = workbookOf({
    sheets: { Hidden: one('h'), Calls: one('c'), '02': one('two') },
    hidden: ['Hidden'],
  });

  it('is the first one that is not hidden, with a word about the others', async () => {
    const { cells, notes } = await readBytes(workbook);
    expect(cells).toEqual([['c']]);
    expect(notes).toEqual([expect.stringContaining('the sheet "Calls" is read, 1 other is not: "02"')]);
  });

  it.each([
    ['calls', 'c'],
    ['Hidden', 'h'],
    ['1', 'h'],
    ['2', 'c'],
    ['02', 'two'],
    ['3', 'two'],
  ])('is the one that was asked for: %s', async (sheet, uuid) => {
    expect((await readBytes(workbook, { sheet })).cells).toEqual([[uuid]]);
  });

  it.each(['Totals', '4', '0'])(
    'that is not there is refused with the names of those that are: %s',
    async (sheet) => {
      await expect(readBytes(workbook, { sheet })).rejects.toMatchObject({
        message: expect.stringContaining(`there is no sheet "${sheet}"`),
        hint: expect.stringContaining('"Hidden", "Calls", "02"'),
      });
    },
  );

  const ofCalls = (uuid: string) =>
    rowsOf([
      ['uuid', 'caller', 'to'],
      [uuid, '1', '2'],
    ]);
  const totals = rowsOf([['Total', '2']]);

  it('is the one that holds calls, wherever it stands', async () => {
    const bytes = workbookOf({ sheets: { Totals: totals, Calls: ofCalls('c') } });
    expect((await readBytes(bytes)).cells).toEqual([['c', '1', '2']]);
  });

  it('is asked for where several hold calls, hidden ones aside: none is passed over', async () => {
    const sheets = { Old: ofCalls('o'), May: ofCalls('m'), 'In June': ofCalls('j') };
    await expect(readBytes(workbookOf({ sheets, hidden: ['Old'] }))).rejects.toMatchObject({
      message: expect.stringContaining('has calls on several sheets: "May", "In June"'),
      hint: "Read one at a time: --sheet May, then --sheet 'In June'.",
    });
    const { cells } = await readBytes(workbookOf({ sheets, hidden: ['Old', 'May'] }));
    expect(cells).toEqual([['j', '1', '2']]);
  });

  it('is no word for a text file', async () => {
    const { notes } = await read(fileOf('uuid,caller\na,1\n'), { sheet: '1' });
    expect(notes).toEqual([expect.stringContaining('is not a workbook')]);
  });
});

it('reads a workbook from a pipe, from gzip, and twice', async () => {
  const bytes = workbookOf({ sheets: { Calls: rowsOf([['uuid'], ['a1'], ['a2']]) } });
  const piped = await read('-', {}, { stdin: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]) });
  expect(piped.cells).toEqual([['a1'], ['a2']]);
  const { cells, table } = await readBytes(gzipSync(bytes));
  expect(cells).toEqual(piped.cells);
  const again = [];
  for await (const batch of table.rescan?.() ?? []) again.push(...batch.rows.map((row) => row.cells));
  expect(again).toEqual(cells);
});

it('reads XML with prefixes, in UTF-16, with comments and CDATA', async () => {
  const parts: Record<string, string | Uint8Array> = partsOf({ sheets: { Calls: '' } });
  const xml =
    '<?xml version="1.0" encoding="UTF-16"?><x:worksheet><x:sheetData><!-- x --><x:row><x:c t="inlineStr"><x:is><x:t>uuid</x:t></x:is></x:c></x:row><x:row><x:c t="str"><x:v><![CDATA[<жук>]]></x:v></x:c></x:row></x:sheetData></x:worksheet>';
  parts['xl/worksheets/sheet1.xml'] = Buffer.from(`\ufeff${xml}`, 'utf16le');
  expect((await readBytes(zipOf(parts))).cells).toEqual([['<жук>']]);
});

describe('is refused with a sentence', () => {
  const rows = rowsOf([['uuid'], ['a1']]);
  const parts = partsOf({ sheets: { Calls: rows } });
  const sheet = parts['xl/worksheets/sheet1.xml'] ?? '';
  const whole = zipOf(parts);
  const without = (name: string) =>
    zipOf(Object.fromEntries(Object.entries(parts).filter(([part]) => part !== name)));
  const withSheet = (text: string) => zipOf({ ...parts, 'xl/worksheets/sheet1.xml': text });
  const ole = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]);
  const encrypted = Buffer.concat([ole, Buffer.from('EncryptedPackage', 'utf16le')]);
  it.each<[string, Uint8Array, string, InputOptions?]>([
    ['an archive that was cut', whole.subarray(0, whole.length - 30), 'the workbook is damaged'],
    ['bytes behind the first four', Buffer.from('PK\x03\x04rest'), 'the workbook is damaged'],
    ['an archive of something else', zipOf({ 'a.txt': 'x' }), 'a ZIP archive that is not an Excel workbook'],
    ['an empty archive', zipOf({}), 'a ZIP archive that is not an Excel workbook'],
    ['an OpenDocument file', zipOf({ mimetype: 'x', 'content.xml': '<a/>' }), 'an OpenDocument file (.ods)'],
    ['a Word file', zipOf({ ...parts, 'xl/workbook.xml': '<document/>' }), 'is not an Excel workbook'],
    [
      'a binary workbook',
      zipOf({
        '_rels/.rels': (parts['_rels/.rels'] ?? '').replace('workbook.xml', 'workbook.bin'),
        'xl/workbook.bin': 'x',
      }),
      'a binary workbook (.xlsb)',
    ],
    ['a sheet that is missing', without('xl/worksheets/sheet1.xml'), 'its sheet "Calls" has no part'],
    ['relations that are missing', without('xl/_rels/workbook.xml.rels'), 'is missing'],
    ['no sheets', zipOf(partsOf({ sheets: {} })), 'the workbook has no sheet'],
    ['XML that is cut', withSheet(sheet.slice(0, -20)), 'its XML is not well-formed'],
    ['XML that is nested deep', withSheet('<a>'.repeat(5000)), 'nested too deep'],
    ['an endless attribute', withSheet(`<a b="${'x'.repeat(300_000)}"/>`), 'its XML is not well-formed'],
    ['an entity bomb', withSheet('<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>'), 'its XML is not well-formed'],
    [
      'an endless text',
      withSheet(sheet.replace('a1', 'x'.repeat(1_200_000))),
      'a cell with more than 1 MiB of text',
    ],
    [
      'rows that go back',
      withSheet('<a><sheetData><row r="5"/><row r="5"/></sheetData></a>'),
      'row 5 after row 5',
    ],
    [
      'a text that is not there',
      withSheet(sheet.replace('inlineStr', 's').replace('<is><t>uuid</t></is>', '<v>7</v>')),
      'the text 7',
    ],
    [
      'a wrong checksum',
      zipOf({ ...parts, 'xl/worksheets/sheet1.xml': { text: sheet, crc: 1 } }),
      'the checksum',
    ],
    ['a wrong size', zipOf({ ...parts, 'xl/worksheets/sheet1.xml': { text: sheet, size: 5 } }), 'damaged'],
    [
      'an encrypted part',
      zipOf({ ...parts, 'xl/workbook.xml': { text: 'x', flags: 1 } }),
      'the workbook is encrypted',
    ],
    ['a password', encrypted, 'an Excel workbook with a password'],
    ['an old workbook', ole, 'an old Excel workbook (.xls)'],
    ['a workbook as CSV', whole, 'an Excel workbook (.xlsx)', { format: 'csv' }],
    ['a text as a workbook', Buffer.from('uuid,caller\n'), 'is not an Excel workbook', { format: 'xlsx' }],
  ])('%s', async (_, bytes, message, options) => {
    const error = await readBytes(bytes, options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: expect.stringContaining(message), hint: expect.any(String) });
  });

  it('a bomb, before it is inflated', async () => {
    const bomb = zipOf({ ...parts, 'xl/worksheets/sheet1.xml': Buffer.alloc(70 * 1024 ** 2, 32) });
    expect(bomb.length).toBeLessThan(100_000);
    await expect(readBytes(bomb)).rejects.toThrow('would grow from 70 KiB to 70 MiB');
  });

  it('any bytes that were changed, cut or put in: rows or a sentence', async () => {
    const change = fc.record({
      at: fc.nat(whole.length),
      bytes: fc.uint8Array({ maxLength: 12 }),
      cut: fc.nat(40),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes: Buffer = whole;
        for (const { at, bytes: put, cut } of changes)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
        const error = await readBytes(bytes, { format: 'xlsx' }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(UserError);
      }),
      { numRuns: 40 },
    );
  });

  it('any XML in a sheet: rows or a sentence', async () => {
    const piece = fc.constantFrom(
      '<row>',
      '</row>',
      '<c t="s">',
      '<c r="ZZZ9">',
      '</c>',
      '<v>',
      '</v>',
      '1',
      '<is>',
      '</is>',
      '<t>',
      '</t>',
      '&#0;',
      '&amp;',
      ']]>',
      '<row r="1048576">',
      '<row r="-1">',
      '<c s="1"><v>-1e9</v></c>',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const rest = `${rowsOf([['uuid']])}${pieces.join('')}`;
        const error = await readSheet(rest, { formats: [14] }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(UserError);
      }),
      { numRuns: 40 },
    );
  });
});

it('closes the file, also where it was refused', async () => {
  const bytes = workbookOf({ sheets: { Calls: rowsOf([['uuid'], ['a1']]) } });
  expect((await readBytes(bytes)).cells).toEqual([['a1']]);
  await expect(readBytes(bytes, { sheet: 'none' })).rejects.toThrow('there is no sheet "none"');
  await expect(readBytes(bytes.subarray(0, bytes.length - 30))).rejects.toThrow('the workbook is damaged');
  await expect.poll(openWorkbooks).toEqual([]);
});

it('closes the file where the reading ends before its rows do', async () => {
  const bytes = workbookOf({ sheets: { Calls: rowsOf([['uuid'], ...manyRows]) } });
  const file = fileOf(bytes, 'calls.xlsx');
  const io = { stdin: Readable.from([]), cwd: '/', note: () => undefined };
  const { batches } = await readTable(file, { knownNames }, io);
  for await (const { rows } of batches) {
    expect(rows.length).toBeGreaterThan(0);
    expect(openWorkbooks()).toEqual([file]);
    break;
  }
  await expect.poll(openWorkbooks).toEqual([]);
});
