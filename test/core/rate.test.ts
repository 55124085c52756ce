import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boundRate,
  decrease,
  increase,
  initialRate,
  lift,
  reserveSlot,
  type SharedRate,
  spacing,
} from '../../src/core/rate.js';

/** Takes slots as fast as they are given, the service always answers well. */
function run(
  requests: number,
  most: number,
): { readonly times: readonly number[]; readonly state: SharedRate } {
  let state = initialRate;
  let now = 1_000_000;
  const times: number[] = [];
  for (let at = 0; at < requests; at++) {
    const taken = reserveSlot(state, now, most);
    times.push(taken.usedAt);
    now = taken.usedAt;
    state = increase(taken, now, most);
  }
  return { times, state };
}

describe('the shared rate', () => {
  test('holds at most the rate, rounded up, in any sliding second, with 50 ms of jitter on the way', () => {
    const rate = fc.double({ min: 0.5, max: 60, noNaN: true });
    fc.assert(
      fc.property(rate, fc.infiniteStream(fc.double({ min: 0, max: 50, noNaN: true })), (most, jitter) => {
        const arrivals = run(200, most).times.map((time) => time + Number(jitter.next().value));
        arrivals.sort((a, b) => a - b);
        const later = arrivals.slice(Math.ceil(most));
        expect(later.filter((time, at) => time - (arrivals[at] ?? 0) < 1000)).toEqual([]);
      }),
    );
  });

  test('begins at one request a second and climbs to the rate', () => {
    const { times, state } = run(20, 6.5);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(state.rate).toBe(6.5);
  });

  test('halves and waits when the service says so, and never stands still', () => {
    const { state } = run(20, 6.5);
    const slow = decrease(state, state.writtenAt, { until: state.nextAt + 5000 });
    expect(slow.rate).toBe(3.25);
    expect(reserveSlot(slow, state.nextAt, 6.5).usedAt).toBe(state.nextAt + 5000);
    let slowest = slow;
    for (let at = 0; at < 50; at++) slowest = decrease(slowest, slowest.writtenAt, { until: 0 });
    expect(spacing(slowest.rate)).toBeLessThanOrEqual(11_000);
  });

  test('forgets what it learnt after a minute of silence', () => {
    const { state } = run(20, 6.5);
    expect(reserveSlot(state, state.usedAt + 61_000, 6.5).rate).toBe(1);
  });

  test("keeps to the smaller rate of a process that shares another one's rate", () => {
    const { state } = run(100, 50);
    const taken = reserveSlot(state, state.nextAt, 5);
    expect(taken.nextAt - taken.usedAt).toBeGreaterThanOrEqual(200);
  });

  test('is spaced by the whole requests of a second, with room for their jitter', () => {
    expect([0.5, 1, 1.5, 2, 6.5, 50].map((rate) => Math.round(spacing(rate)))).toEqual([
      2000, 1060, 667, 530, 154, 21,
    ]);
  });

  test('a minute of silence is not yet over at its end', () => {
    const { state } = run(20, 6.5);
    expect(reserveSlot(state, state.usedAt + 60_000, 6.5).rate).toBe(6.5);
  });

  test('the longest pause that was asked for holds, with what the service said then', () => {
    const asked = decrease(initialRate, 0, { until: 5000, reason: 'first' });
    expect(asked).toMatchObject({ pausedUntil: 5000, reason: 'first' });
    expect(decrease(asked, 0, { until: 4000, reason: 'second' })).toMatchObject({
      pausedUntil: 5000,
      reason: 'first',
    });
    expect(decrease(asked, 0, { until: 6000, reason: 'second' })).toMatchObject({
      pausedUntil: 6000,
      reason: 'second',
    });
    expect(decrease(asked, 0, { until: Number.POSITIVE_INFINITY }).pausedUntil).toBe(86_400_000);
    expect(lift(asked, 7)).toEqual({ ...initialRate, rate: asked.rate, writtenAt: 7, reason: undefined });
  });
});

describe('times of another clock', () => {
  const now = 1_700_000_000_000;
  const written = { ...initialRate, nextAt: now + 500, pausedUntil: now + 9000, usedAt: now, writtenAt: now };

  test('are counted from when they were written, where the clock was set back since', () => {
    expect(boundRate(written, now + 100)).toEqual(written);
    expect(boundRate(written, now - 3000)).toEqual({
      rate: 1,
      nextAt: now - 2500,
      pausedUntil: now + 6000,
      usedAt: now - 3000,
      writtenAt: now - 3000,
    });
  });

  test.each([
    ['nextAt', 3_600_000],
    ['pausedUntil', 86_400_000],
  ])('say nothing where %s lies more than %i ms ahead', (name, most) => {
    expect(boundRate({ ...written, [name]: now + most }, now)).toMatchObject({ [name]: now + most });
    expect(boundRate({ ...written, [name]: now + most + 1 }, now)).toMatchObject({ [name]: 0 });
  });
});
