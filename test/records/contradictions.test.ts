import { expect, test } from 'vitest';
import {
  Contradicted,
  ContradictedFile,
  dateContradiction,
  headerContradiction,
  zoneContradiction,
} from '../../src/records/contradictions.js';
import { emptyFinding } from '../../src/records/zone-evidence.js';

const finding = emptyFinding('UTC');

test.each([
  [[0, 1, 2, 3], 7, 'the unique ids of 4 of 7 rows say +03:00 (lines 10, 11, 12 …)'],
  [[1, 2, 4], 5, 'the unique ids of 3 of 5 rows say +03:00 (lines 11, 12, 14)'],
  [[0], 1, 'the unique ids of 1 of 1 rows say +03:00 (line 10)'],
])('a file is contradicted by more than half of its rows: %j of %i', (rows, of, proof) => {
  const asked = Array.from({ length: of }, (_, row) => ({ line: 10 + row }));
  expect(zoneContradiction('UTC', { rows, offset: 10_800, finding }, asked)).toEqual({
    kind: 'zone',
    scope: 'file',
    sentence: `its times cannot be in UTC: ${proof}`,
    hint: expect.stringContaining('--timezone ids'),
  });
});

test('a file is not contradicted by half of its rows; where they name no offset, they say why it cannot be', () => {
  const asked = [{ line: 1 }, { line: 2 }];
  expect(zoneContradiction('UTC', { rows: [0], offset: 0, finding }, asked)).toBeUndefined();
  const early = zoneContradiction('UTC', { rows: [0, 1], offset: undefined, finding }, asked);
  expect(early?.sentence).toContain('say that calls began before they were made (lines 1, 2)');
});

test.each([
  [-61, undefined, '1 min 01 s before the time in its unique id'],
  [10_805, 10_800, '3 h 00 min after the time in its unique id, which says +03:00'],
])('a row that is %i s late contradicts its own id', (lateness, offset, says) => {
  const contradiction = dateContradiction('2024-01-01 10:00', 'UTC', { lateness, offset });
  expect(contradiction).toEqual({
    kind: 'zone',
    scope: 'row',
    sentence: `"2024-01-01 10:00" in UTC is ${says}`,
    hint: 'use --timezone ids',
  });
  expect(new Contradicted(contradiction).text).toBe(`${contradiction.sentence}: use --timezone ids`);
  expect(new ContradictedFile('a.csv', contradiction, { finding, isReported: true })).toMatchObject({
    message: `a.csv: ${contradiction.sentence}`,
    hint: 'use --timezone ids',
    isReported: true,
    finding,
  });
});

test('a header that names a zone contradicts another one that was given', () => {
  expect(headerContradiction('Date (UTC)', 'UTC', '+03:00')).toEqual({
    kind: 'zone',
    scope: 'file',
    sentence: 'the header "Date (UTC)" says UTC, but --timezone or the profile says +03:00',
    hint: expect.stringContaining('--timezone UTC.'),
  });
});
