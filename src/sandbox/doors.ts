import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Memory } from './memory.js';

const about = `amocalls sandbox: a stand-in for amoCRM's calls/add, for practice and for tests.
Nothing that is sent here reaches amoCRM or anybody else.

POST   /api/calls/add/   takes calls as the service does
GET    /calls            the calls that were queued, as JSON; ?uuid=... for one
GET    /requests         the requests that came, as JSON
DELETE /calls            forgets all and starts over; so does POST /reset
`;

/**
 * Answers what is asked about the stand-in itself.
 *
 * @returns false where the address is none of these
 */
export async function answerDoor(
  url: URL,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { memory, reset }: { readonly memory: Memory; readonly reset: () => void },
): Promise<boolean> {
  const door = `${request.method} ${url.pathname}`;
  if (door === 'GET /') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(about);
  } else if (door === 'GET /calls') {
    const uuid = url.searchParams.get('uuid');
    await sendList(response, memory.calls(), (call) => uuid === null || call.uuid === uuid);
  } else if (door === 'GET /requests') {
    await sendList(response, memory.requests(), () => true);
  } else if (door === 'DELETE /calls' || door === 'POST /reset') {
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
