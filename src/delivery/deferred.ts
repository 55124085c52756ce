import type { Settlement } from '../core/ledger.js';
import { isPastWaiting } from '../core/ledger.js';
import type { CallEntry } from '../core/outcome.js';
import type { Conclude } from './bisect.js';
import type { DeliveryDeps } from './options.js';
import type { RunState } from './run-state.js';

const none: readonly string[] = [];
const nobody: readonly CallEntry[] = [];

/** Concludes the calls of which this run knows that the service cannot take them yet; gives the others. */
export async function concludeDeferred(
  entries: readonly CallEntry[],
  { destination }: DeliveryDeps,
  conclude: Conclude,
): Promise<readonly CallEntry[]> {
  const { whyDeferred } = destination;
  if (whyDeferred === undefined) return entries;
  const reasons = entries.map(({ call }) => whyDeferred(call));
  const known = entries.filter((_, at) => reasons[at] !== undefined);
  if (known.length === 0) return entries;
  const why = reasons.filter((reason) => reason !== undefined);
  const settlements: readonly Settlement[] = known.map(({ call: { uuid } }, at) => ({
    uuid,
    state: 'waiting',
    reasons: why[at] ?? none,
  }));
  await conclude(known, settlements);
  return entries.filter((_, at) => reasons[at] === undefined);
}

/** Divides what was concluded: what has its result, and the calls that another method of the service takes. */
export function divideDeferred(
  entries: readonly CallEntry[],
  settlements: readonly Settlement[],
  { destination: { fallback } }: DeliveryDeps,
) {
  if (fallback === undefined) return { moved: nobody, entries, settlements };
  const moves = entries.map(({ call }, at) => settlements[at]?.state === 'waiting' && fallback.accepts(call));
  return {
    moved: entries.filter((_, at) => moves[at]),
    entries: entries.filter((_, at) => !moves[at]),
    settlements: settlements.filter((_, at) => !moves[at]),
  };
}

/** Calls that have waited for too long are rejected; `now` in milliseconds since 1970. */
export function rejectTooLate(
  settlements: readonly Settlement[],
  entries: readonly CallEntry[],
  now: number,
): readonly Settlement[] {
  if (settlements.every(({ state }) => state !== 'waiting')) return settlements;
  return settlements.map((settlement, at) => {
    const call = entries[at]?.call;
    if (settlement.state !== 'waiting' || call === undefined) return settlement;
    if (!isPastWaiting(call, now / 1000)) return settlement;
    const { uuid, reasons = none } = settlement;
    return { uuid, state: 'rejected', reasons: [...reasons, 'the call is more than 18 hours old'] };
  });
}

/** Cuts calls into requests no larger than the service can take by now. */
export function* requestsOf(
  entries: readonly CallEntry[],
  state: Pick<RunState, 'chunkLimit'>,
): Generator<readonly CallEntry[]> {
  for (let rest = entries; rest.length > 0; ) {
    const next = rest.slice(0, state.chunkLimit());
    rest = rest.slice(next.length);
    yield next;
  }
}
