import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallEntry } from '../../src/core/outcome.js';
import { createChunker } from '../../src/delivery/chunker.js';
import { callsAddBudgets } from '../../src/destinations/calls-add/calls-add.js';
import { encodeCalls } from '../../src/destinations/calls-add/request-body.js';

const entry: fc.Arbitrary<CallEntry> = fc
  .record({
    uuid: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    account_id: fc.constantFrom('1', '2', '3'),
    link: fc.option(fc.string({ unit: 'grapheme', maxLength: 30_000 })),
  })
  .map(({ uuid, account_id, link }) => ({
    call: {
      uuid,
      caller: '101',
      to: '74950000001',
      date: 1_700_000_000,
      type: 'inbound',
      billsec: 5,
      account_id,
      ...(link === null ? {} : { link }),
    },
    origin: {},
  }));

describe('a chunk', () => {
  test('holds one account, fits in variables, bytes and calls, and loses nobody', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 400, size: 'max' }),
        fc.integer({ min: 1, max: 1000 }),
        (all, calls) => {
          const chunker = createChunker(calls, callsAddBudgets);
          const chunks = [...chunker.add(all.slice(0, 7)), ...chunker.add(all.slice(7)), ...chunker.flush()];
          for (const chunk of chunks) {
            const body = encodeCalls(chunk.map(({ call }) => call));
            expect(new Set(chunk.map(({ call }) => call.account_id)).size).toBe(1);
            expect(chunk.length).toBeLessThanOrEqual(calls);
            expect(body.split('&').length).toBeLessThanOrEqual(900);
            if (chunk.length > 1) expect(body.length).toBeLessThanOrEqual(1024 * 1024);
          }
          const sorted = (list: readonly CallEntry[]) => list.map(({ call }) => call.uuid).sort();
          expect(sorted(chunks.flat())).toEqual(sorted(all));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('of plain calls is full at the number that was asked for', () => {
    const chunker = createChunker(100, callsAddBudgets);
    const one = fc.sample(entry, { numRuns: 1, seed: 1 })[0];
    if (one === undefined) throw new Error('no sample');
    const { link: _, ...call } = one.call;
    const sent = chunker.add(Array.from({ length: 250 }, () => ({ call, origin: {} })));
    expect(sent.map((chunk) => chunk.length)).toEqual([100, 100]);
  });

  test('of many accounts does not wait for ever: the oldest goes when too many are open', () => {
    const chunker = createChunker(100, callsAddBudgets);
    const one = fc.sample(entry, { numRuns: 1, seed: 1 })[0];
    if (one === undefined) throw new Error('no sample');
    const sent = chunker.add(
      Array.from({ length: 70 }, (_, index) => ({
        call: { ...one.call, account_id: String(index) },
        origin: {},
      })),
    );
    expect(sent.map((chunk) => chunk[0]?.call.account_id)).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});
