import { UserError } from '../core/errors.js';
import { hasPassword, isDatabaseAddress, maskPassword } from '../core/ledger-store.js';
import { readText, type Warn, warnIfOthersRead } from './files.js';
import { describeSource, type ResolvedSettings } from './resolve.js';

/** What is outside, as far as a ledger needs it. */
interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tells the edge which texts must never be written to any stream. */
  readonly hide: (secret: string) => void;
}

/**
 * The ledger that the settings name: a path, the address of a database, false for none, undefined for the default one. It is
 * read from `ledgerFile` where that is given; its password is hidden from all output from then on.
 *
 * @throws UserError where the file cannot be used, or where PGPASSWORD may not go to the host
 */
export function ledgerOf(
  resolved: ResolvedSettings,
  { env, hide }: Outside,
  warn: Warn,
): string | false | undefined {
  const { ledger, ledgerFile } = resolved.values;
  const where = ledgerFile === undefined ? ledger : readLedgerFile(resolved, ledgerFile, warn);
  if (typeof where !== 'string' || !isDatabaseAddress(where)) return where;
  for (const secret of [passwordOf(where), env['PGPASSWORD']]) if (secret) hide(secret);
  refuseUntrustedHost(resolved, where, env['PGPASSWORD']);
  return where;
}

/** The password in the address of a database; undefined where there is none. */
export function passwordOf(where: string): string | undefined {
  if (!hasPassword(where) || !URL.canParse(where)) return undefined;
  const { password } = new URL(where);
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

/**
 * A flag stands in the process list for all users of the host.
 *
 * @throws UserError for an address with a password that was given by flag
 */
export function refusePasswordInFlag({ values, sources }: ResolvedSettings): void {
  const { ledger } = values;
  if (sources.ledger.kind !== 'flag' || typeof ledger !== 'string' || !hasPassword(ledger)) return;
  throw new UserError(
    `${sources.ledger.name} ${maskPassword(ledger)}: a password in a flag is seen by every user of this machine.`,
    {
      hint: 'Put it into ~/.pgpass or PGPASSWORD, or the whole address into a file that ledger_file of the profile names.',
    },
  );
}

function readLedgerFile({ sources }: ResolvedSettings, file: string, warn: Warn): string {
  const name = `${describeSource(sources.ledgerFile)}: ledger file ${file}`;
  const text = readText(file, name).trim();
  if (!isDatabaseAddress(text) || /\s/.test(text)) {
    throw new UserError(`${name} holds no address of a database.`, {
      hint: 'It has to hold one line such as postgres://user:password@host/database.',
    });
  }
  warnIfOthersRead(file, warn);
  return text;
}

/**
 * A server may ask for the password in clear. Whoever puts a .amocallsrc into a folder must not get the PGPASSWORD of those
 * who work there; the password file names its hosts itself.
 */
function refuseUntrustedHost(
  { sources, profile }: ResolvedSettings,
  where: string,
  password: string | undefined,
): void {
  const source = sources.ledger.kind === 'default' ? sources.ledgerFile : sources.ledger;
  if (!password || source.kind !== 'profile' || profile?.chosen === true || hasPassword(where)) return;
  if (!URL.canParse(where)) return;
  const { hostname, searchParams } = new URL(where);
  const host = searchParams.get('host') ?? hostname;
  // A Unix socket, this machine, or the host that PGHOST of the same environment names.
  if (/^(?:\/|%2f|localhost$|127(?:\.\d+){3}$|\[::1\]$|$)/i.test(host)) return;
  throw new UserError(`PGPASSWORD is not sent to ${host}, which ${describeSource(source)} names.`, {
    hint: `Put the password into ~/.pgpass, give the address yourself with --ledger or AMOCALLS_LEDGER, or, if you trust that profile, name it: --config ${profile?.file ?? ''}`,
  });
}
