import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/call.js';
import type { Row } from '../../src/core/row.js';
import { splitList } from '../../src/records/cell-text.js';
import { defaultInternal } from '../../src/records/phone-numbers.js';
import { openPreset } from '../../src/records/preset-reader.js';
import { findPreset, recognise } from '../../src/records/preset-recognition.js';
import { allPresets } from '../../src/records/presets/index.js';
import { type Preset, presetFields, type RawFields } from '../../src/records/presets/preset.js';
import { read, tableOf } from './in-memory-table.js';
import { check, expectedOf, fixtures, flagOf, importInto, open } from './preset-fixtures.js';

const files = fixtures().map(({ file, expected }) => ({ file, expected: expectedOf(expected) }));
const presetOf = (file: string) => {
  const { expected } = files.find((one) => one.file === file) ?? {};
  return expected === undefined ? undefined : flagOf(expected, '--preset');
};

describe('a file of a phone system gives exactly the calls that stand beside it', () => {
  it.each(files)('$file', async ({ file, expected: { args, ...expected } }) => {
    const { code, stderr, ...checked } = await check(file, args);
    expect(checked).toEqual(expected);
    expect(code).toBe(expected.invalid.length === 0 ? 0 : 3);
    expect(stderr).not.toContain('error');
  });
});

/** What a preset makes of the rows of all its fixtures. */
async function rawRowsOf(preset: Preset) {
  const rows: RawFields[] = [];
  for (const { file } of files.filter(({ file }) => presetOf(file) === preset.name)) {
    const table = await open(file, preset);
    const cells = table.sample.map((row) => row.cells);
    const reader = openPreset(preset, table, defaultInternal);
    rows.push(...cells.map(reader.read));
  }
  return rows;
}

describe('every preset', () => {
  it.each(allPresets.map(({ name }) => name))('%s has a fixture', (name) => {
    expect(files.map(({ file }) => presetOf(file))).toContain(name);
  });

  it.each(allPresets)(
    '$name says what it becomes, how to export, and gives a command that names it',
    async (preset) => {
      const { guide, name } = preset;
      expect(guide.steps.length).toBeGreaterThan(0);
      expect(guide.lost.length).toBeGreaterThan(0);
      expect(guide.example).toContain(`--preset ${name}`);
      expect(guide.example.includes('--timezone')).toBe(preset.zone === 'asked');
      const told = Object.keys(guide.becomes);
      const rows = await rawRowsOf(preset);
      const fed = presetFields.filter((field) => rows.some((row) => (row[field] ?? '') !== ''));
      expect(fed.filter((field) => field !== 'link' && !told.includes(field))).toEqual([]);
      expect(told.includes('call_status')).toBe(rows.some((row) => 'status' in row));
    },
  );
});

describe('a table cdr without a header', () => {
  const table = splitList(`
    calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec, disposition, amaflags,
    accountcode, uniqueid, userfield, did, recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, linkedid,
    peeraccount, sequence
  `);
  const values: Readonly<Record<string, string>> = {
    calldate: '5/10/2024 9:00:00',
    duration: '42',
    billsec: '37',
    disposition: 'ANSWERED',
    uniqueid: '1728118800.3',
    did: '74950000100',
    recordingfile: 'q-1.wav',
    cnum: '74950000301',
    cnam: 'Client',
    linkedid: '1728118800.1',
    sequence: '7',
  };
  const named = (names: readonly string[]) => {
    const cells = names.map((name) => values[name] ?? '');
    const found = findPreset('freepbx').nameColumns?.([cells]) ?? [];
    return Object.fromEntries(
      found.flatMap((name, at) => (values[name] === undefined ? [] : [[name, cells[at]]])),
    );
  };

  it.each(['none of them', ...table.slice(16)])('is known where it lacks %s', (lost) => {
    const names = table.filter((name) => name !== lost);
    const wanted = Object.fromEntries(
      Object.entries(values).filter(([name]) => name !== lost && name !== 'cnam'),
    );
    expect(named(names)).toMatchObject(wanted);
  });

  it('is known in the order of the report, and with fewer columns', () => {
    const report = [...table.slice(0, 17), ...table.slice(18, 23), 'recordingfile', ...table.slice(23)];
    expect(named(report)).toEqual(values);
    for (const count of [16, 18, 23]) expect(Object.keys(named(table.slice(0, count)))).toContain('uniqueid');
  });

  it('is not seen where there is a header', () => {
    expect(
      findPreset('freepbx').nameColumns?.([table, table.map((name) => values[name] ?? '')]),
    ).toBeUndefined();
  });
});

describe('a file that was given no preset is recognised', () => {
  it.each(files)('$file', async ({ file }) => {
    const table = await open(file);
    expect(recognise(table, file)?.preset.name).toBe(presetOf(file));
  });

  it('and import sends nothing of it: the error names the preset and the command', async () => {
    const { code, stderr } = await importInto('asterisk-18-columns-utc.csv', []);
    expect(code).toBe(2);
    expect(stderr).toContain('looks like a file of Asterisk');
    expect(stderr).toContain('amocalls check asterisk-18-columns-utc.csv --preset asterisk');
  });

  it.each(files)('and import sends nothing of it: $file', async ({ file, expected }) => {
    const [code, stdout, stderr] = Object.values(await importInto(file, expected.args.slice(2)));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`Try: amocalls check ${file} --preset ${presetOf(file)}.`);
  });

  it('and so does the error of a preset that does not fit', async () => {
    const { code, stderr } = await check('mango-no-header.csv', ['--preset', 'sipuni']);
    expect(code).toBe(2);
    expect(stderr).toContain('the preset sipuni needs columns that the file does not have');
    expect(stderr).toContain('--preset mango');
  });

  it('but not where it is a table of anybody', async () => {
    const table = tableOf(['uuid', 'caller', 'to', 'date', 'type', 'billsec'], []);
    expect(recognise(table, 'calls.csv')).toBeUndefined();
  });
});

describe('a file without a header is recognised by most of its first rows', () => {
  const headerless = files.filter(({ file }) => findPreset(presetOf(file) ?? '').nameColumns !== undefined);
  it.each(headerless)('$file', async ({ file }) => {
    const name = presetOf(file) ?? '';
    const preset = findPreset(name);
    const { headerLine, sample, format, columns } = await open(file, preset);
    if (headerLine !== undefined || format !== 'csv') return;
    const rows = sample.map((row) => row.cells);
    const seen = (first: readonly string[], more: readonly (readonly string[])[]) =>
      recognise({ columns: first, format, sample: more.map((cells) => ({ line: 1, cells })) }, file)?.preset
        .name;
    const [row = []] = rows;
    const padded = rows.map((cells) => cells.map((cell) => ` ${cell}  `));
    expect(seen(padded[0] ?? [], padded.slice(1))).toBe(name);
    expect(preset.nameColumns?.(padded)).toEqual(columns);
    for (const odd of [row.slice(3), row.slice(0, 4), ['# of 2024'], [''], row.map(() => '-')]) {
      expect(seen(odd, rows)).toBe(name);
      expect(preset.nameColumns?.([odd, ...rows])).toEqual(columns);
    }
    const strange = rows.map((cells) => cells.toReversed());
    expect(preset.nameColumns?.([...strange, ...strange, ...rows])).toBeUndefined();
  });
});

it('refuses the quality records of Cisco, and says which files hold calls', async () => {
  const { code, stderr } = await check('cisco-cucm-quality-records', ['--preset', 'cisco-cucm']);
  expect(code).toBe(2);
  expect(stderr).toContain('take the files whose names begin with cdr_');
});

describe('the unique ids name the zone where none was given', () => {
  it.each([
    ['asterisk-18-columns-utc.csv', 'UTC'],
    ['asterisk-21-columns-attended-transfer.csv', 'UTC+03:00'],
    ['asterisk-custom-stock-order.csv', 'UTC+03:00'],
    ['freepbx-ring-group.csv', 'UTC+03:00'],
    ['freepbx-2.11-unescaped-quotes.csv', 'UTC+01:00'],
    ['freepbx-mysql-day-month.csv', 'UTC+01:00'],
    ['cdr-viewer-raw-quotes.csv', 'UTC+05:00'],
    ['grandstream-ivr-and-queue-rows.csv', 'UTC+05:00'],
    ['sipuni-24-columns-bom.csv', 'UTC+03:00'],
    ['zadarma-pbx-legs.json', 'UTC+02:00'],
  ])('%s: %s', async (file, offset) => {
    const { code, stderr } = await importInto(file, ['--preset', presetOf(file) ?? '']);
    expect(code).toBe(2);
    expect(stderr).toContain(`Its unique ids say ${offset} (`);
    expect(stderr).toContain('--timezone ids');
  });

  it('and contradict one that is wrong', async () => {
    const wrong = ['--preset', 'freepbx', '--timezone', 'Asia/Omsk'];
    const { code, stderr } = await check('freepbx-ring-group.csv', wrong);
    expect(stderr).toContain('contradicted: freepbx-ring-group.csv: its times cannot be in Asia/Omsk: ');
    expect(code).toBe(3);
  });
});

const sorted = (calls: readonly Call[]) => [...calls].sort((a, b) => (a.uuid < b.uuid ? -1 : 1));

describe('the order of rows changes neither calls nor uuids', () => {
  it.each(files)('$file', async ({ file, expected }) => {
    const preset = findPreset(presetOf(file) ?? '');
    const table = await open(file, preset);
    const options = {
      preset,
      timezone: flagOf(expected, '--timezone'),
      country: flagOf(expected, '--country'),
    };
    const rows: Row[] = [];
    for await (const batch of table.batches) rows.push(...batch.rows);
    const more = { format: table.format, columns: table.columns, file };
    for (const keepRows of [false, true]) {
      const inOrder = await read(tableOf(table.columns, rows, more), { ...options, keepRows });
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: rows.length }), async (shuffled) => {
          const { calls, entries } = await read(tableOf(table.columns, shuffled, more), {
            ...options,
            keepRows,
          });
          expect(sorted(calls)).toEqual(sorted(inOrder.calls));
          expect(entries).toHaveLength(inOrder.entries.length);
        }),
        { numRuns: 3 },
      );
    }
  });
});

describe('--keep-rows makes every row a call of its own', () => {
  it.each(files)('$file', async ({ file, expected: { args, rows } }) => {
    const { calls, invalid, filtered } = await check(file, [...args, '--keep-rows']);
    expect(calls.length + invalid.length + filtered.length).toBe(rows);
    expect(new Set(calls.map(({ uuid }) => uuid)).size).toBe(calls.length);
  });
});

describe('what the user says beats the preset', () => {
  const mango = ['--preset', 'mango'];
  it.each([
    ['--set billsec=7', 'megapbx-logins.json', ['--preset', 'megapbx', '--set', 'billsec=7'], { billsec: 7 }],
    [
      '--map to=diversion',
      'megapbx-logins.json',
      ['--preset', 'megapbx', '--map', 'to=user'],
      { to: 'admin' },
    ],
    [
      '--type-map 1=outbound',
      'mango-contexts.json',
      [...mango, '--type-map', '1=outbound'],
      { type: 'outbound' },
    ],
    ['--internal', 'mango-contexts.json', [...mango, '--internal', '9\\d\\d'], { type: 'inbound' }],
  ])('%s', async (_, file, args, expected) => {
    const { calls, invalid } = await check(file, args);
    const [field, value] = Object.entries(expected)[0] ?? [];
    if (value === 'admin') expect(invalid.flat().join()).toContain(`${field}: "admin"`);
    else expect(calls[0]).toMatchObject(expected);
  });
});

describe('the columns of a headerless file are known by their number', () => {
  const asterisk = findPreset('asterisk');
  const row = (more: readonly string[]) => [
    ...['', '74950000001', '101', 'in', '<1>', 'SIP/a-1', 'SIP/101-2', 'Dial', 'x', '2026-10-05 12:00:00'],
    ...['', '2026-10-05 12:00:30', '30', '0', 'NO ANSWER', 'DOCUMENTATION', ...more],
  ];
  it.each([
    [16, [], []],
    [17, ['1791190900.1'], ['uniqueid']],
    [17, ['note'], ['userfield']],
    [18, ['1791190900.1', 'note'], ['uniqueid', 'userfield']],
    [19, ['', '1791190900.1', '1'], ['peeraccount', 'linkedid', 'sequence']],
    [20, ['1791190900.1', '', '1791190900.1', '1'], ['uniqueid', 'peeraccount', 'linkedid', 'sequence']],
    [20, ['note', '', '1791190900.1', '1'], ['userfield', 'peeraccount', 'linkedid', 'sequence']],
    [
      21,
      ['pbx-1791190900.1', 'note', '', '1791190900.1', '1'],
      ['uniqueid', 'userfield', 'peeraccount', 'linkedid', 'sequence'],
    ],
  ])('%i: %j', (width, more, names) => {
    const columns = asterisk.nameColumns?.([row(more)]) ?? [];
    expect(columns).toHaveLength(width);
    expect(columns.slice(16)).toEqual(names);
  });

  it('leaves a file alone that has a header, or its times in other places', () => {
    expect(asterisk.nameColumns?.([['src', 'dst', 'start', 'billsec']])).toBeUndefined();
    expect(asterisk.nameColumns?.([row([]).slice(1)])).toBeUndefined();
  });
});
