import { expect, test } from 'vitest';
import { zoneOfName } from '../../src/records/header-names.js';

test.each([
  ['date (UTC)', 'UTC'],
  ['calldate_utc', 'UTC'],
  ['Start Time UTC', 'UTC'],
  ['date (UTC + 3)', '+03:00'],
  ['date (UTC+3 Moscow)', '+03:00'],
  ['date (GMT+05:30)', '+05:30'],
  ['date (UTC−3)', '-03:00'],
  ['date (GMT offset +3)', undefined],
  ['date (UTC or MSK)', undefined],
  ['date (UTC+5.5)', undefined],
  ['date (EST)', undefined],
])('the zone that the header "%s" names is %s', (name, zone) => {
  expect(zoneOfName(name)).toBe(zone);
});
