import { expect, test } from 'vitest';
import { newRun } from '../../src/delivery/delivery-run.js';
import { takeTurn } from '../../src/delivery/rate-limiter.js';
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

test('a wait for the turn that other runs have taken is shown, and a long one is told once', async () => {
  const clock = createClock();
  const ledger = openMemoryLedger(clock.now);
  const notes: string[] = [];
  const shown: (string | undefined)[] = [];
  const run = newRun(
    { ...policy, rate: 1 },
    {
      ...clock,
      ledger,
      interrupt: new AbortController().signal,
      random: createDice(1),
      note: (text: string) => void notes.push(text),
      warn: (text: string) => void notes.push(text),
      destination: { budgets: [], send: async () => ({ kind: 'lost', reason: 'never sent' }) as const },
      async sleep(milliseconds: number) {
        shown.push(run.wait?.why);
        await clock.sleep(milliseconds);
      },
    },
  );
  for (let round = 0; round < 2; round++) {
    for (let other = 0; other < 20; other++) await ledger.reserveSlot(1);
    expect(await takeTurn(run)).toBe(true);
    expect(run.wait).toBeUndefined();
  }
  expect(shown).toContain('the rate limit, which all runs of this ledger share');
  expect(notes).toEqual(['the rate limit, which all runs of this ledger share: waiting up to 21 s']);
});
