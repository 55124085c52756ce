// What the ledger says of calls, and verdicts, as outcomes.

import { groupBy } from '../core/group.js';
import type { ChangedCall, ClaimAnswer, ClaimPolicy, LostClaim, WaitingCall } from '../core/ledger.js';
import { type CallEntry, type Outcome, outcomeOf } from '../core/outcome.js';
import type { SettledCall } from './after.js';
import type { DeliveryRun } from './delivery-run.js';

/** Entries by what the ledger said of each. */
export interface Sorted {
  readonly ours: readonly CallEntry[];
  readonly busy: readonly CallEntry[];
  /** Those that an earlier run sent without an answer. */
  readonly unconfirmed: readonly CallEntry[];
  /** Those that were accepted with other content, and that the service can give it. */
  readonly correctable: readonly ChangedEntry[];
  /** The outcomes of those that the ledger knows. */
  readonly known: readonly Outcome[];
}

/** An entry that was accepted with other content. */
interface ChangedEntry {
  readonly entry: CallEntry;
  readonly before: ChangedCall;
}

const outcomeOfClaim = {
  accepted: { status: 'duplicate', reasons: ['accepted in an earlier run'] },
  repeated: { status: 'duplicate', reasons: ['this uuid appeared earlier in this input'] },
  held: { status: 'waiting', reasons: ['another run keeps this call until the service accepts calls again'] },
} as const satisfies Partial<Record<Exclude<ClaimAnswer, object>, Pick<Outcome, 'status' | 'reasons'>>>;

/** Why nobody knows of a call that an earlier run sent. */
export const sentEarlier = 'sent in an earlier run, and its result is not known';

/** The outcome of a call that an earlier run sent without an answer. */
export function stillUnconfirmed(entry: CallEntry): Outcome {
  return outcomeOf(entry, 'unconfirmed', [sentEarlier]);
}

/** The outcome of a call whose uuid is under way in this run. */
export function repeated(entry: CallEntry): Outcome {
  return outcomeOf(entry, outcomeOfClaim.repeated.status, outcomeOfClaim.repeated.reasons);
}

/** Asks the ledger for calls of one account, with a claim or a look-up, and sorts them by what it said of each. */
export async function askLedger(
  run: DeliveryRun,
  ask: 'claim' | 'lookup',
  entries: readonly CallEntry[],
  policy = run.policy,
): Promise<Sorted> {
  const claims = await claimAnswersOf(run.deps.ledger[ask], entries, policy);
  if (claims.every((claim) => claim === 'ours')) {
    return { ours: entries, busy: [], unconfirmed: [], correctable: [], known: [] };
  }
  const { correction } = run.deps.destination;
  const ours: CallEntry[] = [];
  const busy: CallEntry[] = [];
  const unconfirmed: CallEntry[] = [];
  const correctable: ChangedEntry[] = [];
  const known: Outcome[] = [];
  const changed: ChangedEntry[] = [];
  entries.forEach((entry, at) => {
    const claim = claims[at] ?? 'ours';
    if (claim === 'ours') ours.push(entry);
    else if (claim === 'busy') busy.push(entry);
    else if (claim === 'unconfirmed') unconfirmed.push(entry);
    else if (typeof claim === 'object' && 'nextTry' in claim) known.push(stillWaiting(entry, claim));
    else if (typeof claim === 'object') {
      const { receipt } = claim;
      const one = { entry, before: claim };
      const isWhole = entry.isPart !== true && !isOtherCall(one);
      const isCorrectable = isWhole && receipt !== undefined && correction?.accepts(receipt) === true;
      (isCorrectable ? correctable : changed).push(one);
    } else known.push(outcomeOf(entry, outcomeOfClaim[claim].status, outcomeOfClaim[claim].reasons));
  });
  return { ours, busy, unconfirmed, correctable, known: [...known, ...(await reportChanges(run, changed))] };
}

/** What is only a part of a call that was sent is never sent as its new content. */
async function claimAnswersOf(
  ask: DeliveryRun['deps']['ledger']['claim'],
  entries: readonly CallEntry[],
  policy: ClaimPolicy,
): Promise<readonly ClaimAnswer[]> {
  const calls = entries.map(({ call }) => call);
  if (!policy.changed || !entries.some(({ isPart }) => isPart)) return ask(calls, policy);
  const claims: ClaimAnswer[] = [];
  for (const entry of entries) {
    const changed = entry.isPart !== true;
    claims.push(...(await ask([entry.call], { ...policy, changed })));
  }
  return claims;
}

/** The outcome of a call whose next try is not due. */
function stillWaiting(entry: CallEntry, { nextTry }: WaitingCall): Outcome {
  const time = new Date(nextTry * 1000).toISOString().slice(11, 19);
  const reason = `no contact has this number yet; a run after ${time} UTC tries again`;
  return { ...outcomeOf(entry, 'waiting', [reason]), nextTry };
}

/**
 * The outcomes of calls of one account that came with other content than what was sent. The ledger remembers them:
 * each is warned about once, over all runs. Another call under the same uuid is no change of it, but invalid.
 */
async function reportChanges(
  { deps: { ledger, warn } }: DeliveryRun,
  came: readonly ChangedEntry[],
): Promise<readonly Outcome[]> {
  const changed = came.filter((one) => !isOtherCall(one));
  if (changed.length > 0) {
    const isNew = await ledger.recordChanges(changed.map(({ entry }) => entry.call));
    changed.forEach((one, at) => {
      if (isNew[at] === true) warn(`${one.entry.call.uuid}: ${describeChange(one)}`, changeHint);
    });
  }
  return came.map(changedOutcome);
}

/** Whether it is not the call that was sent: of rows that are merged, other ones may say other things of the same call. */
function isOtherCall({ entry: { isPart, origin }, before }: ChangedEntry): boolean {
  return before.isOther === true && isPart !== true && (origin.rows ?? 1) === 1;
}

const changeHint =
  'amoCRM keeps what was sent. To list such calls: "amocalls history --changed". --resend-changed sends them again; with API v4 --correct overwrites their notes.';

/** The outcome of a call that came with other content than what was sent. */
function changedOutcome(changed: ChangedEntry): Outcome {
  if (isOtherCall(changed)) return outcomeOf(changed.entry, 'invalid', [describeOther(changed)]);
  return { ...outcomeOf(changed.entry, 'duplicate', [describeChange(changed)]), changed: true };
}

function describeOther({ entry: { call }, before: { sentBillsec } }: ChangedEntry): string {
  const talk = `talk time ${sentBillsec} s, here ${call.billsec} s`;
  return `uuid: another call was sent with this uuid (other caller, recipient, date or type; ${talk})`;
}

function describeChange({ entry: { call, isPart }, before: { sentBillsec } }: ChangedEntry): string {
  if (isPart === true) return 'more rows of this call came after it was sent';
  const { billsec } = call;
  const what = billsec === sentBillsec ? 'other fields' : `talk time ${sentBillsec} s, now ${billsec} s`;
  return `changed since it was sent: ${what}`;
}

/**
 * The outcomes of calls of one account that this run did not send: what an earlier run knows of them, else `unsent`. What
 * was to be sent again although it was accepted is unsent too.
 */
export async function notSent(
  run: DeliveryRun,
  entries: readonly CallEntry[],
  reason: string,
): Promise<readonly Outcome[]> {
  const unsent = (entry: CallEntry) => outcomeOf(entry, 'unsent', [reason]);
  try {
    const sorted = await askLedger(run, 'lookup', entries, { ...run.policy, unconfirmed: false });
    return [...sorted.known, ...sorted.unconfirmed.map(stillUnconfirmed), ...openOf(sorted).map(unsent)];
  } catch {
    return entries.map(unsent); // the ledger broke, which ends the run in its own words
  }
}

/** The calls that are to be sent, as far as the ledger knows. */
export function openOf({ ours, busy, correctable }: Sorted): readonly CallEntry[] {
  return [...ours, ...busy, ...correctable.map(({ entry }) => entry)];
}

/** The outcome of a call that another process has been sending for too long: a stopped or hanging one. */
export function isBusy(entry: CallEntry): Outcome {
  return outcomeOf(entry, 'waiting', [
    'another process has been sending this call for 60 s; the next run tries again',
  ]);
}

/** The outcomes of verdicts, in their order but for calls that were not sent; `lost`: whose claims were gone. */
export async function outcomesOf(
  run: DeliveryRun,
  verdicts: readonly SettledCall[],
  lost: readonly LostClaim[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { entry, uuid, state, reasons, receipt } of verdicts) {
    const gone = lost.length === 0 ? undefined : lost.find((one) => one.uuid === uuid);
    if (state === 'unsent') continue;
    if (gone === undefined) outcomes.push(outcomeOf(entry, state, reasons, receipt));
    else {
      const taken = describeLost(gone);
      run.deps.warn(`${uuid}: ${[state, ...(reasons ?? [])].join(': ')}; but ${taken}`, lostHint);
      outcomes.push(outcomeOf(entry, state, [...(reasons ?? []), taken], receipt));
    }
  }
  const unsent = verdicts.filter(({ state }) => state === 'unsent');
  for (const [reason, same] of groupBy(unsent, ({ reasons = [] }) => reasons.join('; '))) {
    const entries = same.map(({ entry }) => entry);
    outcomes.push(...(await notSent(run, entries, reason)));
  }
  return outcomes;
}

function describeLost({ lostTo }: LostClaim): string {
  if (lostTo === undefined) return 'the ledger no longer knows this call';
  return `run ${lostTo.run} took over this call meanwhile; there it is ${lostTo.state}`;
}

const lostHint =
  'Another run took this one for dead, since a clock or the host name changed. To see what became of the call: amocalls history <uuid>';
