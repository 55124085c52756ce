import { createHashSet } from '../core/hash-set.js';
import type { Ledger } from '../core/ledger.js';
import { decrease, increase, initialRate, reserveSlot } from '../core/rate.js';

/** The ledger of `--no-ledger`: it knows this run alone, and is gone with it. `records`: about how many it will see. */
export function openMemoryLedger(now: () => number, records?: number): Ledger {
  const seen = createHashSet(records);
  let rate = initialRate;
  return {
    lookup: async (calls) => calls.map(() => 'ours'),
    claim: async (calls) =>
      calls.map(({ uuid, account_id }) => (seen.add(uuid, account_id) ? 'ours' : 'repeated')),
    recordChanges: async (calls) => calls.map(() => true),
    settle: async () => undefined,
    async reserveSlot(limit) {
      const { state, at } = reserveSlot(rate, now(), limit);
      rate = state;
      return at;
    },
    pausedUntil: async () => rate.pausedUntil,
    async reportSuccess(limit) {
      rate = increase(rate, limit);
    },
    async reportThrottled(until) {
      rate = decrease(rate, until);
    },
  };
}
