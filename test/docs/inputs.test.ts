import { expect, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { parseCallDate } from '../../src/records/dates.js';
import { parseDirection } from '../../src/records/directions.js';
import { parseBillsec } from '../../src/records/durations.js';
import { defaultInternal, openCountry, parseNumber } from '../../src/records/phone-numbers.js';
import { openZone } from '../../src/records/time-zones.js';
import { pageOf, tableOf } from './pages.js';

const page = pageOf('docs/inputs.md');

function rows(...titles: readonly string[]): readonly (readonly string[])[] {
  const found = tableOf(page, titles);
  expect(found.length).toBeGreaterThan(8);
  return found;
}

test('every date of docs/inputs.md is the moment that the page says', async () => {
  const zone = openZone('Europe/Moscow');
  if (zone instanceof Problem) throw new Error(zone.text);
  for (const [written = ''] of rows('written', 'what it is')) {
    const moment = parseCallDate(written, { zone, now: 1_732_128_000 });
    expect([written, moment instanceof Problem ? moment.text : moment.unix]).toEqual([
      written,
      1_732_086_900,
    ]);
  }
});

test('every duration of docs/inputs.md has the seconds that the page says', () => {
  for (const [written = '', seconds] of rows('written', 'seconds')) {
    expect([written, String(parseBillsec(written))]).toEqual([written, seconds]);
  }
});

test('every direction word of docs/inputs.md means what the page says', () => {
  for (const [word = '', means] of rows('word', 'means')) {
    expect([word, parseDirection(word)]).toEqual([word, means]);
  }
});

test('every number of docs/inputs.md is sent as the page says', async () => {
  const international = await openCountry('RU', defaultInternal);
  if (international instanceof Problem) throw new Error(international.text);
  for (const [written = '', plain, russian] of rows('written', 'sent')) {
    expect([written, parseNumber(written, {}), parseNumber(written, { international })]).toEqual([
      written,
      plain,
      russian,
    ]);
  }
});
