import type { CallEntry, Outcome } from '../../src/core/outcome.js';
import type { Delivery } from '../../src/delivery/deliver.js';
import type { DeliveryBatch, DeliveryDeps, DeliveryOptions } from '../../src/delivery/options.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';

export const policy: DeliveryOptions = {
  chunkSize: 100,
  concurrency: 1,
  rate: 0,
  timeout: 30,
  retries: 5,
  onLostAnswer: 'hold',
  resend: false,
  resendChanged: false,
  onTrouble: 'stop',
  waitsToLook: true,
};

/** A clock that stands still but for sleeping, which takes no time. */
export interface Clock extends Pick<DeliveryDeps, 'now' | 'sleep'> {}

export function createClock(start = 1_700_000_000_000): Clock {
  let now = start;
  return {
    now: () => now,
    async sleep(milliseconds, signal) {
      const until = now + milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted !== true) now = Math.max(now, until);
    },
  };
}

/** Numbers that look random and are the same for the same seed. */
export function createDice(seed: number): () => number {
  let throws = 0;
  return () => seededRandom(seed, `throw ${throws++}`);
}

export function entryOf(uuid: string, account = '1000', billsec = 5): CallEntry {
  return {
    call: {
      uuid,
      caller: '74950000001',
      to: '101',
      date: 1_700_000_000,
      type: 'inbound',
      billsec,
      account_id: account,
    },
    origin: {},
  };
}

/** Entries as a file would give them. */
export async function* batchesOf(entries: readonly CallEntry[], size = 500): AsyncGenerator<DeliveryBatch> {
  for (let at = 0; at < entries.length; at += size) yield { entries: entries.slice(at, at + size) };
}

export async function outcomesOf(delivery: Delivery): Promise<readonly Outcome[]> {
  const all: Outcome[] = [];
  for await (const outcomes of delivery.outcomes) all.push(...outcomes);
  return all;
}
