import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SendResult } from '../../src/core/send-result.js';
import { count, emptyTally, exitOf, summarise } from '../../src/core/summary.js';
import { seeds, size } from '../setup/campaign.js';
import { accepted, play } from './moody-service.js';

/** Any answer to a request, by what it does with each of its calls. */
const anyAnswer = fc.oneof(
  fc.record({
    kind: fc.constant('answered' as const),
    verdicts: fc.array(fc.constantFrom('a', 'r', 'd', '-')),
  }),
  fc.record({
    kind: fc.constant('refused' as const),
    tooLarge: fc.boolean(),
    verdicts: fc.option(fc.array(fc.constantFrom('r', 'd', '-'))),
  }),
  fc.record({
    kind: fc.constant('not received' as const),
    throttled: fc.boolean(),
    wait: fc.option(fc.nat(200_000)),
  }),
  fc.record({ kind: fc.constant('lost' as const), tooSlow: fc.boolean() }),
  fc.record({ kind: fc.constant('stop' as const), mayHaveCalls: fc.boolean() }),
  fc.record({ kind: fc.constant('throws' as const) }),
);

function answerOf(
  any: (typeof anyAnswer extends fc.Arbitrary<infer T> ? T : never) | undefined,
  uuids: readonly string[],
): SendResult {
  const given = (list: readonly string[], letter: string) =>
    uuids.filter((_, at) => list[at % list.length] === letter);
  const reasons = (named: readonly string[]) => new Map(named.map((uuid) => [uuid, ['no']] as const));
  switch (any?.kind) {
    case undefined:
      return accepted(uuids);
    case 'answered': {
      const { verdicts } = any;
      const rejected = reasons(given(verdicts, 'r'));
      const deferred = reasons(given(verdicts, 'd'));
      const verdict = { accepted: new Set(given(verdicts, 'a')), rejected, deferred, unknownUuids: ['x'] };
      return { kind: 'answered', verdicts: verdict };
    }
    case 'refused': {
      const { verdicts, tooLarge } = any;
      const named = verdicts && {
        rejected: reasons(given(verdicts, 'r')),
        deferred: reasons(given(verdicts, 'd')),
      };
      return { kind: 'refused', reason: '400', tooLarge, ...(named && { named }) };
    }
    case 'not received': {
      const { throttled, wait } = any;
      return { kind: 'not received', reason: 'no', throttled, ...(wait !== null && { waitMs: wait }) };
    }
    case 'lost':
      return { kind: 'lost', reason: '500', tooSlow: any.tooSlow };
    case 'stop':
      return {
        kind: 'stop',
        reason: '401',
        hint: '',
        exit: 4,
        ...(any.mayHaveCalls && { mayHaveCalls: true }),
      };
    default:
      throw new Error('a bug');
  }
}

test.each(seeds)(
  'whatever the service answers, each call has one outcome, and the exit code says where one was not accepted (seed %i)',
  async (seed) => {
    const options = fc.record({
      chunkSize: fc.integer({ min: 1, max: 12 }),
      concurrency: fc.integer({ min: 1, max: 4 }),
      onLostAnswer: fc.constantFrom('hold' as const, 'resend' as const),
      onTrouble: fc.constantFrom('stop' as const, 'wait' as const),
      retries: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyAnswer, { maxLength: 40 }), options, async (answers, special) => {
        const rest = [...answers];
        const { outcomes, counts, stop, known } = await play({
          count: 30,
          answer: (uuids) => answerOf(rest.shift(), uuids),
          special,
          interruptedAt: 100_000,
        });
        expect(outcomes.map(({ uuid }) => Number(uuid)).sort((a, b) => a - b)).toEqual([...Array(30).keys()]);
        const summary = summarise(count(emptyTally, outcomes), { requests: 0, retries: 0, seconds: 0 });
        const exit = stop?.exit ?? exitOf(summary);
        expect([0, 3, 4, 5]).toContain(exit);
        if (counts.accepted + counts.waiting < 30) expect(exit).not.toBe(0);
        // The ledger says what was told; what is unsent, and nobody knows, has no row.
        const states = new Map(known.map(({ uuid, state }) => [uuid, state]));
        for (const { uuid, status } of outcomes) expect(states.get(uuid ?? '') ?? 'unsent').toBe(status);
      }),
      { numRuns: size(20, 1000), seed },
    );
  },
  600_000,
);
