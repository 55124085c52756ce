import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Ledger } from '../../src/core/ledger.js';
import type { LedgerDeps, LedgerStore } from '../../src/core/ledger-store.js';
import { query } from '../../src/ledger/database.js';
import { createStore } from '../../src/ledger/database-ledger.js';
import { openDatabase } from '../../src/ledger/sqlite/database.js';
import { openLedgerStore } from '../../src/ledger/store.js';
import { hasPostgres, type SharedPostgres } from '../setup/postgres.js';

/** A ledger of a test, which several processes may open. */
export interface Place {
  readonly open: (deps: LedgerDeps) => Promise<LedgerStore>;
}

/** A ledger whose processes live until they are killed. */
interface MortalPlace extends Place {
  readonly kill: (processName: string) => Promise<void>;
}

/** A place for a ledger file, in a folder that is gone when the test is over. */
export function placeOfFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'state', 'ledger.db');
}

/** An empty ledger in a file of its own, whose processes live as they are opened with it. */
export async function newSqlitePlace(): Promise<Place> {
  const database = await openDatabase(placeOfFile(), { user: undefined }, 50);
  // No power cut is played here, so nobody has to wait for the disk.
  await database.durable.read(() => query('PRAGMA synchronous = OFF'));
  onTestFinished(database.close);
  return {
    open: async (deps) => ({ ...createStore(database, deps), close: async () => undefined }),
  };
}

/** The same, whose processes live until they are killed. */
async function newMortalSqlitePlace(): Promise<MortalPlace> {
  const { open } = await newSqlitePlace();
  const dead = new Set<string>();
  return {
    open: (deps) =>
      open({ ...deps, seeProcess: (name) => (dead.has(name) ? 'gone' : deps.seeProcess(name)) }),
    kill: async (name) => void dead.add(name),
  };
}

/** An empty ledger in a database of its own. */
async function newPostgresPlace(server: () => Promise<SharedPostgres>): Promise<MortalPlace> {
  const { newDatabase } = await server();
  const address = await newDatabase();
  const opened: LedgerStore[] = [];
  const dead = new Set<string>();
  onTestFinished(async () => {
    for (const store of opened) await store.close();
  });
  return {
    async open(deps) {
      const seeProcess = (name: string) => (dead.has(name) ? 'gone' : deps.seeProcess(name));
      const store = await openLedgerStore(address, { ...deps, seeProcess });
      opened.push(store);
      return store;
    },
    kill: async (name) => void dead.add(name),
  };
}

/** An empty ledger in a database of its own, of whose processes one lives at a time: the next one ends the last one. */
export async function newPostgresSuccession(server: () => Promise<SharedPostgres>): Promise<Place> {
  const address = await (await server()).newDatabase();
  let last: LedgerStore | undefined;
  onTestFinished(async () => last?.close());
  return {
    async open(deps) {
      await last?.close();
      last = await openLedgerStore(address, deps);
      return last;
    },
  };
}

/** An engine that keeps a ledger; the tests of what a ledger does run over each. */
interface Engine {
  readonly name: string;
  readonly isHere: boolean;
  readonly newPlace: (server: () => Promise<SharedPostgres>) => Promise<MortalPlace>;
}

export const engines: readonly Engine[] = [
  { name: 'SQLite', isHere: true, newPlace: newMortalSqlitePlace },
  { name: 'PostgreSQL', isHere: hasPostgres, newPlace: newPostgresPlace },
];

export const testClock = () => 1_700_000_000_000;

/** A process that opens a ledger. */
export function processOf(
  place: Place,
  processName: string,
  { now = testClock, seeProcess = () => 'alive', ...more }: Partial<LedgerDeps> = {},
): Promise<LedgerStore> {
  return place.open({ ...more, now, processName, seeProcess });
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
