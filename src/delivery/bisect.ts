import type { Settlement } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { Refused } from '../core/send-result.js';
import type { SendRequest } from './retry.js';

/** Takes calls whose result is known now, a settlement for each; it is done before the next request leaves. */
export type Conclude = (entries: readonly CallEntry[], settlements: readonly Settlement[]) => Promise<void>;

/** What bisecting works with. */
export interface BisectDeps {
  readonly send: SendRequest;
  /** Called for every entry once: after each answer, so that a run that dies in the middle keeps what it knew. */
  readonly conclude: Conclude;
  /** Hears why a call that was alone in its request was refused. */
  readonly reportRefused: (reason: string) => void;
}

/**
 * Sends a chunk; where the service refuses it as a whole, finds the calls at fault, so that the others go
 * through. One bad call among 100 costs at most ten requests: the suspects are halved, and what stands outside
 * the suspects waits and is sent as one. A chunk that is too large (413) is just halved.
 * The calls at fault are `rejected` with the service's words.
 */
export async function sendBisecting(entries: readonly CallEntry[], deps: BisectDeps): Promise<void> {
  const pending: (readonly CallEntry[])[] = [entries];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.length === 0) continue;
    const refusal = await attempt(next, deps);
    if (refusal === undefined || next.length === 1) continue;
    if (refusal.tooLarge) pending.push(...halve(next));
    else pending.push(await findOne(next, deps));
  }
}

/**
 * Narrows suspects, at least one of which is at fault, down to a single call.
 *
 * @returns the calls that stood outside the suspects: nobody knows whether they are at fault too
 */
async function findOne(suspects: readonly CallEntry[], deps: BisectDeps): Promise<readonly CallEntry[]> {
  let unknown: readonly CallEntry[] = [];
  let rest = suspects;
  while (rest.length > 1) {
    const [left, right] = halve(rest);
    const refusal = await attempt(left, deps);
    if (refusal !== undefined) unknown = [...right, ...unknown];
    if (refusal !== undefined && left.length === 1) return unknown;
    rest = refusal === undefined ? right : left;
  }
  await attempt(rest, deps);
  return unknown;
}

/**
 * Sends calls in one request and concludes what is known of them then.
 *
 * @returns the refusal of the request; a call that was alone in it is concluded as `rejected`
 */
async function attempt(
  entries: readonly CallEntry[],
  { send, conclude, reportRefused }: BisectDeps,
): Promise<Refused | undefined> {
  const sent = await send(entries);
  if (sent.kind === 'settled') {
    await conclude(entries, sent.settlements);
    return undefined;
  }
  if (entries.length === 1) {
    const { reason } = sent.refusal;
    reportRefused(reason);
    await conclude(
      entries,
      entries.map(({ call: { uuid } }) => ({ uuid, state: 'rejected', reasons: [reason] })),
    );
  }
  return sent.refusal;
}

function halve(entries: readonly CallEntry[]): readonly [readonly CallEntry[], readonly CallEntry[]] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
