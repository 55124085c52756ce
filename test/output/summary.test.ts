import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statuses } from '../../src/core/outcome.js';
import { count, emptyTally, exitOf, summarise, summariseCheck } from '../../src/core/summary.js';

const effort = { requests: 1, retries: 0, seconds: 0.4 };
const record = fc.record({
  status: fc.constantFrom(...statuses),
  origin: fc.record({ rows: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: [] }),
});

describe('a summary', () => {
  it('counts every record once, in whatever batches they come', () => {
    fc.assert(
      fc.property(fc.array(fc.array(record)), (batches) => {
        const summary = summarise(batches.reduce(count, emptyTally), effort);
        const all = batches.flat();
        expect(summary.read).toBe(all.length);
        expect(statuses.reduce((sum, status) => sum + summary[status], 0)).toBe(all.length);
        for (const status of statuses) {
          expect(summary[status]).toBe(all.filter((one) => one.status === status).length);
        }
        const rows = all.reduce((sum, { origin }) => sum + (origin.rows ?? 1), 0);
        expect(summary.rows ?? summary.read).toBe(rows);
      }),
    );
  });

  it('tells the rows only where some were merged', () => {
    const merged = count(emptyTally, [{ status: 'accepted', origin: { rows: 3 } }]);
    expect(summarise(merged, effort)).toMatchObject({ read: 1, rows: 3 });
    expect(summarise(count(emptyTally, [{ status: 'accepted', origin: {} }]), effort)).not.toHaveProperty(
      'rows',
    );
  });

  it.each([
    ['accepted', 0],
    ['duplicate', 0],
    ['filtered', 0],
    ['rejected', 3],
    ['invalid', 3],
    ['unconfirmed', 3],
    ['unsent', 3],
    ['waiting', 0],
  ] as const)('gives %s the exit code %i', (status, exit) => {
    expect(exitOf(summarise(count(emptyTally, [{ status, origin: {} }]), effort))).toBe(exit);
  });

  it.each([
    [['rejected', 'invalid']],
    [['rejected', 'invalid', 'unconfirmed', 'unsent']],
    [['rejected', 'unsent']],
    [['invalid', 'unconfirmed']],
    [['unconfirmed', 'unsent']],
    [['rejected', 'rejected', 'invalid', 'unconfirmed']],
  ] as const)('of several failures (%j) is no success', (failures) => {
    const failed = failures.map((status) => ({ status, origin: {} }));
    expect(exitOf(summarise(count(emptyTally, failed), effort))).toBe(3);
  });

  it('tells what came changed, and what was written over, where there was any', () => {
    const tally = count(emptyTally, [
      { status: 'duplicate', origin: {}, changed: true },
      { status: 'duplicate', origin: {} },
      { status: 'accepted', origin: {}, receipt: { via: 'corrected' } },
      { status: 'accepted', origin: {}, receipt: { via: 'found' } },
    ]);
    const summary = summarise(count(tally, [{ status: 'duplicate', origin: {}, changed: true }]), effort);
    expect(summary).toMatchObject({ read: 5, changed: 2, corrected: 1, ...effort });
    expect(summarise(emptyTally, effort)).toStrictEqual({
      read: 0,
      accepted: 0,
      rejected: 0,
      invalid: 0,
      duplicate: 0,
      filtered: 0,
      unconfirmed: 0,
      unsent: 0,
      waiting: 0,
      changed: 0,
      ...effort,
    });
  });

  it('gives an empty run the exit code 0', () => {
    expect(exitOf(summarise(emptyTally, effort))).toBe(0);
  });

  it('of a check counts valid records, and asks for exit 3 when one is not', () => {
    const valid = count(emptyTally, [
      { status: 'valid', origin: {} },
      { status: 'filtered', origin: {} },
    ]);
    expect(summariseCheck(valid)).toStrictEqual({
      read: 2,
      valid: 1,
      invalid: 0,
      duplicate: 0,
      filtered: 1,
      waiting: 0,
    });
    expect(exitOf(summariseCheck(valid))).toBe(0);
    const mixed = count(valid, [{ status: 'invalid', origin: {} }]);
    expect(exitOf(summariseCheck(mixed, 1))).toBe(3);
    expect(summariseCheck(mixed, 1).requests).toBe(1);
    const merged = count(emptyTally, [
      { status: 'waiting', origin: { rows: 3 } },
      { status: 'duplicate', origin: {} },
    ]);
    expect(summariseCheck(merged)).toMatchObject({ read: 2, rows: 4 });
    const both = count(count(emptyTally, [{ status: 'valid', origin: {} }]), [
      { status: 'invalid', origin: {} },
    ]);
    expect(summariseCheck(both).read).toBe(2);
    expect(count(emptyTally, [])).not.toHaveProperty('corrected');
  });
});
