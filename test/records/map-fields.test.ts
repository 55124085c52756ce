import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { Table } from '../../src/core/row.js';
import type { FieldSource } from '../../src/records/field-sources.js';
import { type Mapping, mapFields } from '../../src/records/mapping.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import type { RecordOptions } from '../../src/records/record-options.js';
import { columns, now, tableOf } from './in-memory-table.js';

const valid = ['a.1', '74950000001', '101', '1790000000', 'inbound', '30'];
const base = { map: [], set: [], requireAccount: false, inboundLayout: 'natural', now: () => now } as const;
type Options = Partial<RecordOptions>;

function mapped(table: Table, options: Options = {}, before?: Mapping) {
  const notes: string[] = [];
  const note = (text: string, hint = '') => notes.push(`${text} | ${hint}`);
  return { ...mapFields(table, { ...base, ...options }, note, before), notes };
}

/** A source in short. */
function short({ kind, name, what, columns, column, by }: FieldSource): string {
  const names = columns.map((one) => one.name);
  const quoted = [...what.matchAll(/"([^"]*)"/g)].map(([, text]) => text);
  switch (kind) {
    case 'column':
      return by === 'map' ? `${column?.name}!` : `${column?.name}`;
    case 'template':
      return name.slice(1, -1);
    case 'first':
      return names.join(' else ');
    case 'computed':
    case 'times':
      return `${what} (${names.join(', ')})`;
    case 'filled':
      return `${names.join()}${by === 'map' ? '!' : ''} else =${quoted.at(-1)}`;
    case 'party':
      return quoted.join(' or ');
    case 'constant':
      return `=${quoted.join()}`;
    case 'given':
      return `=${what.replace(', from the settings', '')}`;
    case 'built':
      return `of ${what.replace('a hash of ', '').replaceAll(', ', ',')}`;
    default:
      return kind;
  }
}

const usual: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(columns.map((name) => [name, name])),
  link: 'none',
  account_id: 'none',
  noteSources: ['none', 'none'],
  uuidParts: [],
  uuidColumns: { from: [], columns: [['uuid']] },
  ignored: '',
  notes: [],
};

/** What is found, but for what is as in a file with the API's own names. */
function found(table: Table, options: Options = {}): unknown {
  const { sources, parties, noteSources, formerUuid, ...more } = mapped(table, options);
  const { uuidParts, uuidColumns, unused, notes } = more;
  const all: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(
      Object.entries(sources).map(([field, source]) => [
        field,
        source.kind === 'party' && parties !== undefined
          ? `${short(parties.client)} or ${short(parties.employee)}`
          : short(source),
      ]),
    ),
    parties: parties && {
      client: short(parties.client),
      employee: short(parties.employee),
      fill: parties.fill,
    },
    formerUuid: formerUuid && short(formerUuid),
    noteSources: Object.values(noteSources).map(short),
    uuidParts: uuidParts.map(({ field, source }) => [field, short(source)]),
    uuidColumns,
    ignored: unused.map(({ name }) => name).join(),
    notes,
  };
  const isUsual = (name: string) => JSON.stringify(all[name]) === JSON.stringify(usual[name]);
  return Object.fromEntries(Object.entries(all).filter(([name]) => !isUsual(name)));
}

/** Why the columns are refused. */
function refusal(table: Table, options: Options = {}): string {
  try {
    mapped(table, options);
  } catch (error) {
    if (error instanceof UserError) return `${error.message} | ${error.hint}`;
    throw error;
  }
  return 'nothing';
}

/** The columns of a call and more, with a row that is valid. */
const withMore = (more: Readonly<Record<string, string>>) =>
  [[...columns, ...Object.keys(more)], [[...valid, ...Object.values(more)]]] as const;
/** The columns of a call, some of them with other names and cells. */
const withOther = (other: Readonly<Record<string, readonly [name: string, cell: string]>>) =>
  [
    columns.map((name) => other[name]?.[0] ?? name),
    [columns.map((name, at) => other[name]?.[1] ?? valid[at] ?? '')],
  ] as const;
const callColumns = ['uuid', 'caller', 'to', 'date', 'type', 'billsec'] as const;
const map = (field: RecordOptions['map'][number]['field'], source: string) => ({ field, source });
const set = (field: RecordOptions['set'][number]['field'], value: string) => ({ field, value });
const party = withOther({ caller: ['Client', '74950000001'], to: ['Employee', '101'] });
/** Two records that lie in a list of one document. */
const list = (path: string) => [0, 1].flatMap((at) => columns.map((name) => `${path}.${at}.${name}`));
const listRow = [[...valid, ...valid]];
const all = (path: string) => callColumns.map((name) => map(name, `${path}.0.${name}`));

type Given = readonly [
  names: readonly string[],
  rows: readonly (readonly string[])[],
  options?: Options,
  more?: Partial<Table>,
];

describe('what feeds the fields of a call', () => {
  test.each<readonly [string, Given, object]>([
    [
      'party',
      [...party],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        parties: { client: 'Client', employee: 'Employee', fill: {} },
      },
    ],
    [
      'party+sides',
      [...withMore({ Client: '74950000001', Employee: '101' })],
      { ignored: 'Client,Employee' },
    ],
    [
      'party+caller',
      [
        ['uuid', 'caller', 'Client', 'Employee', 'date', 'type', 'billsec'],
        [['a', '74950000001', '74950000001', '101', '1790000000', 'inbound', '3']],
      ],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        ignored: 'caller',
        parties: { client: 'Client', employee: 'Employee', fill: {} },
      },
    ],
    [
      'party map date',
      [...party, { map: [map('date', 'date')] }],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        date: 'date!',
        parties: { client: 'Client', employee: 'Employee', fill: {} },
      },
    ],
    [
      'party fill',
      [...party, { set: [set('caller', '100'), set('to', '102')] }],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        parties: { client: 'Client', employee: 'Employee', fill: { caller: '100', to: '102' } },
      },
    ],
    [
      'party fill caller',
      [...party, { set: [set('caller', '100')] }],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        parties: { client: 'Client', employee: 'Employee', fill: { caller: '100' } },
      },
    ],
    [
      'party fill to',
      [...party, { set: [set('to', '100')] }],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        parties: { client: 'Client', employee: 'Employee', fill: { to: '100' } },
      },
    ],
    [
      'map both over sides',
      [...withMore({ x: '74950000001', y: '101' }), { map: [map('employee', 'y'), map('client', 'x')] }],
      {
        caller: 'x! or y!',
        to: 'x! or y!',
        ignored: 'caller,to',
        parties: { client: 'x!', employee: 'y!', fill: {} },
      },
    ],
    [
      'set employee',
      [
        ...withOther({ caller: ['Client', '74950000001'], to: ['x', '101'] }),
        { set: [set('employee', '101')] },
      ],
      {
        caller: 'Client or =101',
        to: 'Client or =101',
        ignored: 'x',
        parties: { client: 'Client', employee: '=101', fill: {} },
      },
    ],
    [
      'party type by values',
      [
        ['uuid', 'Client', 'Employee', 'date', 'billsec', 'Result'],
        [
          ['a', '74950000001', '101', '1790000000', '3', 'inbound'],
          ['b', '74950000001', '101', '1790000000', '3', 'outbound'],
        ],
      ],
      {
        caller: 'Client or Employee',
        to: 'Client or Employee',
        type: 'Result',
        parties: { client: 'Client', employee: 'Employee', fill: {} },
      },
    ],
    [
      'type column without words',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'way'],
        [
          ['a', '74950000001', '101', '1790000000', 'SIP', '3', 'inbound'],
          ['b', '101', '74950000001', '1790000000', 'SIP', '3', 'outbound'],
        ],
      ],
      { type: 'way', ignored: 'type' },
    ],
    [
      'type column without words, mapped',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'way'],
        [
          ['a', '74950000001', '101', '1790000000', 'SIP', '3', 'inbound'],
          ['b', '101', '74950000001', '1790000000', 'SIP', '3', 'outbound'],
        ],
        { map: [map('type', 'type')] },
      ],
      { type: 'type!', ignored: 'way' },
    ],
    [
      'uuidFrom',
      [...withMore({ Ref: 'r' }), { uuidFrom: ['DATE', 'caller', 'ref', 'uuid'] }],
      {
        uuid: 'of DATE,caller,ref,uuid',
        uuidColumns: {
          from: ['DATE', 'caller', 'ref', 'uuid'],
          columns: [['date'], ['caller'], ['Ref'], ['uuid']],
        },
        uuidParts: [
          ['date', 'date'],
          ['caller', 'caller'],
          [undefined, 'Ref!'],
          [undefined, 'uuid!'],
        ],
      },
    ],
    [
      'uuidColumns kept',
      [...withMore({ Ref: 'r' }), { uuidColumns: { from: [], columns: [['Ref']] } }],
      { uuid: 'Ref', ignored: 'uuid', formerUuid: 'uuid', uuidColumns: { from: [], columns: [['Ref']] } },
    ],
    [
      'uuidColumns kept several',
      [...withMore({ Ref: 'r', Other: 'o' }), { uuidColumns: { from: [], columns: [['Ref', 'Other']] } }],
      { uuid: 'Ref else Other', ignored: 'uuid', uuidColumns: undefined },
    ],
    [
      'uuidColumns gone',
      [...withMore({ Ref: 'r' }), { uuidColumns: { from: [], columns: [['Gone']] } }],
      { ignored: 'Ref' },
    ],
    [
      'uuidColumns one gone',
      [...withMore({ Ref: 'r' }), { uuidColumns: { from: [], columns: [['Ref', 'Gone']] } }],
      { ignored: 'Ref' },
    ],
    [
      'uuidColumns empty',
      [...withMore({ Ref: 'r' }), { uuidColumns: { from: [], columns: [] } }],
      { ignored: 'Ref' },
    ],
    [
      'uuidColumns built, asked',
      [
        ...withMore({ day: '1790000001', n: '74950000002' }),
        {
          uuidFrom: ['date', 'caller'],
          uuidColumns: { from: ['date', 'caller'], columns: [['day'], ['n', 'caller']] },
        },
      ],
      {
        uuid: 'of date,caller',
        ignored: 'uuid',
        uuidColumns: { from: ['date', 'caller'], columns: [['day'], ['n', 'caller']] },
        uuidParts: [
          ['date', 'day'],
          ['caller', 'n else caller'],
        ],
      },
    ],
    [
      'uuidColumns built, not asked',
      [...withMore({ day: '1790000001' }), { uuidColumns: { from: ['date'], columns: [['day']] } }],
      { ignored: 'day' },
    ],
    [
      'uuidColumns built otherwise',
      [
        ...withMore({ day: '1790000001' }),
        { uuidFrom: ['date', 'caller'], uuidColumns: { from: ['date'], columns: [['day']] } },
      ],
      {
        uuid: 'of date,caller',
        ignored: 'uuid,day',
        uuidColumns: { from: ['date', 'caller'], columns: [['date'], ['caller']] },
        uuidParts: [
          ['date', 'date'],
          ['caller', 'caller'],
        ],
      },
    ],
    [
      'former',
      [
        ['call id', 'id', 'caller', 'to', 'date', 'type', 'billsec'],
        [
          ['c', 'r1', ...valid.slice(1)],
          ['c', 'r2', ...valid.slice(1)],
        ],
      ],
      { uuid: 'id', ignored: 'call id', formerUuid: 'call id', uuidColumns: { from: [], columns: [['id']] } },
    ],
    [
      'former mapped',
      [
        ['call id', 'id', 'caller', 'to', 'date', 'type', 'billsec'],
        [
          ['c', 'r1', ...valid.slice(1)],
          ['c', 'r2', ...valid.slice(1)],
        ],
        { map: [map('uuid', 'id')] },
      ],
      { uuid: 'id!', ignored: 'call id', uuidColumns: undefined },
    ],
    [
      'uuid constant',
      [...withMore({}), { set: [set('uuid', 'u')] }],
      { uuid: '=u', ignored: 'uuid', uuidColumns: undefined },
    ],
    ['account ours', [...withMore({ account_id: '7' }), { accountId: '5' }], { account_id: 'account_id' }],
    [
      'account ours upper',
      [
        [' UUID ', 'Caller', 'To', 'Date', 'type', 'Billsec', 'account_id'],
        [[...valid, '7']],
        { accountId: '5' },
      ],
      {
        uuid: ' UUID ',
        caller: 'Caller',
        to: 'To',
        date: 'Date',
        billsec: 'Billsec',
        account_id: 'account_id',
        uuidColumns: { from: [], columns: [[' UUID ']] },
      },
    ],
    [
      'account foreign',
      [['uniqueid', ...columns.slice(1), 'account_id'], [[...valid, '7']], { accountId: '5' }],
      {
        uuid: 'uniqueid',
        account_id: '=5',
        ignored: 'account_id',
        uuidColumns: { from: [], columns: [['uniqueid']] },
      },
    ],
    ['account none', [...withMore({}), {}], {}],
    [
      'map empty',
      [
        ...withMore({ account_id: '7', link: 'l' }),
        { accountId: '5', map: [map('type', ''), map('account_id', ''), map('link', '')] },
      ],
      { type: 'derived', account_id: '=5', ignored: 'type,account_id,link' },
    ],
    [
      'map range',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'from', 'until'],
        [[...valid.slice(0, 5), '2026-01-01 10:00:00', '2026-01-01 10:00:30']],
        { map: [map('billsec', 'from .. until')] },
      ],
      { billsec: 'from "from" to "until" (from, until)' },
    ],
    [
      'map several',
      [...withMore({ ext: '', phone: '102' }), { map: [map('to', 'ext , phone')] }],
      { to: 'ext else phone', ignored: 'to' },
    ],
    ['map json later', [...withMore({}), { map: [map('link', 'audio')] }, { format: 'ndjson' }], {}],
    [
      'map template',
      [...withMore({ file: 'x' }), { map: [map('link', 'https://h/{date:YYYY}/{file}')] }],
      { link: 'https://h/{date:YYYY}/{file}' },
    ],
    [
      'map template not link',
      [...withMore({ file: 'x' }), { map: [map('uuid', '{uuid}-{file}')] }],
      { uuid: '{uuid}-{file}', uuidColumns: undefined },
    ],
    [
      'map template brace',
      [...withMore({ file: 'x' }), { map: [map('uuid', '{uuid')] }],
      { uuid: 'uuid!', ignored: 'file', uuidColumns: undefined },
    ],
    [
      'whole length + result',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'duration', 'disposition'],
        [
          [...valid.slice(0, 5), '30', 'NO ANSWER'],
          [...valid.slice(0, 5), '30', 'ANSWERED'],
        ],
      ],
      { billsec: '"duration", 0 where "disposition" says that nobody answered (duration, disposition)' },
    ],
    [
      'whole length + result mapped',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'duration', 'disposition'],
        [
          [...valid.slice(0, 5), '30', 'NO ANSWER'],
          [...valid.slice(0, 5), '30', 'ANSWERED'],
        ],
        { map: [map('billsec', 'duration')] },
      ],
      { billsec: '"duration", 0 where "disposition" says that nobody answered (duration, disposition)' },
    ],
    [
      'talk mapped + result',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'talk time', 'disposition'],
        [
          [...valid.slice(0, 5), '30', 'NO ANSWER'],
          [...valid.slice(0, 5), '30', 'ANSWERED'],
        ],
        { map: [map('billsec', 'talk time')] },
      ],
      { billsec: 'talk time!', ignored: 'disposition' },
    ],
    [
      'whole length',
      [['uuid', 'caller', 'to', 'date', 'type', 'duration'], [[...valid.slice(0, 5), '30']]],
      {
        billsec: 'duration',
        notes: [
          'calls.csv: billsec is read from "duration", which may include the ringing | amoCRM needs the talk time. To choose another column: --map billsec=<column>',
        ],
      },
    ],
    [
      'whole length mapped',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'duration'],
        [[...valid.slice(0, 5), '30']],
        { map: [map('billsec', 'duration')] },
      ],
      { billsec: 'duration!' },
    ],
    [
      'answer and end',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'duration', 'answer', 'end'],
        [
          [
            ...valid.slice(0, 4).slice(0, 3),
            '2026-01-01 10:00:00',
            'inbound',
            '40',
            '2026-01-01 10:00:10',
            '2026-01-01 10:00:40',
          ],
        ],
      ],
      { billsec: 'from "answer" to "end" (answer, end)', ignored: 'duration' },
    ],
    [
      'sure talk, answer and end',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'answer', 'end'],
        [
          [
            ...valid.slice(0, 3),
            '2026-01-01 10:00:00',
            'inbound',
            '30',
            '2026-01-01 10:00:10',
            '2026-01-01 10:00:40',
          ],
        ],
      ],
      { ignored: 'answer,end' },
    ],
    [
      'others',
      [
        ['call id', 'uniqueid', 'uid', 'caller', 'to', 'date', 'type', 'billsec'],
        [['b', 'a', 'c', ...valid.slice(1)]],
      ],
      {
        uuid: 'uniqueid',
        ignored: 'call id,uid',
        uuidColumns: { from: [], columns: [['uniqueid']] },
        notes: [
          'calls.csv: uuid is read from "uniqueid"; "call id", "uid" would fit too | To choose another one: --map uuid=<column>',
        ],
      },
    ],
    [
      'day+time',
      [
        ['uuid', 'caller', 'to', 'Date', 'Time', 'type', 'billsec'],
        [['a', '74950000001', '101', '2026-01-01', '10:00:00', 'inbound', '3']],
      ],
      { date: '{Date} {Time}' },
    ],
    [
      'day+time utc',
      [
        ['uuid', 'caller', 'to', 'Date', 'Time (UTC)', 'type', 'billsec'],
        [['a', '74950000001', '101', '2026-01-01', '10:00:00', 'inbound', '3']],
      ],
      { date: '{Date} {Time (UTC)}' },
    ],
    [
      'utc',
      [
        ['uuid', 'caller', 'to', 'Date (UTC+3)', 'type', 'billsec'],
        [['a', '74950000001', '101', '2026-01-01 10:00:00', 'inbound', '3']],
      ],
      { date: 'Date (UTC+3)' },
    ],
    [
      'utc, days',
      [
        ['uuid', 'caller', 'to', 'Date (UTC)', 'type', 'billsec'],
        [['a', '74950000001', '101', '2026-01-01', 'inbound', '3']],
      ],
      { date: 'Date (UTC)' },
    ],
    [
      'utc, instant',
      [
        ['uuid', 'caller', 'to', 'Date (UTC)', 'type', 'billsec'],
        [['a', '74950000001', '101', '1790000000', 'inbound', '3']],
      ],
      { date: 'Date (UTC)' },
    ],
    [
      'day, no clock',
      [
        ['uuid', 'caller', 'to', 'Date', 'type', 'billsec'],
        [['a', '74950000001', '101', '2026-01-01', 'inbound', '3']],
      ],
      { date: 'Date' },
    ],
    ['durations s', [...withOther({ billsec: ['billsec', '0:03'] }), { durations: 's' }], {}],
    ['durations m:ss', [...withOther({ billsec: ['billsec', '0:03'] }), { durations: 'm:ss' }], {}],
    [
      'durations h:mm',
      [...withOther({ billsec: ['billsec', '0:03'] }), { durations: 'h:mm' }],
      { billsec: '"billsec", in hours and minutes (billsec)' },
    ],
    [
      'durations ms',
      [...withOther({ billsec: ['billsec', '0:03'] }), { durations: 'ms' }],
      { billsec: '"billsec", in milliseconds (billsec)' },
    ],
    [
      'durations min',
      [...withOther({ billsec: ['billsec', '0:03'] }), { durations: 'min' }],
      { billsec: '"billsec", in minutes (billsec)' },
    ],
    [
      'durations days',
      [...withOther({ billsec: ['billsec', '0:03'] }), { durations: 'days' }],
      { billsec: '"billsec", in parts of a day (billsec)' },
    ],
    [
      'durations range',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'duration', 'disposition'],
        [
          [...valid.slice(0, 5), '30', 'NO ANSWER'],
          [...valid.slice(0, 5), '30', 'ANSWERED'],
        ],
        { durations: 'min' },
      ],
      {
        billsec:
          '"duration", 0 where "disposition" says that nobody answered, in minutes (duration, disposition)',
      },
    ],
    [
      'unit name',
      [...withOther({ billsec: ['Talk time (min)', '3'] })],
      { billsec: '"Talk time (min)", in minutes (Talk time (min))' },
    ],
    [
      'unit name, durations s',
      [...withOther({ billsec: ['Talk time (min)', '3'] }), { durations: 's' }],
      { billsec: 'Talk time (min)' },
    ],
    [
      'billsec constant',
      [...withMore({}), { set: [set('billsec', '3')], durations: 'ms' }],
      { billsec: '=3', ignored: 'billsec' },
    ],
    [
      'between, durations',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'from', 'until'],
        [[...valid.slice(0, 5), '2026-01-01 10:00:00', '2026-01-01 10:00:30']],
        { map: [map('billsec', 'from .. until')], durations: 'ms' },
      ],
      { billsec: 'from "from" to "until" (from, until)' },
    ],
    [
      'one of many ndjson',
      [list('data.rows'), listRow, { map: all('data.rows') }, { format: 'ndjson' }],
      {
        uuid: 'data.rows.0.uuid!',
        caller: 'data.rows.0.caller!',
        to: 'data.rows.0.to!',
        date: 'data.rows.0.date!',
        type: 'data.rows.0.type!',
        billsec: 'data.rows.0.billsec!',
        ignored:
          'data.rows.1.uuid,data.rows.1.caller,data.rows.1.to,data.rows.1.date,data.rows.1.type,data.rows.1.billsec',
        uuidColumns: undefined,
      },
    ],
    [
      'one of many, two samples',
      [list('data.rows'), [...listRow, ...listRow], { map: all('data.rows') }, { format: 'json' }],
      {
        uuid: 'data.rows.0.uuid!',
        caller: 'data.rows.0.caller!',
        to: 'data.rows.0.to!',
        date: 'data.rows.0.date!',
        type: 'data.rows.0.type!',
        billsec: 'data.rows.0.billsec!',
        ignored:
          'data.rows.1.uuid,data.rows.1.caller,data.rows.1.to,data.rows.1.date,data.rows.1.type,data.rows.1.billsec',
        uuidColumns: undefined,
      },
    ],
    [
      'one of one',
      [list('r').slice(0, 6), listRow, { map: all('r') }, { format: 'json' }],
      {
        uuid: 'r.0.uuid!',
        caller: 'r.0.caller!',
        to: 'r.0.to!',
        date: 'r.0.date!',
        type: 'r.0.type!',
        billsec: 'r.0.billsec!',
        uuidColumns: undefined,
      },
    ],
    [
      'beside',
      [
        [...list('r'), 'caller', 'billsec'],
        [[...valid, ...valid, '1', '2']],
        { map: all('r') },
        { format: 'json' },
      ],
      {
        uuid: 'r.0.uuid!',
        caller: 'r.0.caller!',
        to: 'r.0.to!',
        date: 'r.0.date!',
        type: 'r.0.type!',
        billsec: 'r.0.billsec!',
        ignored: 'r.1.uuid,r.1.caller,r.1.to,r.1.date,r.1.type,r.1.billsec,caller,billsec',
        uuidColumns: undefined,
      },
    ],
    [
      'beside link',
      [
        [...columns, 'r.0.link', 'r.1.link'],
        [[...valid, '1', '2']],
        { map: [map('link', 'r.0.link')] },
        { format: 'json' },
      ],
      { link: 'r.0.link!', ignored: 'r.1.link' },
    ],
    [
      'both to',
      [...withMore({ x: '1' }), { map: [map('to', 'x')], set: [set('to', '1')] }],
      { to: 'x! else =1', ignored: 'to' },
    ],
    [
      'both to, gone',
      [...withMore({ x: '1' }), { map: [map('to', '')], set: [set('to', '1')] }],
      { to: 'to else =1', ignored: 'x' },
    ],
    ['set to', [...withMore({ x: '1' }), { set: [set('to', '1')] }], { to: 'to else =1', ignored: 'x' }],
    [
      'set to, no column',
      [...withOther({ to: ['x', '1'] }), { set: [set('to', '1')] }],
      { to: '=1', ignored: 'x' },
    ],
    ['set link', [...withMore({ link: '1' }), { set: [set('link', '1')] }], { link: '=1', ignored: 'link' }],
    [
      'note sources',
      [...withMore({ s: '1', r: '2' }), { map: [map('call_status', 's')], set: [set('call_result', 'x')] }],
      { ignored: 'r', noteSources: ['s!', '=x'] },
    ],
    [
      'call_status unasked',
      [...withMore({ call_status: '1', call_result: '2' }), {}],
      { ignored: 'call_status,call_result' },
    ],
    [
      'missing none',
      [[], []],
      {
        uuid: 'none',
        caller: 'none',
        to: 'none',
        date: 'none',
        type: 'derived',
        billsec: 'none',
        uuidColumns: undefined,
      },
    ],
    [
      'missing none, uuidFrom',
      [[], [], { uuidFrom: ['date'] }],
      {
        uuid: 'of date',
        caller: 'none',
        to: 'none',
        date: 'none',
        type: 'derived',
        billsec: 'none',
        uuidColumns: undefined,
      },
    ],
    [
      'values: billsec',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'talk time', 'billable seconds'],
        [[...valid.slice(0, 5), 'n/a', '30']],
      ],
      { billsec: 'billable seconds', ignored: 'talk time' },
    ],
    [
      'values: date',
      [
        ['uuid', 'caller', 'to', 'calldate', 'start', 'type', 'billsec'],
        [['a', '74950000001', '101', 'x', '2026-01-01 10:00:00', 'inbound', '3']],
      ],
      { date: 'start', ignored: 'calldate' },
    ],
    [
      'values: caller',
      [
        ['uuid', 'src', 'caller number', 'to', 'date', 'type', 'billsec'],
        [['a', 'SIP trunk', '74950000001', '101', '1790000000', 'inbound', '3']],
      ],
      { caller: 'caller number', ignored: 'src' },
    ],
    [
      'values: link',
      [[...columns, 'recording', 'record url'], [[...valid, '', 'https://x/1.mp3']]],
      { link: 'record url', ignored: 'recording' },
    ],
    [
      'typeMap',
      [
        ['uuid', 'caller', 'to', 'date', 'direction', 'call type', 'billsec'],
        [['a', '74950000001', '101', '1790000000', 'CALL', 'IB', '3']],
        { typeMap: new Map([['ib', 'inbound']]) },
      ],
      { type: 'call type', ignored: 'direction' },
    ],
  ])('%s', (_, [names, rows, options, more], expected) => {
    expect(found(tableOf(names, rows, more), options)).toEqual(expected);
  });
});

describe('columns that are refused', () => {
  test.each<readonly [string, Given, string, string]>([
    [
      'party map caller',
      [
        ['uuid', 'x', 'Client', 'Employee', 'date', 'type', 'billsec'],
        [['a', '74950000001', '74950000001', '101', '1790000000', 'inbound', '3']],
        { map: [map('caller', 'x')] },
      ],
      'no column is known to hold to',
      'Columns found: "uuid", "x", "Client", "Employee", "date", "type", "billsec". Say which one it is: --map to=<column>, or --map client=<column> --map employee=<column> if the file names client and employee',
    ],
    [
      'map client only',
      [...withMore({ x: '74950000001' }), { map: [map('client', 'x')] }],
      'no column is known to hold the employee',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec", "x". Say which one it is: --map employee=<column>',
    ],
    [
      'map employee only',
      [...withMore({ x: '101' }), { map: [map('employee', 'x')] }],
      'no column is known to hold the client',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec", "x". Say which one it is: --map client=<column>',
    ],
    [
      'empty map client',
      [[], [], { map: [map('client', 'x')] }],
      '--map client=x names the column "x", which the file does not have',
      'Columns found: none.',
    ],
    [
      'party no type',
      [['uuid', 'Client', 'Employee', 'date', 'billsec'], [['a', '74950000001', '101', '1790000000', '3']]],
      '"Client" is the client and "Employee" the employee, and no column says which of them called',
      'Columns found: "uuid", "Client", "Employee", "date", "billsec". Say which one it is: --map type=<column>',
    ],
    [
      'uuidFrom wrong',
      [...withMore({ Ref: 'r' }), { uuidFrom: ['date', 'rev'] }],
      '--uuid-from names the column "rev", which the file does not have',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec", "Ref". Did you mean "Ref"?',
    ],
    [
      'map range wrong',
      [
        ['uuid', 'caller', 'to', 'date', 'type', 'from', 'until'],
        [[...valid.slice(0, 5), '2026-01-01 10:00:00', '2026-01-01 10:00:30']],
        { map: [map('billsec', 'from..till')] },
      ],
      '--map billsec=from..till names the column "from..till", which the file does not have',
      'Columns found: "uuid", "caller", "to", "date", "type", "from", "until".',
    ],
    [
      'map range of date',
      [...withMore({ a: '1', b: '2' }), { map: [map('link', 'a..b')] }],
      '--map link=a..b names the column "a..b", which the file does not have',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec", "a", "b".',
    ],
    [
      'map several wrong',
      [...withMore({ ext: '', phone: '102' }), { map: [map('to', 'ext,phon')] }],
      '--map to=ext,phon names the column "ext,phon", which the file does not have',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec", "ext", "phone".',
    ],
    [
      'map json required',
      [...withMore({}), { map: [map('to', 'audio')] }, { format: 'ndjson' }],
      '--map to=audio names the column "audio", which the file does not have',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec".',
    ],
    [
      'map template date',
      [...withMore({ file: 'x' }), { map: [map('uuid', '{date:YYYY}{file}')] }],
      '--map uuid={date:YYYY}{file}: only the link can hold parts of the date',
      'undefined',
    ],
    [
      'map template wrong',
      [...withMore({ file: 'x' }), { map: [map('uuid', '{uuid}-{fil}')] }],
      '--map uuid={uuid}-{fil} names the column "fil", which the file does not have',
      'Columns found: "uuid", "caller", "to", "date", "type", "billsec", "file". Did you mean "file"?',
    ],
    [
      'day, unused clock',
      [
        ['uuid', 'caller', 'to', 'Date', 'Finish', 'type', 'billsec'],
        [['a', '74950000001', '101', '2026-01-01', '10:00:00', 'inbound', '3']],
      ],
      '"Date" says no time of day, and "Finish" may be another time',
      `Columns found: "uuid", "caller", "to", "Date", "Finish", "type", "billsec". Say which column has the time at which the calls began: --map 'date={Date} {<column>}'`,
    ],
    [
      'open',
      [...withOther({ billsec: ['billsec', '0:03'] })],
      'durations such as "0:03" may be minutes and seconds, or hours and minutes',
      'Nothing in the file says which: give --durations m:ss or --durations h:mm.',
    ],
    [
      'one of many',
      [list('data.rows'), listRow, { map: all('data.rows') }, { format: 'json' }],
      '--map uuid=data.rows.0.uuid would read only one record of the list "data.rows"',
      'To read the whole list: --path data.rows --map uuid=uuid',
    ],
    [
      'beside one',
      [
        [...list('r'), 'caller', 'x.1'],
        [[...valid, ...valid, '1', '2']],
        { map: all('r') },
        { format: 'json' },
      ],
      '--map uuid=r.0.uuid would read only one record of the list "r"',
      'To read the whole list: --path r --map uuid=uuid',
    ],
    [
      'long index',
      [
        [...columns.map((n) => `r.10.${n}`), 'r.1.x'],
        [[...valid, '1']],
        { map: callColumns.map((name) => map(name, `r.10.${name}`)) },
        { format: 'json' },
      ],
      '--map uuid=r.10.uuid would read only one record of the list "r"',
      'To read the whole list: --path r --map uuid=uuid',
    ],
    [
      'twice map',
      [...withMore({ x: '1' }), { map: [map('to', 'to'), map('to', 'x')] }],
      '--map, --set: to is given more than once',
      'Leave all but one out.',
    ],
    [
      'twice set',
      [...withMore({ x: '1' }), { set: [set('to', '1'), set('to', '2')] }],
      '--map, --set: to is given more than once',
      'Leave all but one out.',
    ],
    [
      'both link',
      [...withMore({ x: '1' }), { map: [map('link', 'x')], set: [set('link', '1')] }],
      '--map, --set: link is given more than once',
      'Leave all but one out.',
    ],
    [
      'missing',
      [['x', 'y'], [['1', '2']]],
      'no column is known to hold uuid, caller, to, date, billsec',
      'Columns found: "x", "y". Say which one it is: --map uuid=<column> (or --uuid-from date,caller,to,billsec) --map caller=<column> --map to=<column> --map date=<column> --map billsec=<column>, or --map client=<column> --map employee=<column> if the file names client and employee',
    ],
  ])('%s', (_, [names, rows, options, more], message, hint) => {
    expect(refusal(tableOf(names, rows, more), options).replace('calls.csv: ', '')).toBe(
      `${message} | ${hint}`,
    );
  });
});

test('what was found stays while columns turn up', () => {
  const [names, rows] = withMore({ Client: '74950000001', Employee: '101' });
  const before = mapped(tableOf(columns, [valid]));
  const { sources, parties } = mapped(tableOf([...names, 'caller id', 'link'], rows), {}, before);
  expect(parties).toBeUndefined();
  expect([short(sources.caller), short(sources.link)]).toEqual(['caller', 'link']);
  const of = mapped(tableOf(...party));
  const grown = mapped(tableOf([...party[0], 'caller', 'to', 'call type'], party[1]), {}, of);
  expect([short(grown.sources.caller), grown.parties]).toEqual(['Client or Employee', of.parties]);
  expect(short(grown.sources.type)).toBe('type');
});

test('a preset feeds its fields, and builds a uuid where a row has none', () => {
  const preset = findPreset('megapbx');
  const names = ['uid', 'type', 'client', 'user', 'start', 'wait', 'duration', 'record', 'status'];
  const row = ['a', 'in', '74950000001', '101', '1790000000', '1', '10', '', ''];
  const { sources, parties, uuidParts, uuidColumns } = mapped(tableOf(names, [row]), {
    preset,
    accountId: '5',
  });
  const kinds = Object.values(sources).map(({ kind }) => kind);
  expect(kinds).toEqual([...Array.from({ length: 7 }, () => 'preset'), 'given']);
  expect(uuidParts.map(({ field }) => field)).toEqual(['date', 'caller', 'to', 'billsec']);
  expect([parties, uuidColumns]).toEqual([undefined, undefined]);
});

test('a talk time in minutes is read as seconds', () => {
  const [names, rows] = withOther({ billsec: ['Talk time (min)', '1.5'] });
  const { sources } = mapped(tableOf(names, rows));
  expect(sources.billsec.read(rows[0] ?? [])).toBe('90');
});

test('a link of a template is written as an address, other fields as they stand', () => {
  const [names, rows] = withMore({ file: 'a b.mp3' });
  const options = { map: [map('link', 'https://h/{file}'), map('uuid', '{file}')] };
  const { sources } = mapped(tableOf(names, rows), options);
  const [cells = []] = rows;
  expect([sources.link.read(cells, 0), sources.uuid.read(cells)]).toEqual(['https://h/a%20b.mp3', 'a b.mp3']);
});
