import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import type { RecordOptions } from '../../src/records/record-options.js';
import { read, tableOf } from './in-memory-table.js';

const outside = '74950000001';

/** Reads rows of a table with an id, a date and a talk time beside these columns. */
async function readOf(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  options: Partial<RecordOptions> = {},
) {
  const names = ['uuid', 'date', 'billsec', ...columns];
  const result = await read(
    tableOf(
      names,
      rows.map((cells, row) => [`a.${row}`, '1790000000', '30', ...cells]),
    ),
    options,
  );
  const calls = result.calls.map(({ type, caller, to }) => `${type} ${caller} ${to}`);
  return { ...result, calls, reasons: result.reasons.map((reasons) => reasons.join('; ')) };
}

const mapOf = (
  ...pairs: readonly (readonly ['client' | 'employee' | 'caller' | 'to' | 'type', string])[]
) => ({
  map: pairs.map(([field, source]) => ({ field, source })),
});

describe('client and employee', () => {
  const columns = ['Klient', 'Mitarb.', 'Art'];
  const named = mapOf(['client', 'Klient'], ['employee', 'Mitarb.'], ['type', 'Art']);

  it('become caller and to by the direction', async () => {
    const rows = [
      [outside, '101', 'inbound'],
      [outside, '101', 'outbound'],
      [outside, '101', 'missed'],
      [outside, '79000000002', 'outbound'],
    ];
    const { calls } = await readOf(columns, rows, named);
    expect(calls).toEqual([
      `inbound ${outside} 101`,
      `outbound 101 ${outside}`,
      `inbound ${outside} 101`,
      `outbound 79000000002 ${outside}`,
    ]);
  });

  it('are contradicted the other way round, with the flags that turn them', async () => {
    const { calls, reasons } = await readOf(columns, [['101', outside, 'inbound']], named);
    expect(calls).toEqual([]);
    expect(reasons).toEqual([
      `type: the client 101 is an extension and the employee ${outside} is outside: ` +
        'are they the other way round? --map client=Mitarb. --map employee=Klient',
    ]);
  });

  it.each([
    ['English', ['contact number', 'extension', 'direction']],
    ['Russian', ['Номер клиента', 'Внутренний номер', 'Вид звонка']],
    ['Spanish', ['Teléfono del cliente', 'Extensión', 'direction']],
    ['Spanish without accents', ['telefono del cliente', 'extension', 'direction']],
    ['Portuguese', ['Número do cliente', 'Ramal', 'direction']],
    ['German', ['Kundenrufnummer', 'Nebenstelle', 'direction']],
  ])('are known in %s', async (_, names) => {
    const { calls } = await readOf(names, [
      [outside, '101', 'in'],
      [outside, '102', 'out'],
    ]);
    expect(calls).toEqual([`inbound ${outside} 101`, `outbound 102 ${outside}`]);
  });

  it('find the direction by what a column holds where its name is not known', async () => {
    const { calls, plan } = await readOf(['client', 'agent', 'Sens'], [[outside, '101', 'out']]);
    expect(calls).toEqual([`outbound 101 ${outside}`]);
    expect(plan.fields.find(({ field }) => field === 'type')?.source).toMatchObject({
      what: 'column "Sens"',
      by: 'values',
    });
  });

  it('are not looked for beside caller and callee', async () => {
    const { calls } = await readOf(['client', 'agent', 'from', 'to'], [['1', '2', '101', outside]]);
    expect(calls).toEqual([`outbound 101 ${outside}`]);
  });

  it('say nothing without a direction', async () => {
    await expect(readOf(['client', 'agent'], [[outside, '101']])).rejects.toThrow(UserError);
    await expect(readOf(['client', 'agent'], [[outside, '101']])).rejects.toThrow(
      'calls.csv: "client" is the client and "agent" the employee, and no column says which of them called',
    );
  });

  it('are both needed where one of them is named', async () => {
    const only = mapOf(['client', 'x']);
    await expect(readOf(['x', 'y', 'type'], [[outside, '101', 'in']], only)).rejects.toThrow(
      'calls.csv: no column is known to hold the employee',
    );
  });

  it('take the first column that is not empty', async () => {
    const { calls } = await readOf(
      ['who', 'extension', 'mobile', 'type'],
      [
        [outside, '101', '79000000002', 'in'],
        [outside, '', '79000000002', 'in'],
      ],
      mapOf(['client', 'who'], ['employee', 'extension,mobile']),
    );
    expect(calls).toEqual([`inbound ${outside} 101`, `inbound ${outside} 79000000002`]);
  });
});

describe('--set of a side that has a column', () => {
  it.each(['employee', 'to'] as const)('fills its empty cells only: %s', async (field) => {
    const rows = [
      [outside, '101', 'in'],
      [outside, '', 'in'],
    ];
    const empty = await readOf(['client', 'agent', 'type'], rows);
    expect(empty.reasons).toEqual([
      'to: is empty: "agent" names nobody; give a number for such calls with --set to=<number>',
    ]);
    const { calls } = await readOf(['client', 'agent', 'type'], rows, { set: [{ field, value: '200' }] });
    expect(calls).toEqual([`inbound ${outside} 101`, `inbound ${outside} 200`]);
  });

  it('is not the only way out of an outbound call: a cell may be merged over several rows', async () => {
    const rows = [
      [outside, '101', 'in'],
      [outside, '', 'out'],
    ];
    expect((await readOf(['client', 'agent', 'type'], rows)).reasons).toEqual([
      'caller: is empty: "agent" names nobody, though somebody called: fill in cells that are merged over several rows, or give a number for such calls with --set caller=<number>',
    ]);
  });

  it('fills those of a callee too, and is the value of every record where there is no column', async () => {
    const set = [{ field: 'to', value: '200' }] as const;
    const rows = [
      [outside, '101'],
      [outside, ''],
    ];
    expect((await readOf(['from', 'to'], rows, { set })).calls).toEqual([
      `inbound ${outside} 101`,
      `inbound ${outside} 200`,
    ]);
    expect((await readOf(['from'], [[outside]], { set })).calls).toEqual([`inbound ${outside} 200`]);
    const mapped = { ...mapOf(['to', 'answered by']), set };
    expect((await readOf(['from', 'answered by'], rows, mapped)).calls).toHaveLength(2);
  });
});

describe('a named direction that the sides contradict', () => {
  const columns = ['from', 'Куда', 'direction'];

  it.each([
    [
      [outside, '101', 'outbound'],
      `type: says outbound, but caller ${outside} is outside and to 101 is an extension: ` +
        "are they client and employee? --map client=from --map 'employee=Куда'",
    ],
    [
      ['101', outside, 'inbound'],
      `type: says inbound, but caller 101 is an extension and to ${outside} is outside: ` +
        "are they client and employee? --map 'client=Куда' --map employee=from",
    ],
    [
      ['101', outside, 'missed'],
      `type: says inbound, but caller 101 is an extension and to ${outside} is outside: ` +
        "are they client and employee? --map 'client=Куда' --map employee=from",
    ],
  ])('is not sent: %j', async (row, reason) => {
    const { calls, reasons } = await readOf(columns, [row]);
    expect(calls).toEqual([]);
    expect(reasons).toEqual([reason]);
    expect((await readOf(columns, [row], { allow: ['direction'] })).calls).toHaveLength(1);
  });

  it('is that of client and employee, by the flags that it names', async () => {
    const rows = [
      [outside, '101', 'outbound'],
      [outside, '102', 'inbound'],
    ];
    const { calls } = await readOf(columns, rows, mapOf(['client', 'from'], ['employee', 'Куда']));
    expect(calls).toEqual([`outbound 101 ${outside}`, `inbound ${outside} 102`]);
  });

  it('never turns right rows round by the flags that it names', async () => {
    const rows = [
      ['101', outside, 'outbound'],
      [outside, '102', 'inbound'],
      [outside, '102', 'outbound'],
    ];
    const { calls, reasons } = await readOf(columns, rows, mapOf(['client', 'from'], ['employee', 'Куда']));
    expect(calls).toEqual([`inbound ${outside} 102`, `outbound 102 ${outside}`]);
    expect(reasons).toHaveLength(1);
  });

  it('is none between two extensions or two outside numbers, and none in the layout of the vendor', async () => {
    const rows = [
      ['101', '102', 'outbound'],
      [outside, '74950000002', 'outbound'],
      [outside, '74950000002', 'inbound'],
    ];
    expect((await readOf(columns, rows)).calls).toHaveLength(3);
    const vendor = await readOf(columns, [['101', outside, 'inbound']], { inboundLayout: 'extension-first' });
    expect(vendor.calls).toEqual([`inbound 101 ${outside}`]);
  });
});

describe('a column of directions that nobody reads', () => {
  const columns = ['from', 'to', 'Sens'];
  const rows = [
    [outside, '101', 'in'],
    ['101', outside, 'out'],
  ];

  it('contradicts the rows that are read otherwise, and is named', async () => {
    const { calls, reasons } = await readOf(columns, [...rows, [outside, '102', 'out']]);
    expect(calls).toHaveLength(2);
    expect(reasons).toEqual([
      'type: is inbound by which side is an extension, but "Sens" says "out": use --map type=Sens',
    ]);
  });

  it('contradicts an internal call as well', async () => {
    const { entries } = await readOf(columns, [...rows, ['101', '20123', 'out']]);
    expect(entries[2]).toMatchObject({ status: 'invalid' });
  });

  it('is taken by the flag that it names, and passed over where that is allowed', async () => {
    const wrong = [...rows, [outside, '102', 'out']];
    const mapped = await readOf(columns, wrong, mapOf(['type', 'Sens']));
    expect(mapped.reasons[0]).toContain('are they client and employee?');
    expect((await readOf(columns, wrong, { allow: ['columns'] })).calls).toHaveLength(3);
  });

  it('speaks with one word only where all calls go the same way', async () => {
    const both = [
      [outside, '101', 'local'],
      ['101', outside, 'local'],
    ];
    expect((await readOf(columns, both)).calls).toHaveLength(2);
    const one = await readOf(columns, [
      [outside, '101', 'out'],
      [outside, '102', 'out'],
    ]);
    expect(one.reasons).toHaveLength(2);
  });

  it('is none where it holds other texts', async () => {
    const names = [...rows, [outside, '102', 'Anna'], [outside, '103', 'Boris']];
    expect((await readOf(columns, names)).calls).toHaveLength(4);
  });
});

describe('a word that is no direction', () => {
  const columns = ['from', 'to', 'type'];

  it('can be given a meaning, the words of the file alone', async () => {
    const { reasons } = await readOf(columns, [
      [outside, '101', '1'],
      ['101', outside, 'x y'],
    ]);
    expect(reasons).toEqual([
      'type: "1" is not a known direction: say what it means with --type-map \'1=<inbound, outbound, missed or internal>\'',
      'type: "x y" is not a known direction: say what it means with --type-map \'x y=<inbound, outbound, missed or internal>\'',
    ]);
  });

  it('can not where it is the only one, beside calls of both directions', async () => {
    const rows = [
      [outside, '101', 'Voice'],
      ['101', outside, 'Voice'],
    ];
    const { reasons } = await readOf(columns, rows);
    expect(reasons[0]).toBe(
      'type: "Voice" is not a known direction and the only word in its column: name another column with --map type=<column>, ' +
        'or let the extension decide with --map type=',
    );
    expect((await readOf(columns, rows, mapOf(['type', '']))).calls).toEqual([
      `inbound ${outside} 101`,
      `outbound 101 ${outside}`,
    ]);
  });
});

describe('the sides of a preset', () => {
  const names = ['uid', 'type', 'client', 'user', 'start', 'wait', 'duration'];
  const rowOf = (type: string, client: string, user: string, at: number) => [
    ...[`m-${at}`, type, client, user, String(1_790_000_000 + at), '1', '9'],
  ];
  const sentOf = async (rows: readonly (readonly string[])[], options: Partial<RecordOptions> = {}) => {
    const preset = findPreset('megapbx');
    const { calls, reasons } = await read(tableOf(names, rows), { preset, ...options });
    return { sent: calls.map(({ type, caller, to }) => `${type} ${caller} ${to}`), reasons: reasons.flat() };
  };

  it('may have a short number that calls in, but not most of the time', async () => {
    const right = [rowOf('in', outside, '101', 1), rowOf('out', outside, '102', 2)];
    const bank = rowOf('in', '900', '74950000100', 3);
    expect(await sentOf([...right, bank])).toMatchObject({ sent: { length: 3 }, reasons: [] });
    const turned = [rowOf('in', '101', outside, 1), rowOf('in', '102', outside, 2), bank];
    await expect(sentOf(turned)).rejects.toThrow('"client" and "user" look exchanged');
    const { sent, reasons } = await sentOf(turned.slice(0, 2), { isGrowing: true });
    expect(sent).toEqual([]);
    expect(reasons[0]).toContain(`says inbound, but caller 101 is an extension and to ${outside} is outside`);
  });

  it('are never one number', async () => {
    const right = Array.from({ length: 10 }, (_, row) => rowOf('in', outside, '101', row + 2));
    expect(await sentOf([rowOf('in', '101', '101', 1), ...right])).toEqual({
      sent: right.map(() => `inbound ${outside} 101`),
      reasons: ['to: is 101, and so is the caller: which columns hold them?'],
    });
  });
});

describe('numbers of the company recur', () => {
  const columns = ['from', 'to', 'direction'];
  const [line, one, two, three] = ['74997770001', '74951234567', '74951234568', '74951234569'];

  it('so that calls to the number that is called are not outbound: the columns are client and employee', async () => {
    const rows = [
      [one, line, 'inbound'],
      [two, line, 'outbound'],
      [three, line, 'outbound'],
    ];
    const { calls, reasons } = await readOf(columns, rows);
    expect(calls).toEqual([`inbound ${one} ${line}`]);
    const reason =
      `type: says outbound, but ${line} is the company's own number in other calls: ` +
      'if the columns name client and employee, whatever the direction is, give --map client=<column> --map employee=<column>; ' +
      'if the call is right, --allow direction';
    expect(reasons).toEqual([reason, reason]);
    const settled = await readOf(columns, rows, mapOf(['client', 'from'], ['employee', 'to']));
    expect(settled.calls).toEqual([
      `inbound ${one} ${line}`,
      `outbound ${line} ${two}`,
      `outbound ${line} ${three}`,
    ]);
  });

  it.each([
    [
      'one such call among others',
      [
        [one, line, 'inbound'],
        [two, line, 'outbound'],
        [line, three, 'outbound'],
        [line, one, 'outbound'],
      ],
    ],
    [
      'colleagues who call each other',
      [
        [one, two, 'inbound'],
        [two, one, 'outbound'],
        [two, one, 'outbound'],
      ],
    ],
    [
      'clients who call and are called',
      [
        [one, line, 'inbound'],
        [line, one, 'outbound'],
        [line, one, 'outbound'],
      ],
    ],
  ])('but not by %s', async (_, rows) => {
    expect((await readOf(columns, rows)).calls).toHaveLength(rows.length);
  });
});
