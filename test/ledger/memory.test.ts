import { expect, test } from 'vitest';
import { openMemoryLedger } from '../../src/ledger/memory.js';
import { entryOf } from '../delivery/world.js';

const policy = { accepted: false, unconfirmed: false, changed: false };

test('without a ledger a call is sent once in a run, but may be claimed again while nobody took it', async () => {
  let now = 0;
  const ledger = openMemoryLedger(() => now);
  const calls = ['a', 'b', 'c', 'd'].map((uuid) => entryOf(uuid, '1').call);
  expect(await ledger.claim(calls, policy)).toEqual(['ours', 'ours', 'ours', 'ours']);
  await ledger.settle('1', [
    { uuid: 'a', state: 'accepted' },
    { uuid: 'b', state: 'unsent' },
    { uuid: 'c', state: 'waiting', reasons: ['no contact'] },
    { uuid: 'd', state: 'unconfirmed', reasons: ['time-out'] },
  ]);
  expect(await ledger.claim(calls, policy)).toEqual(['repeated', 'ours', { nextTry: 60 }, 'repeated']);
  now = 60_000;
  expect(await ledger.claim(calls.slice(2), policy)).toEqual(['ours', 'repeated']);
  expect(await ledger.claim(calls, policy)).toEqual(Array(4).fill('repeated'));
  expect(await ledger.claim([entryOf('a', '2').call], policy)).toEqual(['ours']);
});
