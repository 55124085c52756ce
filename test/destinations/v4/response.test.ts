import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../src/destinations/http/exchange.js';
import {
  classifyResponse,
  decodeResponse,
  type UnknownPolicy,
} from '../../../src/destinations/v4/response.js';

const decode = (body: unknown, sent: readonly string[]) => {
  const decoded = decodeResponse(typeof body === 'string' ? body : JSON.stringify(body), sent, 'wait');
  if (decoded === undefined) throw new Error('the body has no lists');
  const { receipts = new Map(), deferred = new Map() } = decoded;
  return { ...decoded, receipts, deferred };
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
        expect(new Map(decoded.receipts)).toEqual(
          new Map(of('accepted').map((uuid) => [uuid, receipt(sent.indexOf(uuid) + 10)])),
        );
        expect(new Map(decoded.rejected)).toEqual(
          new Map(of('rejected').map((uuid) => [uuid, [`Bad: no ${sent.indexOf(uuid)}`]])),
        );
        expect([...decoded.deferred.keys()].sort()).toEqual(of('not found').sort());
        expect(decoded.unknownUuids).toEqual([]);
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
    [
      'the calls that are left, in two lists of errors',
      {
        _embedded: { calls: [noted(1, 0)] },
        errors: [{ title: 'Bad' }],
        'validation-errors': [{ title: 'Bad' }],
      },
      ['a', 'b', 'c'],
      ['a'],
    ],
    ['null for one', { _embedded: { calls: [noted(1, null)] } }, ['a'], ['a']],
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
    for (const id of [2, 7, '7', '-1', '00', '1e0', 0.5]) {
      expect(decode({ _embedded: { calls: [noted(1, id)] } }, ['a', 'b']).unknownUuids).toEqual([
        `request_id ${id}`,
      ]);
    }
    const nameless = [{ request_id: {} }, { request_id: ['0'], id: 7 }, { id: 7 }];
    expect(decode({ errors: nameless }, ['a', 'b']).unknownUuids).toEqual(
      nameless.map(() => 'no request_id'),
    );
    const many = Array.from({ length: 30 }, (_, at) => noted(1, at + 1));
    expect(decode({ errors: many }, ['a']).unknownUuids).toEqual(
      many.slice(0, 20).map(({ request_id: id }) => `request_id ${id}`),
    );
  });

  test.each([
    ['a title', { title: ' Bad ' }, ['Bad']],
    ['a title and a detail', { title: 'Bad', detail: 'No' }, ['Bad: No']],
    ['a message', { title: 'Bad', message: 'No' }, ['Bad: No']],
    ['a number for a code', { code: 17 }, ['17']],
    ['a path before a title', { errors: [{ path: 'phone', title: 'Bad', code: 'X' }] }, ['phone: X']],
    ['some that say nothing', { errors: [{ path: ' ' }, { path: 'phone' }] }, ['phone']],
    ['errors that are no objects', { title: 'Bad', errors: ['x', null] }, ['Bad']],
    ['nothing', { title: ' ' }, ['the service gave no reason']],
    [
      'more than anybody reads',
      { errors: Array.from({ length: 30 }, (_, at) => ({ path: `${at}` })) },
      Array.from({ length: 20 }, (_, at) => `${at}`),
    ],
  ])('tells the reason of an error with %s', (_name, error, told) => {
    expect(decode({ errors: [{ request_id: 0, ...error }] }, ['a']).rejected.get('a')).toEqual(told);
  });

  test.each([
    ['the code of the vendor', { code: 263 }, true],
    ['the same as text', { code: '263' }, true],
    ['the same as a status', { status: 263 }, true],
    ['its title', { title: 'Entity not found in account' }, true],
    ['another code', { code: 262, status: 400 }, false],
    ['these words elsewhere', { title: 'The entity not found' }, false],
    ['nothing', {}, false],
  ])('knows "Entity not found" by %s', (_name, error, isNotFound) => {
    const decoded = decode({ errors: [{ request_id: 0, ...error }] }, ['a']);
    expect([decoded.deferred.has('a'), decoded.rejected.has('a')]).toEqual([isNotFound, !isNotFound]);
  });

  test.each([
    [
      { id: 7, entity_id: 8, entity_type: 'contact' },
      { note_id: 7, entity_type: 'contact', entity_id: 8 },
    ],
    [
      { id: '7', entity_id: '8', entity_type: 'companies' },
      { note_id: 7, entity_type: 'company', entity_id: 8 },
    ],
    [
      { id: 7, entity_type: 'contacts' },
      { note_id: 7, entity_type: 'contact' },
    ],
    [
      { id: 7, entity_id: 8, entity_type: 'costs-s' },
      { note_id: 7, entity_type: 'costs-', entity_id: 8 },
    ],
    [{ id: 'x7', entity_id: '8y' }, {}],
    [{ id: 1.5, entity_id: '1234567890123456' }, {}],
    [{ id: true, entity_id: null, entity_type: ' ' }, {}],
    [{ id: '12345', entity_id: ['8'] }, { note_id: 12_345 }],
  ])('of a call %j has the receipt %j', (entry, receipt) => {
    expect(decode({ _embedded: { calls: [entry] } }, ['a']).receipts.get('a')).toStrictEqual(receipt);
  });

  test.each([
    [
      { uid: 'f', _embedded: { leads: [{ id: 1 }, { id: 2 }] } },
      { entity_type: 'lead', entity_id: 1, via: 'unsorted', uid: 'f' },
    ],
    [{ _embedded: { leads: ['x', { id: 1 }] } }, { entity_type: 'lead', entity_id: 1, via: 'unsorted' }],
    [{ _embedded: { leads: [] } }, { via: 'unsorted' }],
    [
      { _embedded: [], uid: 7 },
      { via: 'unsorted', uid: '7' },
    ],
  ])('of a lead %j has the receipt %j', (entry, receipt) => {
    const body = JSON.stringify({ _embedded: { unsorted: [entry] } });
    expect(decodeResponse(body, ['a'], 'reject', 'unsorted')?.receipts?.get('a')).toStrictEqual(receipt);
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
    expect([...decode(body, ['a']).deferred.keys()]).toEqual(['a']);
    expect(decode(body, ['a', 'b']).deferred.size).toBe(0);
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
    const decoded = decodeResponse(JSON.stringify(body), ['a', 'b'], 'reject', 'unsorted');
    expect(decoded?.receipts?.get('a')).toEqual({
      entity_type: 'lead',
      entity_id: 12,
      via: 'unsorted',
      uid: 'f00',
    });
    expect(decoded?.receipts?.get('b')).toEqual({ via: 'unsorted', uid: 'f01' });
  });

  test.each(['', '<html>', '{"_embedded":', '[]', '{"ok":true}', '{"_embedded":{}}', 'null', '"calls"'])(
    'that is %j says nothing',
    (body) => {
      expect(decodeResponse(body, ['a'], 'wait')).toBeUndefined();
    },
  );

  test('never throws, whatever arrives', () => {
    const wrapped = fc
      .json()
      .map((part) => `{"_embedded":{"calls":[${part}]},"errors":${part},"validation-errors":${part}}`);
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), wrapped), (body) => {
        decodeResponse(body, ['a', '1'], 'wait');
        decodeResponse(body, ['a', '1'], 'reject', 'unsorted');
      }),
    );
  });
});

describe('what a response of v4 means', () => {
  const sent = ['a', 'b'];
  const classify = (reply: Partial<HttpResponse>, unknown: UnknownPolicy = 'wait') =>
    classifyResponse(
      { kind: 'response', status: 200, body: '', complete: true, ...reply },
      (body) => decodeResponse(body, sent, unknown),
      0,
    );
  const taken = JSON.stringify({ _embedded: { calls: [noted(1, 0)] } });
  const missing = { request_id: 1, title: 'Entity not found', detail: 'No' };
  const named = JSON.stringify({ errors: [{ request_id: 0, title: 'Bad' }, missing] });

  test.each([
    [100, taken, 'lost', undefined],
    [199, taken, 'lost', undefined],
    [200, taken, 'answered', undefined],
    [299, taken, 'answered', undefined],
    [300, taken, 'stop', undefined],
    [400, '', 'refused', undefined],
    [404, taken, 'stop', undefined],
    [408, '', 'not received', undefined],
    [413, '', 'refused', undefined],
    [422, '', 'refused', undefined],
    [425, '', 'not received', undefined],
    [429, '', 'not received', undefined],
    [499, '', 'stop', undefined],
    [500, '', 'lost', undefined],
    [503, '', 'lost', undefined],
    [504, '', 'lost', true],
  ])('%i with %j is "%s"', (status, body, kind, tooSlow) => {
    const result = classify({ status, body });
    expect(result.kind).toBe(kind);
    if (result.kind === 'lost') expect([result.tooSlow, result.reason]).toEqual([tooSlow, `HTTP ${status}`]);
  });

  test('what was taken is named with its note, an answer that names nobody is lost', () => {
    expect(classify({ body: taken })).toEqual({
      kind: 'answered',
      verdicts: {
        accepted: new Set(['a']),
        receipts: new Map([['a', receipt(1)]]),
        rejected: new Map(),
        deferred: new Map(),
        unknownUuids: [],
      },
    });
    expect(classify({ body: '{"ok":true}' })).toMatchObject({ kind: 'lost' });
    expect(classify({ status: 400, body: JSON.stringify({ errors: [missing] }) })).toMatchObject({
      named: { rejected: new Map(), deferred: new Map([['b', ['no contact has this number yet']]]) },
    });
    expect(
      decode({ _embedded: { calls: null }, errors: [{ request_id: 0, title: 'Bad' }] }, ['a']).rejected.size,
    ).toBe(1);
  });

  test('no response at all may be sent again where nothing of the request was written', () => {
    const failure = { kind: 'failure', code: 'ECONNRESET', message: 'reset' } as const;
    expect(classifyResponse({ ...failure, written: false }, () => undefined, 0)).toMatchObject({
      kind: 'not received',
    });
    expect(classifyResponse({ ...failure, written: true }, () => undefined, 0)).toMatchObject({
      kind: 'lost',
    });
  });

  test('a refused request names the calls at fault, where its size is not the fault', () => {
    expect(classify({ status: 400, body: named })).toEqual({
      kind: 'refused',
      reason: 'HTTP 400',
      tooLarge: false,
      named: {
        rejected: new Map([['a', ['Bad']]]),
        deferred: new Map([['b', ['no contact has this number yet']]]),
      },
    });
    expect(classify({ status: 400, body: named }, 'reject')).toMatchObject({
      named: {
        rejected: new Map([
          ['a', ['Bad']],
          ['b', ['no contact has this number: Entity not found: No']],
        ]),
        deferred: new Map(),
      },
    });
    const unnamed = [
      classify({ status: 413, body: named }),
      classify({ status: 422, body: JSON.stringify({ limit: 1, errors: [missing] }) }),
      classify({ status: 400, body: named, complete: false }),
      classify({ status: 400, body: '<html>' }),
      classify({ status: 400, body: taken }),
    ];
    expect(unnamed.map((result) => result.kind === 'refused' && [result.tooLarge, result.named])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, undefined],
      [false, undefined],
      [false, undefined],
    ]);
    expect(classify({ status: 400, body: JSON.stringify({ limit: 1, errors: [missing] }) })).toMatchObject({
      tooLarge: false,
    });
  });
});
