// Key, token, the ledger's address: read from their files, sent to no address that nobody chose.

import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { shellQuoted } from '../core/display.js';
import { type Parsed, Problem, UserError } from '../core/errors.js';
import { hasPassword, isDatabaseAddress, maskPassword } from '../core/ledger-address.js';
import { readText, type Warn, warnIfOthersRead } from './files.js';
import { defaultBaseUrl, isVendorAddress, secretText, tokenText } from './parse.js';
import { describeSource, type ResolvedSettings } from './resolve.js';
import { type SettingName, settingTable } from './table.js';

/** What a request of calls/add needs beside its calls. */
export interface Credentials {
  readonly code: string;
  readonly key: string;
  readonly accountId: string;
  readonly baseUrl: string;
}

/** What a request of v4 needs beside its calls. */
export interface V4Credentials {
  readonly token: string;
  /** '' where it is not known: the token belongs to one account. */
  readonly accountId: string;
  readonly baseUrl: string;
}

/** The secret of each API, and the setting that names a file with it. */
const secrets = {
  'calls-add': { secret: 'key', file: 'keyFile', parse: secretText },
  v4: { secret: 'token', file: 'tokenFile', parse: tokenText },
} as const;

/**
 * The same settings with the secret of the API, `key` or `token`, read from its file where one is given (`keyFile` and
 * `tokenFile` stay), after it was made sure that the secret may go to the address.
 *
 * @throws UserError where the file cannot be used, or where the secret may not go to the address
 */
export function loadKey(resolved: ResolvedSettings, warn: Warn): ResolvedSettings {
  refuseUntrustedAddress(resolved);
  const { values, sources } = resolved;
  const { secret, file, parse } = secrets[values.api];
  const hint = `The file must hold the ${secret} and nothing else, on one line.`;
  const text = readSecretFile(resolved, file, { parse, hint, warn });
  if (text === undefined) return resolved;
  return {
    ...resolved,
    values: { ...values, [secret]: text },
    sources: { ...sources, [secret]: sources[file] },
  };
}

/**
 * Code, key, account and address of a run that sends to calls/add.
 *
 * @throws UserError that lists all that is missing; and whatever loadKey throws
 */
export function requireCredentials(resolved: ResolvedSettings, warn: Warn): Credentials {
  const { values } = loadKey(resolved, warn);
  const { code, key, accountId, baseUrl } = values;
  if (code !== undefined && key !== undefined && accountId !== undefined)
    return { code, key, accountId, baseUrl };
  throw missing(
    resolved,
    (['code', 'key', 'accountId'] as const).filter((name) => values[name] === undefined),
  );
}

/**
 * Token and address of a run that sends to v4.
 *
 * @throws UserError that lists all that is missing; and whatever loadKey throws
 */
export function requireToken(resolved: ResolvedSettings, warn: Warn): V4Credentials {
  const { values } = loadKey(resolved, warn);
  const { token, accountId = '', baseUrl } = values;
  if (token !== undefined && baseUrl !== '') return { token, accountId, baseUrl };
  throw missing(resolved, [
    ...(baseUrl === '' ? (['baseUrl'] as const) : []),
    ...(token === undefined ? (['token'] as const) : []),
  ]);
}

function missing({ profile }: ResolvedSettings, names: readonly SettingName[]): UserError {
  const settings = names.map((name) => settingTable[name]);
  const places = profile
    ? `missing (neither in the environment nor in profile "${profile.name}" of ${profile.file})`
    : 'missing (not in the environment, and no profile file was found)';
  const listed = settings.map((one) => one.profile).join(', ');
  const variables = settings.map((one) => one.env).join(', ');
  const write =
    profile === undefined
      ? 'Run "amocalls init", which writes a profile'
      : `Write ${settings.length === 1 ? 'it' : 'them'} into ${profile.file}`;
  return new UserError(`${listed}: ${places}`, {
    hint: `${write}, or set ${variables}. To practise without an account: amocalls import <file> --sandbox`,
  });
}

/**
 * A secret goes only to an address that its owner chose. An address given by flag or environment is the choice of who
 * runs the command. One from a profile file goes with the secret of that same profile, this machine included: whoever puts
 * a .amocallsrc into a folder must not get the secrets of those who work there, neither from the environment nor, where
 * the profile is not the user's own, from a file elsewhere.
 */
function refuseUntrustedAddress({ values, sources, profile }: ResolvedSettings): void {
  if (!profile || sources.baseUrl.kind !== 'profile') return;
  const { secret, file } = secrets[values.api];
  if (values.baseUrl === defaultBaseUrl) return;
  const given = [sources[secret], sources[file]].find(({ kind }) => kind === 'env');
  if (given)
    throw new UserError(
      `${describeSource(given)}: is not sent to ${values.baseUrl}, the address from ${describeSource(sources.baseUrl)}`,
      {
        hint: `Give the address with --base-url or AMOCALLS_BASE_URL, or put the ${secret} into that profile.`,
      },
    );
  const address = new URL(values.baseUrl);
  const path = values[file];
  if (path === undefined || profile.chosen || profile.isOwn || isVendorAddress(address)) return;
  if (isInside(path, dirname(profile.file))) return;
  throw new UserError(
    `${secret} file ${path}: is not sent to ${values.baseUrl}: ${profile.file}, which is not yours, names both, and the ${secret} file is outside of its folder`,
    { hint: `If you trust that profile, name it: --config ${shellQuoted(profile.file)}` },
  );
}

/** Whether a file really lies in a folder, links followed; a file that is not there lies nowhere. */
function isInside(file: string, folder: string): boolean {
  try {
    const way = relative(realpathSync(folder), realpathSync(file));
    return way.split(sep)[0] !== '..' && !isAbsolute(way);
  } catch {
    return false;
  }
}

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
  const hint = 'It must hold one line such as postgres://user:password@host/database.';
  const where =
    readSecretFile(resolved, 'ledgerFile', { parse: databaseAddress, hint, warn }) ?? resolved.values.ledger;
  if (typeof where !== 'string' || !isDatabaseAddress(where)) return where;
  for (const secret of [passwordOf(where), env['PGPASSWORD']]) if (secret) hide(secret);
  refuseUntrustedHost(resolved, where, env['PGPASSWORD']);
  return where;
}

/** The password in the address of a database; undefined where there is none. */
export function passwordOf(where: string): string | undefined {
  if (!hasPassword(where) || !URL.canParse(where)) return undefined;
  const { password, searchParams } = new URL(where);
  const inQuery = searchParams.get('password');
  if (inQuery !== null) return inQuery;
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
    `${sources.ledger.name} ${maskPassword(ledger)}: every user of this machine can see a password in a flag`,
    {
      hint: 'Put it into ~/.pgpass or PGPASSWORD, or put the whole address into a file and name that file as ledger_file in the profile.',
    },
  );
}

function databaseAddress(text: string): Parsed<string> {
  const address = text.trim();
  const isAddress = isDatabaseAddress(address) && !/\s/.test(address);
  return isAddress ? address : new Problem('does not hold the address of a database');
}

/**
 * What the file with the secrets of links holds, as `parse` reads it; undefined where the settings name none.
 *
 * @throws UserError where the file cannot be used
 */
export function loadLinkSecrets<T>(
  resolved: ResolvedSettings,
  parse: (text: string) => Parsed<T>,
  warn: Warn,
): T | undefined {
  const { linkSecretFile = '' } = resolved.values;
  const hint = `Make one with: amocalls recordings secret ${shellQuoted(linkSecretFile)}`;
  return readSecretFile(resolved, 'linkSecretFile', { parse, hint, warn });
}

/** How a file with a secret is read: what it has to hold, and the hint for what holds something else. */
interface Reading<T> {
  readonly parse: (text: string) => Parsed<T>;
  readonly hint: string;
  readonly warn: Warn;
}

/** @throws UserError where it cannot be read, or holds something else; the message shows nothing of it */
function readSecretFile<T>(
  { values, sources }: ResolvedSettings,
  setting: 'keyFile' | 'tokenFile' | 'ledgerFile' | 'linkSecretFile',
  { parse, hint, warn }: Reading<T>,
): T | undefined {
  const path = values[setting];
  if (path === undefined) return undefined;
  const what = setting === 'linkSecretFile' ? 'link secret' : setting.replace('File', '');
  const name = `${describeSource(sources[setting])}: ${what} file ${path}`;
  const found = parse(readText(path, name));
  if (found instanceof Problem) throw new UserError(`${name}: ${found.text}`, { hint });
  warnIfOthersRead(path, warn);
  return found;
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
  // A Unix socket, this machine, or the host that PGHOST of the same environment names: of somebody else's choice they are not.
  if (profile?.isOwn === true && /^(?:\/|%2f|localhost$|127(?:\.\d+){3}$|\[::1\]$|$)/i.test(host)) return;
  throw new UserError(`PGPASSWORD: is not sent to ${host}, the host from ${describeSource(source)}`, {
    hint: `Put the password into ~/.pgpass, or give the address with --ledger or AMOCALLS_LEDGER. If you trust that profile, name it: --config ${shellQuoted(profile?.file ?? '')}`,
  });
}
