import type { Ledger } from '../core/ledger.js';
import { freshPace, type Pace, quicken, reserve, slacken } from '../core/rate.js';
import { buryDead, type Claims, openClaims } from './claims.js';
import type { Database } from './driver.js';
import { type LedgerFile, ledgerError } from './file.js';
import { createCommitter, rollBack } from './group.js';
import { numberOf } from './schema.js';

/** For whom a ledger is opened. */
export interface LedgerUse {
  /** Base URL of the service: calls sent elsewhere (a sandbox) are other calls. */
  readonly address: string;
  readonly code: string;
  /** The row of this run, from `beginRun`. */
  readonly run: number;
  readonly isAlive: (process: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The ledger of one run in an open file.
 *
 * @throws UserError where the file cannot be used
 */
export function openLedger(file: LedgerFile, use: LedgerUse): Ledger {
  const committer = createCommitter(file.durable, (error) => ledgerError(error, file.name));
  const namespaces = new Map<string, Claims>();
  const pace = openPace(file.quick, use);
  file.guarded(() => buryDead(file.durable, use.isAlive));

  function claimsOf(account: string): Claims {
    const known = namespaces.get(account);
    if (known !== undefined) return known;
    const claims = openClaims(file.durable, namespaceOf(file.durable, use, account), use);
    namespaces.set(account, claims);
    return claims;
  }

  return {
    known: (account, uuids, policy) => file.guarded(() => claimsOf(account).known(uuids, policy)),
    claim: (account, uuids, policy) => committer.commit(() => claimsOf(account).claim(uuids, policy)),
    settle: (account, settlements) => committer.commit(() => claimsOf(account).settle(settlements)),
    reserve: async (rate) => file.guarded(() => pace.reserve(rate)),
    pausedUntil: () => file.guarded(() => pace.pausedUntil()),
    mood: async (mood) => file.guarded(() => pace.mood(mood)),
  };
}

function namespaceOf(database: Database, { address, code }: LedgerUse, account: string): number {
  database
    .prepare('INSERT INTO namespaces (address, code, account) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(address, code, account);
  const row = database
    .prepare('SELECT id FROM namespaces WHERE address = ? AND code = ? AND account = ?')
    .get(address, code, account);
  return numberOf(row, 'id');
}

interface SharedPace {
  readonly reserve: (rate: number) => number;
  readonly pausedUntil: () => number;
  readonly mood: (mood: Parameters<Ledger['mood']>[0]) => void;
}

/** The pace of an address and code, read and changed by all processes of the host in turn. */
function openPace(database: Database, { address, code, now }: LedgerUse): SharedPace {
  const find = database.prepare(
    'SELECT rate, next_at, paused_until, used_at FROM paces WHERE address = ? AND code = ?',
  );
  const save = database.prepare(
    `INSERT INTO paces (address, code, rate, next_at, paused_until, used_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rate = excluded.rate, next_at = excluded.next_at,
       paused_until = excluded.paused_until, used_at = excluded.used_at`,
  );

  function read(): Pace {
    const row = find.get(address, code);
    if (row === undefined) return freshPace;
    return {
      rate: numberOf(row, 'rate'),
      nextAt: numberOf(row, 'next_at'),
      pausedUntil: numberOf(row, 'paused_until'),
      usedAt: numberOf(row, 'used_at'),
    };
  }

  function change<T>(step: (pace: Pace) => { readonly pace: Pace; readonly result: T }): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const { pace, result } = step(read());
      save.run(address, code, pace.rate, pace.nextAt, pace.pausedUntil, pace.usedAt);
      database.exec('COMMIT');
      return result;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }

  return {
    reserve: (rate) =>
      change((pace) => {
        const taken = reserve(pace, now(), rate);
        return { pace: taken.pace, result: taken.at };
      }),
    pausedUntil: () => read().pausedUntil,
    mood: (mood) =>
      change((pace) => ({
        pace: 'content' in mood ? quicken(pace, mood.rate) : slacken(pace, mood.until),
        result: undefined,
      })),
  };
}
