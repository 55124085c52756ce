// Settles and confirms claims as the planner says, and remembers what came of calls later.

import type { Call } from '../core/call.js';
import { hashCall } from '../core/hash.js';
import type { Hold, LostClaim, Settlement } from '../core/ledger.js';
import { type AccountClaims, ownersOf, RowMoved, type RunNow } from './claims.js';
import { type Attempt, findCalls, query, type RowWrite, type Work } from './database.js';
import {
  type Claimant,
  type FoundCall,
  planConfirm,
  planMissing,
  planSettle,
  type SettlePlan,
} from './planner.js';
import { isOpen } from './rows.js';
import { markTaken } from './runs.js';

/** Settles claims, in one transaction. Gives those that could not be. */
export async function settleCalls(
  claims: AccountClaims,
  settlements: readonly (Settlement | Hold)[],
  run: RunNow,
): Promise<readonly LostClaim[]> {
  const { connection, dialect, open } = claims;
  const planned = settlements.map((settlement) =>
    planOf(settlement, dialect.keyOf(settlement.uuid), open, run),
  );
  function* work({ isUncertain }: Attempt): Work<readonly PlannedItem[]> {
    const done = yield* settleAll(claims, planned, run);
    const isPerhapsGone = ({ settlement }: PlannedItem) => isUncertain && settlement.state === 'unsent';
    return isUncertain ? done.map((one) => (isPerhapsGone(one) ? { ...one, plan: {} } : one)) : done;
  }
  // Most are claims of this run with nothing beside them, which is one statement.
  const isSimple = planned.every((item) => item.before !== undefined && isAlone(item));
  const done = await (isSimple ? connection.write(work, true) : connection.transaction(work, true));
  for (const { key, plan } of done) {
    const { write } = plan;
    const before = open.get(key);
    if (before !== undefined && write !== undefined && write !== 'delete' && isOpen(write)) {
      open.set(key, { ...before, row: write });
    } else open.delete(key);
  }
  return done.flatMap(({ plan: { lost } }) => lost ?? []);
}

/** A settlement with what it does to the row that was found. */
interface PlannedItem {
  readonly settlement: Settlement | Hold;
  readonly key: string;
  readonly before: FoundCall['row'] | undefined;
  readonly plan: SettlePlan;
}

function planOf(
  settlement: Settlement | Hold,
  key: string,
  known: ReadonlyMap<string, FoundCall>,
  run: RunNow,
): PlannedItem {
  const found = known.get(key);
  return { settlement, key, before: found?.row, plan: planSettle(found, settlement, run) };
}

function isAlone({ plan: { deferral, endsChange } }: PlannedItem): boolean {
  return deferral === undefined && endsChange !== true;
}

/** So often rows are read again that others keep changing. */
const maxTries = 20;

/**
 * Settles where rows are as this run wrote them; the others are read, and planned again.
 *
 * @param asOpen planned by the claims of this run: those without one are read first
 */
function* settleAll(
  claims: AccountClaims,
  asOpen: readonly PlannedItem[],
  run: RunNow,
): Work<readonly PlannedItem[]> {
  const { namespace, dialect } = claims;
  const done: PlannedItem[] = [];
  let planned = asOpen.filter(({ before }) => before !== undefined);
  let left = asOpen.filter(({ before }) => before === undefined);
  for (let tries = 0; planned.length + left.length > 0; tries++) {
    if (tries > maxTries) throw new RowMoved();
    const moved = yield* writePlans(claims, planned, run);
    if (moved.size === 0 && left.length + done.length === 0) return planned;
    for (const one of planned) {
      if (moved.has(one.key)) left.push(one);
      else done.push(one);
    }
    if (left.length === 0) break;
    const known = yield* findCalls(dialect, namespace, left.map(keyOf));
    planned = left.map(({ settlement, key }) => planOf(settlement, key, known, run));
    left = [];
  }
  return done;
}

function* writePlans(
  { dialect, namespace }: AccountClaims,
  planned: readonly PlannedItem[],
  run: RunNow,
): Work<ReadonlySet<string>> {
  const writes: RowWrite[] = [];
  for (const { key, before, plan } of planned) {
    if (plan.write !== undefined) writes.push({ key, before, after: plan.write });
  }
  const moved = yield* dialect.writeRows(namespace, writes);
  yield* markTaken(dialect, ownersOf(writes, run));
  if (planned.every(isAlone)) return moved;
  const plans = planned.filter(({ key, plan: { write } }) => write !== undefined && !moved.has(key));
  const changed = plans.filter(({ plan }) => plan.endsChange === true);
  if (changed.length > 0) yield dialect.removeRows('changes', namespace, changed.map(keyOf));
  const ended = plans.filter(({ plan }) => plan.deferral === 'end');
  if (ended.length > 0) yield dialect.removeRows('deferrals', namespace, ended.map(keyOf));
  const deferrals = plans.flatMap(({ key, plan: { deferral } }) =>
    deferral === undefined || deferral === 'end' ? [] : [{ key, ...deferral }],
  );
  if (deferrals.length > 0) yield dialect.writeDeferrals(namespace, deferrals);
  return moved;
}

const keyOf = ({ key }: PlannedItem): string => key;

/** Gives the claims that are no longer this run's, and takes again what was put in doubt; `run.lapses` is the newest. */
export async function confirmClaims(
  claims: AccountClaims,
  uuids: readonly string[],
  run: RunNow,
): Promise<readonly LostClaim[]> {
  const { connection, dialect, namespace, open } = claims;
  // Others may have taken those that were made before the run was last taken for dead.
  const asked = uuids
    .map((uuid) => ({ uuid, key: dialect.keyOf(uuid) }))
    .filter(({ key }) => open.get(key)?.lapses !== run.lapses);
  if (asked.length === 0) return [];
  const plans = await connection.transaction(function* () {
    const keys = asked.map(({ key }) => key);
    const found = yield* findCalls(dialect, namespace, keys, true);
    const planned = asked.map(({ uuid, key }) => {
      const known = found.get(key);
      return { key, known, plan: planConfirm(known, uuid, run) };
    });
    const writes = planned.flatMap(({ key, known, plan: { write } }) =>
      write === undefined ? [] : [{ key, before: known?.row, after: write }],
    );
    yield* dialect.writeRows(namespace, writes);
    return planned;
  });
  for (const { key, known, plan } of plans) {
    const row = plan.write ?? known?.row;
    if (plan.lost !== undefined || row === undefined || row === 'delete') open.delete(key);
    else open.set(key, { row, deferral: known?.deferral, lapses: run.lapses });
  }
  return plans.flatMap(({ plan: { lost } }) => lost ?? []);
}

/** Remembers that calls were looked for in vain. */
export function deferMissing(
  { connection, dialect, namespace }: AccountClaims,
  uuids: readonly string[],
  run: Claimant,
): Promise<void> {
  return connection.transaction(function* () {
    const found = yield* findCalls(dialect, namespace, uuids.map(dialect.keyOf), true);
    const deferrals = [...found].flatMap(([key, known]) => {
      const deferral = planMissing(known, run);
      return deferral === undefined ? [] : [{ key, ...deferral }];
    });
    if (deferrals.length > 0) yield dialect.writeDeferrals(namespace, deferrals);
  });
}

/** Remembers other content of accepted calls; true for each of which this content is new. */
export function recordChanges(
  { connection, dialect, namespace }: AccountClaims,
  calls: readonly Call[],
  { now }: Claimant,
): Promise<readonly boolean[]> {
  return connection.transaction(function* ({ isUncertain }) {
    const isNew: boolean[] = [];
    for (const call of calls) {
      const { count } = yield* query(
        `INSERT INTO changes (namespace, uuid, hash, billsec, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (namespace, uuid) DO UPDATE
           SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
           WHERE changes.hash <> excluded.hash OR (changes.at = excluded.at AND $6 = 1)`,
        [namespace, dialect.keyOf(call.uuid), hashCall(call), call.billsec, now, Number(isUncertain)],
      );
      isNew.push(count === 1);
    }
    return isNew;
  });
}
