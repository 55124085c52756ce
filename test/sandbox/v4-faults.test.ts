import { afterEach, describe, expect, it } from 'vitest';
import { namesOf, requestFaults } from '../../src/sandbox/faults.js';
import { call, closeAll, post, start, v4, v4Call } from './exchange.js';

afterEach(closeAll);

const html = 'text/html';
const problem = 'application/problem+json';

/** What the client sees of the faults that have a response whole enough to look at. */
const seenOf: Readonly<Partial<Record<keyof typeof requestFaults, object>>> = {
  '500': { status: 500, type: html },
  '503': { status: 503, type: html },
  '504': { status: 504, type: html },
  '504-after': { status: 504, type: html },
  '429-html': { status: 429, type: html },
  '429-json': { status: 429, body: { title: 'Too Many Requests', status: 429, retry_after: 1 } },
  cut: { status: 200 },
  html: { status: 200, type: html },
  '204': { status: 204, body: '' },
  empty: { status: 200, body: '' },
  '301': { status: 301, type: html },
  '400': { status: 400, type: problem },
  '401': { status: 401, type: problem },
  '402': { status: 402, type: problem },
  '403': { status: 403, type: problem },
  '403-html': { status: 403, type: html },
  '404': { status: 404, type: html },
  '405': { status: 405, type: problem },
  '413': { status: 413, type: html },
  '422': { status: 422, type: problem },
};

describe('a fault of v4', () => {
  it.each(Object.entries(seenOf).filter(([name]) => name !== 'cut'))(
    '%s looks like this, and adds the call or does not',
    async (name, seen) => {
      const sandbox = await start({ api: 'v4', faults: { [name]: 1 } });
      expect(await v4(sandbox, 'POST calls', [v4Call('x')])).toMatchObject(seen);
      const fault = namesOf(requestFaults).find((known) => known === name);
      const added = fault !== undefined && requestFaults[fault].queues ? 1 : 0;
      expect([sandbox.notes().length, sandbox.calls().length]).toEqual([added, added]);
      expect(sandbox.requests()).toMatchObject([{ fault: name, calls: 1, uuids: ['x'] }]);
    },
  );

  it('is none of calls/add, and the other way round', async () => {
    const old = await start({ faults: { '405': 1, '403-html': 1 } });
    expect((await post(old, [call('x')])).status).toBe(200);
    const sandbox = await start({ api: 'v4', faults: { numbers: 1, holes: 1 } });
    const { body } = await v4(sandbox, 'POST calls', [v4Call('1')]);
    expect(body).toMatchObject({ _embedded: { calls: [{ request_id: '0' }] } });
  });

  it('happens to GET requests as well', async () => {
    const sandbox = await start({ api: 'v4', faults: { '503': 1 } });
    for (const what of ['account', 'users', 'contacts/notes']) {
      expect((await v4(sandbox, `GET ${what}`)).status).toBe(503);
    }
  });

  it.each([
    ['request-id-number', [{ request_id: 0 }, { request_id: 1 }]],
    ['request-id-missing', [expect.not.objectContaining({ request_id: expect.anything() }), {}]],
    ['plural-types', [{ entity_type: 'contacts' }, { entity_type: 'leads' }]],
    ['unknown-uuid', [{ request_id: '0' }, { request_id: '1' }, { request_id: 'not-sent' }]],
  ])('%s changes what an answer says of the calls', async (name, calls) => {
    const sandbox = await start({ api: 'v4', faults: { [name]: 1 } });
    const { body } = await v4(sandbox, 'POST calls', [v4Call('a'), v4Call('b', { phone: '74950000107' })]);
    expect(body).toMatchObject({ _embedded: { calls } });
    expect(sandbox.calls()).toHaveLength(2);
  });

  it('request-id-number and request-id-missing hold for errors, too', async () => {
    const unknownNumber = /^7499/;
    const calls = [v4Call('a', { phone: '74990000001' })];
    const numbers = await start({ api: 'v4', unknownNumber, faults: { 'request-id-number': 1 } });
    expect((await v4(numbers, 'POST calls', calls)).body).toMatchObject({ errors: [{ request_id: 0 }] });
    expect((await v4(numbers, 'POST calls', [{}])).body).toMatchObject({
      'validation-errors': [{ request_id: 0 }],
    });
    const missing = await start({ api: 'v4', unknownNumber, faults: { 'request-id-missing': 1 } });
    const { body } = await v4(missing, 'POST calls', calls);
    expect(JSON.stringify(body)).not.toContain('request_id');
  });

  it('of empty errors shows them as null, or not at all', async () => {
    const ofNull = await start({ api: 'v4', faults: { 'errors-null': 1 } });
    expect((await v4(ofNull, 'POST calls', [v4Call('a')])).body).toHaveProperty('errors', null);
    const absent = await start({ api: 'v4', faults: { 'errors-absent': 1 } });
    expect((await v4(absent, 'POST calls', [v4Call('a')])).body).not.toHaveProperty('errors');
  });

  it('that leaves calls unnamed beside an unknown number answers 200, since they were added', async () => {
    const sandbox = await start({ api: 'v4', unknownNumber: /^7499/, faults: { unnamed: 1 } });
    const calls = [v4Call('a'), v4Call('b', { phone: '74990000001' })];
    expect(await v4(sandbox, 'POST calls', calls)).toMatchObject({
      status: 200,
      body: { errors: [{ request_id: '1' }], _embedded: { calls: [] } },
    });
    expect(sandbox.notes()).toHaveLength(1);
  });

  it('of a call leaves it unnamed, loses it or rejects the request for it', async () => {
    const calls = Array.from({ length: 40 }, (_, index) => v4Call(`u${index}`));
    const sandbox = await start({ api: 'v4', faults: { unnamed: 0.3, forget: 0.3 } });
    const { body } = await v4(sandbox, 'POST calls', calls);
    const { _embedded } = JSON.parse(JSON.stringify(body));
    expect(_embedded.calls.length).toBeGreaterThan(5);
    expect(sandbox.calls().length).toBeGreaterThan(_embedded.calls.length);
    expect(sandbox.calls().length).toBeLessThan(40);
    const rejecting = await start({ api: 'v4', faults: { reject: 0.2 } });
    const rejected = await v4(rejecting, 'POST calls', calls);
    expect(rejected).toMatchObject({ status: 400, body: { 'validation-errors': expect.any(Array) } });
    expect(rejecting.calls()).toEqual([]);
  });
});
