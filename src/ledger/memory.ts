import { createHashSet } from '../core/hash-set.js';
import type { Ledger } from '../core/ledger.js';
import { freshPace, quicken, reserve, slacken } from '../core/rate.js';

/** The ledger of `--no-ledger`: it knows this run alone, and is gone with it. `records`: about how many it will see. */
export function openMemory(now: () => number, records?: number): Ledger {
  const seen = createHashSet(records);
  let pace = freshPace;
  return {
    known: (_account, uuids) => uuids.map(() => 'ours'),
    claim: async (account, uuids) => uuids.map((uuid) => (seen.add(uuid, account) ? 'ours' : 'repeated')),
    settle: async () => undefined,
    async reserve(rate) {
      const taken = reserve(pace, now(), rate);
      pace = taken.pace;
      return taken.at;
    },
    pausedUntil: () => pace.pausedUntil,
    async mood(mood) {
      pace = 'content' in mood ? quicken(pace, mood.rate) : slacken(pace, mood.until);
    },
  };
}
