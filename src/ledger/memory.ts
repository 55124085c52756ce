import type { Call } from '../core/call.js';
import { createHashSet } from '../core/hash.js';
import type { Ledger } from '../core/ledger.js';
import { boundRate, decrease, increase, initialRate, reserveSlot } from '../core/rate.js';
import { type Asked, type Claimant, type KnownCall, planClaim, planSettle } from './planner.js';
import { acceptedRow, isOpen } from './rows.js';

/** The one run of a ledger in memory. */
const run = 1;

/** The ledger of `--no-ledger`: it knows this run alone, and is gone with it. `records`: about how many it will see. */
export function openMemoryLedger(now: () => number, records?: number): Ledger {
  /** Calls that are done with: of millions, a hash each. */
  const settled = createHashSet(records);
  /** The others that were claimed. */
  const open = new Map<string, KnownCall>();
  let rate = initialRate;
  const who = (): Claimant => ({ run, isEndless: false, now: Math.floor(now() / 1000) });
  const keyOf = (account: string, uuid: string) => `${account} ${uuid}`;
  const find = (account: string, uuid: string): KnownCall | undefined =>
    open.get(keyOf(account, uuid)) ?? (settled.has(uuid, account) ? { row: doneRow } : undefined);
  const plan = (call: Call, asked: Omit<Asked, 'call'>) =>
    planClaim(find(call.account_id, call.uuid), { call, ...asked }, who());

  return {
    lookup: async (calls, policy) => calls.map((call) => plan(call, { policy }).claim),
    claim: async (calls, policy) =>
      calls.map((call) => {
        const key = keyOf(call.account_id, call.uuid);
        const { claim, write } = plan(call, { policy });
        if (write !== undefined) open.set(key, { ...open.get(key), row: write });
        return claim;
      }),
    recordChanges: async (calls) => calls.map(() => true),
    settle: async (account, settlements) =>
      settlements.flatMap((settlement) => {
        const { uuid } = settlement;
        const key = keyOf(account, uuid);
        const known = open.get(key);
        const { write, deferral, lost } = planSettle(find(account, uuid), settlement, who());
        if (write === undefined) return lost === undefined ? [] : [lost];
        open.delete(key);
        if (write === 'delete') return [];
        const kept = deferral === undefined ? known?.deferral : deferral;
        if (isOpen(write) || write.state === 'waiting')
          open.set(key, { row: write, deferral: kept === 'end' ? undefined : kept });
        else settled.add(uuid, account);
        return [];
      }),
    confirmClaims: async () => [],
    async reserveSlot(limit) {
      const { state, at } = reserveSlot(rate, now(), limit);
      rate = state;
      return at;
    },
    pausedUntil: async () => boundRate(rate, now()).pausedUntil,
    async reportSuccess(limit) {
      rate = increase(rate, now(), limit);
    },
    async reportThrottled(until, reason) {
      rate = decrease(rate, now(), { until, reason });
    },
  };
}

/** What is known of a call that is done with. */
const doneRow = { ...acceptedRow, run };
