// Settles and confirms claims as the planner says, and remembers what came of calls later.

import type { Call } from '../core/call.js';
import { hashCall } from '../core/hash.js';
import type { Hold, LostClaim, Settlement } from '../core/ledger.js';
import { type AccountClaims, ownersOf, RowMoved, type RunNow } from './claims.js';
import { type Attempt, findCalls, query, type Work } from './database.js';
import { type Claimant, planConfirm, planMissing, planSettle, type SettlePlan } from './planner.js';
import { type CallRow, isOpen, stateNumbers } from './rows.js';
import { markTaken } from './runs.js';

/** Settles claims, in one transaction. Gives those that could not be. */
export async function settleCalls(
  claims: AccountClaims,
  settlements: readonly (Settlement | Hold)[],
  run: RunNow,
): Promise<readonly LostClaim[]> {
  const { connection, dialect, open } = claims;
  const items = settlements.map((settlement) => {
    const key = dialect.keyOf(settlement.uuid);
    return planOf({ settlement, key }, open.get(key)?.row, run);
  });
  function* work({ isUncertain }: Attempt): Work<readonly PlannedItem[]> {
    const done = yield* settleAll(claims, items, run);
    const isPerhapsGone = ({ settlement }: Item) => isUncertain && settlement.state === 'unsent';
    return done.map((one) => (isPerhapsGone(one) ? { ...one, plan: {} } : one));
  }
  // Most are claims of this run, which is one statement.
  const isSimple = items.every(({ before }) => before !== undefined);
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

/** A settlement, and the key of its call. */
interface Item {
  readonly settlement: Settlement | Hold;
  readonly key: string;
}

/** A settlement with what it does to the row that was found. */
interface PlannedItem extends Item {
  readonly before: CallRow | undefined;
  readonly plan: SettlePlan;
}

function planOf({ settlement, key }: Item, before: CallRow | undefined, run: RunNow): PlannedItem {
  return { settlement, key, before, plan: planSettle(before, settlement, run) };
}

/** So often rows are read again that others keep changing. */
const maxTries = 20;

/**
 * Settles where rows are as this run wrote them; the others are read, and planned again.
 *
 * @param asOpen planned by the claims of this run: those without one are read first
 */
function* settleAll(
  { namespace, dialect }: AccountClaims,
  asOpen: readonly PlannedItem[],
  run: RunNow,
): Work<readonly PlannedItem[]> {
  const done: PlannedItem[] = [];
  let planned = asOpen.filter(({ before }) => before !== undefined);
  let left: readonly Item[] = asOpen.filter(({ before }) => before === undefined);
  for (let tries = 0; ; tries++) {
    if (tries > maxTries) throw new RowMoved();
    const writes = planned.flatMap(({ key, before, plan: { write } }) =>
      write === undefined ? [] : { key, before, after: write },
    );
    const moved = yield* dialect.writeRows(namespace, writes);
    yield* markTaken(dialect, ownersOf(writes, run));
    left = [...left, ...planned.filter(({ key }) => moved.has(key))];
    done.push(...planned.filter(({ key }) => !moved.has(key)));
    if (left.length === 0) return done;
    const keys = left.map(({ key }) => key);
    const known = yield* findCalls(dialect, namespace, keys);
    planned = left.map((item) => planOf(item, known.get(item.key), run));
    left = [];
  }
}

/** Gives the claims that are no longer this run's, and takes again what others made unconfirmed; `run.lapses` is the newest. */
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
      const before = found.get(key);
      return { key, before, plan: planConfirm(before, uuid, run) };
    });
    const writes = planned.flatMap(({ key, before, plan: { write } }) =>
      write === undefined ? [] : { key, before, after: write },
    );
    yield* dialect.writeRows(namespace, writes);
    return planned;
  });
  for (const { key, before, plan } of plans) {
    const row = plan.write ?? before;
    if (plan.lost !== undefined || row === undefined || row === 'delete') open.delete(key);
    else open.set(key, { row, lapses: run.lapses });
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
    const writes = [...found].flatMap(([key, before]) => {
      const after = planMissing(before, run);
      return after === undefined ? [] : { key, before, after };
    });
    yield* dialect.writeRows(namespace, writes);
  });
}

/** When it was found: after the call was accepted, whatever the clock of that host said. */
const found = 'CASE WHEN at > $5 THEN at ELSE $5 END';

/** Remembers other content of accepted calls; true for each of which this content is new since it was accepted. */
export function recordChanges(
  { connection, dialect, namespace }: AccountClaims,
  calls: readonly Call[],
  { now }: Claimant,
): Promise<readonly boolean[]> {
  return connection.transaction(function* ({ isUncertain }) {
    const isNew: boolean[] = [];
    for (const call of calls) {
      const { count } = yield* query(
        `UPDATE calls SET changed_hash = $3, changed_billsec = $4, changed_at = ${found}
         WHERE namespace = $1 AND uuid = $2 AND state = ${stateNumbers.accepted} AND (changed_at IS NULL
           OR changed_hash <> $3 OR changed_at < at OR (changed_at = ${found} AND $6 = 1))`,
        [namespace, dialect.keyOf(call.uuid), hashCall(call), call.billsec, now, Number(isUncertain)],
      );
      isNew.push(count === 1);
    }
    return isNew;
  });
}
