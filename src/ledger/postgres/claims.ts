import type { Call } from '../../core/call.js';
import { hashCall } from '../../core/hash.js';
import type { Claim, ClaimPolicy } from '../../core/ledger.js';
import { type Claimant, type ClaimRules, createClaimRules, rowNow, secondsOf } from '../claim-rules.js';
import { type CallRow, isOpen, processDied, stateNumbers } from '../rows.js';
import { byKey, type FoundCall, findCalls, insertCalls, keyOf, replaceCalls } from './call-table.js';
import type { Connection, Query } from './connection.js';
import { livingAmong } from './runs.js';

/** The claims of one run on the calls of one namespace. */
export interface Claims {
  readonly namespace: number;
  readonly claimant: Claimant;
  readonly rules: ClaimRules;
  /** What this run has in flight, by key: the row as it was before, where there was one. */
  readonly held: Map<string, CallRow | undefined>;
}

/** Makes the claims of a run on one namespace. */
export function createClaims(namespace: number, claimant: Claimant): Claims {
  return { namespace, claimant, rules: createClaimRules(claimant), held: new Map() };
}

/** What a claim would say of each call. */
export async function lookUpCalls(
  connection: Connection,
  claims: Claims,
  calls: readonly Call[],
  policy: ClaimPolicy,
): Promise<readonly Claim[]> {
  return connection.run(async (query) => {
    const keys = calls.map(({ uuid }) => keyOf(uuid));
    const found = await findCalls(query, claims.namespace, keys);
    const living = await livingOwners(query, found, claims);
    return calls.map((call, at) => {
      const known = found.get(keys[at] ?? '');
      const seen = known === undefined ? 'ours' : claims.rules(call, knownCall(known, living), policy);
      if (seen !== 'dead') return seen;
      return policy.unconfirmed ? 'ours' : 'unconfirmed';
    });
  });
}

/**
 * Claims calls, in order. Most are new, and one statement inserts them; those that are known are then looked at in a
 * transaction that has their rows locked.
 */
export async function claimCalls(
  connection: Connection,
  claims: Claims,
  calls: readonly Call[],
  policy: ClaimPolicy,
): Promise<readonly Claim[]> {
  const asked = calls.map((call) => ({ call, key: keyOf(call.uuid) }));
  const first = new Map<string, Call>();
  for (const { call, key } of asked) if (!first.has(key)) first.set(key, call);
  const isNew = new Set(await insertNew(connection, claims, first));
  for (const key of isNew) claims.held.set(key, undefined);
  const rest = asked.filter(({ key }) => !isNew.has(key));
  const known =
    rest.length === 0 ? new Map<string, Claim[]>() : await claimKnown(connection, claims, rest, policy);
  const seen = new Set<string>();
  return asked.map(({ key }) => {
    const claim = known.get(key)?.shift();
    if (claim !== undefined) return claim;
    if (seen.has(key)) return 'repeated';
    seen.add(key);
    return 'ours';
  });
}

/** The keys that were inserted, and so are ours. */
async function insertNew(
  connection: Connection,
  { namespace, claimant, held }: Claims,
  first: ReadonlyMap<string, Call>,
): Promise<Iterable<string>> {
  const rows = [...first]
    .map(([key, call]) => ({ key, hash: hashCall(call), billsec: call.billsec }))
    .sort(byKey);
  return connection.run(async (query, { isUncertain }) => {
    const at = secondsOf(claimant);
    const inserted = await insertCalls(query, rows, { namespace, run: claimant.run, at });
    if (!isUncertain) return inserted;
    // The answer to an earlier try was lost: what it inserted is ours too, since nobody else was told so.
    const found = await findCalls(query, namespace, [...first.keys()]);
    const earlier = [...found].filter(
      ([key, { row }]) => !held.has(key) && wasClaimedUnheard(row, claimant.run),
    );
    await replaceCalls(
      query,
      namespace,
      earlier.map(([key, { row }]) => [key, { ...row, state: stateNumbers['in flight'], reasons: null }]),
    );
    return [...inserted, ...earlier.map(([key]) => key)];
  });
}

/**
 * Whether a row that this run does not have in flight is one that it claimed without hearing so: a verdict of its own
 * would have changed the state, or have reasons of its own.
 */
function wasClaimedUnheard({ state, run, reasons }: CallRow, own: number): boolean {
  if (run !== own) return false;
  return (
    state === stateNumbers['in flight'] || (state === stateNumbers.unconfirmed && reasons === processDied)
  );
}

interface Asked {
  readonly call: Call;
  readonly key: string;
}

/** Claims calls that are known: gives for each key what is said to it each time that it stands there. */
async function claimKnown(
  connection: Connection,
  claims: Claims,
  asked: readonly Asked[],
  policy: ClaimPolicy,
): Promise<Map<string, Claim[]>> {
  /** What a try found before it changed it: kept for the next one, where that does not know whether it was committed. */
  let former = new Map<string, CallRow | undefined>();
  const { answers, taken } = await connection.transaction(async (query, { isUncertain }) => {
    const earlier = isUncertain ? former : new Map<string, CallRow | undefined>();
    const work = await claimLocked(query, claims, { asked, policy, earlier });
    former = work.taken;
    return work;
  });
  for (const [key, row] of taken) if (row?.state !== stateNumbers.held) claims.held.set(key, row);
  return answers;
}

async function claimLocked(
  query: Query,
  claims: Claims,
  { asked, policy, earlier }: { asked: readonly Asked[]; policy: ClaimPolicy; earlier: Claims['held'] },
) {
  const { namespace, claimant, held } = claims;
  const keys = [...new Set(asked.map(({ key }) => key))];
  const found = await findCalls(query, namespace, keys, true);
  const living = await livingOwners(query, found, claims);
  const rows = new Map(found);
  const changed = new Map<string, CallRow>();
  const taken = new Map<string, CallRow | undefined>();
  const answers = new Map<string, Claim[]>(keys.map((key) => [key, []]));

  function claim(call: Call, key: string): Claim {
    const known = rows.get(key);
    // Somebody gave it back since it was found there, or is just doing so: it is asked for again.
    if (known === undefined) return 'busy';
    let { row } = known;
    const isEarlier = earlier.has(key) && !held.has(key) && wasClaimedUnheard(row, claimant.run);
    if (isEarlier) row = earlier.get(key) ?? row;
    const seen = isEarlier ? 'ours' : claims.rules(call, knownCall(known, living), policy);
    if (seen === 'dead') {
      row = rowNow(claimant, 'unconfirmed', { ...row, reasons: processDied });
      write(key, row);
      if (!policy.unconfirmed) return 'unconfirmed';
    } else if (seen !== 'ours') return seen;
    taken.set(key, row);
    const { billsec } = call;
    write(key, rowNow(claimant, 'in flight', { reasons: null, hash: hashCall(call), billsec }));
    return 'ours';
  }

  function write(key: string, row: CallRow): void {
    changed.set(key, row);
    rows.set(key, { row, nextTry: rows.get(key)?.nextTry });
  }

  for (const { call, key } of asked) answers.get(key)?.push(claim(call, key));
  await replaceCalls(query, namespace, [...changed]);
  return { answers, taken };
}

function knownCall({ row, nextTry }: FoundCall, living: ReadonlySet<number>) {
  return { row, nextTry: () => nextTry, isOwnerAlive: () => living.has(row.run) };
}

/** The runs that last, of those that have some of these calls in flight. */
async function livingOwners(
  query: Query,
  found: ReadonlyMap<string, FoundCall>,
  { claimant }: Claims,
): Promise<ReadonlySet<number>> {
  const owners = [...found.values()]
    .filter(({ row }) => isOpen(row) && row.run !== claimant.run)
    .map(({ row }) => row.run);
  return owners.length === 0 ? new Set() : livingAmong(query, [...new Set(owners)]);
}
