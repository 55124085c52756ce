import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/call.js';
import { type RecordResult, statuses } from '../../src/core/outcome.js';
import { openZone } from '../../src/records/time-zones.js';
import { createAggregate, mostProblems } from '../../src/report/aggregate.js';

const call: Call = {
  uuid: 'u',
  caller: '74950000001',
  to: '101',
  date: Date.UTC(2024, 9, 7, 20, 30) / 1000, // a Monday
  type: 'inbound',
  billsec: 60,
  account_id: '1',
};

function result(changes: Partial<Call> = {}, status: RecordResult['status'] = 'valid'): RecordResult {
  const changed = { ...call, ...changes };
  const base = { uuid: changed.uuid, call: changed, origin: { file: 'calls.csv', line: 2 } };
  return status === 'valid'
    ? { ...base, status }
    : { ...base, status, reasons: ['to: "74950000002" is odd'] };
}

const zoneNames = [
  'UTC',
  'Europe/Moscow',
  'Asia/Yekaterinburg',
  '+05:30',
  '-0800',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kathmandu',
];
const zones = new Map(zoneNames.map((name) => [name, openZone(name)] as const));

function offsetsOf(name: string): (unix: number) => number {
  const zone = zones.get(name);
  if (zone === undefined || !('offsetAt' in zone)) throw new Error(`no zone ${name}`);
  return zone.offsetAt;
}

function dataOf(results: readonly RecordResult[], options: { zone?: string; numbers?: boolean } = {}) {
  const { zone = 'UTC', numbers = false } = options;
  const aggregate = createAggregate({ offsetAt: offsetsOf(zone), internal: /^\d{2,5}$/, numbers });
  aggregate.addResults(results);
  return aggregate.data();
}

describe('calls by hour and weekday', () => {
  it.each([
    ['UTC', 0, 20],
    ['Europe/Moscow', 0, 23],
    ['Asia/Yekaterinburg', 1, 1],
    ['+05:30', 1, 2],
    ['-0800', 0, 12],
    ['America/New_York', 0, 16],
  ])('are those of %s', (zone, weekday, hour) => {
    const { hours, days } = dataOf([result()], { zone });
    expect(hours[weekday]?.[hour]).toBe(1);
    expect(hours.flat().reduce((sum, count) => sum + count)).toBe(1);
    expect([...days.keys()]).toEqual([Date.UTC(2024, 9, 7 + weekday) / 86_400_000]);
  });

  it('follow a clock that is set back', () => {
    const before = Date.UTC(2024, 9, 27, 0, 30) / 1000;
    const { hours } = dataOf([result({ date: before }), result({ date: before + 3600 })], {
      zone: 'Europe/Berlin',
    });
    expect(hours[6]?.[2]).toBe(2);
  });
});

describe('counts', () => {
  it('are of calls, answered ones, inbound ones and talk time', () => {
    const { total } = dataOf([result(), result({ billsec: 0 }), result({ type: 'outbound', billsec: 5 })]);
    expect(total).toEqual({ calls: 3, inbound: 2, answered: 2, talk: 65 });
  });

  it.each(statuses)(
    'a call that ended as %s is shown, unless it is repeated, left out or no call',
    (status) => {
      const shown = ['accepted', 'rejected', 'unconfirmed', 'unsent'].includes(status) ? 1 : 0;
      expect(dataOf([result({}, status)]).total.calls).toBe(shown);
      const problem = ['invalid', 'rejected', 'unconfirmed', 'unsent'].includes(status) ? 1 : 0;
      expect(dataOf([result({}, status)]).problems).toHaveLength(problem);
    },
  );

  it('name the employee: who was called, or who called', () => {
    const { employees } = dataOf([
      result(),
      result({ type: 'outbound', caller: '102', to: '74950000001' }),
      result({ type: 'outbound', caller: '102', to: '74950000001', billsec: 0 }),
    ]);
    expect([...employees]).toEqual([
      ['102', { calls: 2, inbound: 0, answered: 1, talk: 60 }],
      ['101', { calls: 1, inbound: 1, answered: 1, talk: 60 }],
    ]);
  });

  it('add up over days, hours and employees, whatever the calls are', () => {
    const some = fc.record({
      date: fc.integer({ min: 0, max: 2_000_000_000 }),
      billsec: fc.nat(10_000),
      type: fc.constantFrom('inbound' as const, 'outbound' as const),
      to: fc.constantFrom('101', '102', '74950000001'),
    });
    fc.assert(
      fc.property(fc.array(some), (calls) => {
        const { total, days, employees, hours } = dataOf(
          calls.map((one) => result(one)),
          {
            zone: 'Asia/Kathmandu',
          },
        );
        for (const groups of [days, employees]) {
          const sums = [...groups.values()];
          for (const name of ['calls', 'inbound', 'answered', 'talk'] as const)
            expect(sums.reduce((sum, group) => sum + group[name], 0)).toBe(total[name]);
        }
        expect(hours.flat().reduce((sum, count) => sum + count, 0)).toBe(calls.length);
      }),
    );
  });
});

describe('numbers of customers', () => {
  it('stand in no part of the data unless they are asked for', () => {
    const results = [
      result({}, 'rejected'),
      result({ to: '74950000003' }),
      result({ type: 'outbound', to: '74950000004' }),
    ];
    const text = (numbers: boolean) => {
      const data = dataOf(results, { numbers });
      return JSON.stringify([[...data.employees], data.problems]);
    };
    expect(text(false)).not.toMatch(/\d{7}/);
    expect(text(true)).toContain('74950000001 → 101');
    expect(text(true)).toContain('74950000002');
    expect(text(true)).toContain('74950000003');
  });
});

describe('what could be without end', () => {
  it('keeps so many problems, and counts the others', () => {
    const aggregate = createAggregate({ offsetAt: () => 0, internal: /^\d{3}$/, numbers: false });
    for (let batch = 0; batch < 11; batch += 1)
      aggregate.addResults(Array.from({ length: 1000 }, () => result({}, 'rejected')));
    const { problems, problemCount } = aggregate.data();
    expect(problems).toHaveLength(mostProblems);
    expect(problemCount).toBe(11_000);
  });

  it('counts the employees beyond the ten thousandth together', () => {
    const many = Array.from({ length: 12_000 }, (_, at) => result({ to: `${100_000 + at}` }));
    const aggregate = createAggregate({ offsetAt: () => 0, internal: /^\d{6}$/, numbers: false });
    aggregate.addResults(many);
    const { employees } = aggregate.data();
    expect(employees.size).toBe(10_001);
    expect(employees.get('others')?.calls).toBe(2000);
  });
});

describe('requests and waits', () => {
  const empty = () => createAggregate({ offsetAt: () => 0, internal: /^\d{3}$/, numbers: false });

  it('stand in the second in which they were', () => {
    const aggregate = empty();
    aggregate.addRequest(100, true);
    aggregate.addRequest(2500, false);
    aggregate.addWait(500, 2250);
    expect(aggregate.data()).toMatchObject({
      bucketMs: 1000,
      requests: [
        { from: 0, requests: 1, failed: 0, waitedMs: 500 },
        { from: 1000, requests: 0, failed: 0, waitedMs: 1000 },
        { from: 2000, requests: 1, failed: 1, waitedMs: 250 },
      ],
    });
  });

  it('count time once where several waited at the same time', () => {
    const aggregate = empty();
    aggregate.addWait(0, 600);
    aggregate.addWait(200, 700);
    aggregate.addWait(300, 500);
    expect(aggregate.data().requests).toMatchObject([{ waitedMs: 700 }]);
  });

  it('lose nothing when a run is long, and stay few', () => {
    const times = fc.array(fc.nat(40_000_000), { minLength: 1 });
    fc.assert(
      fc.property(times, (ends) => {
        const aggregate = empty();
        for (const end of ends.toSorted((a, b) => a - b)) {
          aggregate.addRequest(end, end % 2 === 0);
          aggregate.addWait(end, end + 10);
        }
        const { requests, bucketMs } = aggregate.data();
        expect(requests.length).toBeLessThanOrEqual(120);
        expect(requests.reduce((sum, one) => sum + one.requests, 0)).toBe(ends.length);
        expect(requests.every(({ waitedMs }) => waitedMs <= bucketMs)).toBe(true);
      }),
    );
  });
});
