import type { ApiRequest } from './api.js';
import type { RequestFaults } from './fault-plan.js';
import type { KnownNumbers } from './known-numbers.js';
import type { Settings } from './options.js';
import { halReply, noContent, type Reply } from './replies.js';
import type { ReceivedCall } from './store.js';
import type { EntityType, Notes } from './v4-notes.js';

export const root = '/api/v4/';

/** What a route works with. */
export interface V4Context {
  readonly request: ApiRequest;
  /** The body as JSON; undefined for none, or for a broken one. */
  readonly body: unknown;
  readonly settings: Settings;
  readonly faults: RequestFaults;
  readonly notes: Notes;
  readonly isKnown: KnownNumbers;
}

/** What a route answers. */
export interface V4Result {
  readonly reply: Reply;
  readonly calls?: readonly ReceivedCall[];
  /** The rule that decided, where it is not an ordinary answer. */
  readonly fault?: string;
}

/** The parts of a path: the type of an entity, and ids. */
export interface PathParts {
  readonly type: EntityType;
  readonly entity: number | undefined;
  readonly note: number;
}

/** The link of an answer to itself. */
export function selfOf({ origin, path }: ApiRequest): { readonly _links: object } {
  return { _links: { self: { href: `${origin}${path}` } } };
}

/** One page of a list, `page` and `limit` (50, at most 250) by the query; 204 for an empty one. */
export function pageReply(
  items: readonly object[],
  name: string,
  { query, origin, path }: ApiRequest,
): Reply {
  const limit = Math.min(Math.max(1, Number(query.get('limit') ?? 50) || 50), 250);
  const page = Math.max(1, Number(query.get('page') ?? 1) || 1);
  const shown = items.slice((page - 1) * limit, page * limit);
  if (shown.length === 0) return noContent;
  const hrefOf = (number: number) => {
    const params = new URLSearchParams(query);
    params.set('page', String(number));
    params.set('limit', String(limit));
    return { href: `${origin}${path}?${params}` };
  };
  const next = page * limit < items.length ? { next: hrefOf(page + 1) } : {};
  return halReply(200, {
    _total_items: items.length,
    _page: page,
    _page_count: Math.ceil(items.length / limit),
    _links: { self: hrefOf(page), ...next },
    _embedded: { [name]: shown },
  });
}
