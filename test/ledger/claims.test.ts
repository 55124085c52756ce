import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import { entryOf } from '../delivery/world.js';
import { engines, runOf } from './engines.js';

/** Calls of an account with these uuids. */
function callsOf(account: string, uuids: readonly string[]): readonly Call[] {
  return uuids.map((uuid) => entryOf(uuid, account).call);
}

const hold = { accepted: false, unconfirmed: false };
const resend = { accepted: false, unconfirmed: true };
/** Processes of these names live. */
const alive = (...names: readonly string[]) => ({ isAlive: (name: string) => names.includes(name) });

describe.each(engines)('a claim in %s', (_name, newPlace) => {
  test('is waited for while its process lives, and unconfirmed when it died', async () => {
    const place = await newPlace();
    await (await runOf(place, 'first')).claim(callsOf('1', ['a']), hold);
    expect(
      await (await runOf(place, 'second', alive('first'))).claim(callsOf('1', ['a', 'b']), hold),
    ).toEqual(['busy', 'ours']);
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
    const living = ['first'];
    await (await runOf(place, 'first')).claim(callsOf('1', ['a', 'b']), hold);
    const second = await runOf(place, 'second', { isAlive: (name) => living.includes(name) });
    expect(await second.lookup(callsOf('1', ['a']), hold)).toEqual(['busy']);
    living.pop();
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
    expect(await (await runOf(place, 'me', alive('me'))).claim(callsOf('1', ['a']), hold)).toEqual([
      'unconfirmed',
    ]);
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
    expect(await second.lookup(callsOf('1', ['a']), { accepted: true, unconfirmed: false })).toEqual([
      'ours',
    ]);
  });
});
