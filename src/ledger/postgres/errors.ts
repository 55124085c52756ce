// Sorts PostgreSQL's failures, and words them for the user.

import { UserError } from '../../core/errors.js';
import type { DatabaseAddress } from './address.js';

/**
 * Failures of Node's sockets and of PostgreSQL after which the connection is gone, was never there, or is of no use until the
 * server is what it was.
 */
const lossCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOENT',
  // too_many_connections; read_only_sql_transaction: a failover whose standby is not the primary yet
  '53300',
  '25006',
  // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, the three idle time-outs
  '57P01',
  '57P02',
  '57P03',
  '25P03',
  '25P04',
  '57P05',
]);

/** Whether a failure means that the connection is gone, or cannot be had now; else the database answered. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code !== '') return lossCodes.has(code) || code.startsWith('08');
  return /connection terminated|connection ended|not queryable|read timeout|timeout expired/i.test(
    error.message,
  );
}

/** Whether the database undid a transaction that may simply be tried again: serialization_failure, deadlock_detected. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && ['40001', '40P01'].includes(codeOf(error));
}

/** What can be wrong, by the code or the words of the failure: what is said, and what to do. */
const causes: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(28P01|28000) |client password must be|password authentication failed/,
    'PostgreSQL refuses this user: {detail}',
    'Check the user in the address, and the password in PGPASSWORD, the password file (~/.pgpass, mode 600) or ledger_file.',
  ],
  [
    /^3D000 /,
    'there is no such database',
    'Create it: createdb --owner {user} {database}; see docs/postgresql.md.',
  ],
  [
    /^(42501|42P06|3F000) /,
    'the user lacks a permission: {detail}',
    'As the owner of the database, run: GRANT CREATE ON DATABASE {database} TO {user}',
  ],
  [/^25006 /, 'it is a read-only standby', 'Give the address of the primary server.'],
  [
    /^53300 /,
    'PostgreSQL has no free connection',
    'Each run needs two: raise max_connections, or start fewer runs at once.',
  ],
  [
    /^(26000|42P05|08P01) /,
    'a pooler in front of PostgreSQL mixes up sessions: {detail}',
    'Let the pooler keep sessions (PgBouncer: pool_mode = session), or give the address of PostgreSQL itself.',
  ],
  [
    /^57P0[1-5] /,
    'PostgreSQL is starting or shutting down: {detail}',
    'Run the same command again when it runs.',
  ],
  [
    /^(53100|53200) /,
    'PostgreSQL ran out of space: {detail}',
    'Free some space on its disk, then run the same command again.',
  ],
  [
    /^(55P03|57014) /,
    'another process has it locked',
    'Wait until that process has ended, then run the same command again.',
  ],
  [
    /does not support SSL/,
    'PostgreSQL does not offer TLS',
    'Turn it on there (ssl = on), or in a network that you trust connect without TLS: ?sslmode=disable',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ALTNAME/,
    'the certificate of PostgreSQL is not trusted: {detail}',
    'Name the certificate of its authority with ?sslrootcert=/path/ca.pem, and use the host name that is in the certificate.',
  ],
];

/** Words a failure for the user; a UserError passes as it is, and so does a bug. */
export function databaseError(error: unknown, address: DatabaseAddress): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const { shown, user, database } = address;
  const text = `${codeOf(error)} ${error.message}`;
  const known = causes.find(([pattern]) => pattern.test(text));
  const fill = (words: string) =>
    words.replace('{detail}', detailOf(error)).replaceAll('{user}', user).replaceAll('{database}', database);
  if (known !== undefined) {
    return new UserError(`ledger ${shown}: ${fill(known[1])}`, {
      hint: fill(known[2]),
      cause: error,
    });
  }
  if (isConnectionLoss(error)) {
    return new UserError(`ledger ${shown}: cannot be reached: ${detailOf(error)}`, {
      hint: 'Check that PostgreSQL runs there and accepts connections from this host. Nothing is sent without the ledger.',
      cause: error,
    });
  }
  const code = codeOf(error);
  if (!/^[0-9A-Z]{5}$/.test(code)) return error;
  return new UserError(`ledger ${shown}: ${detailOf(error)} (SQLSTATE ${code})`, {
    hint: "Check PostgreSQL's log. Nothing more was sent. Run the same command again when the problem is fixed.",
    cause: error,
  });
}

/** A connection that broke in the middle of a run, or is of no use any more. */
export function lostError(error: unknown, address: DatabaseAddress): UserError {
  const { shown } = address;
  if (error instanceof Error && ['25006', '53300'].includes(codeOf(error))) {
    const known = databaseError(error, address);
    if (known instanceof UserError) return known;
  }
  return new UserError(`ledger ${shown}: the connection was lost: ${detailOf(error)}`, {
    hint: 'Nothing more was sent. Run the same command again when PostgreSQL answers. It sends what is left; calls that were on their way are unconfirmed.',
    cause: error,
  });
}

/** What a failure says, in one line. */
export function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message || codeOf(error);
  // Node gives one error for all addresses of a name, without words of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const text = first instanceof Error ? first.message : message;
  return /read timeout|timeout expired/i.test(text) ? 'no answer came in time' : text.split('\n', 1).join('');
}

function codeOf(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : '';
}
