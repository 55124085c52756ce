// API v4: token, routes; account and users.

import { parseJson } from '../core/json.js';
import type { Answer, Api, ApiRequest } from './api.js';
import { answerThroughFault, createFaultPlan } from './fault-plan.js';
import type { KnownNumbers } from './known-numbers.js';
import type { Settings } from './options.js';
import { halReply, pageReply, problemReply, selfOf } from './replies.js';
import { addCalls, addLeads, uuidOf } from './v4-calls.js';
import { editNote, editNotes, getNote, listNotes } from './v4-note-routes.js';
import { createNotes, entityTypes } from './v4-notes.js';
import { listOf, type V4Context } from './v4-request.js';

const root = '/api/v4/';

/** A route of API v4: a method and a path, and what answers them. */
interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (context: V4Context) => Answer;
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
      if (refused !== undefined) return refused;
      const body = parseJson(request.body.toString());
      const calls = listOf(body).map((item) => ({ uuid: uuidOf(item) }));
      const uuids = calls.map(({ uuid }) => uuid);
      const key = uuids.some((uuid) => uuid !== '') ? uuids : [`${request.method} ${request.path}`];
      const faults = plan(settings.accountId, key);
      const read = { request, calls, faults, settings, error: problemReply };
      return answerThroughFault(read, () => dispatch({ request, body, settings, faults, notes, isKnown }));
    },
  };
}

/** What is decided before the body is looked at. */
function refuse({ authorization, method, contentType }: ApiRequest, settings: Settings): Answer | undefined {
  if (authorization !== `Bearer ${settings.token}`) {
    return { reply: problemReply(401, 'Unauthorized'), fault: 'wrong credentials' };
  }
  if (method !== 'GET' && !/^application\/json\s*(;|$)/i.test(contentType)) {
    const detail = 'Content-Type must be application/json';
    return { reply: problemReply(400, detail), fault: 'wrong content type' };
  }
  return undefined;
}

function dispatch(context: Omit<V4Context, 'type' | 'entity' | 'note'>): Answer {
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
  return route.answer({ ...context, type, entity: Number(groups['entity']), note: Number(groups['note']) });
}

function account({ request, settings }: V4Context): Answer {
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

function users({ request, settings }: V4Context): Answer {
  const all = Array.from({ length: settings.users }, (_, index) => userOf(index));
  return { reply: pageReply(all, 'users', request) };
}

function userOf(index: number) {
  return {
    id: 504_141 + index,
    name: `User ${index + 1}`,
    email: `user${index + 1}@example.com`,
    lang: 'ru',
  };
}
