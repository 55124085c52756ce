import { describe, expect, test } from 'vitest';
import type { CallEntry, Outcome } from '../../src/core/outcome.js';
import type { SendResult } from '../../src/core/send-result.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryBatch, DeliveryOptions } from '../../src/delivery/options.js';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { newSqlitePlace, runOf } from '../ledger/engines.js';
import { createClock, createDice, entryOf, policy } from './world.js';

const down: SendResult = { kind: 'not received', reason: 'connection refused', throttled: false };
const accepted = (uuids: readonly string[]): SendResult => ({
  kind: 'answered',
  verdicts: { accepted: new Set(uuids), rejected: new Map(), unknownUuids: [] },
});
const following: DeliveryOptions = { ...policy, onTrouble: 'wait' };

/** Rows of the call `a` as they are read late: parts of it, with so many seconds of talk. */
const part = (billsec: number, more: Partial<CallEntry['call']> = {}): CallEntry => {
  const entry = entryOf('a', '1000', billsec);
  return { ...entry, call: { ...entry.call, ...more }, origin: {}, isPart: true };
};

/** Sends rows that come one after the other: the second while the first is on its way, or while its next try is waited for. */
async function play(
  rows: readonly CallEntry[],
  answers: readonly SendResult[],
  ledger?: Awaited<ReturnType<typeof runOf>>,
) {
  const clock = createClock();
  const sent: number[] = [];
  let tried: () => void = () => undefined;
  const warnings: string[] = [];
  async function* batches(): AsyncGenerator<DeliveryBatch> {
    const [first, ...others] = rows;
    const isTried = new Promise<void>((resolve) => {
      tried = resolve;
    });
    if (first !== undefined) yield { entries: [first], endless: true, flush: true };
    await isTried;
    for (const entry of others) yield { entries: [entry], endless: true, flush: true };
  }
  const delivery = deliver(batches(), following, {
    ...clock,
    async sleep(...pause) {
      tried();
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
      await clock.sleep(...pause);
    },
    ledger: ledger ?? openMemoryLedger(clock.now),
    random: createDice(1),
    interrupt: new AbortController().signal,
    note: () => undefined,
    warn: (text) => warnings.push(text),
    destination: {
      budgets: [],
      async send(calls) {
        sent.push(...calls.map(({ billsec }) => billsec));
        const answer = answers[sent.length - 1] ?? accepted(['a']);
        if (answer === down) return answer;
        tried();
        for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
        return answer;
      },
    },
  });
  const outcomes: Outcome[] = [];
  for await (const batch of delivery.outcomes) outcomes.push(...batch);
  return {
    sent,
    warnings,
    told: outcomes.map(({ status, changed }) => `${status}${changed ? ' changed' : ''}`),
  };
}

describe('rows of a call that come after it was read', () => {
  test('join it while the service is away: the fuller version is what arrives, whichever came first', async () => {
    for (const talk of [
      [17, 0],
      [0, 17],
    ] as const) {
      const { sent, told } = await play([part(talk[0]), part(talk[1])], [down, down]);
      expect(sent.at(-1)).toBe(17);
      expect(told).toEqual(['accepted', 'duplicate']);
    }
  });

  test('are compared with what was sent when they come while it is on its way', async () => {
    const place = await newSqlitePlace();
    const run = await runOf(place, 'follow', { ...createClock(), isEndless: true });
    const { sent, told, warnings } = await play([part(0), part(17)], [], run);
    expect(sent).toEqual([0]);
    expect(told).toEqual(['accepted', 'duplicate changed']);
    expect(warnings).toEqual(['a: more rows of this call came after it was sent']);
  });

  test('share its outcome where it was not accepted', async () => {
    const lost: SendResult = { kind: 'lost', reason: '500' };
    expect((await play([part(17), part(0)], [down, lost])).told).toEqual(['unconfirmed', 'unconfirmed']);
  });

  test('are not sent as new content where the answer to what was sent is lost: they are as uncertain', async () => {
    const lost: SendResult = { kind: 'lost', reason: '500' };
    const place = await newSqlitePlace();
    const run = await runOf(place, 'follow', { ...createClock(), isEndless: true });
    const { sent, told } = await play([part(0), part(17)], [lost], run);
    expect([sent, told]).toEqual([[0], ['unconfirmed', 'unconfirmed']]);
  });
});
