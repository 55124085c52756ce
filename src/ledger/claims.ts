// Claims calls as the planner says, atomically between processes and hosts.

import type { Call } from '../core/call.js';
import { createHashSet, type HashSet } from '../core/hash.js';
import type { ClaimAnswer, Recipient } from '../core/ledger.js';
import { type Connection, type Dialect, findCalls, query, type RowWrite, type Work } from './database.js';
import { type Claimant, type Claiming, decideClaim, type KnownCall, planClaim } from './planner.js';
import { type CallRow, isOpen, numberOf } from './rows.js';
import { livingAmong, markTaken, type Sight } from './runs.js';

/** The calls of one account, as one run claims and settles them; by their keys in the table. */
export interface AccountClaims extends Sight {
  readonly connection: Connection;
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
interface OpenClaim {
  readonly row: CallRow;
  /** How often the run may have been taken for dead when the claim was made or confirmed, see `Heartbeat`. */
  readonly lapses: number;
}

interface ClaimUnderWay {
  readonly keys: ReadonlySet<string>;
  readonly done: Promise<unknown>;
}

/** A run at a moment, and how often it may have been taken for dead by then. */
export interface RunNow extends Claimant {
  readonly lapses: number;
}

interface ClaimingRun extends RunNow, Claiming {}

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

/** Writes down a uuid that is not its own key: as JSON, since it may be no text to a database. */
export function* keepUuid(key: string, uuid: string): Work<void> {
  if (key === uuid) return;
  const insert = 'INSERT INTO uuids (key, uuid) VALUES ($1, $2) ON CONFLICT DO NOTHING';
  yield* query(insert, [key, JSON.stringify(uuid)]);
}

/** The claims of a run on the calls of a namespace; none yet. */
export function openClaims(connection: Connection, sight: Sight, namespace: number): AccountClaims {
  return { ...sight, connection, namespace, open: new Map(), claiming: new Set(), met: createHashSet() };
}

/** A call with its key. */
interface KeyedCall {
  readonly call: Call;
  readonly key: string;
}

/** What a claim would say of each call; nothing is written. */
export function lookUpCalls(
  claims: AccountClaims,
  calls: readonly Call[],
  who: ClaimingRun,
): Promise<readonly ClaimAnswer[]> {
  const asked = keyed(claims, calls);
  return claims.connection.read(function* () {
    const known = yield* findKnown(claims, asked, who);
    return asked.map(({ call, key }) => {
      const found = known.get(key);
      const { claim, isSame } = decideClaim(found && { ...found, wasMet: claims.met.has(key) }, call, who);
      if (isSame === true) noteMet(claims, [key], who);
      return claim;
    });
  });
}

/** Claims calls, in order. Two claims of one call are never under way together in one run. */
export async function claimCalls(
  claims: AccountClaims,
  calls: readonly Call[],
  who: ClaimingRun,
): Promise<readonly ClaimAnswer[]> {
  const { claiming } = claims;
  const asked = keyed(claims, calls);
  const others = () => [...claiming].filter(({ keys }) => asked.some(({ key }) => keys.has(key)));
  for (let before = others(); before.length > 0; before = others()) {
    await Promise.allSettled(before.map(({ done }) => done));
  }
  const done = claimAsked(claims, asked, who);
  const underWay = { keys: new Set(asked.map(({ key }) => key)), done };
  claiming.add(underWay);
  try {
    return await done;
  } finally {
    claiming.delete(underWay);
  }
}

function keyed({ dialect }: AccountClaims, calls: readonly Call[]): readonly KeyedCall[] {
  return calls.map((call) => ({ call, key: dialect.keyOf(call.uuid) }));
}

/**
 * Most calls are new, and one statement inserts them; the others are then looked at, and where one of them is to be written,
 * once more in a transaction that has their rows locked.
 */
async function claimAsked(
  claims: AccountClaims,
  asked: readonly KeyedCall[],
  who: ClaimingRun,
): Promise<readonly ClaimAnswer[]> {
  const { connection, dialect, namespace } = claims;
  const asNew = planAll(claims, asked, new Map(), who);
  const { known, isUncertain } = await connection.write(function* (attempt) {
    for (const { call, key } of asked) yield* keepUuid(key, call.uuid);
    return { known: yield* dialect.writeRows(namespace, asNew.writes), ...attempt };
  });
  const written = asNew.writes.filter(({ key }) => !known.has(key));
  keep(claims, { ...asNew, writes: written }, who);
  if (known.size === 0) return asNew.answers;
  const rest = asked.filter(({ key }) => known.has(key));
  const answers = (await claimKnown(claims, rest, { ...who, isUncertain })).values();
  return asNew.answers.map((answer, at) =>
    known.has(asked[at]?.key ?? '') ? (answers.next().value ?? answer) : answer,
  );
}

/** Claims calls that are known; `isUncertain`: some of them may have been inserted by a try whose answer was lost. */
async function claimKnown(
  claims: AccountClaims,
  asked: readonly KeyedCall[],
  { isUncertain, ...who }: ClaimingRun & Look,
): Promise<readonly ClaimAnswer[]> {
  const { connection, dialect, namespace } = claims;
  const seen = await connection.read(() => findKnown(claims, asked, { ...who, isUncertain }));
  let plan = planAll(claims, asked, seen, who);
  if (plan.writes.length > 0) {
    plan = await connection.transaction(function* (attempt) {
      const look = { ...who, isUncertain: isUncertain || attempt.isUncertain, lock: true };
      const locked = planAll(claims, asked, yield* findKnown(claims, asked, look), who);
      const moved = yield* dialect.writeRows(namespace, locked.writes);
      if (moved.size > 0) throw new RowMoved();
      yield* markTaken(dialect, ownersOf(locked.writes, who));
      return locked;
    });
  }
  keep(claims, plan, who);
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

/** What claims of calls say and write. */
interface ClaimsPlan {
  readonly answers: readonly ClaimAnswer[];
  readonly writes: readonly RowWrite[];
  /** Calls that came with the content that was sent. */
  readonly same: ReadonlySet<string>;
}

/** Plans claims in order: what one writes, the next one of the same call finds. */
function planAll(
  { met }: AccountClaims,
  asked: readonly KeyedCall[],
  known: ReadonlyMap<string, KnownCall>,
  who: ClaimingRun,
): ClaimsPlan {
  const writes = new Map<string, RowWrite>();
  const same = new Set<string>();
  const answers = asked.map(({ call, key }) => {
    const found = known.get(key);
    const written = writes.get(key)?.after;
    const now = written !== undefined && written !== 'delete' ? { row: written } : found;
    const wasMet = met.has(key) || (same.has(key) && !who.isEndless);
    const { claim, write, isSame } = planClaim(now && { ...now, wasMet }, call, who);
    if (isSame === true) same.add(key);
    if (write !== undefined) writes.set(key, { key, before: found?.row, after: write });
    return claim;
  });
  return { answers, writes: [...writes.values()], same };
}

/** Keeps in mind what was written, and what was met. */
function keep(claims: AccountClaims, { writes, same }: ClaimsPlan, who: ClaimingRun): void {
  noteMet(claims, same, who);
  for (const { key, after } of writes) {
    if (after === 'delete' || after.run !== who.run || !isOpen(after)) continue;
    claims.open.set(key, { row: after, lapses: who.lapses });
  }
}

function noteMet({ met }: AccountClaims, keys: Iterable<string>, { isEndless }: Claimant): void {
  if (!isEndless) for (const key of keys) met.add(key);
}

/** How calls are looked for. */
interface Look {
  /** A claim of this run may have been written without its knowing. */
  readonly isUncertain?: boolean | undefined;
  /** Rows, and the runs that are taken for dead, are locked until the transaction ends. */
  readonly lock?: boolean;
}

/** The calls that are known of those asked for, and whether the runs last that have them open. */
function* findKnown(
  claims: AccountClaims,
  asked: readonly KeyedCall[],
  { run, isUncertain = false, lock = false }: Look & Pick<Claimant, 'run'>,
): Work<ReadonlyMap<string, KnownCall>> {
  const { namespace, open, dialect } = claims;
  const keys = asked.map(({ key }) => key);
  const found = yield* findCalls(dialect, namespace, keys, lock);
  const others = [...found.values()].filter((row) => isOpen(row) && row.run !== run);
  const living = yield* livingAmong(new Set(others.map((row) => row.run)), claims, lock);
  return new Map(
    [...found].map(([key, row]) => [
      key,
      { row, isOwnerAlive: living.has(row.run), isUnheard: isUncertain && !open.has(key) },
    ]),
  );
}
