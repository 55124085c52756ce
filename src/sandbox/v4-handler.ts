// API v4: token, faults, routes; account and users.

import type { Api, ApiRequest, Handled } from './api.js';
import { createFaultPlan, type RequestFaults, requestFaults } from './faults.js';
import type { KnownNumbers } from './known-numbers.js';
import type { Settings } from './options.js';
import { faultReplies, halReply, htmlPage, pageReply, problemReply, type Reply, selfOf } from './replies.js';
import type { ReceivedCall } from './store.js';
import { addCalls, addLeads, uuidOf } from './v4-calls.js';
import {
  createNotes,
  type EntityType,
  editNote,
  editNotes,
  entityTypes,
  getNote,
  listNotes,
  type Notes,
} from './v4-notes.js';
import { listOf } from './v4-validate.js';

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

const root = '/api/v4/';

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (context: V4Context, parts: PathParts) => V4Result;
}

const entity = `(?<type>${entityTypes.join('|')})`;
const routes: readonly Route[] = [
  { method: 'GET', path: /^account$/, answer: account },
  { method: 'GET', path: /^users$/, answer: users },
  { method: 'POST', path: /^calls$/, answer: addCalls },
  { method: 'POST', path: /^leads\/unsorted\/sip$/, answer: addLeads },
  { method: 'GET', path: new RegExp(`^${entity}(?:/(?<entity>\\d+))?/notes$`), answer: listNotes },
  { method: 'GET', path: new RegExp(`^${entity}/notes/(?<note>\\d+)$`), answer: getNote },
  { method: 'PATCH', path: new RegExp(`^${entity}/notes$`), answer: editNotes },
  { method: 'PATCH', path: new RegExp(`^${entity}/(?<entity>\\d+)/notes/(?<note>\\d+)$`), answer: editNote },
];

/** The part of API v4 that a telephony client needs: account, users, calls, incoming leads, notes. */
export function createV4(settings: Settings, isKnown: KnownNumbers): Api {
  const plan = createFaultPlan(settings.faults, settings.seed, settings.latencyMs);
  const notes = createNotes(settings.keep, settings.now);
  return {
    serves: (_method, path) => path.startsWith(root),
    mostBytes: settings.maxBodyBytes,
    notes: notes.all,
    handle(request) {
      const refused = refuse(request, settings);
      if (refused !== undefined) return { ...refused, calls: [], delayMs: settings.latencyMs[0] };
      const body = jsonOf(request.body);
      const uuids = listOf(body).map(uuidOf);
      const key = uuids.some((uuid) => uuid !== '') ? uuids : [`${request.method} ${request.path}`];
      const faults = plan(settings.accountId, key);
      const handled = answer({ request, body, settings, faults, notes, isKnown });
      return { ...handled, delayMs: faults.delayMs };
    },
  };
}

/** What is decided before the body is looked at. */
function refuse(
  { size, authorization, method, contentType }: ApiRequest,
  settings: Settings,
): Pick<Handled, 'reply' | 'fault'> | undefined {
  if (size > settings.maxBodyBytes) {
    return { reply: htmlPage(413, 'Request Entity Too Large'), fault: 'body too large' };
  }
  if (authorization !== `Bearer ${settings.token}`) {
    return { reply: problemReply(401, 'Unauthorized'), fault: 'wrong credentials' };
  }
  if (method !== 'GET' && !/^application\/json\s*(;|$)/i.test(contentType)) {
    const detail = 'Content-Type must be application/json';
    return { reply: problemReply(400, detail), fault: 'wrong content type' };
  }
  return undefined;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function answer(context: V4Context): Omit<Handled, 'delayMs'> {
  const { request, settings, body, faults } = context;
  const { fault } = faults;
  const { retryAfterSeconds } = settings;
  const error = (status: number, message: string) => problemReply(status, message);
  const facts = { path: request.path, error, retryAfterSeconds, now: settings.now() };
  if (fault !== undefined && !requestFaults[fault].queues) {
    const calls = listOf(body).map((item) => ({ fields: { uuid: uuidOf(item) }, queued: false }));
    return { reply: faultReplies[fault]({ ...facts, answer: '' }), fault, calls };
  }
  const result = dispatch(context);
  const text = result.reply.kind === 'response' ? result.reply.body : '';
  const reply = fault === undefined ? result.reply : faultReplies[fault]({ ...facts, answer: text });
  return { reply, fault: fault ?? result.fault ?? null, calls: result.calls ?? [] };
}

function dispatch(context: V4Context): V4Result {
  const { method, path } = context.request;
  const rest = path.slice(root.length).replace(/\/$/, '');
  const found = routes.filter((route) => route.path.test(rest));
  if (found.length === 0) return { reply: problemReply(404, 'No such method'), fault: 'unknown address' };
  const route = found.find((one) => one.method === method);
  if (route === undefined) {
    return { reply: problemReply(405, `${method} is not allowed here`), fault: 'wrong method' };
  }
  const groups = route.path.exec(rest)?.groups ?? {};
  const type = entityTypes.find((one) => one === groups['type']) ?? 'contacts';
  const entityId = groups['entity'] === undefined ? undefined : Number(groups['entity']);
  return route.answer(context, { type, entity: entityId, note: Number(groups['note']) });
}

function account({ request, settings }: V4Context): V4Result {
  const now = Math.floor(settings.now() / 1000);
  return {
    reply: halReply(200, {
      id: Number(settings.accountId),
      name: 'Sandbox',
      subdomain: 'sandbox',
      created_at: now,
      updated_at: now,
      current_user_id: userOf(0).id,
      country: 'RU',
      currency: 'RUB',
      ...selfOf(request),
    }),
  };
}

function users({ request, settings }: V4Context): V4Result {
  return {
    reply: pageReply(
      Array.from({ length: settings.users }, (_, index) => userOf(index)),
      'users',
      request,
    ),
  };
}

function userOf(index: number) {
  return {
    id: 504_141 + index,
    name: `User ${index + 1}`,
    email: `user${index + 1}@example.com`,
    lang: 'ru',
  };
}
