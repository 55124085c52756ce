// GET /calls, GET /notes, GET /requests, POST /reset.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Api } from './api.js';
import type { Store } from './store.js';

const about = `amocalls sandbox: behaves like amoCRM, for practice and for tests.
Nothing that is sent here reaches amoCRM or anybody else.

POST   /api/calls/add/   takes calls as the service does
       /api/v4/...       the same with --api v4: account, users, calls, leads/unsorted/sip, notes
GET    /calls            the calls that were accepted, as JSON; ?uuid=... for one
GET    /notes            the notes that they have become (v4), as they are now
GET    /requests         the requests that came, as JSON
DELETE /calls            deletes all of them; so does POST /reset
`;

/**
 * Answers requests about the sandbox itself.
 *
 * @returns false for any other method or path
 */
export async function answerInspection(
  url: URL,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { api, store, reset }: { readonly api: Api; readonly store: Store; readonly reset: () => void },
): Promise<boolean> {
  const route = `${request.method} ${url.pathname}`;
  if (route === 'GET /') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(about);
  } else if (route === 'GET /calls') {
    const uuid = url.searchParams.get('uuid');
    await sendList(response, store.calls(), (call) => uuid === null || call.uuid === uuid);
  } else if (route === 'GET /notes') {
    await sendList(response, api.notes(), () => true);
  } else if (route === 'GET /requests') {
    await sendList(response, store.requests(), () => true);
  } else if (route === 'DELETE /calls' || route === 'POST /reset') {
    reset();
    response.writeHead(204).end();
  } else {
    return false;
  }
  request.resume();
  return true;
}

/** Writes a JSON array, an element a line, as fast as the client reads it. */
async function sendList<T>(
  response: ServerResponse,
  items: Iterable<T>,
  wanted: (item: T) => boolean,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  await pipeline(Readable.from(linesOf(items, wanted)), response);
}

const blockSize = 1 << 16;

function* linesOf<T>(items: Iterable<T>, wanted: (item: T) => boolean): Iterable<string> {
  let block = '[';
  let separator = '\n';
  for (const item of items) {
    if (!wanted(item)) continue;
    block += separator + JSON.stringify(item);
    separator = ',\n';
    if (block.length > blockSize) {
      yield block;
      block = '';
    }
  }
  yield `${block}\n]\n`;
}
