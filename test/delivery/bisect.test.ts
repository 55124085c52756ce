import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Settlement } from '../../src/core/ledger.js';
import type { CallEntry } from '../../src/core/outcome.js';
import { type Conclude, sendBisecting } from '../../src/delivery/bisect.js';
import type { SendRequest } from '../../src/delivery/retry.js';

function entries(count: number): readonly CallEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    call: {
      uuid: String(index),
      caller: '1',
      to: '2',
      date: 1,
      type: 'inbound',
      billsec: 0,
      account_id: '3',
    },
    origin: {},
  }));
}

/** A service that refuses any request with a bad call in it, or one that is too long. */
async function play(count: number, bad: ReadonlySet<number>, most = Number.POSITIVE_INFINITY) {
  let requests = 0;
  const send: SendRequest = async (chunk) => {
    requests += 1;
    const tooLarge = chunk.length > most;
    if (tooLarge || chunk.some(({ call }) => bad.has(Number(call.uuid)))) {
      return { kind: 'refused', refusal: { kind: 'refused', reason: 'HTTP 400: bad call', tooLarge } };
    }
    return { kind: 'settled', settlements: chunk.map(({ call: { uuid } }) => ({ uuid, state: 'accepted' })) };
  };
  const settlements: Settlement[] = [];
  const conclude: Conclude = async (_entries, known) => void settlements.push(...known);
  await sendBisecting(entries(count), {
    send,
    conclude,
    postpone: async () => undefined,
    reportRefused: () => undefined,
  });
  return { requests, settlements };
}

describe('a request that is refused as a whole', () => {
  test.each([
    [1, 15],
    [2, 25],
    [5, 50],
  ])('with %i bad calls among 100 costs at most %i requests, wherever they stand', async (count, most) => {
    const bad = fc.uniqueArray(fc.nat(99), { minLength: count, maxLength: count });
    await fc.assert(
      fc.asyncProperty(bad, async (positions) => {
        const { requests, settlements } = await play(100, new Set(positions));
        expect(requests).toBeLessThanOrEqual(most);
        expect(settlements.filter(({ state }) => state === 'accepted').length).toBe(100 - count);
        const rejected = settlements.filter(({ state }) => state === 'rejected');
        expect(rejected.map(({ uuid }) => Number(uuid)).sort()).toEqual([...positions].sort());
        expect(rejected.every(({ reasons }) => reasons?.[0] === 'HTTP 400: bad call')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('settles every call exactly once, whatever the service thinks of size and calls', async () => {
    const size = fc.integer({ min: 1, max: 130 });
    await fc.assert(
      fc.asyncProperty(
        size,
        fc.array(fc.nat(130), { maxLength: 9 }),
        fc.integer({ min: 1, max: 50 }),
        async (n, bad, most) => {
          const { settlements } = await play(n, new Set(bad), most);
          const uuids = settlements.map(({ uuid }) => Number(uuid)).sort((a, b) => a - b);
          expect(uuids).toEqual(Array.from({ length: n }, (_, index) => index));
        },
      ),
    );
  });
});
