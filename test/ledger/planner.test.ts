import { describe, expect, test } from 'vitest';
import { hashCall, hashIdentity } from '../../src/core/hash.js';
import type { ClaimPolicy } from '../../src/core/ledger.js';
import {
  dueForLook,
  isRunAlive,
  type KnownCall,
  mayForget,
  planClaim,
  planConfirm,
  planMissing,
  planRelease,
  planSettle,
} from '../../src/ledger/planner.js';
import { acceptedRow, type CallRow, packFormer } from '../../src/ledger/rows.js';
import { entryOf } from '../delivery/world.js';

const { call } = entryOf('a', '1');
const own = 7;
const now = 1_700_000_000;
const who = { run: own, isEndless: false, now };
const endless = { ...who, isEndless: true };

/** A row in which this content was sent. */
function row(state: CallRow['state'], run: number, more: Partial<CallRow> = {}): CallRow {
  const content = { hash: hashCall(call), identity: hashIdentity(call), billsec: call.billsec };
  return { ...acceptedRow, ...content, state, run, at: now - 100, ...more };
}

/** A claim of this run, of a call that was new. */
const claimed = (state: CallRow['state']) => row(state, own, { former: packFormer() });

const other = { hash: 1, billsec: 99 };
const hold = {};
const resend = { unconfirmed: true };
const all = { accepted: true };
const changed = { changed: true };
const dead = { isOwnerAlive: false };
const alive = { isOwnerAlive: true };
const waits = { tries: 1, nextTry: now + 60 };

/** What is known, what is asked for, what a claim says. */
const claims: readonly (readonly [
  name: string,
  known: KnownCall | undefined,
  policy: Partial<ClaimPolicy>,
  claim: unknown,
])[] = [
  ['a call that is new', undefined, hold, 'ours'],
  ['in flight of a run that lasts', { row: row('in flight', 3), ...alive }, all, 'busy'],
  ['in flight of a run that died', { row: row('in flight', 3), ...dead }, hold, 'unconfirmed'],
  ['in flight of a run that died, resent', { row: row('in flight', 3), ...dead }, resend, 'ours'],
  ['held by a run that lasts', { row: row('held', 3), ...alive }, resend, 'held'],
  ['held by a run that died', { row: row('held', 3), ...dead }, hold, 'ours'],
  [
    'held by a run that died, of a call in doubt',
    { row: row('held', 3, { former: packFormer(row('unconfirmed', 2)) }), ...dead },
    hold,
    'unconfirmed',
  ],
  [
    'held by a run that died, of an accepted call',
    { row: row('held', 3, { former: packFormer(row('accepted', 2)) }), ...dead },
    resend,
    'accepted',
  ],
  ['held by this run', { row: row('held', own) }, hold, 'ours'],
  ['in flight of this run', { row: row('in flight', own) }, resend, 'repeated'],
  [
    'in flight of this run, which did not hear so',
    { row: claimed('in flight'), isUnheard: true },
    hold,
    'ours',
  ],
  ['accepted by this run', { row: row('accepted', own) }, all, 'repeated'],
  ['accepted', { row: row('accepted', 3) }, resend, 'accepted'],
  ['accepted, all resent', { row: row('accepted', 3) }, all, 'ours'],
  ['accepted with other content', { row: row('accepted', 3, other) }, hold, { sentBillsec: 99 }],
  ['accepted with other content, resent', { row: row('accepted', 3, other) }, changed, 'ours'],
  [
    'accepted, of another call',
    { row: row('accepted', 3, { ...other, identity: 1 }) },
    changed,
    { sentBillsec: 99, isOther: true },
  ],
  [
    'accepted with other content, but met as it was',
    { row: row('accepted', 3, other), wasMet: true },
    changed,
    'repeated',
  ],
  ['accepted of before version 2', { row: row('accepted', 3, { hash: null }) }, changed, 'accepted'],
  ['unconfirmed', { row: row('unconfirmed', 3) }, all, 'unconfirmed'],
  ['unconfirmed, resent', { row: row('unconfirmed', 3) }, resend, 'ours'],
  ['rejected', { row: row('rejected', 3) }, hold, 'ours'],
  ['rejected by this run', { row: row('rejected', own) }, hold, 'repeated'],
  ['waiting', { row: row('waiting', 3, waits) }, hold, { nextTry: now + 60 }],
  ['waiting, by this run', { row: row('waiting', own, waits) }, hold, { nextTry: now + 60 }],
  ['waiting, due by the policy', { row: row('waiting', 3, waits) }, { isDue: () => true }, 'ours'],
  ['waiting, nobody knows until when', { row: row('waiting', 3) }, hold, 'ours'],
  [
    'waiting for the longest pause',
    { row: row('waiting', 3, { tries: 1, nextTry: now + 3600 }) },
    hold,
    { nextTry: now + 3600 },
  ],
  ['waiting, whose time has come', { row: row('waiting', 3, { tries: 1, nextTry: now }) }, hold, 'ours'],
  [
    'accepted with other content before version 3, resent',
    { row: row('accepted', 3, { ...other, identity: null }) },
    changed,
    'ours',
  ],
  [
    'accepted with other content, of which the service said where it is',
    { row: row('accepted', 3, { ...other, receipt: '{"note_id":7}' }) },
    hold,
    { sentBillsec: 99, receipt: { note_id: 7 } },
  ],
  [
    'waiting for longer than any pause',
    { row: row('waiting', 3, { tries: 1, nextTry: now + 9000 }) },
    hold,
    'ours',
  ],
];

describe('a claim', () => {
  test.each(claims)('of a call %s', (_name, known, policy, claim) => {
    const asks = { ...who, policy: { accepted: false, unconfirmed: false, changed: false, ...policy } };
    const plan = planClaim(known, call, asks);
    expect(plan.claim).toStrictEqual(claim);
    if (claim === 'ours') expect(plan.write).toMatchObject({ state: 'in flight', run: own, at: now });
    // What is sent again becomes what it was when it is not sent after all.
    if (claim === 'ours' && known?.row.state === 'rejected')
      expect(planSettle(plan.write ?? known.row, { uuid: 'a', state: 'unsent' }, who).write).toEqual(
        known.row,
      );
  });

  test('of an accepted call sees what changed in a run without an end, of its own calls too', () => {
    const policy = { accepted: false, unconfirmed: false, changed: false };
    expect(planClaim({ row: row('accepted', own, other) }, call, { ...endless, policy }).claim).toEqual({
      sentBillsec: 99,
    });
    expect(planClaim({ row: row('accepted', own) }, call, { ...endless, policy }).claim).toBe('repeated');
    expect(planClaim({ row: row('accepted', own, other) }, call, { ...who, policy }).claim).toBe('repeated');
  });

  test('of a run that died is put down in doubt where it is not taken', () => {
    const policy = { accepted: false, unconfirmed: false, changed: false };
    const known = { row: row('in flight', 3), isOwnerAlive: false };
    expect(planClaim(known, call, { ...who, policy }).write).toEqual(planRelease(known.row));
    expect(planRelease(known.row)).toMatchObject({
      state: 'unconfirmed',
      run: 3,
      reasons: expect.stringContaining('died'),
    });
  });
});

describe('what a claim writes', () => {
  const policy = { accepted: true, unconfirmed: false, changed: false };
  const asks = { ...who, policy };

  test('is the call in flight, with what it was before', () => {
    const taken = {
      state: 'in flight',
      run: own,
      at: now,
      reasons: null,
      hash: hashCall(call),
      identity: hashIdentity(call),
      billsec: call.billsec,
      receipt: null,
      tries: null,
      nextTry: null,
    };
    expect(planClaim(undefined, call, asks)).toStrictEqual({
      claim: 'ours',
      write: { ...taken, former: packFormer() },
    });
    const accepted = row('accepted', 3);
    expect(planClaim({ row: accepted }, call, asks)).toStrictEqual({
      claim: 'ours',
      write: { ...taken, former: packFormer(accepted) },
    });
    for (const state of ['held', 'in flight'] as const) {
      const of = { row: row(state, own, { former: packFormer(accepted) }), isUnheard: true };
      expect(planClaim(of, call, asks).write?.former).toBe(packFormer(accepted));
    }
  });

  test('of a run that died: nothing before a claim that it held is left', () => {
    const known = { row: row('held', 3), isOwnerAlive: false };
    expect(planRelease(known.row)).toBe('delete');
    expect(planClaim(known, call, asks).write?.former).toBe(packFormer());
    const former = row('rejected', 2);
    const again = { row: row('held', 3, { former: packFormer(former) }), isOwnerAlive: false };
    expect(planRelease(again.row)).toEqual(former);
    expect(planClaim(again, call, asks).write?.former).toBe(packFormer(former));
  });

  test('holds no content where what was sent is not kept', () => {
    const plan = planClaim(undefined, call, { ...asks, forgetsContent: true });
    expect(plan.write).toMatchObject({ hash: null, identity: null, billsec: call.billsec });
  });

  test('is nothing where the call is known as it is: only that it came as it was sent', () => {
    const kept = { ...who, policy: { ...policy, accepted: false } };
    expect(planClaim({ row: row('accepted', 3) }, call, kept)).toStrictEqual({
      claim: 'accepted',
      isSame: true,
    });
    expect(planClaim({ row: row('accepted', own) }, call, { ...kept, isEndless: true })).toStrictEqual({
      claim: 'repeated',
      isSame: true,
    });
    expect(planClaim({ row: row('accepted', own, other) }, call, { ...asks, isEndless: true })).toStrictEqual(
      {
        claim: 'repeated',
      },
    );
    expect(planClaim({ row: row('rejected', own) }, call, { ...kept, isEndless: true })).toStrictEqual({
      claim: 'repeated',
    });
  });
});

describe('a look for calls without a verdict', () => {
  test('finds again later what it did not find: after 5, 15, 60 minutes, then hourly', () => {
    const known = (tries: number | null) => row('unconfirmed', 3, { tries, nextTry: 0 });
    expect([null, 1, 2, 3].map((tries) => planMissing(known(tries), who))).toMatchObject([
      { tries: 1, nextTry: now + 300, state: 'unconfirmed' },
      { tries: 2, nextTry: now + 900 },
      { tries: 3, nextTry: now + 3600 },
      { tries: 4, nextTry: now + 3600 },
    ]);
    expect(planMissing(undefined, who)).toBeUndefined();
    expect(planMissing(row('accepted', 3), who)).toBeUndefined();
  });

  test('is for those whose time has come, or for all', () => {
    const rows = [
      { uuid: 'new', account: '1', at: 5, tries: null, next_try: null },
      { uuid: 'due', account: '1', at: 6, tries: 1, next_try: now },
      { uuid: 'later', account: '2', at: 7, tries: 1, next_try: now + 1 },
    ];
    const all = rows.map(({ uuid, account, at }) => ({ uuid, account, at }));
    expect(dueForLook(rows, false, now)).toStrictEqual(all.slice(0, 2));
    expect(dueForLook(rows, true, now)).toStrictEqual(all);
  });
});

describe('a settlement', () => {
  const former = row('waiting', 2, { tries: 2, nextTry: 5 });
  const mine = row('in flight', own, { former: packFormer(former) });

  test('moves the next try of a call, or ends it', () => {
    const write = { ...mine, at: now, former: null };
    expect(planSettle(mine, { uuid: 'a', state: 'waiting' }, who)).toStrictEqual({
      write: { ...write, state: 'waiting', tries: 3, nextTry: now + 900 },
    });
    expect(planSettle(claimed('held'), { uuid: 'a', state: 'waiting' }, who)).toStrictEqual({
      write: { ...write, state: 'waiting', tries: 1, nextTry: now + 60 },
    });
    expect(planSettle(claimed('in flight'), { uuid: 'a', state: 'unconfirmed', at: 9 }, who)).toStrictEqual({
      write: { ...write, state: 'unconfirmed', at: 9 },
    });
    expect(planSettle(mine, { uuid: 'a', state: 'rejected', reasons: ['no'] }, who)).toStrictEqual({
      write: { ...write, state: 'rejected', reasons: '["no"]' },
    });
    expect(planSettle(mine, { uuid: 'a', state: 'unsent' }, who)).toEqual({ write: former });
  });

  test('that holds a claim keeps what the call was before', () => {
    const plan = planSettle(mine, { uuid: 'a', state: 'held' }, who);
    expect(plan).toEqual({ write: { ...mine, state: 'held', at: now } });
  });

  test('that was written already, of which the answer was lost, is no loss', () => {
    expect(planSettle(row('rejected', own), { uuid: 'a', state: 'rejected' }, who)).toEqual({});
    const refused = row('rejected', own);
    expect(planSettle(refused, { uuid: 'a', state: 'unconfirmed' }, who)).toEqual({
      lost: { uuid: 'a', lostTo: { run: own, state: 'rejected' } },
    });
  });

  test('that says a success of a call that was looked for ends its looks', () => {
    const found = row('unconfirmed', 3, { tries: 1, nextTry: 5 });
    const accepted = { uuid: 'a', state: 'accepted', receipt: { note_id: 7 } } as const;
    const end = {
      state: 'accepted',
      run: own,
      at: now,
      receipt: '{"note_id":7}',
      tries: null,
      nextTry: null,
    };
    expect(planSettle(found, accepted, who)).toStrictEqual({ write: { ...found, ...end } });
    expect(planSettle(undefined, accepted, who)).toStrictEqual({
      write: { ...acceptedRow, run: own, at: now, receipt: '{"note_id":7}' },
    });
  });

  test('without a claim is lost, but for a success, whose content is then not known', () => {
    expect(planSettle(undefined, { uuid: 'a', state: 'unsent' }, who)).toEqual({ lost: { uuid: 'a' } });
    const taken = row('in flight', 9);
    expect(planSettle(taken, { uuid: 'a', state: 'accepted' }, who)).toMatchObject({
      write: { state: 'accepted', run: own, hash: null },
    });
    const found = row('unconfirmed', 3);
    expect(planSettle(found, { uuid: 'a', state: 'accepted' }, who)).toMatchObject({
      write: { state: 'accepted', run: own, hash: hashCall(call) },
    });
  });

  test('that writes over an accepted call keeps its receipt and its new content', () => {
    const known = row('accepted', 3, { ...other, receipt: '{"note_id":7}' });
    expect(planSettle(known, { uuid: 'a', state: 'accepted', corrected: call }, who)).toMatchObject({
      write: { hash: hashCall(call), receipt: '{"note_id":7}', state: 'accepted' },
    });
  });

  test.each([
    ['in flight of this run', claimed('in flight'), {}],
    [
      'put in doubt',
      row('unconfirmed', own, { former: packFormer() }),
      { write: { state: 'in flight', reasons: null } },
    ],
    ['taken', row('in flight', 9), { lost: { uuid: 'a', lostTo: { run: 9, state: 'in flight' } } }],
    ['settled by this run', row('unconfirmed', own), { lost: { uuid: 'a' } }],
  ])('is asked for before a request leaves: a claim that is %s', (_name, known, plan) => {
    expect(planConfirm(known, 'a', who)).toMatchObject(plan);
    if (Object.keys(plan).length === 0) expect(planConfirm(known, 'a', who)).toEqual({});
  });

  test('is asked for before a request leaves: a claim of which nothing is left', () => {
    expect(planConfirm(undefined, 'a', who)).toEqual({ lost: { uuid: 'a' } });
  });
});

describe('a run', () => {
  test.each([
    ['has ended', { finished: 1, heartbeat: now }, 'alive', false],
    ['is seen', { finished: undefined, heartbeat: 0 }, 'alive', true],
    ['is seen to be gone', { finished: undefined, heartbeat: now }, 'gone', false],
    ['cannot be seen, and spoke just now', { finished: undefined, heartbeat: now - 119 }, 'unseen', true],
    ['cannot be seen, and is silent', { finished: undefined, heartbeat: now - 120 }, 'unseen', false],
    [
      'cannot be seen, by a clock hours ahead',
      { finished: undefined, heartbeat: now + 20_000 },
      'unseen',
      true,
    ],
    ['cannot be seen, by a clock years ahead', { finished: undefined, heartbeat: now * 2 }, 'unseen', false],
  ] as const)('that %s', (_name, run, sight, isAlive) => {
    expect(isRunAlive(run, sight, now)).toBe(isAlive);
  });

  test('is forgotten when it is old, over, and has no call without a verdict', () => {
    const over = { isAlive: false, hasOpenCalls: false };
    expect(mayForget({ started: 1 }, over, 2)).toBe(true);
    expect(mayForget({ started: 2 }, over, 2)).toBe(false);
    expect(mayForget({ started: 1 }, { ...over, isAlive: true }, 2)).toBe(false);
    expect(mayForget({ started: 1 }, { ...over, hasOpenCalls: true }, 2)).toBe(false);
  });
});
