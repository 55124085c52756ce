// Error messages for files that cannot be read.

import { errorCode, UserError } from '../core/errors.js';

const missing = ['no such file', 'Check the name and the folder.'] as const;
const denied = [
  'cannot be read: permission denied',
  'Let the user who runs amocalls read it: see its owner and mode with ls -l.',
] as const;

const reasons: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: missing,
  ENOTDIR: missing,
  EACCES: denied,
  EPERM: denied,
  EISDIR: ['is a folder, not a file', 'Name the files in it: {file}/*.csv'],
};

/** The name of a file in messages: '-' is standard input. */
export function displayName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** Following takes one name; a pattern in it, which the shell is to leave alone, stands for several files. */
const followHints: Readonly<Record<string, string>> = {
  EISDIR: "Name a file in it, or a pattern in quotes: '{file}/*.csv'",
};

/** The UserError for a failed read of `file`; one that is a UserError already stays as it is. */
export function readError(file: string, cause: unknown, by: 'import' | 'follow' = 'import'): UserError {
  if (cause instanceof UserError) return cause;
  const code = errorCode(cause);
  const known = reasons[code];
  if (known !== undefined) {
    const [message, usual] = known;
    const hint = (by === 'follow' ? followHints[code] : undefined) ?? usual;
    return new UserError(`${displayName(file)}: ${message}`, {
      hint: hint.replace('{file}', () => file.replace(/[/\\]+$/, '')),
      cause,
    });
  }
  return new UserError(`${displayName(file)}: cannot be read: ${errorText(cause)}`, {
    hint: 'Check the disk or the network folder.',
    cause,
  });
}

/** Largest record, in bytes of the file; a longer one is no call record. */
export const maxRecordBytes = 16 * 1024 * 1024;

/** The error for a record of more than `maxRecordBytes`. */
export function recordTooLong(file: string, line: number, hint: string): UserError {
  return new UserError(`${displayName(file)}, line ${line}: has a record of more than 16 MiB`, { hint });
}

/** The message of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
