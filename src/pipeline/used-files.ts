// The files that a run uses, none of which it may write over.

import { basename, dirname, join, resolve } from 'node:path';
import { isAddress } from '../core/ledger-address.js';
import type { UsedFile } from '../files/output-file.js';
import { namePattern } from '../input/follow/glob.js';
import type { Environment } from './environment.js';

/**
 * The files that a run reads, or writes for something else: a file that it writes must be none of them.
 *
 * @param inputs as the user named them; '-' is standard input, and `follow` takes patterns
 * @param own the setting whose file is to be written
 */
export async function usedFiles(
  { settings, resolved, context }: Pick<Environment, 'settings' | 'resolved' | 'context'>,
  inputs: readonly string[],
  own: 'report' | 'rejects',
): Promise<readonly UsedFile[]> {
  const other = own === 'report' ? 'rejects' : 'report';
  const { keyFile, tokenFile, ledgerFile, linkSecretFile } = settings;
  const named = [
    ...(await ledgerFiles(settings.ledger, context)).map((path) => ({ path, what: 'the ledger' })),
    { path: settings[other], what: `the file of --${other}` },
    { path: resolved.profile?.file, what: 'the profile' },
    ...[keyFile, tokenFile, ledgerFile, linkSecretFile].map((path) => ({
      path,
      what: 'a file with a secret',
    })),
    ...inputs
      .filter((input) => input !== '-')
      .map((input) => ({
        path: nameIn(resolve(context.cwd, input), settings[own]),
        what: 'one of the files that are read',
      })),
  ];
  return named.flatMap(({ path, what }) => (path === undefined ? [] : [{ path, what }]));
}

/** The file of a ledger, and those that SQLite keeps beside it. */
async function ledgerFiles(
  ledger: string | false | undefined,
  context: Environment['context'],
): Promise<readonly string[]> {
  if (ledger === false || (ledger !== undefined && isAddress(ledger))) return [];
  const { defaultLedgerFile } = await import('../ledger/store.js');
  const file = ledger ?? defaultLedgerFile(context);
  return ['', '-wal', '-shm', '-journal'].map((end) => file + end);
}

/** The name of an input; the file that is to be written, where a pattern of names would read that too. */
function nameIn(input: string, written: string | undefined): string {
  if (written === undefined) return input;
  const isRead = namePattern(basename(input))?.test(basename(written)) === true;
  return isRead ? join(dirname(input), basename(written)) : input;
}
