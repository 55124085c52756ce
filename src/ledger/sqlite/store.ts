import type { Call } from '../../core/call.js';
import type {
  CheckpointChange,
  Checkpoints,
  Ledger,
  LedgerDeps,
  LedgerStore,
  NewRun,
  Recipient,
  RunLedger,
  SavedCheckpoint,
} from '../../core/ledger.js';
import { decrease, increase, initialRate, reserveSlot, type SharedRate } from '../../core/rate.js';
import { afterPrefix, maxCheckpoints, numberOf, textOf } from '../rows.js';
import { type Claimant, type Claims, openClaims, releaseDeadRuns } from './claims.js';
import { type Connections, openConnections } from './connections.js';
import { type Database, transact } from './driver.js';
import { beginRun, endRun, inspect, openHistory, reportProblems } from './history.js';

/**
 * Opens a ledger in a SQLite file.
 *
 * @throws UserError where the file cannot be used
 */
export async function openSqliteStore(file: string, deps: LedgerDeps): Promise<LedgerStore> {
  return createSqliteStore(await openConnections(file), deps);
}

/** The ledger behind open connections; closing it closes them. */
export function createSqliteStore(connections: Connections, deps: LedgerDeps): LedgerStore {
  const { file, isNew, durable, guarded, close } = connections;
  return {
    name: file,
    isNew,
    beginRun: (run, recipient) => begin(connections, deps, run, recipient),
    checkpoints: openCheckpoints(connections, deps.now),
    history: openHistory(connections, deps.isAlive),
    inspect: () => guarded(() => inspect(durable, file, deps.now())),
    close: async () => close(),
  };
}

async function begin(
  connections: Connections,
  { now, isAlive, processName: process }: LedgerDeps,
  run: NewRun,
  recipient: Recipient,
): Promise<RunLedger> {
  const { durable, quick, guarded, commit } = connections;
  const seconds = () => Math.floor(now() / 1000);
  const id = await guarded(() => beginRun(quick, run, { process, started: seconds() }));
  await guarded(() => releaseDeadRuns(durable, isAlive));
  const { isEndless } = run;
  return {
    id,
    ledger: await openLedger(connections, { ...recipient, run: id, isEndless, isAlive, now }),
    reportProblems: (file, reading, problems) =>
      commit(() =>
        reportProblems(durable, problems, {
          file,
          reading,
          namespaceOf: (account) => namespaceOf(durable, recipient, account),
          at: seconds(),
        }),
      ),
    end: (summary, exit) => guarded(() => endRun(quick, id, { finished: seconds(), exit, summary })),
  };
}

/** The ledger of one run. */
async function openLedger(connections: Connections, use: Recipient & Claimant): Promise<Ledger> {
  const { durable, guarded, commit } = connections;
  const namespaces = new Map<string, Claims>();
  const rate = await guarded(() => openRate(connections, use));

  function claimsOf(account: string): Claims {
    const known = namespaces.get(account);
    if (known !== undefined) return known;
    const claims = openClaims(durable, namespaceOf(durable, use, account), use);
    namespaces.set(account, claims);
    return claims;
  }

  const accountOf = (calls: readonly Call[]) => calls[0]?.account_id ?? '';
  return {
    lookup: (calls, policy) => guarded(() => claimsOf(accountOf(calls)).lookup(calls, policy)),
    claim: (calls, policy) => commit(() => claimsOf(accountOf(calls)).claim(calls, policy)),
    recordChanges: (calls) => commit(() => claimsOf(accountOf(calls)).recordChanges(calls)),
    settle: (account, settlements) => commit(() => claimsOf(account).settle(settlements)),
    confirmClaims: async () => [],
    ...rate,
  };
}

/** The rate of an address and code, read and changed by all processes of the host in turn. */
function openRate(
  { quick, guarded }: Connections,
  { address, code, now }: Recipient & Claimant,
): Pick<Ledger, 'reserveSlot' | 'pausedUntil' | 'reportSuccess' | 'reportThrottled'> {
  const find = quick.prepare(
    'SELECT rate, next_at, paused_until, used_at FROM paces WHERE address = ? AND code = ?',
  );
  const save = quick.prepare(
    `INSERT INTO paces (address, code, rate, next_at, paused_until, used_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rate = excluded.rate, next_at = excluded.next_at,
       paused_until = excluded.paused_until, used_at = excluded.used_at`,
  );

  function read(): SharedRate {
    const row = find.get(address, code);
    if (row === undefined) return initialRate;
    return {
      rate: numberOf(row, 'rate'),
      nextAt: numberOf(row, 'next_at'),
      pausedUntil: numberOf(row, 'paused_until'),
      usedAt: numberOf(row, 'used_at'),
    };
  }

  /** Gives the state after the step. */
  function change(step: (state: SharedRate) => SharedRate): Promise<SharedRate> {
    return guarded(() =>
      transact(quick, () => {
        const state = step(read());
        save.run(address, code, state.rate, state.nextAt, state.pausedUntil, state.usedAt);
        return state;
      }),
    );
  }

  return {
    // The slot that was taken is the time of its last use.
    reserveSlot: async (limit) => (await change((state) => reserveSlot(state, now(), limit).state)).usedAt,
    pausedUntil: () => guarded(() => read().pausedUntil),
    async reportSuccess(limit) {
      await change((state) => increase(state, limit));
    },
    async reportThrottled(until) {
      await change((state) => decrease(state, until));
    },
  };
}

/** The id of an account at a recipient; it is made where there is none. */
function namespaceOf(database: Database, { address, code }: Recipient, account: string): number {
  database
    .prepare('INSERT INTO namespaces (address, code, account) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(address, code, account);
  const row = database
    .prepare('SELECT id FROM namespaces WHERE address = ? AND code = ? AND account = ?')
    .get(address, code, account);
  return numberOf(row, 'id');
}

/**
 * The checkpoints in a ledger.
 *
 * @param now milliseconds since 1970
 */
function openCheckpoints({ durable, guarded, commit }: Connections, now: () => number): Checkpoints {
  function list(prefix: string): readonly SavedCheckpoint[] {
    durable
      .prepare('DELETE FROM marks WHERE at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET ?)')
      .run(maxCheckpoints - 1);
    const rows = durable
      .prepare('SELECT file, reading, mark FROM marks WHERE file >= ? AND file < ?')
      .all(prefix, afterPrefix(prefix));
    return rows.map((row) => ({
      file: textOf(row, 'file') ?? '',
      reading: textOf(row, 'reading') ?? '',
      checkpoint: textOf(row, 'mark') ?? '',
    }));
  }

  function save(changes: readonly CheckpointChange[]): void {
    const write = durable.prepare(
      `INSERT INTO marks (file, reading, mark, at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET mark = excluded.mark, at = excluded.at`,
    );
    const remove = durable.prepare('DELETE FROM marks WHERE file = ? AND reading = ?');
    for (const { file, reading, checkpoint } of changes) {
      if (checkpoint === undefined) remove.run(file, reading);
      else write.run(file, reading, checkpoint, Math.floor(now() / 1000));
    }
  }

  return {
    list: (prefix) => guarded(() => list(prefix)),
    save: (changes) => commit(() => save(changes)),
  };
}
