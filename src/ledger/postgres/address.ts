// The address of a database: host, user, TLS; the password from it, PGPASSWORD or the password file.

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { UserError } from '../../core/errors.js';
import { maskPassword } from '../../core/ledger-address.js';
import type { LedgerDeps } from '../../core/ledger-store.js';

/** How a connection is protected, as libpq's sslmode says it. */
const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** Where a ledger is, who asks for it, and how. */
export interface DatabaseAddress {
  /** As it may be shown: without the password. */
  readonly shown: string;
  /** Name or number of a host, or the folder of a Unix socket, which begins with /. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  readonly tlsMode: TlsMode;
  /** What Node's TLS is asked for; undefined where the connection is not encrypted. */
  readonly tls: ConnectionOptions | undefined;
}

type Outside = Pick<LedgerDeps, 'env' | 'homedir'>;

/**
 * Reads the address of a ledger as libpq would: postgres://user:password@host:port/database?sslmode=verify-full. What it
 * leaves out comes from PGUSER, PGPASSWORD, PGSSLMODE and PGSSLROOTCERT, a password then from the password file.
 *
 * @throws UserError for an address that cannot be understood, and for a certificate file that cannot be read
 */
export function parseAddress(text: string, outside: Outside): DatabaseAddress {
  const shown = maskPassword(text);
  const url = urlOf(text, shown);
  const { env = {} } = outside;
  const given = parametersOf(url, shown);
  const host = given.host ?? (unbracketed(decode(url.hostname)) || env['PGHOST'] || 'localhost');
  const user = decode(url.username) || env['PGUSER'] || env['USER'] || 'postgres';
  const database = decode(url.pathname.slice(1)) || env['PGDATABASE'] || user;
  const port = Number(url.port || env['PGPORT'] || 5432);
  const tlsMode = tlsModeOf(given.sslmode ?? env['PGSSLMODE'] ?? 'prefer', shown);
  const rootCert = given.sslrootcert ?? env['PGSSLROOTCERT'];
  const own = decode(url.password);
  const password = own === '' ? findPassword({ host, port, database, user }, outside) : own;
  const tls = host.startsWith('/') ? undefined : tlsOf(tlsMode, rootCert, shown);
  return { shown, host, port, user, database, password, tlsMode, tls };
}

function urlOf(text: string, shown: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new UserError(`ledger ${shown}: is not the address of a database`, {
      hint: 'Write it as postgres://user@host/database; characters such as / @ : # in a password must be percent-encoded.',
    });
  }
}

const parameters = ['host', 'sslmode', 'sslrootcert'] as const;
type Parameters = { readonly [Name in (typeof parameters)[number]]?: string };

function parametersOf(url: URL, shown: string): Parameters {
  for (const name of url.searchParams.keys()) {
    if (parameters.some((known) => known === name)) continue;
    const given = shown.replace(/\?.*$/s, '');
    throw new UserError(`ledger ${given}: unknown parameter ${name}`, {
      hint: `Known parameters are ${parameters.join(', ')}. A password belongs into PGPASSWORD, the password file or ledger_file.`,
    });
  }
  return Object.fromEntries(url.searchParams);
}

function tlsModeOf(text: string, shown: string): TlsMode {
  const mode = text === 'allow' ? 'prefer' : tlsModes.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new UserError(`ledger ${shown}: unknown sslmode ${text}`, {
    hint: `Use one of ${tlsModes.join(', ')}.`,
  });
}

/** libpq's modes in the words of Node: `prefer` and `require` encrypt only, `verify-ca` does not look at the name. */
function tlsOf(mode: TlsMode, rootCert: string | undefined, shown: string): ConnectionOptions | undefined {
  if (mode === 'disable') return undefined;
  if (mode === 'prefer' || mode === 'require') return { rejectUnauthorized: false };
  const ca = rootCert === undefined || rootCert === 'system' ? {} : { ca: readCertificate(rootCert, shown) };
  if (mode === 'verify-full') return { rejectUnauthorized: true, ...ca };
  return { rejectUnauthorized: true, checkServerIdentity: () => undefined, ...ca };
}

function readCertificate(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError(`ledger ${shown}: its sslrootcert ${file} cannot be read`, {
      hint: 'Give the full path of a file with the certificate of the authority that signed the certificate of the server.',
      cause,
    });
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const unbracketed = (host: string) => host.replace(/^\[(.*)\]$/, '$1');

/** What a line of the password file is looked up by. */
interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password of a login that names none: PGPASSWORD, else the first line of the password file that fits (PGPASSFILE, by
 * default ~/.pgpass), as libpq's documentation of the password file describes it. Undefined where there is none.
 */
function findPassword(
  login: Login,
  { env = {}, homedir }: Pick<LedgerDeps, 'env' | 'homedir'>,
): string | undefined {
  if (env['PGPASSWORD']) return env['PGPASSWORD'];
  const file = env['PGPASSFILE'] || (homedir === undefined ? undefined : path.join(homedir, '.pgpass'));
  const text = file === undefined ? undefined : readPrivate(file);
  const host = login.host.startsWith('/') ? 'localhost' : login.host;
  const wanted = [host, String(login.port), login.database, login.user];
  for (const line of text?.split(/\r?\n/) ?? []) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    if (fields.length >= 5 && wanted.every((value, at) => fields[at] === '*' || fields[at] === value)) {
      return fields[4];
    }
  }
  return undefined;
}

/** libpq passes a password file over that others may read; so does this. Windows has no such mode bits. */
function readPrivate(file: string): string | undefined {
  try {
    const isPrivate = path.sep === '\\' || (statSync(file).mode & 0o077) === 0;
    return isPrivate ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** host:port:database:user:password, where a backslash keeps the next character. */
function fieldsOf(line: string): readonly string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at++) {
    const escaped = line[at] === '\\' && at + 1 < line.length;
    if (escaped) at += 1;
    if (line[at] === ':' && !escaped && fields.length < 5) fields.push('');
    else fields[fields.length - 1] += line[at] ?? '';
  }
  return fields;
}
