import type { ChangedCall, Claim, ClaimPolicy, Ledger } from '../core/ledger.js';
import { type CallEntry, type Outcome, outcomeOf } from '../core/outcome.js';
import { type ChangedEntry, reportChanges } from './changed-calls.js';
import type { DeliveryDeps, DeliveryOptions } from './options.js';

/** Which of the calls that the ledger knows may be sent again. */
export function claimPolicy(options: DeliveryOptions): ClaimPolicy {
  const { resend: accepted, resendChanged: changed, onLostAnswer } = options;
  return { accepted, unconfirmed: onLostAnswer === 'resend', changed };
}

/** Entries by what the ledger said of each. */
interface Sorted {
  readonly ours: readonly CallEntry[];
  readonly busy: readonly CallEntry[];
  /** The outcomes of those that the ledger knows. */
  readonly known: readonly Outcome[];
  /** Those that were accepted with other content: `reportChanges` makes their outcomes. */
  readonly changed: readonly ChangedEntry[];
  /** Those of them that the service can give their new content. */
  readonly correctable: readonly ChangedEntry[];
}

const outcomeOfClaim = {
  accepted: { status: 'duplicate', reasons: ['accepted in an earlier run'] },
  repeated: { status: 'duplicate', reasons: ['this uuid appeared earlier in this input'] },
  unconfirmed: { status: 'unconfirmed', reasons: ['sent in an earlier run, no verdict came'] },
  waiting: { status: 'waiting', reasons: ['no contact has this number yet; the next try is not due'] },
} as const satisfies Partial<Record<Exclude<Claim, ChangedCall>, Pick<Outcome, 'status' | 'reasons'>>>;

/**
 * Asks the ledger for each call: with a claim or a look-up. What is only a part of a call that was sent is never sent as its
 * new content.
 */
export async function askLedger(
  ask: Ledger['claim'],
  entries: readonly CallEntry[],
  policy: ClaimPolicy,
): Promise<readonly Claim[]> {
  const calls = entries.map(({ call }) => call);
  if (!policy.changed || !entries.some(({ isPart }) => isPart)) return ask(calls, policy);
  const claims: Claim[] = [];
  for (const entry of entries) {
    const changed = entry.isPart !== true;
    claims.push(...(await ask([entry.call], { ...policy, changed })));
  }
  return claims;
}

/** Sorts entries by what the ledger said of each. */
export function sortByClaim(
  entries: readonly CallEntry[],
  claims: readonly Claim[],
  { destination: { correction } }: Pick<DeliveryDeps, 'destination'>,
): Sorted {
  if (claims.every((claim) => claim === 'ours')) {
    return { ours: entries, busy: [], known: [], changed: [], correctable: [] };
  }
  const ours: CallEntry[] = [];
  const busy: CallEntry[] = [];
  const known: Outcome[] = [];
  const changed: ChangedEntry[] = [];
  const correctable: ChangedEntry[] = [];
  entries.forEach((entry, at) => {
    const claim = claims[at] ?? 'ours';
    if (claim === 'ours') ours.push(entry);
    else if (claim === 'busy') busy.push(entry);
    else if (typeof claim === 'object') {
      const { receipt } = claim;
      const isCorrectable =
        entry.isPart !== true && receipt !== undefined && correction?.accepts(receipt) === true;
      (isCorrectable ? correctable : changed).push({ entry, before: claim });
    } else known.push(outcomeOf(entry, outcomeOfClaim[claim].status, outcomeOfClaim[claim].reasons));
  });
  return { ours, busy, known, changed, correctable };
}

/**
 * The outcomes of calls of one account that this run did not send: what an earlier run knows of them, else `unsent`. What
 * was to be sent again although it was accepted is unsent too.
 */
export async function notSent(
  entries: readonly CallEntry[],
  reason: string,
  deps: Pick<DeliveryDeps, 'ledger' | 'warn' | 'destination'>,
  { accepted, changed: resendsChanged }: ClaimPolicy,
): Promise<readonly Outcome[]> {
  const unsent = (entry: CallEntry) => outcomeOf(entry, 'unsent', [reason]);
  try {
    const policy = { accepted, unconfirmed: false, changed: resendsChanged };
    const claims = await askLedger(deps.ledger.lookup, entries, policy);
    const { ours, busy, known, changed, correctable } = sortByClaim(entries, claims, deps);
    const reported = await reportChanges(changed, deps);
    const open = correctable.map(({ entry }) => entry);
    return [...known, ...reported, ...[...ours, ...busy, ...open].map(unsent)];
  } catch {
    return entries.map(unsent); // the ledger broke, which ends the run in its own words
  }
}

/** The outcome of a call that another process has been sending for too long: a stopped or hanging one. */
export function isBusy(entry: CallEntry): Outcome {
  return outcomeOf(entry, 'waiting', [
    'another process has been sending this call for 60 s and has not finished; the next run looks again',
  ]);
}
