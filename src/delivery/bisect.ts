import type { Settlement } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { Refused, Verdicts } from '../core/send-result.js';
import { type SendRequest, settlementOf } from './retry.js';

/** Takes calls whose result is known now, a settlement for each; it is done before the next request leaves. */
export type Conclude = (entries: readonly CallEntry[], settlements: readonly Settlement[]) => Promise<void>;

/** What bisecting works with. */
export interface BisectDeps {
  readonly send: SendRequest;
  /** Called for every entry once: after each answer, so that a run that dies in the middle keeps what it knew. */
  readonly conclude: Conclude;
  /** Takes calls that are to be sent again later, since the service is down; it is done when they have their outcomes. */
  readonly postpone: (entries: readonly CallEntry[]) => Promise<void>;
  /** Hears why a call that was alone in its request was refused. */
  readonly reportRefused: (reason: string) => void;
}

/**
 * Sends a chunk; where the service refuses it as a whole, finds the calls at fault, so that the others go
 * through. One bad call among 100 costs at most ten requests: the suspects are halved, and what stands outside
 * the suspects waits and is sent as one. A chunk that is too large (413) is just halved.
 * The calls at fault are `rejected` with the service's words. Where the service names them itself, nothing has to be
 * searched: the others are sent again without them.
 */
export async function sendBisecting(entries: readonly CallEntry[], deps: BisectDeps): Promise<void> {
  const pending: (readonly CallEntry[])[] = [entries];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.length === 0) continue;
    const { refusal, left } = await attempt(next, deps);
    if (refusal === undefined || left.length === 0) continue;
    if (left.length < next.length) pending.push(left);
    else if (refusal.tooLarge) pending.push(...halve(left));
    else pending.push(await findOne(left, deps));
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
    const [first, second] = halve(rest);
    const { refusal, left } = await attempt(first, deps);
    if (refusal !== undefined) unknown = [...second, ...unknown];
    if (left.length < first.length && refusal !== undefined) return [...left, ...unknown];
    rest = refusal === undefined ? second : first;
  }
  const { left } = await attempt(rest, deps);
  return [...left, ...unknown];
}

/** How an attempt ended: the refusal of the request, if it was refused, and the calls that still have no result. */
interface Attempt {
  readonly refusal?: Refused;
  readonly left: readonly CallEntry[];
}

/**
 * Sends calls in one request and concludes what is known of them then: all of them, or of a refused request those
 * that the service named. A call that was alone in a refused request is concluded as `rejected`.
 */
async function attempt(
  entries: readonly CallEntry[],
  { send, conclude, postpone, reportRefused }: BisectDeps,
): Promise<Attempt> {
  const sent = await send(entries);
  if (sent.kind === 'settled') {
    await conclude(entries, sent.settlements);
    return { left: [] };
  }
  if (sent.kind === 'postponed') {
    await postpone(entries);
    return { left: [] };
  }
  const { refusal } = sent;
  const { named = nobody } = refusal;
  const known = entries.flatMap((entry) => {
    const settlement = settlementOf(entry.call.uuid, named);
    return settlement === undefined ? [] : [{ entry, settlement }];
  });
  if (known.length > 0) {
    const settled = known.map(({ entry }) => entry);
    await conclude(
      settled,
      known.map(({ settlement }) => settlement),
    );
    return { refusal, left: entries.filter((entry) => !settled.includes(entry)) };
  }
  if (entries.length > 1) return { refusal, left: entries };
  const { reason } = refusal;
  reportRefused(reason);
  await conclude(
    entries,
    entries.map(({ call: { uuid } }) => ({ uuid, state: 'rejected', reasons: [reason] })),
  );
  return { refusal, left: [] };
}

const nobody: Pick<Verdicts, 'rejected' | 'deferred'> = { rejected: new Map() };

function halve(entries: readonly CallEntry[]): readonly [readonly CallEntry[], readonly CallEntry[]] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
