import { answerText, type Decided } from './answer.js';
import { type Arrival, readArrivals } from './arrival.js';
import { type Ending, json, page, refusal, scripts } from './ending.js';
import { examine } from './examine.js';
import { requestFaults } from './faults.js';
import type { Settings } from './options.js';
import { createPlan, type Fate } from './plan.js';

/** A POST to calls/add as it came. */
export interface Post {
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Bytes of the whole body. */
  readonly size: number;
  /** The body; cut off where it is longer than any limit. */
  readonly body: Buffer;
}

/** What the desk made of a POST. */
export interface Handled {
  readonly ending: Ending;
  /** The fault or the rule that decided; null for an ordinary answer. */
  readonly fault: string | null;
  readonly arrivals: readonly Arrival[];
  /** One for each arrival. */
  readonly queued: readonly boolean[];
  /** How long the client waits for it. */
  readonly delayMs: number;
}

export type Desk = (post: Post) => Handled;

/** PHP's post_max_size: past it the form is empty, and nobody says so. */
export const postMaxBytes = 8 * 1024 * 1024;

/** Makes the part that reads a POST, decides on its calls and lets faults strike. */
export function createDesk(settings: Settings): Desk {
  const plan = createPlan(settings.faults, settings.seed);
  return (post) => {
    const closed = refusePost(post, settings);
    if (closed !== undefined) return { ...closed, arrivals: [], queued: [], delayMs: settings.latencyMs[0] };
    const arrivals = post.size > postMaxBytes ? [] : readArrivals(post.body, settings.maxInputVars);
    const account = post.query.get('account_id') ?? '';
    const uuids = arrivals.map((arrival) => arrival.uuid ?? '');
    const fate = plan(account, uuids);
    const [least, most] = settings.latencyMs;
    const delayMs = most > least ? least + fate.chance('latency') * (most - least) : least;
    return { arrivals, delayMs, ...handle(arrivals, uuids, { fate, account, settings }) };
  };
}

type Closed = Pick<Handled, 'ending' | 'fault'>;

/** What is decided before anybody looks at the calls. */
function refusePost(post: Post, settings: Settings): Closed | undefined {
  if (post.size > settings.maxBodyBytes) {
    return { ending: page(413, 'Request Entity Too Large'), fault: 'body too large' };
  }
  const code = post.query.get('code');
  if (code !== settings.code || post.query.get('key') !== settings.key) {
    return { ending: refusal(401, 'Wrong code or key', '110'), fault: 'wrong credentials' };
  }
  const account = post.query.get('account_id') ?? '';
  if (settings.anyAccount ? !/^\d+$/.test(account) : account !== settings.accountId) {
    return { ending: refusal(401, 'Account not found', '101'), fault: 'wrong account' };
  }
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(post.contentType)) {
    const error = 'Content-Type must be application/x-www-form-urlencoded';
    return { ending: refusal(400, error, '400'), fault: 'wrong content type' };
  }
  return undefined;
}

interface Case {
  readonly fate: Fate;
  readonly account: string;
  readonly settings: Settings;
}

function handle(
  arrivals: readonly Arrival[],
  uuids: readonly string[],
  { fate, account, settings }: Case,
): Closed & Pick<Handled, 'queued'> {
  const now = settings.now();
  const scene = { answer: '', retryAfterSeconds: settings.retryAfterSeconds, now };
  const { fault } = fate;
  const none = uuids.map(() => false);
  if (fault !== undefined && !requestFaults[fault].queues) {
    return { ending: scripts[fault](scene), fault, queued: none };
  }
  if (arrivals.length > settings.maxCalls) {
    return { ending: page(413, 'Request Entity Too Large'), fault: 'too many calls', queued: none };
  }
  if (uuids.some(settings.refuses)) {
    const ending = refusal(settings.refusal, 'The request cannot be processed', String(settings.refusal));
    return { ending, fault: 'refused uuid', queued: none };
  }
  const { decided, queued } = decide(arrivals, { fate, account, settings }, now);
  const answer = answerText(decided, fate.answer, fate.chance);
  const ending = fault === undefined ? json(200, answer) : scripts[fault]({ ...scene, answer });
  return { ending, fault: fault ?? null, queued };
}

/** Decides on each call of a request. */
function decide(
  arrivals: readonly Arrival[],
  { fate, account, settings }: Case,
  now: number,
): { readonly decided: Decided; readonly queued: readonly boolean[] } {
  const success: string[] = [];
  const errors = new Map<string, readonly string[]>();
  const queued = arrivals.map((arrival) => {
    const uuid = arrival.uuid ?? '';
    if (settings.forgets(uuid) || fate.strikes('forget', uuid)) return false;
    const found = examine(arrival, { accountId: account, now });
    const refused = settings.rejects(uuid) || fate.strikes('reject', uuid);
    const reasons = refused ? [...found, 'the sandbox was told to reject this uuid'] : found;
    if (reasons.length > 0) {
      errors.set(uuid, [...(errors.get(uuid) ?? []), ...reasons]);
      return false;
    }
    if (!fate.strikes('unnamed', uuid)) success.push(uuid);
    return true;
  });
  return { decided: { success, errors }, queued };
}
