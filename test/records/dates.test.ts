import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { parseBound, parseDate } from '../../src/records/dates.js';
import { now } from './in-memory-table.js';

const utc = (iso: string) => new Date(`${iso}Z`).getTime() / 1000;
const moscow = { timezone: 'Europe/Moscow', now };

describe('a date is read from every form that phone systems write', () => {
  const at = utc('2026-03-04T09:07:05');
  it.each([
    ['1772615225', 'unix seconds'],
    ['1772615225.228', 'unix seconds with a fraction'],
    ['1772615225000', 'milliseconds'],
    ['1772615225123', 'milliseconds that are not whole seconds'],
    ['1772615225000000', 'microseconds'],
    ['63939834425', 'Gregorian seconds'],
    ['2026-03-04T12:07:05+03:00', 'ISO with an offset'],
    ['2026-03-04T12:07:05+0300', 'ISO with an offset without colon'],
    ['2026-03-04T12:07:05+03', 'ISO with hours of offset'],
    ['2026-03-04T09:07:05Z', 'ISO at UTC'],
    ['2026-03-04t09:07:05z', 'ISO in lower case'],
    ['2026-03-04T09:07:05.123Z', 'ISO with milliseconds'],
    ['2026-03-04T09:07:05.123456Z', 'ISO with microseconds'],
    ['2026-03-04T04:07:05.9-05:00', 'ISO west of UTC'],
    ['2026-03-04 10:07:05 +0100', 'an offset behind a space'],
    ['2026-03-04 09:07:05 UTC', 'UTC behind a space'],
    ['2026-03-04T12:07:05', 'ISO without a zone'],
    ['2026-03-04 12:07:05', 'ISO with a space'],
    ['2026-03-04 12:07:05.123', 'MikoPBX with milliseconds'],
    ['2026-03-04_12:07:05', 'Kazoo with an underscore'],
    ['2026/3/4 12:07:05', 'slashes, year first'],
    ['04.03.2026 12:07:05', 'Russian'],
    ['4.3.2026, 12:07:05', 'Russian with a comma'],
    ['04.03.26 12:07:05', 'a year of two digits'],
    ['04.03.2026\u00a012:07:05', 'a space that does not break'],
    ['4/3/2026 12:07:05', 'day/month'],
    ['04-03-2026 12:07:05', 'day-month'],
    ['4/3/26 12:07:05 PM', 'noon'],
    ['4/3/2026 12:07:05\u202fp.m.', 'noon with a narrow space'],
    ['Wed, 04 Mar 2026 09:07:05 +0000', 'RFC 2822'],
    ['Wed, 4 Mar 2026 12:07:05 +0300 (MSK)', 'RFC 2822 with a comment'],
    ['4 March 2026 09:07:05 GMT', 'RFC 2822 without a weekday'],
    ['Mar 4, 2026 12:07:05', 'English, month first'],
    ['Mar 4, 2026, 12:07:05\u202fPM', 'English of the United States, as browsers write it'],
    ['March 4th, 2026 at 12:07:05 PM', 'English in full'],
    ['Wed Mar 04 2026 12:07:05 GMT+0300 (Moscow Standard Time)', 'a date of JavaScript'],
    ['4 мар 2026 12:07:05', 'Russian, short'],
    ['4 мар. 2026 г., 12:07:05', 'Russian, as browsers write it'],
    ['4 марта 2026 г. в 12:07:05', 'Russian in full'],
    ['среда, 4 Марта 2026, 12:07:05', 'Russian with a weekday'],
    ['4-мар-26 12:07:05', 'Russian with hyphens'],
    ['Март 4, 2026 12:07:05', 'Russian, month first'],
    ['20260304120705', 'digits only'],
    ['20260304T120705', 'ISO, basic'],
    ['46085.50491898148', 'Excel'],
    ['46085,50491898148', 'Excel with a comma'],
  ])('%s (%s)', async (text) => {
    expect(parseDate(text, { ...moscow, order: 'dmy' })).toBe(at);
  });

  it('every month by its name, in English and in both Russian forms', async () => {
    const names = [
      ['January', 'январь', 'января'],
      ['February', 'февраль', 'февраля'],
      ['March', 'март', 'марта'],
      ['April', 'апрель', 'апреля'],
      ['May', 'май', 'мая'],
      ['June', 'июнь', 'июня'],
      ['July', 'июль', 'июля'],
      ['August', 'август', 'августа'],
      ['September', 'сентябрь', 'сентября'],
      ['October', 'октябрь', 'октября'],
      ['November', 'ноябрь', 'ноября'],
      ['December', 'декабрь', 'декабря'],
    ];
    for (const [month, forms] of names.entries()) {
      for (const name of forms) {
        const date = parseDate(`20 ${name} 2024 12:00 UTC`, { now });
        expect([name, date]).toEqual([name, Date.UTC(2024, month, 20, 12) / 1000]);
      }
    }
  });

  it.each([
    ['4/3/2026 12:07', 'dmy', '2026-03-04T09:07:00'],
    ['4/3/2026 12:07', 'mdy', '2026-04-03T09:07:00'],
    ['2026/3/4 0:07', undefined, '2026-03-03T21:07:00'],
    ['04.03.2026 1:05 AM', undefined, '2026-03-03T22:05:00'],
    ['04.03.2026 12:05 am', undefined, '2026-03-03T21:05:00'],
    ['04.03.2026 11:05 pm', undefined, '2026-03-04T20:05:00'],
    ['25/3/2026 12:07', undefined, '2026-03-25T09:07:00'],
    ['3/25/2026 12:07', undefined, '2026-03-25T09:07:00'],
    ['2024-02-29', undefined, '2024-02-28T21:00:00'],
    ['45351', undefined, '2024-02-28T21:00:00'],
  ] as const)('%s in the order %s', async (text, order, iso) => {
    expect(parseDate(text, { ...moscow, order })).toBe(utc(iso));
  });
});

describe('what is no date of a call is refused with a reason', () => {
  it.each([
    ['', 'is empty'],
    ['32.13.2026', '"32.13.2026" is not a date'],
    ['2026-02-29 10:00:00', '"2026-02-29 10:00:00" is not a date'],
    ['2026-02-29T10:00:00Z', 'is not a date'],
    ['2026-03-04T25:00:00Z', 'is not a date'],
    ['2026-03-04T10:00:00.1x3Z', 'is not a date'],
    ['2026-03-04 10:60:00', 'is not a date'],
    ['2026-03-04 10:00:00 +15:00', 'is not a date'],
    ['2026-03-04 10:00:00+03:99', 'is not a date'],
    ['2026-03-04 13:05 PM', 'is not a date'],
    ['2026-03-04 10:00:00 EST', 'is not a date'],
    ['0000-00-00 00:00:00', 'is not a date'],
    ['0', 'is not a date'],
    ['-1', 'is not a date'],
    ['12345', 'is not a date'],
    ['yesterday', 'is not a date'],
    ['20 нет 2024 10:00', 'is not a date'],
    ['Total 4, 2024', 'is not a date'],
    ['31 июня 2024', 'is not a date'],
    ['10:15', 'is not a date'],
    ['1,7726E+09', 'is not a date'],
    ['1970-01-01 00:00:00', 'is before 2000'],
    ['1999-12-31T23:59:59Z', 'is before 2000'],
    ['946684799', 'is before 2000'],
    ['9999999999', 'is in the future'],
    ['2026-11-23T00:00:01Z', 'is in the future'],
    ['9999-12-31 23:59:59', 'is in the future'],
    ['3/4/2026 10:00', 'give --date-order'],
  ])('%j', async (text, reason) => {
    const result = parseDate(text, moscow);
    expect(result instanceof Problem ? result.text : result).toContain(reason);
  });

  it('says that a zone is missing, and takes none from the machine', async () => {
    const result = parseDate('2026-03-04 12:00', { now });
    expect(result).toEqual(new Problem('"2026-03-04 12:00" has no time zone: give it with --timezone'));
  });

  it('says that a day does not fit the order of the file', async () => {
    const result = parseDate('4/25/2026 12:00', { ...moscow, order: 'dmy' });
    expect(result instanceof Problem && result.text).toContain('order, day/month');
  });

  it('takes the very last second that is allowed', async () => {
    expect(parseDate('2026-11-23T00:00:00Z', { now })).toBe(now + 86_400);
    expect(parseDate('2000-01-01T00:00:00Z', { now })).toBe(946_684_800);
  });

  it('ends soon on a long text', async () => {
    const long = `2026-03-04 ${' '.repeat(50_000)}10:00 ${'1'.repeat(50_000)}(`;
    expect(parseDate(long, moscow)).toBeInstanceOf(Problem);
  });
});

describe('a zone', () => {
  it.each([
    // Berlin: to summer 2026-03-29 02:00, to winter 2026-10-25 03:00.
    ['Europe/Berlin', '2026-03-29 01:59:59', '2026-03-29T00:59:59'],
    ['Europe/Berlin', '2026-03-29 02:30:00', '2026-03-29T01:30:00'],
    ['Europe/Berlin', '2026-03-29 03:00:00', '2026-03-29T01:00:00'],
    ['Europe/Berlin', '2026-10-25 01:59:59', '2026-10-24T23:59:59'],
    ['Europe/Berlin', '2026-10-25 02:30:00', '2026-10-25T00:30:00'],
    ['Europe/Berlin', '2026-10-25 03:00:00', '2026-10-25T02:00:00'],
    // New York: to summer 2026-03-08 02:00, to winter 2026-11-01 02:00.
    ['America/New_York', '2026-03-08 01:59:59', '2026-03-08T06:59:59'],
    ['America/New_York', '2026-03-08 02:15:00', '2026-03-08T07:15:00'],
    ['America/New_York', '2026-03-08 03:00:00', '2026-03-08T07:00:00'],
    ['America/New_York', '2026-11-01 01:30:00', '2026-11-01T05:30:00'],
    ['America/New_York', '2026-11-01 02:00:00', '2026-11-01T07:00:00'],
    // Moscow: +4 for good from 2011-03-27 02:00, back to +3 on 2014-10-26 02:00.
    ['Europe/Moscow', '2011-03-27 01:59:59', '2011-03-26T22:59:59'],
    ['Europe/Moscow', '2011-03-27 03:00:00', '2011-03-26T23:00:00'],
    ['Europe/Moscow', '2012-01-15 12:00:00', '2012-01-15T08:00:00'],
    ['Europe/Moscow', '2014-10-26 00:59:59', '2014-10-25T20:59:59'],
    ['Europe/Moscow', '2014-10-26 01:30:00', '2014-10-25T21:30:00'],
    ['Europe/Moscow', '2014-10-26 02:00:00', '2014-10-25T23:00:00'],
    ['Australia/Lord_Howe', '2026-04-05 01:45:00', '2026-04-04T14:45:00'],
    ['+05:30', '2026-03-04 12:00:00', '2026-03-04T06:30:00'],
    ['UTC', '2026-03-04 12:00:00', '2026-03-04T12:00:00'],
    ['UTC+3', '2026-03-04 12:00:00', '2026-03-04T09:00:00'],
    ['-05:00', '2026-03-04 12:00:00', '2026-03-04T17:00:00'],
    ['Etc/GMT-3', '2026-03-04 12:00:00', '2026-03-04T09:00:00'],
  ])('%s reads %s', async (timezone, text, iso) => {
    expect(parseDate(text, { timezone, now })).toBe(utc(iso));
  });

  it.each([
    ['moscow', 'try Europe/Moscow'],
    ['New York', 'try America/New_York'],
    ['Nowhere/Land', 'such as Europe/Moscow'],
    ['+25:00', 'is not a time zone'],
  ])('%s is none, and the message helps', async (timezone, help) => {
    const result = parseDate('2026-03-04 12:00:00', { timezone, now });
    expect(result instanceof Problem && result.text).toContain(help);
  });
});

describe('any second', () => {
  const second = fc.integer({ min: 946_684_800 + 86_400, max: now });
  const zone = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Europe/Moscow',
    'Asia/Kolkata',
    'UTC',
    '-03:30',
  );
  /** The wall clock, from a source that knows nothing of our code. */
  const wall = (unix: number, timeZone: string) => {
    const shift = timeZone === '-03:30' ? -12_600 : 0;
    const parts = new Intl.DateTimeFormat('en-CA', {
      timeZone: shift === 0 ? timeZone : 'UTC',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }).formatToParts((unix + shift) * 1000);
    const part = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
    const [y, mo, d] = [part('year'), part('month'), part('day')];
    return { y, mo, d, time: `${part('hour')}:${part('minute')}:${part('second')}` };
  };

  it('comes back from every form that says its zone or is a count', async () => {
    await fc.assert(
      fc.asyncProperty(second, async (unix) => {
        const iso = new Date(unix * 1000).toISOString();
        const texts = [
          ...[String(unix), String(unix * 1000), String(unix * 1_000_000), String(unix + 62_167_219_200)],
          ...[iso, iso.replace('.000', ''), iso.replace('.000Z', '+00:00'), iso.replace('.000Z', ' +0000')],
          new Date(unix * 1000).toUTCString(),
        ];
        for (const text of texts) expect(parseDate(text, { now })).toBe(unix);
      }),
    );
  });

  it('comes back from a wall clock, or an hour away where the clock showed the time twice', async () => {
    await fc.assert(
      fc.asyncProperty(second, zone, async (unix, timezone) => {
        const { y, mo, d, time } = wall(unix, timezone);
        const texts = [
          ...[
            `${y}-${mo}-${d} ${time}`,
            `${y}-${mo}-${d}T${time}`,
            `${d}.${mo}.${y} ${time}`,
            `${d}.${mo}.${y.slice(2)} ${time}`,
          ],
          ...[
            `${d}/${mo}/${y} ${time}`,
            `${y}/${Number(mo)}/${Number(d)} ${time}`,
            `${y}${mo}${d}${time.replaceAll(':', '')}`,
          ],
        ];
        const results = new Set<unknown>();
        for (const text of texts) results.add(parseDate(text, { timezone, now, order: 'dmy' }));
        expect(results.size).toBe(1);
        const [result] = results;
        expect([unix, unix - 3600]).toContain(result);
        const again = wall(Number(result), timezone);
        expect(again).toEqual({ y, mo, d, time });
      }),
      { numRuns: 100 },
    );
  });
});

describe('a bound', () => {
  it.each([
    ['2026-10-01', 'since', '2026-09-30T21:00:00'],
    ['2026-10-01', 'until', '2026-10-01T20:59:59'],
    ['2026-10-01 12:00', 'until', '2026-10-01T09:00:00'],
    ['1990-01-01', 'since', '1989-12-31T21:00:00'],
    ['01.01.2030', 'until', '2030-01-01T20:59:59'],
  ] as const)('%s as --%s', async (text, bound, iso) => {
    expect(parseBound(text, bound, moscow)).toBe(utc(iso));
  });

  it('ends with the day where the clocks are changed in it', async () => {
    const rules = { timezone: 'Europe/Berlin', now };
    expect(parseBound('2026-10-25', 'until', rules)).toBe(utc('2026-10-25T22:59:59'));
  });

  it('that is no date is refused', async () => {
    expect(parseBound('soon', 'since', moscow)).toEqual(new Problem('"soon" is not a date'));
  });
});
