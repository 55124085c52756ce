import { expect, test } from 'vitest';
import type { SendResult } from '../../src/core/send-result.js';
import { watchAnswers } from '../../src/pipeline/awaited-answers.js';

test('the oldest request without an answer is the one that is waited for, whatever way it took', async () => {
  let now = 1000;
  const ends: ((result: SendResult) => void)[] = [];
  const send = () => new Promise<SendResult>((resolve) => ends.push(resolve));
  const { destination, awaitedSince } = watchAnswers(
    {
      budgets: [],
      send,
      fallback: { accepts: () => true, send },
      correction: { accepts: () => true, correct: send },
      close: async () => undefined,
    },
    { now: () => now, later: () => () => undefined, onSlow: () => undefined },
  );
  expect(awaitedSince()).toBeUndefined();
  const first = destination.send([]);
  now = 2000;
  const second = destination.fallback?.send([]);
  expect(awaitedSince()).toBe(1000);
  ends[0]?.({ kind: 'lost', reason: 'no' });
  await first;
  expect(awaitedSince()).toBe(2000);
  ends[1]?.({ kind: 'lost', reason: 'no' });
  await second;
  expect(awaitedSince()).toBeUndefined();
});

test('that an answer takes long is told once, and never of one that came', async () => {
  let now = 1000;
  const sleeps: (() => void)[] = [];
  const ends: ((result: SendResult) => void)[] = [];
  const told: number[] = [];
  const { destination } = watchAnswers(
    {
      budgets: [],
      send: () => new Promise<SendResult>((resolve) => ends.push(resolve)),
      close: async () => undefined,
    },
    {
      now: () => now,
      later(milliseconds, work) {
        let isStopped = false;
        sleeps.push(() => {
          now += milliseconds;
          if (!isStopped) work();
        });
        return () => {
          isStopped = true;
        };
      },
      onSlow: (milliseconds) => told.push(milliseconds),
    },
  );
  const send = async (seconds: number, isAnswered: boolean) => {
    const sent = destination.send([]);
    if (isAnswered) ends.shift()?.({ kind: 'lost', reason: 'no' });
    for (const wake of sleeps.splice(0)) if (seconds >= 10) wake();
    await Promise.resolve();
    ends.shift()?.({ kind: 'lost', reason: 'no' });
    await sent;
  };
  await send(5, true);
  expect(told).toEqual([]);
  await send(10, false);
  await send(10, false);
  expect(told).toEqual([10_000]);
});
