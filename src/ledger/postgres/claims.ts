// Claims calls as the planner says, atomically between hosts.

import type { Call } from '../../core/call.js';
import { createHashSet, type HashSet } from '../../core/hash.js';
import type { Claim, ClaimPolicy } from '../../core/ledger.js';
import { type Claimant, decideClaim, type KnownCall, planClaim } from '../planner.js';
import { isOpen } from '../rows.js';
import { type FoundCall, findCalls, keyOf, type RowWrite, writeRows } from './call-table.js';
import type { Attempt, Connection } from './connection.js';
import { RowMoved } from './errors.js';
import { livingAmong, type Sight } from './runs.js';
import type { Query } from './session.js';

/** The calls of one namespace, as one run claims and settles them; by their keys in the table. */
export interface Claims {
  readonly namespace: number;
  /** The claims of this run that are not settled, as they were written last. */
  readonly open: Map<string, OpenClaim>;
  /** What is being claimed right now: two claims of one call are never under way together. */
  readonly claiming: Map<string, Promise<unknown>>;
  /** Calls that this run met with the content that was sent. */
  readonly met: HashSet;
}

/** A claim of this run that is not settled. */
interface OpenClaim extends FoundCall {
  /** How often the run may have been taken for dead when the claim was made or confirmed, see `Heartbeat`. */
  readonly doubts: number;
}

/** A run that claims, at a moment. */
export interface ClaimingRun extends Claimant {
  /** How often it may have been taken for dead. */
  readonly doubts: number;
  readonly sight: Sight;
}

/** Makes the claims of a run on the calls of a namespace. */
export function createClaims(namespace: number): Claims {
  return { namespace, open: new Map(), claiming: new Map(), met: createHashSet() };
}

/** A call that is asked for, and its key. */
interface AskedCall {
  readonly call: Call;
  readonly key: string;
}

const askedOf = (calls: readonly Call[]): readonly AskedCall[] =>
  calls.map((call) => ({ call, key: keyOf(call.uuid) }));

/** Who claims, and what may be sent again. */
interface ClaimWork {
  readonly run: ClaimingRun;
  readonly policy: ClaimPolicy;
}

/** What a claim would say of each call; nothing is written. */
export function lookUpCalls(
  connection: Connection,
  claims: Claims,
  calls: readonly Call[],
  work: ClaimWork,
): Promise<readonly Claim[]> {
  return connection.run(async (query) => {
    const asked = askedOf(calls);
    const known = await findKnown(query, claims, asked, { run: work.run });
    return asked.map(({ call, key }) => {
      const { claim, isSame } = decideClaim(
        metOf(claims, known, key),
        { call, policy: work.policy },
        work.run,
      );
      noteMet(claims, key, isSame, work.run);
      return claim;
    });
  });
}

/** Claims calls, in order. Two claims of one call are never under way together in one run. */
export async function claimCalls(
  connection: Connection,
  claims: Claims,
  calls: readonly Call[],
  work: ClaimWork,
): Promise<readonly Claim[]> {
  const { claiming } = claims;
  const asked = askedOf(calls);
  const keys = new Set(asked.map(({ key }) => key));
  const underWay = () => [...keys].flatMap((key) => claiming.get(key) ?? []);
  for (let others = underWay(); others.length > 0; others = underWay()) await Promise.allSettled(others);
  const claim = claimAsked(connection, claims, asked, work);
  for (const key of keys) claiming.set(key, claim);
  try {
    return await claim;
  } finally {
    for (const key of keys) claiming.delete(key);
  }
}

/**
 * Most calls are new, and one statement inserts them; the others are then looked at, and where one of them is to be written,
 * once more in a transaction that has their rows locked.
 */
async function claimAsked(
  connection: Connection,
  claims: Claims,
  asked: readonly AskedCall[],
  work: ClaimWork,
): Promise<readonly Claim[]> {
  const { namespace } = claims;
  const asNew = planAll(claims, asked, new Map(), work);
  const inserted = await connection.run(async (query, { isUncertain }) => ({
    keys: await writeRows(query, namespace, asNew.writes),
    isUncertain,
  }));
  keepOpen(
    claims,
    asNew.writes.filter(({ key }) => inserted.keys.has(key)),
    new Map(),
    work.run,
  );
  const rest = asked.filter(({ key }) => !inserted.keys.has(key));
  const answers =
    rest.length === 0 ? [] : await claimKnown(connection, claims, rest, { ...work, ...inserted });
  return asked.map(({ key }, at) => {
    const answer = inserted.keys.has(key) ? asNew.answers[at] : answers.shift();
    if (answer === undefined) throw new Error('ledger: a claim without an answer');
    return answer;
  });
}

/** Claims calls that are known; `isUncertain`: some of them may have been inserted by a try whose answer was lost. */
async function claimKnown(
  connection: Connection,
  claims: Claims,
  asked: readonly AskedCall[],
  { isUncertain, ...work }: ClaimWork & Attempt,
): Promise<Claim[]> {
  const { run } = work;
  const found = await connection.run((query) => findKnown(query, claims, asked, { run, isUncertain }));
  const seen = planAll(claims, asked, found, work);
  if (seen.writes.length === 0) return seen.answers;
  const { plan, known } = await connection.transaction(async (query, attempt) => {
    const isAgain = isUncertain || attempt.isUncertain;
    const locked = await findKnown(query, claims, asked, { run, isUncertain: isAgain, lock: true });
    const planned = planAll(claims, asked, locked, work);
    const written = await writeRows(query, claims.namespace, planned.writes);
    if (written.size < planned.writes.length) throw new RowMoved();
    return { plan: planned, known: locked };
  });
  keepOpen(claims, plan.writes, known, run);
  return plan.answers;
}

/** Plans claims in order: what one writes, the next one of the same call finds. */
function planAll(
  claims: Claims,
  asked: readonly AskedCall[],
  known: ReadonlyMap<string, KnownCall>,
  { run, policy }: ClaimWork,
) {
  const now = new Map(known);
  const writes = new Map<string, RowWrite>();
  const answers = asked.map(({ call, key }) => {
    const seen = now.get(key);
    const { claim, write, isSame } = planClaim(metOf(claims, now, key), { call, policy }, run);
    noteMet(claims, key, isSame, run);
    if (write !== undefined) {
      now.set(key, { row: write, deferral: seen?.deferral });
      writes.set(key, { key, before: known.get(key)?.row, after: write });
    }
    return claim;
  });
  return { answers, writes: [...writes.values()] };
}

function metOf({ met }: Claims, known: ReadonlyMap<string, KnownCall>, key: string): KnownCall | undefined {
  const found = known.get(key);
  return found && { ...found, wasMet: met.has(key) };
}

function noteMet({ met }: Claims, key: string, isSame: boolean | undefined, { isEndless }: Claimant): void {
  if (isSame === true && !isEndless) met.add(key);
}

/** Keeps claims in mind that were written. */
function keepOpen(
  { open }: Claims,
  writes: readonly RowWrite[],
  known: ReadonlyMap<string, FoundCall>,
  { run, doubts }: ClaimingRun,
): void {
  for (const { key, after } of writes) {
    if (after === 'delete' || after.run !== run || !isOpen(after)) continue;
    open.set(key, { row: after, deferral: known.get(key)?.deferral, doubts });
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
async function findKnown(
  query: Query,
  { namespace, open }: Claims,
  asked: readonly AskedCall[],
  { run, isUncertain = false, lock = false }: Look,
): Promise<ReadonlyMap<string, KnownCall>> {
  const found = await findCalls(query, namespace, [...new Set(asked.map(({ key }) => key))], lock);
  const others = [...found.values()].filter(({ row }) => isOpen(row) && row.run !== run.run);
  const living = await livingAmong(query, new Set(others.map(({ row }) => row.run)), run.sight, lock);
  return new Map(
    [...found].map(([key, call]) => [
      key,
      { ...call, isOwnerAlive: living.has(call.row.run), isUnheard: isUncertain && !open.has(key) },
    ]),
  );
}
