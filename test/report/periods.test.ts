import { describe, expect, it } from 'vitest';
import { periodsOf } from '../../src/report/aggregate.js';

const counts = { calls: 2, inbound: 1, answered: 1, talk: 30 };
const dayOf = (date: string): number => Date.parse(date) / 86_400_000;

describe('periodsOf', () => {
  it.each([
    ['one day', ['2024-10-07'], 'day', 1, '2024-10-07'],
    ['two months, by day', ['2024-10-01', '2024-12-01'], 'day', 62, '2024-10-01'],
    ['half a year, by the Mondays of its weeks', ['2024-05-02', '2024-10-30'], 'week', 27, '2024-04-29'],
    ['three years, by month', ['2022-01-31', '2024-12-01'], 'month', 36, '2022-01'],
    ['thirty years, by year', ['1995-06-01', '2024-10-01'], 'year', 30, '1995'],
  ])('shows %s, without gaps', (_, dates, unit, length, first) => {
    const found = periodsOf(new Map(dates.map((date) => [dayOf(date), counts])));
    expect(found.unit).toBe(unit);
    const periods = [...found.periods];
    expect(periods).toHaveLength(length);
    expect(periods[0]).toEqual([first, counts]);
    expect(periods.reduce((sum, [, { talk }]) => sum + talk, 0)).toBe(30 * dates.length);
  });

  it('shows nothing for no calls', () => {
    expect(periodsOf(new Map())).toEqual({ unit: 'day', periods: new Map() });
  });
});
