import { beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import { entryOf } from '../delivery/world.js';
import { noPostgres, sharedPostgres } from '../setup/postgres.js';
import { engines, runOf, testClock } from './engines.js';

/** Calls of an account with these uuids. */
function callsOf(account: string, uuids: readonly string[]): readonly Call[] {
  return uuids.map((uuid) => entryOf(uuid, account).call);
}

const hold = { accepted: false, unconfirmed: false, changed: false };
const resend = { accepted: false, unconfirmed: true, changed: false };

const server = sharedPostgres();

describe.each(engines)('a claim in $name', ({ isHere, newPlace: open }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));
  const newPlace = () => open(server);

  test('is waited for while its process lives, and unconfirmed when it died', async () => {
    const place = await newPlace();
    await (await runOf(place, 'first')).claim(callsOf('1', ['a']), hold);
    expect(await (await runOf(place, 'second')).claim(callsOf('1', ['a', 'b']), hold)).toEqual([
      'busy',
      'ours',
    ]);
    await place.kill('first');
    await place.kill('second');
    const third = await runOf(place, 'third');
    expect(await third.lookup(callsOf('1', ['a']), hold)).toEqual(['unconfirmed']);
    expect(await third.claim(callsOf('1', ['a', 'b', 'c', 'c']), hold)).toEqual([
      'unconfirmed',
      'unconfirmed',
      'ours',
      'repeated',
    ]);
    const unconfirmed = await third.store.history.unconfirmedCalls();
    expect(unconfirmed.map(({ uuid, reasons }) => [uuid, reasons.length])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 0],
    ]);
  });

  test('of a process that dies meanwhile is unconfirmed, for whoever comes or is there already', async () => {
    const place = await newPlace();
    await (await runOf(place, 'first')).claim(callsOf('1', ['a', 'b']), hold);
    const second = await runOf(place, 'second');
    expect(await second.lookup(callsOf('1', ['a']), hold)).toEqual(['busy']);
    await place.kill('first');
    expect(await second.claim(callsOf('1', ['a']), hold)).toEqual(['unconfirmed']);
    const third = await runOf(place, 'third');
    expect(await third.store.history.unconfirmedCalls()).toMatchObject([
      { uuid: 'a', state: 'unconfirmed', reasons: ['the process that sent it died before the answer came'] },
      { uuid: 'b', state: 'unconfirmed', reasons: ['the process that sent it died before the answer came'] },
    ]);
  });

  test('of a run that has ended is not busy, even if its process lives on', async () => {
    const place = await newPlace();
    const first = await runOf(place, 'me');
    await first.claim(callsOf('1', ['a']), hold);
    await first.end('{}', 2);
    expect(await (await runOf(place, 'me')).claim(callsOf('1', ['a']), hold)).toEqual(['unconfirmed']);
  });

  test('that is given back leaves the call as it was, reasons included', async () => {
    const place = await newPlace();
    const first = await runOf(place, 'first');
    await first.claim(callsOf('1', ['a', 'b', 'c']), hold);
    await first.settle('1', [
      { uuid: 'a', state: 'unconfirmed', reasons: ['time-out'] },
      { uuid: 'b', state: 'rejected', reasons: ['no'] },
      { uuid: 'c', state: 'unsent' },
    ]);
    const { history } = first.store;
    const before = await history.findCalls(['a', 'b', 'c']);
    expect(before.map(({ uuid }) => uuid)).toEqual(['a', 'b']);
    const second = await runOf(place, 'second');
    expect(await second.claim(callsOf('1', ['a', 'b', 'c']), resend)).toEqual(['ours', 'ours', 'ours']);
    await second.settle('1', [
      { uuid: 'a', state: 'unsent' },
      { uuid: 'b', state: 'unsent' },
      { uuid: 'c', state: 'unsent' },
    ]);
    expect(await history.findCalls(['a', 'b', 'c'])).toEqual(before);
  });

  test('belongs to an address, a code and an account: the same uuid elsewhere is another call', async () => {
    const place = await newPlace();
    const first = await runOf(place, 'first');
    await first.claim(callsOf('1', ['a']), hold);
    await first.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    const second = await runOf(place, 'second');
    expect(await second.lookup(callsOf('1', ['a']), hold)).toEqual(['accepted']);
    expect(await second.lookup(callsOf('2', ['a']), hold)).toEqual(['ours']);
    expect(
      await second.lookup(callsOf('1', ['a']), { accepted: true, unconfirmed: false, changed: false }),
    ).toEqual(['ours']);
  });
});

describe.each(engines)('a held call in $name', ({ isHere, newPlace: open }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));

  test('belongs to its run, which claims it again, and is free when that run died', async () => {
    const place = await open(server);
    const first = await runOf(place, 'first');
    await first.claim(callsOf('1', ['a', 'b']), hold);
    expect(
      await first.settle('1', [
        { uuid: 'a', state: 'held' },
        { uuid: 'b', state: 'held' },
      ]),
    ).toEqual([]);
    const second = await runOf(place, 'second');
    expect(await second.claim(callsOf('1', ['a']), hold)).toEqual(['held']);
    expect(await second.settle('1', [{ uuid: 'a', state: 'rejected' }])).toEqual([
      { uuid: 'a', lostTo: { run: first.id, state: 'held' } },
    ]);
    expect(await first.claim(callsOf('1', ['a', 'a']), hold)).toEqual(['ours', 'repeated']);
    expect(await second.claim(callsOf('1', ['a']), hold)).toEqual(['busy']);
    expect(await first.settle('1', [{ uuid: 'a', state: 'accepted' }])).toEqual([]);
    await place.kill('first');
    expect(await second.claim(callsOf('1', ['a', 'b']), hold)).toEqual(['accepted', 'ours']);
    expect(await first.settle('1', [{ uuid: 'b', state: 'rejected' }])).toEqual([
      { uuid: 'b', lostTo: { run: second.id, state: 'in flight' } },
    ]);
  });
});

describe.each(engines)('an accepted call in $name that comes again', ({ isHere, newPlace: open }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));
  const newPlace = () => open(server);

  const call = entryOf('a', '1').call;
  const longer: Call = { ...call, billsec: 17 };
  const linked: Call = { ...call, link: 'https://example.com/1.mp3' };

  /** A ledger in which the call was accepted, and a new run. */
  async function accepted() {
    const place = await newPlace();
    const first = await runOf(place, 'first');
    await first.claim([call], hold);
    await first.settle('1', [{ uuid: 'a', state: 'accepted', receipt: { note_id: 7 } }]);
    return { place, first, second: await runOf(place, 'second') };
  }

  test('with the same content is accepted; with other content it is said what was sent', async () => {
    const { first, second } = await accepted();
    const changed = { sentBillsec: 5, receipt: { note_id: 7 } };
    for (const ask of [second.lookup, second.claim]) {
      expect(await ask([longer], hold)).toEqual([changed]);
      expect(await ask([linked], hold)).toEqual([changed]);
    }
    for (const ask of [second.lookup, second.claim]) expect(await ask([call], hold)).toEqual(['accepted']);
    expect(await first.claim([longer], hold)).toEqual(['repeated']);
  });

  test('a second time in one input is a repetition of the row that was sent, never a change', async () => {
    const { second } = await accepted();
    expect(await second.claim([call], hold)).toEqual(['accepted']);
    expect(await second.claim([longer, call], { ...hold, changed: true })).toEqual(['repeated', 'accepted']);
  });

  test('is compared with what the same run sent where that run has no end', async () => {
    const place = await newPlace();
    const run = await runOf(place, 'a service', { isEndless: true });
    expect(await run.claim([call], hold)).toEqual(['ours']);
    await run.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    expect(await run.claim([call, longer], hold)).toEqual(['repeated', { sentBillsec: 5 }]);
    expect(await run.claim([longer], { ...hold, changed: true })).toEqual(['ours']);
    await run.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    expect(await run.claim([longer, call], hold)).toEqual(['repeated', { sentBillsec: 17 }]);
  });

  test('with other content is new once for each content, over all runs, and listed with it', async () => {
    const { place, second } = await accepted();
    expect(await second.recordChanges([longer])).toEqual([true]);
    expect(await second.recordChanges([longer])).toEqual([false]);
    const third = await runOf(place, 'third');
    expect(await third.recordChanges([longer])).toEqual([false]);
    expect(await third.store.history.changedCalls()).toMatchObject([
      { uuid: 'a', state: 'accepted', billsec: 5, changed: { billsec: 17, at: 1_700_000_000 } },
    ]);
    expect(await third.recordChanges([linked])).toEqual([true]);
  });

  test('with other content is new once, and listed, on a host whose clock is behind that of the one that sent it', async () => {
    const { place } = await accepted();
    const behind = await runOf(place, 'behind', { now: () => testClock() - 25_000 });
    expect(await behind.recordChanges([longer])).toEqual([true]);
    expect(await behind.recordChanges([longer])).toEqual([false]);
    expect(await behind.store.history.changedCalls()).toMatchObject([
      { uuid: 'a', changed: { billsec: 17 } },
    ]);
  });

  test('is sent again where the policy says so, and then it is no longer changed', async () => {
    const { place, second } = await accepted();
    await second.recordChanges([longer]);
    expect(await second.claim([longer], { ...hold, changed: true })).toEqual(['ours']);
    await second.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    const third = await runOf(place, 'third');
    expect(await third.store.history.changedCalls()).toEqual([]);
    expect(await third.recordChanges([call])).toEqual([true]);
    expect(await third.recordChanges([call])).toEqual([false]);
    expect(await third.store.history.changedCalls()).toMatchObject([{ uuid: 'a', billsec: 17 }]);
    expect(await third.lookup([call, longer], hold)).toEqual([{ sentBillsec: 17 }, 'accepted']);
  });

  test('and is not sent after all remains as it was, receipt and change included', async () => {
    const { place, second } = await accepted();
    await second.recordChanges([longer]);
    const before = await second.store.history.findCalls(['a']);
    await second.claim([longer], { ...hold, changed: true });
    await second.settle('1', [{ uuid: 'a', state: 'unsent' }]);
    const third = await runOf(place, 'third');
    expect(await third.store.history.findCalls(['a'])).toEqual(before);
    expect(before).toMatchObject([{ receipt: { note_id: 7 }, changed: { billsec: 17 } }]);
  });
});

describe.each(engines)('a call in $name that the service cannot take yet', ({ isHere, newPlace: open }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));
  const newPlace = () => open(server);

  test('waits for longer after each try, is no open call, and is forgotten as waiting when it is accepted', async () => {
    const place = await newPlace();
    const clock = { at: 1_700_000_000_000 };
    const now = () => clock.at;
    const deferred = { uuid: 'a', state: 'waiting', reasons: ['no contact'] } as const;
    for (const minutes of [1, 5, 15, 60, 60]) {
      const run = await runOf(place, 'a process', { now });
      expect(await run.claim(callsOf('1', ['a']), hold)).toEqual(['ours']);
      await run.settle('1', [deferred]);
      expect(await run.store.history.unconfirmedCalls()).toEqual([]);
      const next = await runOf(place, 'the next', { now });
      clock.at += minutes * 60_000 - 1000;
      const waiting = { nextTry: clock.at / 1000 + 1 };
      expect(await next.lookup(callsOf('1', ['a']), hold)).toEqual([waiting]);
      expect(await next.claim(callsOf('1', ['a']), hold)).toEqual([waiting]);
      clock.at += 1000;
      expect(await next.store.history.findCalls(['a'])).toMatchObject([
        { state: 'waiting', reasons: ['no contact'], nextTry: clock.at / 1000 },
      ]);
      expect(await next.lookup(callsOf('1', ['a']), hold)).toEqual(['ours']);
    }
    const last = await runOf(place, 'the last', { now });
    await last.claim(callsOf('1', ['a']), hold);
    await last.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    const [call] = await last.store.history.findCalls(['a']);
    expect([call?.state, call?.nextTry]).toEqual(['accepted', undefined]);
  });

  test('is due at once where the policy says so, and waits for as long as before when it is given back', async () => {
    const place = await newPlace();
    const first = await runOf(place, 'first');
    await first.claim(callsOf('1', ['a', 'b']), hold);
    await first.settle('1', [
      { uuid: 'a', state: 'waiting' },
      { uuid: 'b', state: 'waiting' },
    ]);
    const second = await runOf(place, 'second');
    const policy = { ...hold, isDue: ({ uuid }: Call) => uuid === 'a' };
    const nextTry = testClock() / 1000 + 60;
    expect(await second.lookup(callsOf('1', ['a', 'b']), policy)).toEqual(['ours', { nextTry }]);
    expect(await second.claim(callsOf('1', ['a', 'b']), policy)).toEqual(['ours', { nextTry }]);
    await second.settle('1', [{ uuid: 'a', state: 'unsent' }]);
    expect(await second.lookup(callsOf('1', ['a']), hold)).toEqual([{ nextTry }]);
  });

  test('and is not sent after all waits as before', async () => {
    const place = await newPlace();
    const first = await runOf(place, 'first');
    await first.claim(callsOf('1', ['a']), hold);
    await first.settle('1', [{ uuid: 'a', state: 'waiting' }]);
    const now = () => testClock() + 60_000;
    const second = await runOf(place, 'second', { now });
    const before = await second.store.history.findCalls(['a']);
    await second.claim(callsOf('1', ['a']), hold);
    await second.settle('1', [{ uuid: 'a', state: 'unsent' }]);
    expect(await second.store.history.findCalls(['a'])).toEqual(before);
  });
});
