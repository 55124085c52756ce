import { expect, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import type { Hold, Settlement } from '../../src/core/ledger.js';
import { isPastWaiting, pauseAfter } from '../../src/core/ledger.js';
import type { SendResult } from '../../src/core/send-result.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryDeps, DeliveryOptions } from '../../src/delivery/options.js';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { batchesOf, createClock, createDice, entryOf, outcomesOf, policy } from './world.js';

interface Played {
  readonly send: (calls: readonly Call[], number: number) => SendResult;
  readonly special?: Partial<DeliveryOptions>;
  readonly destination?: Partial<DeliveryDeps['destination']>;
  /** Milliseconds since 1970; entries are calls of 1,700,000,000 s. */
  readonly start?: number;
  readonly calls?: number;
}

/** Sends calls `0`, `1`, … to a service of this temper; gives what became of each, and the sizes of the requests. */
async function play({ send, special, destination, start, calls = 40 }: Played) {
  const clock = createClock(start);
  const ledger = openMemoryLedger(clock.now);
  const sizes: number[] = [];
  const settled: (Settlement | Hold)[] = [];
  const notes: string[] = [];
  const delivery = deliver(
    batchesOf(Array.from({ length: calls }, (_, at) => entryOf(`${at}`))),
    { ...policy, chunkSize: 10, ...special },
    {
      ...clock,
      ledger: {
        ...ledger,
        settle(account, settlements) {
          settled.push(...settlements.filter(({ state }) => state !== 'held'));
          return ledger.settle(account, settlements);
        },
      },
      random: createDice(1),
      interrupt: new AbortController().signal,
      note: (text) => notes.push(text),
      warn: (text) => notes.push(text),
      destination: {
        budgets: [],
        async send(batch) {
          sizes.push(batch.length);
          return send(batch, sizes.length);
        },
        ...destination,
      },
    },
  );
  const outcomes = await outcomesOf(delivery);
  const of = (status: string) => outcomes.filter((one) => one.status === status).map(({ uuid }) => uuid);
  return { outcomes, of, sizes, settled, notes, delivery };
}

function answer(calls: readonly Call[], isDeferred: (uuid: string) => boolean = () => false): SendResult {
  const uuids = calls.map(({ uuid }) => uuid);
  const accepted = uuids.filter((uuid) => !isDeferred(uuid));
  return {
    kind: 'answered',
    verdicts: {
      accepted: new Set(accepted),
      receipts: new Map(accepted.map((uuid) => [uuid, { note_id: Number(uuid) + 1000 }])),
      rejected: new Map(),
      deferred: new Map(uuids.filter(isDeferred).map((uuid) => [uuid, ['no contact yet']])),
      unknownUuids: [],
    },
  };
}

const isThird = (uuid: string) => Number(uuid) % 3 === 0;

test('a call that the service cannot take yet is waiting, in the outcome and in the ledger', async () => {
  const { of, settled } = await play({ send: (calls) => answer(calls, isThird) });
  expect(of('waiting').length).toBe(14);
  expect(of('accepted').length).toBe(26);
  expect(settled.filter(({ state }) => state === 'waiting').every(({ uuid }) => isThird(uuid))).toBe(true);
});

test('an accepted call keeps its receipt, in the outcome and in the ledger', async () => {
  const { outcomes, settled } = await play({ send: (calls) => answer(calls), calls: 1 });
  expect(outcomes[0]?.receipt).toEqual({ note_id: 1000 });
  expect(settled).toMatchObject([{ uuid: '0', state: 'accepted', receipt: { note_id: 1000 } }]);
});

test.each([
  ['at 17 h 59 min it waits', 17 * 3600 + 3540, 'waiting'],
  ['at 18 h it is rejected', 18 * 3600, 'rejected'],
])('%s', async (_name, seconds, status) => {
  const start = (1_700_000_000 + seconds) * 1000;
  const { of } = await play({ send: (calls) => answer(calls, isThird), start });
  expect(of(status).length).toBe(14);
});

test('the pauses between tries are 1, 5, 15 and 60 minutes, then an hour each', () => {
  expect([1, 2, 3, 4, 5, 20].map(pauseAfter)).toEqual([60, 300, 900, 3600, 3600, 3600]);
  const call = entryOf('a').call;
  expect([isPastWaiting(call, call.date + 64_799), isPastWaiting(call, call.date + 64_800)]).toEqual([
    false,
    true,
  ]);
});

test('what is known not to be taken yet is in no request', async () => {
  const { of, sizes } = await play({
    send: (calls) => answer(calls),
    destination: { whyDeferred: ({ uuid }) => (isThird(uuid) ? ['no contact yet'] : undefined) },
  });
  expect(of('waiting').length).toBe(14);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(26);
});

test('deferred calls go to the other method of the service, which is asked once for each', async () => {
  const elsewhere: string[] = [];
  const { of, settled } = await play({
    send: (calls) => answer(calls, isThird),
    destination: {
      fallback: {
        accepts: ({ uuid }) => Number(uuid) < 20,
        async send(calls) {
          elsewhere.push(...calls.map(({ uuid }) => uuid));
          return answer(calls);
        },
      },
    },
  });
  expect(elsewhere).toEqual(['0', '3', '6', '9', '12', '15', '18']);
  expect(of('accepted').length).toBe(33);
  expect(of('waiting')).toEqual(['21', '24', '27', '30', '33', '36', '39']);
  expect(settled.length).toBe(40);
});

test('a refusal that names calls costs one request more, not a search', async () => {
  const bad = new Set(['3', '7', '15']);
  const { of, sizes, outcomes } = await play({
    send(calls) {
      const named = calls.filter(({ uuid }) => bad.has(uuid));
      if (named.length === 0) return answer(calls);
      const rejected = new Map(named.map(({ uuid }) => [uuid, ['phone: is blank']] as const));
      return { kind: 'refused', reason: 'HTTP 400', tooLarge: false, named: { rejected } };
    },
  });
  expect(sizes).toEqual([10, 8, 10, 9, 10, 10]);
  expect(of('rejected')).toEqual(['3', '7', '15']);
  expect(outcomes.find(({ uuid }) => uuid === '7')?.reasons).toEqual(['phone: is blank']);
  expect(of('accepted').length).toBe(37);
});

test('a refusal that names calls in the middle of a search is used too', async () => {
  const { of } = await play({
    calls: 10,
    send(calls) {
      const uuids = calls.map(({ uuid }) => uuid);
      if (uuids.length > 5) return { kind: 'refused', reason: 'HTTP 400', tooLarge: false };
      if (!uuids.includes('2')) return answer(calls);
      const rejected = new Map([['2', ['bad']]]);
      return { kind: 'refused', reason: 'HTTP 400', tooLarge: false, named: { rejected } };
    },
  });
  expect(of('rejected')).toEqual(['2']);
  expect(of('accepted').length).toBe(9);
});

test('after a 504 requests are half as large, for the rest of the run', async () => {
  const { sizes, of, notes } = await play({
    send: (calls, number) =>
      number === 2 ? { kind: 'lost', reason: 'HTTP 504', tooSlow: true } : answer(calls),
  });
  expect(sizes).toEqual([10, 10, 5, 5, 5, 5]);
  expect(of('unconfirmed').length).toBe(10);
  expect(notes).toEqual(['the service is slow: requests now hold at most 5 calls']);
});
