import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Call } from '../../../src/core/call.js';
import type { SendResult } from '../../../src/core/send-result.js';
import { openV4, type V4Options } from '../../../src/destinations/v4/v4.js';

const token = 'eyJ0eXAi.planted-token.0123456789';

interface Reply {
  readonly status: number;
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the connection inside the body. */
  readonly broken?: true;
}

const call = (uuid: string, phone = '74950000001'): Call => ({
  uuid,
  caller: phone,
  to: '101',
  date: 1_700_000_000,
  type: 'inbound',
  billsec: 5,
  account_id: '',
});

interface Played {
  readonly result: SendResult;
  readonly requests: readonly Received[];
  readonly warnings: readonly string[];
  readonly traces: readonly string[];
}

interface Received {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly body: unknown;
}

/** The destination, in front of a server that gives one reply to each request. */
async function open(reply: Reply, special: Partial<V4Options> = {}) {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, authorization: headers.authorization ?? '', body: JSON.parse(text) });
      const body = typeof reply.body === 'object' ? JSON.stringify(reply.body) : (reply.body ?? '');
      const length = reply.broken ? { 'content-length': String(body.length + 10) } : {};
      response.writeHead(reply.status, Object.assign(length, reply.headers));
      response.write(body, () => (reply.broken ? response.destroy() : response.end()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const warnings: string[] = [];
  const traces: string[] = [];
  const destination = await openV4({
    baseUrl: `http://127.0.0.1:${address.port}`,
    token,
    source: 'amocalls',
    users: new Map(),
    isInternal: (number) => /^\d{2,5}$/.test(number),
    unknown: 'wait',
    unknownDirection: 'inbound',
    timeoutMs: 5000,
    concurrency: 1,
    env: {},
    userAgent: 'amocalls/test',
    interrupt: new AbortController().signal,
    now: () => Date.UTC(2026, 10, 22, 12, 0, 0),
    trace: (request) => traces.push(JSON.stringify(request)),
    warn: (text) => warnings.push(text),
    ...special,
  });
  return { destination, requests, warnings, traces };
}

/** Sends calls to a server that gives one reply. */
async function play(
  reply: Reply,
  special: Partial<V4Options> = {},
  calls = [call('a'), call('b')],
): Promise<Played> {
  const { destination, ...seen } = await open(reply, special);
  const result = await destination.send(calls);
  await destination.close();
  return { result, ...seen };
}

const noted = (at: number) => ({
  id: 10 + at,
  entity_id: 20 + at,
  entity_type: 'contact',
  request_id: `${at}`,
});
const missing = (at: number) => ({
  request_id: `${at}`,
  code: 263,
  title: 'Entity not found',
  detail: 'No entity',
});
const invalid = (at: number) => ({
  request_id: `${at}`,
  errors: [{ code: 'NotBlank', path: 'phone', detail: 'This value should not be blank.' }],
});

describe('a response of v4 on the wire', () => {
  test('one request carries the token in its head, and an array', async () => {
    const { requests } = await play({ status: 200, body: { _embedded: { calls: [noted(0)] } } }, {}, [
      call('a'),
    ]);
    expect(requests).toMatchObject([
      { url: '/api/v4/calls', authorization: `Bearer ${token}`, body: [{ uniq: 'a', request_id: '0' }] },
    ]);
  });

  test('names notes and errors: receipts, waiting calls, rejected ones, and silence about the rest', async () => {
    const body = { _embedded: { calls: [noted(0)] }, errors: [missing(1), { request_id: 2, title: 'Bad' }] };
    const { result } = await play(
      { status: 200, body },
      {},
      ['a', 'b', 'c', 'd'].map((uuid) => call(uuid)),
    );
    expect(result).toEqual({
      kind: 'answered',
      verdicts: {
        accepted: new Set(['a']),
        receipts: new Map([['a', { note_id: 10, entity_type: 'contact', entity_id: 20 }]]),
        deferred: new Map([['b', ['no contact has this number yet']]]),
        rejected: new Map([['c', ['Bad']]]),
        unknownUuids: [],
      },
    });
  });

  test('with unknown: reject, a number without a contact is rejected in the words of the service', async () => {
    const { result } = await play(
      { status: 200, body: { errors: [missing(0), missing(1)] } },
      { unknown: 'reject' },
    );
    expect(result).toMatchObject({
      kind: 'answered',
      verdicts: {
        rejected: new Map([
          ['a', ['no contact has this number: Entity not found: No entity']],
          ['b', [expect.any(String)]],
        ]),
      },
    });
  });

  test.each([
    ['some', [missing(0)], ['a']],
    ['all', [missing(0), missing(1)], ['a', 'b']],
  ])(
    '400 with "Entity not found" for %s of the calls: these wait, the others are sent again',
    async (_name, errors, waiting) => {
      const { result } = await play({ status: 400, body: { errors } });
      expect(
        result.kind === 'refused' ? [...(result.named?.deferred ?? new Map()).keys()] : result.kind,
      ).toEqual(waiting);
    },
  );

  test('400 with validation errors: the named calls are rejected, field by field', async () => {
    const { result } = await play({
      status: 400,
      body: { title: 'Bad Request', 'validation-errors': [invalid(1)] },
    });
    expect(result).toMatchObject({
      kind: 'refused',
      tooLarge: false,
      named: { rejected: new Map([['b', ['phone: This value should not be blank.']]]) },
    });
  });

  test('400 that names nobody: nobody has a verdict', async () => {
    for (const body of [
      '',
      '<html>',
      { title: 'Bad Request', 'validation-errors': [{ errors: [] }] },
      { errors: [missing(9)] },
    ]) {
      const { result } = await play({ status: 400, body });
      expect([result.kind, 'named' in result]).toEqual(['refused', false]);
    }
  });

  test.each([
    [413, '<html>', true],
    [422, { detail: 'The limit of calls is 250' }, true],
    [422, { detail: 'Unprocessable' }, false],
  ])('%i with %j: refused, too large: %s', async (status, body, tooLarge) => {
    expect((await play({ status, body })).result).toMatchObject({ kind: 'refused', tooLarge });
  });

  test.each([
    [401, { title: 'Unauthorized', detail: 'Token has expired' }, 4, 'Token has expired'],
    [402, { detail: 'Payment required' }, 4, 'Payment required'],
    [403, 'Access denied', 4, 'Access denied'],
    [403, '<html>403</html>', 4, 'HTTP 403'],
    [404, '<html>', 5, 'does not know this method'],
    [405, '', 5, 'does not know this method'],
    [301, '', 5, 'does not send the credentials there'],
    [307, '', 5, 'does not send the credentials there'],
  ])('%i with %j ends the run with exit %i', async (status, body, exit, words) => {
    const headers = { location: 'https://elsewhere.example/x?token=secret' };
    const { result } = await play({ status, body, headers });
    expect(result).toMatchObject({ kind: 'stop', exit, reason: expect.stringContaining(words) });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test.each([
    ['JSON', { status: 429, body: { retry_after: 12 } }, 12_000],
    ['its head', { status: 429, headers: { 'retry-after': '7' } }, 7000],
    ['nothing, in HTML', { status: 429, body: '<html>' }, undefined],
  ])('429 with a pause in %s: not received', async (_name, reply, waitMs) => {
    const { result } = await play(reply);
    expect(result).toMatchObject({ kind: 'not received', throttled: true });
    expect(result.kind === 'not received' ? result.waitMs : 0).toBe(waitMs);
  });

  test.each([
    ['504', { status: 504 }, true],
    ['500', { status: 500 }, undefined],
    ['502 in HTML', { status: 502, body: '<html>' }, undefined],
    ['503', { status: 503 }, undefined],
    ['204', { status: 204 }, undefined],
    ['200 without a body', { status: 200 }, undefined],
    ['200 in HTML', { status: 200, body: '<html>' }, undefined],
    ['200 with an error', { status: 200, body: { error: 'x' } }, undefined],
    [
      '200 that broke off',
      { status: 200, body: { _embedded: { calls: [] } }, broken: true as const },
      undefined,
    ],
  ])('%s: the answer is lost', async (_name, reply, tooSlow) => {
    const { result } = await play(reply);
    expect(result.kind).toBe('lost');
    expect(result.kind === 'lost' ? result.tooSlow : 'other').toBe(tooSlow);
  });

  test('a service that repeats the token gets it into no result', async () => {
    for (const reply of [
      { status: 401, body: { detail: `bad ${token}` } },
      {
        status: 400,
        body: { 'validation-errors': [{ request_id: 0, errors: [{ path: token, detail: token }] }] },
      },
      {
        status: 200,
        body: {
          _embedded: { calls: [{ id: 1, entity_type: token, request_id: 0 }] },
          errors: [{ request_id: 1, title: token }],
        },
      },
      { status: 200, body: { _embedded: { calls: [{ id: 1, request_id: token }] } } },
    ]) {
      const played = await play(reply);
      const maps = (_key: string, value: unknown) =>
        value instanceof Map || value instanceof Set ? [...value] : value;
      expect(JSON.stringify([played.result, played.warnings, played.traces], maps)).not.toContain(
        'planted-token',
      );
    }
  });

  test('calls of extensions without a user are counted and reported once', async () => {
    const body = { _embedded: { calls: [noted(0), noted(1), noted(2)] } };
    const calls = [call('a'), call('b'), { ...call('c'), to: '102' }];
    const { warnings, requests } = await play({ status: 200, body }, { users: new Map([['102', 7]]) }, calls);
    expect(warnings).toEqual(['calls sent without a user: 2; no user is set for 101 (2)']);
    expect(requests[0]?.body).toMatchObject([{}, {}, { call_responsible: 7 }]);
    expect(JSON.stringify(requests[0]?.body).match(/call_responsible/g)?.length).toBe(1);
  });

  test('calls without a user are reported as soon as there are some, and counted at the end', async () => {
    const body = { _embedded: { calls: [noted(0)] } };
    const { destination, warnings } = await open({ status: 200, body });
    await destination.send([call('a')]);
    expect(warnings).toEqual(['calls sent without a user: 1; no user is set for 101 (1)']);
    await destination.send([call('b')]);
    await destination.send([{ ...call('c'), to: '102' }]);
    expect(warnings).toHaveLength(1);
    await destination.close();
    expect(warnings.slice(1)).toEqual(['calls sent without a user: 3; no user is set for 101 (2), 102 (1)']);
  });

  test('a number that no contact has is known for as long as it need not be asked for', async () => {
    let now = 0;
    const { destination } = await open(
      { status: 400, body: { errors: [missing(0)] } },
      { now: () => now, recheckUnknownMs: 1000 },
    );
    const known = () =>
      ['74950000001', '74950000002'].map((phone) => destination.whyDeferred?.(call('x', phone)));
    const why = ['no contact has this number yet'];
    await destination.send([call('a', '74950000001')]);
    now = 900;
    await destination.send([call('b', '74950000002')]);
    expect(known()).toEqual([why, why]);
    now = 1000;
    expect(known()).toEqual([undefined, why]);
    await destination.send([call('a', '74950000001')]);
    now = 1999;
    expect(known()).toEqual([why, undefined]);
    await destination.close();
  });
});

describe('a response to writing over a note', () => {
  const receipt = { note_id: 34, entity_type: 'company', entity_id: 12 };

  async function correct(reply: Reply, special: Partial<V4Options> = {}) {
    const { destination, ...seen } = await open(reply, { correct: true, ...special });
    const result = await destination.correction?.correct(call('a'), receipt);
    await destination.close();
    return { result, ...seen };
  }

  const rejected = (reason: unknown) => ({ rejected: new Map([['a', [reason]]]) });

  test('200 with the note: it is accepted as corrected, at the address of the note', async () => {
    const { result, requests } = await correct({ status: 200, body: { id: 34 } });
    expect(requests).toMatchObject([
      { method: 'PATCH', url: '/api/v4/companies/12/notes/34', authorization: `Bearer ${token}` },
    ]);
    expect(result).toMatchObject({
      kind: 'answered',
      verdicts: {
        accepted: new Set(['a']),
        receipts: new Map([['a', { ...receipt, via: 'corrected' }]]),
        rejected: new Map(),
      },
    });
  });

  test.each([
    ['JSON', { title: 'Not found', detail: 'Note not found' }, 'HTTP 404: Note not found'],
    ['HTML', '<html>', 'HTTP 404'],
    ['nothing', '', 'HTTP 404'],
  ])('404 in %s: this call is rejected, and the run goes on', async (_name, body, said) => {
    const { result } = await correct({ status: 404, body });
    expect(result).toMatchObject({
      kind: 'answered',
      verdicts: { accepted: new Set(), ...rejected(`its note 34 no longer exists: ${said}`) },
    });
  });

  test.each([
    ['validation errors', { 'validation-errors': [invalid(0)] }, 'phone: This value should not be blank.'],
    [
      'validation errors that name no request',
      { 'validation-errors': [{ errors: [{ path: 'params', detail: 'Wrong.' }] }] },
      'params: Wrong.',
    ],
    ['"Entity not found"', { title: 'Entity not found', detail: 'No entity' }, 'Entity not found: No entity'],
  ])('400 with %s: the call is rejected in these words, whatever unknown says', async (_name, body, said) => {
    for (const unknown of ['wait', 'reject', 'lead'] as const) {
      const { result } = await correct({ status: 400, body }, { unknown });
      expect(result).toMatchObject({
        kind: 'refused',
        named: rejected(expect.stringContaining(said)),
      });
    }
  });

  test('400 that names nobody is refused in the words of the service', async () => {
    for (const [body, reason] of [
      [{ title: 'Bad Request', detail: 'Request validation failed' }, 'HTTP 400: Request validation failed'],
      ['<html>', 'HTTP 400'],
      ['', 'HTTP 400'],
    ] as const) {
      const { result } = await correct({ status: 400, body });
      expect(result).toEqual({ kind: 'refused', reason, tooLarge: false });
    }
  });

  test.each([
    ['401', { status: 401 }, 'stop'],
    ['429', { status: 429 }, 'not received'],
    ['500', { status: 500 }, 'lost'],
    ['504', { status: 504 }, 'lost'],
    ['200 in HTML', { status: 200, body: '<html>' }, 'lost'],
    ['200 with another note', { status: 200, body: { id: 35 } }, 'lost'],
  ])('%s is read as with calls, but for the size of requests', async (_name, reply, kind) => {
    const { result } = await correct(reply);
    expect(result?.kind).toBe(kind);
    expect(result).not.toHaveProperty('tooSlow');
  });

  test('a token that it repeats is in no result', async () => {
    for (const status of [400, 404]) {
      const body = { 'validation-errors': [{ errors: [{ path: token, detail: token }] }], detail: token };
      const { result, traces } = await correct({ status, body });
      const maps = (_key: string, value: unknown) => (value instanceof Map ? [...value] : value);
      expect(JSON.stringify([result, traces], maps)).not.toContain('planted-token');
    }
  });
});
