import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { cells, columns, now, read, tableOf } from './in-memory-table.js';

async function refusal(...args: Parameters<typeof read>): Promise<string> {
  try {
    await read(...args);
  } catch (error) {
    if (error instanceof UserError) return `${error.message} | ${error.hint ?? ''}`;
    throw error;
  }
  return 'not refused';
}

const two = (n: number) => String(n).padStart(2, '0');

/** A wall clock that stands so many hours east of UTC, in the form of a phone system. */
function wall(unix: number, hours: number, form: 'iso' | 'dmy' | 'mdy' = 'iso'): string {
  const at = new Date((unix + hours * 3600) * 1000);
  const [y, m, d] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  if (form === 'iso') return `${y}-${two(m)}-${two(d)} ${time}`;
  return form === 'dmy' ? `${d}/${m}/${y} ${time}` : `${m}/${d}/${y} ${time}`;
}

/** Calls of the first days of March, April and May, an epoch in each uuid. */
const epochs = [1, 2, 3, 4].flatMap((day) =>
  [2, 3, 4].map((month) => Date.UTC(2026, month, day + month, 9, 5) / 1000),
);
const asteriskRows = (hours: number, form: 'iso' | 'dmy' | 'mdy' = 'iso') =>
  epochs.map((unix, i) => cells({ uuid: `pbx-${unix}.${i}`, date: wall(unix + (i % 3), hours, form) }));

describe('times without a zone', () => {
  it('are refused once for the file where no zone is given', async () => {
    expect(await refusal(tableOf(columns, [cells({ date: '2026-03-04 12:00:00' })]))).toBe(
      'calls.csv: the times in "date", such as "2026-03-04 12:00:00", have no time zone | ' +
        'Give the time zone of the phone system: --timezone Europe/Moscow, or an offset such as --timezone +03:00',
    );
  });

  it.each([
    [3, 'UTC+03:00 (12 of 12 rows)'],
    [0, 'UTC (12 of 12 rows)'],
    [-5, 'UTC-05:00 (12 of 12 rows)'],
    [5.5, 'UTC+05:30 (12 of 12 rows)'],
  ])('are refused with what the unique ids tell, and no guess at a country: %s', async (hours, says) => {
    expect(await refusal(tableOf(columns, asteriskRows(hours)))).toContain(
      `Its unique ids say ${says}. To take the zone of each row from its id: --timezone ids`,
    );
  });

  it('are taken with a zone, and the plan says how it is known', async () => {
    const { plan, calls, notes } = await read(tableOf(columns, asteriskRows(3)), {
      timezone: 'Europe/Moscow',
    });
    expect(plan.zone).toMatchObject({
      known: 'option',
      name: 'Europe/Moscow',
      evidence: { offset: 10_800, agree: 12, of: 12 },
    });
    expect(calls.map((call) => call.date)).toEqual(epochs.map((unix, i) => unix + (i % 3)));
    expect(notes).toEqual([]);
  });

  it('are read at the offset of each row with ids, over a change of summer time', async () => {
    const rows = epochs.map((unix, i) => {
      const hours = unix < Date.UTC(2026, 2, 29, 1) / 1000 ? 1 : 2;
      return cells({ uuid: `${unix}.${i}`, date: wall(unix, hours) });
    });
    const { calls, plan } = await read(tableOf(columns, rows), { timezone: 'ids' });
    expect(calls.map((call) => call.date)).toEqual(epochs);
    expect(plan.zone.known).toBe('option');
  });

  it('cannot be read at the offsets of ids that are none', async () => {
    const rows = [cells({ date: '2026-03-04 12:00:00' })];
    expect(await refusal(tableOf(columns, rows), { timezone: 'ids' })).toContain(
      'calls.csv: --timezone ids needs unique ids that hold the time of the call | Its rows have none',
    );
  });

  it('are refused in a zone that the unique ids contradict, wherever in the file the ids stand', async () => {
    const rows = asteriskRows(5).map(([uuid = '', ...others]) => ['x', ...others, uuid]);
    const refused = await refusal(tableOf([...columns, 'unique id'], rows), { timezone: 'Europe/Moscow' });
    expect(refused).toBe(
      'calls.csv: its times cannot be in Europe/Moscow: the unique ids of 12 of 12 rows say +05:00 (lines 2, 3, 4 …) | ' +
        'To take the offset of each row from its id: --timezone ids',
    );
  });

  it('are taken in such a zone where that is allowed by name', async () => {
    const { calls } = await read(tableOf(columns, asteriskRows(5)), {
      timezone: 'Europe/Moscow',
      allow: ['zone'],
    });
    expect(calls.map((call) => call.date)).toEqual(epochs.map((unix, i) => unix + 7200 + (i % 3)));
  });

  it('are never held against the id of the first leg', async () => {
    const rows = asteriskRows(5).map(([uuid = '', ...others]) => ['x', ...others, uuid]);
    const { calls } = await read(tableOf([...columns, 'linkedid'], rows), {
      timezone: 'Europe/Moscow',
      uuidFrom: ['date', 'caller'],
    });
    expect(calls).toHaveLength(12);
  });

  it('are not doubted where a zone with daylight saving fits all the year', async () => {
    // Berlin: +1 in March until the 29th, then +2.
    const rows = epochs.map((unix, i) => {
      const hours = unix < Date.UTC(2026, 2, 29, 1) / 1000 ? 1 : 2;
      return cells({ uuid: `${unix}.${i}`, date: wall(unix, hours) });
    });
    const { calls, notes } = await read(tableOf(columns, rows), { timezone: 'Europe/Berlin' });
    expect(calls.map((call) => call.date)).toEqual(epochs);
    expect(notes).toEqual([]);
  });

  it('are not doubted by a few ids of another time', async () => {
    const rows = asteriskRows(3).map((row, i) => (i < 3 ? [`${1_700_000_000 + i}.1`, ...row.slice(1)] : row));
    const { notes, plan } = await read(tableOf(columns, rows), { timezone: 'Europe/Moscow' });
    expect(notes).toEqual([]);
    expect(plan.zone.evidence).toEqual({ offset: 10_800, agree: 9, of: 9 });
  });

  it('make a row invalid where they are the exception', async () => {
    const rows = [cells(), cells(), cells({ date: '2026-03-04 12:00:00' })];
    const { reasons, plan } = await read(tableOf(columns, rows));
    expect(plan.zone).toEqual({ known: 'values', pairs: [] });
    expect(reasons).toEqual([['date: "2026-03-04 12:00:00" has no time zone: give it with --timezone']]);
  });

  it('in an hour that is shown twice or skipped are told once for the file', async () => {
    const dates = [
      '2026-10-25 02:30:00',
      '2026-10-25 02:45:00',
      '2026-03-29 02:30:00',
      '2026-03-30 02:30:00',
    ];
    const rows = dates.map((date) => cells({ date }));
    const { calls, notes } = await read(tableOf(columns, rows), { timezone: 'Europe/Berlin' });
    expect(calls).toHaveLength(4);
    expect(notes).toEqual([
      expect.stringContaining(
        '2 dates fall into an hour that the clocks showed twice: read as the first one (the first in line 2)',
      ),
      'calls.csv: 1 date falls into an hour that the clocks skipped: moved forward (line 4)',
    ]);
  });

  it('that are days only are told once', async () => {
    const { notes } = await read(tableOf(columns, [cells({ date: '2026-03-04' })]), { timezone: 'UTC' });
    expect(notes[0]).toContain('1 date has no time of day: read as midnight (line 2)');
  });

  it('in an unknown zone are refused', async () => {
    expect(await refusal(tableOf(columns, [cells()]), { timezone: 'Moscow' })).toContain('try Europe/Moscow');
  });

  it('are not missed in a file in which no date can be read', async () => {
    const { plan, reasons } = await read(tableOf(columns, [cells({ date: 'x' })]));
    expect(plan.zone).toEqual({ known: 'none', pairs: [] });
    expect(reasons).toHaveLength(1);
  });
});

describe('the order of day and month', () => {
  const file = (...dates: string[]) =>
    tableOf(
      columns,
      dates.map((date) => cells({ date })),
    );
  const utc = { timezone: 'UTC' };
  const months = (calls: readonly { readonly date: number }[]) =>
    calls.map((call) => new Date(call.date * 1000).getUTCMonth() + 1);

  it('is told by a part over 12, for the whole file', async () => {
    const dmy = await read(file('3/4/2026 10:00', '25/4/2026 10:00'), utc);
    expect(months(dmy.calls)).toEqual([4, 4]);
    expect(dmy.plan.dateOrder).toEqual({ order: 'dmy', known: 'parts' });
    const mdy = await read(file('3/4/2026 10:00', '3/25/2026 10:00'), utc);
    expect(months(mdy.calls)).toEqual([3, 3]);
  });

  it('is told by a part over 12 behind the first rows', async () => {
    const table = file('3/4/2026 10:00', '3/5/2026 10:00', '3/25/2026 10:00');
    const { calls, plan } = await read({ ...table, sample: table.sample.slice(0, 2) }, utc);
    expect(months(calls)).toEqual([3, 3, 3]);
    expect(plan.dateOrder).toEqual({ order: 'mdy', known: 'parts' });
  });

  it.each(['dmy', 'mdy'] as const)('is told by the epochs in the unique ids: %s', async (order) => {
    const { calls, plan } = await read(tableOf(columns, asteriskRows(1, order)), { timezone: '+01:00' });
    expect(calls.map((call) => call.date)).toEqual(epochs.map((unix, i) => unix + (i % 3)));
    expect(plan.dateOrder).toEqual({ order, known: 'epoch' });
  });

  it('is asked for where nothing tells', async () => {
    expect(await refusal(file('3/4/2026 10:00', '5/6/2026 10:00'), utc)).toBe(
      'calls.csv: dates such as "3/4/2026 10:00" may be day/month or month/day | ' +
        'Nothing in the file says which: give --date-order dmy or --date-order mdy.',
    );
    expect(await refusal(file('25/4/2026 10:00', '4/25/2026 10:00'), utc)).toContain('--date-order');
  });

  it('is taken from --date-order', async () => {
    const { calls, reasons, plan } = await read(file('3/4/2026 10:00', '4/25/2026 10:00'), {
      ...utc,
      dateOrder: 'dmy',
    });
    expect(months(calls)).toEqual([4]);
    expect(reasons).toEqual([[`date: "4/25/2026 10:00" is not a date in this file's order, day/month`]]);
    expect(plan.dateOrder).toEqual({ order: 'dmy', known: 'option' });
  });

  it('is not upset by one mistyped date among many', async () => {
    const dates = Array.from({ length: 20 }, (_, i) => `${13 + (i % 10)}/4/2026 10:00`);
    const { calls, reasons } = await read(file(...dates, '4/25/2026 10:00'), utc);
    expect(calls).toHaveLength(20);
    expect(reasons).toHaveLength(1);
  });

  it('makes only a row invalid where hardly any date asks for it', async () => {
    const { calls, reasons } = await read(
      file('2026-03-04 10:00', '2026-03-05 10:00', '3/4/2026 10:00'),
      utc,
    );
    expect(calls).toHaveLength(2);
    expect(reasons[0]?.[0]).toContain('"3/4/2026 10:00" is day/month or month/day: give --date-order');
  });

  it('is no question where the year stands first or dots stand between', async () => {
    const { calls, plan } = await read(file('03.04.2026 10:00', '2026/3/4 10:00'), utc);
    expect(months(calls)).toEqual([4, 3]);
    expect(plan.dateOrder).toBeUndefined();
  });
});

describe('the limits of a date', () => {
  it('move with the present', async () => {
    const date = String(now + 86_401);
    expect((await read(tableOf(columns, [cells({ date })]))).reasons).toEqual([
      [`date: "${date}" is in the future`],
    ]);
    expect((await read(tableOf(columns, [cells({ date })]), { now: () => now + 1 })).calls).toHaveLength(1);
  });
});
