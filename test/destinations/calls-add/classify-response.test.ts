import { describe, expect, test } from 'vitest';
import { classifyResponse } from '../../../src/destinations/calls-add/response.js';
import type { HttpResponse } from '../../../src/destinations/http/exchange.js';

const now = Date.UTC(2026, 10, 22, 12, 0, 0);

function response(status: number, body = '', more: Partial<HttpResponse> = {}): HttpResponse {
  return { kind: 'response', status, body, complete: true, ...more };
}

const verdicts = '{"response":{"calls":{"add":{"success":["a"],"errors":[]}}}}';

describe('what a reply means', () => {
  test.each([
    [200, verdicts, 'answered'],
    [201, verdicts, 'answered'],
    [200, '', 'lost'],
    [200, '<html>', 'lost'],
    [200, '{"response":', 'lost'],
    [204, '', 'lost'],
    [500, '', 'lost'],
    [502, '<html>', 'lost'],
    [504, '', 'lost'],
    [199, verdicts, 'lost'],
    [520, '', 'lost'],
    [429, '', 'not received'],
    [503, '', 'not received'],
    [408, '', 'not received'],
    [425, '', 'not received'],
    [400, '', 'refused'],
    [413, '<html>', 'refused'],
    [422, '', 'refused'],
    [401, '', 'stop'],
    [402, '', 'stop'],
    [403, '', 'stop'],
    [404, '', 'stop'],
    [300, verdicts, 'stop'],
    [301, '', 'stop'],
    [307, '', 'stop'],
    [405, '', 'stop'],
  ])('status %i with %j is "%s"', (status, body, kind) => {
    expect(classifyResponse(response(status, body), ['a'], now).kind).toBe(kind);
  });

  test.each([
    [401, 4],
    [402, 4],
    [403, 4],
    [404, 5],
    [301, 5],
  ])('status %i ends the run with exit %i', (status, exit) => {
    expect(classifyResponse(response(status), ['a'], now)).toMatchObject({ kind: 'stop', exit });
  });

  test.each([
    [413, true],
    [400, false],
    [422, false],
  ])('status %i says whether the request was too large: %s', (status, tooLarge) => {
    expect(classifyResponse(response(status), ['a'], now)).toMatchObject({ kind: 'refused', tooLarge });
  });

  test('a connection that failed before anything was written may be sent again, one that failed after it is lost', () => {
    const failed = { kind: 'failure', code: 'ECONNRESET', message: 'reset' } as const;
    expect(classifyResponse({ ...failed, written: false }, ['a'], now).kind).toBe('not received');
    expect(classifyResponse({ ...failed, written: true }, ['a'], now).kind).toBe('lost');
  });

  test('an answer that broke off is lost, even if what came is whole JSON', () => {
    expect(classifyResponse(response(200, verdicts, { complete: false }), ['a'], now).kind).toBe('lost');
  });

  test.each([
    ['seconds', response(429, '', { retryAfter: '17' }), 17_000],
    ['a date', response(503, '', { retryAfter: 'Sun, 22 Nov 2026 12:00:30 GMT' }), 30_000],
    ['a date that is over', response(503, '', { retryAfter: 'Sun, 22 Nov 2026 11:00:00 GMT' }), 0],
    ['JSON', response(429, '{"status":429,"retry_after":300}'), 300_000],
    ['nothing', response(429, '<html>'), undefined],
    ['nonsense', response(429, '', { retryAfter: 'soon' }), undefined],
  ])('Retry-After as %s', (_name, reply, waitMs) => {
    const result = classifyResponse(reply, ['a'], now);
    expect(result.kind === 'not received' ? result.waitMs : 'other').toBe(waitMs);
  });

  test('a redirect names where it leads, without the query', () => {
    const result = classifyResponse(
      response(301, '', { location: 'https://x.example/a?key=secret' }),
      ['a'],
      now,
    );
    expect(result).toMatchObject({ reason: expect.stringContaining('https://x.example/a (301)') });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test("the service's own words are passed on", () => {
    const body = '{"response":{"error":"Подписка закончилась","error_code":"402"}}';
    expect(classifyResponse(response(402, body), ['a'], now)).toMatchObject({
      reason: expect.stringContaining('Подписка закончилась'),
    });
  });
});
