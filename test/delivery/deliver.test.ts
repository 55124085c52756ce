import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import type { Ledger } from '../../src/core/ledger.js';
import type { Receipt, SendResult } from '../../src/core/send-result.js';
import { count, emptyTally, summarise } from '../../src/core/summary.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryDeps, DeliveryOptions } from '../../src/delivery/options.js';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { newSqlitePlace, runOf } from '../ledger/engines.js';
import { batchesOf, createClock, createDice, entryOf, outcomesOf, policy } from './world.js';

const unavailable: SendResult = { kind: 'not received', reason: 'HTTP 503', throttled: true };

interface Played {
  readonly judge: (uuids: readonly string[], number: number, at: number) => SendResult;
  readonly ledger?: Partial<Ledger>;
  readonly special?: Partial<DeliveryOptions>;
  readonly interrupt?: AbortSignal;
  /** Numbers in [0, 1) that decide how long pauses are. */
  readonly random?: () => number;
}

/** Sends a thousand calls to a service of this temper. */
async function play({ judge, ledger, special, interrupt, random = createDice(1) }: Played) {
  const clock = createClock();
  const sends: { readonly at: number; readonly uuids: readonly string[] }[] = [];
  const world: DeliveryDeps = {
    ...clock,
    ledger: { ...openMemoryLedger(clock.now), ...ledger },
    random,
    interrupt: interrupt ?? new AbortController().signal,
    note: () => undefined,
    warn: () => undefined,
    destination: {
      budgets: [],
      async send(calls) {
        const uuids = calls.map(({ uuid }) => uuid);
        sends.push({ at: clock.now(), uuids });
        return judge(uuids, sends.length, clock.now());
      },
    },
  };
  const entries = Array.from({ length: 1000 }, (_, at) => entryOf(`${at}`));
  const delivery = deliver(
    batchesOf(entries),
    { ...policy, chunkSize: 10, concurrency: 4, ...special },
    world,
  );
  const failure = { error: undefined as unknown };
  const counts: Record<string, number> = {};
  try {
    for await (const batch of delivery.outcomes) {
      for (const { status } of batch) counts[status] = (counts[status] ?? 0) + 1;
    }
  } catch (error) {
    failure.error = error;
  }
  return { sends, delivery, counts, clock, error: failure.error };
}

const accepted = (uuids: readonly string[]): SendResult => ({
  kind: 'answered',
  verdicts: { accepted: new Set(uuids), rejected: new Map(), unknownUuids: [] },
});

describe('a run without an end', () => {
  test('holds its calls while the service is down, free if it dies, and sends each once when it is back', async () => {
    const place = await newSqlitePlace();
    const clock = createClock();
    const run = await runOf(place, 'a service', { ...clock, isEndless: true });
    const next = await runOf(place, 'one that takes over', { ...clock, seeProcess: () => 'gone' });
    const given: (readonly unknown[])[] = [];
    const ledger: Ledger = {
      ...run.ledger,
      async settle(account, settlements) {
        const lost = await run.ledger.settle(account, settlements);
        if (settlements.every(({ state }) => state === 'held')) {
          const policy = { accepted: false, unconfirmed: false, changed: false };
          given.push(await next.lookup([entryOf('0').call], policy));
        }
        return lost;
      },
    };
    let start: number | undefined;
    const { counts, sends } = await play({
      judge(uuids, _number, at) {
        start ??= at;
        return at - start < 3_600_000 ? unavailable : accepted(uuids);
      },
      ledger,
      special: { onTrouble: 'wait', concurrency: 1, chunkSize: 1000, rate: 5 },
    });
    expect(counts).toEqual({ accepted: 1000 });
    // Pauses that grow to 5 minutes: an hour takes some twenty requests, not hundreds.
    expect(sends.length).toBeLessThan(30);
    // The first one that is answered carries one call, the next one all the others.
    expect(given.length).toBe(sends.length - 2);
    expect(given.flat()).toEqual(given.map(() => 'ours'));
  });
});

describe('a run', () => {
  test('under 503 alone ends by the breaker, its sends stay within the budget', async () => {
    const { sends, delivery, counts } = await play({
      judge: () => unavailable,
    });
    expect(counts).toEqual({ unsent: 1000 });
    expect(delivery.stop()).toMatchObject({ exit: 5, message: expect.stringContaining('kept failing') });
    expect(delivery.requests() + delivery.retries()).toBe(sends.length);
    expect(delivery.retries()).toBeLessThanOrEqual(delivery.requests() * 0.1 + 5 * policy.retries);
    expect(delivery.requests()).toBeLessThanOrEqual(5 + 4);
  });

  test.each([
    [1, 5, 0.999],
    [1, 20, 0.999],
    [4, 5, 0.999],
    [4, 5, 0],
    [4, 0, 0.5],
    [20, 20, 0.5],
  ])(
    'that is never answered ends within 60 s (%i at a time, %i retries, chance %d)',
    async (concurrency, retries, chance) => {
      const { sends, delivery, counts, clock } = await play({
        judge: () => unavailable,
        special: { rate: 6.5, concurrency, retries },
        random: () => chance,
      });
      expect(counts).toEqual({ unsent: 1000 });
      expect(delivery.stop()).toMatchObject({ exit: 5, message: expect.stringContaining('kept failing') });
      expect(clock.now() - (sends[0]?.at ?? 0)).toBeLessThanOrEqual(60_000);
      // As slow as ever: half the rate after each failure.
      for (const [at, gap] of [2000, 4000].entries()) {
        expect((sends[at + 3]?.at ?? 0) - (sends[at + 2]?.at ?? 0)).toBeGreaterThanOrEqual(gap);
      }
    },
  );

  test.each([
    ['a service that is back after 40 s', (_: number, at: number) => at < 40_000],
    ['one that answered before', (number: number, at: number) => number > 1 && at < 110_000],
  ])('waits for %s', async (_, isDown) => {
    let first: number | undefined;
    const { counts } = await play({
      judge(uuids, number, at) {
        first ??= at;
        return isDown(number, at - first) ? unavailable : accepted(uuids);
      },
      special: { rate: 6.5 },
    });
    expect(counts).toEqual({ accepted: 1000 });
  });

  test('waits as long as the service says, also where it never said anything else', async () => {
    const { counts } = await play({
      judge: (uuids, number) => (number <= 3 ? { ...unavailable, waitMs: 100_000 } : accepted(uuids)),
      special: { rate: 6.5, concurrency: 1 },
    });
    expect(counts).toEqual({ accepted: 1000 });
  });

  test('in which every third request fails once stays within a tenth, beyond what the breaker needs', async () => {
    const { delivery, counts } = await play({
      judge: (uuids, number) =>
        number % 3 === 0 ? { kind: 'not received', reason: 'reset', throttled: false } : accepted(uuids),
      special: { chunkSize: 1, retries: 1 },
    });
    expect(delivery.requests()).toBe(1000);
    expect(delivery.retries()).toBeLessThanOrEqual(1000 * 0.1 + 5);
    expect((counts['accepted'] ?? 0) + (counts['unsent'] ?? 0)).toBe(1000);
  });

  test.each([408, 425, 429])('obeys a Retry-After with %i: too long a one ends it', async (status) => {
    const { sends, delivery } = await play({
      judge: () => ({
        kind: 'not received',
        reason: `HTTP ${status}`,
        throttled: status === 429,
        waitMs: 121_000,
      }),
      special: { concurrency: 1 },
    });
    expect(sends.length).toBe(1);
    expect(delivery.stop()?.message).toBe('the service asked to wait 121 s');
  });

  test('lets nobody go who held a place when the service asked for a pause', async () => {
    const { sends } = await play({
      judge: (uuids, number) =>
        number === 3
          ? { kind: 'not received', reason: '429', throttled: true, waitMs: 60_000 }
          : accepted(uuids),
      special: { rate: 6.5, chunkSize: 100 },
    });
    const asked = sends[2]?.at ?? 0;
    expect(sends.length).toBe(11);
    for (const { at } of sends.slice(3)) expect(at).toBeGreaterThanOrEqual(asked + 60_000);
  });
});

describe('a ledger that fails', () => {
  const broken = () => {
    throw new Error('the disk is gone');
  };
  const rejecting = async () => broken();

  test.each([
    ['when it is asked', { lookup: rejecting }, 0],
    ['before the intent is on disk', { claim: rejecting }, 0],
    ['when it gives a slot', { reserveSlot: rejecting }, 0],
    ['when it is asked for a pause', { pausedUntil: rejecting }, 0],
  ] as const)('%s: nothing is sent, everything is unsent', async (_when, ledger, requests) => {
    const { sends, counts, error } = await play({ judge: accepted, ledger, special: { rate: 5 } });
    expect(sends.length).toBe(requests);
    expect(counts).toEqual({ unsent: 1000 });
    expect(String(error)).toBe('Error: the disk is gone');
  });

  test.each([
    ['when a verdict is to be written', { settle: rejecting }, 'unconfirmed'],
    ['when a success is to be reported', { reportSuccess: rejecting }, 'accepted'],
  ] as const)(
    '%s: nothing more is sent, and what later runs will know is reported',
    async (_when, ledger, status) => {
      const { sends, counts, error } = await play({
        judge: accepted,
        ledger,
        special: { rate: 5, concurrency: 1 },
      });
      expect(sends.length).toBe(1);
      expect(counts).toEqual({ [status]: 10, unsent: 990 });
      expect(String(error)).toBe('Error: the disk is gone');
    },
  );
});

test('a verdict is on disk before the next part of a refused request leaves', async () => {
  const settled = new Set<string>();
  const memory = openMemoryLedger(() => 0);
  const { counts } = await play({
    judge(uuids) {
      expect(uuids.filter((uuid) => settled.has(uuid))).toEqual([]);
      return uuids.includes('5') ? { kind: 'refused', reason: 'HTTP 400', tooLarge: false } : accepted(uuids);
    },
    ledger: {
      ...memory,
      async settle(account, settlements) {
        const ended = settlements.filter(({ state }) => state !== 'held');
        expect(ended.length).toBeLessThanOrEqual(9);
        for (const { uuid } of ended) settled.add(uuid);
        return memory.settle(account, settlements);
      },
    },
    special: { concurrency: 1, chunkSize: 10, maxErrors: 1 },
  });
  expect(counts).toMatchObject({ rejected: 1 });
});

test('an input that never ends is left behind when the user interrupts', async () => {
  const clock = createClock();
  const controller = new AbortController();
  async function* endless() {
    yield { entries: [entryOf('a')], endless: true };
    controller.abort('SIGINT');
    await new Promise(() => undefined);
  }
  const delivery = deliver(endless(), policy, {
    ...clock,
    ledger: openMemoryLedger(clock.now),
    random: createDice(1),
    interrupt: controller.signal,
    note: () => undefined,
    warn: () => undefined,
    destination: { budgets: [], send: async (calls) => accepted(calls.map(({ uuid }) => uuid)) },
  });
  expect((await outcomesOf(delivery)).map(({ status }) => status)).toEqual(['unsent']);
});

describe('a call that was accepted and comes with other content', () => {
  const linked = entryOf('linked');
  const entries = [
    entryOf('same'),
    entryOf('longer', '1000', 17),
    { ...linked, call: { ...linked.call, link: 'https://example.com/1.mp3' } },
  ];

  /** A ledger that knows all three as accepted with 5 s of talk, and a run over them. */
  async function again(
    options: Partial<DeliveryOptions> = {},
    correction?: NonNullable<DeliveryDeps['destination']['correction']>,
  ) {
    const clock = createClock();
    const place = await newSqlitePlace();
    const first = await runOf(place, 'first', clock);
    const before = ['same', 'longer', 'linked'].map((uuid) => entryOf(uuid).call);
    await first.claim(before, { accepted: false, unconfirmed: false, changed: false });
    await first.settle(
      '1000',
      before.map(({ uuid }) => ({ uuid, state: 'accepted', receipt: { note_id: 7 } })),
    );
    async function run() {
      const warnings: string[] = [];
      const sent: string[] = [];
      const delivery = deliver(
        batchesOf(entries),
        { ...policy, ...options },
        {
          ...clock,
          ledger: await runOf(place, 'next', { ...clock, seeProcess: () => 'gone' }),
          random: createDice(1),
          interrupt: new AbortController().signal,
          note: () => undefined,
          warn: (text) => warnings.push(text),
          destination: {
            budgets: [],
            async send(calls) {
              sent.push(...calls.map(({ uuid }) => uuid));
              return accepted(calls.map(({ uuid }) => uuid));
            },
            ...(correction === undefined ? {} : { correction }),
          },
        },
      );
      const outcomes = await outcomesOf(delivery);
      const tally = count(emptyTally, outcomes);
      const summary = summarise(tally, { requests: 0, retries: 0, seconds: 0 });
      return { outcomes, warnings, sent, summary };
    }
    return { run, place, clock };
  }

  test('is a duplicate that says what changed, is counted, and is warned about once over all runs', async () => {
    const { run } = await again();
    const { outcomes, warnings, sent, summary } = await run();
    expect(outcomes).toMatchObject([
      { uuid: 'same', status: 'duplicate', reasons: ['accepted in an earlier run'] },
      {
        uuid: 'longer',
        status: 'duplicate',
        reasons: ['changed since it was sent: talk time 5 s, now 17 s'],
      },
      { uuid: 'linked', status: 'duplicate', reasons: ['changed since it was sent: other fields'] },
    ]);
    expect(warnings).toEqual([
      'longer: changed since it was sent: talk time 5 s, now 17 s',
      'linked: changed since it was sent: other fields',
    ]);
    expect([sent, summary.duplicate, summary.changed]).toEqual([[], 3, 2]);
    const second = await run();
    expect([second.warnings, second.summary.changed]).toEqual([[], 2]);
  });

  test('is sent again with resendChanged, and is the same from then on', async () => {
    const { run } = await again({ resendChanged: true });
    const { sent, summary } = await run();
    expect([sent, summary.accepted, summary.changed]).toEqual([['longer', 'linked'], 2, 0]);
    expect((await run()).sent).toEqual([]);
  });

  /** Answers in this order, the last of them for ever; tells what was written over. */
  function corrector(...answers: readonly SendResult[]) {
    const written: string[] = [];
    const correction = {
      accepts: ({ note_id }: Receipt) => note_id === 7,
      async correct({ uuid }: Call): Promise<SendResult> {
        written.push(uuid);
        const answer = answers[Math.min(written.length, answers.length) - 1] ?? accepted([uuid]);
        return answer.kind === 'answered' ? accepted([uuid]) : answer;
      },
    };
    return { written, correction };
  }
  const lostOnce: SendResult = { kind: 'lost', reason: 'no answer: reset' };

  test('is written over where the destination can, a lost answer followed by another try, and is the same from then on', async () => {
    const { written, correction } = corrector(lostOnce, accepted([]));
    const { run } = await again({ onLostAnswer: 'hold' }, correction);
    const { outcomes, sent, summary, warnings } = await run();
    expect([sent, written.sort(), warnings]).toEqual([[], ['linked', 'longer', 'longer'], []]);
    expect(summary).toMatchObject({ accepted: 2, duplicate: 1, changed: 0 });
    expect(outcomes.find(({ uuid }) => uuid === 'longer')).toMatchObject({ receipt: { note_id: 7 } });
    expect((await run()).summary).toMatchObject({ accepted: 0, duplicate: 3, changed: 0 });
    expect(written).toHaveLength(3);
  });

  test.each<readonly [string, SendResult, string, string]>([
    ['has no verdict', lostOnce, 'unsent', 'not corrected: no answer: reset'],
    ['is refused', { kind: 'refused', reason: '400', tooLarge: false }, 'rejected', 'not corrected: 400'],
    ['meets a stop', { kind: 'stop', reason: '401', hint: '', exit: 4 }, 'unsent', 'not corrected: 401'],
  ])(
    'whose correction %s stays accepted with what was sent, for the next run',
    async (_, answer, status, reason) => {
      const { written, correction } = corrector(answer);
      const { run, place, clock } = await again({ retries: 1 }, correction);
      const { outcomes } = await run();
      expect(outcomes.find(({ uuid }) => uuid === 'longer')).toMatchObject({ status, reasons: [reason] });
      expect(outcomes.find(({ uuid }) => uuid === 'linked')?.status).toBe(status);
      expect(written.length).toBeGreaterThan(0);
      const later = await runOf(place, 'later', { ...clock, seeProcess: () => 'gone' });
      const changed = { sentBillsec: 5, receipt: { note_id: 7 } };
      expect(
        await later.claim(
          entries.map(({ call }) => call),
          { accepted: false, unconfirmed: true, changed: false },
        ),
      ).toEqual(['accepted', changed, changed]);
    },
  );
});

describe('a call that another process is sending', () => {
  async function playBusy(until: (now: number) => boolean, uuids = ['busy', 'free']) {
    const notes: string[] = [];
    const clock = createClock();
    const started = clock.now();
    const place = await newSqlitePlace();
    const other = await runOf(place, 'other', clock);
    await other.claim([entryOf('busy').call], { accepted: false, unconfirmed: false, changed: false });
    const mine = await runOf(place, 'mine', {
      ...clock,
      seeProcess: () => (until(clock.now() - started) ? 'alive' : 'gone'),
    });
    const sent: string[] = [];
    const delivery = deliver(batchesOf(uuids.map((uuid) => entryOf(uuid))), policy, {
      ...clock,
      ledger: mine,
      random: createDice(1),
      interrupt: new AbortController().signal,
      note: (text) => void notes.push(text),
      warn: () => undefined,
      destination: {
        budgets: [],
        async send(calls) {
          sent.push(...calls.map(({ uuid }) => uuid));
          await clock.sleep(90_000);
          return accepted(calls.map(({ uuid }) => uuid));
        },
      },
    });
    const outcomes = await outcomesOf(delivery);
    return { outcomes, sent, notes, seconds: (clock.now() - started) / 1000 };
  }

  test('is waited for 60 s at most, then it is waiting; the others are sent at once', async () => {
    const { outcomes, sent, seconds } = await playBusy(() => true);
    expect(sent).toEqual(['free']);
    expect(outcomes).toMatchObject([
      { uuid: 'free', status: 'accepted' },
      { uuid: 'busy', status: 'waiting', reasons: [expect.stringMatching(/^another process .* for 60 s/)] },
    ]);
    expect(seconds).toBeLessThan(91);
  });

  test('is told of once while it is waited for', async () => {
    const { notes } = await playBusy(() => true, ['busy']);
    expect(notes).toEqual(['another run is sending these calls: waiting up to 59 s']);
  });

  test('is asked for again after a long request, however long that took', async () => {
    const { outcomes } = await playBusy((now) => now < 70_000);
    expect(outcomes).toMatchObject([{ uuid: 'free' }, { uuid: 'busy', status: 'unconfirmed' }]);
  });
});
