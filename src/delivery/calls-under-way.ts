// The calls of a run without an outcome; later rows of one join it, or come after it.

import type { Call } from '../core/call.js';
import { hashIdentity } from '../core/hash.js';
import type { CallEntry } from '../core/outcome.js';
import type { OutgoingCall } from './request.js';

/** A call of this run that has no outcome yet. */
interface CallUnderWay {
  readonly first: Call;
  /** A request with it left, or is about to: what comes now is compared with what was sent. */
  isSent: boolean;
  /** Later rows of it that are sent with it. */
  readonly joined: CallEntry[];
  /** Later rows of it that came when it was sent already. */
  readonly behind: CallEntry[];
}

/** The calls of a run that have no outcome yet and may come again: only one version of a call is on its way. */
export interface CallsUnderWay {
  /** The uuids that may stand on several records: nothing is kept of other calls. Absent: any may. */
  readonly repeated?: ReadonlySet<string> | undefined;
  /** The files of the run grow: later rows of a call may join it. */
  readonly joinsRows: boolean;
  /** By account and uuid; where no rows join nothing has to be known of them but that they are there. */
  readonly open: Map<string, Map<string, CallUnderWay | undefined>>;
  /** Later rows of them, which have no outcome. */
  late: number;
}

/** Whether a call with this uuid is under way, as far as it may come again. */
export function isUnderWay({ open }: CallsUnderWay, { account_id, uuid }: Call): boolean {
  return open.get(account_id)?.has(uuid) === true;
}

/** Takes a call that is to be sent; false where one with its uuid is under way. */
export function begin({ open, repeated, joinsRows }: CallsUnderWay, { call }: CallEntry): boolean {
  const { account_id, uuid } = call;
  if (repeated?.has(uuid) === false) return true;
  let known = open.get(account_id);
  if (known === undefined) {
    known = new Map();
    open.set(account_id, known);
  }
  if (known.has(uuid)) return false;
  known.set(uuid, joinsRows ? { first: call, isSent: false, joined: [], behind: [] } : undefined);
  return true;
}

/** Takes a call out that has its outcome now; gives the rows that came later, if any did. */
export function end(calls: CallsUnderWay, call: Call): CallUnderWay | undefined {
  const known = find(calls, call);
  calls.open.get(call.account_id)?.delete(call.uuid);
  if (known !== undefined) calls.late -= known.joined.length + known.behind.length;
  return known;
}

/** Takes later rows of a call that is under way: they join it where it was not sent yet, and else come after it. */
export function follow(calls: CallsUnderWay, entry: CallEntry): void {
  const known = find(calls, entry.call);
  if (known === undefined) return;
  const joins =
    !known.isSent && (entry.isPart === true || hashIdentity(known.first) === hashIdentity(entry.call));
  (joins ? known.joined : known.behind).push(entry);
  calls.late += 1;
}

function find({ open }: CallsUnderWay, { account_id, uuid }: Call): CallUnderWay | undefined {
  return open.get(account_id)?.get(uuid);
}

/** What is sent of calls whose request is about to leave: each with the rows that joined it. */
export function depart(calls: CallsUnderWay, entries: readonly OutgoingCall[]): readonly OutgoingCall[] {
  return entries.map((entry) => {
    const known = find(calls, entry.call);
    if (known === undefined) return entry;
    known.isSent = true;
    return known.joined.reduce<OutgoingCall>(joinRows, entry);
  });
}

/** The service has nothing of these calls: they are sent later, and may still be joined. */
export function stay(calls: CallsUnderWay, entries: readonly CallEntry[]): void {
  for (const { call } of entries) {
    const known = find(calls, call);
    if (known !== undefined) known.isSent = false;
  }
}

/**
 * One call of an entry and of later rows of it, as the rows of one call are merged while they are read: the talk of the
 * longer one with its parties, the beginning of the earlier one, a recording and a result of either. So a part that came
 * late takes nothing from the fuller one.
 */
function joinRows(entry: OutgoingCall, later: CallEntry): OutgoingCall {
  const [one, other] = [entry.call, later.call];
  const isPart = entry.isPart === true && later.isPart === true;
  // A whole call that was written again is its newest version, as long as no talk is lost by that.
  const isNewer = other.billsec > one.billsec || (other.billsec === one.billsec && later.isPart !== true);
  const [best, less] = isNewer ? [other, one] : [one, other];
  const { link, link_signature } = best.link === undefined ? less : best;
  const { call_result = less.call_result } = best;
  const call: Call = {
    ...best,
    date: Math.min(one.date, other.date),
    ...(link !== undefined && { link }),
    ...(link_signature !== undefined && { link_signature }),
    ...(call_result !== undefined && { call_result }),
  };
  return { ...entry, call, isPart };
}
