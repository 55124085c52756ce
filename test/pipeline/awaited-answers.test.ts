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
    () => now,
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
