import type { Api, ApiRequest, Handled } from './api.js';
import { answerText } from './calls-add-answer.js';
import { createFaultPlan, type RequestFaults } from './fault-plan.js';
import { requestFaults } from './faults.js';
import { readCalls } from './form.js';
import type { Settings } from './options.js';
import { errorReply, faultReplies, htmlPage, jsonReply } from './replies.js';
import type { CallFields, ReceivedCall } from './store.js';
import { validateCall } from './validate-call.js';

/** PHP's post_max_size: past it the form is empty, and the answer is 200. */
const postMaxBytes = 8 * 1024 * 1024;

/** calls/add: reads the form of a POST, decides on its calls and lets faults happen. */
export function createCallsAdd(settings: Settings): Api {
  const plan = createFaultPlan(settings.faults, settings.seed, settings.latencyMs);
  return {
    serves: (method, path) => method === 'POST' && path === '/api/calls/add/',
    mostBytes: Math.min(settings.maxBodyBytes, postMaxBytes),
    notes: () => [],
    handle(request) {
      const refused = refuse(request, settings);
      if (refused !== undefined) return { ...refused, calls: [], delayMs: settings.latencyMs[0] };
      const calls = request.size > postMaxBytes ? [] : readCalls(request.body, settings.maxInputVars);
      const account = request.query.get('account_id') ?? '';
      const faults = plan(
        account,
        calls.map(({ uuid = '' }) => uuid),
      );
      const handled = answer(calls, { faults, account, settings, path: request.path });
      return { ...handled, delayMs: faults.delayMs };
    },
  };
}

/** What is decided before the calls are looked at. */
function refuse(
  { size, query, contentType }: ApiRequest,
  settings: Settings,
): Pick<Handled, 'reply' | 'fault'> | undefined {
  if (size > settings.maxBodyBytes) {
    return { reply: htmlPage(413, 'Request Entity Too Large'), fault: 'body too large' };
  }
  if (query.get('code') !== settings.code || query.get('key') !== settings.key) {
    return { reply: errorReply(401, 'Wrong code or key', '110'), fault: 'wrong credentials' };
  }
  const account = query.get('account_id') ?? '';
  if (settings.anyAccount ? !/^\d+$/.test(account) : account !== settings.accountId) {
    return { reply: errorReply(401, 'Account not found', '101'), fault: 'wrong account' };
  }
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)) {
    const error = 'Content-Type must be application/x-www-form-urlencoded';
    return { reply: errorReply(400, error, '400'), fault: 'wrong content type' };
  }
  return undefined;
}

interface Context {
  readonly faults: RequestFaults;
  readonly account: string;
  readonly settings: Settings;
  readonly path: string;
}

function answer(calls: readonly CallFields[], context: Context): Omit<Handled, 'delayMs'> {
  const { faults, settings, path } = context;
  const { fault } = faults;
  const { retryAfterSeconds } = settings;
  const now = settings.now();
  const facts = { path, error: errorReply, retryAfterSeconds, now };
  const unqueued = calls.map((fields) => ({ fields, queued: false }));
  if (fault !== undefined && !requestFaults[fault].queues) {
    return { reply: faultReplies[fault]({ ...facts, answer: '' }), fault, calls: unqueued };
  }
  if (calls.length > settings.maxCalls) {
    return { reply: htmlPage(413, 'Request Entity Too Large'), fault: 'too many calls', calls: unqueued };
  }
  if (calls.some(({ uuid = '' }) => settings.refuses(uuid))) {
    const reply = errorReply(settings.refusal, 'The request cannot be processed', String(settings.refusal));
    return { reply, fault: 'refused uuid', calls: unqueued };
  }
  const { received, text } = decide(calls, context, now);
  const reply = fault === undefined ? jsonReply(200, text) : faultReplies[fault]({ ...facts, answer: text });
  return { reply, fault: fault ?? null, calls: received };
}

/** Decides on each call of a request, and words the answer. */
function decide(
  calls: readonly CallFields[],
  { faults, account, settings }: Context,
  now: number,
): { readonly received: readonly ReceivedCall[]; readonly text: string } {
  const success: string[] = [];
  const errors = new Map<string, readonly string[]>();
  const received = calls.map((fields) => {
    const { uuid = '' } = fields;
    if (settings.forgets(uuid) || faults.meetsCall('forget', uuid)) return { fields, queued: false };
    const invalid = validateCall(fields, account, now);
    const rejected = settings.rejects(uuid) || faults.meetsCall('reject', uuid);
    const reasons = rejected ? [...invalid, 'the sandbox is set to reject this uuid'] : invalid;
    if (reasons.length > 0) {
      errors.set(uuid, [...(errors.get(uuid) ?? []), ...reasons]);
      return { fields, queued: false };
    }
    if (!faults.meetsCall('unnamed', uuid)) success.push(uuid);
    return { fields, queued: true };
  });
  return { received, text: answerText({ success, errors }, faults.answer, faults.random) };
}
