// What history asks of a ledger, in the SQL of every engine.

/** How an engine writes what stands in every statement. */
interface Dialect {
  /** What stands before the name of a table: '' or the schema with its dot. */
  readonly schema: '' | 'amocalls.';
  /** How a parameter is written, by its number from 1. */
  readonly parameter: (number: number) => string;
  /** What is read of a run to tell whether it lasts. */
  readonly runColumns: string;
}

/**
 * The words of the partial index on open calls and calls in doubt: SQLite uses it only where they stand in the statement. In a
 * list of three (`IN`) they would cost each write of a row half as much again.
 */
export const openStates = '(calls.state = 0 OR calls.state = 3 OR calls.state = 5)';

/** What history asks of a ledger, in every engine. */
export function historyQueries({ schema, parameter, runColumns }: Dialect) {
  const table = (name: string) => `${schema}${name} AS ${name}`;
  const calls = (changes: 'JOIN' | 'LEFT JOIN') => `SELECT calls.uuid, calls.state, calls.reasons, calls.run,
    calls.at, calls.billsec, calls.receipt, namespaces.address, namespaces.code, namespaces.account,
    changes.billsec AS changed_billsec, changes.at AS changed_at, deferrals.next_try
    FROM ${table('calls')} JOIN ${table('namespaces')} ON namespaces.id = calls.namespace
    ${changes} ${table('changes')} ON changes.namespace = calls.namespace AND changes.uuid = calls.uuid
    LEFT JOIN ${table('deferrals')} ON deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid`;
  return {
    /** Calls with all that is known of them; to be followed by a WHERE. */
    calls: calls('LEFT JOIN'),
    unconfirmedCalls: `${calls('LEFT JOIN')} WHERE ${openStates} AND calls.state IN (0, 3)
      ORDER BY calls.at, calls.uuid`,
    /** The calls that a later run looks at again, and those that a run keeps until the service takes calls. */
    waitingCalls: `${calls('LEFT JOIN')} WHERE calls.state IN (4, 5) ORDER BY calls.at, calls.uuid`,
    /** A call that is no longer accepted, or no longer known, did not change. */
    changedCalls: `${calls('JOIN')} WHERE calls.state = 1 ORDER BY changes.at, changes.uuid`,
    /**
     * The problems whose call was not accepted since. A record without an account belongs to whatever account its recipient
     * knows it by.
     */
    problems: `SELECT problems.file, problems.line, problems.status, problems.uuid, problems.reasons, problems.at,
        own.address, own.code, own.account
      FROM ${table('problems')} JOIN ${schema}namespaces AS own ON own.id = problems.namespace
      WHERE NOT EXISTS (
        SELECT 1 FROM ${schema}namespaces AS other JOIN ${table('calls')}
          ON calls.namespace = other.id AND calls.uuid = problems.uuid AND calls.state = 1
        WHERE other.address = own.address AND other.code = own.code AND (own.account = '' OR other.id = own.id)
      )
      ORDER BY problems.at, problems.id`,
    /** Calls without a verdict of a recipient (address, code) that were sent in a period (from, to), the newest first. */
    callsInDoubt: `SELECT calls.uuid, calls.at, namespaces.account, deferrals.tries, deferrals.next_try
      FROM ${table('calls')} JOIN ${table('namespaces')} ON namespaces.id = calls.namespace
      LEFT JOIN ${table('deferrals')} ON deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid
      WHERE ${openStates} AND calls.state = 3 AND namespaces.address = ${parameter(1)}
        AND namespaces.code = ${parameter(2)} AND calls.at BETWEEN ${parameter(3)} AND ${parameter(4)}
      ORDER BY calls.at DESC, calls.uuid LIMIT 10000`,
    openCounts: `SELECT
        (SELECT count(*) FROM ${table('calls')} WHERE ${openStates} AND calls.state IN (0, 3)) AS open,
        (SELECT count(*) FROM ${table('calls')} WHERE calls.state = 4) AS waiting`,
    /** Pages of what is carried to another ledger, each to be followed by its place, in the words of the engine. */
    savedCalls: `SELECT calls.*, namespaces.address, namespaces.code, namespaces.account, deferrals.tries,
        deferrals.next_try, changes.hash AS changed_hash, changes.billsec AS changed_billsec, changes.at AS changed_at,
        runs.id AS known_run
      FROM ${table('calls')} JOIN ${table('namespaces')} ON namespaces.id = calls.namespace
      LEFT JOIN ${table('deferrals')} ON deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid
      LEFT JOIN ${table('changes')} ON changes.namespace = calls.namespace AND changes.uuid = calls.uuid
      LEFT JOIN ${table('runs')} ON runs.id = calls.run`,
    savedProblems: `SELECT problems.*, namespaces.address, namespaces.code, namespaces.account
      FROM ${table('problems')} JOIN ${table('namespaces')} ON namespaces.id = problems.namespace`,
    forgetCalls: `DELETE FROM ${schema}calls WHERE at < ${parameter(1)} AND state IN (1, 2)`,
    /** Runs that began before a time; `open` is 1 where one has calls without a verdict. */
    oldRuns: `SELECT ${runColumns}, CASE WHEN runs.id IN (SELECT calls.run FROM ${table('calls')} WHERE ${openStates})
        THEN 1 ELSE 0 END AS open
      FROM ${table('runs')} WHERE runs.started < ${parameter(1)}`,
    forgetProblems: `DELETE FROM ${schema}problems WHERE at < ${parameter(1)}`,
    forgetChanges: `DELETE FROM ${schema}changes WHERE NOT EXISTS (
        SELECT 1 FROM ${table('calls')}
        WHERE calls.namespace = ${schema}changes.namespace AND calls.uuid = ${schema}changes.uuid)`,
  };
}
