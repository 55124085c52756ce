import { describe, expect, it } from 'vitest';
import { callFields } from '../../src/core/call.js';
import { UserError } from '../../src/core/errors.js';
import { plainName } from '../../src/records/cell-text.js';
import { aliases } from '../../src/records/header-names.js';
import { cells, columns, read, tableOf } from './in-memory-table.js';

/** What a file as a whole is refused with: message and hint. */
async function refusal(...args: Parameters<typeof read>): Promise<string> {
  try {
    await read(...args);
  } catch (error) {
    if (error instanceof UserError) return `${error.message} | ${error.hint ?? ''}`;
    throw error;
  }
  return 'not refused';
}

const valid = cells();
const sourcesOf = (result: Awaited<ReturnType<typeof read>>) =>
  Object.fromEntries(result.plan.fields.map(({ field, source }) => [field, source]));

describe('a file without a header', () => {
  const withoutHeader = (cells: readonly string[], more: readonly (readonly string[])[] = []) =>
    tableOf(cells, [cells, ...more], { headerLine: 1 });

  it('is told by its first line, and asks for --columns', async () => {
    const row = ['2024-10-05 12:00:00', '74950000001', '101', '30', 'a.1'];
    expect(await refusal(withoutHeader(row))).toBe(
      'calls.csv: line 1 is data, not a header | Name the columns in their order, ' +
        'with names of fields: uuid, date, caller, to, type, billsec; an empty name skips one: --columns <name>,<name>,… ' +
        'That line has 5 columns: "2024-10-05 12:00:00", "74950000001", "101", "30", "a.1".',
    );
  });

  it('names its phone system where that is known', async () => {
    const cdr =
      '5/10/2024 12:00:00,,74950000001,101,from-trunk,SIP/t-1,SIP/101-2,Dial,x,42,37,ANSWERED,3,,1728122400.1,';
    expect(await refusal(withoutHeader(cdr.split(',')))).toMatch(
      /looks like a file of FreePBX.*whose rows are parts of calls \| .*--preset freepbx\./,
    );
    const freeswitch =
      'Client,74950000001,74950000100,public,10/5/2024 17:33,10/5/2024 17:33,10/5/2024 17:34,50,42,NORMAL_CLEARING,11111111-aaaa-4000-8000-000000000001,,,PCMA,PCMA';
    expect(await refusal(withoutHeader(freeswitch.split(',')))).toMatch(
      /looks like a file of FreeSWITCH.*and no preset was given \| .*--preset freeswitch\./,
    );
  });

  it.each([
    ['a header that nobody knows', ['a', 'b', 'c', 'd', 'e']],
    ['years and numbers', ['Region', '2023', '2024', 'Q1', '100']],
    ['one known name', ['src', '74950000001', '74950000002', 'x', '2024-10-05 12:00:00']],
  ])('is not seen in %s', async (_, names) => {
    expect(await refusal(withoutHeader(names))).toContain('no column is known to hold');
  });
});

describe('columns are recognised', () => {
  it.each([
    [['UUID', 'Caller', 'TO', 'Date', 'Type', 'BillSec']],
    [['uniqueid', 'src', 'dst', 'calldate', 'direction', 'billsec']],
    [['Unique ID', 'Caller Number', 'Callee Number', 'Start Time', 'Direction', 'Talk Time']],
    [['call_id', 'from', 'to', 'start', 'call-type', 'duration of talk']],
    [['callid', 'callfrom', 'callto', 'timestart', 'type', 'talkduraction']],
    [['ID звонка', 'Откуда', 'Куда', 'Дата и время', 'Тип', 'Длительность разговора']],
    [['id', 'Кто звонил', 'Кому звонили', 'Время', 'Направление', 'Длительность']],
  ])('by the names %j', async (names) => {
    const { calls } = await read(tableOf(names, [valid]), { noPreset: true });
    expect(calls).toEqual([
      {
        uuid: 'a.1',
        caller: '74950000001',
        to: '101',
        date: 1_790_000_000,
        type: 'inbound',
        billsec: 30,
        account_id: '39099',
      },
    ]);
  });

  it('by whole names only: "Куда" is not in "Откуда"', async () => {
    const names = ['id звонка', 'Откуда', 'Дата', 'Тип', 'Длительность разговора'];
    expect(await refusal(tableOf(names, [valid]))).toContain('no column is known to hold to |');
  });

  it('and a name stands for one field only', () => {
    const names = callFields.flatMap((field) => [field, ...aliases[field].sure, ...aliases[field].perhaps]);
    const twice = names.map(plainName).filter((name, at, all) => all.indexOf(name) !== at);
    expect(twice).toEqual([]);
  });

  it('talk time before the whole length, which is taken with a note', async () => {
    const names = ['uuid', 'caller', 'to', 'date', 'type', 'Duration', 'Talk Time'];
    const both = await read(tableOf(names, [[...valid.slice(0, 5), '90', '60']]));
    expect(both.calls[0]?.billsec).toBe(60);
    expect(both.notes).toEqual([]);
    const one = await read(tableOf(names.slice(0, 6), [[...valid.slice(0, 5), '90']]));
    expect(one.calls[0]?.billsec).toBe(90);
    expect(one.notes[0]).toContain('billsec is read from "Duration", which may include the ringing');
  });

  it('and where two fit, the better one is taken with a note that names the other', async () => {
    const names = ['call id', 'uniqueid', 'caller', 'to', 'date', 'type', 'billsec'];
    const { calls, notes } = await read(tableOf(names, [['b.2', ...valid]]));
    expect(calls[0]?.uuid).toBe('a.1');
    expect(notes).toEqual([
      'calls.csv: uuid is read from "uniqueid"; "call id" would fit too | To choose another one: --map uuid=<column>',
    ]);
  });

  it('and of several that fit, the one whose values do', async () => {
    const names = ['uuid', 'caller', 'to', 'date', 'CALL_TYPE', 'INBOUND_OUTBOUND_IND', 'billsec'];
    const row = (uuid: string, kind: string, way: string) => [
      uuid,
      ...(way === 'O' ? ['101', '74950000001'] : valid.slice(1, 3)),
      ...valid.slice(3, 4),
      kind,
      way,
      '30',
    ];
    const rows = [row('a', 'CALL', 'O'), row('b', 'PSTN', 'I'), row('c', 'CALL', '')];
    const { calls, reasons, notes } = await read(tableOf(names, rows));
    expect(calls.map(({ type }) => type)).toEqual(['outbound', 'inbound']);
    expect(reasons).toEqual([['type: is empty']]);
    expect(notes).toEqual([]);
    const swapped = [
      names.with(4, 'direction').with(5, 'call type'),
      rows.map((cells) => [cells[0] ?? '', ...valid.slice(1, 4), ...cells.slice(4, 5), 'IB', '30']),
    ] as const;
    const typeMap = new Map([['ib', 'inbound']] as const);
    expect((await read(tableOf(...swapped), { typeMap })).calls.map(({ type }) => type)).toEqual([
      'inbound',
      'inbound',
      'inbound',
    ]);
  });

  it('and talk time in a column that holds some', async () => {
    const names = ['uuid', 'caller', 'to', 'date', 'type', 'talk time', 'billable seconds'];
    const { calls } = await read(tableOf(names, [[...valid.slice(0, 5), 'n/a', '30']]));
    expect(calls[0]?.billsec).toBe(30);
  });

  it('and none where --map leaves it out: the direction is derived, the link is none', async () => {
    const names = [...columns, 'record'];
    const row = [...cells({ type: 'CALL' }), 'https://pbx.example/1.mp3'];
    const map = [
      { field: 'type', source: '' },
      { field: 'link', source: '' },
    ] as const;
    const { calls, plan } = await read(tableOf(names, [row]), { map });
    expect(calls).toEqual([expect.objectContaining({ type: 'inbound' })]);
    expect(calls[0]).not.toHaveProperty('link');
    expect(plan.ignored).toEqual(['type', 'record']);
  });

  it('and the rest is ignored', async () => {
    const { plan } = await read(tableOf([...columns, 'Кто ответил', 'Оценка'], [[...valid, 'x', '5']]));
    expect(plan.ignored).toEqual(['Кто ответил', 'Оценка']);
  });

  it('and a date is joined from a date and a time column', async () => {
    const names = ['uuid', 'caller', 'to', 'Дата', 'Время', 'type', 'billsec'];
    const row = ['a.1', '74950000001', '101', '04.03.2026', '12:07:05', 'inbound', '30'];
    const result = await read(tableOf(names, [row]), { timezone: 'Europe/Moscow' });
    expect(result.calls[0]?.date).toBe(Date.UTC(2026, 2, 4, 9, 7, 5) / 1000);
    expect(result.plan.ignored).toEqual([]);
    expect(sourcesOf(result)['date']).toMatchObject({ kind: 'template', what: 'made of {Дата} {Время}' });
  });

  it('but not where the date has its time already', async () => {
    const names = ['uuid', 'caller', 'to', 'date', 'time', 'type', 'billsec'];
    const row = ['a.1', '74950000001', '101', '2026-03-04T09:07:05Z', '00:30', 'inbound', '30'];
    const { calls, plan } = await read(tableOf(names, [row]));
    expect(calls[0]?.date).toBe(Date.UTC(2026, 2, 4, 9, 7, 5) / 1000);
    expect(plan.ignored).toEqual(['time']);
    const count = await read(tableOf(names, [row.with(3, '1790000000')]));
    expect(count.calls[0]?.date).toBe(1_790_000_000);
  });
});

describe('--map and --set', () => {
  it('beat the names of columns', async () => {
    const result = await read(tableOf([...columns, 'My Number'], [[...valid, '74950000009']]), {
      map: [{ field: 'caller', source: 'my_number' }],
      set: [{ field: 'type', value: 'missed' }],
    });
    expect(result.calls[0]).toMatchObject({ caller: '74950000009', type: 'inbound', billsec: 0 });
    expect(sourcesOf(result)).toMatchObject({
      caller: { kind: 'column', what: 'column "My Number"', by: 'map' },
      type: { kind: 'constant', what: 'always "missed"' },
      to: { kind: 'column', what: 'column "to"', by: 'name' },
      link: { kind: 'none' },
      account_id: { kind: 'given', what: '39099, from the settings' },
    });
    expect(result.plan.ignored).toEqual(['caller', 'type']);
  });

  it('join columns by a template', async () => {
    const names = ['uuid', 'prefix', 'number', 'to', 'day', 'hour', 'type', 'billsec'];
    const row = ['a.1', '7495', '0000001', '101', '04/03/2026', '9:07', 'inbound', '30'];
    const { calls } = await read(tableOf(names, [row]), {
      timezone: 'UTC',
      dateOrder: 'dmy',
      map: [
        { field: 'caller', source: '{prefix}{number}' },
        { field: 'date', source: '{day} {hour}' },
      ],
    });
    expect(calls[0]).toMatchObject({ caller: '74950000001', date: Date.UTC(2026, 2, 4, 9, 7) / 1000 });
  });

  it.each([
    [{ map: [{ field: 'caller', source: 'Numbr' }] }, 'names the column "Numbr"', 'Did you mean "Number"?'],
    [{ map: [{ field: 'link', source: 'https://x/{file}' }] }, 'names the column "file"', '"Number"'],
    [{ map: [{ field: 'link', source: 'https://x/{file' }] }, 'a brace that is not closed', ''],
    [{ map: [{ field: 'link', source: 'https://x/{date:QQ}' }] }, 'is none of the parts of a date', ''],
    [{ map: [{ field: 'uuid', source: '{date:YYYY}' }] }, 'only the link can hold parts of the date', ''],
    [{ uuidFrom: ['date', 'nothing'] }, '--uuid-from names the column "nothing"', '"Number"'],
    [
      { map: [{ field: 'link', source: 'Number' }], set: [{ field: 'link', value: 'x' }] },
      'link is given more than once',
      'Leave all but one out',
    ],
  ] as const)('that cannot be followed are refused: %j', async (options, message, hint) => {
    const said = await refusal(tableOf([...columns, 'Number'], [[...valid, '1']]), options);
    expect(said).toContain(message);
    expect(said).toContain(hint);
  });
});

describe('a file without a needed column is refused once', () => {
  it('with the columns found and the flags that would help', async () => {
    expect(await refusal(tableOf(['who', 'whom', 'date', 'type'], [['1', '2', '3', '4']]))).toBe(
      'calls.csv: no column is known to hold uuid, caller, to, billsec | Columns found: "who", "whom", "date", "type". ' +
        'Say which one it is: --map uuid=<column> (or --uuid-from date,caller,to,billsec) --map caller=<column> --map to=<column> --map billsec=<column>' +
        ', or --map client=<column> --map employee=<column> if the file names client and employee',
    );
  });

  it('where no account is known and one is needed', async () => {
    const file = () => tableOf(columns, [valid]);
    expect(await refusal(file(), { accountId: undefined })).toContain('its calls have no account');
    const { calls } = await read(file(), { accountId: undefined, requireAccount: false });
    expect(calls[0]?.account_id).toBe('');
  });
});

describe('the account of a row', () => {
  it('is that of its column, else the given one', async () => {
    const names = [...columns, 'Account ID'];
    const { calls } = await read(
      tableOf(names, [
        [...valid, '40001'],
        [...valid, ''],
        [...valid, 'NULL'],
      ]),
    );
    expect(calls.map((call) => call.account_id)).toEqual(['40001', '39099', '39099']);
  });

  it('missing in a row where none is given, makes the row invalid', async () => {
    const names = [...columns, 'account_id'];
    const { calls, reasons } = await read(
      tableOf(names, [
        [...valid, '40001'],
        [...valid, ''],
      ]),
      {
        accountId: undefined,
      },
    );
    expect(calls).toHaveLength(1);
    expect(reasons).toEqual([
      ['account_id: is empty, and no account is given with --account-id or in the profile'],
    ]);
  });
});

describe('the columns of a JSON file', () => {
  const growing = (names: string[], later: string, first: readonly string[] = valid) => {
    const rows = [first, first, [...first, 'https://pbx.example/3.mp3']].map((row, i) => ({
      line: i + 1,
      cells: row,
    }));
    async function* batches() {
      yield { rows: rows.slice(0, 2), bytesRead: 1 };
      names.push(later);
      yield { rows: rows.slice(2), bytesRead: 2 };
    }
    return tableOf(names, [], { format: 'ndjson', sample: rows.slice(0, 2), batches: batches() });
  };

  it('may turn up late', async () => {
    const { calls } = await read(growing([...columns], 'recording'));
    expect(calls.map((call) => call.link)).toEqual([undefined, undefined, 'https://pbx.example/3.mp3']);
  });

  it('may be named before they turn up', async () => {
    const { calls } = await read(growing([...columns], 'audio'), {
      map: [{ field: 'link', source: 'audio' }],
    });
    expect(calls[2]?.link).toBe('https://pbx.example/3.mp3');
  });

  it('turn no talk time into another one when they come late', async () => {
    const names = columns.map((name) => (name === 'billsec' ? 'talk_ms' : name));
    const rows = [...valid.slice(0, -1), '6300000'];
    const table = growing(names, 'extra', rows);
    expect((await read(table)).calls.map((call) => call.billsec)).toEqual([6300, 6300, 6300]);
  });

  it('are not asked for in a file without records', async () => {
    const { entries } = await read(tableOf([], [], { format: 'json' }));
    expect(entries).toEqual([]);
  });
});
