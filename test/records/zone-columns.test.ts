import { describe, expect, it } from 'vitest';
import { read, tableOf } from './in-memory-table.js';

const outside = '74950000001';
/** Seconds since 1970 of a time of 5 January 2026, UTC. */
const at = (time: string) => Date.parse(`2026-01-05T${time}Z`) / 1000;

/** Calls at 10:15, one for each zone in a column of zones. */
const call = (name: string, zones: readonly string[], options = {}, titles: readonly string[] = []) =>
  read(
    {
      ...tableOf(
        ['uuid', 'date', name, 'caller', 'to', 'billsec'],
        zones.map((zone, n) => [`u${n}`, '2026-01-05 10:15:00', zone, outside, '101', '5']),
      ),
      titles,
    },
    options,
  );
const datesOf = async (...args: Parameters<typeof call>) =>
  (await call(...args)).calls.map(({ date }) => date);

describe('a column of zones that is not the given zone', () => {
  it('stops the file, with both and what settles it', async () => {
    await expect(call('timezone', ['UTC'], { timezone: 'Europe/Moscow' })).rejects.toMatchObject({
      message: 'calls.csv: the column "timezone" says UTC, but --timezone or the profile says Europe/Moscow',
      hint: "To read the times as the column says: --map 'date={date} {timezone}'. To read them in Europe/Moscow: --allow zone",
    });
  });

  it.each([
    [{ map: [{ field: 'date', source: '{date} {timezone}' }] }, '10:15:00'],
    [{ allow: ['zone'] }, '07:15:00'],
  ])('is read as %o says', async (options, time) => {
    expect(await datesOf('timezone', ['UTC'], { timezone: 'Europe/Moscow', ...options })).toEqual([at(time)]);
  });

  it('is none where both give the same moments', async () => {
    const zones = ['MSK', '+03:00', ''];
    expect(await datesOf('timezone', zones, { timezone: 'Europe/Moscow' })).toEqual(
      zones.map(() => at('07:15:00')),
    );
  });

  it('stops a row behind the first ones', async () => {
    const zones = [...Array.from({ length: 1000 }, () => 'MSK'), 'UTC'];
    const { calls, reasons } = await call('timezone', zones, { timezone: 'Europe/Moscow' });
    expect(calls).toHaveLength(1000);
    expect(reasons.flat()).toEqual([
      expect.stringContaining(
        'the column "timezone" says UTC, but --timezone or the profile says Europe/Moscow',
      ),
    ]);
  });

  it.each(['+02:00', '+01:00'])('is none in the hour that a clock shows twice: %s', async (zone) => {
    const names = ['uuid', 'date', 'tz', 'caller', 'to', 'billsec'];
    const table = tableOf(names, [['u1', '2026-10-25 02:30:00', zone, outside, '101', '5']]);
    expect((await read(table, { timezone: 'Europe/Berlin' })).calls).toHaveLength(1);
  });

  it('is held against a line above the header too', async () => {
    const titles = ['All times are in UTC'];
    await expect(call('timezone', ['MSK'], {}, titles)).rejects.toMatchObject({
      message:
        'calls.csv: the column "timezone" says UTC+03:00, but the header "All times are in UTC" says UTC',
      hint: "To read the times as the column says: --map 'date={date} {timezone}'. To read them in UTC: --timezone UTC --allow zone",
    });
    const options = { timezone: 'UTC', allow: ['zone'] };
    expect(await datesOf('timezone', ['MSK'], options, titles)).toEqual([at('10:15:00')]);
    const map = [{ field: 'date', source: '{date} {timezone}' }];
    expect(await datesOf('timezone', ['MSK'], { map }, titles)).toEqual([at('07:15:00')]);
  });
});

it('the ids say the zone where they are asked for it, not the column', async () => {
  const names = ['uuid', 'date', 'timezone', 'caller', 'to', 'billsec'];
  const rows = [1, 2, 3].map((n) => [
    `${at('07:15:00')}.${n}`,
    '2026-01-05 10:15:01',
    'UTC',
    outside,
    '101',
    '5',
  ]);
  const { calls } = await read(tableOf(names, rows), { timezone: 'ids' });
  expect(calls.map(({ date }) => date)).toEqual(rows.map(() => at('07:15:01')));
});

it('a column "zone" may hold regions: the given zone counts', async () => {
  const dates = await datesOf('zone', ['Moscow'], { timezone: 'Asia/Yekaterinburg' });
  expect(dates).toEqual([at('05:15:00')]);
});

it('one zone that nobody knows makes its row invalid, not the column unread', async () => {
  const { calls, reasons } = await call('tz', ['MSK', 'MSK', 'CET'], { timezone: 'Europe/Moscow' });
  expect(calls.map(({ date }) => date)).toEqual([at('07:15:00'), at('07:15:00')]);
  expect(reasons.flat()).toEqual([expect.stringContaining('"2026-01-05 10:15:00 CET" is not a date')]);
});

it.each(['-120', '+180'])('%s is no offset that is sure', async (offset) => {
  await expect(call('utc offset', [offset])).rejects.toThrow('have no time zone');
});

it('a zone of America is read', async () => {
  expect(await datesOf('timezone', ['America/New_York'])).toEqual([at('15:15:00')]);
});

describe('a line above the header', () => {
  it.each([
    'All times are in UTC',
    'Call report (all times shown in UTC)',
    'Time zone: UTC',
    'Timezone UTC+00:00',
    'Часовой пояс: UTC',
    'Время указано в UTC',
  ])('"%s" says the zone of the times', async (title) => {
    expect(await datesOf('agent', ['Ann'], {}, [title])).toEqual([at('10:15:00')]);
  });

  it.each([
    'Report generated at 2026-11-05 10:00 UTC',
    'Report generated, time zone UTC',
    'Time: 10:00 UTC',
    'Report time 05.11.2026 UTC',
    'Отчёт сформирован 05.11.2026 10:00 UTC',
    'Время выгрузки: UTC',
    'Время создания отчёта UTC',
  ])('"%s" says nothing of the calls: the zone is asked for', async (title) => {
    await expect(call('agent', ['Ann'], {}, [title])).rejects.toThrow('have no time zone');
    const given = { timezone: 'Europe/Moscow' };
    expect(await datesOf('agent', ['Ann'], given, [title])).toEqual([at('07:15:00')]);
  });
});

describe('days with their times of day in another column', () => {
  it.each([
    ['1/15/2026 12:00:00 AM', '10:15:00 AM', '2026-01-15T10:15:00Z'],
    ['1/15/2026', '10:15:00 AM', '2026-01-15T10:15:00Z'],
    ['15.1.2026 12:00 a.m.', '10:15 p.m.', '2026-01-15T22:15:00Z'],
    ['2026-01-05T00:00:00.000Z', '10:15:00', '2026-01-05T10:15:00Z'],
    ['2026-01-05T00:00:00Z', '10:15', '2026-01-05T10:15:00Z'],
    ['2026-01-05 00:00:00+00:00', '10:15:00', '2026-01-05T10:15:00Z'],
    ['2026-01-05 00:00:00 UTC', '10:15:00', '2026-01-05T10:15:00Z'],
    ['2026-01-05T00:00:00+03:00', '10:15:00', '2026-01-05T07:15:00Z'],
    ['2026-01-05 00:00:00.000-0500', '10:15:00 PM', '2026-01-06T03:15:00Z'],
  ])('%s and %s', async (day, clock, moment) => {
    const names = ['uuid', 'date', 'time', 'caller', 'to', 'billsec'];
    const table = tableOf(names, [['u1', day, clock, outside, '101', '5']]);
    const { calls, reasons } = await read(table, { timezone: 'UTC' });
    expect([reasons, calls.map(({ date }) => date)]).toEqual([[], [Date.parse(moment) / 1000]]);
  });
});

it('the uuid is built without the zone, wherever its column stands', async () => {
  const [uuidFrom, timezone] = [['date', 'caller'], 'UTC'];
  const names = ['date', 'caller', 'to', 'billsec'];
  const row = ['2026-01-05 10:15:00', outside, '101', '5'];
  const plain = await read(tableOf(names, [row]), { uuidFrom, timezone });
  const zoned = await read(tableOf(['tz', ...names], [['UTC', ...row]]), { uuidFrom, timezone });
  const two = await read(tableOf(['utc offset', ...names, 'tz'], [['UTC', ...row, 'UTC']]), { uuidFrom });
  expect([zoned, two].map(({ calls }) => calls[0]?.uuid)).toEqual(
    [plain, plain].map(({ calls }) => calls[0]?.uuid),
  );
  expect(plain.calls[0]?.uuid).toMatch(/./);
});
