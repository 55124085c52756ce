import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { NewProblem } from '../../src/core/history.js';
import { maskDigits } from '../../src/ledger/rows.js';
import { entryOf } from '../delivery/world.js';
import { noPostgres, sharedPostgres } from '../setup/postgres.js';
import { engines, runOf } from './engines.js';

const invalid: NewProblem = {
  content: 1,
  status: 'invalid',
  uuid: 'a',
  account: '1',
  reasons: ['caller: "anonymous" is a hidden number'],
  line: 4,
};
const file = '/var/log/cdr.csv';

const server = sharedPostgres();

describe.each(engines)('a problem in $name', ({ isHere, newPlace: open }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));
  const newPlace = () => open(server);

  test('is new once: by file, reading, content and status, over all runs', async () => {
    const place = await newPlace();
    const first = await runOf(place, 'first');
    expect(await first.reportProblems(file, 'r', [invalid, { ...invalid, content: 2 }])).toEqual([
      true,
      true,
    ]);
    const second = await runOf(place, 'second');
    expect(await second.reportProblems(file, 'r', [invalid])).toEqual([false]);
    expect(await second.reportProblems('/var/log/other.csv', 'r', [invalid])).toEqual([true]);
    expect(await second.reportProblems(file, 'another reading', [invalid])).toEqual([true]);
    expect(await second.reportProblems(file, 'r', [{ ...invalid, account: '2' }])).toEqual([true]);
    expect(await second.reportProblems(file, 'r', [{ ...invalid, status: 'rejected' }])).toEqual([true]);
    expect(await second.reportProblems(file, 'r', [{ ...invalid, status: 'rejected' }])).toEqual([false]);
  });

  test('is listed with its place, oldest first, until its call is accepted', async () => {
    const place = await newPlace();
    const run = await runOf(place, 'first');
    const { account: _, ...withoutAccount } = invalid;
    await run.reportProblems(file, 'r', [
      invalid,
      { ...withoutAccount, content: 2, uuid: 'b' },
      { ...invalid, content: 3, uuid: null },
    ]);
    const { history } = run.store;
    expect(await history.problems()).toMatchObject([
      {
        file,
        line: 4,
        status: 'invalid',
        uuid: 'a',
        account: '1',
        reasons: invalid.reasons,
        at: 1_700_000_000,
      },
      { uuid: 'b', account: '' },
      { uuid: null },
    ]);
    await run.claim([entryOf('a', '2').call], { accepted: false, unconfirmed: false, changed: false });
    await run.settle('2', [{ uuid: 'a', state: 'accepted' }]);
    expect((await history.problems()).length).toBe(3);
    for (const uuid of ['a', 'b']) {
      await run.claim([entryOf(uuid, '1').call], { accepted: false, unconfirmed: false, changed: false });
      await run.settle('1', [{ uuid, state: 'accepted' }]);
    }
    expect((await history.problems()).map(({ uuid }) => uuid)).toEqual([null]);
  });

  test('is forgotten with the calls of its time', async () => {
    const run = await runOf(await newPlace(), 'first');
    await run.reportProblems(file, 'r', [invalid]);
    await run.store.history.forget(1_700_000_000);
    expect((await run.store.history.problems()).length).toBe(1);
    await run.store.history.forget(1_700_000_001);
    expect(await run.store.history.problems()).toEqual([]);
  });

  test('keeps no phone number', async () => {
    const run = await runOf(await newPlace(), 'first');
    const reasons = [
      'caller: "+7 (495) 000-00-01" is no number',
      'user 74950000001 unknown',
      'date: "32.13.2024"',
    ];
    await run.reportProblems(file, 'r', [{ ...invalid, reasons }]);
    expect((await run.store.history.problems())[0]?.reasons).toEqual([
      'caller: "+*****" is no number',
      'user ***** unknown',
      'date: "32.13.2024"',
    ]);
  });
});

test('no five digits in a row pass the mask, wherever they stand', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.constantFrom('', 'date: ', 'caller: '), (text, number, field) => {
      expect(maskDigits(`${field}${text}${number + 10_000}${text}`)).not.toMatch(/\d{5}/);
    }),
  );
});
