import { describe, expect, it } from 'vitest';
import { read, tableOf } from './in-memory-table.js';

const call = (names: readonly string[], rows: readonly (readonly string[])[], options = {}) =>
  read(tableOf(names, rows), { timezone: 'UTC', ...options });
/** Seconds since 1970 of a time of 20 November 2024, UTC. */
const at = (time: string) => Date.parse(`2024-11-20T${time}Z`) / 1000;
const [outside, full] = ['74950000001', '2024-11-20 10:15:00'];

describe('values decide', () => {
  it.each<[string, readonly string[], readonly (readonly string[])[]]>([
    [
      'type against direction',
      ['uuid', 'date', 'caller', 'to', 'type', 'direction', 'billsec'],
      [['1', full, outside, '101', 'Voice', 'Inbound', '5']],
    ],
    [
      'names against numbers',
      ['uuid', 'date', 'caller', 'caller number', 'to', 'billsec'],
      [['1', full, 'Ivanov', outside, '101', '5']],
    ],
    [
      'days against times',
      ['uuid', 'date', 'start time', 'caller', 'to', 'billsec'],
      [['1', '2024-11-20', full, outside, '101', '5']],
    ],
    [
      'midnights against times',
      ['uuid', 'date', 'started at', 'caller', 'to', 'billsec'],
      [['1', '2024-11-20 00:00:00', full, outside, '101', '5']],
    ],
    [
      'the time of writing against the beginning',
      ['uuid', 'timestamp', 'created', 'start', 'caller', 'to', 'billsec'],
      [['1', '2024-11-20 10:16:00', 'x', full, outside, '101', '5']],
    ],
    [
      'a total against the talk',
      ['uuid', 'date', 'caller', 'to', 'duration', 'user_talk_time'],
      [['1', full, outside, '101', '75', '5']],
    ],
    [
      'two durations of which one lies within the other',
      ['uuid', 'date', 'caller', 'to', 'duration', 'seconds'],
      [
        ['1', full, outside, '101', '75', '5'],
        ['2', full, outside, '101', '20', '0'],
      ],
    ],
    [
      'qualified names',
      ['uuid', 'Date/Time (UTC)', 'caller', 'to', 'duration (total)', 'duration (in call)'],
      [['1', full, outside, '101', '75', '5']],
    ],
    [
      'nested names',
      ['kind', 'msg.uuid', 'msg.start', 'msg.caller', 'msg.to', 'msg.talk_time'],
      [['x', '1', full, outside, '101', '5']],
    ],
  ])('%s', async (_, names, rows) => {
    const { calls } = await call(names, rows);
    expect(calls[0]).toMatchObject({
      caller: outside,
      to: '101',
      date: at('10:15:00'),
      type: 'inbound',
      billsec: 5,
    });
  });
});

describe('a day and a clock are joined by what they hold', () => {
  it.each([
    ['Fecha', 'Hora'],
    ['Data', 'Hora'],
    ['Datum', 'Zeit'],
    ['Дата', 'Время начала'],
    ['date', 'at o’clock'],
    ['call date', 'time (24h)'],
  ])('%s and %s', async (day, clock) => {
    const names = ['uuid', day, 'answered at', clock, 'Duración', 'caller', 'to'];
    const { calls } = await call(names, [
      ['1', '20.11.2024', '10:15:09', '10:15:00', '0:01:05', outside, '101'],
    ]);
    expect(calls[0]).toMatchObject({ date: at('10:15:00'), billsec: 65 });
  });
});

it.each([
  ['calldate_gmt', at('10:15:00')],
  ['start_time_utc', at('10:15:00')],
  ['start (UTC+3)', at('07:15:00')],
  ['Start (GMT+03:00)', at('07:15:00')],
  ['start (+05:30)', at('04:45:00')],
  ['Date/Time (MSK)', at('07:15:00')],
  ['calldate_msk', at('07:15:00')],
  ['Дата, МСК', at('07:15:00')],
  ['Дата (МСК+2)', at('05:15:00')],
  ['Дата звонка (московское время)', at('07:15:00')],
  ['Start (Europe/Moscow)', at('07:15:00')],
  ['Start Time [America/New_York]', at('15:15:00')],
])('the zone in the name %s is used', async (name, date) => {
  const { calls, plan } = await call(
    ['uuid', name, 'caller', 'to', 'billsec'],
    [['1', full, outside, '101', '5']],
    { timezone: undefined },
  );
  expect([calls[0]?.date, plan.zone.known]).toEqual([date, 'header']);
});

it.each([
  'start',
  'start (EST)',
  'start (IST)',
  'start (CST)',
  'start (CET)',
  'start (local)',
  'start (Europe/Moskow)',
])('the name %s says no zone for sure: it is asked for', async (name) => {
  const read = call(['uuid', name, 'caller', 'to', 'billsec'], [['1', full, outside, '101', '5']], {
    timezone: undefined,
  });
  await expect(read).rejects.toThrow('have no time zone');
});

describe('a zone in a name that is not the given one', () => {
  const names = ['uuid', 'start (UTC)', 'caller', 'to', 'billsec'];
  const rows = [['1', full, outside, '101', '5']];

  it('stops the file, with both and what settles it', async () => {
    await expect(call(names, rows, { timezone: 'America/New_York' })).rejects.toMatchObject({
      message:
        'calls.csv: the header "start (UTC)" says UTC, but --timezone or the profile says America/New_York',
      hint: 'To read the times as the header says: --timezone UTC. To read them as given: --allow zone',
    });
  });

  it.each([
    [{ timezone: 'UTC' }, at('10:15:00')],
    [{ timezone: 'Etc/UTC' }, at('10:15:00')],
    [{ timezone: 'America/New_York', allow: ['zone'] as const }, at('15:15:00')],
  ])('is settled by %o', async (options, date) => {
    const { calls } = await call(names, rows, options);
    expect(calls[0]?.date).toBe(date);
  });

  it('does not count where the ids say another one', async () => {
    const start = at('07:15:00');
    const byIds = [1, 2, 3].map((n) => [`${start + n}.${n}`, `2024-11-20 10:15:0${n}`, outside, '101', '5']);
    await expect(call(names, byIds, { timezone: undefined })).rejects.toMatchObject({
      hint: 'To take the offset of each row from its id: --timezone ids',
    });
  });
});

describe('talk time', () => {
  it('is the time from answer to end where no column has it', async () => {
    const names = ['uuid', 'start', 'answer', 'end', 'duration', 'caller', 'to'];
    const { calls } = await call(names, [
      ['1', full, '2024-11-20 10:15:10', '2024-11-20 10:15:40', '40', outside, '101'],
      ['2', full, '', '2024-11-20 10:15:40', '40', outside, '101'],
    ]);
    expect(calls.map(({ billsec }) => billsec)).toEqual([30, 0]);
    const mapped = await call(
      ['uuid', 'start', 'a', 'b', 'caller', 'to'],
      [
        ['1', full, '10:15:10', '10:15:40', outside, '101']
          .with(2, '2024-11-20 10:15:10')
          .with(3, '2024-11-20 10:15:40'),
      ],
      {
        map: [{ field: 'billsec', source: 'a..b' }],
      },
    );
    expect(mapped.calls[0]?.billsec).toBe(30);
  });

  it.each(['Missed', 'no_answer', 'BUSY', 'Пропущенный', 'No contestada', 'Não atendida', 'verpasst'])(
    'is 0 where the result says %s',
    async (word) => {
      const { calls } = await call(
        ['uuid', 'date', 'caller', 'to', 'duration', 'result'],
        [
          ['1', full, outside, '101', '40', word],
          ['2', full, outside, '101', '40', 'Answered'],
        ],
      );
      expect(calls.map(({ billsec }) => billsec)).toEqual([0, 40]);
    },
  );

  it('is asked for where all durations have two parts, and told by a flag, a part over 24, or the end', async () => {
    const names = ['uuid', 'start', 'end', 'talk time', 'caller', 'to'];
    const row = (end: string, talk: string) => ['1', full, end, talk, outside, '101'];
    await expect(call(names, [row('', '0:03')])).rejects.toMatchObject({
      hint: expect.stringContaining('--durations m:ss'),
    });
    const secondsOf = async (talk: string, options = {}, end = '') =>
      (await call(names, [row(end, talk)], options)).calls[0]?.billsec;
    expect(await secondsOf('0:03', { durations: 'm:ss' })).toBe(3);
    expect(await secondsOf('0:03', { durations: 'h:mm' })).toBe(180);
    expect(await secondsOf('30:03')).toBe(1803);
    expect(await secondsOf('0:03', {}, '2024-11-20 10:15:20')).toBe(3);
    expect(await secondsOf('0:03', {}, '2024-11-20 10:18:20')).toBe(180);
    expect(await secondsOf('0:00:03')).toBe(3);
  });
});

it('asks whether one date in a hundred that tells the order is a slip', async () => {
  const rows = Array.from({ length: 150 }, (_, id) => [
    `u${id}`,
    `0${1 + (id % 9)}/05/2024 10:00:00`,
    outside,
    '101',
    '5',
  ]);
  const names = ['uuid', 'date', 'caller', 'to', 'billsec'];
  const slip = ['x', '13/05/2024 10:00:00', outside, '101', '5'];
  await expect(call(names, [...rows, slip])).rejects.toThrow('may be day/month or month/day');
  expect((await call(names, [...rows.slice(0, 20), slip])).plan.dateOrder?.order).toBe('dmy');
});

it('refuses to read one record of the list that holds the calls, and names the list', async () => {
  const names = ['a.b.0.x', 'a.b.0.y', 'a.b.1.x', 'a.b.1.y'];
  const table = tableOf(names, [['1', '2', '3', '4']], { format: 'json' });
  await expect(read(table, { map: [{ field: 'caller', source: 'a.b.0.x' }] })).rejects.toMatchObject({
    message: expect.stringContaining('would read only one record of the list "a.b"'),
    hint: 'To read the whole list: --path a.b --map caller=x',
  });
  await expect(read(table)).rejects.toMatchObject({ hint: expect.stringContaining('--path a.b') });
});

it('takes the account of a file that has the names of the API only', async () => {
  const ours = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'account_id'];
  const row = ['1', outside, '101', '1732097700', 'inbound', '5', '999'];
  const accountOf = async (names: readonly string[]) =>
    (await call(names, [row], { accountId: '7' })).calls[0]?.account_id;
  expect(await accountOf(ours)).toBe('999');
  expect(await accountOf(['id', 'from', 'to', 'start', 'direction', 'talk time', 'account_id'])).toBe('7');
});
