import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { UnconfirmedCall } from '../../src/core/ledger.js';
import type { SendResult } from '../../src/core/send-result.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryBatch, DeliveryOptions } from '../../src/delivery/options.js';
import type { Destination } from '../../src/destinations/destination.js';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { batchesOf, createClock, createDice, entryOf, outcomesOf, policy } from './world.js';

const lost: SendResult = { kind: 'lost', reason: 'HTTP 504' };
const accepted = (uuids: readonly string[]): SendResult => ({
  kind: 'answered',
  verdicts: { accepted: new Set(uuids), rejected: new Map(), unknownUuids: [] },
});

interface Played {
  readonly send: (uuids: readonly string[], number: number) => SendResult;
  readonly find: NonNullable<Destination['find']>;
  readonly special?: Partial<DeliveryOptions>;
  readonly batches?: AsyncIterable<DeliveryBatch>;
  /** Ctrl-C is pressed when this is said. */
  readonly interruptAt?: string;
}

/** Sends ten calls, one a request; gives what became of each, when what left and was asked for, and what was said. */
async function play({ send, find, special, batches, interruptAt = 'never' }: Played) {
  const clock = createClock();
  const start = clock.now();
  const sent: string[] = [];
  const asked: { at: number; calls: readonly string[] }[] = [];
  const notes: string[] = [];
  const interrupting = new AbortController();
  const ledger = openMemoryLedger(clock.now);
  const delivery = deliver(
    batches ?? batchesOf(Array.from({ length: 10 }, (_, at) => entryOf(`${at}`))),
    { ...policy, chunkSize: 1, ...special },
    {
      ...clock,
      ledger,
      random: createDice(1),
      interrupt: interrupting.signal,
      note(text) {
        notes.push(text);
        if (text.includes(interruptAt)) interrupting.abort('SIGINT');
      },
      warn: (text) => notes.push(text),
      destination: {
        budgets: [],
        async send(calls) {
          const uuids = calls.map(({ uuid }) => uuid);
          sent.push(...uuids);
          return send(uuids, sent.length);
        },
        find(calls, asking) {
          asked.push({ at: (clock.now() - start) / 1000, calls: calls.map(({ uuid }) => uuid) });
          return find(calls, asking);
        },
      },
    },
  );
  const outcomes = await outcomesOf(delivery);
  const of = (status: string) => outcomes.filter((one) => one.status === status).map(({ uuid }) => uuid);
  return { outcomes, of, sent, asked, notes, delivery, ledger, clock };
}

const everyFourth = (uuids: readonly string[], number: number) => (number % 4 === 0 ? lost : accepted(uuids));

async function* findAll(calls: readonly UnconfirmedCall[]) {
  const found = new Map(calls.map(({ uuid }) => [uuid, { note_id: 7, via: 'found' } as const]));
  yield { found, missing: new Set<string>() };
}

async function* findNone(calls: readonly UnconfirmedCall[]) {
  yield { found: new Map(), missing: new Set(calls.map(({ uuid }) => uuid)) };
}

test('calls whose answer was lost are asked for five minutes later, and accepted where they are found', async () => {
  const { of, asked, outcomes } = await play({ send: everyFourth, find: findAll });
  expect([of('accepted').length, of('unconfirmed').length]).toEqual([10, 0]);
  expect(asked.map(({ calls }) => calls)).toEqual([['3', '7']]);
  expect(asked[0]?.at).toBeGreaterThanOrEqual(300);
  expect(outcomes.filter(({ receipt }) => receipt?.via === 'found').map(({ uuid }) => uuid)).toEqual([
    '3',
    '7',
  ]);
});

test('a run that nobody waits for tells them as unconfirmed at once', async () => {
  const { of, asked } = await play({ send: everyFourth, find: findAll, special: { waitsToLook: false } });
  expect([of('unconfirmed'), asked]).toEqual([['3', '7'], []]);
});

test('what was not found is sent once more where the user decided so, and then looked for again', async () => {
  const { of, asked, sent } = await play({
    send: (uuids) => (uuids.includes('3') ? lost : accepted(uuids)),
    find: findNone,
    special: { onLostAnswer: 'resend' },
  });
  expect([of('unconfirmed'), of('accepted').length]).toEqual([['3'], 9]);
  expect(sent.filter((uuid) => uuid === '3').length).toBe(2);
  expect(asked.map(({ calls }) => calls)).toEqual([['3'], ['3']]);
});

test('what was found is not sent again, whatever the user decided', async () => {
  const { of, sent } = await play({ send: everyFourth, find: findAll, special: { onLostAnswer: 'resend' } });
  expect([of('accepted').length, sent.length]).toEqual([10, 10]);
});

test.each([
  ['cannot be reached', new UserError('the service could not be reached: HTTP 500', { exit: 5 }), 'hold'],
  ['is refused', new UserError('HTTP 403', { exit: 4 }), 'resend'],
] as const)(
  'a look that %s leaves the calls unconfirmed, sends nothing again, and is no failure of the run',
  async (_, failure, onLostAnswer) => {
    const { of, delivery, notes, sent } = await play({
      send: everyFourth,
      find: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) }),
      special: { onLostAnswer },
    });
    expect([of('unconfirmed'), of('accepted').length, sent.length]).toEqual([['3', '7'], 8, 10]);
    expect(delivery.stop()).toBeUndefined();
    expect(notes.join('\n')).toContain(`could not all be looked for: ${failure.message}`);
  },
);

test('a pause that a look is asked for holds for an hour at most, for all who share the ledger', async () => {
  const { ledger, clock } = await play({
    send: everyFourth,
    async *find(calls, { reportThrottled }) {
      await reportThrottled(1_700_000_000_000 + 48 * 3_600_000, 'HTTP 429');
      yield* findAll(calls);
    },
  });
  const pause = (await ledger.pausedUntil()) - clock.now();
  expect(pause).toBeLessThanOrEqual(3_600_000);
  expect(pause).toBeGreaterThan(3_590_000);
});

test('Ctrl-C ends the wait for the look: the calls are unconfirmed, and nothing is asked', async () => {
  const { of, asked } = await play({ send: everyFourth, find: findAll, interruptAt: 'looks for them in' });
  expect([of('unconfirmed'), of('accepted').length, asked]).toEqual([['3', '7'], 8, []]);
});

test('a run that was stopped asks nothing: its calls are unconfirmed', async () => {
  const { of, asked, delivery } = await play({ send: () => lost, find: findAll });
  expect(delivery.stop()?.message).toContain('kept failing');
  expect([of('unconfirmed').length, of('unsent').length, asked]).toEqual([5, 5, []]);
});

test('unconfirmed calls count as errors while they wait for the look', async () => {
  const { of, delivery } = await play({ send: everyFourth, find: findAll, special: { maxErrors: 1 } });
  expect(delivery.stop()?.message).toBe('stopped: 1 not accepted (--max-errors 1)');
  expect([of('accepted').length, of('unconfirmed').length, of('unsent').length]).toEqual([3, 1, 6]);
});

test('a run without an end asks five minutes after an answer was lost, and goes on meanwhile', async () => {
  const told: string[] = [];
  async function* growing(): AsyncGenerator<DeliveryBatch> {
    yield { entries: [entryOf('0')], endless: true, flush: true };
    yield { entries: [entryOf('1')], endless: true, flush: true };
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { of, asked } = await play({
    send: (uuids) => (uuids.includes('0') ? lost : accepted(uuids)),
    async *find(calls) {
      yield* findAll(calls);
      told.push('asked');
    },
    special: { onTrouble: 'wait', waitsToLook: false },
    batches: growing(),
  });
  expect(of('accepted').sort()).toEqual(['0', '1']);
  expect(asked.map(({ calls }) => calls)).toEqual([['0']]);
  expect(asked[0]?.at).toBeGreaterThanOrEqual(300);
});
