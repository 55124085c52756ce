import { expect, test } from 'vitest';
import { createRateLimiter } from '../../src/delivery/rate-limiter.js';
import { createRunState } from '../../src/delivery/run-state.js';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { createClock, createDice, policy } from './world.js';

test('a request that waits for its place waits on when another one is asked to pause meanwhile', async () => {
  const clock = createClock();
  const ledger = openMemoryLedger(clock.now);
  const until = clock.now() + 60_000;
  const interrupt = new AbortController().signal;
  const notes: string[] = [];
  const world = {
    ...clock,
    ledger,
    interrupt,
    random: createDice(1),
    note: (text: string) => void notes.push(text),
    warn: (text: string) => void notes.push(text),
    destination: { budgets: [], send: async () => ({ kind: 'lost', reason: 'never sent' }) as const },
    async sleep(milliseconds: number) {
      if (clock.now() < until - 59_000) await ledger.reportThrottled(until);
      await clock.sleep(milliseconds);
    },
  };
  const limiter = createRateLimiter({ ...policy, rate: 1 }, world, createRunState(interrupt));
  expect(await limiter.acquire()).toBe(true);
  expect(clock.now()).toBeLessThan(until);
  expect(await limiter.acquire()).toBe(true);
  expect(clock.now()).toBeGreaterThanOrEqual(until);
  expect(notes).toEqual([expect.stringContaining('nothing is sent until')]);
});
