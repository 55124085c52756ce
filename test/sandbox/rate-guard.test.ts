import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateGuard } from '../../src/sandbox/server.js';

describe('the rate guard', () => {
  it('lets in what a sliding second may hold', () => {
    const guard = createRateGuard(3, 10);
    expect([0, 400, 800, 1000, 1399.9, 1400.1].map(guard)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      429,
      429,
    ]);
  });

  it('counts what it refused, too, and forgets it after a second', () => {
    const guard = createRateGuard(1, 10);
    expect([0, 999, 1998, 2998].map(guard)).toEqual([undefined, 429, 429, undefined]);
  });

  it('answers 403 for good after too many 429', () => {
    const guard = createRateGuard(1, 2);
    expect([0, 1, 2, 3, 100_000].map(guard)).toEqual([undefined, 429, 429, 403, 403]);
  });

  it('warns exactly where a window of one second holds too many', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (gaps, most) => {
        const guard = createRateGuard(most, Number.POSITIVE_INFINITY);
        const times: number[] = [];
        for (const gap of gaps) {
          times.push((times.at(-1) ?? 0) + gap);
          const now = times.at(-1) ?? 0;
          const held = times.filter((time) => time > now - 1000).length;
          expect(guard(now)).toBe(held > most ? 429 : undefined);
        }
      }),
    );
  });
});
