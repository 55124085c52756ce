import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SendResult, Verdicts } from '../../../src/core/send-result.js';
import * as callsAdd from '../../../src/destinations/calls-add/response.js';
import type { HttpResult } from '../../../src/destinations/http/exchange.js';
import * as v4 from '../../../src/destinations/v4/response.js';

const sent = ['a', '1', '2.50', '__proto__', '00', 'toString'];
const now = Date.UTC(2026, 10, 22);

const classifiers: Readonly<Record<string, (reply: HttpResult) => SendResult>> = {
  'calls-add': (reply) => callsAdd.classifyResponse(reply, sent, now),
  v4: (reply) => {
    return v4.classifyResponse(reply, (body) => v4.decodeResponse(body, sent, 'wait'), now);
  },
  'v4, incoming leads': (reply) => {
    return v4.classifyResponse(reply, (body) => v4.decodeResponse(body, sent, 'reject', 'unsorted'), now);
  },
};

/** Any JSON, with the words of both APIs as its keys as often as others. */
const word = fc.constantFrom(
  ...[
    'response',
    'calls',
    'add',
    'success',
    'errors',
    'error',
    'error_code',
    '_embedded',
    'validation-errors',
  ],
  ...[
    'request_id',
    'id',
    'entity_id',
    'entity_type',
    'code',
    'status',
    'title',
    'detail',
    'toString',
    ...sent,
  ],
);
const { any: anyJson } = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 6 },
    fc.oneof(fc.jsonValue({ maxDepth: 0 }), word, fc.constant(263), fc.integer({ min: -1, max: 6 })),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(word, fc.string()), tie('any'), { maxKeys: 4 }),
  ),
}));
/** JSON in the outer shape of a real answer, with anything inside. */
const shaped = fc.oneof(
  fc.record({ success: anyJson, errors: anyJson }).map((add) => ({ response: { calls: { add } } })),
  fc
    .record({ calls: anyJson, errors: anyJson })
    .map(({ calls, errors }) => ({ _embedded: { calls }, errors })),
);
const body = fc.oneof(
  anyJson.map((value) => JSON.stringify(value)),
  shaped.map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
);
const reply: fc.Arbitrary<HttpResult> = fc
  .record({
    status: fc.oneof(fc.constantFrom(200, 204, 303, 400, 413, 422, 429, 503, 504), fc.nat({ max: 999 })),
    text: body,
    cut: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    complete: fc.boolean(),
    retryAfter: fc.oneof(fc.string(), fc.bigInt().map(String)),
  })
  .map(({ status, text, cut, complete, retryAfter }) => {
    const kept = text.slice(0, Math.ceil(text.length * cut));
    return { kind: 'response', status, body: kept, complete, retryAfter } as const;
  });

/** Whether each text can be shown as it is: none of them is empty of words, or endless. */
function texts(result: SendResult): readonly string[] {
  const all = (map: Verdicts['rejected'] = new Map()) => [...map.values()].flat();
  if (result.kind === 'answered')
    return [
      ...all(result.verdicts.rejected),
      ...all(result.verdicts.deferred),
      ...result.verdicts.unknownUuids,
    ];
  return [result.reason, ...(result.kind === 'refused' ? all(result.named?.rejected) : [])];
}

test.each(Object.entries(classifiers))(
  'any answer has a meaning for exactly its calls (%s)',
  (_, classify) => {
    fc.assert(
      fc.property(reply, (one) => {
        const result = classify(one);
        for (const text of texts(result)) expect(text.length).toBeLessThan(2500);
        if (result.kind === 'not received') expect(result.waitMs ?? 0).toBeLessThan(1e12);
        if (result.kind !== 'answered') return;
        const { accepted, rejected, deferred = new Map() } = result.verdicts;
        const named = [...accepted, ...rejected.keys(), ...deferred.keys()];
        expect(new Set(named).size).toBe(named.length);
        expect(named.filter((uuid) => !sent.includes(uuid))).toEqual([]);
        expect([...rejected.values()].filter((reasons) => reasons.length === 0)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  },
);

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const wide = (count: number, item: string) => `[${Array.from({ length: count }, () => item).join(',')}]`;

test.each([
  ['objects in success', '{"response":{"calls":{"add":{"success":[{"toString":1},{}],"errors":[]}}}}'],
  ['a list nested a hundred thousand deep', `{"response":{"calls":{"add":{"success":[${deep(1e5)}]}}}}`],
  ['a reason nested a hundred thousand deep', `{"response":{"calls":{"add":{"errors":{"a":${deep(1e5)}}}}}}`],
  ['a hundred thousand uuids', `{"response":{"calls":{"add":{"success":${wide(1e5, '7')}}}}}`],
  [
    'a code that is a list nested a hundred thousand deep',
    `{"errors":[{"request_id":0,"code":${deep(1e5)}}]}`,
  ],
  ['a code that is an object', '{"errors":[{"request_id":0,"code":{"toString":1}}]}'],
  ['a hundred thousand entries that name no call', `{"_embedded":{"calls":${wide(1e5, '{}')}}}`],
  ['an endless reason', `{"response":{"calls":{"add":{"errors":{"a":"${'x'.repeat(5e6)}"}}}}}`],
  ['an endless error', `{"response":{"error":"${'x'.repeat(5e6)}"}}`],
])('%s is read in a moment, and told in short', (_, text) => {
  for (const classify of Object.values(classifiers)) {
    for (const status of [200, 400]) {
      const before = performance.now();
      const result = classify({ kind: 'response', status, body: text, complete: true });
      expect(performance.now() - before).toBeLessThan(3000);
      expect(texts(result).join('').length).toBeLessThan(50_000);
    }
  }
});
