import { describe, expect, test } from 'vitest';
import {
  fold,
  type Health,
  type HealthEvent,
  type HealthRules,
  mayRetry,
  mostCalls,
  news,
  say,
  unknownHealth,
  whyStopped,
  withClock,
} from '../../src/delivery/health.js';

const start = 1_700_000_000_000;
const stop: HealthRules = { onTrouble: 'stop', retries: 5 };
const wait: HealthRules = { onTrouble: 'wait', retries: 5 };

const sent: HealthEvent = { kind: 'sent', isRetry: false };
const took: HealthEvent = { kind: 'named', accepted: 1 };
const named: HealthEvent = { kind: 'named', accepted: 0 };
const refused = (uuid?: string): HealthEvent => ({
  kind: 'refused',
  why: '400',
  ...(uuid !== undefined && { uuid }),
});
const unheard: HealthEvent = { kind: 'not received', why: 'reset', isRetried: false, isAsked: false };
const lost: HealthEvent = { kind: 'lost', why: '500', isRetried: false };
const pause = (seconds: number): HealthEvent => ({
  kind: 'pause',
  until: start + seconds * 1000,
  why: 'it asks',
});
const many = (count: number, from = 0) => Array.from({ length: count }, (_, at) => refused(`${from + at}`));

/** What is known after these events, one a millisecond. */
function having(events: readonly HealthEvent[], rules: HealthRules, from: Health = unknownHealth): Health {
  return events.reduce((health, event) => fold(health, event, { now: start, chance: 1 }, rules), from);
}

/** In short: `send`, `stop`, or the seconds until something may leave. */
function said(health: Health, rules: HealthRules, seconds = 0) {
  const answer = say(health, start + seconds * 1000, rules);
  if (answer === 'send') return 'send';
  return 'stop' in answer ? answer.stop.message.replace(/[:(].*/s, '').trim() : (answer.until - start) / 1000;
}

describe('whether a request may leave', () => {
  const failing = 'the service kept failing';
  const refusing = 'the service refuses every call';
  const four = [unheard, unheard, unheard, unheard];
  test.each<readonly [string, readonly HealthEvent[], string | number, string | number]>([
    ['nothing happened', [], 'send', 'send'],
    ['calls were taken', [took], 'send', 'send'],
    ['one failed', [unheard], 'send', 1],
    ['four failed', [unheard, unheard, unheard, unheard], 'send', 1],
    ['five failed in a row', [unheard, unheard, unheard, lost, lost], failing, 1],
    ['five failed, one was answered between', [unheard, unheard, took, unheard, unheard, lost], 'send', 1],
    [
      'five failed, and will be sent again',
      Array<HealthEvent>(5).fill({ ...unheard, isRetried: true }),
      'send',
      1,
    ],
    ['an answer ends the trouble', [lost, named], 'send', 'send'],
    ['a refusal does not', [lost, refused('a')], 'send', 1],
    ['nine were refused', many(9), 'send', 'send'],
    ['ten were refused', many(10), refusing, 1],
    ['ten requests of several calls were refused', Array<HealthEvent>(10).fill(refused()), 'send', 'send'],
    ['one was refused ten times', Array<HealthEvent>(10).fill(refused('a')), 'send', 'send'],
    ['ten were refused, calls named between', [...many(9), named, refused('z')], 'send', 'send'],
    ['ten were refused in a run that had calls accepted', [took, ...many(10)], 'send', 1],
    ['a hundred were', [took, ...many(100)], refusing, 1],
    ['health after trouble', [...many(10), named], refusing, 'send'],
    ['a pause of two minutes', [pause(120)], 120, 120],
    ['a longer one', [pause(121)], 'the service asked to wait 121 s', 121],
    ['one until 2083', [pause(1_796_000_000)], 'the service asked to wait 1796000000 s', 3600],
    ['an answer of a request that left before ends no pause that was asked for', [pause(60), took], 60, 60],
    ['a pause that was lifted', [pause(60), { kind: 'resumed' }], 'send', 'send'],
    ['the longer pause counts', [pause(60), pause(10)], 60, 60],
    [
      'and the service that says when to come back is not down',
      [{ ...unheard, isAsked: true }, pause(60)],
      60,
      60,
    ],
    [
      'ten were refused while nothing was accepted, though calls were named',
      [named, ...many(10)],
      refusing,
      1,
    ],
    ['refusals of several calls end no row of failures', [...four, refused(), lost], failing, 1],
    ['a call refused alone does', [...four, refused('a'), lost], 'send', 1],
    ['a longer pause comes later', [pause(10), pause(60)], 60, 60],
    ['the first reason to end stays', [...four, lost, pause(500)], failing, 500],
    ['it ends', [{ kind: 'stop', stop: { message: 'ended', hint: '', exit: 4 } }], 'ended', 'ended'],
  ])('%s: import %j, follow %j', (_, events, forImport, forFollow) => {
    expect([said(having(events, stop), stop), said(having(events, wait), wait)]).toEqual([
      forImport,
      forFollow,
    ]);
  });

  test('what is waited for is told: what the service asked for, or its trouble', () => {
    const asked = { until: start + 60_000, why: 'it asks', isAsked: true };
    const down = { until: start + 1000, why: 'the service does not accept calls: reset', isAsked: false };
    expect(say(having([pause(60)], wait), start, wait)).toEqual(asked);
    expect(say(having([unheard], wait), start, wait)).toEqual(down);
    expect(say(having([unheard, pause(60)], wait), start, wait)).toEqual(asked);
    expect(say(having([pause(0.5), unheard], wait), start, wait)).toEqual(down);
    for (const over of [[pause(60)], [unheard], [unheard, pause(60)]])
      expect([60, 61].map((seconds) => said(having(over, wait), wait, seconds))).toEqual(['send', 'send']);
  });

  test('a service in trouble that says when to come back is not asked before, and its failures grow no pause', () => {
    const asked: HealthEvent = { ...unheard, isAsked: true };
    expect(having([asked], wait).trouble).toBeUndefined();
    expect(having([unheard, asked], wait).trouble).toEqual(having([unheard], wait).trouble);
    expect(having([sent, asked], wait).requests).toBe(1);
  });

  test('pauses are spread over a quarter of their length', () => {
    const at = (chance: number) => say(fold(unknownHealth, lost, { now: start, chance }, wait), start, wait);
    expect(at(0)).toMatchObject({ until: start + 750 });
    expect(at(0.5)).toMatchObject({ until: start + 875 });
  });

  test('a pause of trouble that the clock is set before is over', () => {
    const before = fold(having([unheard], wait), unheard, { now: start - 5000, chance: 1 }, wait);
    expect(before.trouble).toMatchObject({ from: start - 5000, until: start - 3000 });
  });

  test('pauses grow to five minutes, once for requests that fail together, and begin anew after an answer', () => {
    let health = unknownHealth;
    const pauses: number[] = [];
    for (let at = start, times = 0; times < 12; times++) {
      for (let together = 0; together < 3; together++)
        health = fold(health, unheard, { now: at, chance: 1 }, wait);
      const answer = say(health, at, wait);
      const until = typeof answer === 'object' && 'until' in answer ? answer.until : at;
      pauses.push((until - at) / 1000);
      at = until;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect(said(having([took, unheard], wait, health), wait)).toBe(1);
  });

  test('a run that was never answered ends after 50 s, also where its next try would leave later', () => {
    const silent = having([{ ...unheard, isRetried: true }], stop);
    expect([said(silent, stop, 50), said(silent, stop, 51), said(silent, wait, 51)]).toEqual([
      'send',
      'the service kept failing',
      'send',
    ]);
    expect(said(having([{ ...unheard, isAsked: true, isRetried: true }], stop, silent), stop, 51)).toBe(
      'send',
    );
    expect(said(having([pause(60)], stop, silent), stop)).toBe('the service kept failing');
  });

  test('a service in trouble is tried with one call; one that was too slow gets half as many', () => {
    const slow = having([{ ...lost, tooSlow: 100 }, took], wait);
    expect([mostCalls(unknownHealth), mostCalls(slow), mostCalls(having([unheard], wait, slow))]).toEqual([
      Number.POSITIVE_INFINITY,
      50,
      1,
    ]);
    expect(mostCalls(having([{ ...lost, tooSlow: 1 }], stop))).toBe(1);
    expect(mostCalls(having([{ ...lost, tooSlow: 100 }, { ...lost, tooSlow: 200 }, lost], stop))).toBe(50);
  });

  test('a clock that was set back makes no pause longer', () => {
    const paused = withClock(having([pause(60), unheard], wait), start - 3_600_000);
    const answer = say(paused, start - 3_600_000, wait);
    expect(answer).toMatchObject({ until: start - 3_600_000 + 60_000 });
    expect(withClock(paused, start)).toBe(paused);
    expect(withClock(paused, start - 3_600_000)).toBe(paused);
    for (const event of [pause(60), unheard]) {
      const early = withClock(having([event], wait), start - 1000);
      expect(say(early, start - 1000, wait)).toMatchObject({
        until: start + (event === unheard ? 0 : 59_000),
      });
    }
    expect(withClock(unknownHealth, 0)).toBe(unknownHealth);
  });
});

test('retries stay near a tenth of the requests', () => {
  const retried: HealthEvent = { ...unheard, isRetried: true };
  const after25 = having(Array<HealthEvent>(25).fill(retried), stop);
  expect([mayRetry(unknownHealth, stop), mayRetry(after25, stop)]).toEqual([true, false]);
  const times = (count: number, event: HealthEvent) => Array<HealthEvent>(count).fill(event);
  const after35 = having(times(10, retried), stop, after25);
  expect(mayRetry(having(times(10, sent), stop, after25), stop)).toBe(true);
  expect(mayRetry(having(times(100, sent), stop, after35), stop)).toBe(false);
  expect(mayRetry(having(times(101, sent), stop, after35), stop)).toBe(true);
});

test('requests and bodies that left again are counted apart', () => {
  const health = having([sent, { ...sent, isRetry: true }, { ...sent, isRetry: true }], stop);
  expect([health.requests, health.retries]).toEqual([1, 2]);
});

test('a run whose requests were never answered did not come to its end', () => {
  expect(whyStopped(having([unheard], stop))).toMatchObject({
    message: 'no request got through: reset',
    exit: 5,
  });
  expect(whyStopped(having([unheard, lost], stop))).toBeUndefined();
  expect(whyStopped(having([unheard, refused('a')], stop))).toBeUndefined();
  expect(whyStopped(having([unheard, { ...lost, isRetried: true }], stop))).toMatchObject({ exit: 5 });
  expect(whyStopped(unknownHealth)).toBeUndefined();
});

test('trouble is told when it begins and when it is over', () => {
  const down = having([unheard], wait);
  const texts = (before: Health, now: Health, rules: HealthRules) =>
    news(before, now, start + 65_000, rules).map(({ text }) => text);
  expect(texts(unknownHealth, down, wait)).toEqual(['the service does not accept calls: reset']);
  expect(texts(down, having([unheard], wait, down), wait)).toEqual([]);
  expect(texts(down, having([took], wait, down), wait)).toEqual([
    'the service accepts calls again, after 1 min 05 s',
  ]);
  expect(texts(unknownHealth, having([refused('a')], wait), wait)).toHaveLength(1);
  expect(texts(unknownHealth, having([refused('a')], stop), stop)).toEqual([]);
  expect(texts(having([refused('a')], wait), having([refused('a'), refused('b')], wait), wait)).toEqual([]);
  expect(texts(unknownHealth, having([{ ...lost, tooSlow: 100 }], stop), stop)).toEqual([
    'the service is slow: requests now hold at most 50 calls',
  ]);
  expect(news(unknownHealth, down, start, wait)).toMatchObject([
    { kind: 'warn', hint: expect.stringContaining('Nothing is lost') },
  ]);
  expect(news(down, unknownHealth, start, wait)).toMatchObject([{ kind: 'note' }]);
});

test('a run that ends since the service asks for a long pause says when to come back, a day later at most', () => {
  const hint = (seconds: number) => having([pause(seconds)], stop).stop?.hint;
  expect(hint(3600)).toContain('after 2023-11-14 23:13:20 UTC.');
  expect(hint(1_796_000_000)).toContain('after 2023-11-15 22:13:20 UTC.');
});
