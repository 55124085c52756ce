import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { type DateOrder, parseDateText, unorderedParts } from '../../src/records/date-text.js';

/** What a text says: its clock, its offset in seconds, its kind; or why it is no date. */
function said(text: string, order?: DateOrder) {
  const date = parseDateText(text, order);
  if (date instanceof Problem) return date.text;
  const clock = new Date(date.local * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return [clock, date.offset, date.kind];
}

const noon = '2026-03-04 12:07:05';

describe('a date and a time', () => {
  test.each([
    [noon, undefined],
    ['2026-03-04T12:07:05', undefined],
    [`${noon}Z`, 0],
    [`${noon}.123Z`, 0],
    [`${noon}.009Z`, 0],
    [`${noon}+03:00`, 10_800],
    [`${noon}-03:30`, -12_600],
    [`${noon}+05:45`, 20_700],
    [`${noon}+14:00`, 50_400],
    [`${noon}+03:59`, 14_340],
    [`${noon} +0300`, 10_800],
    [`${noon} MSK`, 10_800],
    [`${noon} МСК+2`, 18_000],
    [`${noon} Europe/Moscow`, 10_800],
    [`${noon}+03:00[Europe/Moscow]`, 10_800],
    ['04.03.2026 12:07:05 (MSK)', 10_800],
    ['2026/3/4 12:07:05', undefined],
    ['2026.3.4_12:07:05,5', undefined],
    ['4 Mar 26, 12:07:05', undefined],
    ['4-march-2026 at 12:07:05', undefined],
    ['Mar. 4th, 2026 12:07:05', undefined],
    ['20260304120705', undefined],
    ['12:07:05 04.03.2026', undefined],
    ['12:07:05, 4 Mar 2026', undefined],
    ['46085 12:07:05', undefined],
    ['46085 0.504918981', undefined],
    ['04.03.2026 ,504918981', undefined],
    ['20260304T120705Z', 0],
  ])('%s', (text, offset) => {
    expect(said(text)).toEqual([noon, offset, 'wall']);
  });

  test.each([
    ['2026-03-04 0', '2026-03-04 00:00:00'],
    ['46085 0.5', '2026-03-04 12:00:00'],
    ['2026-03-04 0:05', '2026-03-04 00:05:00'],
    ['2026-03-04 12:05 am', '2026-03-04 00:05:00'],
    ['2026-03-04 1:05 AM', '2026-03-04 01:05:00'],
    ['2026-03-04 12:05 pm', '2026-03-04 12:05:00'],
    ['2026-03-04 11:05p.m.', '2026-03-04 23:05:00'],
    ['2026-03-04 23:59:59', '2026-03-04 23:59:59'],
  ])('%s in hours and halves of a day', (text, clock) => {
    expect(said(text)).toEqual([clock, undefined, 'wall']);
  });

  test.each([
    '0:05 am',
    '13:05 am',
    '13:05 pm',
    '24:00',
    '12:60',
    '12:07:60',
    '12',
    '12:7',
    '12:07:05 xm',
    'x',
    '10:15 20:15',
  ])('no clock shows %s', (time) => {
    expect(said(`2026/03/04 ${time}`)).toBe(`"2026/03/04 ${time}" is not a date`);
    if (/^\d\d:/.test(time)) expect(said(`2026-03-04 ${time}`)).toContain('is not a date');
  });

  test('one character that does not belong there makes it none, wherever it stands', () => {
    const forms = [noon, `${noon}Z`, `${noon}.123Z`, `${noon}+03:00`, `${noon}-03:00`];
    const broken = forms.flatMap((text) =>
      [...text].flatMap((character, at) => {
        const others = /\d/.test(character) ? ['x', '/', ':'] : ['x'];
        return others.map((other) => `${text.slice(0, at)}${other}${text.slice(at + 1)}`);
      }),
    );
    expect(broken.filter((text) => !String(said(text)).includes('is not a date'))).toEqual([]);
  });

  test.each(['+14:01', '-15:00', '+03:60', '+03:00x', '.Z', '+3:000', '+03-00', ' EST', ' Europe/Nowhere'])(
    'no zone is %s',
    (zone) => {
      expect(said(`${noon}${zone}`)).toContain('is not a date');
    },
  );
});

test.each(['10:15', '10:15 20:15', '10:15, 10:16'])('%s is no date without a day', (text) => {
  expect(said(text)).toContain('is not a date');
});

describe('a day', () => {
  test.each([
    ['2026-01-31', undefined, '2026-01-31'],
    ['2026-04-30', undefined, '2026-04-30'],
    ['2024-02-29', undefined, '2024-02-29'],
    ['2026-02-28', undefined, '2026-02-28'],
    ['2026-12-01', undefined, '2026-12-01'],
    ['1000-01-01', undefined, '1000-01-01'],
    ['20260304', undefined, '2026-03-04'],
    ['31.12.26', undefined, '2026-12-31'],
    ['3.4.2026', 'mdy', '2026-04-03'],
    ['3/4/2026', 'dmy', '2026-04-03'],
    ['3/4/2026', 'mdy', '2026-03-04'],
    ['12-4-2026', 'mdy', '2026-12-04'],
    ['13/4/2026', undefined, '2026-04-13'],
    ['4/13/2026', undefined, '2026-04-13'],
    ['1 май 2026', undefined, '2026-05-01'],
    ['1 мая 2026 г.', undefined, '2026-05-01'],
    ['wed, 4 mar 2026', undefined, '2026-03-04'],
    ['March 4 2026', undefined, '2026-03-04'],
  ] as const)('%s in the order %s', (text, order, day) => {
    expect(said(text, order)).toEqual([`${day} 00:00:00`, undefined, 'day']);
  });

  test.each([
    ...['2026-01-32', '2026-04-31', '2026-02-29', '2026-00-10', '2026-13-01', '2026-01-00', '0999-01-01'],
    ...[
      '31.13.2026',
      '13.13.2026',
      '2026-03/04',
      '2026-03-04x',
      '4 mrz 2026',
      '4 mar 202',
      '20261304',
      '2026030',
    ],
  ])('%s is none', (text) => {
    expect(said(text)).toBe(`"${text}" is not a date`);
  });

  test.each([
    ['3/4/2026', undefined, 'is day/month or month/day: give --date-order dmy or mdy'],
    ['12-12-2026', undefined, 'is day/month or month/day'],
    ['4/25/2026', 'dmy', "is not a date in this file's order, day/month"],
    ['25/4/2026', 'mdy', "is not a date in this file's order, month/day"],
    ['31/4/2026', 'dmy', 'is not a date'],
    ['25/25/2026', 'dmy', 'is not a date'],
    ['32/1/2026', 'dmy', 'is not a date'],
    ['4.25.2026', 'dmy', 'is not a date'],
  ] as const)('%s in the order %s: %s', (text, order, why) => {
    const told = said(text, order);
    expect(told).toContain(why);
    expect(String(told).includes("file's order")).toBe(why.includes("file's order"));
  });

  test.each([
    ['3/4/2026 12:00', [3, 4]],
    ['25-4-26', [25, 4]],
    ['3.4.2026', undefined],
    ['2026-03-04', undefined],
    ['x3/4/2026', undefined],
  ])('the two parts of %s whose order it does not tell', (text, parts) => {
    expect(unorderedParts(text)).toEqual(parts);
  });
});

describe('a number', () => {
  const second = 1_772_626_025;

  test.each([
    [`${second}`, [noon, 0, 'instant']],
    [`${second}.999`, [noon, 0, 'instant']],
    [`${second},5`, [noon, 0, 'instant']],
    ['946684799', ['1999-12-31 23:59:59', 0, 'instant']],
    ['946684799.5', ['1999-12-31 23:59:59', 0, 'instant']],
    [`${second}999`, [noon, 0, 'instant']],
    ['946684799999', ['1999-12-31 23:59:59', 0, 'instant']],
    [`${second}999999`, [noon, 0, 'instant']],
    ['946684799999999', ['1999-12-31 23:59:59', 0, 'instant']],
    [`${second + 62_167_219_200}`, [noon, 0, 'instant']],
    ['46085', ['2026-03-04 00:00:00', undefined, 'day']],
    ['46085.5', ['2026-03-04 12:00:00', undefined, 'wall']],
    ['46085,50491898148', [noon, undefined, 'wall']],
    ['36526', ['2000-01-01 00:00:00', undefined, 'day']],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  test.each([
    ...[
      '36525',
      '36525.9',
      '123456',
      '12345678',
      '53939834425',
      '46085.',
      '4608.5',
      '460851.5',
      '12345678.5',
    ],
    ...['12345678901.5', '1e9', '17726260251234567', '0'],
  ])('%s is no date', (text) => {
    expect(said(text)).toContain('is not a date');
  });
});
