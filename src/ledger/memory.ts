import { createHashSet } from '../core/hash.js';
import type { Ledger } from '../core/ledger.js';
import { decrease, increase, initialRate, reserveSlot } from '../core/rate.js';

/** The ledger of `--no-ledger`: it knows this run alone, and is gone with it. `records`: about how many it will see. */
export function openMemoryLedger(now: () => number, records?: number): Ledger {
  const seen = createHashSet(records);
  /** Calls that were given back, that are held, or that wait: they may be claimed again. */
  const open = new Set<string>();
  let rate = initialRate;
  const keyOf = (account: string, uuid: string) => `${account} ${uuid}`;
  return {
    lookup: async (calls) => calls.map(() => 'ours'),
    claim: async (calls) =>
      calls.map(({ uuid, account_id }) =>
        seen.add(uuid, account_id) || open.delete(keyOf(account_id, uuid)) ? 'ours' : 'repeated',
      ),
    recordChanges: async (calls) => calls.map(() => true),
    async settle(account, settlements) {
      for (const { uuid, state } of settlements) {
        if (['unsent', 'waiting', 'held'].includes(state)) open.add(keyOf(account, uuid));
      }
      return [];
    },
    confirmClaims: async () => [],
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
