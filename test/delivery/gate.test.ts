import { expect, test } from 'vitest';
import { createGate } from '../../src/delivery/gate.js';
import { createStanding } from '../../src/delivery/standing.js';
import { openMemory } from '../../src/ledger/memory.js';
import { createClock, createDice, policy } from './world.js';

test('a request that waits for its place waits on when another one is asked to pause meanwhile', async () => {
  const clock = createClock();
  const ledger = openMemory(clock.now);
  const until = clock.now() + 60_000;
  const interrupt = new AbortController().signal;
  const notes: string[] = [];
  const world = {
    ...clock,
    ledger,
    interrupt,
    random: createDice(1),
    note: (text: string) => void notes.push(text),
    send: async () => ({ kind: 'lost', why: 'never sent' }) as const,
    async sleep(milliseconds: number) {
      if (clock.now() < until - 59_000) await ledger.mood({ until });
      await clock.sleep(milliseconds);
    },
  };
  const gate = createGate({ ...policy, rate: 1 }, world, createStanding(interrupt));
  expect(await gate.pass()).toBe(true);
  expect(clock.now()).toBeLessThan(until);
  expect(await gate.pass()).toBe(true);
  expect(clock.now()).toBeGreaterThanOrEqual(until);
  expect(notes).toEqual([expect.stringContaining('nothing is sent until')]);
});
