// Claims, settles and confirms calls as the planner says.

import type { Call } from '../../core/call.js';
import { createHashSet, type HashSet, hashCall } from '../../core/hash.js';
import type { Claim, ClaimPolicy, Hold, LostClaim, Settlement } from '../../core/ledger.js';
import {
  type Asked,
  type Claimant,
  type ClaimPlan,
  decideClaim,
  type KnownCall,
  planClaim,
  planConfirm,
  planMissing,
  planSettle,
  type SettlePlan,
} from '../planner.js';
import {
  type CallRow,
  callColumns,
  callRowOf,
  type Deferral,
  deferralOf,
  isOpen,
  stateNumbers,
} from '../rows.js';
import type { Database } from './driver.js';

/** The calls of one namespace, as one run claims and settles them. */
export interface Claims {
  readonly namespace: number;
  readonly statements: Statements;
  /** The claims of this run that are not settled, as they were written last. */
  readonly open: Map<string, OpenClaim>;
  /** Calls that this run met with the content that was sent. */
  readonly met: HashSet;
}

/** A claim of this run that is not settled. */
interface OpenClaim extends KnownCall {
  /** How often the run may have been taken for dead when the claim was made or confirmed, see `Heartbeat`. */
  readonly doubts: number;
}

/** A run that claims, at a moment. */
export interface ClaimingRun extends Claimant {
  /** How often it may have been taken for dead. */
  readonly doubts: number;
  /** Whether another run lasts. */
  readonly isAlive: (run: number) => boolean;
}

/** Makes the claims of a run on the calls of a namespace. */
export function openClaims(database: Database, namespace: number): Claims {
  return { namespace, statements: prepare(database), open: new Map(), met: createHashSet() };
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: Database) {
  const columns = callColumns.join(', ');
  const places = callColumns.map(() => '?').join(', ');
  return {
    find: database.prepare(`SELECT ${columns} FROM calls WHERE namespace = ? AND uuid = ?`),
    insert: database.prepare(
      `INSERT INTO calls (namespace, uuid, ${columns}) VALUES (?, ?, ${places}) ON CONFLICT DO NOTHING`,
    ),
    replace: database.prepare(
      `UPDATE calls SET (${columns}) = (${places}) WHERE namespace = ? AND uuid = ? AND run = ? AND state = ?`,
    ),
    remove: database.prepare('DELETE FROM calls WHERE namespace = ? AND uuid = ? AND run = ? AND state = ?'),
    findDeferral: database.prepare('SELECT tries, next_try FROM deferrals WHERE namespace = ? AND uuid = ?'),
    defer: database.prepare(
      `INSERT INTO deferrals (namespace, uuid, tries, next_try) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`,
    ),
    endDeferral: database.prepare('DELETE FROM deferrals WHERE namespace = ? AND uuid = ?'),
    change: database.prepare(
      `INSERT INTO changes (namespace, uuid, hash, billsec, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
       WHERE hash <> excluded.hash`,
    ),
    endChange: database.prepare('DELETE FROM changes WHERE namespace = ? AND uuid = ?'),
  };
}

/** Claims calls, in order; to run inside a transaction. */
export function claimCalls(
  claims: Claims,
  calls: readonly Call[],
  policy: ClaimPolicy,
  run: ClaimingRun,
): readonly Claim[] {
  return calls.map((call) => {
    const { uuid } = call;
    const asked = { call, policy };
    // Most calls are new: what is known of one is read when it turns out that it is not.
    let known: KnownCall | undefined;
    let plan = planClaim(known, asked, run);
    while (plan.write !== undefined && !write(claims, uuid, known?.row, plan.write)) {
      known = find(claims, uuid, run);
      plan = planClaim(known, asked, run);
    }
    if (plan.claim === 'ours' && plan.write !== undefined) {
      claims.open.set(uuid, { row: plan.write, deferral: known?.deferral, doubts: run.doubts });
    }
    return answer(claims, asked, plan, run);
  });
}

/** Writes down a call that is not known; false where it is. To run inside a transaction. */
export function insertCall(claims: Claims, uuid: string, { row, deferral }: KnownCall): boolean {
  if (!write(claims, uuid, undefined, row)) return false;
  if (deferral !== undefined) writeBeside(claims, uuid, { deferral });
  return true;
}

/** What a claim of each call would say; nothing is written. */
export function lookUpCalls(
  claims: Claims,
  calls: readonly Call[],
  policy: ClaimPolicy,
  run: ClaimingRun,
): readonly Claim[] {
  return calls.map((call) => {
    const asked = { call, policy };
    return answer(claims, asked, decideClaim(find(claims, call.uuid, run), asked, run), run);
  });
}

function answer(
  { met }: Claims,
  { call }: Asked,
  { claim, isSame }: ClaimPlan,
  { isEndless }: Claimant,
): Claim {
  if (isSame === true && !isEndless) met.add(call.uuid);
  return claim;
}

/** Settles claims; to run inside a transaction. Gives those that could not be. */
export function settleCalls(
  claims: Claims,
  settlements: readonly (Settlement | Hold)[],
  run: ClaimingRun,
): readonly LostClaim[] {
  return settlements.flatMap((settlement) => {
    const { uuid } = settlement;
    let known = claims.open.get(uuid) ?? find(claims, uuid, run);
    let plan = planSettle(known, settlement, run);
    while (plan.write !== undefined && !write(claims, uuid, known?.row, plan.write)) {
      known = find(claims, uuid, run);
      plan = planSettle(known, settlement, run);
    }
    remember(claims, uuid, { plan, known }, run);
    writeBeside(claims, uuid, plan);
    return plan.lost === undefined ? [] : [plan.lost];
  });
}

/** Keeps a claim in mind as it is now: one that is held, or confirmed, stays open. */
function remember(
  { open }: Claims,
  uuid: string,
  { plan: { write, lost }, known }: { readonly plan: SettlePlan; readonly known: KnownCall | undefined },
  { doubts }: ClaimingRun,
): void {
  const row = write ?? known?.row;
  const isStillOpen = lost === undefined && row !== undefined && row !== 'delete' && isOpen(row);
  if (isStillOpen) open.set(uuid, { ...known, row, doubts });
  else open.delete(uuid);
}

function writeBeside(
  { statements, namespace }: Claims,
  uuid: string,
  { deferral, endsChange }: SettlePlan,
): void {
  if (endsChange === true) statements.endChange.run(namespace, uuid);
  if (deferral === 'end') statements.endDeferral.run(namespace, uuid);
  else if (deferral !== undefined) statements.defer.run(namespace, uuid, deferral.tries, deferral.nextTry);
}

/** The claims that others may have taken since they were made. */
export function doubtfulClaims(
  { open }: Claims,
  uuids: readonly string[],
  doubts: number,
): readonly string[] {
  return uuids.filter((uuid) => open.get(uuid)?.doubts !== doubts);
}

/** Gives the claims that are no longer this run's, and takes again what was put in doubt; to run inside a transaction. */
export function confirmCalls(
  claims: Claims,
  uuids: readonly string[],
  run: ClaimingRun,
): readonly LostClaim[] {
  return uuids.flatMap((uuid) => {
    const known = find(claims, uuid, run);
    const plan = planConfirm(known, uuid, run);
    if (plan.write !== undefined) write(claims, uuid, known?.row, plan.write);
    remember(claims, uuid, { plan, known }, run);
    return plan.lost === undefined ? [] : [plan.lost];
  });
}

/** Remembers other content of accepted calls; true for each of which this content is new. To run inside a transaction. */
export function recordChanges(
  { statements, namespace }: Claims,
  calls: readonly Call[],
  { now }: Claimant,
): readonly boolean[] {
  return calls.map((call) => {
    const { changes } = statements.change.run(namespace, call.uuid, hashCall(call), call.billsec, now);
    return Number(changes) === 1;
  });
}

/** Remembers that a call was looked for in vain; to run inside a transaction. */
export function deferMissing(claims: Claims, uuid: string, run: ClaimingRun): void {
  const deferral = planMissing(find(claims, uuid, run), run);
  if (deferral !== undefined) writeBeside(claims, uuid, { deferral });
}

function find({ statements, namespace, met }: Claims, uuid: string, run: ClaimingRun): KnownCall | undefined {
  const found = statements.find.get(namespace, uuid);
  if (found === undefined) return undefined;
  const row = callRowOf(found);
  const isFinal = row.state === 'accepted' || row.state === 'rejected';
  return {
    row,
    deferral: isFinal ? undefined : findDeferral(statements, namespace, uuid),
    wasMet: met.has(uuid),
    isOwnerAlive: isOpen(row) && row.run !== run.run && run.isAlive(row.run),
  };
}

function findDeferral(
  { findDeferral: statement }: Statements,
  namespace: number,
  uuid: string,
): Deferral | undefined {
  return deferralOf(statement.get(namespace, uuid));
}

/** Writes a row where it is still as it was read; false where it is not. */
function write(
  { statements, namespace }: Claims,
  uuid: string,
  before: CallRow | undefined,
  after: CallRow | 'delete',
): boolean {
  if (after === 'delete') {
    return (
      before === undefined ||
      changed(statements.remove.run(namespace, uuid, before.run, stateNumbers[before.state]))
    );
  }
  // Each value by itself: made lists of, they took a quarter of the time of a claim.
  const { run, at, reasons, hash, identity, billsec, receipt, former } = after;
  const state = stateNumbers[after.state];
  if (before === undefined) {
    const { insert } = statements;
    return changed(
      insert.run(namespace, uuid, state, run, at, reasons, hash, identity, billsec, receipt, former),
    );
  }
  const was = stateNumbers[before.state];
  const { replace } = statements;
  return changed(
    replace.run(
      state,
      run,
      at,
      reasons,
      hash,
      identity,
      billsec,
      receipt,
      former,
      namespace,
      uuid,
      before.run,
      was,
    ),
  );
}

const changed = ({ changes }: { readonly changes: number | bigint }): boolean => Number(changes) === 1;
