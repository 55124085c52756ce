import type { Settlement } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { Refused } from '../core/send-result.js';
import type { Sender } from './sender.js';
import type { Standing } from './standing.js';

/** Hears of calls whose fate is known now, a settlement for each; what it does is done before the next request leaves. */
export type Conclude = (entries: readonly CallEntry[], settlements: readonly Settlement[]) => Promise<void>;

/** How one chunk is sent. */
export interface Way {
  readonly send: Sender;
  /** Called for every entry once: after each answer, so that a run that dies in the middle keeps what it knew. */
  readonly conclude: Conclude;
  readonly standing: Pick<Standing, 'refused'>;
}

/**
 * Sends a chunk; where the service refuses it as a whole, finds the calls at fault, so that the others go
 * through. One bad call among 100 costs at most ten requests: the suspects are halved, and what stands outside
 * the suspects waits and is sent as one. A chunk that is too large (413) is just halved.
 * The calls at fault are `rejected` with the service's words.
 */
export async function sendAll(entries: readonly CallEntry[], way: Way): Promise<void> {
  const waiting: (readonly CallEntry[])[] = [entries];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.length === 0) continue;
    const refusal = await attempt(next, way);
    if (refusal === undefined || next.length === 1) continue;
    if (refusal.tooLarge) waiting.push(...halve(next));
    else waiting.push(await findOne(next, way));
  }
}

/**
 * Narrows suspects, at least one of which is at fault, down to a single call.
 *
 * @returns the calls that stood outside the suspects: nobody knows whether they are at fault too
 */
async function findOne(suspects: readonly CallEntry[], way: Way): Promise<readonly CallEntry[]> {
  let unknown: readonly CallEntry[] = [];
  let rest = suspects;
  while (rest.length > 1) {
    const [left, right] = halve(rest);
    const refusal = await attempt(left, way);
    if (refusal !== undefined) unknown = [...right, ...unknown];
    if (refusal !== undefined && left.length === 1) return unknown;
    rest = refusal === undefined ? right : left;
  }
  await attempt(rest, way);
  return unknown;
}

/**
 * Sends calls in one request and concludes what is known of them then.
 *
 * @returns the refusal of the request; a call that was alone in it is concluded as `rejected`
 */
async function attempt(
  entries: readonly CallEntry[],
  { send, conclude, standing }: Way,
): Promise<Refused | undefined> {
  const sent = await send(entries);
  if (sent.kind === 'done') {
    await conclude(entries, sent.settlements);
    return undefined;
  }
  if (entries.length === 1) {
    const { why } = sent.judgement;
    standing.refused(why);
    await conclude(
      entries,
      entries.map(({ call: { uuid } }) => ({ uuid, state: 'rejected', reasons: [why] })),
    );
  }
  return sent.judgement;
}

function halve(entries: readonly CallEntry[]): readonly [readonly CallEntry[], readonly CallEntry[]] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
