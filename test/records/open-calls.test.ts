import { describe, expect, test } from 'vitest';
import { type Parsed, Problem } from '../../src/core/errors.js';
import type { CallDate } from '../../src/records/dates.js';
import {
  areAwaited,
  completeAt,
  isAhead,
  OpenCalls,
  type RowArrival,
  signsOf,
  whyWaiting,
} from '../../src/records/open-calls.js';
import type { RawFields } from '../../src/records/presets/preset.js';
import type { Times } from '../../src/records/presets/times.js';
import type { ParsedRecord } from '../../src/records/record.js';

const hour = 3600;
const day = 86_400;
/** 2024-10-05 12:00:00 UTC. */
const noon = 1_728_129_600;

const dateAt = (unix: number, east = 0): CallDate => ({
  unix,
  local: unix + east,
  kind: 'wall',
  occurrence: 'once',
  epoch: undefined,
});

const raw: RawFields = { uuid: '', caller: '', to: '', date: '', type: '', billsec: '', link: '' };
const untimed: Times = { start: '', answer: '', end: '', ringing: '', talk: '', whole: '' };

describe('what a row says about the end of its call', () => {
  const signs = (
    { isRoot = true, ...times }: Partial<Times> & Pick<RawFields, 'isRoot'>,
    date: Parsed<CallDate> = dateAt(noon),
    now = noon,
  ) =>
    signsOf(
      {
        preset: { read: () => ({ ...raw, isRoot }), times: () => ({ ...untimed, ...times }) },
        order: 'dmy',
        settle: 120,
        now: () => now,
      },
      [],
      date,
    );

  test.each<readonly [string, Partial<Times>, number]>([
    ['nothing: when it starts', {}, noon],
    ['how long it lasted', { whole: '17' }, noon + 17],
    ['how long it rang and lasted', { ringing: '0:03', talk: '17' }, noon + 20],
    ['a length that is none', { ringing: 'x', talk: '17' }, noon + 17],
    ['a length that nobody talks', { whole: '90000' }, noon],
    ['lengths of more than a day', { ringing: '50000', talk: '50000' }, noon + day],
    ['when it ended', { end: '2024-10-05 12:00:30' }, noon + 30],
    ['an end and a length', { whole: '17', talk: '50', end: '05.10.2024 12:01:00' }, noon + 60],
    ['an end before its start', { whole: '5', end: '2024-10-05 11:59:00' }, noon + 5],
    ['an end a day after its start', { end: '2024-10-06 12:00:00' }, noon + day],
    ['an end later than that', { end: '2024-10-06 12:00:01' }, noon],
    ['an end that is no date', { end: 'never' }, noon],
  ])('%s', (_, fields, end) => {
    expect(signs(fields, dateAt(noon), noon + day + hour)).toEqual({ end, isRoot: true });
  });

  test('an end stands on the clock of its start', () => {
    expect(signs({ end: '2024-10-05 15:00:30' }, dateAt(noon, 3 * hour), noon + day).end).toBe(noon + 30);
  });

  test('nothing where it has no date, but whether it is the root', () => {
    const none = new Problem('no date');
    const end = Number.NEGATIVE_INFINITY;
    expect(signs({ isRoot: false, whole: '5' }, none)).toEqual({ end, isRoot: false });
    expect(signs({}, none)).toEqual({ end, isRoot: true });
    const preset = { read: () => raw, times: () => untimed };
    const rules = { preset, order: undefined, settle: 1, now: () => noon };
    expect(areAwaited(rules)).toBe(true);
  });

  test('nothing where no call of that time can last any more', () => {
    const over = noon + day + 4 * hour;
    expect(signs({ isRoot: false }, dateAt(noon), over)).toEqual({ end: noon, isRoot: false });
    expect(signs({ isRoot: false }, dateAt(noon), over + 1)).toEqual({
      end: Number.NEGATIVE_INFINITY,
      isRoot: true,
    });
  });

  test.each([
    ['is not asked for', 120, undefined],
    ['is switched off', 0, { read: () => raw, times: () => untimed }],
    ['is less than that', -1, { read: () => raw, times: () => untimed }],
  ])('nothing where the wait %s', (_, settle, preset) => {
    const rules = { preset, order: undefined, settle, now: () => noon };
    expect([areAwaited(rules), signsOf(rules, [], dateAt(noon))]).toEqual([
      false,
      { end: Number.NEGATIVE_INFINITY, isRoot: true },
    ]);
  });
});

describe('when a call is complete', () => {
  const settled = { settle: 120 };

  test.each([
    [{ lastSign: noon, hasRoot: true, since: noon }, noon + 120],
    [{ lastSign: noon, hasRoot: false, since: noon }, noon + 4 * hour],
    [{ lastSign: noon + hour, hasRoot: true, since: noon }, noon + hour + 120],
    [{ lastSign: noon + 5 * hour, hasRoot: true, since: noon }, noon + 4 * hour],
    [{ lastSign: noon + 5, hasRoot: false, since: noon }, noon + 4 * hour],
  ])('%j: %i', (signs, at) => {
    expect(completeAt(signs, settled)).toBe(at);
  });

  test('after four hours however long the wait was asked to be', () => {
    const signs = { lastSign: noon, hasRoot: true, since: noon + hour };
    expect(completeAt(signs, { ...settled, settle: 6 * hour })).toBe(noon + 4 * hour);
  });

  test('a user is told what is missing, and until when', () => {
    const signs = { lastSign: noon, since: noon };
    expect(whyWaiting({ ...signs, hasRoot: true }, noon + 120)).toBe(
      'rows of this call may still come; complete after 12:02:00 UTC',
    );
    expect(whyWaiting({ ...signs, hasRoot: false }, noon + 120)).toContain('main row of this call');
  });
});

describe('the calls that may still get rows', () => {
  const live: RowArrival = { end: 0, isRoot: true, range: undefined, seen: 0, isRest: false };

  /** Open calls of rows that end when they start; `root` in a row makes it the root of its call. */
  function opened(settle = 120) {
    const state = { now: noon };
    const cut: number[] = [];
    const preset = { read: () => raw, times: () => untimed };
    const rules = { preset, order: undefined, settle, now: () => state.now };
    const calls = new OpenCalls(rules, ({ line }) => cut.push(line));
    let line = 0;
    const add = (id: string, at = noon, root = 'root', arrival: Partial<RowArrival> = {}) =>
      calls.add(id, rowAt(++line, at), { ...live, end: at, isRoot: root === 'root', ...arrival });
    const taken = () => calls.takeComplete().map(({ id, rows }) => `${id} ${rows.length}`);
    return { state, calls, cut, add, taken };
  }

  function rowAt(line: number, unix: number): ParsedRecord {
    const none = new Problem('');
    const values = {
      ...{
        uuid: none,
        caller: none,
        to: none,
        date: dateAt(unix),
        direction: null,
        billsec: 0,
        account: none,
      },
      ...{ link: '', callStatus: undefined, callResult: '', isBuilt: false, formerUuid: undefined },
      ...({ kind: 'talk', skip: undefined, problem: undefined } as const),
    };
    return { row: { line, cells: [] }, ...values, file: 'a.csv', line, rows: 1 };
  }

  test('are taken when the clock completes them, each once, and say when that will be', () => {
    const { state, calls, add, taken } = opened();
    expect([calls.size, calls.due]).toEqual([0, Number.POSITIVE_INFINITY]);
    add('a');
    add('b', noon + 60);
    add('c', noon, 'leg');
    expect([calls.size, calls.due]).toEqual([3, noon + 120]);
    expect(taken()).toEqual([]);
    state.now = noon + 119;
    expect(taken()).toEqual([]);
    state.now = noon + 120;
    expect(taken()).toEqual(['a 1']);
    expect([calls.size, calls.due]).toEqual([2, noon + 180]);
    state.now = noon + 5 * hour;
    expect(taken()).toEqual(['b 1', 'c 1']);
    expect([calls.size, calls.due, taken()]).toEqual([0, Number.POSITIVE_INFINITY, []]);
  });

  test('are given at the end as they are', () => {
    const { calls, add } = opened();
    calls.keepLast(noon);
    add('a', noon, 'leg');
    add('a', noon + 30);
    add('a', noon + 20);
    add('b', noon, 'leg');
    expect(
      [...calls.rest()].map(({ id, rows, hasRoot, lastSign }) => [id, rows.length, hasRoot, lastSign]),
    ).toEqual([
      ['a', 3, true, noon + 30],
      ['b', 1, false, noon],
    ]);
  });

  test('wait from when their last row was first seen', () => {
    const { state, calls, add, taken } = opened();
    add('a', noon, 'root', { seen: noon + 100 });
    expect(calls.due).toBe(noon + 220);
    calls.keepLast(noon + 200);
    state.now = noon + 319;
    expect(taken()).toEqual([]);
    state.now = noon + 320;
    expect(taken()).toEqual(['a 1']);
  });

  test('wait for four hours since they were seen at most, whatever their rows say', () => {
    const { state, add, taken } = opened();
    add('seen', noon + 9 * hour, 'root', { seen: noon - hour });
    add('not', noon + 9 * hour);
    state.now = noon + 3 * hour;
    expect(taken()).toEqual(['seen 1']);
    state.now = noon + 4 * hour;
    expect(taken()).toEqual(['not 1']);
  });

  test('do not wait where nothing is waited for', () => {
    const { calls, add, taken } = opened(0);
    calls.keepLast(noon + hour);
    add('a', noon, 'root', { seen: noon + 100 });
    calls.keepLast(noon + hour);
    expect(calls.due).toBe(noon);
    expect(taken()).toEqual(['a 1']);
  });

  test('are merged with rows that come late, as parts of a call that was sent or whole', () => {
    const { state, cut, add, calls, taken } = opened();
    add('a', noon);
    state.now = noon + hour;
    expect(taken()).toEqual(['a 1']);
    add('a', noon + 10, 'leg');
    const [late] = calls.rest();
    expect(late).toMatchObject({ hasRoot: true, lastSign: noon + 10, isPart: false, places: [] });
    expect(late?.rows).toHaveLength(2);
    // It was complete, so that the row is late, and the call was not cut apart by us.
    expect(cut).toEqual([]);
  });

  test('are parts where their first rows may have been sent by an earlier run, until one comes that was not', () => {
    const { add, calls } = opened();
    add('a', noon, 'root', { isRest: true });
    add('b', noon, 'root', { isRest: true });
    add('b', noon, 'root', { isRest: false });
    expect([...calls.rest()].map(({ isPart }) => isPart)).toEqual([true, false]);
  });

  test('are told of when they end in the future', () => {
    const ends = [noon + 300, noon + 301].map((end) => ({ end, isRoot: true }));
    expect(ends.map((signs) => isAhead(signs, { now: () => noon }))).toEqual([false, true]);
  });

  test('are let go at 1,000 rows, and then begin anew', () => {
    const { add, calls, cut } = opened();
    const given = Array.from({ length: 1000 }, () => add('a')).flat();
    expect(given.map(({ id, rows, cut: how }) => [id, rows.length, how])).toEqual([['a', 1000, 'complete']]);
    expect([calls.size, calls.due]).toEqual([0, Number.POSITIVE_INFINITY]);
    add('a');
    const [again] = calls.rest();
    expect([again?.rows.length, again?.isPart, cut]).toEqual([1, true, [1001]]);
  });

  test('are let go when 5,000 rows came without them, where the clock completes them', () => {
    const { state, add, calls, cut } = opened();
    state.now = noon + 120;
    add('whole');
    add('leg', noon, 'leg');
    add('late', noon + hour);
    const given = Array.from({ length: 6000 }, (_, at) =>
      add(`x${Math.floor(at / 500)}`, noon + hour).map(({ id, cut: how }) => `${at + 4} ${id} ${how}`),
    );
    // Every 250 rows they are looked at.
    expect(given.flat()).toEqual(['5250 whole complete']);
    expect([...calls.rest()].map(({ id }) => id)).toContain('leg');
    add('whole');
    expect(cut).toEqual([6004]);
    expect([...calls.rest()].at(-1)?.rows).toHaveLength(2);
  });

  test('are put off where 10,000 are open, the oldest first, and their later rows with them', () => {
    const { state, add, calls, cut } = opened();
    add('whole');
    add('long');
    for (let at = 3; at < 10_000; at++) add(`x${at}`, noon, 'leg');
    expect(calls.isFull).toBe(false);
    add('long');
    expect([calls.isFull, calls.size]).toEqual([false, 9999]);
    add('soon', noon - 60);
    expect(calls.isFull).toBe(true);
    // Only what is far behind can be let go then.
    expect(calls.due).toBe(noon + 120);
    expect([...calls.takeBehind()]).toEqual([]);
    state.now = noon + 120;
    const oldest = [...calls.putOffOldest()];
    const how = oldest.slice(0, 4).map(({ id, cut: one }) => `${id} ${one}`);
    expect(how).toEqual(['whole complete', 'long put off', 'x3 put off', 'x4 put off']);
    expect([oldest.length, calls.size, calls.isFull]).toEqual([1000, 9000, false]);
    expect(calls.due).toBe(noon + 60);
    expect(add('x3').map(({ id, rows, cut: one }) => [id, rows.length, one])).toEqual([['x3', 1, 'put off']]);
    expect([add('whole'), add('x5000'), cut]).toEqual([[], [], [expect.any(Number)]]);
  });

  test('stay while rows of them come, however far apart they began', () => {
    const { state, add } = opened();
    state.now = noon + hour;
    const given = Array.from({ length: 12_000 }, (_, at) =>
      add(at % 4000 === 0 ? 'long' : `x${Math.floor(at / 900)}`, at % 4000 === 0 ? noon : noon + hour),
    ).flat();
    expect(given.map(({ id }) => id)).toEqual([]);
  });

  test('are remembered by their rows for the next 1,000 that were let go, by their ids for longer', () => {
    const { state, add, calls, taken } = opened();
    for (let at = 0; at <= 1000; at++) add(`x${at}`);
    state.now = noon + hour;
    expect(taken()).toHaveLength(1001);
    add('x0');
    add('x1');
    expect([...calls.rest()].map(({ rows, isPart }) => [rows.length, isPart])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});
