import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdicts } from '../../../src/core/send-result.js';
import { classifyResponse, decodeAnswer } from '../../../src/destinations/calls-add/response.js';

/** Writes an answer as PHP's json_encode may: the choices are the quirks. */
interface Shape {
  readonly emptyErrors: 'list' | 'null' | 'absent';
  readonly successAsMap: boolean;
  readonly numbers: boolean;
  readonly singleReason: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  emptyErrors: fc.constantFrom('list' as const, 'null' as const, 'absent' as const),
  successAsMap: fc.boolean(),
  numbers: fc.boolean(),
  singleReason: fc.boolean(),
});

function asPhp(accepted: readonly string[], rejected: ReadonlyMap<string, string>, how: Shape): string {
  const named = accepted.map((uuid) => (how.numbers && /^[1-9]\d{0,8}$/.test(uuid) ? Number(uuid) : uuid));
  const success = how.successAsMap ? Object.fromEntries(named.map((uuid, at) => [at + 3, uuid])) : named;
  const reasons = (reason: string) => (how.singleReason ? reason : [reason]);
  const keys = [...rejected.keys()];
  const isList = keys.every((key, at) => key === String(at));
  const entries = [...rejected].map(([uuid, reason]) => [uuid, reasons(reason)] as const);
  const map = isList ? entries.map(([, reason]) => reason) : Object.fromEntries(entries);
  const empty = { list: [], null: null, absent: undefined }[how.emptyErrors];
  return JSON.stringify({
    response: { calls: { add: { success, errors: keys.length === 0 ? empty : map } } },
  });
}

function verdictsOf(body: string, sent: readonly string[]): Verdicts {
  const decoded = decodeAnswer(body, sent);
  if (decoded === undefined) throw new Error(`no verdicts in ${body}`);
  return decoded;
}

describe('the answer of the service', () => {
  test('says of every uuid what it says, in whatever shape PHP gave it', () => {
    const uuid = fc.oneof(fc.stringMatching(/^[\w.-]{1,20}$/), fc.integer({ min: 0, max: 999 }).map(String));
    const uuids = fc.uniqueArray(uuid, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        uuids,
        fc.infiniteStream(fc.constantFrom('yes', 'no', 'silent')),
        shape,
        (sent, fates, how) => {
          const fate = new Map(sent.map((one) => [one, String(fates.next().value)]));
          const accepted = sent.filter((one) => fate.get(one) === 'yes').reverse();
          const rejected = new Map(
            sent.filter((one) => fate.get(one) === 'no').map((one) => [one, `no ${one}`]),
          );
          const verdicts = verdictsOf(asPhp(accepted, rejected, how), sent);
          expect([...verdicts.accepted].sort()).toEqual([...accepted].sort());
          expect(new Map(verdicts.rejected)).toEqual(
            new Map([...rejected].map(([one, why]) => [one, [why]])),
          );
          expect(verdicts.unknownUuids).toEqual([]);
        },
      ),
    );
  });

  test('has two empty lists: nobody has a verdict', () => {
    for (const add of ['[]', '{}', '{"success":[],"errors":[]}', '{"success":null,"errors":null}']) {
      const verdicts = verdictsOf(`{"response":{"calls":{"add":${add}}}}`, ['a']);
      expect(verdicts.accepted.size + verdicts.rejected.size).toBe(0);
    }
  });

  test('names a uuid in both lists: the errors win', () => {
    const verdicts = verdictsOf('{"response":{"calls":{"add":{"success":["a"],"errors":{"a":["bad"]}}}}}', [
      'a',
    ]);
    expect([...verdicts.accepted]).toEqual([]);
    expect(verdicts.rejected.get('a')).toEqual(['bad']);
  });

  test('names a uuid that was not sent: it is unknown', () => {
    const verdicts = verdictsOf('{"response":{"calls":{"add":{"success":["b"],"errors":{"c":"x"}}}}}', ['a']);
    expect(verdicts.unknownUuids).toEqual(['c', 'b']);
  });

  test('gives back a number that lost its last zero, or a digit that no number can hold', () => {
    const verdicts = verdictsOf(
      '{"response":{"calls":{"add":{"success":[1504525166.22,12345678901234567890]}}}}',
      ['1504525166.220', '12345678901234567890'],
    );
    expect([...verdicts.accepted].sort()).toEqual(['12345678901234567890', '1504525166.220']);
  });

  test('cannot decide between two uuids that are one number', () => {
    const verdicts = verdictsOf('{"response":{"calls":{"add":{"success":[1.5]}}}}', ['1.50', '1.500']);
    expect(verdicts.accepted.size).toBe(0);
    expect(verdicts.unknownUuids).toEqual(['1.5']);
  });

  test('names by its text a number of which another uuid is a form', () => {
    const verdicts = verdictsOf('{"response":{"calls":{"add":{"success":[1.5]}}}}', ['1.50', '1.5']);
    expect([...verdicts.accepted]).toEqual(['1.5']);
  });

  test('names what is neither text nor number: it is unknown', () => {
    const verdicts = verdictsOf('{"response":{"calls":{"add":{"success":[{"toString":1},null,true]}}}}', [
      'a',
    ]);
    expect(verdicts.unknownUuids).toEqual(['{"toString":1}', 'null', 'true']);
  });

  test.each([
    ['a text', 'bad', ['bad']],
    ['texts', ['bad', '', 'worse'], ['bad', 'worse']],
    ['a map', { 3: 'bad' }, ['bad']],
    ['a number', [17], ['17']],
    ['nothing', null, ['the service gave no reason']],
    ['an empty text', '', ['the service gave no reason']],
    ['a list of nothing', [null], ['the service gave no reason']],
    [
      'more than anybody reads',
      Array.from({ length: 30 }, (_, at) => String(at)),
      Array.from({ length: 20 }, (_, at) => String(at)),
    ],
  ])('tells a reason that is %s', (_name, reason, told) => {
    const body = JSON.stringify({ response: { calls: { add: { errors: { a: reason } } } } });
    expect(verdictsOf(body, ['a']).rejected.get('a')).toEqual(told);
  });

  test('names twenty unknown uuids at most', () => {
    const success = Array.from({ length: 30 }, (_, at) => `b${at}`);
    const body = JSON.stringify({ response: { calls: { add: { success } } } });
    expect(verdictsOf(body, ['a']).unknownUuids).toEqual(success.slice(0, 20));
  });

  test.each([
    ['an empty body', '', 'an empty body'],
    ['HTML', '<html>502</html>', 'HTML'],
    ['broken JSON', '{"response":{"calls":{"add":{"success":["a"', 'an unreadable body'],
    ['another shape', '{"ok":true}', 'an unreadable body'],
    ['a bare list', '[]', 'an unreadable body'],
    [
      'the error of the older API',
      '{"response":{"error":"Wrong","error_code":"330"}}',
      'an error: Wrong (code 330)',
    ],
  ])('is %s: no verdict for the whole request', (_name, body, says) => {
    expect(decodeAnswer(body, ['a'])).toBeUndefined();
    const reply = { kind: 'response', status: 200, body, complete: true } as const;
    expect(classifyResponse(reply, ['a'], 0)).toEqual({ kind: 'lost', reason: `200 with ${says}` });
  });

  test('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((add) => `{"response":{"calls":{"add":${add}}}}`),
        ),
        (body) => {
          decodeAnswer(body, ['a', '1']);
        },
      ),
    );
  });
});
