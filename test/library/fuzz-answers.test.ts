import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { sendCalls } from '../../src/library.js';
import type { ApiName } from '../../src/sandbox/api.js';

const uuids = ['a', 'b', '3', '4.0'];
const calls = uuids.map((uuid, at) => ({
  uuid,
  caller: '74950000001',
  to: '101',
  date: 1_700_000_000 + at,
  type: 'inbound' as const,
  billsec: 5,
}));

/** A server that plays one reply after the other, and closes each socket behind it. */
async function serve(replies: readonly Buffer[]): Promise<string> {
  const open = new Set<Socket>();
  let at = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(replies[at++ % replies.length] ?? ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`;
}

/** The last call is never named by its uuid. */
const named = fc.constantFrom<unknown>('a', 'b', 3, 'c', null, { toString: 1 }, [[]], 7.5, '');
const list = fc.oneof(
  fc.array(named, { maxLength: 5 }),
  fc.dictionary(fc.constantFrom('a', 'b', '3', 'c', '0'), fc.oneof(named, fc.array(named, { maxLength: 2 }))),
  named,
);
const entry = fc.record(
  {
    request_id: fc.constantFrom<unknown>(0, '1', 2, 9, null, {}, 'x'),
    id: fc.constantFrom<unknown>(1, '2', {}, null),
    code: fc.constantFrom<unknown>(263, 'x', { toString: 1 }),
    title: fc.string(),
  },
  { requiredKeys: [] },
);
const entries = fc.oneof(fc.array(entry, { maxLength: 3 }), named);
const body: Readonly<Record<ApiName, fc.Arbitrary<unknown>>> = {
  'calls-add': fc.record({ success: list, errors: list }).map((add) => ({ response: { calls: { add } } })),
  v4: fc
    .record({ calls: entries, errors: entries })
    .map(({ calls: taken, errors }) => ({ _embedded: { calls: taken }, errors })),
};

/** Any bytes; or an answer of any status with any body, cut anywhere. */
function replies(api: ApiName): fc.Arbitrary<Buffer> {
  const text = fc.oneof(
    { weight: 3, arbitrary: body[api].map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  const status = fc.oneof(
    { weight: 3, arbitrary: fc.constant(200) },
    { weight: 1, arbitrary: fc.constantFrom(400, 401, 403, 404, 413, 422, 429, 500, 503, 504) },
    { weight: 1, arbitrary: fc.integer({ min: 100, max: 999 }) },
  );
  const answer = fc
    .record({ status, text, cut: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })) })
    .map(({ status: code, text: said, cut }) => {
      const content = Buffer.from(said);
      const head = `HTTP/1.1 ${code} X\r\ncontent-length: ${content.length}\r\n\r\n`;
      const whole = Buffer.concat([Buffer.from(head), content]);
      return whole.subarray(0, Math.ceil(whole.length * cut));
    });
  const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw));
  return fc.oneof({ weight: 5, arbitrary: answer }, { weight: 1, arbitrary: bytes });
}

const secrets = { 'calls-add': { code: 'c', key: 'k', accountId: '1' }, v4: { token: 't' } } as const;

test.each(['calls-add', 'v4'] as const)(
  'whatever a service answers, each call has one outcome, the counts add up, and the exit code is 3, 4 or 5 where not all were taken (%s)',
  async (api) => {
    const run = async (played: readonly Buffer[]) => {
      const baseUrl = await serve(played);
      const pace = { ledger: false, rate: 0, retries: 0, timeout: 1, chunkSize: 3, concurrency: 1 };
      const sending = sendCalls(calls, { ...secrets[api], ...pace, api, baseUrl });
      const seen: string[] = [];
      for await (const { uuid, status } of sending) seen.push(`${uuid} ${status}`);
      const { read, accepted, rejected, unconfirmed, unsent, waiting } = sending.summary;
      expect(seen.map((outcome) => outcome.split(' ')[0]).sort()).toEqual([...uuids].sort());
      expect(accepted + rejected + unconfirmed + unsent + waiting).toBe(read);
      // Whoever answers to parts of a refused request may have taken all of them.
      expect(accepted === read ? [0] : [3, 4, 5], seen.join()).toContain(sending.exitCode);
    };
    const many = fc.array(replies(api), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(many, run), { numRuns: 60 });
  },
);
