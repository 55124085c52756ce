// What claims, settlements and forgetting do to the rows of calls and runs: pure, the same in every engine.

import type { Call } from '../core/call.js';
import { hashCall, hashIdentity } from '../core/hash.js';
import type {
  ChangedCall,
  ClaimAnswer,
  ClaimPolicy,
  Hold,
  LostClaim,
  Settlement,
  UnconfirmedCall,
} from '../core/ledger.js';
import { pauseAfter } from '../core/ledger.js';
import type { ProcessSight } from '../core/ledger-store.js';
import {
  acceptedRow,
  type CallRow,
  formerOf,
  isOpen,
  numberOf,
  optionalNumberOf,
  packFormer,
  type RunRow,
  receiptOf,
  textOf,
  uuidOf,
} from './rows.js';

/*
 * What a claim, a settlement and forgetting do to the rows of a ledger, for every engine. An engine reads rows, asks here, and
 * writes where a row is still as it was read (run and state); where it is not, it reads and asks again.
 */

/** Who claims and settles: a run, at a moment. */
export interface Claimant {
  readonly run: number;
  /** It goes on for days (`follow`): what it sent itself may change after that. */
  readonly isEndless: boolean;
  /** Unix seconds. */
  readonly now: number;
  /** What was sent is not kept: a call that comes again is not compared. */
  readonly forgetsContent?: boolean;
}

/** What a ledger knows of a call, and of the run that has it. */
export interface KnownCall {
  readonly row: CallRow;
  /** Whether the run that has it in flight or holds it still lasts; absent where it was not asked for. */
  readonly isOwnerAlive?: boolean;
  /** This run met the call with the content that was sent: another row with its uuid is a repetition, not a change. */
  readonly wasMet?: boolean;
  /** This run claimed the call, but never heard so: the answer of its database was lost. */
  readonly isUnheard?: boolean;
}

/** Who claims, and what may be sent again. */
export interface Claiming extends Claimant {
  readonly policy: ClaimPolicy;
}

/** What a claim says, and the row that makes it true; without one nothing is written. */
export interface ClaimPlan {
  readonly claim: ClaimAnswer;
  readonly write?: CallRow;
  /** The call came with the content that was sent. */
  readonly isSame?: boolean;
}

/** What a claim of a call does: `known` is what the ledger knows of it, undefined for a call that was never sent. */
export function planClaim(known: KnownCall | undefined, call: Call, who: Claiming): ClaimPlan {
  const decision = decideClaim(known, call, who);
  if (decision.claim !== 'ours') return decision;
  return { claim: 'ours', write: rowOf(call, who, decision.former ?? packFormer()) };
}

/** What a claim would say, without the row that it would write. */
interface Decision extends ClaimPlan {
  /** Of a claim that is granted: the row as it was before, written down; absent where there was none. */
  readonly former?: string | null;
}

/** What a claim of a call would say. */
export function decideClaim(known: KnownCall | undefined, call: Call, who: Claiming): Decision {
  if (known === undefined) return fresh;
  const { row } = known;
  if (row.run === who.run) return decideOwn(known, call, who);
  if (!isOpen(row)) return decideOther(known, call, who);
  if (known.isOwnerAlive === true) return { claim: row.state === 'held' ? 'held' : 'busy' };
  const left = planRelease(row);
  if (left === 'delete') return fresh;
  const decision = decideClaim({ ...known, row: left }, call, who);
  return decision.claim === 'ours' ? decision : { ...decision, write: left };
}

const fresh: Decision = { claim: 'ours' };

/**
 * What becomes of the open claim of a run that died: as before where it was held. Where it was in flight, nobody knows whether
 * it arrived; a run that lives all the same still finds its claim there.
 */
export function planRelease(row: CallRow): CallRow | 'delete' {
  if (row.state === 'held') return formerOf(row) ?? 'delete';
  return { ...row, state: 'unconfirmed', reasons: processDied };
}

const processDied = JSON.stringify(['the process that sent it died before the answer came']);

/** A run may send what it holds and what waits; one without an end also sees what changed after it sent it. */
function decideOwn(known: KnownCall, call: Call, who: Claiming): Decision {
  const { row, isUnheard } = known;
  if (row.state === 'held' || (isUnheard === true && isClaimOf(row, who))) {
    return { claim: 'ours', former: row.former };
  }
  if (row.state === 'waiting') return decideWaiting(known, call, who);
  if (row.state === 'accepted' && who.isEndless) return decideAccepted(known, call, who);
  return { claim: 'repeated' };
}

function decideOther(known: KnownCall, call: Call, who: Claiming): Decision {
  const { row } = known;
  switch (row.state) {
    case 'accepted':
      return decideAccepted(known, call, who);
    case 'unconfirmed':
      return who.policy.unconfirmed ? again(row) : { claim: 'unconfirmed' };
    case 'waiting':
      return decideWaiting(known, call, who);
    default:
      return again(row);
  }
}

/** A call that was sent before is sent again; where it is not after all, it becomes what it was. */
const again = (row: CallRow): Decision => ({ claim: 'ours', former: packFormer(row) });

/** An accepted call is sent again where the policy says so: always, or where its content has changed. */
function decideAccepted({ row, wasMet }: KnownCall, call: Call, { run, policy }: Claiming): Decision {
  const isOwn = row.run === run;
  if (policy.accepted) return isOwn ? { claim: 'repeated' } : again(row);
  if (row.hash === null || row.hash === hashCall(call)) {
    return { claim: isOwn ? 'repeated' : 'accepted', isSame: true };
  }
  if (wasMet === true) return { claim: 'repeated' };
  const isOther = row.identity !== null && row.identity !== hashIdentity(call);
  if (policy.changed && !isOther) return again(row);
  const receipt = receiptOf(row.receipt);
  const changed: ChangedCall = {
    sentBillsec: row.billsec ?? 0,
    ...(receipt !== undefined && { receipt }),
    ...(isOther && { isOther }),
  };
  return { claim: changed };
}

function decideWaiting({ row }: KnownCall, call: Call, { policy, now }: Claiming): Decision {
  const nextTry = yetToCome(row, now);
  return nextTry === undefined || policy.isDue?.(call) === true ? again(row) : { claim: { nextTry } };
}

/**
 * When the next try is, in unix seconds; undefined where its time has come. One further away than any pause was written by a
 * clock that was ahead.
 */
function yetToCome({ nextTry }: Pick<CallRow, 'nextTry'>, now: number): number | undefined {
  return nextTry !== null && nextTry > now && nextTry <= now + longestPause ? nextTry : undefined;
}

/** Of rows of calls without a verdict, those whose next look has come (unix seconds); `isAll`: all. */
export function dueForLook(
  rows: readonly unknown[],
  isAll: boolean,
  now: number,
): readonly UnconfirmedCall[] {
  return rows
    .filter(
      (row) => isAll || yetToCome({ nextTry: optionalNumberOf(row, 'next_try') ?? null }, now) === undefined,
    )
    .map((row) => ({
      uuid: uuidOf(row),
      account: textOf(row, 'account') ?? '',
      at: numberOf(row, 'at'),
    }));
}

/** A call without a verdict that a look at the service did not find is looked for again later; undefined for any other call. */
export function planMissing(row: CallRow | undefined, { now }: Claimant): CallRow | undefined {
  if (row?.state !== 'unconfirmed') return undefined;
  const tries = (row.tries ?? 0) + 1;
  return { ...row, tries, nextTry: now + pauseAfter(tries + 1) };
}

const longestPause = pauseAfter(Number.POSITIVE_INFINITY);

function rowOf(call: Call, { run, now, forgetsContent }: Claimant, former: string): CallRow {
  return {
    state: 'in flight',
    run,
    at: now,
    reasons: null,
    hash: forgetsContent === true ? null : hashCall(call),
    identity: forgetsContent === true ? null : hashIdentity(call),
    billsec: call.billsec,
    receipt: null,
    former,
    tries: null,
    nextTry: null,
  };
}

/** Whether a row is a claim that this run did not settle, one included that others made unconfirmed since they took it for dead. */
function isClaimOf({ run, former }: CallRow, who: Claimant): boolean {
  return run === who.run && former !== null;
}

/** What is written of a settlement; nothing but `lost` where the claim was gone. */
export interface SettlePlan {
  readonly write?: CallRow | 'delete';
  readonly lost?: LostClaim;
}

/** What a settlement does to a call: a success is a fact, and all else needs the claim. */
export function planSettle(
  row: CallRow | undefined,
  settlement: Settlement | Hold,
  who: Claimant,
): SettlePlan {
  const { state } = settlement;
  if (row === undefined || !isClaimOf(row, who)) {
    if (state === 'accepted') return { write: acceptedAs(row, settlement, who) };
    // The answer of the database that wrote it down was lost.
    if (row?.run === who.run && row.state === state) return {};
    return { lost: lossOf(row, settlement.uuid) };
  }
  if (state === 'held') return { write: { ...row, state, at: who.now, reasons: null } };
  const former = formerOf(row);
  if (state === 'unsent') return { write: former ?? 'delete' };
  const write = settled(row, { ...settlement, state }, who);
  if (state !== 'waiting') return { write };
  const tries = (former?.tries ?? 0) + 1;
  return { write: { ...write, tries, nextTry: who.now + pauseAfter(tries) } };
}

/**
 * An acceptance without a claim: of a call that was looked for and found, that was written over, or that another run took
 * meanwhile. What that other run would send is not what was accepted, so that its content is not kept.
 */
function acceptedAs(known: CallRow | undefined, { corrected, receipt }: Settlement, who: Claimant): CallRow {
  const before = known === undefined || isOpen(known) ? acceptedRow : known;
  const row = corrected === undefined ? before : rowOf(corrected, who, packFormer());
  return settled(row, { state: 'accepted', receipt: receipt ?? receiptOf(before.receipt) }, who);
}

/** How a claim ends. */
interface Ending extends Pick<Settlement, 'reasons' | 'at' | 'receipt'> {
  readonly state: CallRow['state'];
}

function settled(row: CallRow, { state, reasons, receipt, at }: Ending, { run, now }: Claimant): CallRow {
  return {
    state,
    run,
    at: at ?? now,
    reasons: reasons === undefined ? null : JSON.stringify(reasons),
    hash: row.hash,
    identity: row.identity,
    billsec: row.billsec,
    receipt: receipt === undefined ? null : JSON.stringify(receipt),
    former: null,
    tries: null,
    nextTry: null,
  };
}

/**
 * Whether a claim in a request that is about to leave is still this run's. One that others made unconfirmed meanwhile, and taken by
 * nobody, is taken again.
 */
export function planConfirm(row: CallRow | undefined, uuid: string, who: Claimant): SettlePlan {
  if (row === undefined || !isClaimOf(row, who)) return { lost: lossOf(row, uuid) };
  return row.state === 'unconfirmed' ? { write: { ...row, state: 'in flight', reasons: null } } : {};
}

function lossOf(row: CallRow | undefined, uuid: string): LostClaim {
  return row === undefined ? { uuid } : { uuid, lostTo: { run: row.run, state: row.state } };
}

/** How often a run says that it lives, and after how long a silence one that cannot be seen is taken for dead; seconds. */
export const heartbeatEvery = 35;
export const heartbeatLimit = 120;

/** A heartbeat that is further ahead was written by a clock that was wrong by days, and says nothing. Seconds. */
const day = 86_400;

/**
 * Whether a run lasts. A process that can be seen, or whose end can be seen, is believed; one in another container or on
 * another host is not seen, and lives as long as it says so.
 */
export function isRunAlive(
  { finished, heartbeat }: Pick<RunRow, 'finished' | 'heartbeat'>,
  sight: ProcessSight,
  now: number,
): boolean {
  if (finished !== undefined) return false;
  if (sight !== 'unseen') return sight === 'alive';
  return heartbeat > now - heartbeatLimit && heartbeat < now + day;
}

/**
 * Whether a run may be forgotten: it began before that time (unix seconds), and neither lasts nor has a call without a verdict.
 * Its number is never given to another run.
 */
export function mayForget(
  { started }: Pick<RunRow, 'started'>,
  { isAlive, hasOpenCalls }: { readonly isAlive: boolean; readonly hasOpenCalls: boolean },
  before: number,
): boolean {
  return started < before && !isAlive && !hasOpenCalls;
}
