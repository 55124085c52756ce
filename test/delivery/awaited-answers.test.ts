import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SendResult } from '../../src/core/send-result.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryBatch } from '../../src/delivery/options.js';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { createDice, entryOf, outcomesOf, policy } from './world.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Sends calls, one a request and one a second, to a service that answers when it is told to. */
function play(count: number) {
  const clock = { at: 1000 };
  const ends: (() => void)[] = [];
  const notes: string[] = [];
  const interrupting = new AbortController();
  let sent = 0;
  const send = () => {
    sent += 1;
    const lost: SendResult = { kind: 'lost', reason: 'no' };
    return new Promise<SendResult>((resolve) => ends.push(() => resolve(lost)));
  };
  const options = { ...policy, chunkSize: 1, concurrency: 2, onLostAnswer: 'resend', retries: 0 } as const;
  async function* batches(): AsyncGenerator<DeliveryBatch> {
    for (let at = 0; at < count; at++) {
      yield { entries: [entryOf(`${at}`)] };
      while (sent <= at) await turn();
      clock.at += 1000;
    }
  }
  const delivery = deliver(batches(), options, {
    now: () => clock.at,
    sleep: async () => undefined,
    ledger: openMemoryLedger(() => clock.at),
    random: createDice(1),
    interrupt: interrupting.signal,
    note: (text, hint) => void notes.push(`${text}: ${hint}`),
    warn: () => undefined,
    destination: { budgets: [], send },
  });
  const outcomes = outcomesOf(delivery);
  const haveLeft = async (requests: number) => {
    while (sent < requests) await turn();
  };
  return { ends, notes, interrupting, delivery, outcomes, haveLeft };
}

test('the oldest request without an answer is the one that is waited for', async () => {
  const { ends, interrupting, delivery, outcomes, haveLeft } = play(2);
  expect(delivery.wait()).toBeUndefined();
  await haveLeft(2);
  expect(delivery.wait()).toEqual({ why: 'waiting for an answer', since: 1000 });
  ends[0]?.();
  await turn();
  interrupting.abort('SIGINT');
  expect(delivery.wait()).toEqual({ why: expect.stringMatching(/^stopping when/), since: 2000 });
  ends[1]?.();
  await outcomes;
  expect(delivery.wait()).toBeUndefined();
});

test('that an answer takes long is told once, and never of one that came', async () => {
  const { ends, notes, outcomes, haveLeft } = play(4);
  await haveLeft(2);
  vi.advanceTimersByTime(9000);
  for (const end of ends.splice(0)) end();
  await haveLeft(4);
  vi.advanceTimersByTime(9000);
  expect(notes).toEqual([]);
  vi.advanceTimersByTime(1000);
  for (const end of ends.splice(0)) end();
  await outcomes;
  expect(notes).toEqual(['the service has not answered for 10 s: It has 30 s for its answer (--timeout).']);
});
