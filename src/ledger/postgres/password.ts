import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { LedgerDeps } from '../../core/ledger-store.js';

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
export function findPassword(
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
