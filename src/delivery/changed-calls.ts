import type { ChangedCall, Settlement } from '../core/ledger.js';
import { type CallEntry, type Outcome, outcomeOf } from '../core/outcome.js';
import type { DeliveryDeps } from './options.js';
import { createRetryingSender, type SenderParts, settlementOf } from './retry.js';

/** An entry that was accepted with other content. */
export interface ChangedEntry {
  readonly entry: CallEntry;
  readonly before: ChangedCall;
}

/**
 * The outcomes of calls of one account that came with other content than what was sent. The ledger remembers them:
 * each is warned about once, over all runs.
 */
export async function reportChanges(
  changed: readonly ChangedEntry[],
  { ledger, warn }: Pick<DeliveryDeps, 'ledger' | 'warn'>,
): Promise<readonly Outcome[]> {
  if (changed.length === 0) return [];
  const isNew = await ledger.recordChanges(changed.map(({ entry }) => entry.call));
  changed.forEach((one, at) => {
    if (isNew[at] === true) warn(`${one.entry.call.uuid}: ${describeChange(one)}`, changeHint);
  });
  return changed.map(changedOutcome);
}

const changeHint =
  'amoCRM keeps what was sent. "amocalls history --changed" lists such calls; --resend-changed sends them again, and with API v4 --correct writes over their notes.';

/** The outcome of a call that came with other content than what was sent. */
export function changedOutcome(changed: ChangedEntry): Outcome {
  return { ...outcomeOf(changed.entry, 'duplicate', [describeChange(changed)]), changed: true };
}

function describeChange({ entry: { call, isPart }, before: { sentBillsec } }: ChangedEntry): string {
  if (isPart === true) return 'more rows of this call came after it was sent';
  const { billsec } = call;
  const what = billsec === sentBillsec ? 'other fields' : `talk time ${sentBillsec} s, now ${billsec} s`;
  return `changed since it was sent: ${what}`;
}

/** Writes over one accepted call, and records what it is from then on; gives its outcome. */
export type Correct = (
  changed: ChangedEntry,
  record: (settlements: readonly Settlement[]) => Promise<unknown>,
) => Promise<Outcome>;

/**
 * Makes what gives accepted calls their new content, one request each. Pace, retries and stop rules are those of every
 * request; a lost answer is followed by another try, since writing twice is as good as once. A call that could not be
 * written over stays `accepted` in the ledger, with the content that was sent.
 */
export function createCorrecting(parts: SenderParts): Correct {
  const { correction } = parts.deps.destination;
  /** What is being written over, or was: a uuid that stands twice in the input is written over once. */
  const begun = new Set<string>();
  return async (changed, record) => {
    const { entry, before } = changed;
    const { uuid, account_id } = entry.call;
    const { receipt } = before;
    if (correction === undefined || receipt === undefined)
      return outcomeOf(entry, 'unsent', ['no note is known']);
    const key = `${account_id} ${uuid}`;
    if (begun.has(key)) return outcomeOf(entry, 'duplicate', ['this uuid appeared earlier in this input']);
    begun.add(key);
    const send = createRetryingSender(() => correction.correct(entry.call, receipt), parts, true);
    let sent = await send([entry]);
    while (sent.kind === 'postponed') sent = await send([entry]);
    // In a run without an end the call may change once more.
    if (parts.options.waitForService) begun.delete(key);
    if (sent.kind === 'refused') {
      const { reason, named } = sent.refusal;
      if (named === undefined) parts.state.reportRefused(reason);
      const said = named === undefined ? undefined : settlementOf(uuid, named);
      return outcomeOf(entry, 'rejected', notCorrected(said?.reasons ?? [reason]));
    }
    const { state = 'unsent', reasons = [], receipt: kept = receipt } = sent.settlements[0] ?? {};
    if (state === 'accepted') {
      await record([{ uuid, state, receipt: kept, corrected: entry.call }]);
      return { ...outcomeOf(entry, state), receipt: kept };
    }
    return outcomeOf(entry, state === 'rejected' ? state : 'unsent', notCorrected(reasons));
  };
}

function notCorrected(reasons: readonly string[]): readonly string[] {
  return reasons.map((reason) => `not corrected: ${reason}`);
}
