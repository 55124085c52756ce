import type { Claim, ClaimPolicy, Ledger, Settlement } from '../core/ledger.js';
import type { CallEntry, Outcome, Status } from '../core/outcome.js';
import { createGate } from './gate.js';
import { type Conclude, sendAll } from './isolate.js';
import type { DeliveryPolicy, DeliveryWorld } from './options.js';
import { createSender } from './sender.js';
import type { Standing } from './standing.js';

/** Takes one chunk from its claim to its outcomes; tells them as they are known. */
export type Journey = (
  chunk: readonly CallEntry[],
  tell: (outcomes: readonly Outcome[]) => Promise<void>,
) => Promise<void>;

/** How often a call that another process is sending right now is asked for again. */
const busyPauseMs = 200;

/** Makes the way of a chunk: claim (the intent is on disk), send, settle (the verdict is on disk), tell. */
export function createJourney(policy: DeliveryPolicy, world: DeliveryWorld, standing: Standing): Journey {
  const send = createSender(policy, world, standing, createGate(policy, world, standing));
  const claims = claimPolicy(policy);

  return async function travel(chunk, tell) {
    const account = chunk[0]?.call.account_id ?? '';
    const claimed = await claim(account, chunk);
    if (claimed === undefined) return tell(notSent(chunk, standing.reason(), world.ledger));
    const { ours, busy, settled } = sort(chunk, claimed);
    await tell(settled);
    const conclude: Conclude = async (entries, settlements) => {
      await record(account, settlements);
      await tell(outcomesOf(entries, settlements, world.ledger));
    };
    await sendAll(ours, { send, conclude, standing });
    if (busy.length === 0) return;
    await world.sleep(busyPauseMs, standing.halted);
    return travel(busy, tell);
  };

  /** Undefined where nothing may be sent: the run is over, or the intent cannot be written down. */
  async function claim(account: string, chunk: readonly CallEntry[]): Promise<readonly Claim[] | undefined> {
    if (standing.halted.aborted) return undefined;
    try {
      return await world.ledger.claim(account, uuidsOf(chunk), claims);
    } catch (error) {
      standing.fail(error);
      return undefined;
    }
  }

  /** A verdict that cannot be written down ends the run; it is told all the same. */
  async function record(account: string, settlements: readonly Settlement[]): Promise<void> {
    try {
      await world.ledger.settle(account, settlements);
    } catch (error) {
      standing.fail(error);
    }
  }
}

/** Which of the calls that the ledger knows may be sent again. */
export function claimPolicy(policy: DeliveryPolicy): ClaimPolicy {
  return { accepted: policy.resend, unconfirmed: policy.onLostAnswer === 'resend' };
}

/**
 * The outcomes of calls of one account that this run did not send: what an earlier run knows of them, else `unsent`.
 */
export function notSent(entries: readonly CallEntry[], why: string, ledger: Ledger): readonly Outcome[] {
  const unsent = (entry: CallEntry) => outcomeOf(entry, 'unsent', [why]);
  try {
    const account = entries[0]?.call.account_id ?? '';
    const claims = ledger.known(account, uuidsOf(entries), { accepted: false, unconfirmed: false });
    const { ours, busy, settled } = sort(entries, claims);
    return [...settled, ...ours.map(unsent), ...busy.map(unsent)];
  } catch {
    return entries.map(unsent); // the ledger broke, which ends the run in its own words
  }
}

interface Sorted {
  readonly ours: readonly CallEntry[];
  readonly busy: readonly CallEntry[];
  /** The outcomes of those that the ledger knows. */
  readonly settled: readonly Outcome[];
}

const known = {
  accepted: { status: 'duplicate', reasons: ['accepted in an earlier run'] },
  repeated: { status: 'duplicate', reasons: ['this uuid stood earlier in this input'] },
  unconfirmed: { status: 'unconfirmed', reasons: ['sent in an earlier run, no verdict came'] },
} as const satisfies Partial<Record<Claim, Pick<Outcome, 'status' | 'reasons'>>>;

/** Sorts entries by what the ledger said of each. */
export function sort(entries: readonly CallEntry[], claims: readonly Claim[]): Sorted {
  if (claims.every((claim) => claim === 'ours')) return { ours: entries, busy: [], settled: [] };
  const ours: CallEntry[] = [];
  const busy: CallEntry[] = [];
  const settled: Outcome[] = [];
  entries.forEach((entry, at) => {
    const claim = claims[at] ?? 'ours';
    if (claim === 'ours') ours.push(entry);
    else if (claim === 'busy') busy.push(entry);
    else settled.push(outcomeOf(entry, known[claim].status, known[claim].reasons));
  });
  return { ours, busy, settled };
}

/** The outcomes of settlements, one for each entry, in its order. */
function outcomesOf(
  entries: readonly CallEntry[],
  settlements: readonly Settlement[],
  ledger: Ledger,
): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  entries.forEach((entry, at) => {
    const { state, reasons = none } = settlements[at] ?? { state: 'unsent' };
    if (state === 'unsent') outcomes.push(...notSent([entry], reasons.join('; '), ledger));
    else outcomes.push(outcomeOf(entry, state, reasons));
  });
  return outcomes;
}

const none: readonly string[] = [];

/** Each shape written out: made with a spread, outcomes took a seventh of an import's time. */
function outcomeOf({ call, origin }: CallEntry, status: Status, reasons: readonly string[]): Outcome {
  const { uuid, account_id } = call;
  return reasons.length === 0
    ? { status, uuid, account_id, origin }
    : { status, uuid, reasons, account_id, origin };
}

function uuidsOf(entries: readonly CallEntry[]): readonly string[] {
  return entries.map((entry) => entry.call.uuid);
}
