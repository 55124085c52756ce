import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Ledger } from '../../src/core/ledger.js';
import type { LedgerDeps, LedgerStore } from '../../src/core/ledger-store.js';
import { openConnections } from '../../src/ledger/sqlite/connections.js';
import { createSqliteStore } from '../../src/ledger/sqlite/store.js';

/** A ledger of a test, which several processes may open. */
export interface Place {
  readonly open: (deps: LedgerDeps) => Promise<LedgerStore>;
}

/** A place for a ledger file, in a folder that is gone when the test is over. */
export function placeOfFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'state', 'ledger.db');
}

/** An empty ledger in a file of its own. */
export async function newSqlitePlace(): Promise<Place> {
  const connections = await openConnections(placeOfFile(), 50);
  // No power cut is played here, so nobody has to wait for the disk.
  connections.durable.exec('PRAGMA synchronous = OFF');
  onTestFinished(connections.close);
  return {
    open: async (deps) => ({ ...createSqliteStore(connections, deps), close: async () => undefined }),
  };
}

/** The engines that keep a ledger; the tests of what a ledger does run over each. */
export const engines: readonly (readonly [name: string, place: () => Promise<Place>])[] = [
  ['SQLite', newSqlitePlace],
];

export const testClock = () => 1_700_000_000_000;

/** A process that opens a ledger; `alive` are the names of those that run now. */
export function processOf(
  place: Place,
  processName: string,
  { now = testClock, isAlive = () => false }: Partial<LedgerDeps> = {},
): Promise<LedgerStore> {
  return place.open({ now, processName, isAlive });
}

/** A run of a process, and its ledger; `isEndless`: as one of `follow`. */
export async function runOf(
  place: Place,
  processName: string,
  { isEndless = false, ...deps }: Partial<LedgerDeps> & { readonly isEndless?: boolean } = {},
) {
  const store = await processOf(place, processName, deps);
  const run = await store.beginRun(
    { command: 'import', profile: undefined, files: [], isEndless },
    { address: 'http://127.0.0.1', code: 'c' },
  );
  const ledger: Ledger = run.ledger;
  return { ...run, ...ledger, store };
}
