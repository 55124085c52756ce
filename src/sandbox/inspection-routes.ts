// GET /calls, GET /notes, GET /requests, POST /reset.

import type { Api, Reply } from './api.js';
import { jsonReply, noContent } from './replies.js';
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
 * @returns undefined for any other method or path
 */
export function answerInspection(
  method: string,
  { pathname, searchParams }: URL,
  { api, store, reset }: { readonly api: Api; readonly store: Store; readonly reset: () => void },
): Reply | undefined {
  switch (`${method} ${pathname}`) {
    case 'GET /': {
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      return { kind: 'response', status: 200, headers, body: about };
    }
    case 'GET /calls': {
      const uuid = searchParams.get('uuid');
      return listReply(store.calls().filter((call) => uuid === null || call.uuid === uuid));
    }
    case 'GET /notes':
      return listReply([...api.notes()]);
    case 'GET /requests':
      return listReply(store.requests());
    case 'DELETE /calls':
    case 'POST /reset':
      reset();
      return noContent;
    default:
      return undefined;
  }
}

/** A JSON array, an element a line. */
function listReply(items: readonly object[]): Reply {
  return jsonReply(200, `[${items.map((item) => `\n${JSON.stringify(item)}`).join(',')}\n]\n`);
}
