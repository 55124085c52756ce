import type { Call } from '../../core/call.js';
import type { Claim, ClaimPolicy, LedgerState, Settlement } from '../../core/ledger.js';
import type { Database } from './driver.js';
import { numberOf, textOf } from './schema.js';

/** How states are written down. */
const stateNumbers = {
  'in flight': 0,
  accepted: 1,
  rejected: 2,
  unconfirmed: 3,
  waiting: 4,
} as const satisfies Record<LedgerState, number>;

/** Who asks: the run, and how to tell whether the process of another run is alive. */
export interface Claimant {
  readonly run: number;
  readonly isAlive: (process: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The claims of one run on the calls of one namespace; each method is to run inside a transaction. */
export interface Claims {
  readonly claim: (calls: readonly Call[], policy: ClaimPolicy) => readonly Claim[];
  readonly settle: (settlements: readonly Settlement[]) => void;
  /** What a claim would say; needs no transaction. */
  readonly lookup: (calls: readonly Call[], policy: ClaimPolicy) => readonly Claim[];
}

/** A row of the file, as it is written down. */
interface Row {
  readonly state: number;
  readonly run: number;
  readonly at: number;
  readonly reasons: string | null;
}

const processDied = JSON.stringify(['the process that sent it died before the answer came']);

/** As the index of open calls says it, word for word: without these words SQLite reads the whole ledger. */
const indexed = 'state IN (0, 3)';

/** Calls that were in flight when their process died are `unconfirmed` from now on: nobody knows whether they arrived. */
export function releaseDeadRuns(database: Database, isAlive: Claimant['isAlive']): void {
  const runs = database
    .prepare(
      `SELECT id, process, finished IS NULL AS living FROM runs WHERE id IN (SELECT run FROM calls WHERE ${indexed} AND state = ${stateNumbers['in flight']})`,
    )
    .all();
  const release = database.prepare(
    `UPDATE calls SET state = ?, reasons = ? WHERE ${indexed} AND state = ? AND run = ?`,
  );
  for (const run of runs) {
    if (numberOf(run, 'living') === 1 && isAlive(textOf(run, 'process') ?? '')) continue;
    release.run(stateNumbers.unconfirmed, processDied, stateNumbers['in flight'], numberOf(run, 'id'));
  }
}

/** Opens the claims of a run on one namespace. */
export function openClaims(database: Database, namespace: number, claimant: Claimant): Claims {
  const { insert, find, update, remove, owner } = prepare(database);
  /** The rows of calls that are sent again, as they were before: they become that again when they are not sent after all. */
  const former = new Map<string, Row>();
  const seconds = () => Math.floor(claimant.now() / 1000);

  function write(uuid: string, state: LedgerState, reasons: string | null): void {
    update.run(stateNumbers[state], claimant.run, seconds(), reasons, namespace, uuid);
  }

  function look(uuid: string, policy: ClaimPolicy): Claim | 'dead' {
    const row = find.get(namespace, uuid);
    if (row === undefined) return 'ours';
    const state = numberOf(row, 'state');
    const run = numberOf(row, 'run');
    if (run === claimant.run) return 'repeated';
    if (state === stateNumbers.accepted) return policy.accepted ? 'ours' : 'accepted';
    if (state === stateNumbers.unconfirmed) return policy.unconfirmed ? 'ours' : 'unconfirmed';
    if (state === stateNumbers.rejected || state === stateNumbers.waiting) return 'ours';
    return claimant.isAlive(textOf(owner.get(run), 'process') ?? '') ? 'busy' : 'dead';
  }

  function claimKnown(uuid: string, policy: ClaimPolicy): Claim {
    const seen = look(uuid, policy);
    if (seen === 'dead') write(uuid, 'unconfirmed', processDied);
    if (seen === 'dead' && !policy.unconfirmed) return 'unconfirmed';
    if (seen !== 'ours' && seen !== 'dead') return seen;
    former.set(uuid, rowOf(find.get(namespace, uuid)));
    write(uuid, 'in flight', null);
    return 'ours';
  }

  return {
    claim: (calls, policy) =>
      calls.map(({ uuid }) => {
        const isNew = Number(insert.run(namespace, uuid, claimant.run, seconds()).changes) === 1;
        return isNew ? 'ours' : claimKnown(uuid, policy);
      }),
    settle(settlements) {
      for (const { uuid, state, reasons } of settlements) {
        const before = former.get(uuid);
        former.delete(uuid);
        if (state !== 'unsent') write(uuid, state, reasons === undefined ? null : JSON.stringify(reasons));
        else if (before === undefined) remove.run(namespace, uuid);
        else update.run(before.state, before.run, before.at, before.reasons, namespace, uuid);
      }
    },
    lookup: (calls, policy) =>
      calls.map(({ uuid }) => {
        const seen = look(uuid, policy);
        if (seen !== 'dead') return seen;
        return policy.unconfirmed ? 'ours' : 'unconfirmed';
      }),
  };
}

function rowOf(row: unknown): Row {
  const [state, run, at] = [numberOf(row, 'state'), numberOf(row, 'run'), numberOf(row, 'at')];
  return { state, run, at, reasons: textOf(row, 'reasons') ?? null };
}

function prepare(database: Database) {
  return {
    insert: database.prepare(
      'INSERT INTO calls (namespace, uuid, state, run, at) VALUES (?, ?, 0, ?, ?) ON CONFLICT DO NOTHING',
    ),
    find: database.prepare('SELECT state, run, at, reasons FROM calls WHERE namespace = ? AND uuid = ?'),
    update: database.prepare(
      'UPDATE calls SET state = ?, run = ?, at = ?, reasons = ? WHERE namespace = ? AND uuid = ?',
    ),
    remove: database.prepare('DELETE FROM calls WHERE namespace = ? AND uuid = ?'),
    owner: database.prepare('SELECT process FROM runs WHERE id = ? AND finished IS NULL'),
  };
}

/** The state behind a number of the file. */
export function stateOf(number: number): LedgerState {
  if (number === stateNumbers.accepted) return 'accepted';
  if (number === stateNumbers.rejected) return 'rejected';
  if (number === stateNumbers.waiting) return 'waiting';
  return number === stateNumbers.unconfirmed ? 'unconfirmed' : 'in flight';
}
