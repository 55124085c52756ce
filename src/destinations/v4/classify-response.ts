import type { SendResult, Stopped, Verdicts } from '../../core/send-result.js';
import type { HttpResponse, HttpResult } from '../http/exchange.js';
import {
  classifyFailure,
  classifyNotReceived,
  classifyStop,
  describeBody,
  describeResponse,
  errorOf,
} from '../http/response-text.js';
import type { DecodedResponse } from './response.js';

/** What to do with calls whose number no contact and no company has. */
export type UnknownPolicy = 'wait' | 'reject' | 'lead';

/** What is needed to read a response. */
export interface ResponseRules {
  readonly unknown: UnknownPolicy;
  readonly decode: (body: string) => DecodedResponse | undefined;
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  readonly now: number;
}

const hints = {
  credentials:
    'Check token and base_url with "amocalls config": a long-lived token belongs to one account, and ends. Do not try in a loop: a ban gets worse.',
  address:
    'Check base_url with "amocalls config": it is the address of the account, such as https://mycompany.amocrm.ru or https://mycompany.kommo.com.',
};

/** What ends a run, in the words of v4. */
export function stopOf(reply: HttpResponse): Stopped {
  return classifyStop(reply, hints);
}

/** The reason of a call that waits for a contact. */
const noContact = 'no contact has this number yet';

/** What a response of v4 means, row by row of v4.md. */
export function classifyResponse(reply: HttpResult, rules: ResponseRules): SendResult {
  if (reply.kind === 'failure') return classifyFailure(reply);
  const { status } = reply;
  if (status === 204) return { kind: 'lost', reason: '204 without a body' };
  if (status >= 200 && status < 300) return classifySuccess(reply, rules);
  if (status === 429 || status === 408 || status === 425) return classifyNotReceived(reply, rules.now);
  if (status === 400 || status === 413 || status === 422) return classifyRefusal(reply, rules);
  if (status === 504) return { kind: 'lost', reason: describeResponse(reply), tooSlow: true };
  if (status >= 500) return { kind: 'lost', reason: describeResponse(reply) };
  return stopOf(reply);
}

function classifySuccess(reply: HttpResponse, rules: ResponseRules): SendResult {
  if (!reply.complete) return { kind: 'lost', reason: `the answer broke off (${reply.status})` };
  const decoded = rules.decode(reply.body);
  if (decoded !== undefined) return { kind: 'settled', verdicts: verdictsOf(decoded, rules.unknown) };
  const error = errorOf(reply.body);
  const what = error === undefined ? describeBody(reply.body) : `an error: ${error}`;
  return { kind: 'lost', reason: `${reply.status} with ${what}` };
}

/**
 * A request that was refused as a whole. Where the service names the calls at fault, these have their verdict, and the
 * others, which were not added, may be sent again.
 */
function classifyRefusal(reply: HttpResponse, rules: ResponseRules): SendResult {
  const reason = describeResponse(reply);
  const tooLarge = reply.status === 413 || (reply.status === 422 && /limit/i.test(reply.body));
  if (tooLarge) return { kind: 'refused', reason, tooLarge };
  const decoded = reply.complete ? rules.decode(reply.body) : undefined;
  if (decoded === undefined) return { kind: 'refused', reason, tooLarge };
  const { rejected, deferred } = verdictsOf(decoded, rules.unknown);
  if (rejected.size === 0 && deferred.size === 0) return { kind: 'refused', reason, tooLarge };
  return { kind: 'refused', reason, tooLarge, named: { rejected, deferred } };
}

function verdictsOf({ accepted, notFound, rejected, unknown }: DecodedResponse, policy: UnknownPolicy) {
  const verdicts = { accepted: new Set(accepted.keys()), receipts: accepted, unknownUuids: unknown };
  if (policy !== 'reject') {
    const deferred = new Map([...notFound.keys()].map((uuid) => [uuid, [noContact]]));
    return { ...verdicts, rejected, deferred } satisfies Verdicts;
  }
  const refused = [...notFound].map(
    ([uuid, said]) => [uuid, [`no contact has this number: ${said.join('; ')}`]] as const,
  );
  const deferred: Verdicts['deferred'] = new Map();
  return { ...verdicts, rejected: new Map([...rejected, ...refused]), deferred } satisfies Verdicts;
}
