import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SendResult, Verdicts } from '../../src/core/send-result.js';
import {
  afterLook,
  after as following,
  givenUp,
  type SendingRules,
  type SettledCall,
} from '../../src/delivery/after.js';
import { callsOf, newRequest, type OutgoingCall, type Request } from '../../src/delivery/request.js';
import { entryOf } from './world.js';

const called = 1_700_000_000;
const stop: SendingRules = {
  onLostAnswer: 'hold',
  onTrouble: 'stop',
  retries: 5,
  mayRetry: true,
  canBeAsked: false,
  hasRoomToLook: true,
  takesElsewhere: () => false,
  now: (called + 60) * 1000,
  chance: 0.5,
};
const wait: SendingRules = { ...stop, onTrouble: 'wait' };
const resend: SendingRules = { ...stop, onLostAnswer: 'resend' };

const outgoing = (uuids: string): readonly OutgoingCall[] => [...uuids].map((uuid) => entryOf(uuid));
/** A request of calls with one letter each. */
const of = (uuids: string, more: Partial<Request> = {}): Request => ({
  ...newRequest(outgoing(uuids)),
  isClaimed: true,
  ...more,
});
const named = (verdicts: Partial<Verdicts>): SendResult => ({
  kind: 'answered',
  verdicts: { accepted: new Set(), rejected: new Map(), unknownUuids: [], ...verdicts },
});
const taken = (uuids: string) => named({ accepted: new Set(uuids) });
const lost: SendResult = { kind: 'lost', reason: '500' };
const unheard: SendResult = { kind: 'not received', reason: 'reset', throttled: false };
const busy: SendResult = { kind: 'not received', reason: '429', throttled: true };
const refused: SendResult = { kind: 'refused', reason: '400', tooLarge: false };
const tooLarge: SendResult = { kind: 'refused', reason: '413', tooLarge: true };
const blames = (uuids: string): SendResult => ({
  ...refused,
  named: { rejected: new Map([...uuids].map((uuid) => [uuid, ['bad']])) },
});
const defers = (uuids: string) =>
  named({ deferred: new Map([...uuids].map((uuid) => [uuid, ['no contact']])) });
const ended: SendResult = { kind: 'stop', reason: '401', hint: 'look', exit: 4 };

/** What is written down of a call. */
const written = ({ entry: _, ...settlement }: SettledCall) => settlement;
const letters = (calls: readonly OutgoingCall[]) => calls.map(({ call }) => call.uuid).join('');
/** What follows, in short: `a accepted`, and requests as `b|suspects|rest`. */
function shown(request: Request, answer: SendResult, rules: SendingRules) {
  const { settle, again, health, throttledMs } = following(request, answer, rules);
  return {
    settle: settle.map(({ uuid, state }) => `${uuid} ${state}`).join(', '),
    again: again
      .map(({ calls, search, awaitsHealth }) => {
        const parts = search === undefined ? [] : [letters(search.suspects), letters(search.rest)];
        return [awaitsHealth === true ? `${letters(calls)}?` : letters(calls), ...parts].join('|');
      })
      .join(' '),
    health: health.kind,
    ...(throttledMs === undefined ? {} : { throttledMs }),
  };
}

const seen: OutgoingCall = { ...entryOf('a'), wasRefused: true };
const doubted = of('a', { awaitsHealth: true, calls: [seen], why: '400' });
const receipt = { note_id: 7 };
const correction = of('a', { route: 'correction', receipt });
const wasLost: Request = of('', { calls: [{ ...entryOf('a'), lost: 'time-out' }, entryOf('b')], tries: 1 });
const inSearch = (calls: string, suspects: string, rest: string) =>
  of(calls, { search: { suspects: outgoing(suspects), rest: outgoing(rest) } });

describe('what follows from an answer', () => {
  test.each<readonly [string, Request, SendResult, SendingRules, string, string, string]>([
    // an answer with verdicts
    ['names all', of('ab'), taken('ab'), stop, 'a accepted, b accepted', '', 'named'],
    ['names some', of('ab'), taken('a'), stop, 'a accepted, b unconfirmed', '', 'named'],
    ['names others alone', of('ab'), taken('z'), stop, 'a unconfirmed, b unconfirmed', '', 'lost'],
    [
      'rejects',
      of('ab'),
      named({ rejected: new Map([['b', ['no']]]) }),
      stop,
      'b rejected, a unconfirmed',
      '',
      'named',
    ],
    ['cannot take one yet', of('a'), defers('a'), stop, 'a waiting', '', 'named'],
    [
      'cannot, for 18 h',
      of('a'),
      defers('a'),
      { ...stop, now: (called + 64_800) * 1000 },
      'a rejected',
      '',
      'named',
    ],
    [
      'cannot, another way',
      of('ab'),
      defers('a'),
      { ...stop, takesElsewhere: () => true },
      'b unconfirmed',
      'a',
      'named',
    ],
    [
      'nor the other way',
      of('a', { route: 'fallback' }),
      defers('a'),
      { ...stop, takesElsewhere: () => true },
      'a waiting',
      '',
      'named',
    ],
    // nothing arrived
    ['not received', of('ab'), unheard, stop, '', 'ab', 'not received'],
    [
      'not received, too often',
      of('ab', { tries: 5 }),
      unheard,
      stop,
      'a unsent, b unsent',
      '',
      'not received',
    ],
    [
      'not received, no budget',
      of('a'),
      unheard,
      { ...stop, mayRetry: false },
      'a unsent',
      '',
      'not received',
    ],
    [
      'not received, follow',
      of('a', { tries: 99 }),
      unheard,
      { ...wait, mayRetry: false },
      '',
      'a',
      'not received',
    ],
    [
      'given up after a lost answer',
      { ...wasLost, tries: 5 },
      unheard,
      resend,
      'a unconfirmed, b unsent',
      '',
      'not received',
    ],
    // perhaps it did
    ['lost', of('ab'), lost, stop, 'a unconfirmed, b unconfirmed', '', 'lost'],
    ['lost, follow', of('a'), lost, wait, 'a unconfirmed', '', 'lost'],
    ['lost, resend', of('a'), lost, resend, '', 'a', 'lost'],
    ['lost, resend, too often', of('a', { tries: 5 }), lost, resend, 'a unconfirmed', '', 'lost'],
    ['lost in a search', inSearch('a', 'bc', 'd'), lost, stop, 'a unconfirmed', 'b|c|d', 'lost'],
    // refused as a whole
    ['refused', of('abcd'), refused, stop, '', 'ab|cd|', 'refused'],
    ['too large', of('abc'), tooLarge, stop, '', 'ab c', 'refused'],
    ['too large alone', of('a'), tooLarge, stop, '', 'a?', 'refused'],
    ['refused again', inSearch('ab', 'cd', 'e'), refused, stop, '', 'a|b|cde', 'refused'],
    [
      'taken meanwhile',
      inSearch('ab', 'cd', 'e'),
      taken('ab'),
      stop,
      'a accepted, b accepted',
      'c|d|e',
      'named',
    ],
    [
      'the last suspect',
      inSearch('ab', 'c', 'd'),
      taken('ab'),
      stop,
      'a accepted, b accepted',
      'c||d',
      'named',
    ],
    ['the search is over', inSearch('a', '', 'bc'), taken('a'), stop, 'a accepted', 'bc', 'named'],
    ['found', inSearch('a', 'b', 'c'), refused, stop, '', 'a? bc', 'refused'],
    ['names the bad ones', of('abc'), blames('b'), stop, 'b rejected', 'ac', 'named'],
    ['names some of a search', inSearch('ab', 'c', 'd'), blames('a'), stop, 'a rejected', 'bcd', 'named'],
    ['names others', of('ab'), blames('z'), stop, '', 'a|b|', 'refused'],
    // refused alone
    ['refused alone', of('a'), refused, stop, '', 'a?', 'refused'],
    ['and again before health', doubted, refused, wait, '', 'a?', 'refused'],
    ['and again after it', of('a', { calls: [seen] }), refused, stop, 'a rejected', '', 'refused'],
    ['but not again', of('a', { calls: [seen] }), taken('a'), stop, 'a accepted', '', 'named'],
    // the end
    ['a stop', of('ab'), ended, stop, 'a unsent, b unsent', '', 'stop'],
    [
      'a stop that may have them',
      of('a'),
      { ...ended, mayHaveCalls: true },
      stop,
      'a unconfirmed',
      '',
      'stop',
    ],
    ['a stop after a lost answer', wasLost, ended, resend, 'a unconfirmed, b unsent', '', 'stop'],
    ['a stop in a search', inSearch('a', 'b', 'c'), ended, stop, 'a unsent', 'b||c', 'stop'],
    // written over
    ['corrected', correction, taken('a'), stop, 'a accepted', '', 'named'],
    ['not corrected', correction, blames('a'), stop, 'a rejected', '', 'named'],
    ['lost, corrected again', correction, lost, stop, '', 'a', 'lost'],
    ['never corrected', { ...correction, tries: 5 }, lost, stop, 'a unsent', '', 'lost'],
  ])('%s', (_, request, answer, rules, settle, again, health) => {
    expect(shown(request, answer, rules)).toMatchObject({ settle, again, health });
  });

  test('an answer that was lost is remembered of each call until it has a verdict', () => {
    const { again } = following(of('ab'), lost, resend);
    expect(again[0]?.calls.map((entry) => entry.lost)).toEqual(['500', '500']);
    expect(following({ ...wasLost, tries: 0 }, refused, resend).again[0]?.calls).toMatchObject([
      { lost: 'time-out' },
    ]);
    const reasons = following(wasLost, ended, resend).settle.map(({ reasons }) => reasons);
    expect(reasons).toEqual([['time-out'], ['401']]);
  });

  test.each<readonly [string, SendResult, number, number, number | undefined, number | undefined]>([
    ['the first pause', unheard, 0, 250, undefined, undefined],
    ['the third', unheard, 2, 1000, undefined, undefined],
    ['the longest', unheard, 30, 10_000, undefined, undefined],
    ['a service that wants fewer', busy, 0, 0, 500, undefined],
    ['the longest of it', busy, 30, 0, 30_000, undefined],
    ['what it asks for is the least', { ...busy, waitMs: 700 }, 0, 0, 700, undefined],
    ['it asks, whatever the status', { ...unheard, waitMs: 90_000 }, 0, 0, 90_000, undefined],
  ])('%s', (_, answer, tries, pause, throttledMs) => {
    const rules = { ...stop, retries: 99 };
    const { again, throttledMs: asked } = following(of('a', { tries }), answer, rules);
    expect([(again[0]?.notBefore ?? rules.now) - rules.now, asked]).toEqual([pause, throttledMs]);
    expect(again[0]?.tries).toBe(tries + 1);
    expect(following(of('a', { tries }), answer, wait).again[0]?.notBefore).toBeUndefined();
  });

  test('a call that was written over has its receipt and its content from then on; else it says why not', () => {
    expect(following(correction, taken('a'), stop).settle.map(written)[0]).toEqual({
      uuid: 'a',
      state: 'accepted',
      corrected: correction.calls[0]?.call,
      receipt,
    });
    expect(following(correction, blames('a'), stop).settle[0]?.reasons).toEqual(['not corrected: bad']);
  });
});

describe('calls whose answer was lost, where the service can be asked', () => {
  const asking: SendingRules = { ...stop, canBeAsked: true };
  const sentAt = stop.now - 300_000;
  const look = of('', {
    calls: [...'abc'].map((uuid) => ({ ...entryOf(uuid), lost: '500' })),
    route: 'look',
    sentAt,
  });
  const only = (uuids: string) => new Map([...uuids].map((uuid) => [uuid, { note_id: 7 }]));

  test.each([
    ['are looked for before they are settled, whatever the user decided', { ...asking, ...resend }],
    ['in a run without an end too', { ...asking, ...wait }],
  ])('%s', (_, rules) => {
    const { settle, again } = following(of('ab'), lost, { ...rules, canBeAsked: true });
    expect(settle).toEqual([]);
    expect(again).toEqual([
      {
        ...of('ab'),
        route: 'look',
        calls: outgoing('ab').map((entry) => ({ ...entry, lost: '500' })),
        sentAt: rules.now,
        notBefore: rules.now + 300_000,
      },
    ]);
  });

  test('leave the others of the request their verdicts, and go before none that is sent', () => {
    const { settle, again } = following(inSearch('ab', 'c', 'd'), taken('a'), asking);
    expect(settle.map(({ uuid }) => uuid)).toEqual(['a']);
    expect(again.map(({ route, calls }) => `${route} ${letters(calls)}`)).toEqual(['usual c', 'look b']);
  });

  test('are settled at once where too many wait already, and not sent again', () => {
    const { settle, again } = following(of('a'), lost, {
      ...asking,
      ...resend,
      canBeAsked: true,
      hasRoomToLook: false,
    });
    expect([settle.map(({ state }) => state), again]).toEqual([['unconfirmed'], []]);
  });

  test.each<readonly [string, Partial<Request>, SendingRules, string, string]>([
    ['hold', {}, stop, 'a accepted, b unconfirmed, c unconfirmed', ''],
    ['resend', {}, resend, 'a accepted, c unconfirmed', 'b claimed, lost'],
    ['resend, follow', {}, { ...resend, onTrouble: 'wait' }, 'a accepted, c unconfirmed', 'b claimed, lost'],
    ['of an earlier run', { isClaimed: false }, resend, 'a accepted, c unconfirmed', 'b'],
  ])('are accepted where they are found, else %s', (_, more, rules, settled, sent) => {
    const answer = { found: only('a'), missing: new Set('b') };
    const { settle, again } = afterLook({ ...look, ...more }, answer, rules);
    expect(settle.map(({ uuid, state }) => `${uuid} ${state}`).join(', ')).toBe(settled);
    const shownCall = (isClaimed: boolean, { call, lost: why, wasMissing }: OutgoingCall) => {
      expect(wasMissing).toBe(true);
      return `${call.uuid}${isClaimed ? ' claimed' : ''}${why === undefined ? '' : ', lost'}`;
    };
    expect(
      again.flatMap(({ isClaimed, calls }) => calls.map((one) => shownCall(isClaimed, one))).join(' '),
    ).toBe(sent);
    expect(again.every(({ route }) => route === 'usual')).toBe(true);
  });

  test('are sent once more in a run that ends, and again and again in one without an end', () => {
    const missed = { ...look, calls: look.calls.map((entry) => ({ ...entry, wasMissing: true })) };
    const answer = { found: new Map(), missing: new Set('abc') };
    expect(afterLook(missed, answer, resend).again).toEqual([]);
    expect(afterLook(missed, answer, { ...resend, onTrouble: 'wait' }).again[0]?.calls.length).toBe(3);
  });

  test('say why nobody knows of them, what a look found out, and when they were sent', () => {
    const { settle } = afterLook(look, { found: new Map(), missing: new Set('b') }, stop);
    const at = sentAt / 1000;
    expect(settle.slice(0, 2).map(written)).toEqual([
      { uuid: 'a', state: 'unconfirmed', reasons: ['500'], at },
      { uuid: 'b', state: 'unconfirmed', reasons: ['500', 'no note of this call was found'], at },
    ]);
  });
});

/** Plays a chunk of so many calls against a service; a call that was refused alone waits for an answer that names others. */
function play(count: number, answerTo: (uuids: readonly string[]) => SendResult) {
  const states = new Map<string, string>();
  let requests = 0;
  let open: readonly Request[] = [newRequest(Array.from({ length: count }, (_, at) => entryOf(`${at}`)))];
  for (;;) {
    const request = open.find(({ awaitsHealth }) => awaitsHealth !== true);
    if (request === undefined) break;
    requests += 1;
    const answer = answerTo(request.calls.map(({ call }) => call.uuid));
    const { settle, again, health } = following(request, answer, stop);
    const before = [request, ...open.filter((one) => one !== request)].flatMap(callsOf).length;
    open = [...again, ...open.filter((one) => one !== request)];
    expect(open.flatMap(callsOf).length + settle.length).toBe(before);
    for (const { uuid, state } of settle) states.set(uuid, state);
    if (health.kind === 'named') open = open.map(({ awaitsHealth: _, ...one }) => one);
  }
  return { requests, states, left: open.flatMap(callsOf).map(({ call }) => call.uuid) };
}

/** A service that refuses any request with a bad call in it, or one that is too long. */
const refusing =
  (bad: ReadonlySet<string>, most = Number.POSITIVE_INFINITY) =>
  (uuids: readonly string[]): SendResult => {
    if (uuids.length > most) return tooLarge;
    return uuids.some((uuid) => bad.has(uuid)) ? refused : named({ accepted: new Set(uuids) });
  };

describe('the search for calls at fault', () => {
  test.each([
    [1, 15],
    [2, 25],
    [5, 51],
  ])('finds %i among 100 with at most %i requests, wherever they stand', (count, most) => {
    const bad = fc.uniqueArray(fc.nat(99), { minLength: count, maxLength: count });
    fc.assert(
      fc.property(bad, (places) => {
        const { requests, states, left } = play(100, refusing(new Set(places.map(String))));
        expect(requests).toBeLessThanOrEqual(most);
        // The last calls have nobody after them who is taken: a run that ends rejects them as well.
        const rejected = [...states].filter(([, state]) => state === 'rejected').map(([uuid]) => uuid);
        expect([...rejected, ...left].map(Number).sort()).toEqual([...places].sort());
        expect(states.size + left.length).toBe(100);
      }),
    );
  });

  test('settles each call once, whatever the service thinks of size and calls', () => {
    const few = fc.uniqueArray(fc.nat(129), { maxLength: 9 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        few,
        fc.integer({ min: 1, max: 50 }),
        (count, bad, most) => {
          const { states, left } = play(count, refusing(new Set(bad.map(String)), most));
          expect(states.size + left.length).toBe(count);
          // Nothing is left but what nobody can tell from a service that refuses everything.
          expect(left.every((uuid) => bad.includes(Number(uuid)))).toBe(true);
          expect(
            left.length === 0 ||
              [...states.values()].every((state) => state !== 'accepted') ||
              left.length <= 9,
          ).toBe(true);
        },
      ),
    );
  });

  test('rejects nothing where everything is refused', () => {
    const { states, left } = play(40, () => refused);
    expect([states.size, left.length]).toEqual([0, 40]);
  });
});

describe('what health hears of an answer', () => {
  test.each<readonly [string, Request, SendResult, object]>([
    [
      'counts what was taken, not what was named',
      of('abc'),
      named({ accepted: new Set('ab'), rejected: new Map([['c', ['no']]]) }),
      { kind: 'named', accepted: 2 },
    ],
    [
      'that names no call of ours is a loss',
      of('ab'),
      taken('z'),
      { kind: 'lost', why: 'the answer named no call of the request', isRetried: false },
    ],
    ['names a call that was refused alone', of('a'), refused, { kind: 'refused', why: '400', uuid: 'a' }],
    ['names none of several', of('ab'), refused, { kind: 'refused', why: '400' }],
    [
      'passes on what ends the run',
      of('a'),
      ended,
      { kind: 'stop', stop: { message: '401', hint: 'look', exit: 4 } },
    ],
    [
      'tells a failure from a pause that was asked for',
      of('a'),
      unheard,
      { kind: 'not received', why: 'reset', isRetried: true, isAsked: false },
    ],
    [
      'tells a pause that was asked for',
      of('a'),
      { kind: 'not received', reason: '429', throttled: true, waitMs: 2000 },
      { kind: 'not received', why: '429', isRetried: true, isAsked: true },
    ],
    ['tells a loss', of('a'), lost, { kind: 'lost', why: '500', isRetried: false }],
    [
      'tells of how many calls a service was too slow',
      of('ab'),
      { kind: 'lost', reason: 'time-out', tooSlow: true },
      { kind: 'lost', why: 'time-out', isRetried: false, tooSlow: 2 },
    ],
  ])('%s', (_, request, answer, health) => {
    expect(following(request, answer, stop).health).toEqual(health);
  });
});

describe('what is sent once more', () => {
  const refusedAlone = { calls: [seen], isClaimed: true, awaitsHealth: true, tries: 3, why: '400' };

  test.each([
    [stop, {}],
    [wait, { notBefore: wait.now + 300_000 }],
  ])('is a call that was refused alone, when the service has named others (%#)', (rules, more) => {
    const { again } = following(of('a', { tries: 2, notBefore: 5 }), refused, rules);
    expect(again).toEqual([{ ...of('a'), ...refusedAlone, ...more }]);
  });

  test('and refused alone again is rejected, with the reason of the service', () => {
    const { settle } = following(of('a', { calls: [seen] }), refused, stop);
    expect(settle.map(written)).toEqual([{ uuid: 'a', state: 'rejected', reasons: ['400'] }]);
  });

  test.each([
    ['a run that ends waits for itself', stop, { notBefore: expect.any(Number) }],
    ['a run without an end waits with all its requests', wait, {}],
  ])('%s, and the try is counted', (_, rules, more) => {
    const { again } = following(of('ab', { tries: 1 }), unheard, rules);
    expect(again).toEqual([{ ...of('ab'), tries: 2, isClaimed: true, why: 'reset', ...more }]);
  });
});

describe('what is written down of a call', () => {
  const settled = (request: Request, answer: SendResult, rules: SendingRules) =>
    following(request, answer, rules).settle.map(written);

  test('is where the service says that it keeps it', () => {
    const receipts = new Map([['a', { note_id: 7 }]]);
    expect(settled(of('ab'), named({ accepted: new Set('ab'), receipts }), stop)).toEqual([
      { uuid: 'a', state: 'accepted', receipt: { note_id: 7 } },
      { uuid: 'b', state: 'accepted' },
    ]);
  });

  test('is why it is not known, or waited for in vain', () => {
    expect(settled(of('ab'), taken('b'), stop)[1]?.reasons).toEqual(['the answer did not name this uuid']);
    const late = { ...stop, now: (called + 64_800) * 1000 };
    expect(settled(of('a'), defers('a'), late)[0]?.reasons).toEqual([
      'no contact',
      'the call is more than 18 hours old',
    ]);
    expect(settled(of('a'), taken('a'), late)).toEqual([{ uuid: 'a', state: 'accepted' }]);
  });

  test('of one that goes elsewhere is nothing yet, while the others have their verdicts', () => {
    const rules = { ...stop, takesElsewhere: () => true };
    const answer = named({ accepted: new Set('b'), deferred: new Map([['a', ['no contact']]]) });
    const next = following(of('ab'), answer, rules);
    expect(next.settle.map(written)).toEqual([{ uuid: 'b', state: 'accepted' }]);
    expect(next.again).toEqual([expect.objectContaining({ route: 'fallback', calls: outgoing('a') })]);
  });

  test('that was not sent is that it did not arrive, unless it may have', () => {
    const [entry] = outgoing('a');
    if (entry === undefined) throw new Error('no entry');
    expect(written(givenUp(entry, 'ended'))).toEqual({ uuid: 'a', state: 'unsent', reasons: ['ended'] });
    expect(written(givenUp({ ...entry, lost: 'time-out' }, 'ended'))).toEqual({
      uuid: 'a',
      state: 'unconfirmed',
      reasons: ['time-out'],
    });
  });

  test('that could not be written over is that it stayed as it was', () => {
    const unsure = { ...correction, calls: outgoing('a') };
    expect(settled(unsure, defers('a'), stop)).toEqual([
      { uuid: 'a', state: 'unsent', reasons: ['not corrected: no contact'] },
    ]);
    const { receipt: _, ...unknown } = correction;
    expect(settled(unknown, taken('a'), stop)).toEqual([
      { uuid: 'a', state: 'accepted', corrected: unsure.calls[0]?.call },
    ]);
  });
});
