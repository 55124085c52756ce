import type { Database } from './driver.js';

/** Runs pieces of work inside transactions. */
export interface Transactions {
  /** Runs the work in the next transaction; resolves with its result when it is on disk. */
  readonly commit: <T>(work: () => T) => Promise<T>;
}

/**
 * Group commit: puts what is asked for in one turn of the event loop into one transaction. A disk that syncs a hundred times
 * a second then carries the intents and verdicts of all requests in flight, not one each.
 *
 * @param describe turns SQLite's failure into the error that the user sees
 */
export function createTransactions(database: Database, describe: (error: unknown) => unknown): Transactions {
  let waiting: { readonly work: () => () => void; readonly failed: (error: unknown) => void }[] = [];

  function flush(): void {
    const group = waiting;
    waiting = [];
    const done: (() => void)[] = [];
    try {
      database.exec('BEGIN IMMEDIATE');
      for (const { work } of group) done.push(work());
      database.exec('COMMIT');
    } catch (error) {
      rollBack(database);
      for (const { failed } of group) failed(describe(error));
      return;
    }
    for (const resolve of done) resolve();
  }

  return {
    commit: (work) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({
          work: () => {
            const result = work();
            return () => resolve(result);
          },
          failed: reject,
        });
      }),
  };
}

/** Undoes a transaction that failed. SQLite has done so by itself after some failures (a full disk): then nothing is left to undo. */
export function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    return;
  }
}
