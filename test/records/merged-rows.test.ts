import { describe, expect, test } from 'vitest';
import { callStatuses } from '../../src/core/call.js';
import { Problem } from '../../src/core/errors.js';
import { Contradicted } from '../../src/records/contradictions.js';
import type { CallDate } from '../../src/records/dates.js';
import { mergeRows, mergeRules } from '../../src/records/grouping.js';
import { findPreset } from '../../src/records/preset-recognition.js';
import type { ParsedRecord } from '../../src/records/record.js';

const client = '74950000001';
const other = '74950000002';
const rules = {
  isInternal: (number: string) => number.length === 3,
  keyOf: ([key = '']: readonly string[]) => key,
};

const at = (unix: number): CallDate => ({
  unix,
  local: unix,
  kind: 'wall',
  occurrence: 'once',
  epoch: undefined,
});

/** A row of an inbound call of five seconds with 101, and what is other in it; its key is its line. */
function row(line: number, values: Partial<ParsedRecord> = {}, file = 'a.csv'): ParsedRecord {
  const usual: Omit<ParsedRecord, 'row' | 'file' | 'line'> = {
    rows: 1,
    ...{ uuid: 'a', caller: client, to: '101', date: at(100), direction: 'inbound', billsec: 5 },
    ...{ account: '1', link: '', callStatus: undefined, callResult: '', isBuilt: false },
    ...{ formerUuid: undefined, kind: 'talk', skip: undefined, problem: undefined },
  };
  return { row: { line, cells: [`${line}`] }, ...usual, ...values, file, line };
}

/** What a call is made of, in whatever order its rows come. */
function call(...rows: readonly ParsedRecord[]) {
  const merged = mergeRows(rows, rules);
  if (merged === undefined) throw new Error('no rows');
  for (const others of [rows.toReversed(), [...rows.slice(1), ...rows.slice(0, 1)], rows.toSorted(() => -1)])
    expect({ ...mergeRows(others, rules), row: undefined }).toEqual({ ...merged, row: undefined });
  const { caller, to, direction, billsec, date } = merged;
  return [direction, caller, to, billsec, date instanceof Problem ? date.text : date.unix];
}

const missed = { direction: 'missed', billsec: 5 } as const;
const outbound = { direction: 'outbound', caller: '101', to: client } as const;
const internal = { direction: 'internal', caller: '105', to: '106' } as const;
const unknown = { direction: new Problem('unknown') };
const nobody = { to: new Problem('is empty') };
const silent = { billsec: 0 };

describe('the rows of one call become', () => {
  test.each<readonly [string, readonly ParsedRecord[], readonly unknown[]]>([
    ['the row that it has', [row(1)], ['inbound', client, '101', 5, 100]],
    ['its earliest start', [row(1, { date: at(120) }), row(2)], ['inbound', client, '101', 5, 100]],
    [
      'its longest talk, and who talked',
      [row(1), row(2, { to: '102', billsec: 7, date: at(110) })],
      ['inbound', client, '102', 7, 100],
    ],
    [
      'of two equal talks, the earlier',
      [row(1), row(2, { to: '102', date: at(110) })],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'of two at once, that of the lower key',
      [row(1), row(2, { to: '102' })],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'of three at once, that of the lowest key',
      [row(1), row(2, { to: '102' }), row(3, { to: '103' })],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'an outbound one, with another number that was called after that',
      [row(1, { ...outbound, ...silent }), row(2, { ...outbound, caller: '102', to: other, date: at(110) })],
      ['outbound', '102', client, 5, 100],
    ],
    [
      'whom it rang at, before a menu with an extension',
      [
        row(1, { ...silent, kind: 'automated' }),
        row(2, { ...silent, to: other, kind: 'unanswered', date: at(110) }),
      ],
      ['inbound', client, other, 0, 100],
    ],
    [
      'a talk with an extension before a longer one with a number',
      [row(1, { to: other, billsec: 9 }), row(2, { date: at(110) })],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'a talk with a number before a longer one with nobody',
      [row(1, { ...nobody, billsec: 9 }), row(2, { to: other, date: at(110) })],
      ['inbound', client, other, 5, 100],
    ],
    [
      'a talk before a longer one in a queue',
      [row(1, { to: '102', kind: 'queue', billsec: 9 }), row(2, { date: at(110) })],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'a talk with a number before one of an extension in a queue',
      [row(1, { to: '102', kind: 'queue' }), row(2, { to: other, date: at(110) })],
      ['inbound', client, other, 5, 100],
    ],
    [
      'a talk with nobody before one that nobody answered',
      [row(1, silent), row(2, { ...nobody, date: at(110) })],
      ['inbound', client, '101', 0, 100],
    ],
    [
      'the extension that was called before a number',
      [row(1, { ...silent, to: other }), row(2, { ...silent, date: at(110) })],
      ['inbound', client, '101', 0, 100],
    ],
    [
      'the number that was called before a menu with an extension',
      [row(1, { ...silent, kind: 'automated' }), row(2, { ...silent, to: other, date: at(110) })],
      ['inbound', client, other, 0, 100],
    ],
    [
      'a menu with an extension before nobody',
      [row(1, { ...silent, ...nobody }), row(2, { ...silent, kind: 'automated', date: at(110) })],
      ['inbound', client, '101', 0, 100],
    ],
    [
      'a menu before another one without a number',
      [
        row(1, { ...silent, ...nobody, kind: 'automated' }),
        row(2, { ...silent, kind: 'automated', date: at(110) }),
      ],
      ['inbound', client, '101', 0, 100],
    ],
    [
      'whoever talked, where others missed it',
      [row(1, { ...missed, to: '102', billsec: 60 }), row(2, { date: at(110) })],
      ['inbound', client, '101', 5, 100],
    ],
    ['missed, where nobody talked', [row(1, missed), row(2, missed)], ['missed', client, '101', 5, 100]],
    [
      'the rows that lead outside',
      [row(1, { ...internal, date: at(90), billsec: 90 }), row(2)],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'internal, where none does',
      [row(1, { ...internal, date: at(110) }), row(2, { ...unknown, date: at(90) })],
      ['internal', '105', '106', 5, 110],
    ],
    [
      'outbound, to whom was called first',
      [row(1, outbound), row(2, { ...outbound, caller: '102', billsec: 9, date: at(110) })],
      ['outbound', '102', client, 9, 100],
    ],
    [
      'the way of the first row, with a row of the other way about the same client',
      [row(1, silent), row(2, { ...outbound, caller: '102', billsec: 9, date: at(110) })],
      ['inbound', client, '102', 9, 100],
    ],
    [
      'the way of the first row, without one about somebody else',
      [row(1, silent), row(2, { ...outbound, to: other, billsec: 9, date: at(110) })],
      ['inbound', client, '101', 0, 100],
    ],
    [
      'a call from nobody, without one to nobody',
      [
        row(1, { ...silent, caller: new Problem('is empty') }),
        row(2, { ...outbound, to: new Problem('is empty'), billsec: 9, date: at(110) }),
      ],
      ['inbound', new Problem('is empty'), '101', 0, 100],
    ],
    [
      'the client of a later row, where the first hides it',
      [row(1, { caller: new Problem('is hidden') }), row(2, { date: at(110) })],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'the rows that are sent',
      [row(1, { skip: 'a ring', date: at(90), billsec: 90 }), row(2)],
      ['inbound', client, '101', 5, 100],
    ],
    [
      'of rows that are all not sent, one',
      [row(1, { skip: 'a ring' }), row(2, { skip: 'a ring', billsec: 7, date: at(110) })],
      ['inbound', client, '101', 7, 100],
    ],
    [
      'the date of a row that has one',
      [row(1, { date: new Problem('no date') }), row(2, { date: at(110) })],
      ['inbound', client, '101', 5, 110],
    ],
    [
      'a talk time, where another one is none',
      [row(1, { billsec: new Problem('x') }), row(2, { date: at(110), billsec: 1 })],
      ['inbound', client, '101', 1, 100],
    ],
  ])('%s', (_, rows, expected) => {
    expect(call(...rows)).toEqual(expected);
  });

  test('what is wrong with it, where it is one row', () => {
    expect(mergeRows([row(1, { problem: 'is cut' })], rules)?.problem).toBe('is cut');
  });

  test('ordered by the columns that a preset names, and none without one', () => {
    const options = {
      map: [],
      set: [],
      requireAccount: false,
      inboundLayout: 'natural',
      now: () => 0,
    } as const;
    const cells = ['x', 'y', 'z'];
    expect(mergeRules(['a', 'b', 'c'], options).keyOf(cells)).toBe('');
    const asterisk = { ...findPreset('asterisk'), rowKey: ['c', 'a'] };
    expect(mergeRules(['a', 'b', 'c'], { ...options, preset: asterisk }).keyOf(cells)).toBe('z\nx');
    expect(mergeRules([], options).isInternal('101')).toBe(true);
  });

  test('nothing where there are none', () => {
    expect(mergeRows([], rules)).toBeUndefined();
  });
});

describe('beside that', () => {
  const of = (...values: readonly Partial<ParsedRecord>[]) => {
    const merged = mergeRows(
      values.map((one, line) => row(line + 1, { date: at(100 + line), ...one })),
      rules,
    );
    if (merged === undefined) throw new Error('no rows');
    return merged;
  };
  const best = { billsec: 9 };

  test('the recording and the result are those of the best row, else of any', () => {
    const one = { link: 'a', callResult: 'x' };
    const two = { link: 'b', callResult: 'y' };
    expect(of(one, { ...best, ...two })).toMatchObject(two);
    expect(of({}, one, best, two)).toMatchObject(one);
    expect(of({}, best)).toMatchObject({ link: '', callResult: '' });
  });

  test('what became of it is that of the best row, but for a message that was left where nobody talked', () => {
    const left = { callStatus: callStatuses['left a message'] };
    const busy = { callStatus: callStatuses.busy };
    expect(of({ ...left, ...silent }, { ...busy, ...silent, kind: 'talk' })).toMatchObject(left);
    expect(of({ ...silent, ...busy }, { ...silent, ...left })).toMatchObject(left);
    expect(of({ ...silent, ...left }, { ...best, ...busy })).toMatchObject(busy);
    expect(of({ ...silent, ...busy }, silent)).toMatchObject(busy);
  });

  test('what contradicts the rest of the file in one row does so in the call', () => {
    const contradicted = new Contradicted({ kind: 'zone', scope: 'row', sentence: 'no', hint: 'x' });
    expect(of({}, { date: contradicted }).date).toBe(contradicted);
    expect(of({}, { direction: contradicted }).direction).toBe('inbound');
    expect(of({ direction: contradicted }, { direction: contradicted }).direction).toBe(contradicted);
  });

  test('what is wrong with a row is wrong with the call, and named by its line', () => {
    expect(of({}, { problem: 'is cut' }, { problem: 'is cut too' }).problem).toBe(
      'line 2 of this call: is cut',
    );
    expect(of({}, {}).problem).toBeUndefined();
  });

  test('it stands where its first row does, of the file of the first that was read', () => {
    const rows = [row(7), row(3), row(5, best), row(1, {}, 'b.csv')];
    const merged = mergeRows(rows, rules);
    expect(merged).toMatchObject({ file: 'a.csv', line: 3, rows: 4, row: { line: 5 } });
  });
});
