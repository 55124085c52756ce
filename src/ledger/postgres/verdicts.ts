import type { Call } from '../../core/call.js';
import { hashCall } from '../../core/hash.js';
import type { Hold, LostClaim, Settlement } from '../../core/ledger.js';
import { pauseAfter } from '../../core/ledger.js';
import { rowNow, secondsOf } from '../claim-rules.js';
import { type CallRow, fieldsOf, isOpen, numberOf, stateNumbers, stateOf, textOf } from '../rows.js';
import { byKey, findCalls, keyOf, removeRows, replaceCalls } from './call-table.js';
import type { Claims } from './claims.js';
import type { Connection, Query } from './connection.js';

/** What is written down of settlements, by what has to be done. */
interface Work {
  /** Calls with a verdict. */
  readonly verdicts: {
    readonly key: string;
    readonly settlement: Settlement | Hold;
    readonly state: number;
  }[];
  /** Claims that are given back: of calls that were new, and of those that were known. */
  readonly removed: string[];
  readonly restored: (readonly [string, CallRow])[];
  /** Calls that were written over, or were accepted before: they have the content now that they are known by. */
  readonly unchanged: string[];
  readonly corrected: (readonly [string, CallRow])[];
  readonly deferred: string[];
  readonly noLongerDeferred: string[];
}

/** Records verdicts on calls of one namespace, in one transaction. */
export async function settleCalls(
  connection: Connection,
  claims: Claims,
  settlements: readonly (Settlement | Hold)[],
): Promise<readonly LostClaim[]> {
  const keys = settlements.map(({ uuid }) => keyOf(uuid));
  const now = await connection.run((query) => findCalls(query, claims.namespace, keys), true);
  const lost: LostClaim[] = [];
  const own = settlements.filter(({ uuid, state }) => {
    const row = now.get(keyOf(uuid))?.row;
    const isOwn = row?.run === claims.claimant.run && isOpen(row);
    if (state === 'accepted' || isOwn) return true;
    lost.push(row === undefined ? { uuid } : { uuid, lostTo: { run: row.run, state: stateOf(row.state) } });
    return false;
  });
  const work = sortSettlements(claims, own);
  const { verdicts, removed, ...others } = work;
  // Most are a list of verdicts and nothing else, which is one statement.
  const isSimple = removed.length === 0 && Object.values(others).every((list) => list.length === 0);
  if (isSimple) await connection.run((query) => writeVerdicts(query, claims, verdicts), true);
  else await connection.transaction((query) => writeAll(query, claims, work), true);
  for (const { uuid, state } of settlements) if (state !== 'held') claims.held.delete(keyOf(uuid));
  return lost;
}

function sortSettlements({ claimant, held }: Claims, settlements: readonly (Settlement | Hold)[]): Work {
  const work: Work = {
    verdicts: [],
    removed: [],
    restored: [],
    unchanged: [],
    corrected: [],
    deferred: [],
    noLongerDeferred: [],
  };
  for (const settlement of settlements) {
    const { uuid, state, receipt, corrected } = fieldsOf(settlement);
    const key = keyOf(uuid);
    const before = held.get(key);
    if (corrected !== undefined) {
      const content = { reasons: null, hash: hashCall(corrected), billsec: corrected.billsec };
      const kept = receipt === undefined ? null : JSON.stringify(receipt);
      work.unchanged.push(key);
      work.corrected.push([key, { ...rowNow(claimant, 'accepted', content), receipt: kept }]);
    } else if (state === 'unsent') {
      if (before === undefined) work.removed.push(key);
      else work.restored.push([key, before]);
    } else {
      if (before?.state === stateNumbers.accepted && state !== 'held') work.unchanged.push(key);
      if (state === 'waiting') work.deferred.push(key);
      else if (before?.state === stateNumbers.waiting && state !== 'held') work.noLongerDeferred.push(key);
      work.verdicts.push({ key, settlement, state: stateNumbers[state] });
    }
  }
  return work;
}

async function writeAll(query: Query, claims: Claims, work: Work): Promise<void> {
  const { namespace, claimant } = claims;
  if (work.verdicts.length > 0) await writeVerdicts(query, claims, work.verdicts);
  if (work.removed.length > 0) {
    await query(
      `DELETE FROM amocalls.calls WHERE namespace = $1 AND uuid = ANY($2::text[] COLLATE "C") AND run = $3 AND state IN (0, 3)`,
      [namespace, work.removed, claimant.run],
    );
  }
  await replaceCalls(query, namespace, work.restored, claimant.run);
  await replaceCalls(query, namespace, work.corrected);
  await removeRows(query, 'changes', namespace, work.unchanged);
  await removeRows(query, 'deferrals', namespace, work.noLongerDeferred);
  if (work.deferred.length > 0) await defer(query, claims, work.deferred);
}

/**
 * A run whose lock was lost for a while may find that another one took its call: then an acceptance counts, since it is
 * a fact, and nothing else does.
 */
async function writeVerdicts(query: Query, claims: Claims, verdicts: Work['verdicts']): Promise<void> {
  const { namespace, claimant } = claims;
  // Each key once: an upsert may not meet a row twice.
  const sorted = [...new Map(verdicts.map((verdict) => [verdict.key, verdict])).values()].sort(byKey);
  await query(
    `INSERT INTO amocalls.calls (namespace, uuid, state, run, at, reasons, receipt)
     SELECT $1, new.uuid, new.state, $2, $3, new.reasons, new.receipt
     FROM unnest($4::text[], $5::smallint[], $6::text[], $7::text[]) AS new (uuid, state, reasons, receipt)
     ON CONFLICT (namespace, uuid) DO UPDATE
       SET state = excluded.state, run = excluded.run, at = excluded.at, reasons = excluded.reasons,
         receipt = excluded.receipt
       WHERE calls.run = excluded.run OR excluded.state = ${stateNumbers.accepted}`,
    [
      namespace,
      claimant.run,
      secondsOf(claimant),
      sorted.map(({ key }) => key),
      sorted.map(({ state }) => state),
      sorted
        .map(({ settlement }) => fieldsOf(settlement).reasons)
        .map((reasons) => (reasons === undefined ? null : JSON.stringify(reasons))),
      sorted
        .map(({ settlement }) => fieldsOf(settlement).receipt)
        .map((receipt) => (receipt === undefined ? null : JSON.stringify(receipt))),
    ],
  );
}

/** Puts off the next try of calls that the service cannot take yet, each time for longer. */
async function defer(query: Query, { namespace, claimant }: Claims, keys: readonly string[]): Promise<void> {
  const { rows } = await query(
    'SELECT uuid, tries FROM amocalls.deferrals WHERE namespace = $1 AND uuid = ANY($2::text[] COLLATE "C")',
    [namespace, keys],
  );
  const triesOf = new Map(rows.map((row) => [textOf(row, 'uuid'), numberOf(row, 'tries')]));
  const tries = keys.map((key) => (triesOf.get(key) ?? 0) + 1);
  const now = secondsOf(claimant);
  await query(
    `INSERT INTO amocalls.deferrals (namespace, uuid, tries, next_try)
     SELECT $1, new.uuid, new.tries, new.next_try
     FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS new (uuid, tries, next_try)
     ON CONFLICT (namespace, uuid) DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`,
    [namespace, keys, tries, tries.map((count) => now + pauseAfter(count))],
  );
}

/** Remembers other content of accepted calls; true for each of which this content is new. */
export async function recordChanges(
  connection: Connection,
  { namespace, claimant }: Claims,
  calls: readonly Call[],
): Promise<readonly boolean[]> {
  return connection.transaction(async (query) => {
    const isNew: boolean[] = [];
    for (const call of calls) {
      const { count } = await query(
        `INSERT INTO amocalls.changes (namespace, uuid, hash, billsec, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (namespace, uuid) DO UPDATE
           SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
           WHERE changes.hash <> excluded.hash`,
        [namespace, keyOf(call.uuid), hashCall(call), call.billsec, secondsOf(claimant)],
      );
      isNew.push(count === 1);
    }
    return isNew;
  });
}
