// The ledger of --no-ledger, gone with its run.

import type { Call } from '../core/call.js';
import { createHashSet } from '../core/hash.js';
import type { ClaimPolicy, Ledger } from '../core/ledger.js';
import { boundRate, decrease, increase, initialRate, reserveSlot } from '../core/rate.js';
import { type Claimant, decideClaim, type KnownCall, planClaim, planSettle } from './planner.js';
import { acceptedRow, isOpen } from './rows.js';

/** The one run of a ledger in memory. */
const run = 1;

/** What is known of a call that is done with. */
const done: KnownCall = { row: { ...acceptedRow, run } };

/** The ledger of `--no-ledger`: it knows this run alone, and is gone with it. `records`: about how many it will see. */
export function openMemoryLedger(now: () => number, records?: number): Ledger {
  /** Calls that are done with: of millions, a hash each. */
  const settled = createHashSet(records);
  /** The others that were claimed, by account and uuid. */
  const open = new Map<string, Map<string, KnownCall>>();
  let rate = initialRate;

  const who = (): Claimant => ({
    run,
    isEndless: false,
    now: Math.floor(now() / 1000),
    forgetsContent: true,
  });

  function openOf(account: string): Map<string, KnownCall> {
    const known = open.get(account) ?? new Map<string, KnownCall>();
    open.set(account, known);
    return known;
  }

  const find = (account: string, uuid: string): KnownCall | undefined =>
    open.get(account)?.get(uuid) ?? (settled.has(uuid, account) ? done : undefined);

  function claim(call: Call, policy: ClaimPolicy, claimant: Claimant) {
    const { account_id, uuid } = call;
    const known = find(account_id, uuid);
    const { claim: answer, write } = planClaim(known, { call, policy }, claimant);
    if (write !== undefined) openOf(account_id).set(uuid, { row: write, deferral: known?.deferral });
    return answer;
  }

  return {
    async lookup(calls, policy) {
      const claimant = who();
      return calls.map(
        (call) => decideClaim(find(call.account_id, call.uuid), { call, policy }, claimant).claim,
      );
    },
    async claim(calls, policy) {
      const claimant = who();
      return calls.map((call) => claim(call, policy, claimant));
    },
    recordChanges: async (calls) => calls.map(() => true),
    async settle(account, settlements) {
      const claimant = who();
      const known = openOf(account);
      return settlements.flatMap((settlement) => {
        const { uuid } = settlement;
        const before = find(account, uuid);
        const { write, deferral, lost } = planSettle(before, settlement, claimant);
        if (write === undefined) return lost ?? [];
        known.delete(uuid);
        if (write === 'delete') return [];
        if (isOpen(write) || write.state === 'waiting') {
          known.set(uuid, {
            row: write,
            deferral: deferral === 'end' ? undefined : (deferral ?? before?.deferral),
          });
        } else settled.add(uuid, account);
        return [];
      });
    },
    confirmClaims: async () => [],
    // What is in doubt of this run, its delivery knows.
    callsInDoubt: async () => [],
    recordMissing: async () => undefined,
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
