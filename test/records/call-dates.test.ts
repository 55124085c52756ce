import { expect, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { type DateRules, FutureDate, formatLocal, parseCallDate } from '../../src/records/dates.js';
import { fixedZone, openZone, type Zone } from '../../src/records/time-zones.js';
import { emptyFinding } from '../../src/records/zone-evidence.js';

const hour = 3600;
const day = 86_400;
/** 2026-03-04 12:00:00 UTC. */
const noon = 1_772_625_600;
const now = noon + 10 * day;

function zoneOf(name: string): Zone {
  const zone = openZone(name);
  if (zone instanceof Problem) throw new Error(zone.text);
  return zone;
}

const moscow = fixedZone(3 * hour);
const berlin = zoneOf('Europe/Berlin');
const byIds = { ...emptyFinding('ids'), agreed: [3 * hour], span: [noon, noon + hour] as const };
/** The id of a row that holds this second. */
const idOf = (epoch: number | undefined) => ({ readEpoch: () => epoch });

test.each<readonly [string, string, Partial<DateRules>, object]>([
  ['a count of seconds', `${noon}`, {}, { unix: noon, local: noon, kind: 'instant' }],
  ['a count, on the clock of its file', `${noon}`, { zone: moscow }, { unix: noon, local: noon + 3 * hour }],
  [
    'a count, whatever its row says',
    `${noon}`,
    { zone: moscow, ...idOf(noon) },
    { unix: noon, epoch: undefined },
  ],
  [
    'its own offset',
    '2026-03-04 15:00:00+03:00',
    { zone: berlin },
    { unix: noon, local: noon + 3 * hour, kind: 'instant' },
  ],
  [
    'the zone of its file',
    '2026-03-04 15:00:00',
    { zone: moscow },
    { unix: noon, local: noon + 3 * hour, kind: 'wall' },
  ],
  [
    'a day',
    '2026-03-04',
    { zone: moscow, ...idOf(noon) },
    { unix: noon - 15 * hour, kind: 'day', epoch: undefined },
  ],
  [
    'the second of its id',
    '2026-03-04 15:00:05',
    { zone: moscow, ...idOf(noon) },
    { unix: noon + 5, epoch: noon },
  ],
  [
    'an id of another year',
    '2026-03-04 15:00:05',
    { zone: moscow, ...idOf(noon - day) },
    { unix: noon + 5, epoch: undefined },
  ],
  [
    'the offset of its id',
    '2026-03-04 14:00:05',
    { byIds, ...idOf(noon) },
    { unix: noon + 5, local: noon + 2 * hour + 5, epoch: noon },
  ],
  [
    'the offset of the ids around it',
    '2026-03-04 12:30:00',
    { byIds },
    { unix: noon + 1800 - 3 * hour, epoch: undefined },
  ],
  ['the first of two', '2024-10-27 02:30:00', { zone: berlin }, { unix: 1_729_989_000, occurrence: 'twice' }],
  [
    'that of two which its id means',
    '2024-10-27 02:30:00',
    { zone: berlin, ...idOf(1_729_992_590) },
    { unix: 1_729_992_600, occurrence: 'once', epoch: 1_729_992_590 },
  ],
  [
    'one that was never shown',
    '2024-03-31 02:30:00',
    { zone: berlin },
    { unix: 1_711_848_600, occurrence: 'never' },
  ],
  ['the first second of 2000', '946684800', {}, { unix: 946_684_800 }],
  [
    'the first second of 2000, west of UTC',
    '1999-12-31 14:00:00',
    { zone: fixedZone(-10 * hour) },
    { unix: 946_684_800 },
  ],
])('the date of a call is %s: %s', (_, text, rules, expected) => {
  const date = parseCallDate(text, { now, ...rules });
  expect(date).toMatchObject({ occurrence: 'once', epoch: undefined, ...expected });
});

test.each<readonly [string, Partial<DateRules>, string]>([
  ['', {}, 'is empty'],
  ['x', {}, '"x" is not a date'],
  ['946684799', {}, '"946684799" is before 2000'],
  ['1999-12-30 23:59:59', { zone: moscow }, 'is before 2000'],
  ['2000-01-01 02:59:59', { zone: moscow }, 'is before 2000'],
  ['1000-01-01 00:00:00', {}, 'is before 2000'],
  ['2026-03-04 12:00:00', {}, 'has no time zone: give it with --timezone'],
  ['2026-03-08 12:00:00', { byIds }, 'has no time zone, and the id of its row does not say it'],
])('%j is refused: %j', (text, rules, why) => {
  const date = parseCallDate(text, { now, ...rules });
  expect(date instanceof Problem ? date.text : date).toContain(why);
});

test.each([
  [`${now + day}`, undefined],
  [`${now + day + 1}`, now + day + 1],
  ['2099-01-01 00:00:00+03:00', 4_070_897_999 + 1],
  ['2026-03-15 20:00:00+10:00', undefined],
])('%s is in the future by over a day: %s', (text, unix) => {
  const date = parseCallDate(text, { now });
  expect(date instanceof FutureDate ? date.unix : undefined).toBe(unix);
});

test.each([
  ['YYYY-MM-DD HH:mm:ss', '2026-03-04 12:00:00'],
  ['YY/MM/x', '26/03/x'],
  ['DDHH', '0412'],
  ['Year', 'Year'],
])('%s of a date is %s', (format, text) => {
  expect(formatLocal(format, noon)).toBe(text);
});
