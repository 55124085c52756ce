// What a ledger needs of a database: statements, transactions, and what each engine says in its own words.

import type { LedgerInspection } from '../core/ledger-store.js';
import { type CallRow, callRowOf, textOf } from './rows.js';

/** A value of a statement. */
export type SqlValue = string | number | null;

/**
 * A statement; its values stand in it as $1, $2 …, in the order of the list. It locks rows as PostgreSQL says it (`FOR UPDATE`):
 * SQLite, which has one writer at a time, leaves that out.
 */
export interface Statement {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
  /** Of PostgreSQL: lists of values, whose numbers come after those. */
  readonly lists?: readonly (readonly SqlValue[])[];
  /** Of SQLite: it is carried out with each of these values in turn. */
  readonly each?: readonly (readonly SqlValue[])[];
  /** It may take minutes. */
  readonly isLong?: boolean;
}

/** What a statement gave: its rows, and how many it gave or changed. */
export interface Result {
  readonly rows: readonly unknown[];
  readonly count: number;
  /** Of `each`: the places of the values by which it changed nothing. */
  readonly misses?: readonly number[];
}

/**
 * Work on a database, written once for both engines: it yields statements, and is given the result of each. SQLite does all of
 * it at once, so that nothing else of this process comes between; PostgreSQL is waited for at each statement.
 */
export type Work<T> = Generator<Statement, T, Result>;

/** Yields one statement; gives its result. */
export function* query(sql: string, values: readonly SqlValue[] = [], isLong = false): Work<Result> {
  return yield { sql, values, isLong };
}

/** The calls of a namespace that are known of those with these keys; `lock`: their rows are locked. */
export function* findCalls(
  dialect: Dialect,
  namespace: number,
  keys: readonly string[],
  lock = false,
): Work<ReadonlyMap<string, CallRow>> {
  const { rows } = yield dialect.findCalls(namespace, keys, lock);
  return new Map(rows.map((row) => [textOf(row, 'uuid') ?? '', callRowOf(row)]));
}

/** How a piece of work is tried. */
export interface Attempt {
  /** An earlier try may have been committed: its connection was lost before the answer came. */
  readonly isUncertain: boolean;
}

/** What work is done on. A failure comes out as the UserError that names the ledger; work that is tried again begins anew. */
export interface Connection {
  /** Does work that changes nothing. */
  readonly read: <T>(work: (attempt: Attempt) => Work<T>) => Promise<T>;
  /** Does work that changes something with one statement. `isVerdict`: it is done by another connection where one was lost. */
  readonly write: <T>(work: (attempt: Attempt) => Work<T>, isVerdict?: boolean) => Promise<T>;
  /** Does work as one transaction. */
  readonly transaction: <T>(work: (attempt: Attempt) => Work<T>, isVerdict?: boolean) => Promise<T>;
}

/** A database that is open. */
export interface Database {
  /** The ledger as it is shown to the user. */
  readonly name: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  /** What is committed there is on disk. */
  readonly durable: Connection;
  /** For the rate, and the place of a run in history: nobody waits for the disk on their behalf. */
  readonly quick: Connection;
  readonly dialect: Dialect;
  /** How often it was out of reach so far. */
  readonly outages: () => number;
  readonly close: () => Promise<void>;
}

/** A row of a call that is to be written, where it is still as it was read. */
export interface RowWrite {
  readonly key: string;
  readonly before: CallRow | undefined;
  readonly after: CallRow | 'delete';
}

/** In place of a clock of the database. */
export const hostClock = 'NULL';

/** What an engine says in its own words, since it does many rows at once, or has what the other one has not. */
export interface Dialect {
  /** By what a uuid is kept. */
  readonly keyOf: (uuid: string) => string;
  /** A text as the engine can keep it. */
  readonly storable: (text: string) => string;
  /** The clock that all who share the database go by, in seconds since 1970; `hostClock` where each goes by its own. */
  readonly clock: string;
  /** When a run said last that it lives, as far as the database could hear it. */
  readonly heartbeat: string;
  /** So many milliseconds an answer on the pause of the service is used again. */
  readonly pauseFreshMs: number;
  /** The next run gets this number ($1), where no run had one as high. */
  readonly raiseRunId: string;
  /** Keeps other runs from beginning until the transaction ends; absent where none can. */
  readonly lockRuns?: string;
  /** A condition: the text of a column begins with a value. */
  readonly beginsWith: (column: string, value: string) => string;
  /** Finds calls of a namespace by their keys; `lock`: their rows are locked, in the order of keys. */
  readonly findCalls: (namespace: number, keys: readonly string[], lock: boolean) => Statement;
  /** Writes rows, each once and where it is still as it was read; gives the keys of those that are not any more. */
  readonly writeRows: (namespace: number, writes: readonly RowWrite[]) => Work<ReadonlySet<string>>;
  /** Looks for damage, and at the size. */
  readonly inspect: () => Work<Pick<LedgerInspection, 'faults' | 'bytes'>>;
}
