import type { LedgerDeps, LedgerStore } from '../../core/ledger-store.js';
import { openCheckpoints } from './checkpoints.js';
import { type Connections, openConnections } from './connections.js';
import { ledgerError } from './errors.js';
import { inspect, openHistory } from './history.js';
import { reportProblems } from './problems.js';
import { namespaceOf, openRunLedger } from './run-ledger.js';
import { beginRun, endRun } from './runs.js';
import { createTransactions } from './transactions.js';

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
  const { file, isNew, durable, quick, guarded, close } = connections;
  const { now, isAlive, processName } = deps;
  const transactions = createTransactions(durable, (error) => ledgerError(error, file));
  const seconds = () => Math.floor(now() / 1000);
  return {
    name: file,
    isNew,
    async beginRun(run, recipient) {
      const id = await guarded(() => beginRun(quick, run, { process: processName, started: seconds() }));
      return {
        id,
        ledger: await openRunLedger(connections, transactions, {
          ...recipient,
          run: id,
          isEndless: run.isEndless,
          isAlive,
          now,
        }),
        reportProblems: (problemFile, reading, problems) =>
          transactions.commit(() =>
            reportProblems(durable, problems, {
              file: problemFile,
              reading,
              namespaceOf: (account) => namespaceOf(durable, recipient, account),
              at: seconds(),
            }),
          ),
        end: (summary, exit) => guarded(() => endRun(quick, id, { finished: seconds(), exit, summary })),
      };
    },
    checkpoints: openCheckpoints(connections, now),
    history: openHistory(connections, isAlive),
    inspect: () => guarded(() => inspect(durable, file, now())),
    close: async () => close(),
  };
}
