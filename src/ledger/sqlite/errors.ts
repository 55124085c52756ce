import { UserError } from '../../core/errors.js';

const causes: readonly (readonly [RegExp, string, string])[] = [
  [/disk is full|ENOSPC/i, 'the disk is full', 'Make room, then run the same command again.'],
  [
    /readonly|read-only|EROFS|EACCES|EPERM|permission/i,
    'it cannot be written',
    'Make the file and its folder writable, or name another file with --ledger.',
  ],
  [
    /disk I\/O error/i,
    'the disk refuses to read or write it',
    'It may be full: check its room, the quota and the limits of this process, or name another file with --ledger.',
  ],
  [
    /locked|busy/i,
    'another process has it locked',
    'Wait until that process has ended, or name another file with --ledger.',
  ],
  [
    /not a database|malformed|corrupt/i,
    'it is damaged, or no ledger at all',
    'Move it away to begin a new one: calls sent before are then no longer known, and may be sent twice.',
  ],
  [
    /unable to open|ENOENT|ENOTDIR|EISDIR|EEXIST/i,
    'it cannot be opened',
    'Name a file in a folder that you may write to with --ledger.',
  ],
];

/** Words a failure of the ledger for the user; a UserError passes as it is, and so does a bug. */
export function ledgerError(error: unknown, name: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const known = causes.find(([pattern]) => pattern.test(error.message));
  if (known === undefined) return error;
  return new UserError(`the ledger ${name} cannot be used: ${known[1]}`, {
    hint: known[2],
    cause: error,
  });
}
