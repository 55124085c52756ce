import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Ledger } from '../../src/core/ledger.js';
import type { CallEntry, Outcome } from '../../src/core/outcome.js';
import type { Delivery } from '../../src/delivery/deliver.js';
import type { DeliveryDeps, DeliveryOptions, EntryBatch } from '../../src/delivery/options.js';
import { openLedger } from '../../src/ledger/sqlite/ledger.js';
import { type LedgerFile, openLedgerFile } from '../../src/ledger/sqlite/ledger-file.js';
import { beginRun } from '../../src/ledger/sqlite/runs.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';

export const policy: DeliveryOptions = {
  chunkSize: 100,
  concurrency: 1,
  rate: 0,
  retries: 5,
  onLostAnswer: 'hold',
  resend: false,
};

/** A clock that stands still but for sleeping, which takes no time. */
export interface Clock extends Pick<DeliveryDeps, 'now' | 'sleep'> {}

export function createClock(start = 1_700_000_000_000): Clock {
  let now = start;
  return {
    now: () => now,
    async sleep(milliseconds, signal) {
      const until = now + milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted !== true) now = Math.max(now, until);
    },
  };
}

/** Numbers that look random and are the same for the same seed. */
export function createDice(seed: number): () => number {
  let throws = 0;
  return () => seededRandom(seed, `throw ${throws++}`);
}

/** An empty ledger in a file of its own, gone when the test is over. */
export async function newLedgerFile(): Promise<LedgerFile> {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-ledger-'));
  const file = await openLedgerFile(path.join(folder, 'ledger.db'));
  // No power cut is played here, so nobody has to wait for the disk.
  file.durable.exec('PRAGMA synchronous = OFF');
  onTestFinished(() => {
    file.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return file;
}

/** The ledger of a new run, of a process that lives as long as `isAlive` says. */
export function newRun(
  file: LedgerFile,
  process: string,
  { now, isAlive = () => false }: { now: () => number; isAlive?: (process: string) => boolean },
): Ledger {
  const run = beginRun(file.durable, {
    process,
    command: 'import',
    profile: undefined,
    files: [],
    started: Math.floor(now() / 1000),
  });
  return openLedger(file, { address: 'http://127.0.0.1', code: 'c', run, isAlive, now });
}

export function entryOf(uuid: string, account = '1000'): CallEntry {
  return {
    call: {
      uuid,
      caller: '74950000001',
      to: '101',
      date: 1_700_000_000,
      type: 'inbound',
      billsec: 5,
      account_id: account,
    },
    origin: {},
  };
}

/** Entries as a file would give them. */
export async function* batchesOf(entries: readonly CallEntry[], size = 500): AsyncGenerator<EntryBatch> {
  for (let at = 0; at < entries.length; at += size) yield { entries: entries.slice(at, at + size) };
}

export async function outcomesOf(delivery: Delivery): Promise<readonly Outcome[]> {
  const all: Outcome[] = [];
  for await (const outcomes of delivery.outcomes) all.push(...outcomes);
  return all;
}
