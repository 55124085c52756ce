import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedZone, openZone, type Zone } from '../../src/records/time-zones.js';
import {
  contradictedBy,
  emptyFinding,
  findOffsets,
  fitsAll,
  foldRow,
  inferOffset,
  isPlausible,
  momentByEpoch,
  offsetByIds,
  offsetOf,
  offsetOfOthers,
  parseFinding,
} from '../../src/records/zone-evidence.js';

const hour = 3600;
/** 2024-11-20 10:00:00 UTC. */
const epoch = 1_732_096_800;

async function zoneOf(name: string): Promise<Zone> {
  const zone = openZone(name);
  if (!('unixOf' in zone)) throw new Error(zone.text);
  return zone;
}

/** Rows of a clock that stands so many seconds east of UTC; each an hour after the one before, and so many seconds later than its id. */
const rowsOf = (offset: number, ...lateness: readonly number[]) =>
  lateness.map((late, row) => ({ epoch: epoch + row * hour, local: epoch + row * hour + offset + late }));

describe('the rows that contradict a zone', () => {
  it.each([
    ['none: the clock stands there', 3, 3, [0, 1, 7], []],
    ['none: that rows are late proves nothing', 3, 3, [0, 700, 5400], []],
    ['none: that they are a little late neither', 3, 3, [100, 200, 449], []],
    ['none: the clock of before the railways', 2.505, 2.505, [0, 60, -60], []],
    ['three that agree, minutes late as they are', 0, 3, [449, 100, 61], [0, 1, 2]],
    ['three that agreed among the last five, not before', 0, 3, [0, 700, 700, 700, 0, 0], []],
    ['three that agreed, and one later', 0, 3, [0, 0, 0, 700, 700, 700, 0], [0, 1, 2, 6]],
    ['none: two that agree are no majority of three', 0, 3, [0, 0], []],
    ['three that agree on a whole hour', 0, 3, [0, 2, 5], [0, 1, 2]],
    [
      'three of five that agree, and not those that are late by another time',
      0,
      3,
      [0, 900, 2, 2000, 5],
      [0, 2, 4],
    ],
    ['three that agree on a quarter', 5.5, 5.75, [0, 2, 5], [0, 1, 2]],
    ['one that is over a minute before its id', 3, 0, [0], [0]],
    ['none that is a minute before its id', 3, 3, [-60], []],
    ['one that is 61 s before its id', 3, 3, [-61], [0]],
    ['the rows before their ids among others', 1, 1, [0, -120, 0, 3], [1]],
  ])('%s', (_, zone, clock, lateness, expected) => {
    const pairs = rowsOf(clock * hour, ...lateness);
    expect(contradictedBy(fixedZone(zone * hour), pairs).rows).toEqual(expected);
  });

  it('are told by one row where earlier rows agreed', () => {
    const utc = fixedZone(0);
    const before = contradictedBy(utc, rowsOf(3 * hour, 0, 1, 2)).finding;
    const [row] = rowsOf(3 * hour, 4);
    expect(contradictedBy(utc, row === undefined ? [] : [row], before).rows).toEqual([0]);
    expect(contradictedBy(utc, row === undefined ? [] : [row]).rows).toEqual([]);
  });

  it('are half a year of a fixed offset, and none of the zone with its changes', async () => {
    const berlin = await zoneOf('Europe/Berlin');
    const pairs = Array.from({ length: 12 }, (_, month) => Date.UTC(2024, month, 15, 9) / 1000).map(
      (unix) => ({
        epoch: unix,
        local: unix + berlin.offsetAt(unix),
      }),
    );
    const summer = [3, 4, 5, 6, 7, 8, 9];
    expect(contradictedBy(fixedZone(hour), pairs).rows).toEqual(summer);
    expect(contradictedBy(fixedZone(2 * hour), pairs).rows).toEqual([0, 1, 2, 10, 11]);
    expect(contradictedBy(berlin, pairs).rows).toEqual([]);
    expect(fitsAll(berlin, pairs)).toBe(true);
    expect(fitsAll(fixedZone(hour), pairs)).toBe(false);
  });
});

it('the offset that most of the rows name against a zone is told with them', () => {
  const rows = [...rowsOf(3 * hour, 0, 0, 0), ...rowsOf(2 * hour, 0, 0, 0, 0)];
  expect(contradictedBy(fixedZone(0), rows)).toMatchObject({ offset: 2 * hour });
  expect(contradictedBy(fixedZone(0), [...rows].reverse())).toMatchObject({ offset: 2 * hour });
  expect(contradictedBy(fixedZone(0), rowsOf(-1800, 0)).offset).toBeUndefined();
  expect(inferOffset(rows)).toEqual({ offset: 2 * hour, agree: 4, of: 7 });
  expect(inferOffset([...rows, ...rowsOf(0, 900)])).toEqual({ offset: 2 * hour, agree: 4, of: 8 });
  expect(inferOffset(rowsOf(0, 900))).toBeUndefined();
  expect(inferOffset([])).toBeUndefined();
});

it('all offsets that rows agree on are found, and from when to when they say so', () => {
  const before = emptyFinding('ids');
  const winter = rowsOf(hour, 0, 0, 0);
  const summer = rowsOf(2 * hour, 900, 0, 0, 0).map(({ local, epoch }) => ({
    local: local + 90 * 86_400,
    epoch: epoch + 90 * 86_400,
  }));
  const found = findOffsets([...summer, ...winter], before);
  expect(found.agreed).toEqual([2 * hour, hour]);
  expect(found.span).toEqual([winter[0]?.local, summer[3]?.local]);
  expect(findOffsets(winter, found).span).toEqual(found.span);
  expect(findOffsets(rowsOf(0, 900), before)).toStrictEqual({ ...before, recent: [null] });
  expect(findOffsets(rowsOf(0, 5), before).span).toEqual([epoch + 5, epoch + 5]);
});

it.each([
  [18 * hour, true],
  [-18 * hour, true],
  [18 * hour + 1, false],
  [-18 * hour - 1, false],
])('that a clock shows %i s more than an id is plausible: %s', (more, expected) => {
  expect(isPlausible({ epoch, local: epoch + more })).toBe(expected);
});

it.each([
  [0, 3600, 3600, 3600],
  [0, 3600, 0, 0],
  [0, 3600, 1800, 0],
  [0, 3600, 1801, 3600],
  [0, 3600, 3660, 3600],
  [0, 3600, 3661, 0],
  [0, 3600, 9000, 0],
  [0, 3600, -9000, 0],
])('of the moments %i and %i the id %i means %i', (first, second, id, expected) => {
  expect(momentByEpoch(first, second, id)).toBe(expected);
});

it('a zone does not fit where no row says so', () => {
  expect(fitsAll(fixedZone(0), rowsOf(3 * hour, 0))).toBe(false);
  expect(fitsAll(fixedZone(3 * hour), rowsOf(3 * hour, 1000))).toBe(false);
  expect(fitsAll(fixedZone(3 * hour), rowsOf(3 * hour, 0, 1000))).toBe(true);
  expect(fitsAll(fixedZone(3 * hour), rowsOf(3 * hour, 0, -61))).toBe(false);
  expect(fitsAll(fixedZone(3 * hour), rowsOf(3 * hour, 0, -60))).toBe(true);
  expect(fitsAll(fixedZone(3 * hour), [])).toBe(false);
});

it.each([
  [0, 0],
  [3 * hour, 3 * hour],
  [3 * hour + 449, 3 * hour],
  [3 * hour + 450, undefined],
  [3 * hour - 60, 3 * hour],
  [3 * hour - 61, undefined],
  [5.75 * hour, 5.75 * hour],
  [-9.5 * hour, -9.5 * hour],
  [7.5 * hour, undefined],
])('a clock that shows %i s more than the id is at the offset %s', (more, offset) => {
  expect(offsetOf({ epoch, local: epoch + more })).toBe(offset);
});

describe('the offset of a row with --timezone ids', () => {
  const of = (more: number, ...agreed: readonly number[]) =>
    offsetByIds({ epoch, local: epoch + more }, agreed);

  it('is that of its own id, an hour beside the others where the clocks were changed', () => {
    expect(of(2 * hour + 5, hour)).toBe(2 * hour);
    expect(of(hour + 5, 2 * hour)).toBe(hour);
    expect(of(2 * hour + 60, 3 * hour, 0)).toBe(2 * hour);
    expect(of(2 * hour + 61, 3 * hour, 0)).toBe(0);
    expect(of(4 * hour + 5, 3 * hour, hour)).toBe(4 * hour);
    expect(of(5 * hour + 5, 3 * hour, hour)).toBe(3 * hour);
  });

  it('is the largest of all where the file is not known yet, or has none that fits', () => {
    expect(of(5.5 * hour + 5)).toBe(5.5 * hour);
    expect(of(-3 * hour, 3 * hour)).toBe(-3 * hour);
    expect(of(-13 * hour)).toBeUndefined();
  });

  it('is that of the file where the row is late, not the next one that exists', () => {
    expect(of(3 * hour + 1830, 3 * hour)).toBe(3 * hour);
    expect(of(3 * hour + 5400, 3 * hour)).toBe(3 * hour);
    expect(of(hour + 2400, hour, 2 * hour)).toBe(hour);
  });

  it('of a row without an id is that of all around it', () => {
    const finding = { ...emptyFinding('ids'), agreed: [hour], span: [epoch, epoch + hour] as const };
    expect(offsetOfOthers(epoch + 600, finding)).toBe(hour);
    expect(offsetOfOthers(epoch - 86_400, finding)).toBe(hour);
    expect(offsetOfOthers(epoch - 86_401, finding)).toBeUndefined();
    expect(offsetOfOthers(epoch + hour + 86_400, finding)).toBe(hour);
    expect(offsetOfOthers(epoch + hour + 86_401, finding)).toBeUndefined();
    expect(offsetOfOthers(epoch, { ...emptyFinding('ids'), agreed: [hour] })).toBeUndefined();
    expect(offsetOfOthers(epoch + 2 * 86_400, finding)).toBeUndefined();
    expect(offsetOfOthers(epoch, { ...finding, agreed: [hour, 2 * hour] })).toBeUndefined();
  });
});

it('what was found out is the same after it was written down', () => {
  const said = fc.constantFrom(null, hour, 3 * hour);
  fc.assert(
    fc.property(fc.array(said), fc.array(said), (before, after) => {
      const fold = (rows: readonly (number | null)[], from: ReturnType<typeof emptyFinding>) =>
        rows.reduce(foldRow, from);
      const known = fold(before, emptyFinding('UTC'));
      const again = parseFinding(JSON.parse(JSON.stringify(known)));
      expect(again).toEqual(known);
      expect(fold(after, again ?? emptyFinding('UTC'))).toEqual(
        fold([...before, ...after], emptyFinding('UTC')),
      );
    }),
  );
  expect(parseFinding({ zone: 'UTC', recent: ['x'], agreed: [] })).toBeUndefined();
  for (const wrong of [{ recent: 7 }, { agreed: {} }, { agreed: [null] }, { zone: undefined }])
    expect(parseFinding({ zone: 'UTC', recent: [null], agreed: [], ...wrong })).toBeUndefined();
  for (const span of [undefined, [1], [1, 2, 3], ['1', 2], 7])
    expect(parseFinding({ zone: 'UTC', recent: [null], agreed: [5], span })).toStrictEqual({
      zone: 'UTC',
      recent: [null],
      agreed: [5],
    });
  const spanned = { zone: 'UTC', recent: [], agreed: [], span: [1, 2] };
  expect(parseFinding(spanned)).toStrictEqual(spanned);
});
