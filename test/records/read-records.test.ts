import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../src/records/read-records.js';
import type { RecordOptions } from '../../src/records/record-options.js';
import { hashParts } from '../../src/records/uuids.js';
import { cells, columns, now, read, tableOf } from './in-memory-table.js';

const at = (text: string) => {
  const [year = 0, month = 0, ...rest] = text.split('-').map(Number);
  return Date.UTC(year, month, ...rest) / 1000;
};

describe('a row becomes one entry', () => {
  it('a call with its origin', async () => {
    const { entries } = await read(tableOf(columns, [cells()]));
    expect(entries).toEqual([
      {
        call: {
          uuid: 'a.1',
          caller: '74950000001',
          to: '101',
          date: 1_790_000_000,
          type: 'inbound',
          billsec: 30,
          account_id: '39099',
        },
        origin: { file: 'calls.csv', line: 2, local: 1790000000, row: { line: 2, cells: cells() } },
      },
    ]);
    expect(Object.keys(entries[0]?.call ?? {})[0]).toBe('uuid');
  });

  it('or an invalid one that names every field at fault', async () => {
    const bad = { uuid: '', caller: 'anonymous', to: '\\N', date: '32.13.2026', type: '1', billsec: '-5' };
    const { entries, reasons } = await read(tableOf(columns, [cells(bad), cells()]));
    expect(entries.map((entry) => entry.call !== undefined)).toEqual([false, true]);
    expect(entries[0]).toMatchObject({ status: 'invalid', uuid: null, origin: { line: 2 } });
    expect(reasons).toEqual([
      [
        'uuid: is empty: fill it, or build one with --uuid-from date,caller,to,billsec',
        'caller: "anonymous" is a hidden number',
        'to: is empty: the number is hidden or missing',
        'date: "32.13.2026" is not a date',
        'type: "1" is not a known direction: say what it means with --type-map \'1=<inbound, outbound, missed or internal>\'',
        'billsec: "-5" is negative',
      ],
    ]);
  });

  it('with the uuid, where that can be read', async () => {
    const { entries } = await read(tableOf(columns, [cells({ date: 'x' })]));
    expect(entries[0]).toMatchObject({ status: 'invalid', uuid: 'a.1', account_id: '39099' });
  });

  it('with the reason of the reader, where the row could not be read', async () => {
    const broken = { line: 7, cells: ['a'], problem: 'this line is not JSON' };
    const { entries } = await read(tableOf(columns, [broken]));
    expect(entries).toEqual([
      {
        status: 'invalid',
        uuid: null,
        reasons: ['this line is not JSON'],
        origin: { file: 'calls.csv', line: 7, row: broken },
      },
    ]);
  });

  it('and long or odd texts are cut in its reason', async () => {
    const { reasons } = await read(tableOf(columns, [cells({ date: `\u001b[31m${'x'.repeat(300)}\n` })]));
    expect(reasons[0]?.[0]).toBe(`date: " [31m${'x'.repeat(55)}…" is not a date`);
  });

  it('even where its uuid cannot be written as UTF-8', async () => {
    const { reasons } = await read(tableOf(columns, [cells({ uuid: 'a\ud800' })]));
    expect(reasons[0]?.[0]).toContain('uuid: "a\ud800" has a broken character');
  });

  it.each(['NULL', '\\N', '-', 'n/a', 'null', ' ', '\u00a0'])('%j is an empty cell', async (empty) => {
    const { calls, reasons } = await read(
      tableOf(columns, [cells({ billsec: empty }), cells({ uuid: empty }), cells({ date: empty })]),
    );
    expect(calls.map((call) => call.billsec)).toEqual([0]);
    expect(reasons.map(([reason]) => reason?.slice(0, 14))).toEqual(['uuid: is empty', 'date: is empty']);
  });
});

describe('a CSV row', () => {
  it('that is too short names what is missing', async () => {
    const { reasons } = await read(
      tableOf(columns, [cells().slice(0, 5), cells().slice(0, 4), ['a.1', 'anonymous', '101']]),
    );
    expect(reasons).toEqual([
      ['billsec: the row ends before its column "billsec" (5 cells of 6)'],
      [
        'type: the row ends before its column "type" (4 cells of 6)',
        'billsec: the row ends before its column "billsec" (4 cells of 6)',
      ],
      [
        'caller: "anonymous" is a hidden number',
        'date: the row ends before its column "date" (3 cells of 6)',
        'type: the row ends before its column "type" (3 cells of 6)',
        'billsec: the row ends before its column "billsec" (3 cells of 6)',
      ],
    ]);
  });

  it('may be without columns that nobody needs', async () => {
    const { calls } = await read(tableOf([...columns, 'link', 'comment'], [cells()]));
    expect(calls).toHaveLength(1);
  });

  it('that is blank or a total is no record, and is told once', async () => {
    const total = ['', '', '', 'Итого:', '', '3600'];
    const { entries, notes } = await read(
      tableOf(columns, [cells(), ['', '', '', '', '', ''], total, [''], ['Total', '', '', '', '', '42']]),
    );
    expect(entries).toHaveLength(1);
    expect(notes).toEqual([
      'calls.csv: 4 rows hold neither date nor number (totals, blank lines): skipped (the first in line 3)',
    ]);
  });

  it('is invalid in the future; where most are, a clock is wrong, and the note says both times', async () => {
    const then = { now: () => Date.UTC(2020, 0, 1, 0, 5) / 1000 };
    const rows = [
      cells(),
      cells({ uuid: 'b', date: '2026-11-20T10:15:00+03:00' }),
      cells({ uuid: 'c', date: '2019-12-31T00:00:00Z' }),
    ];
    const { reasons, notes } = await read(tableOf(columns, rows), then);
    expect(reasons).toEqual([
      ['date: "1790000000" is in the future'],
      ['date: "2026-11-20T10:15:00+03:00" is in the future'],
    ]);
    expect(notes).toEqual([
      'calls.csv: 2 of 3 dates are in the future, up to 2026-11-20 07:15 UTC; the clock of this machine says 2020-01-01 00:05 UTC | ' +
        'One of the two clocks is wrong: set the clock of this machine, or check the clock of the phone system.',
    ]);
    expect((await read(tableOf(columns, rows.slice(1)), then)).notes).toEqual([]);
    expect((await read(tableOf(columns, rows))).notes).toEqual([]);
  });

  it('that has counts beside such a word is a total too, as 3CX writes it', async () => {
    const { entries } = await read(
      tableOf(columns, [
        cells(),
        ['Totals', '52', '', '', '', '1:02:00'],
        ['', 'Всего: 52', '', '', '12:00', ''],
      ]),
    );
    expect(entries).toHaveLength(1);
  });

  it.each([
    [['a.1', '', '', '', '', '']],
    [['Totals', '74950000001', '', '', '', '']],
    [['Totals', '', '', '2026-01-05T00:00:00Z', '', '']],
    [['', '52', '', '', '', '']],
    [['', '74950000001', '', '', '', '']],
    [['', '', '', '2026-01-01T00:00:00Z', '', '']],
    [['', '', '', '', 'inbound', '']],
    [['Totally', '', '', '', '', '']],
  ])('with one value is a record, an invalid one: %j', async (row) => {
    expect((await read(tableOf(columns, [row]))).entries).toMatchObject([{ status: 'invalid' }]);
  });

  it('is told from a JSON object, which is always a record', async () => {
    const { entries } = await read(tableOf(columns, [[]], { format: 'ndjson', sample: [] }));
    expect(entries).toMatchObject([{ status: 'invalid', uuid: null }]);
  });
});

describe('the direction', () => {
  const without = ['uuid', 'caller', 'to', 'date', 'billsec'];
  const row = (caller: string, to: string) => ['a.1', caller, to, '1790000000', '30'];

  it('is derived where there is no column', async () => {
    const { entries, reasons } = await read(
      tableOf(without, [
        row('79000000001', '101'),
        row('101', '79000000001'),
        row('101', '102'),
        row('79000000001', '79000000002'),
        row('s', '101'),
      ]),
    );
    expect(entries.map((entry) => entry.call?.type ?? entry)).toMatchObject([
      'inbound',
      'outbound',
      { status: 'filtered', reasons: ['type: an internal call, 101 to 102'] },
      { status: 'invalid' },
      { status: 'invalid' },
    ]);
    expect(reasons[1]?.[0]).toContain('neither 79000000001 nor 79000000002 is an extension');
    expect(reasons[2]).toEqual(['caller: "s" is a hidden number']);
  });

  it('is derived with the extensions that --internal describes', async () => {
    const { calls } = await read(tableOf(without, [row('79000000001', '1234567')]), {
      internal: (digits) => digits.length === 7,
    });
    expect(calls[0]?.type).toBe('inbound');
  });

  it('missed is inbound without talk time, internal is filtered', async () => {
    const { entries } = await read(
      tableOf(columns, [cells({ type: 'Пропущенный', billsec: '15' }), cells({ type: 'Internal' })]),
    );
    expect(entries[0]?.call).toMatchObject({ type: 'inbound', billsec: 0 });
    expect(entries[1]).toMatchObject({
      status: 'filtered',
      uuid: 'a.1',
      reasons: ['type: an internal call, 74950000001 to 101'],
    });
  });

  it('of numbers comes from --type-map', async () => {
    const typeMap = new Map([
      ['1', 'inbound'],
      ['2', 'outbound'],
    ] as const);
    const { calls, reasons } = await read(
      tableOf(columns, [
        cells({ type: '1' }),
        cells({ type: '2', caller: '101', to: '74950000001' }),
        cells({ type: '3' }),
      ]),
      { typeMap },
    );
    expect(calls.map((call) => call.type)).toEqual(['inbound', 'outbound']);
    expect(reasons).toHaveLength(1);
  });

  it('decides where the extension stands, when the layout is extension-first', async () => {
    const rows = [
      cells(),
      cells({ caller: '101', to: '74950000001' }),
      cells({ type: 'outbound', caller: '101', to: '74950000001' }),
      cells({ caller: '101', to: '102' }),
    ];
    const natural = await read(tableOf(columns, rows), { allow: ['direction'] });
    expect(natural.calls.map((call) => [call.caller, call.to])).toEqual(rows.map((row) => [row[1], row[2]]));
    const first = await read(tableOf(columns, rows), { inboundLayout: 'extension-first' });
    expect(first.calls.map((call) => call.caller)).toEqual(['101', '101', '101', '101']);
  });
});

describe('a link', () => {
  const withLink = [...columns, 'recordingfile'];
  const file = (...links: string[]) =>
    tableOf(
      withLink,
      links.map((link) => [...cells(), link]),
    );

  it('is sent as it stands, spaces and letters of any script included', async () => {
    const link = 'https://pbx.example/rec/a b+c&d/ж.mp3';
    expect((await read(file(link))).calls[0]?.link).toBe(link);
  });

  it('that is a file name is left out, with one note for the file', async () => {
    const { calls, notes } = await read(
      file('out-101.wav', '/var/spool/1.wav', '', 'https://pbx.example/1.mp3'),
    );
    expect(calls.map((call) => call.link)).toEqual([
      undefined,
      undefined,
      undefined,
      'https://pbx.example/1.mp3',
    ]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('2 recordings are not a URL');
    expect(notes[0]).toContain('the first in line 2');
    expect(notes[0]).toContain('--map link=');
  });

  it('that is odd is sent, with one note for the file', async () => {
    const { calls, notes } = await read(file('http://pbx.example/1.mp3', 'http://pbx.example/2.mp3'));
    expect(calls.every((call) => call.link !== undefined)).toBe(true);
    expect(notes).toEqual([
      'calls.csv: 2 links are not https, so the player of amoCRM may not play it (the first in line 2)',
    ]);
  });

  it.each([
    [
      'https://pbx.example/rec/{date:YYYY}/{date:MM}/{date:DD}/{recordingfile}',
      'https://pbx.example/rec/2026/03/04/a%20%D0%B6%26%3F%2F1.wav',
    ],
    ['https://pbx.example/{date:YYYY/MM/DD/HHmmss}.mp3', 'https://pbx.example/2026/03/04/233059.mp3'],
    ['https://pbx.example/{+recordingfile}', 'https://pbx.example/a%20%D0%B6%26%3F/1.wav'],
    [
      'https://pbx.example/?id={UUID}&f={recording file}',
      'https://pbx.example/?id=a.1&f=a%20%D0%B6%26%3F%2F1.wav',
    ],
  ])('is built by the template %s', async (source, link) => {
    const row = [...cells({ date: '2026-03-04 23:30:59' }), 'a ж&?/1.wav'];
    const { calls } = await read(tableOf(withLink, [row]), {
      timezone: 'Europe/Moscow',
      map: [{ field: 'link', source }],
    });
    expect(calls[0]).toMatchObject({ link, date: at('2026-2-4-20-30-59') });
  });

  it('has the date of the clock of the file, also where dates are counts of seconds', async () => {
    const row = cells({ date: String(at('2026-2-4-22-30-00')) });
    const { calls } = await read(tableOf(columns, [row]), {
      timezone: 'Europe/Moscow',
      map: [{ field: 'link', source: 'https://pbx.example/{date:DD}/1.mp3' }],
    });
    expect(calls[0]?.link).toBe('https://pbx.example/05/1.mp3');
  });

  it('is not built where one of its columns is empty', async () => {
    const { calls } = await read(tableOf([...withLink, 'folder'], [[...cells(), 'a.wav', '']]), {
      map: [{ field: 'link', source: 'https://pbx.example/{folder}/{recordingfile}' }],
    });
    expect(calls[0]?.link).toBeUndefined();
  });

  it('is not built of an empty name, nor where the date is none', async () => {
    const { calls, reasons } = await read(
      tableOf(withLink, [
        [...cells(), ''],
        [...cells({ date: 'x' }), 'a.wav'],
      ]),
      { map: [{ field: 'link', source: 'https://pbx.example/{date:YYYY}/{recordingfile}' }] },
    );
    expect(calls[0]?.link).toBeUndefined();
    expect(reasons).toEqual([['date: "x" is not a date']]);
  });
});

describe('numbers that Excel has rounded', () => {
  const file = (numbers: string[]) =>
    tableOf(
      columns,
      numbers.map((caller) => cells({ caller })),
    );
  const good = Array.from({ length: 14 }, (_, i) => `790000012${10 + i}`);
  const round = ['79001200000', '79001300000', '79001400000', '79001500000', '79001600000', '79001700000'];

  it('are refused where a third of a column ends in zeros', async () => {
    const { calls, reasons } = await read(file([...good, ...round]));
    expect(calls).toHaveLength(14);
    expect(reasons).toHaveLength(6);
    expect(reasons[0]?.[0]).toContain('caller: "79001200000" was rounded by Excel');
    expect(reasons[0]?.[0]).toContain('as text');
  });

  it('are taken where they are few, or one number of the company again and again', async () => {
    expect((await read(file([...good, ...round.slice(0, 5)]))).reasons).toEqual([]);
    expect((await read(file([...good, ...Array<string>(20).fill('74950000000')]))).reasons).toEqual([]);
    expect((await read(file([...round, ...good.slice(0, 3)]))).reasons).toEqual([]);
    const lines = Array.from({ length: 8 }, () => ['74950000000', '78000000000', '74951000001']).flat();
    expect((await read(file(lines))).reasons).toEqual([]);
  });

  it('are refused one by one where they are written as powers', async () => {
    const { reasons } = await read(file(['7,91612E+10', '79000000001']));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]?.[0]).toContain('shortened by Excel: export it again with the column as text');
  });
});

describe('a uuid', () => {
  const without = ['caller', 'to', 'date', 'type', 'billsec', 'note'];
  const row = (date: string, note = '') => ['74950000001', '101', date, 'inbound', '30', note];
  const uuidFrom = ['date', 'caller', 'to', 'billsec'];

  const uuidsOf = async (rows: readonly (readonly string[])[], options: Partial<RecordOptions> = {}) => {
    const { calls } = await read(tableOf(without, rows), { uuidFrom, timezone: 'Europe/Moscow', ...options });
    return calls.map((call) => call.uuid);
  };
  const dates = ['2026-03-04 12:07:05', '2026-03-04 12:07:06', '2026-03-04 12:07:05'];

  it('is built of cells as they stand: the order of rows and blanks around them change nothing', async () => {
    const uuids = await uuidsOf(dates.map((date) => row(date)));
    expect(new Set(uuids).size).toBe(3);
    const others = dates.toReversed().map((date) => row(` ${date}\t`).map((cell) => ` ${cell} `));
    expect((await uuidsOf(others)).toSorted()).toEqual(uuids.toSorted());
  });

  it.each<Partial<RecordOptions>>([
    { timezone: 'UTC' },
    { country: 'RU' },
    { typeMap: new Map([['inbound', 'missed']]) },
  ])('stays when a setting changes that tells what cells mean: %j', async (options) => {
    const rows = dates.map((date) => row(date));
    expect(await uuidsOf(rows, options)).toEqual(await uuidsOf(rows));
  });

  it('comes with the one that earlier versions built of values', async () => {
    const { entries } = await read(
      tableOf(
        without,
        dates.map((date) => row(date)),
      ),
      { uuidFrom, timezone: 'Europe/Moscow' },
    );
    const parts = [1_772_615_225, '74950000001', '101', 30];
    expect(entries).toMatchObject([
      { formerUuid: hashParts(parts) },
      { formerUuid: hashParts([1_772_615_226, '74950000001', '101', 30]) },
      { formerUuid: hashParts([...parts, 2]) },
    ]);
  });

  it('is taken from where an earlier run took it, whatever columns came since', async () => {
    const more = ['id', 'uuid', 'start time', ...without.slice(0, 2), 'date', ...without.slice(3)];
    const cellsOf = ['7', 'x', '2026-03-04 11:00:00', ...row('2026-03-04 12:00:00')];
    const uuid = async (options: Partial<RecordOptions>) =>
      (await read(tableOf(more, [cellsOf]), { timezone: 'UTC', ...options })).calls[0]?.uuid;
    expect(await uuid({})).toBe('x');
    expect(await uuid({ uuidColumns: { from: [], columns: [['id']] } })).toBe('7');
    expect(await uuid({ uuidColumns: { from: [], columns: [['gone']] } })).toBe('x');
    expect(
      await uuid({ uuidColumns: { from: [], columns: [['id']] }, map: [{ field: 'uuid', source: 'uuid' }] }),
    ).toBe('x');
    const kept = { from: ['date', 'caller'], columns: [['date'], ['caller']] };
    expect(await uuid({ uuidFrom: ['date', 'caller'], uuidColumns: kept })).toBe(
      hashParts(['2026-03-04 12:00:00', '74950000001']),
    );
    expect(await uuid({ uuidFrom: ['date', 'caller'] })).toBe(
      hashParts(['2026-03-04 11:00:00', '74950000001']),
    );
  });

  it('is built of columns that are no fields', async () => {
    const { calls, reasons } = await read(
      tableOf(without, [row('1790000000', 'x'), row('1790000000', 'y'), row('1790000000', '')]),
      { uuidFrom: ['Note'] },
    );
    expect(new Set(calls.map((call) => call.uuid)).size).toBe(2);
    expect(reasons).toEqual([['uuid: cannot be built: the columns of --uuid-from are empty']]);
  });

  it.each(['1.23456789012345E+18', '1,23457E+18', '1.23456789012345E18'])(
    'that Excel or Apache POI has shortened to %s is refused',
    async (uuid) => {
      const { reasons } = await read(tableOf(columns, [cells({ uuid })]));
      expect(reasons).toEqual([[expect.stringContaining(`uuid: "${uuid}" was shortened`)]]);
    },
  );

  it.each(['1E18', '1.E18', '12.5E18', '1.5E18a', '1.', '1'])('may be %s', async (uuid) => {
    expect((await read(tableOf(columns, [cells({ uuid })]))).calls).toMatchObject([{ uuid }]);
  });

  it('is there where a value cannot be read, for its cells can', async () => {
    const { entries } = await read(tableOf(without, [row('x')]), { uuidFrom });
    expect(entries).toMatchObject([
      { uuid: hashParts(['x', '74950000001', '101', '30']), reasons: ['date: "x" is not a date'] },
    ]);
  });

  it('is built where a mapped one is empty', async () => {
    const { calls, plan } = await read(tableOf(without, [row('1790000000', 'mine'), row('1790000000')]), {
      uuidFrom,
      map: [{ field: 'uuid', source: 'note' }],
    });
    expect(calls[0]?.uuid).toBe('mine');
    expect(calls[1]?.uuid).toMatch(/^[0-9a-f]{24}$/);
    expect(plan.fields[0]?.source).toMatchObject({ kind: 'column' });
  });
});

describe('--since, --until, --limit', () => {
  const rows = [10, 20, 30, 40].map((n) => cells({ uuid: String(n), date: String(1_790_000_000 + n) }));

  it('leave out what lies outside, both bounds belong to the span', async () => {
    const { calls, reasons } = await read(tableOf(columns, rows), {
      since: 1_790_000_020,
      until: 1_790_000_030,
    });
    expect(calls.map((call) => call.uuid)).toEqual(['20', '30']);
    expect(reasons).toEqual([
      ['date: 2026-09-21 14:13:30 is before --since'],
      ['date: 2026-09-21 14:14:00 is after --until'],
    ]);
  });

  it('an old row is filtered whatever else is wrong with it', async () => {
    const { entries } = await read(tableOf(columns, [cells({ caller: 's' })]), { since: now });
    expect(entries).toMatchObject([{ status: 'filtered' }]);
  });

  it('a batch tells where its rows stand', async () => {
    const ends = async () => {
      const options = {
        map: [],
        set: [],
        requireAccount: false,
        inboundLayout: 'natural',
        now: () => now,
      } as const;
      const table = tableOf(columns, rows);
      async function* placed() {
        for await (const batch of table.batches) {
          const { next: end = { offset: 0, line: 0 } } = batch;
          yield { ...batch, range: { source: {}, offset: 0, line: 2, end } };
        }
      }
      const { batches } = await readRecords({ ...table, batches: placed() }, options, () => undefined);
      const found: unknown[] = [];
      for await (const { entries, range, taken } of batches) found.push([entries.length, taken, range?.end]);
      return found;
    };
    const [first, second] = [
      { offset: 0, line: 4 },
      { offset: 20, line: 6 },
    ];
    expect(await ends()).toEqual([
      [2, 2, first],
      [2, 2, second],
    ]);
  });
});

describe('any cells', () => {
  it('give one entry a row, with the line of the row, and reasons that name fields', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '',
        'NULL',
        '1790000000',
        '04.03.2026 12:00',
        '3/4/2026 1:00 PM',
        '0:30',
        '101',
        'inbound',
        's',
      ),
      fc.stringMatching(/^[-0-9:./ +TZ]{0,25}$/),
    );
    const row = fc.array(cell, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), async (rows) => {
        const { entries } = await read(tableOf([...columns, 'link'], rows, { format: 'ndjson' }), {
          durations: 'm:ss',
          timezone: 'Europe/Berlin',
          dateOrder: 'dmy',
          country: 'RU',
        });
        expect(entries.map((entry) => entry.origin.line)).toEqual(rows.map((_, i) => i + 2));
        for (const entry of entries) {
          if ('status' in entry) {
            expect(entry.reasons).not.toHaveLength(0);
            for (const reason of entry.reasons ?? [])
              expect(reason).toMatch(/^(uuid|caller|to|date|type|billsec): ./);
          } else {
            const { uuid, caller, to, date, billsec } = entry.call;
            expect(uuid).not.toBe('');
            expect(`${caller} ${to}`).toMatch(/^\d+ \d+$/);
            expect(Number.isInteger(date) && date >= 946_684_800 && date <= now + 86_400).toBe(true);
            expect(Number.isInteger(billsec) && billsec >= 0 && billsec <= 86_400).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
