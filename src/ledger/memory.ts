// The ledger of --no-ledger, gone with its run.

import type { Call } from '../core/call.js';
import { createHashSet, type HashSet } from '../core/hash.js';
import type { ClaimAnswer, ClaimPolicy, Hold, Ledger, LostClaim, Settlement } from '../core/ledger.js';
import { boundRate, decrease, increase, initialRate, reserveSlot } from '../core/rate.js';
import { type Claimant, decideClaim, type KnownCall, planClaim, planSettle } from './planner.js';
import { acceptedRow, isOpen } from './rows.js';

/** The one run of a ledger in memory. */
const run = 1;

/** What is known of a call that is done with. */
const done: KnownCall = { row: { ...acceptedRow, run } };

/** What a run without a ledger is known to read. */
interface Input {
  /** About how many records there are. */
  readonly records?: number | undefined;
  /** The uuids that may stand on several of them: of other calls nothing has to be known. Absent: any may. */
  readonly repeated?: ReadonlySet<string> | undefined;
}

/** All that a ledger in memory knows. */
interface Memory extends Pick<Input, 'repeated'> {
  readonly now: () => number;
  /** Calls that are done with: of millions, a hash each. */
  readonly settled: HashSet;
  /** The others that were claimed, by account and uuid. */
  readonly open: Map<string, Map<string, KnownCall>>;
}

/** The ledger of `--no-ledger`: it knows this run alone, and is gone with it. */
export function openMemoryLedger(now: () => number, { records, repeated }: Input = {}): Ledger {
  const settled = createHashSet(repeated?.size ?? records);
  const memory: Memory = { now, repeated, settled, open: new Map() };
  let rate = initialRate;
  return {
    lookup: async (calls, policy) =>
      calls.map((call) =>
        comesOnce(memory, call.uuid)
          ? 'ours'
          : decideClaim(find(memory, call.account_id, call.uuid), call, { ...claimantOf(memory), policy })
              .claim,
      ),
    claim: async (calls, policy) =>
      calls.map((call) => (comesOnce(memory, call.uuid) ? 'ours' : claim(memory, call, policy))),
    recordChanges: async (calls) => calls.map(() => true),
    settle: async (account, settlements) =>
      settlements
        .filter(({ uuid }) => !comesOnce(memory, uuid))
        .flatMap((settlement) => settle(memory, account, settlement)),
    confirmClaims: async () => [],
    // What is unconfirmed of this run, its delivery knows.
    unconfirmedCalls: async () => [],
    recordMissing: async () => undefined,
    async reserveSlot(limit) {
      rate = reserveSlot(rate, now(), limit);
      return rate.usedAt;
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

function comesOnce({ repeated }: Memory, uuid: string): boolean {
  return repeated?.has(uuid) === false;
}

function claimantOf({ now }: Memory): Claimant {
  return { run, isEndless: false, now: Math.floor(now() / 1000), forgetsContent: true };
}

function openOf({ open }: Memory, account: string): Map<string, KnownCall> {
  const known = open.get(account) ?? new Map<string, KnownCall>();
  open.set(account, known);
  return known;
}

function find({ open, settled }: Memory, account: string, uuid: string): KnownCall | undefined {
  return open.get(account)?.get(uuid) ?? (settled.has(uuid, account) ? done : undefined);
}

function claim(memory: Memory, call: Call, policy: ClaimPolicy): ClaimAnswer {
  const { account_id, uuid } = call;
  const known = find(memory, account_id, uuid);
  const { claim: answer, write } = planClaim(known, call, { ...claimantOf(memory), policy });
  if (write !== undefined) openOf(memory, account_id).set(uuid, { row: write });
  return answer;
}

/** Writes a settlement down; gives the claim that was lost, if it was. */
function settle(memory: Memory, account: string, settlement: Hold | Settlement): readonly LostClaim[] {
  const { uuid } = settlement;
  const known = openOf(memory, account);
  const before = find(memory, account, uuid);
  const { write, lost } = planSettle(before?.row, settlement, claimantOf(memory));
  if (write === undefined) return lost === undefined ? [] : [lost];
  known.delete(uuid);
  if (write === 'delete') return [];
  if (isOpen(write) || write.state === 'waiting') known.set(uuid, { row: write });
  else memory.settled.add(uuid, account);
  return [];
}
