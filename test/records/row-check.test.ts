import { describe, expect, it } from 'vitest';
import { read, tableOf } from './in-memory-table.js';

const names = ['uuid', 'caller', 'to', 'start', 'end', 'type', 'duration', 'talk'];
const clock = (time: string) => `2026-11-12 ${time}`;

type Cells = readonly (readonly [start: string, end: string, duration: string, talk: string])[];

const rowsOf = (cells: Cells) =>
  cells.map(([start, end, duration, talk], at) => {
    return [`a${at}`, '74951234567', '101', clock(start), clock(end), 'inbound', duration, talk];
  });

async function resultsOf(columns: readonly string[], rows: readonly (readonly string[])[], options = {}) {
  const { calls, reasons } = await read(tableOf(columns, rows), { timezone: 'UTC', ...options });
  return { calls, reasons: reasons.flat() };
}

describe('talk is no longer than the whole call', () => {
  const rows: Cells = [
    ['14:05:00', '14:06:10', '70', '63'],
    ['14:15:00', '14:15:20', '20', '600'],
    ['14:25:00', '14:25:30', '30', '30'],
    ['14:35:00', '14:35:30', '30', '31'],
  ];
  const mistake = 'correct it in the file, or give --allow columns to send it as it is';

  it('in a row that says so: the others go', async () => {
    const { calls, reasons } = await resultsOf(names, rowsOf(rows));
    expect(calls.map(({ billsec }) => billsec)).toEqual([63, 30, 31]);
    expect(reasons).toEqual([`billsec: 600 s of talk in a call of 20 s: ${mistake}`]);
  });

  it('as the times say it alone, by the minute where they have no seconds', async () => {
    const times: Cells = [
      ['14:05', '14:06', '', '100'],
      ['14:15', '14:16', '', '121'],
    ];
    const { reasons } = await resultsOf(names, rowsOf(times));
    expect(reasons).toEqual([`billsec: 121 s of talk in a call of 60 s: ${mistake}`]);
  });

  it('unless that is allowed', async () => {
    const { calls } = await resultsOf(names, rowsOf(rows), { allow: ['columns'] });
    expect(calls[1]?.billsec).toBe(600);
  });
});

it('exchanged headers of talk and total stop the file, and what is said settles it', async () => {
  const rows = rowsOf([
    ['14:05:00', '14:06:10', '63', '70'],
    ['14:15:00', '14:15:20', '0', '20'],
    ['14:25:00', '14:26:20', '70', '80'],
  ]);
  const { calls, reasons } = await resultsOf(names, rows);
  expect(calls).toEqual([]);
  expect(reasons).toHaveLength(3);
  expect(reasons[0]).toBe(
    'billsec: 70 s of talk in a call of 63 s: if the headers of the two columns are exchanged, give --map billsec=duration',
  );
  const settled = await resultsOf(names, rows, { map: [{ field: 'billsec', source: 'duration' }] });
  expect(settled.calls.map(({ billsec }) => billsec)).toEqual([63, 0, 70]);
});

it('exchanged headers of start and end stop the file, and what is said settles it', async () => {
  const rows = rowsOf([
    ['14:06:10', '14:05:00', '70', '63'],
    ['14:15:20', '14:15:00', '20', '0'],
  ]);
  const { calls, reasons } = await resultsOf(names, rows);
  expect(calls).toEqual([]);
  expect(reasons[0]).toBe(
    'date: the call ends before it begins ("start", "end"): if the headers of the two columns are exchanged, give --map date=end',
  );
  const settled = await resultsOf(names, rows, { map: [{ field: 'date', source: 'end' }] });
  expect(settled.calls[0]?.date).toBe(Date.UTC(2026, 10, 12, 14, 5) / 1000);
});

describe('nobody talked where the result says that nobody answered', () => {
  const columns = ['uuid', 'caller', 'to', 'date', 'type', 'talk time', 'status'];
  const rows = [
    ['a1', '74951234567', '101', clock('14:05:00'), 'inbound', '63', 'answered'],
    ['a2', '74951234567', '101', clock('14:15:00'), 'inbound', '20', 'missed'],
    ['a3', '74951234567', '101', clock('14:25:00'), 'inbound', '0', 'no answer'],
  ];

  it('a talk time beside such a word is told', async () => {
    const { calls, reasons } = await resultsOf(columns, rows);
    expect(calls.map(({ billsec }) => billsec)).toEqual([63, 0]);
    expect(reasons).toEqual([
      'billsec: 20 s of talk, but "status" says "missed": name the column with the talk time, --map billsec=<column>',
    ]);
  });

  it('and believed where the column is named', async () => {
    const { calls } = await resultsOf(columns, rows, { map: [{ field: 'billsec', source: 'talk time' }] });
    expect(calls.map(({ billsec }) => billsec)).toEqual([63, 20, 0]);
  });
});

describe('a whole length is talk where the result says that somebody talked', () => {
  const talkOf = async (name: string, said: string) => {
    const columns = ['uuid', 'caller', 'to', 'date', 'type', 'duration', name];
    const row = (uuid: string, text: string) => {
      return [uuid, '74951234567', '101', clock('14:05:00'), 'inbound', '20', text];
    };
    const rows = [row('a1', 'answered'), row('a2', 'busy'), row('a3', said)];
    const { calls } = await resultsOf(columns, rows);
    return calls.find(({ uuid }) => uuid === 'a3')?.billsec;
  };

  it.each([
    ['hangup cause', '16', 20],
    ['reason', '16', 20],
    ['hangup cause', '1', undefined],
    ['hangup cause', '17', undefined],
    ['status', '16', undefined],
    ['status', '1', 20],
    ['status', 'Answered', 20],
    ['status', 'Answered 0:20', 20],
    ['status', 'Answered by 101', 20],
    ['status', 'Connected: 10', 20],
    ['status', 'Connected: 0', undefined],
    ['status', 'Connected (0)', undefined],
    ['status', 'Answered elsewhere', undefined],
    ['status', 'Completed - IVR', undefined],
    ['status', 'Отвечено автоответчиком', undefined],
    ['status', 'Отвечено оператором', 20],
    ['status', 'Missed', 0],
  ])('"%s" %s: %s', async (name, said, seconds) => {
    expect(await talkOf(name, said)).toBe(seconds);
  });
});

it.each([
  ['status', ['Completed', 'Completed - IVR', 'Completed - IVR'], [20]],
  ['hangup cause', ['16', '17', '19'], [20]],
  ['reason', ['7', '8', '9'], [20, 20, 20]],
])('a column "%s" of %j is one of results where it speaks of answers', async (name, said, talks) => {
  const columns = ['uuid', 'caller', 'to', 'date', 'type', 'duration', name];
  const rows = said.map((text, at) => {
    return [`a${at}`, '74951234567', '101', clock(`14:05:0${at}`), 'inbound', '20', text];
  });
  const { calls } = await resultsOf(columns, rows);
  expect(calls.map(({ billsec }) => billsec)).toEqual(talks);
});

it('words of a result go before codes of a cause', async () => {
  const columns = ['uuid', 'caller', 'to', 'date', 'type', 'duration', 'hangup cause', 'disposition'];
  const rows = ['ANSWERED', 'NO ANSWER'].map((said, at) => {
    return [`a${at}`, '74951234567', '101', clock(`14:05:0${at}`), 'inbound', '20', '16', said];
  });
  const { calls } = await resultsOf(columns, rows);
  expect(calls.map(({ billsec }) => billsec)).toEqual([20, 0]);
});

it('what a carrier bills is no talk time beside the times of answer and end', async () => {
  const columns = [
    'id',
    'Start Time',
    'Answer Time',
    'End Time',
    'caller',
    'to',
    'Duration',
    'Billed Duration',
  ];
  const { calls } = await resultsOf(columns, [
    ['c1', clock('14:05:00'), clock('14:05:08'), clock('14:06:11'), '74951234567', '101', '71', '120'],
    ['c2', clock('14:15:00'), '', clock('14:15:20'), '74951234567', '101', '20', '0'],
    ['c3', clock('15:05:00'), clock('15:05:04'), clock('15:05:16'), '74951234567', '101', '16', '60'],
  ]);
  expect(calls.map(({ billsec }) => billsec)).toEqual([63, 0, 12]);
});

describe('talk between two times where the clocks are changed', () => {
  const talkOf = async (zone: string, ...[date, answered, ended]: readonly string[]) => {
    const columns = ['id', 'date', `answered${zone}`, `ended${zone}`, 'from', 'to', 'type'];
    const rows = [['c1', date ?? '', answered ?? '', ended ?? '', '74951234567', '101', 'inbound']];
    const { calls, reasons } = await resultsOf(columns, rows, { timezone: 'Europe/Berlin' });
    return calls[0]?.billsec ?? reasons;
  };

  it.each([
    ['', '2026-10-25 02:50:00', '2026-10-25 02:50:00', '2026-10-25 03:10:00', 4800],
    ['', '2026-03-29 01:50:00', '2026-03-29 01:50:00', '2026-03-29 03:00:00', 600],
    ['', '2026-03-29 01:50:00', '01:50:00', '03:00:00', 600],
    [' (Europe/Berlin)', '2026-03-29 01:50:00', '2026-03-29 01:50:00', '2026-03-29 03:00:00', 600],
    [' (UTC)', '2026-10-25 02:50:00', '2026-10-25 00:50:00', '2026-10-25 01:10:00', 1200],
    [' (UTC)', '2026-03-29 01:50:00', '2026-03-29 00:50:00', '2026-03-29 02:00:00', 4200],
    ['', '2026-10-25 02:50:00', '2026-10-25T00:50:00Z', '2026-10-25T01:10:00Z', 1200],
    ['', '2026-10-25 02:50:00', '2026-10-25 03:50:00+03:00', '2026-10-25 04:10:00+03:00', 1200],
    ['', '2026-10-25 02:50:00', '1792889400', '1792890600', 1200],
  ])('%s: %s, from %s to %s: %i s', async (zone, date, answered, ended, seconds) => {
    expect(await talkOf(zone, date, answered, ended)).toBe(seconds);
  });
});

describe('a date that is joined with its zone', () => {
  const columns = ['id', 'date', 'end', 'timezone', 'from', 'to', 'type', 'talk'];
  const row = (start: string, end: string, talk: string) => {
    return [`c${start}`, clock(start), end, '+03:00', '74951234567', '101', 'inbound', talk];
  };

  it.each([
    ['10:15:00', '10:16:00', '600', 'billsec: 600 s of talk in a call of 60 s'],
    ['11:15:00', '11:10:00', '60', 'date: the call ends before it begins ("date", "end")'],
  ])('from %s to %s no talk of %s s fits', async (start, end, talk, reason) => {
    const rows = [row('09:00:00', clock('09:02:00'), '60'), row('09:05:00', clock('09:07:00'), '60')];
    const { calls, reasons } = await resultsOf(columns, [...rows, row(start, clock(end), talk)], {
      timezone: undefined,
    });
    expect([calls.length, reasons.join()]).toEqual([2, expect.stringContaining(reason)]);
  });

  it('is not held against an end in UTC', async () => {
    const rows = [row('10:15:00', '2026-11-12T07:16:00Z', '60')];
    expect(await resultsOf(columns, rows, { timezone: undefined })).toMatchObject({ reasons: [] });
  });
});
