// Claims calls as the planner says, atomically between processes and hosts.

import type { Call } from '../core/call.js';
import { createHashSet, type HashSet } from '../core/hash.js';
import type { ClaimAnswer, ClaimPolicy, Recipient } from '../core/ledger.js';
import { type Attempt, type Connection, type Dialect, query, type RowWrite, type Work } from './database.js';
import { type Claimant, decideClaim, type FoundCall, type KnownCall, planClaim } from './planner.js';
import { isOpen, numberOf } from './rows.js';
import { livingAmong, markTaken, type Sight } from './runs.js';

/** The calls of one account, as one run claims and settles them; by their keys in the table. */
export interface AccountClaims {
  readonly connection: Connection;
  readonly dialect: Dialect;
  /** The number of the account at its recipient. */
  readonly namespace: number;
  /** The claims of this run that are not settled, as they were written last. */
  readonly open: Map<string, OpenClaim>;
  /** What is being claimed right now: two claims of one call are never under way together. */
  readonly claiming: Set<ClaimUnderWay>;
  /** Calls that this run met with the content that was sent. */
  readonly met: HashSet;
}

/** A claim of this run that is not settled. */
interface OpenClaim extends FoundCall {
  /** How often the run may have been taken for dead when the claim was made or confirmed, see `Heartbeat`. */
  readonly lapses: number;
}

interface ClaimUnderWay {
  readonly keys: ReadonlySet<string>;
  readonly done: Promise<unknown>;
}

/** A run that claims, at a moment. */
export interface ClaimingRun extends Claimant {
  /** How often it may have been taken for dead. */
  readonly lapses: number;
  readonly sight: Sight;
}

/** The number of an account at a recipient; it is made where there is none. */
export function* namespaceOf(
  { storable }: Dialect,
  { address, code }: Recipient,
  account: string,
): Work<number> {
  const values = [address, code, storable(account)];
  yield* query(
    'INSERT INTO namespaces (address, code, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    values,
  );
  const find = 'SELECT id FROM namespaces WHERE address = $1 AND code = $2 AND account = $3';
  const { rows } = yield* query(find, values);
  return numberOf(rows[0], 'id');
}

/** The claims of a run on the calls of a namespace; none yet. */
export function openClaims(connection: Connection, dialect: Dialect, namespace: number): AccountClaims {
  return { connection, dialect, namespace, open: new Map(), claiming: new Set(), met: createHashSet() };
}

/** Calls that are asked for, with the key of each. */
interface Asked {
  readonly calls: readonly Call[];
  readonly keys: readonly string[];
}

/** Who claims, and what may be sent again. */
interface ClaimWork {
  readonly run: ClaimingRun;
  readonly policy: ClaimPolicy;
}

/** What a claim would say of each call; nothing is written. */
export function lookUpCalls(
  claims: AccountClaims,
  calls: readonly Call[],
  { run, policy }: ClaimWork,
): Promise<readonly ClaimAnswer[]> {
  const keys = calls.map(({ uuid }) => claims.dialect.keyOf(uuid));
  return claims.connection.read(function* () {
    const found = yield* findKnown(claims, keys, { run });
    return calls.map((call, at) => {
      const key = keys[at] ?? '';
      const { claim, isSame } = decideClaim(metOf(claims, found.get(key), key), { call, policy }, run);
      noteMet(claims, key, isSame, run);
      return claim;
    });
  });
}

/** Claims calls, in order. Two claims of one call are never under way together in one run. */
export async function claimCalls(
  claims: AccountClaims,
  calls: readonly Call[],
  work: ClaimWork,
): Promise<readonly ClaimAnswer[]> {
  const { claiming, dialect } = claims;
  const asked = { calls, keys: calls.map(({ uuid }) => dialect.keyOf(uuid)) };
  const keys = new Set(asked.keys);
  const others = () => [...claiming].filter((other) => asked.keys.some((key) => other.keys.has(key)));
  for (let before = others(); before.length > 0; before = others()) {
    await Promise.allSettled(before.map(({ done }) => done));
  }
  const done = claimAsked(claims, asked, work);
  const underWay = { keys, done };
  claiming.add(underWay);
  try {
    return await done;
  } finally {
    claiming.delete(underWay);
  }
}

/**
 * Most calls are new, and one statement inserts them; the others are then looked at, and where one of them is to be written,
 * once more in a transaction that has their rows locked.
 */
async function claimAsked(
  claims: AccountClaims,
  asked: Asked,
  work: ClaimWork,
): Promise<readonly ClaimAnswer[]> {
  const { connection, dialect, namespace } = claims;
  const asNew = planAll(claims, asked, unknown, work);
  const inserted = await connection.write(function* ({ isUncertain }) {
    return { known: yield* dialect.writeRows(namespace, asNew.writes), isUncertain };
  });
  const { known } = inserted;
  keepOpen(claims, asNew.writes, unknown, { run: work.run, moved: known });
  if (known.size === 0) return asNew.answers;
  const isKnown = (_: unknown, at: number) => known.has(asked.keys[at] ?? '');
  const rest = { calls: asked.calls.filter(isKnown), keys: asked.keys.filter(isKnown) };
  const answers = await claimKnown(claims, rest, { ...work, ...inserted });
  return asNew.answers.map((answer, at) => (isKnown(answer, at) ? (answers.shift() ?? answer) : answer));
}

const unknown: ReadonlyMap<string, KnownCall> = new Map();

/** Claims calls that are known; `isUncertain`: some of them may have been inserted by a try whose answer was lost. */
async function claimKnown(
  claims: AccountClaims,
  asked: Asked,
  { isUncertain, ...work }: ClaimWork & Attempt,
): Promise<ClaimAnswer[]> {
  const { connection, dialect, namespace } = claims;
  const { run } = work;
  const seen = await connection.read(() => findKnown(claims, asked.keys, { run, isUncertain }));
  const asSeen = planAll(claims, asked, seen, work);
  if (asSeen.writes.length === 0) return asSeen.answers;
  const { known, plan } = await connection.transaction(function* (attempt) {
    const isAgain = isUncertain || attempt.isUncertain;
    const locked = yield* findKnown(claims, asked.keys, { run, isUncertain: isAgain, lock: true });
    const planned = planAll(claims, asked, locked, work);
    const moved = yield* dialect.writeRows(namespace, planned.writes);
    if (moved.size > 0) throw new RowMoved();
    yield* markTaken(dialect, ownersOf(planned.writes, run));
    return { known: locked, plan: planned };
  });
  keepOpen(claims, plan.writes, known, { run });
  return plan.answers;
}

/** The other runs that had calls open which this one writes over: they are to hear of it before they send them. */
export function ownersOf(writes: readonly RowWrite[], { run }: Pick<Claimant, 'run'>): ReadonlySet<number> {
  const open = writes.flatMap(({ before }) => (before !== undefined && isOpen(before) ? before.run : []));
  return new Set(open.filter((owner) => owner !== run));
}

/** A row changed between reading and writing it: the work is done again. */
export class RowMoved extends Error {
  /** As PostgreSQL says it of its own transactions (serialization_failure). */
  readonly code = '40001';
}

/** Plans claims in order: what one writes, the next one of the same call finds. */
function planAll(
  claims: AccountClaims,
  { calls, keys }: Asked,
  known: ReadonlyMap<string, KnownCall>,
  { run, policy }: ClaimWork,
) {
  const writes = new Map<string, RowWrite>();
  const answers = calls.map((call, at) => {
    const key = keys[at] ?? '';
    const found = known.get(key);
    const written = writes.get(key)?.after;
    const row = written === 'delete' ? undefined : written;
    const now = row === undefined ? found : { row, deferral: found?.deferral };
    const { claim, write, isSame } = planClaim(metOf(claims, now, key), { call, policy }, run);
    noteMet(claims, key, isSame, run);
    if (write !== undefined) writes.set(key, { key, before: found?.row, after: write });
    return claim;
  });
  return { answers, writes: [...writes.values()] };
}

function metOf({ met }: AccountClaims, known: KnownCall | undefined, key: string): KnownCall | undefined {
  return known && { ...known, wasMet: met.has(key) };
}

function noteMet(
  { met }: AccountClaims,
  key: string,
  isSame: boolean | undefined,
  { isEndless }: Claimant,
): void {
  if (isSame === true && !isEndless) met.add(key);
}

/** Keeps claims in mind that were written: all but those of `moved`. */
function keepOpen(
  { open }: AccountClaims,
  writes: readonly RowWrite[],
  known: ReadonlyMap<string, FoundCall>,
  { run, moved }: { readonly run: ClaimingRun; readonly moved?: ReadonlySet<string> },
): void {
  for (const { key, after } of writes) {
    if (after === 'delete' || after.run !== run.run || !isOpen(after) || moved?.has(key) === true) continue;
    open.set(key, { row: after, deferral: known.get(key)?.deferral, lapses: run.lapses });
  }
}

/** How calls are looked for. */
interface Look {
  readonly run: ClaimingRun;
  /** A claim of this run may have been written without its knowing. */
  readonly isUncertain?: boolean;
  /** Rows, and the runs that are taken for dead, are locked until the transaction ends. */
  readonly lock?: boolean;
}

/** The calls that are known of those asked for, and whether the runs last that have them open. */
function* findKnown(
  { namespace, open, dialect }: AccountClaims,
  keys: readonly string[],
  { run, isUncertain = false, lock = false }: Look,
): Work<ReadonlyMap<string, KnownCall>> {
  const found = yield* dialect.findCalls(namespace, keys, lock);
  if (found.size === 0) return found;
  const others = [...found.values()].filter(({ row }) => isOpen(row) && row.run !== run.run);
  const living = yield* livingAmong(new Set(others.map(({ row }) => row.run)), run.sight, lock);
  return new Map(
    [...found].map(([key, call]) => [
      key,
      { ...call, isOwnerAlive: living.has(call.row.run), isUnheard: isUncertain && !open.has(key) },
    ]),
  );
}
