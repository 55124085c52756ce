import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { openAccount } from '../../../src/destinations/v4/account.js';

/** An account whose lists consist of these pages; each of them says that there is a next one. */
async function account(pageOf: (page: number) => readonly object[]) {
  const server = createServer((request, response) => {
    const page = Number(/[?&]page=(\d+)/.exec(request.url ?? '')?.[1]);
    const entries = pageOf(page);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ _links: { next: {} }, _embedded: { users: entries, notes: entries } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const opened = await openAccount({
    baseUrl: `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`,
    token: 't',
    timeoutMs: 5000,
    concurrency: 1,
    env: {},
    userAgent: 'amocalls/test',
    now: Date.now,
    sleep: async () => undefined,
    interrupt: new AbortController().signal,
  });
  onTestFinished(opened.close);
  return opened;
}

const complaint = async (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'no complaint',
    (error: unknown) => (error instanceof UserError ? [error.message, error.exitCode] : error),
  );

const endless = (why: string) => [`the service sent an endless list: ${why}`, 5];

test('a list ends with an empty page', async () => {
  const { users } = await account((page) => (page < 4 ? [{ id: page, name: `n${page}`, email: 'e' }] : []));
  expect((await users()).map(({ id }) => id)).toEqual([1, 2, 3]);
});

test.each([
  ['the same page again and again', () => 1, 2],
  ['two pages in turn', (page: number) => page % 2, 3],
  ['entries without an id', () => undefined, 2],
])('a list that gives %s is not asked for ever', async (_, idOf, repeated) => {
  const { users, list } = await account((page) => [{ id: idOf(page) }]);
  const why = endless(`page ${repeated} repeats earlier pages`);
  expect(await complaint(users())).toEqual(why);
  const all = async () => {
    for await (const _notes of list('/api/v4/contacts/notes', 'notes'));
  };
  expect(await complaint(all())).toEqual(why);
});

test('a list that always has another page ends at a limit', async () => {
  const { users } = await account((page) => [{ id: page }]);
  expect(await complaint(users())).toEqual(endless('there are more than 2000 pages'));
});

test('a page with a hundred thousand users is read', async () => {
  const { users } = await account((page) =>
    page === 1 ? Array.from({ length: 100_000 }, (_, id) => ({ id })) : [],
  );
  expect((await users()).length).toBe(100_000);
});
