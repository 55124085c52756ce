import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { createFaultPlan, seededRandom } from '../../src/sandbox/fault-plan.js';
import { type Faults, faultTable, parseFaults } from '../../src/sandbox/faults.js';

describe('faults on the command line', () => {
  it.each<[string[], Faults]>([
    [['500=0.05', '429-html=0.1'], { '500': 0.05, '429-html': 0.1 }],
    [['500=5%, close-after=.5'], { '500': 0.05, 'close-after': 0.5 }],
    [['html'], { html: 1 }],
    [['html=1', 'html=0'], { html: 0 }],
    [[], {}],
  ])('reads %j', (texts, faults) => {
    expect(parseFaults(texts, 'calls-add')).toEqual(faults);
  });

  it.each([
    ['close-aftr=1', '"close-aftr" is not a fault. Did you mean "close-after"?'],
    ['429=0.1', '"429" is not a fault; choose one of 429-html, 429-json, 429-seconds, 429-date'],
    ['405', '"405" is a fault of --api v4 only'],
    ['html=2', 'html: "2" is not a share from 0 to 1 (or 0% to 100%)'],
    ['html=', 'html: "" is not a share from 0 to 1 (or 0% to 100%)'],
    ['html=0.1=2', 'html: "0.1=2" is not a share from 0 to 1 (or 0% to 100%)'],
  ])('refuses %s and says why', (text, message) => {
    expect(parseFaults([text], 'calls-add')).toEqual(new Problem(message));
  });

  it('lists what is known when nothing is near', () => {
    const problem = parseFaults(['earthquake'], 'v4');
    expect(problem instanceof Problem && problem.text).toContain('known are 204, 301');
  });

  it('has one line on each fault, and reads each by its name', () => {
    expect(faultTable.length).toBeGreaterThan(35);
    for (const { name, does, apis } of faultTable) {
      expect(does).toMatch(/^[^\n]{5,90}$/);
      for (const api of apis) expect(parseFaults([`${name}=0.5`], api)).toEqual({ [name]: 0.5 });
    }
  });
});

describe('the faults of a request', () => {
  const faults: Faults = { '500': 0.3, close: 0.3, shuffle: 0.5, forget: 0.5, reject: 0.5 };
  const requests = Array.from({ length: 60 }, (_, index) => [`b-${index}`, `a-${index % 20}`]);
  const draw = (plan: ReturnType<typeof createFaultPlan>, uuids: readonly string[]) => {
    const found = plan('1000', uuids);
    const uuid = uuids[0] ?? '';
    return [
      found.fault,
      [...found.answer],
      found.meetsCall('forget', uuid),
      found.meetsCall('reject', uuid),
      found.random('latency'),
    ];
  };
  const drawAll = (seed: number, order: readonly (readonly string[])[]) => {
    const plan = createFaultPlan(faults, seed);
    const results = new Map<string, unknown[]>();
    for (const uuids of order) {
      const name = uuids[1] ?? '';
      results.set(name, [...(results.get(name) ?? []), draw(plan, uuids)]);
    }
    return results;
  };

  it('depend on the seed and the request, not on what arrives between', () => {
    const steady = drawAll(7, requests);
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(20).keys()], { minLength: 20 }), (order) => {
        const shuffled = order.flatMap((least) => requests.filter((uuids) => uuids[1] === `a-${least}`));
        expect(Object.fromEntries(drawAll(7, shuffled))).toEqual(Object.fromEntries(steady));
      }),
      { numRuns: 20 },
    );
    expect(Object.fromEntries(drawAll(8, requests))).not.toEqual(Object.fromEntries(steady));
  });

  it('are the same for the same calls in another order, and another for another account', () => {
    const first = createFaultPlan(faults, 1)('1000', ['x', 'y']).random('latency');
    expect(createFaultPlan(faults, 1)('1000', ['y', 'x']).random('latency')).toBe(first);
    expect(createFaultPlan(faults, 1)('1001', ['x', 'y']).random('latency')).not.toBe(first);
  });

  it('change from one attempt to the next, but a rejected call stays rejected', () => {
    const plan = createFaultPlan(faults, 3);
    const drawn = Array.from({ length: 40 }, () => plan('1000', ['x', 'y']));
    expect(new Set(drawn.map((found) => found.fault))).toEqual(new Set([undefined, '500', 'close']));
    expect(new Set(drawn.map((found) => found.meetsCall('forget', 'x'))).size).toBe(2);
    expect(new Set(drawn.map((found) => found.meetsCall('reject', 'x'))).size).toBe(1);
  });

  it('come in their shares', () => {
    const plan = createFaultPlan({ '503': 0.1, reject: 0.2, holes: 0.3 }, 42);
    const drawn = Array.from({ length: 5000 }, (_, index) => ({
      uuid: `u${index}`,
      found: plan('1', [`u${index}`]),
    }));
    const share = (of: (item: (typeof drawn)[number]) => boolean) => drawn.filter(of).length / drawn.length;
    expect(share(({ found }) => found.fault === '503')).toBeCloseTo(0.1, 1);
    expect(share(({ found, uuid }) => found.meetsCall('reject', uuid))).toBeCloseTo(0.2, 1);
    expect(share(({ found }) => found.answer.has('holes'))).toBeCloseTo(0.3, 1);
  });

  it('are drawn from numbers that fill the unit interval evenly', () => {
    const buckets = Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index += 1) {
      const place = Math.floor(seededRandom(1, `request ${index}`) * 10);
      buckets[place] = (buckets[place] ?? 0) + 1;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(850);
    expect(Math.max(...buckets)).toBeLessThan(1150);
  });
});
