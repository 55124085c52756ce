import { expect, test } from 'vitest';
import { takeTurn } from '../../src/delivery/rate-limiter.js';
import { newRun } from '../../src/delivery/run.js';
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
  const run = newRun({ ...policy, rate: 1 }, world);
  expect(await takeTurn(run)).toBe(true);
  expect(clock.now()).toBeLessThan(until);
  expect(await takeTurn(run)).toBe(false);
  expect(run.health.pause?.until).toBe(until);
});
