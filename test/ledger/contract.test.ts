import { beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import type { LedgerStore } from '../../src/core/ledger-store.js';
import type { SavedRecord, TakenRuns } from '../../src/core/saved-record.js';
import { parseSaved } from '../../src/core/saved-record.js';
import { entryOf } from '../delivery/world.js';
import { noPostgres, sharedPostgres } from '../setup/postgres.js';
import { engines, newSqlitePlace, runOf, testClock } from './engines.js';

const server = sharedPostgres();
const hold = { accepted: false, unconfirmed: false, changed: false };
const resend = { ...hold, unconfirmed: true };

const callsOf = (...uuids: readonly string[]): readonly Call[] =>
  uuids.map((uuid) => entryOf(uuid, '1').call);

/** All that a ledger keeps. */
async function saved({ transfer }: LedgerStore): Promise<readonly SavedRecord[]> {
  const records: SavedRecord[] = [];
  for await (const page of transfer.save()) records.push(...page);
  return records;
}

const noRuns = (): TakenRuns => ({ byNumber: new Map(), used: new Set() });

describe.each(engines)('two runs of one ledger in $name', ({ isHere, newPlace }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));

  test('know a call by its uuid, whatever it is', async () => {
    const place = await newPlace(server);
    const uuids = ['u'.repeat(5000), 'a\0b', '\ud800', 'ü', ''];
    const first = await runOf(place, 'first');
    expect(await first.claim(callsOf(...uuids), hold)).toEqual(uuids.map(() => 'ours'));
    await first.settle(
      '1',
      uuids.map((uuid) => ({ uuid, state: 'unconfirmed', reasons: ['a\0b'] })),
    );
    const second = await runOf(place, 'second');
    expect(await second.claim(callsOf(...uuids), hold)).toEqual(uuids.map(() => 'unconfirmed'));
    const { history } = second.store;
    const inDoubt = await second.unconfirmedCalls({ from: 0, to: 2_000_000_000, isAll: true });
    for (const calls of [inDoubt, await history.unconfirmedCalls(), await history.findCalls(uuids)])
      expect(calls.map(({ uuid }) => uuid).toSorted()).toEqual(uuids.toSorted());
    const records = await saved(second.store);
    expect(records.flatMap((one) => (one.kind === 'call' ? one.uuid : [])).toSorted()).toEqual(
      uuids.toSorted(),
    );
  });

  /** A run that has a call in flight, was taken for dead, and lives; and the run that took its call. */
  async function takenOver() {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    await first.claim(callsOf('a'), hold);
    await place.kill('first');
    const second = await runOf(place, 'second');
    expect(await second.claim(callsOf('a'), resend)).toEqual(['ours']);
    return { place, first, second };
  }

  test('a verdict of a run whose claim was taken changes nothing, and says who has it', async () => {
    const { first, second } = await takenOver();
    for (const state of ['rejected', 'unconfirmed', 'unsent', 'waiting', 'held'] as const) {
      expect(await first.settle('1', [{ uuid: 'a', state }])).toEqual([
        { uuid: 'a', lostTo: { run: second.id, state: 'in flight' } },
      ]);
    }
    expect(await second.settle('1', [{ uuid: 'a', state: 'unsent' }])).toEqual([]);
    expect(await second.store.history.findCalls(['a'])).toMatchObject([
      { state: 'unconfirmed', run: first.id },
    ]);
  });

  test('a success is recorded whoever has the call by then, and what the other one says after it is not', async () => {
    const { place, first, second } = await takenOver();
    expect(await first.settle('1', [{ uuid: 'a', state: 'accepted', receipt: { note_id: 7 } }])).toEqual([]);
    for (const state of ['rejected', 'unsent'] as const) {
      expect(await second.settle('1', [{ uuid: 'a', state }])).toEqual([
        { uuid: 'a', lostTo: { run: first.id, state: 'accepted' } },
      ]);
    }
    const third = await runOf(place, 'third');
    expect(await third.claim(callsOf('a'), resend)).toEqual(['accepted']);
    expect(await third.store.history.findCalls(['a'])).toMatchObject([
      { run: first.id, receipt: { note_id: 7 } },
    ]);
  });

  test('a run that was taken for dead keeps what nobody took: its verdicts count, and so does what it gives back', async () => {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    await first.claim(callsOf('a', 'b', 'c'), hold);
    await place.kill('first');
    const second = await runOf(place, 'second');
    expect(await second.lookup(callsOf('a', 'b', 'c'), hold)).toEqual(Array(3).fill('unconfirmed'));
    expect(
      await first.settle('1', [
        { uuid: 'a', state: 'rejected', reasons: ['no'] },
        { uuid: 'b', state: 'unsent' },
        { uuid: 'c', state: 'held' },
      ]),
    ).toEqual([]);
    expect(await first.claim(callsOf('c'), hold)).toEqual(['ours']);
    expect(await second.lookup(callsOf('a', 'b'), hold)).toEqual(['ours', 'ours']);
  });

  test('a run that slept asks before it sends: what was taken is not its own, what was put in doubt is', async () => {
    const place = await newPlace(server);
    const clock = { at: testClock() };
    const now = () => clock.at;
    const first = await runOf(place, 'first', { now });
    await first.claim(callsOf('a', 'b', 'c'), hold);
    expect(await first.confirmClaims('1', ['a', 'b', 'c'])).toEqual([]);
    await place.kill('first');
    const second = await runOf(place, 'second', { now });
    expect(await second.claim(callsOf('a'), resend)).toEqual(['ours']);
    clock.at += 100_000;
    expect(await first.confirmClaims('1', ['a', 'b'])).toEqual([
      { uuid: 'a', lostTo: { run: second.id, state: 'in flight' } },
    ]);
    expect(await first.confirmClaims('1', ['c'])).toEqual([]);
    expect(await first.store.history.findCalls(['b', 'c'])).toMatchObject([
      { state: 'in flight', run: first.id },
      { state: 'in flight', run: first.id },
    ]);
  });

  test('a held call that was sent before, and whose run died, is what it was before', async () => {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    await first.claim(callsOf('a', 'b', 'new'), hold);
    await first.settle('1', [
      { uuid: 'a', state: 'unconfirmed', reasons: ['time-out'] },
      { uuid: 'b', state: 'accepted', receipt: { note_id: 7 } },
      { uuid: 'new', state: 'unsent' },
    ]);
    const before = await first.store.history.findCalls(['a', 'b', 'new']);
    const second = await runOf(place, 'second');
    await second.claim(callsOf('a', 'b', 'new'), { ...resend, accepted: true });
    await second.settle(
      '1',
      ['a', 'b', 'new'].map((uuid) => ({ uuid, state: 'held' })),
    );
    await place.kill('second');
    const third = await runOf(place, 'third');
    expect(await third.store.history.findCalls(['a', 'b', 'new'])).toEqual(before);
    expect(await third.claim(callsOf('a', 'b', 'new'), hold)).toEqual(['unconfirmed', 'accepted', 'ours']);
  });

  test('forgetting leaves a run that lasts: what it has in flight when it dies is in doubt', async () => {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    const second = await runOf(place, 'second');
    expect(await second.store.history.forget(testClock() / 1000 + 86_400)).toBe(0);
    await first.claim(callsOf('a'), hold);
    await place.kill('first');
    const third = await runOf(place, 'third');
    expect(third.id).toBeGreaterThan(second.id);
    expect(await third.claim(callsOf('a'), hold)).toEqual(['unconfirmed']);
  });

  test('the number of a run that was forgotten is given to no other one', async () => {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    await first.claim(callsOf('a', 'b'), hold);
    await first.settle('1', [{ uuid: 'a', state: 'rejected' }]);
    await first.settle('1', [{ uuid: 'b', state: 'unsent' }]);
    await first.end('{}', 0);
    expect(await first.store.history.forget(testClock() / 1000 + 86_400)).toBe(1);
    expect(await first.store.history.lastRuns()).toEqual([]);
    expect((await runOf(place, 'second')).id).toBeGreaterThan(first.id);
  });

  test('a pause is told with its reason, is as long for a clock that is hours off, and can be lifted', async () => {
    const place = await newPlace(server);
    const at = { ms: Date.now() };
    const ahead = await runOf(place, 'ahead', { now: () => at.ms + 3 * 3_600_000 });
    const right = await runOf(place, 'right', { now: () => at.ms });
    await ahead.reserveSlot(5);
    await ahead.reportThrottled(at.ms + 3 * 3_600_000 + 60_000, 'HTTP 429: slow down');
    const until = await right.pausedUntil();
    expect(until - at.ms).toBeGreaterThan(50_000);
    expect(until - at.ms).toBeLessThanOrEqual(61_000);
    const [pause] = await right.store.history.pauses();
    expect(pause).toMatchObject({ address: 'http://127.0.0.1', code: 'c', reason: 'HTTP 429: slow down' });
    expect(await right.store.history.liftPauses()).toHaveLength(1);
    expect(await right.store.history.pauses()).toEqual([]);
    expect(await right.pausedUntil()).toBeLessThanOrEqual(at.ms);
    expect((await right.reserveSlot(5)) - at.ms).toBeLessThan(2000);
  });

  test('a slot that a clock took which was ahead makes nobody wait, and one that was behind hurries nobody', async () => {
    const place = await newPlace(server);
    const at = Date.now();
    const right = await runOf(place, 'right', { now: () => at });
    const rates = [];
    for (const hours of [3, 960, -3]) {
      const wrong = await runOf(place, 'wrong', { now: () => at + hours * 3_600_000 });
      for (let slot = 0; slot < 3; slot++) await wrong.reserveSlot(5);
      const [first, second] = [await right.reserveSlot(5), await right.reserveSlot(5)];
      expect(first - at).toBeLessThan(30_000);
      rates.push(second - first);
    }
    for (const gap of rates) expect(gap).toBeGreaterThanOrEqual(190);
  });

  test('a pause until a year of decades to come is none', async () => {
    const place = await newPlace(server);
    const at = Date.now();
    const run = await runOf(place, 'run', { now: () => at });
    await run.reportThrottled(at + 1_796_000_000_000);
    expect((await run.pausedUntil()) - at).toBeLessThanOrEqual(86_400_000 + 2000);
  });

  test('a call that waits since a clock was ahead is due', async () => {
    const place = await newPlace(server);
    const ahead = await runOf(place, 'ahead', { now: () => testClock() + 3 * 3_600_000 });
    await ahead.claim(callsOf('a'), hold);
    await ahead.settle('1', [{ uuid: 'a', state: 'waiting' }]);
    expect(await (await runOf(place, 'right')).claim(callsOf('a'), hold)).toEqual(['ours']);
  });

  test('what it knows is carried to another ledger, which keeps what it knows itself', async () => {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    await first.claim(callsOf('a', 'b', 'c', 'd', 'flying', 'held', 'free'), hold);
    await first.settle('1', [
      { uuid: 'a', state: 'accepted', receipt: { note_id: 7 } },
      { uuid: 'b', state: 'rejected', reasons: ['no'] },
      { uuid: 'c', state: 'unconfirmed' },
      { uuid: 'd', state: 'waiting' },
      { uuid: 'held', state: 'held' },
      { uuid: 'free', state: 'unsent' },
    ]);
    const records = await saved(first.store);
    expect(records.map((record) => parseSaved(JSON.stringify(record)))).toEqual(records);
    const second = await runOf(await newSqlitePlace(), 'second');
    await second.claim(callsOf('c'), hold);
    await second.settle('1', [{ uuid: 'c', state: 'accepted' }]);
    expect(await second.store.transfer.take(records, noRuns())).toMatchObject({ run: 1, call: 4 });
    expect(await second.store.transfer.take(records, noRuns())).toMatchObject({ run: 0, call: 0 });
    const third = await runOf({ open: async () => second.store }, 'third');
    expect(await third.claim(callsOf('a', 'b', 'c', 'd', 'flying', 'held', 'free'), hold)).toEqual([
      'accepted',
      'ours',
      'accepted',
      { nextTry: testClock() / 1000 + 60 },
      'unconfirmed',
      'ours',
      'ours',
    ]);
  });

  test('calls in doubt are given when their next look is due, and are sent again only as what they were', async () => {
    const place = await newPlace(server);
    const clock = { at: testClock() };
    const run = await runOf(place, 'run', { now: () => clock.at });
    const seconds = () => clock.at / 1000;
    await run.claim(callsOf('old', 'young', 'there', 'flying'), hold);
    await run.settle('1', [
      { uuid: 'old', state: 'unconfirmed', at: seconds() - 600 },
      { uuid: 'young', state: 'unconfirmed' },
      { uuid: 'there', state: 'accepted' },
    ]);
    const due = async (isAll = false) => {
      const period = { from: seconds() - 3600, to: seconds() - 300, isAll };
      return (await run.unconfirmedCalls(period)).map(({ uuid, account }) => `${account} ${uuid}`);
    };
    expect(await due()).toEqual(['1 old']);
    await run.recordMissing([
      { uuid: 'old', account: '1', at: 0 },
      { uuid: 'there', account: '1', at: 0 },
    ]);
    expect([await due(), await due(true)]).toEqual([[], ['1 old']]);
    clock.at += 301_000;
    expect(await due()).toEqual(['1 young', '1 old']);
    await run.recordMissing([{ uuid: 'old', account: '1', at: 0 }]);
    clock.at += 899_000;
    expect(await due()).toEqual(['1 young']);
    clock.at += 2000;
    expect(await due()).toEqual(['1 young', '1 old']);
    await run.settle('1', [{ uuid: 'young', state: 'accepted', receipt: { note_id: 1, via: 'found' } }]);
    expect(await due(true)).toEqual(['1 old']);
    expect(await run.store.history.findCalls(['old', 'young'])).toMatchObject([
      { state: 'unconfirmed', at: testClock() / 1000 - 600 },
      { state: 'accepted', receipt: { via: 'found' } },
    ]);
    const other = await runOf(place, 'other', { now: () => clock.at });
    expect(await other.claim(callsOf('old'), resend)).toEqual(['ours']);
    await other.settle('1', [{ uuid: 'old', state: 'unsent' }]);
    expect(await due(true)).toEqual(['1 old']);
  });

  test('another call under the same uuid is said to be another one, and never sent as the new content of the first', async () => {
    const place = await newPlace(server);
    const first = await runOf(place, 'first');
    const { call } = entryOf('a', '1');
    await first.claim([call], hold);
    await first.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    const second = await runOf(place, 'second');
    const policy = { ...hold, changed: true };
    expect(await second.claim([{ ...call, to: '102' }], policy)).toEqual([{ sentBillsec: 5, isOther: true }]);
    expect(await second.claim([{ ...call, billsec: 9 }], policy)).toEqual(['ours']);
  });
});
