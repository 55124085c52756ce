// Settles and confirms claims as the planner says, and remembers what came of calls later.

import type { Call } from '../../core/call.js';
import { hashCall } from '../../core/hash.js';
import type { Hold, LostClaim, Settlement } from '../../core/ledger.js';
import { type Claimant, planConfirm, planMissing, planSettle, type SettlePlan } from '../planner.js';
import { isOpen } from '../rows.js';
import { type FoundCall, findCalls, keyOf, removeRows, writeDeferrals, writeRows } from './call-table.js';
import type { ClaimingRun, Claims } from './claims.js';
import type { Attempt, Connection } from './connection.js';
import { RowMoved } from './errors.js';
import type { Query } from './session.js';

/** Settles claims, in one transaction. Gives those that could not be. */
export async function settleCalls(
  connection: Connection,
  claims: Claims,
  settlements: readonly (Settlement | Hold)[],
  run: ClaimingRun,
): Promise<readonly LostClaim[]> {
  const items = settlements.map((settlement) => ({ settlement, key: keyOf(settlement.uuid) }));
  const first = planSettlements(items, claims.open, run);
  // Most are claims of this run with nothing beside them, which is one statement.
  const isSimple = items.every(({ key }) => claims.open.has(key)) && first.every(({ plan }) => isAlone(plan));
  const work = async (query: Query, { isUncertain }: Attempt) => {
    const done = await settleAll(query, claims, items, run);
    return done.map((one) => (isUncertain && one.settlement.state === 'unsent' ? { ...one, plan: {} } : one));
  };
  const done = await (isSimple ? connection.run(work, true) : connection.transaction(work, true));
  for (const { key, plan } of done) {
    const { write } = plan;
    const before = claims.open.get(key);
    if (before !== undefined && write !== undefined && write !== 'delete' && isOpen(write)) {
      claims.open.set(key, { ...before, row: write });
    } else claims.open.delete(key);
  }
  return done.flatMap(({ plan: { lost } }) => lost ?? []);
}

/** A settlement, and the key of its call. */
interface SettleItem {
  readonly settlement: Settlement | Hold;
  readonly key: string;
}

/** A settlement with what it does to the row that was found. */
interface PlannedItem extends SettleItem {
  readonly before: FoundCall['row'] | undefined;
  readonly plan: SettlePlan;
}

const isAlone = ({ deferral, endsChange }: SettlePlan) => deferral === undefined && endsChange !== true;

function planSettlements(
  items: readonly SettleItem[],
  known: ReadonlyMap<string, FoundCall>,
  run: ClaimingRun,
): readonly PlannedItem[] {
  return items.map((item) => {
    const found = known.get(item.key);
    return { ...item, before: found?.row, plan: planSettle(found, item.settlement, run) };
  });
}

/** Settles where rows are as this run wrote them; the others are read, and planned again. */
async function settleAll(
  query: Query,
  { namespace, open }: Claims,
  items: readonly SettleItem[],
  run: ClaimingRun,
): Promise<readonly PlannedItem[]> {
  const done: PlannedItem[] = [];
  let known: ReadonlyMap<string, FoundCall> = open;
  let left = items.filter(({ key }) => open.has(key));
  const unclaimed = items.filter(({ key }) => !open.has(key));
  for (let tries = 0; left.length + unclaimed.length > 0; tries++) {
    if (tries > maxTries) throw new RowMoved();
    const planned = planSettlements(left, known, run);
    const written = await writePlans(query, namespace, planned);
    done.push(...planned.filter(({ key, plan }) => plan.write === undefined || written.has(key)));
    left = [
      ...planned.filter(({ key, plan }) => plan.write !== undefined && !written.has(key)),
      ...unclaimed.splice(0),
    ];
    if (left.length > 0)
      known = await findCalls(
        query,
        namespace,
        left.map(({ key }) => key),
      );
  }
  return done;
}

/** So often rows are read again that others keep changing. */
const maxTries = 20;

async function writePlans(
  query: Query,
  namespace: number,
  planned: readonly PlannedItem[],
): Promise<ReadonlySet<string>> {
  const writes = planned.flatMap(({ key, before, plan: { write } }) =>
    write === undefined ? [] : [{ key, before, after: write }],
  );
  const written = await writeRows(query, namespace, writes);
  const plans = planned.filter(({ key }) => written.has(key));
  const keysOf = (isMeant: (plan: SettlePlan) => boolean) =>
    plans.filter(({ plan }) => isMeant(plan)).map(({ key }) => key);
  await removeRows(
    query,
    'changes',
    namespace,
    keysOf(({ endsChange }) => endsChange === true),
  );
  await removeRows(
    query,
    'deferrals',
    namespace,
    keysOf(({ deferral }) => deferral === 'end'),
  );
  const deferrals = plans.flatMap(({ key, plan: { deferral } }) =>
    deferral === undefined || deferral === 'end' ? [] : [{ key, ...deferral }],
  );
  await writeDeferrals(query, namespace, deferrals);
  return written;
}

/** The claims that others may have taken since they were made. */
export function doubtfulClaims(
  { open }: Claims,
  uuids: readonly string[],
  doubts: number,
): readonly string[] {
  return uuids.filter((uuid) => open.get(keyOf(uuid))?.doubts !== doubts);
}

/** Gives the claims that are no longer this run's, and takes again what was put in doubt. */
export async function confirmCalls(
  connection: Connection,
  claims: Claims,
  uuids: readonly string[],
  run: ClaimingRun,
): Promise<readonly LostClaim[]> {
  const asked = uuids.map((uuid) => ({ uuid, key: keyOf(uuid) }));
  const plans = await connection.transaction(async (query) => {
    const found = await findCalls(
      query,
      claims.namespace,
      asked.map(({ key }) => key),
      true,
    );
    const planned = asked.map(({ uuid, key }) => {
      const known = found.get(key);
      return { key, known, plan: planConfirm(known, uuid, run) };
    });
    const writes = planned.flatMap(({ key, known, plan: { write } }) =>
      write === undefined ? [] : [{ key, before: known?.row, after: write }],
    );
    await writeRows(query, claims.namespace, writes);
    return planned;
  });
  for (const { key, known, plan } of plans) {
    const row = plan.write ?? known?.row;
    if (plan.lost !== undefined || row === undefined || row === 'delete') claims.open.delete(key);
    else claims.open.set(key, { row, deferral: known?.deferral, doubts: run.doubts });
  }
  return plans.flatMap(({ plan: { lost } }) => lost ?? []);
}

/** Remembers that calls were looked for in vain. */
export function deferMissing(
  connection: Connection,
  { namespace }: Claims,
  uuids: readonly string[],
  run: Claimant,
): Promise<void> {
  return connection.transaction(async (query) => {
    const found = await findCalls(query, namespace, uuids.map(keyOf), true);
    const deferrals = [...found].flatMap(([key, known]) => {
      const deferral = planMissing(known, run);
      return deferral === undefined ? [] : [{ key, ...deferral }];
    });
    await writeDeferrals(query, namespace, deferrals);
  });
}

/** Remembers other content of accepted calls; true for each of which this content is new. */
export function recordChanges(
  connection: Connection,
  { namespace }: Claims,
  calls: readonly Call[],
  { now }: Claimant,
): Promise<readonly boolean[]> {
  return connection.transaction(async (query) => {
    const isNew: boolean[] = [];
    for (const call of calls) {
      const { count } = await query(
        `INSERT INTO amocalls.changes (namespace, uuid, hash, billsec, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (namespace, uuid) DO UPDATE
           SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
           WHERE changes.hash <> excluded.hash`,
        [namespace, keyOf(call.uuid), hashCall(call), call.billsec, now],
      );
      isNew.push(count === 1);
    }
    return isNew;
  });
}
