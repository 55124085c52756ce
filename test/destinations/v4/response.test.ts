import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeResponse, receiptOfCall, receiptOfLead } from '../../../src/destinations/v4/response.js';

const decode = (body: unknown, sent: readonly string[]) => {
  const decoded = decodeResponse(typeof body === 'string' ? body : JSON.stringify(body), sent, receiptOfCall);
  if (decoded === undefined) throw new Error('the body has no lists');
  return decoded;
};

const noted = (id: number, requestId?: unknown) => ({
  id,
  entity_id: id + 1,
  entity_type: 'contact',
  account_id: 1,
  ...(requestId === undefined ? {} : { request_id: requestId }),
});
const receipt = (id: number) => ({ note_id: id, entity_type: 'contact', entity_id: id + 1 });

describe('a response of v4', () => {
  test('says of every call what it says, whatever the order and the form of request_id', () => {
    const uuids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 40 });
    const fates = fc.infiniteStream(fc.constantFrom('accepted', 'rejected', 'not found', 'silent'));
    const forms = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(uuids, fates, forms, fc.boolean(), (sent, fateOf, asNumber, asMap) => {
        const fate = sent.map(() => String(fateOf.next().value));
        const idOf = (at: number) => (asNumber.next().value === true ? at : String(at));
        const at = (wanted: string) => [...fate.keys()].filter((index) => fate[index] === wanted).reverse();
        const calls = at('accepted').map((index) => noted(index + 10, idOf(index)));
        const errors = [
          ...at('rejected').map((index) => ({
            request_id: idOf(index),
            title: 'Bad',
            detail: `no ${index}`,
          })),
          ...at('not found').map((index) => ({
            request_id: idOf(index),
            title: 'Entity not found',
            code: 263,
          })),
        ];
        const listOf = (list: readonly unknown[]) => (asMap ? Object.assign({}, list) : list);
        const decoded = decode({ _embedded: { calls: listOf(calls) }, errors: listOf(errors) }, sent);
        const of = (wanted: string) => sent.filter((_, index) => fate[index] === wanted);
        expect(new Map(decoded.accepted)).toEqual(
          new Map(of('accepted').map((uuid) => [uuid, receipt(sent.indexOf(uuid) + 10)])),
        );
        expect(new Map(decoded.rejected)).toEqual(
          new Map(of('rejected').map((uuid) => [uuid, [`Bad: no ${sent.indexOf(uuid)}`]])),
        );
        expect([...decoded.notFound.keys()].sort()).toEqual(of('not found').sort());
        expect(decoded.unknown).toEqual([]);
      }),
    );
  });

  test.each([
    ['every call', { _embedded: { calls: [noted(1), noted(2)] } }, ['a', 'b'], ['a', 'b']],
    ['the rest of the calls', { _embedded: { calls: [noted(1, 1), noted(2)] } }, ['a', 'b'], ['a', 'b']],
    [
      'the call that no error names',
      { _embedded: { calls: [noted(1)] }, errors: [{ request_id: 0, title: 'Bad' }] },
      ['a', 'b'],
      ['b'],
    ],
    ['too few to tell whose they are', { _embedded: { calls: [noted(1)] } }, ['a', 'b'], []],
    ['one of each, and nobody can tell', { _embedded: { calls: [noted(1)] }, errors: [{}] }, ['a', 'b'], []],
  ])('without request_id has entries for %s', (_name, body, sent, accepted) => {
    expect([...decode(body, sent).accepted.keys()].sort()).toEqual(accepted);
  });

  test('names a call in both lists: the error wins', () => {
    const body = { _embedded: { calls: [noted(1, 0)] }, errors: [{ request_id: '0', title: 'Bad' }] };
    const { accepted, rejected } = decode(body, ['a']);
    expect([accepted.size, rejected.get('a')]).toEqual([0, ['Bad']]);
  });

  test('names a call that was not sent', () => {
    for (const id of [7, '7', '-1', '00', '1e0', 0.5]) {
      expect(decode({ _embedded: { calls: [noted(1, id)] } }, ['a', 'b']).unknown).toEqual([
        `request_id ${id}`,
      ]);
    }
  });

  test('names the field of each error of a validation', () => {
    const errors = [
      { code: 'NotBlank', path: 'phone', detail: 'This value should not be blank.' },
      { code: 'InvalidType', path: 'duration', detail: 'This value should be of type int.' },
    ];
    expect(
      decode({ 'validation-errors': [{ request_id: '1', errors }] }, ['a', 'b']).rejected.get('b'),
    ).toEqual(['phone: This value should not be blank.', 'duration: This value should be of type int.']);
  });

  test('is itself "Entity not found": it speaks of a call that was alone', () => {
    const body = { title: 'Entity not found', status: 400, detail: 'No entity with this phone' };
    expect([...decode(body, ['a']).notFound.keys()]).toEqual(['a']);
    expect(decode(body, ['a', 'b']).notFound.size).toBe(0);
  });

  test('of incoming leads gives their uid, and the lead where it names one', () => {
    const body = {
      _embedded: {
        unsorted: [
          { uid: 'f00', request_id: '0', _embedded: { leads: [{ id: 12 }] } },
          { uid: 'f01', request_id: 1 },
        ],
      },
    };
    const decoded = decodeResponse(JSON.stringify(body), ['a', 'b'], receiptOfLead, 'unsorted');
    expect(decoded?.accepted.get('a')).toEqual({
      entity_type: 'lead',
      entity_id: 12,
      via: 'unsorted',
      uid: 'f00',
    });
    expect(decoded?.accepted.get('b')).toEqual({ via: 'unsorted', uid: 'f01' });
  });

  test.each(['', '<html>', '{"_embedded":', '[]', '{"ok":true}', '{"_embedded":{}}', 'null', '"calls"'])(
    'that is %j says nothing',
    (body) => {
      expect(decodeResponse(body, ['a'], receiptOfCall)).toBeUndefined();
    },
  );

  test('never throws, whatever arrives', () => {
    const wrapped = fc
      .json()
      .map((part) => `{"_embedded":{"calls":[${part}]},"errors":${part},"validation-errors":${part}}`);
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), wrapped), (body) => {
        decodeResponse(body, ['a', '1'], receiptOfCall);
        decodeResponse(body, ['a', '1'], receiptOfLead, 'unsorted');
      }),
    );
  });
});
